# SPDX-License-Identifier: Apache-2.0
"""One that waits in line at a node, in a thread of its own."""

import threading
import time

import requests

from api import eventually


class Waiting(threading.Thread):
    """`answer` when it has come, at `answered_at`; `lost` when the node went away."""

    def __init__(self, admin, product, user, wait_s=60, idempotency_key=None, **members):
        super().__init__(daemon=True)
        self.admin = admin.as_key(admin.key)
        self.body = {"product": product, "user": user, "wait_s": wait_s, **members}
        self.key = idempotency_key
        self.answer = self.lost = self.answered_at = None
        self.start()

    def run(self):
        try:
            self.answer = self.admin.post("/sessions", self.body, idempotency_key=self.key)
            self.answered_at = time.monotonic()
        except requests.RequestException as lost:
            self.lost = lost

    def granted(self):
        """The session's id, once it is there."""
        self.join(30)
        assert self.answer is not None, f"no answer: {self.lost!r}"
        return self.answer.ok(201)["id"]


def line(admin):
    return admin.items("/waiters")


def wait_in_line(admin, product, user, **members):
    """Returns once it is in line, as this node sees it."""
    before = len(line(admin))
    waiting = Waiting(admin, product, user, **members)
    assert eventually(lambda: len(line(admin)) > before), f"it is not in line: {waiting.answer} {waiting.lost}"
    return waiting
