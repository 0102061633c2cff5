# SPDX-License-Identifier: Apache-2.0
"""Law 3: what was acknowledged is durable. Load from several threads, kill -9 in the middle, start again, look."""

import collections
import random
import threading
import time

import requests

from api import Client

KILLS = 20
LOAD_S = 0.7
THREADS = 4
TTL_S = 86400


class Ledger:
    """What one thread was told, and what it asked last without an answer."""

    def __init__(self):
        self.active = {}  # session to its units
        self.ended = set()
        self.dedicated = None
        self.asked = None  # ("acquire", idempotency key), ("release", session) or ("dedicate", count)
        self.acknowledged = 0


class Worker(threading.Thread):
    """Acquires, releases and dedicates until the server is gone."""

    def __init__(self, account, kre, organization, user, ledger, seed):
        super().__init__()
        self.client = Client(account.admin.server, account.admin.key, account.id, check=False)
        self.kre, self.organization, self.user, self.ledger = kre, organization, user, ledger
        self.random = random.Random(seed)
        self.number = 0
        self.seed = seed
        self.failure = None

    def run(self):
        try:
            while True:
                self.step()
        except requests.RequestException:
            pass  # killed
        except Exception as failure:  # told by the test
            self.failure = failure

    def step(self):
        ledger = self.ledger
        choice = self.random.random()
        if ledger.active and choice < 0.45:
            session = self.random.choice(list(ledger.active))
            ledger.asked = ("release", session)
            self.client.end(session).ok(200)
            del ledger.active[session]
            ledger.ended.add(session)
        elif choice < 0.9:
            self.number += 1
            key = f"{self.seed}-{self.number}"
            count = self.random.randint(1, 3)
            ledger.asked = ("acquire", key, count)
            answer = self.acquire(key, count)
            if answer.status != 409:
                ledger.active[answer.ok(201)["id"]] = count
        else:
            count = self.random.randint(0, 50)
            ledger.asked = ("dedicate", count)
            answer = self.client.dedicate(self.organization, self.kre, count)
            if answer.status != 409:
                ledger.dedicated = answer.ok(200)["dedicated"]
        ledger.asked = None
        ledger.acknowledged += 1

    def acquire(self, key, count):
        return self.client.acquire(self.kre, self.user, idempotency_key=key, count=count, ttl_s=TTL_S)


def everything(client, path, **query):
    """A list without holding each page against the contract: there are many."""
    quick = Client(client.server, client.key, client.account, check=False)
    return quick.items(path, **query)


def settle(worker):
    """Looks at what was asked last and not answered: it was done or it was not, and nothing in between."""
    ledger, asked = worker.ledger, worker.ledger.asked
    if asked is None:
        return
    if asked[0] == "release":
        session = worker.client.get(f"/sessions/{asked[1]}").ok(200)
        if session["state"] != "active":
            assert session["state"] == "released"
            ledger.active.pop(asked[1])
            ledger.ended.add(asked[1])
    elif asked[0] == "acquire":
        # The retry takes the same key: it finds the session, or makes it, but never a second one.
        answer = worker.acquire(asked[1], asked[2])
        if answer.status != 409:
            ledger.active[answer.ok()["id"]] = asked[2]
    else:
        row = everything(worker.client, "/pools", product=worker.kre, level=worker.organization)[0]
        assert row["dedicated"] in (ledger.dedicated, asked[1])
        ledger.dedicated = row["dedicated"]
    ledger.asked = None


def test_nothing_acknowledged_is_lost_when_the_server_is_killed(own):
    account, server = own, own.admin.server
    kre = account.product(500)
    account.policy("unrestricted", False)
    places = []
    for _ in range(THREADS):
        organization = account.organization()
        account.dedicate(organization, kre, 20)
        places.append((organization, account.user(organization)))
    ledgers = [Ledger() for _ in places]
    for ledger in ledgers:
        ledger.dedicated = 20

    for kill in range(KILLS):
        before = sum(ledger.acknowledged for ledger in ledgers)
        workers = [Worker(account, kre, organization, user, ledger, f"{kill}-{number}")
                   for number, ((organization, user), ledger) in enumerate(zip(places, ledgers))]
        for worker in workers:
            worker.start()
        time.sleep(LOAD_S * random.uniform(0.3, 1.0))
        server.kill()
        for worker in workers:
            worker.join()
            assert worker.failure is None, f"kill {kill}: {worker.failure}"
        assert sum(ledger.acknowledged for ledger in ledgers) > before, "there was load"

        server.start()
        for worker in workers:
            settle(worker)
        check(account, kre, places, ledgers, kill)
    numbers = [event["seq"] for event in everything(account.admin, "/events")]
    assert numbers == list(range(1, len(numbers) + 1)), "the history has a gap"


def check(account, kre, places, ledgers, kill):
    found = {session["id"]: session for session in everything(account.admin, "/sessions", product=kre)}
    active = {identifier for identifier, session in found.items() if session["state"] == "active"}
    for (organization, user), ledger in zip(places, ledgers):
        for session, count in ledger.active.items():
            assert session in active, f"kill {kill}: an acknowledged grant is lost: {session} {found.get(session)}"
            assert (found[session]["count"], found[session]["user"]) == (count, user)
        for session in ledger.ended:
            assert found[session]["state"] == "released", f"kill {kill}: an acknowledged release is lost: {found[session]}"
        assert account.figures(kre, organization)["dedicated"] == ledger.dedicated, f"kill {kill}: a dedication is lost"
    assert active == {session for ledger in ledgers for session in ledger.active}, f"kill {kill}: there are sessions of nobody"

    held = collections.Counter()
    for session in active:
        held[found[session]["level"]] += found[session]["count"]
    for level, row in account.pools(kre).items():
        assert row["assigned"] == held[level], f"kill {kill}: figures drift at {level}"
        assert "over_committed" not in row
