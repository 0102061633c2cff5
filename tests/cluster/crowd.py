# SPDX-License-Identifier: Apache-2.0
"""A hundred clients that fight for a few licenses, and write down what they asked and were told (record.py).

Each asks for one thing at a time, again with the same key until there is an answer, and gives up only when all is over. Some
wait in line, some hang up, some let a lease run out. What each does is rolled from the seed and its number."""

import asyncio
import json
import random
import threading
import time

from judge import seconds
from record import Grant, Heartbeat, Record, Return

TTL_S = 10
PATIENCE_S = 15  # beyond what it asked to wait: then it hangs up and asks again
LATER = (429, 503)


class Lost(Exception):
    """No answer: the connection was refused, cut, or silent for too long."""


class Wire:
    """One connection, kept while it lasts."""

    def __init__(self, port, key):
        self.port, self.key = port, key
        self.reader = self.writer = None

    async def ask(self, method, path, body=None, idempotency_key=None, seconds=PATIENCE_S):
        try:
            return await asyncio.wait_for(self.exchange(method, path, body, idempotency_key), seconds)
        except (OSError, asyncio.IncompleteReadError, asyncio.TimeoutError, ValueError) as lost:
            self.hang_up()
            raise Lost from lost

    async def exchange(self, method, path, body, idempotency_key):
        if self.writer is None:
            self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        content = json.dumps(body).encode() if body is not None else b""
        head = [f"{method} {path} HTTP/1.1", "Host: x", f"Authorization: Bearer {self.key}", f"Content-Length: {len(content)}"]
        head += ["Content-Type: application/json"] if content else []
        head += [f"Idempotency-Key: {idempotency_key}"] if idempotency_key else []
        self.writer.write("\r\n".join(head).encode() + b"\r\n\r\n" + content)
        answer = (await self.reader.readuntil(b"\r\n\r\n")).lower()
        status = int(answer.split(b" ", 2)[1])
        length = int(answer.split(b"content-length:")[1].split(b"\r\n")[0])
        found = json.loads(await self.reader.readexactly(length) or b"null")
        if b"\r\nconnection: close" in answer:
            self.hang_up()
        return status, found

    def hang_up(self):
        if self.writer is not None:
            self.writer.transport.abort()
        self.reader = self.writer = None


class One:
    """One client, of one user in one organization."""

    def __init__(self, crowd, number, user, organization):
        self.crowd, self.record = crowd, crowd.record
        self.random = random.Random(f"{crowd.seed}-{number}")
        self.number, self.user, self.organization = number, user, organization
        self.wire = Wire(crowd.port, crowd.key)
        self.asked = 0
        self.held = []

    async def run(self):
        while not self.crowd.is_closing:
            if not self.held or self.random.random() < 0.2:
                await self.acquire()
            elif self.random.random() < 0.25:
                await self.heartbeat(self.random.choice(self.held))
            elif self.random.random() < 0.96:
                await self.give_back(self.held.pop())
            else:
                self.held.pop()  # forgotten: it runs out
            await asyncio.sleep(self.random.uniform(0, 2 * self.crowd.pause_s))
        for session in self.held[:]:
            await self.give_back(session)

    async def until_answered(self, request):
        """Calls request until it says that it has an answer, with a moment in between."""
        while True:
            try:
                if await request():
                    return
            except Lost:
                pass
            await asyncio.sleep(self.random.uniform(0.02, 0.3))

    async def acquire(self):
        self.asked += 1
        machine = f"{self.crowd.seed}-{self.number}-{self.asked}"
        grant = Grant(machine, self.organization, self.random.choice((1, 1, 1, 2)), time.time())
        wait_s = self.random.choice((0, 0, 0, 1, 2))
        hang_up_s = self.random.uniform(0.05, wait_s) if wait_s and self.random.random() < 0.2 else PATIENCE_S + wait_s
        body = {"product": self.crowd.product, "user": self.user, "count": grant.count, "ttl_s": TTL_S, "machine": machine}
        if wait_s:
            body["wait_s"] = wait_s
        self.record.grants.append(grant)

        async def request():
            grant.tries += 1
            tried_at = time.time()
            patience_s = hang_up_s if grant.tries == 1 else PATIENCE_S + wait_s
            status, answer = await self.wire.ask("POST", self.crowd.path, body, machine, patience_s)
            return self.granted(grant, tried_at, status, answer)

        await self.until_answered(request)

    def granted(self, grant, tried_at, status, answer):
        """Takes note of the answer; False: it was none."""
        if status in (200, 201):
            grant.session, grant.expires_at = answer["id"], seconds(answer["expires_at"])
            self.held.append(grant.session)
        elif status == 410:
            grant.session = answer["session"]  # it was granted, and has run out before its client heard of it
        elif status == 409 and answer["type"].endswith("/no-license-available"):
            grant.denied_from = tried_at
        else:
            return self.is_later(status, answer, grant.machine)
        grant.answered_at = time.time()
        return True

    def is_later(self, status, answer, what):
        if status == 409 and answer["type"].endswith("/conflict"):
            return False  # an earlier try of it, long given up, was found in the queue of a node that stood still
        if status not in LATER:
            self.record.strange.append(f"{what}: {status} {answer}")
            return True
        return False

    async def give_back(self, session):
        if session in self.held:
            self.held.remove(session)
        made = Return(session, time.time())
        self.record.returns.append(made)

        async def request():
            status, answer = await self.wire.ask("DELETE", f"{self.crowd.path}/{session}")
            if status != 200:
                return self.is_later(status, answer, f"return of {session}")
            made.state, made.answered_at = answer["state"], time.time()
            return True

        await self.until_answered(request)

    async def heartbeat(self, session):
        async def request():
            made = Heartbeat(session, time.time())
            self.record.heartbeats.append(made)
            status, answer = await self.wire.ask("POST", f"{self.crowd.path}/{session}/heartbeat")
            if status == 410:
                made.is_ended = True
                self.held.remove(session)
            elif status == 200:
                made.expires_at = seconds(answer["expires_at"])
            else:
                return self.is_later(status, answer, f"heartbeat of {session}")
            made.answered_at = time.time()
            return True

        await self.until_answered(request)


class Crowd:
    """`users`: (user, organization) pairs, taken in turn. It works in a thread of its own from start() to finish()."""

    def __init__(self, account, product, users, *, seed, port, clients=100, pause_s=0.05):
        self.seed, self.port, self.product, self.pause_s = seed, port, product, pause_s
        self.key, self.path = account.admin.key, f"/v1/accounts/{account.id}/sessions"
        self.record = Record()
        self.is_closing = False
        self.clients = [One(self, number, *users[number % len(users)]) for number in range(clients)]
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_until_complete, args=(self.run(),), daemon=True)

    async def run(self):
        tasks = [asyncio.create_task(client.run()) for client in self.clients]
        done, self.stuck = await asyncio.wait(tasks, timeout=self.limit_s)
        for task in self.stuck:
            task.cancel()
        for failure in (task.exception() for task in done):
            if failure:
                self.record.strange.append(f"a client failed: {failure!r}")

    def start(self, limit_s):
        self.limit_s = limit_s
        self.thread.start()
        return self

    def finish(self):
        """They finish what they have begun and give back what they hold. The record; fails when somebody gets no answer."""
        self.is_closing = True
        self.thread.join(self.limit_s + 60)
        assert not self.thread.is_alive(), "the crowd does not end"
        assert not self.stuck, f"{len(self.stuck)} clients have no answer yet"
        return self.record
