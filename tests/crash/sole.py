# SPDX-License-Identifier: Apache-2.0
"""A worker that has an account to itself: all that is in there it asked for, with every command that there is."""

from worker import Worker

TTLS = (600, 86400)
ENDED = ("session.released", "session.revoked")


class Sole(Worker):
    def __init__(self, account, seed):
        super().__init__(account, seed)
        self.kre = account.product(10**6)
        self.few = account.product(1)
        self.pen = account.product(10**5, model="seat")
        self.root = account.organization("Studio")
        self.drained = account.organization("Drained")
        self.user = account.user(self.root)
        account.dedicate(self.root, self.kre, 1000)
        account.dedicate(self.drained, self.kre, 1000)
        account.acquire(self.few, self.user, ttl_s=86400)  # so that whoever wants it waits
        self.active, self.ended, self.leases, self.seats = {}, set(), set(), {}
        self.users, self.organizations, self.projects, self.purchases, self.keys = [], [], [], {}, {}
        self.revoked, self.members = [], set()
        self.baseline = None  # events that the making of all this left
        table = [(12, self.acquire), (6, self.heartbeat), (8, self.release), (2, self.revoke), (4, self.batch), (2, self.wait),
                 (4, self.assign), (2, self.check_in), (2, self.take_seat), (1, self.take_seats), (5, self.dedicate),
                 (2, self.drain), (3, self.dedicate_together), (3, self.policy), (4, self.create_user), (3, self.move_user),
                 (1, self.delete_user), (3, self.create_organization), (2, self.move_organization),
                 (1, self.delete_organization), (2, self.create_project), (3, self.join), (2, self.buy), (2, self.change_purchase),
                 (1, self.delete_purchase), (2, self.create_key), (1, self.revoke_key), (2, self.lend), (2, self.borrow),
                 (1, self.give_back), (2, self.apply), (1, self.settle_shortfalls)]
        self.weights, self.commands = zip(*table)

    def pick(self, things):
        return self.random.choice(sorted(things)) if things else None

    # ---- Sessions

    def keep(self, session):
        self.active[session["id"]] = session
        self.promise(session["id"], "session.acquired")

    def forget(self, session):
        self.active.pop(session, None)
        self.leases.discard(session)
        self.ended.add(session)
        self.promise(session, *ENDED)

    def acquire(self):
        key, body = self.key(), {"user": self.user, "count": self.random.randint(1, 3), "ttl_s": self.random.choice(TTLS),
                                 "organization": self.random.choice([None, self.root])}
        body = {name: value for name, value in body.items() if value is not None}
        self.ask(lambda: self.admin.acquire(self.kre, idempotency_key=key, **body), lambda answer: self.keep(answer.body),
                 makes={"session.acquired": 1})

    def wait(self):
        """In line for a license that nobody gives back: the server dies, or the time is up."""
        key = self.key()
        self.ask(lambda: self.admin.acquire(self.few, self.user, idempotency_key=key, wait_s=1))

    def heartbeat(self):
        if session := self.pick(self.active):
            if session not in self.leases:
                self.ask(lambda: self.admin.heartbeat(session))

    def release(self):
        if session := self.pick(self.active):
            self.ask(lambda: self.admin.end(session), lambda answer: self.forget(session))

    def revoke(self):
        if session := self.pick(self.active):
            self.ask(lambda: self.admin.end(session, reason="crash", cooldown_s=1), lambda answer: self.forget(session))

    def batch(self):
        """All of it in one commit."""
        key, ends = self.key(), self.pick(set(self.active) - self.leases)
        ops = [{"op": "acquire", "product": self.kre, "user": self.user, "ttl_s": 86400} for _ in range(self.random.randint(2, 20))]
        ops += [{"op": "release", "session": ends}, {"op": "heartbeat", "session": ends}] if ends else []

        def done(answer):
            granted = [result["session"] for result in answer["results"][:len(ops)]
                       if result["status"] in (200, 201) and result["session"]["state"] == "active"]
            for session in granted:
                self.keep(session)
            self.made["session.acquired"] += len(granted)
            if ends:
                self.forget(ends)

        self.ask(lambda: self.admin.post("/sessions:batch", {"ops": ops}, idempotency_key=key), done)

    # ---- Seats

    def assign(self):
        if user := self.pick(self.users):
            key = self.key()

            def done(answer):
                self.seats[answer["id"]] = user
                self.promise(answer["id"], "seat.assigned")

            self.ask(lambda: self.admin.assign(self.pen, user, self.account.id, idempotency_key=key), done,
                     makes={"seat.assigned": 1})

    def check_in(self):
        if seat := self.pick(self.seats):
            self.ask(lambda: self.admin.post(f"/seats/{seat}/check-in", {"machine": "ws-1"}),
                     lambda answer: self.promise(seat, "seat.activated"))

    def drop_seat(self, seat):
        self.seats.pop(seat, None)
        self.promise(seat, "seat.released", "seat.revoked")

    def take_seat(self):
        if seat := self.pick(self.seats):
            self.ask(lambda: self.admin.delete(f"/seats/{seat}"), lambda answer: self.drop_seat(seat))

    def take_seats(self):
        key, seats = self.key(), sorted(self.seats)[:3]
        if seats:
            self.ask(lambda: self.admin.post("/seats:release", {"seats": seats}, idempotency_key=key),
                     lambda answer: [self.drop_seat(seat) for seat in seats])

    # ---- Dedications and the policy

    def dedicate(self):
        count = self.random.randint(800, 1200)
        self.ask(lambda: self.admin.dedicate(self.root, self.kre, count), sets={("dedication", self.root): count})

    def drain(self):
        count, how = self.random.randint(0, 1200), self.random.choice(["drain", "move"])
        self.ask(lambda: self.admin.dedicate(self.drained, self.kre, count, reclaim=how))

    def dedicate_together(self):
        """Several, all or none."""
        counts = {organization: self.random.randint(1, 50) for organization in sorted(self.organizations)[:4]}
        if counts:
            key = self.key()
            body = {"dedications": [{"organization": organization, "product": self.kre, "count": count}
                                    for organization, count in counts.items()]}
            self.ask(lambda: self.admin.post("/dedications:apply", body, idempotency_key=key),
                     sets={("dedication", organization): count for organization, count in counts.items()})

    def policy(self):
        policy, fallback = self.random.choice(["unrestricted", "member_based"]), self.random.random() < 0.8
        if self.random.random() < 0.2:
            self.ask(lambda: self.admin.delete("/usage-policy"), sets={("policy",): ("unrestricted", True)})
        else:
            self.ask(lambda: self.admin.put("/usage-policy", {"policy": policy, "fallback": fallback}),
                     sets={("policy",): (policy, fallback)})

    # ---- People and places

    def create_user(self):
        key, name = self.key(), self.name("User")

        def done(answer):
            self.users.append(answer["id"])
            self.promise(answer["id"], "user.created")

        self.ask(lambda: self.admin.post("/users", {"name": name, "kind": "service"}, idempotency_key=key), done,
                 makes={"user.created": 1})

    def move_user(self):
        if user := self.pick(self.users):
            organization = self.pick([*self.organizations, self.root])
            self.ask(lambda: self.admin.patch(f"/users/{user}", {"organization": organization}),
                     sets={("organization of", user): organization})

    def delete_user(self):
        if user := self.pick(self.users):
            def done(_):
                self.users.remove(user)
                self.settings.pop(("organization of", user), None)
                self.members = {(project, member) for project, member in self.members if member != user}
                self.seats = {seat: holder for seat, holder in self.seats.items() if holder != user}
                self.promise(user, "user.deleted")

            self.ask(self.gone_is_good(lambda: self.admin.delete(f"/users/{user}")), done)

    def gone_is_good(self, call):
        """What was deleted at the first time is not found at the second: done it is, too."""
        def again():
            answer = call()
            if answer.status == 404:
                answer.status = 204
            return answer
        return again

    def create_organization(self):
        key, name, parent = self.key(), self.name("Room"), self.random.choice([None, self.root])

        def done(answer):
            self.organizations.append(answer["id"])
            self.settings["parent of", answer["id"]] = parent
            self.promise(answer["id"], "organization.created")

        self.ask(lambda: self.admin.post("/organizations", {"name": name, "parent": parent}, idempotency_key=key), done,
                 makes={"organization.created": 1})

    def move_organization(self):
        if organization := self.pick(self.organizations):
            parent = self.random.choice([None, self.root, self.drained])
            self.ask(lambda: self.admin.patch(f"/organizations/{organization}", {"parent": parent}),
                     sets={("parent of", organization): parent})

    def delete_organization(self):
        if organization := self.pick(self.organizations):
            def done(_):
                self.organizations.remove(organization)
                for what in ("parent of", "dedication"):
                    self.settings.pop((what, organization), None)
                self.promise(organization, "organization.deleted")

            self.ask(self.gone_is_good(lambda: self.admin.delete(f"/organizations/{organization}")), done)

    def create_project(self):
        key, name = self.key(), self.name("Film")

        def done(answer):
            self.projects.append(answer["id"])
            self.promise(answer["id"], "project.created")

        self.ask(lambda: self.admin.post("/projects", {"name": name, "organization": self.root}, idempotency_key=key), done,
                 makes={"project.created": 1})

    def join(self):
        project, user = self.pick(self.projects), self.pick(self.users)
        if project and user:
            path, pair = f"/projects/{project}/members/{user}", (project, user)
            if pair in self.members:
                self.ask(self.gone_is_good(lambda: self.admin.delete(path)), lambda answer: self.members.discard(pair))
            else:
                self.ask(lambda: self.admin.put(path), lambda answer: self.members.add(pair))

    # ---- Purchases and keys

    def buy(self):
        key, quantity = self.key(), self.random.randint(1, 100)

        def done(answer):
            self.purchases[answer["id"]] = quantity
            self.settings["quantity of", answer["id"]] = quantity
            self.promise(answer["id"], "purchase.created")

        self.ask(lambda: self.operator.post("/purchases", {"product": self.kre, "quantity": quantity}, idempotency_key=key), done,
                 makes={"purchase.created": 1})

    def change_purchase(self):
        if purchase := self.pick(self.purchases):
            quantity = self.random.randint(1, 100)
            self.ask(lambda: self.operator.patch(f"/purchases/{purchase}", {"quantity": quantity}),
                     sets={("quantity of", purchase): quantity})

    def delete_purchase(self):
        if purchase := self.pick(self.purchases):
            def done(_):
                del self.purchases[purchase]
                self.settings.pop(("quantity of", purchase))
                self.promise(purchase, "purchase.deleted")

            self.ask(self.gone_is_good(lambda: self.operator.delete(f"/purchases/{purchase}")), done)

    def create_key(self):
        key, name = self.key(), self.name("key")

        def done(answer):
            self.keys[answer["id"]] = answer["secret"] if "secret" in answer else None
            self.promise(answer["id"], "api-key.created")

        self.ask(lambda: self.admin.post("/api-keys", {"name": name, "role": "auditor"}, idempotency_key=key), done,
                 makes={"api-key.created": 1})

    def revoke_key(self):
        if key := self.pick(self.keys):
            def done(_):
                self.revoked.append(self.keys.pop(key))
                self.promise(key, "api-key.revoked")

            self.ask(lambda: self.admin.delete(f"/api-keys/{key}"), done)

    # ---- Borrowing, and all at once

    def lend(self):
        days = self.random.randint(7, 30)
        self.ask(lambda: self.admin.put(f"/borrowing/{self.kre}", {"max_borrow_days": days, "share_percent": 50}),
                 sets={("borrowing",): days})

    def borrow(self):
        key, body = self.key(), {"product": self.kre, "user": self.user, "machine": "5f0c9a1d", "days": 5}

        def done(answer):
            self.active[answer["id"]] = {"ttl_s": 0, "count": 1}
            self.leases.add(answer["id"])
            self.promise(answer["id"], "session.acquired")

        self.ask(lambda: self.admin.post("/leases", body, idempotency_key=key), done, makes={"session.acquired": 1})

    def give_back(self):
        if lease := self.pick(self.leases):
            self.ask(lambda: self.admin.delete(f"/leases/{lease}"), lambda answer: self.forget(lease))

    def apply(self):
        """An account as it should be, all of it or nothing: two organizations and a user."""
        key, name = self.key(), self.name("Tree")
        body = {"organizations": [{"path": name}, {"path": f"{name}/Below"}],
                "members": [{"email": f"{name.replace(' ', '-')}@example.com", "name": name, "organization": name}]}
        self.ask(lambda: self.admin.post(f"/v1/accounts/{self.account.id}:apply", body, idempotency_key=key),
                 makes={"organization.created": 2, "user.created": 1})

    def settle_shortfalls(self):
        grace = self.random.randint(0, 1000)
        self.ask(lambda: self.operator.patch("", {"shortfall_grace_s": grace}), sets={("grace",): grace})
