# SPDX-License-Identifier: Apache-2.0
"""Law 3 on the real server: what was acknowledged is there after kill -9, and what was not is whole or absent."""

import collections
import json
import random
import shutil
import sqlite3
import time

import pytest

from api import Account, Client, eventually, parse
from rivals import Rival
from server import OPERATOR_KEY, Server, usherd
from sole import Sole

LOAD_S = (0.1, 0.9)  # between two kills
POOL = 20
SOLES, RIVALS = 3, 3


def quick(client):
    """Without holding each page against the contract: there are many."""
    return Client(client.server, client.key, client.account, check=False)


class History:
    """What the server's own table of events says of an account."""

    def __init__(self, server, account):
        number = int(account.id.split("-")[1])
        with sqlite3.connect(f"file:{server.data}/usher.db?mode=ro", uri=True) as database:
            rows = database.execute("SELECT seq, kind, subject FROM event WHERE account_id = ? ORDER BY seq", (number,)).fetchall()
        assert [row[0] for row in rows] == list(range(1, len(rows) + 1)), "the history has a gap"
        self.kinds = collections.Counter(row[1] for row in rows)
        self.subjects = {(row[2], row[1]) for row in rows}


def verify(server):
    done = usherd("verify", "--data", str(server.data))
    assert done.returncode == 0, f"usherd verify: {done.stdout}{done.stderr}"


# ---- An account with one worker

def settings_of(worker):
    admin = quick(worker.account.admin)
    found = {("policy",): (lambda policy: (policy["policy"], policy["fallback"]))(admin.get("/usage-policy").ok(200)),
             ("grace",): admin.get("").ok(200)["shortfall_grace_s"]}
    borrowing = admin.get(f"/borrowing/{worker.kre}")
    found["borrowing",] = borrowing["max_borrow_days"] if borrowing.status == 200 else None
    for row in admin.items("/pools", product=worker.kre):
        found["dedication", row["level"]] = row["dedicated"]
    for user in admin.items("/users"):
        found["organization of", user["id"]] = user["organization"]
    for organization in admin.items("/organizations"):
        found["parent of", organization["id"]] = organization["parent"]
    for purchase in quick(worker.account.operator).items("/purchases"):
        found["quantity of", purchase["id"]] = purchase["quantity"]
    return found


def check_whole(worker, history):
    """What was asked last was done as a whole or not at all; all else is just as it was told."""
    asked, found = worker.asked, settings_of(worker)
    differing = {name for name, value in worker.settings.items() if found.get(name, "gone") != value}
    more = {kind: history.kinds[kind] - count for kind, count in worker.made.items() if history.kinds[kind] != count}
    if asked is None:
        assert not differing, {name: (worker.settings[name], found.get(name)) for name in differing}
        assert not more, f"{more} came from nowhere, or are gone"
        return
    changed = {name for name in asked.sets if worker.settings.get(name) != asked.sets[name]}
    gone = {name for name in differing if name not in found}  # what was deleted without an answer
    assert differing <= changed | gone, f"{worker.command}: {differing - changed} was acknowledged otherwise"
    if differing & changed:
        assert all(found[name] == asked.sets[name] for name in changed), f"{worker.command} is half done"
    if worker.command != "batch":
        assert not more or more == asked.makes, f"{worker.command} makes {asked.makes}, there is {more}"
    else:
        assert all(kind in ("session.acquired",) for kind in more), more


def check_kept(worker, history, started_at):
    for subject, kinds in worker.subjects:
        assert any((subject, kind) in history.subjects for kind in kinds), f"acknowledged, and gone: {subject} {kinds}"
    sessions = {session["id"]: session for session in quick(worker.account.admin).items("/sessions", product=worker.kre)}
    asked_last = worker.command if worker.asked else None
    for identifier, session in worker.active.items():
        found = sessions[identifier]
        if found["state"] != "active":
            assert asked_last in ("release", "revoke", "batch", "give_back"), f"acknowledged, and ended: {found}"
            continue
        left = parse(found["expires_at"]).timestamp() - started_at
        assert left >= session["ttl_s"] - 0.01, f"after the start less than its ttl is left: {found}"
    for identifier in worker.ended:
        assert sessions[identifier]["state"] in ("released", "revoked"), sessions[identifier]


def check_keys(worker):
    nobody = quick(worker.account.admin)
    for secret in list(worker.keys.values())[-3:]:
        assert secret is None or nobody.as_key(secret).get("").status == 200, "an acknowledged key does not work"
    for secret in worker.revoked[-3:]:
        assert secret is None or nobody.as_key(secret).get("").status == 401, "a revoked key works"


def check_members(worker):
    for project in worker.projects[-3:]:
        found = {member["user"] for member in quick(worker.account.admin).items(f"/projects/{project}/members")}
        assert found == {user for of, user in worker.members if of == project}, project


def check_sole(worker, started_at):
    history = History(worker.account.admin.server, worker.account)
    check_kept(worker, history, started_at)
    check_whole(worker, history)
    if worker.asked is not None:
        worker.settle()  # once more, with the same key
        check_whole(worker, History(worker.account.admin.server, worker.account))
    check_keys(worker)
    check_members(worker)
    worker.account.check_laws()


# ---- An account with many

def active_units(account, product):
    sessions = quick(account.admin).items("/sessions", product=product, state="active")
    return {session["id"]: session["count"] for session in sessions}


def check_rivals(rivals):
    account, product = rivals[0].account, rivals[0].product
    found = active_units(account, product)
    assert sum(found.values()) <= POOL, f"more was granted than there is: {found}"
    told = {session for rival in rivals for session in rival.active}
    open_requests = [rival for rival in rivals if rival.asked]
    missing = told - set(found)
    assert len(missing) <= sum(rival.command == "release" for rival in open_requests), f"acknowledged, and gone: {missing}"
    assert len(set(found) - told) <= sum(rival.command == "acquire" for rival in open_requests), "sessions of nobody"
    for rival in open_requests:
        rival.settle()
    told = {session: count for rival in rivals for session, count in rival.active.items()}
    assert active_units(account, product) == told, "asked again, and there are others"
    history = History(account.admin.server, account)
    assert history.kinds["session.acquired"] == sum(rival.made["session.acquired"] for rival in rivals), "granted twice"
    account.check_laws()


# ---- The test

def start_counts(worker):
    """What was there before the worker began counts as made."""
    history = History(worker.account.admin.server, worker.account)
    for kind in ("session.acquired", "seat.assigned", "organization.created", "user.created", "project.created",
                 "purchase.created", "api-key.created"):
        worker.made[kind] = history.kinds[kind]


@pytest.fixture
def server(tmp_path):
    running = Server(tmp_path).start()
    yield running
    running.stop()


def make_workers(server, seed):
    operator = Client(server, OPERATOR_KEY)
    soles = [Sole(Account(operator), f"{seed}-s{number}") for number in range(SOLES)]
    shared = Account(operator)
    product = shared.product(POOL)
    rivals = [Rival(shared, f"{seed}-r{number}", product, shared.user()) for number in range(RIVALS)]
    for worker in soles:
        start_counts(worker)
    return soles, rivals


def acknowledgements(worker):
    return sum(list(worker.acknowledged.values()))


def load_and_kill(server, workers, seconds, least=0):
    """Not before each worker was acknowledged that often."""
    wanted = {worker: acknowledgements(worker) + least for worker in workers}
    for worker in workers:
        worker.start()
    time.sleep(seconds)
    eventually(lambda: all(worker.failure or acknowledgements(worker) >= wanted[worker] for worker in workers), 120)
    server.kill()
    for worker in workers:
        worker.finish()
        assert worker.failure is None, f"{worker.command}: {worker.failure!r}"


def check_all(server, soles, rivals, started_at):
    for worker in soles:
        check_sole(worker, started_at)
    check_rivals(rivals)
    verify(server)


def never_acknowledged(soles):
    acknowledged = sum((worker.acknowledged for worker in soles), collections.Counter())
    return {command.__name__ for worker in soles for command in worker.commands} - set(acknowledged) - {"wait"}


def test_what_was_acknowledged_survives_kill_9_under_load_of_all_commands(server, seed, kills):
    chance = random.Random(seed)
    soles, rivals = make_workers(server, seed)
    kill = 0
    # Some commands are rare: a slow machine needs more turns to have had all of them.
    while kill < kills or (kills >= 20 and never_acknowledged(soles) and kill < 5 * kills):
        kill += 1
        try:
            load_and_kill(server, [*soles, *rivals], chance.uniform(*LOAD_S))
            started_at = time.time()
            server.start()
            check_all(server, soles, rivals, started_at)
        except AssertionError as failure:
            raise AssertionError(f"SEED={seed}, kill {kill}: {failure}") from failure
    acknowledged = sum((worker.acknowledged for worker in [*soles, *rivals]), collections.Counter())
    print(f"{kill} kills, {sum(acknowledged.values())} acknowledgements: {json.dumps(acknowledged)}")
    if kills >= 20:
        assert not never_acknowledged(soles), f"never acknowledged: {never_acknowledged(soles)}"


def test_the_checks_see_what_is_lost(server, seed, tmp_path):
    """A canary: the data of an earlier moment is put back, as by a server that did not wait for the disk."""
    soles, rivals = make_workers(server, seed)
    load_and_kill(server, [*soles, *rivals], 0.3)
    shutil.copytree(server.data, tmp_path / "earlier")
    server.start()
    for worker in [*soles, *rivals]:
        if worker.asked:
            worker.settle()
    load_and_kill(server, [*soles, *rivals], 0.5, least=30)
    shutil.rmtree(server.data)
    shutil.copytree(tmp_path / "earlier", server.data)
    started_at = time.time()
    server.start()
    for check in ([lambda worker=worker: check_sole(worker, started_at) for worker in soles] + [lambda: check_rivals(rivals)]):
        with pytest.raises((AssertionError, KeyError)):
            check()
