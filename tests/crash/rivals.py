# SPDX-License-Identifier: Apache-2.0
"""Workers that fight for one small pool: never more than there is, whoever dies when."""

from worker import Worker


class Rival(Worker):
    def __init__(self, account, seed, product, user):
        super().__init__(account, seed)
        self.product, self.user = product, user
        self.active = {}
        self.commands, self.weights = (self.acquire, self.release), (3, 2)

    def acquire(self):
        key, count = self.key(), self.random.randint(1, 3)
        more = {"wait_s": 1} if self.random.random() < 0.2 else {}

        def done(answer):
            self.active[answer["id"]] = count

        self.ask(lambda: self.admin.acquire(self.product, self.user, idempotency_key=key, count=count, ttl_s=86400, **more), done,
                 makes={"session.acquired": 1})

    def release(self):
        if self.active:
            session = self.random.choice(sorted(self.active))
            self.ask(lambda: self.admin.end(session), lambda answer: self.active.pop(session))
