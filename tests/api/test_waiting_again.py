# SPDX-License-Identifier: Apache-2.0
"""Section 5: who waits and hangs up, comes back, or is left by the server."""

import time

import pytest

from api import eventually
from in_line import Raw, Waiting, line, take, wait


@pytest.fixture
def kre(account):
    return account.product(1)


@pytest.fixture
def user(account):
    return account.user()


def test_who_hangs_up_is_forgotten(account, kre, user):
    session = take(account, kre)
    raw = Raw(account.admin, {"product": kre, "user": user, "wait_s": 600})
    assert eventually(lambda: line(account))
    raw.hang_up()
    assert eventually(lambda: not line(account))
    account.admin.end(session).ok()
    account.acquire(kre, account.user())


def test_who_comes_back_is_as_old_as_it_was(account, kre, user):
    session = take(account, kre)
    body = {"product": kre, "user": user, "wait_s": 30}
    raw = Raw(account.admin, body, "build-1")
    assert eventually(lambda: line(account))
    since = line(account)[0]["since"]
    raw.hang_up()
    assert eventually(lambda: not line(account))
    younger = wait(account, kre, account.user())
    back = wait(account, kre, user, idempotency_key="build-1", wait_s=30)
    assert [waiter["since"] == since for waiter in line(account)] == [True, False]
    account.admin.end(session).ok()
    granted = back.answer().ok(201)
    again = account.admin.acquire(kre, user, idempotency_key="build-1", wait_s=5).ok(200)
    assert again["id"] == granted["id"]
    account.admin.end(granted["id"]).ok()
    younger.answer().ok(201)
    account.admin.acquire(kre, user, idempotency_key="build-1", wait_s=5).refused(410, "session-ended")


def test_the_time_runs_from_the_first_request(account, kre, user):
    take(account, kre)
    raw = Raw(account.admin, {"product": kre, "user": user, "wait_s": 8}, "build-1")
    assert eventually(lambda: line(account))
    raw.hang_up()
    assert eventually(lambda: not line(account))
    time.sleep(5)
    back = Waiting(account.admin, kre, user, wait_s=8, idempotency_key="build-1")
    back.answer().refused(409, "no-license-available")
    assert back.took_s < 7


def test_another_request_does_not_inherit_an_age(account, user):
    kre = account.product(2)
    account.acquire(kre, user, count=2)
    raw = Raw(account.admin, {"product": kre, "user": user, "wait_s": 30}, "build-1")
    assert eventually(lambda: line(account))
    since = line(account)[0]["since"]
    raw.hang_up()
    assert eventually(lambda: not line(account))
    wait(account, kre, user, idempotency_key="build-1", count=2)
    assert line(account)[0]["since"] > since


def test_the_same_request_again_takes_the_place_of_the_first(account, kre, user):
    session = take(account, kre)
    first = wait(account, kre, user, idempotency_key="build-1")
    younger = wait(account, kre, account.user())
    since = line(account)[0]["since"]
    second = Waiting(account.admin, kre, user, idempotency_key="build-1", wait_s=30)
    first.answer().refused(409, "conflict")
    assert line(account)[0]["since"] == since
    assert len(line(account)) == 2
    account.admin.end(session).ok()
    account.admin.end(second.answer().ok(201)["id"]).ok()
    younger.answer().ok(201)
    # Without wait_s it is the same request: it does not wait any more.
    first = wait(account, kre, user, idempotency_key="build-2")
    account.admin.acquire(kre, user, idempotency_key="build-2").refused(409, "no-license-available")
    first.answer().refused(409, "conflict")
    assert line(account) == []


def test_another_request_with_the_key_of_one_who_waits_is_refused(account, kre, user):
    session = take(account, kre)
    waiting = wait(account, kre, user, idempotency_key="build-1")
    for members in ({"count": 2}, {"ttl_s": 60}, {"machine": "m"}, {"wait_s": 5, "count": 2}):
        account.admin.acquire(kre, user, idempotency_key="build-1", **members).refused(422, "idempotency-key-reused")
    account.admin.post("/organizations", {"name": "N"}, idempotency_key="build-1").refused(422, "idempotency-key-reused")
    op = {"op": "acquire", "product": kre, "user": user, "idempotency_key": "build-1"}
    results = account.admin.post("/sessions:batch", {"ops": [{**op, "count": 2}, op]}).ok(200)["results"]
    assert [result["status"] for result in results] == [422, 409]
    # Keys belong to the credential.
    other = account.key("account_admin")
    other.acquire(kre, user, idempotency_key="build-1", count=2).refused(409, "no-license-available")
    account.admin.end(session).ok()
    waiting.answer().ok(201)


# ---- The server

def test_a_server_that_stops_answers_those_who_wait(own):
    kre = own.product(1)
    take(own, kre)
    waiting = [wait(own, kre, own.user(), wait_s=600, idempotency_key=key) for key in ("a", None)]
    start = time.monotonic()
    own.admin.server.stop()
    assert time.monotonic() - start < 25
    for one in waiting:
        answer = one.answer().refused(503, "unavailable")
        assert int(answer.headers["retry-after"]) >= 1


def test_nobody_waits_across_a_restart(own):
    kre = own.product(1)
    session = take(own, kre)
    waiting = wait(own, kre, own.user(), wait_s=600, idempotency_key="a")
    own.admin.server.kill()
    waiting.join(30)
    assert waiting.error is not None
    own.admin.server.start()
    assert eventually(lambda: line(own) == [], own.admin.server.forgets_within_s), line(own)
    own.admin.end(session).ok()
    assert own.figures(kre)["assigned"] == 0
