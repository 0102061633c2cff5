# SPDX-License-Identifier: Apache-2.0
"""Section 5: many wait at once."""

import asyncio
import itertools
import json
import threading
import time

import pytest

from api import eventually
from in_line import Raw, line


class Job:
    """A job of a build: waits for a license, works, gives it back."""

    def __init__(self, client, product, user, number):
        self.client, self.number = client, number
        self.body = json.dumps({"product": product, "user": user, "wait_s": 120, "machine": f"job{number}"}).encode()

    async def ask(self, reader, writer, method, path, body=b""):
        writer.write((f"{method} {self.client.path(path)} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {self.client.key}\r\n"
                      f"Idempotency-Key: job{self.number}-{method}\r\nContent-Type: application/json\r\n"
                      f"Content-Length: {len(body)}\r\n\r\n").encode() + body)
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(int(text.split(b":")[1]) for text in head.split(b"\r\n") if text.lower().startswith(b"content-length"))
        return int(head.split(b" ", 2)[1]), json.loads(await reader.readexactly(length))

    async def run(self, work_s):
        host, port = self.client.server.url.rsplit("/", 1)[-1].split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        status, session = await self.ask(reader, writer, "POST", "/sessions", self.body)
        if status == 201:
            await asyncio.sleep(work_s)
            await self.ask(reader, writer, "DELETE", f"/sessions/{session['id']}")
        writer.close()
        return status


@pytest.mark.threads
def test_500_jobs_share_50_licenses(own):
    """All finish, never more than 50 at once by the history, none is leaked."""
    jobs, licenses = 500, 50
    kre = own.product(licenses)
    users = [own.user(own.organization()) for _ in range(5)]

    async def run():
        return await asyncio.gather(*(Job(own.admin, kre, users[i % 5], i).run(0.02 + i % 7 / 100) for i in range(jobs)))

    statuses = asyncio.run(run())
    assert statuses == [201] * jobs
    held = most = 0
    acquired = {}
    for event in own.admin.items("/events", kind="session"):
        began = event["kind"] == "session.acquired"
        held += 1 if began else -1
        most = max(most, held)
        if began:
            acquired[event["subject"]] = event["after"]["machine"]
    assert most == licenses and held == 0
    assert len(acquired) == len(set(acquired.values())) == jobs
    assert own.four(kre) == (licenses, licenses, 0, licenses)
    assert line(own) == []
    own.check_laws()


@pytest.mark.threads
def test_many_come_and_go(own):
    """Waiting, hanging up, giving back, changing the policy, all at once: the figures hold, and nobody is left over."""
    kre = own.product(5)
    users = [own.user(own.organization()) for _ in range(3)]
    until = time.monotonic() + 3
    numbers = itertools.count()

    def hang_up():
        while time.monotonic() < until:
            number = next(numbers)
            raw = Raw(own.admin, {"product": kre, "user": users[number % 3], "wait_s": 30}, f"k{number % 10}")
            time.sleep(0.001 * (number % 30))
            raw.hang_up()

    def change():
        client = own.admin.as_key(own.admin.key)
        while time.monotonic() < until:
            for policy in ("strict", "unrestricted"):
                client.put("/usage-policy", {"policy": policy, "fallback": policy != "strict"}).ok(200)
            client.get("/waiters").ok(200)
            for session in client.items("/sessions", state="active"):
                client.end(session["id"])

    threads = [threading.Thread(target=target, daemon=True) for target in (hang_up, hang_up, hang_up, change)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
        assert not thread.is_alive(), f"{thread.name} still waits for an answer"
    assert eventually(lambda: not line(own), 20)
    for session in own.sessions(state="active"):
        own.admin.end(session["id"])
    own.admin.acquire(kre, users[0], count=5).ok(201)
    own.check_laws()
    own.admin.server.check_alive()
