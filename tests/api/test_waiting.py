# SPDX-License-Identifier: Apache-2.0
"""Section 5: waiting in line, over connections. The rules of the line themselves are told by tests/scripts/waiting*.txt."""

import asyncio
import itertools
import json
import socket
import threading
import time

import pytest

from api import eventually, moment, parse


class Waiting(threading.Thread):
    """A request that waits, on a connection of its own."""

    def __init__(self, client, product, user=None, wait_s=20, **members):
        super().__init__(daemon=True)
        self.client = client.as_key(client.key)
        self.arguments = (product, user), {"wait_s": wait_s, **members}
        self.result = self.error = self.took_s = None
        self.start()

    def run(self):
        start = time.monotonic()
        try:
            self.result = self.client.acquire(*self.arguments[0], **self.arguments[1])
        except Exception as error:  # told where the answer is asked for
            self.error = error
        self.took_s = time.monotonic() - start

    def answer(self, seconds=60):
        self.join(seconds)
        assert not self.is_alive(), "it waits on"
        if self.error is not None:
            raise self.error
        return self.result


def line(account, **query):
    return account.admin.items("/waiters", **query)


def wait(account, product, user, *, client=None, **members):
    """One that waits, once it is in line."""
    before = len(line(account))
    waiting = Waiting(client or account.admin, product, user, **members)
    assert eventually(lambda: len(line(account)) > before or not waiting.is_alive()), "it is not in line"
    return waiting


class Raw:
    """A request on a bare socket, to be hung up."""

    def __init__(self, client, body, idempotency_key=None):
        host, port = client.server.url.rsplit("/", 1)[-1].split(":")
        text = json.dumps(body)
        key = f"Idempotency-Key: {idempotency_key}\r\n" if idempotency_key else ""
        self.socket = socket.create_connection((host, int(port)), timeout=20)
        self.socket.sendall((f"POST {client.path('/sessions')} HTTP/1.1\r\nHost: {host}\r\n{key}"
                             f"Authorization: Bearer {client.key}\r\nContent-Type: application/json\r\n"
                             f"Content-Length: {len(text)}\r\n\r\n{text}").encode())

    def hang_up(self):
        self.socket.close()

    def status(self):
        return int(self.socket.recv(65536).split(b" ", 2)[1])


@pytest.fixture
def kre(account):
    return account.product(1)


@pytest.fixture
def user(account):
    return account.user()


def take(account, product, **members):
    """All licenses are taken by someone else; the session."""
    return account.acquire(product, account.user(), **members)["id"]


# ---- Wake-up

def test_a_return_is_for_the_one_who_waits(account, kre, user):
    session = take(account, kre)
    waiting = wait(account, kre, user, machine="builder")
    assert account.admin.acquire(kre, account.user()).problem == "no-license-available"
    account.admin.end(session).ok()
    granted = waiting.answer().ok(201)
    assert (granted["user"], granted["level"], granted["via"], granted["machine"]) == (user, account.id, "fallback", "builder")
    # The lease begins when it is granted.
    assert parse(granted["started_at"]) > parse(account.admin.get(f"/sessions/{session}")["started_at"])
    assert line(account) == []
    assert account.figures(kre)["assigned"] == 1
    assert [event["subject"] for event in account.admin.items("/events", kind="session.acquired")][-1] == granted["id"]


def organize(account, user):
    organization = account.organization()
    account.admin.patch(f"/users/{user}", {"organization": organization}).ok(200)
    return organization


CHANGES = {
    "purchase": lambda account, kre, user: account.purchase(kre, 1),
    "change of a purchase": lambda account, kre, user: account.operator.patch(
        f"/purchases/{account.operator.items('/purchases')[0]['id']}", {"quantity": 2}).ok(200),
    "purchase that starts by time": lambda account, kre, user: account.purchase(kre, 1, starts_at=moment(1.5)),
    "batch": lambda account, kre, user: account.admin.post("/sessions:batch", {"ops": [
        {"op": "release", "session": session["id"]} for session in account.sessions(state="active")]}).ok(200),
    "revocation": lambda account, kre, user: account.admin.end(account.sessions()[0]["id"], reason="needed").ok(200),
    "deletion of its holder": lambda account, kre, user: account.admin.delete(
        f"/users/{account.sessions()[0]['user']}").ok(204),
}


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_wakes(account, kre, user, change):
    take(account, kre)
    waiting = wait(account, kre, user)
    CHANGES[change](account, kre, user)
    waiting.answer().ok(201)


def test_a_lease_that_ends_wakes(account, kre, user):
    take(account, kre, ttl_s=10)
    waiting = wait(account, kre, user)
    waiting.answer().ok(201)
    assert 5 < waiting.took_s < 19


def test_dedication_policy_membership_and_move_wake(account, user):
    kre = account.product(3)
    studio = organize(account, user)
    other = account.organization()
    project = account.project(other)
    account.policy("strict", False)
    waiting = wait(account, kre, user)
    account.dedicate(studio, kre, 1)
    own = waiting.answer().ok(201)
    assert (own["level"], own["via"]) == (studio, "own")
    waiting = wait(account, kre, user)
    account.policy("strict", True)
    assert waiting.answer().ok(201)["via"] == "fallback"
    account.policy("member_based", False)
    account.dedicate(other, kre, 1)
    waiting = wait(account, kre, user)
    account.join(project, user)
    member = waiting.answer().ok(201)
    assert (member["level"], member["via"]) == (other, "member")
    account.admin.end(member["id"]).ok()
    account.policy("strict", False)
    waiting = wait(account, kre, user)
    account.admin.patch(f"/users/{user}", {"organization": other}).ok(200)
    assert waiting.answer().ok(201)["level"] == other


def test_the_end_of_a_cool_down_wakes(account, kre, user):
    session = account.acquire(kre, user)["id"]
    account.admin.end(session, reason="too long", cooldown_s=5).ok(200)
    waiting = wait(account, kre, user)
    assert account.admin.explain(kre, user)["would"] == "deny"
    waiting.answer().ok(201)
    assert 1 < waiting.took_s < 19


# ---- The time is up

def test_when_the_time_is_up_the_denial_tells_where_it_stood(account, kre, user):
    take(account, kre, ttl_s=600)
    first = wait(account, kre, account.user(), wait_s=120)
    waiting = wait(account, kre, user, wait_s=1)
    denied = waiting.answer().refused(409, "no-license-available")
    assert 0.9 < waiting.took_s < 30
    assert denied["position"] == 2 and denied["estimate_s"] is None
    assert [tried["reason"] for tried in denied["tried"]] == ["exhausted"]
    assert len(account.admin.items("/denials", user=user)) == 1
    sole = wait(account, account.product(), user, wait_s=1).answer().refused(409, "no-license-available")
    assert sole["position"] == 1 and sole["estimate_s"] is None
    account.purchase(kre, 1)
    first.answer().ok(201)
    waiting = wait(account, kre, user, wait_s=1)
    denied = waiting.answer().refused(409, "no-license-available")
    assert denied["position"] == 1 and 110 <= denied["estimate_s"] <= 120


def test_a_denial_hides_what_its_user_may_not_see(account, kre):
    strangers = account.organization()
    account.dedicate(strangers, kre, 1)
    account.fill(kre, account.user(), organization=strangers)
    waiting = Waiting(account.member(account.user()), kre, wait_s=1)
    denied = waiting.answer().refused(409, "no-license-available")
    assert [("dedicated" in tried) for tried in denied["tried"]] == [True, False]


@pytest.mark.parametrize("wait_s", [-1, 601, "1", 1.5, None, True])
def test_how_long_is_0_to_600_s(account, kre, user, wait_s):
    assert account.admin.acquire(kre, user, wait_s=wait_s).refused(400, "invalid-request")["pointer"] == "/wait_s"


def test_nobody_waits_needlessly(account, kre, user):
    start = time.monotonic()
    account.admin.acquire(kre, user, wait_s=600).ok(201)
    account.admin.acquire(kre, user, wait_s=0).refused(409, "no-license-available")
    assert "position" not in account.admin.acquire(kre, user).refused(409, "no-license-available")
    assert account.admin.explain(kre, user)["would"] == "deny"
    stranger = account.organization()
    account.policy("strict", True)
    account.admin.acquire(kre, user, wait_s=600, organization=stranger).refused(403, "not-eligible")
    account.admin.acquire("none", user, wait_s=600).refused(404, "not-found")
    assert time.monotonic() - start < 60


def test_a_batch_does_not_wait(account, kre, user):
    op = {"op": "acquire", "product": kre, "user": user, "wait_s": 1}
    assert account.admin.post("/sessions:batch", {"ops": [op]}).refused(400, "invalid-request")["pointer"] == "/ops/0/wait_s"


def test_a_dry_run_serves_nobody(account, kre, user):
    account.policy("strict", False)
    waiting = wait(account, kre, user, wait_s=2)
    assert account.admin.put("/usage-policy", {"policy": "strict", "fallback": True}, dry_run=True)["result"] == "ok"
    waiting.answer().refused(409, "no-license-available")


# ---- Who is no longer allowed

def test_who_is_no_longer_allowed_gets_the_error_at_once(account, kre):
    take(account, kre)
    organization, gone = account.organization(), account.user()
    user = account.user(organization)
    project = account.project(account.organization(), user)
    key, users_key = account.key("account_admin"), account.member(gone)
    by_key = wait(account, kre, user, client=key)
    by_user = wait(account, kre, gone)
    by_users_key = wait(account, kre, None, client=users_key)
    named = wait(account, kre, user, organization=account.organization())
    member = wait(account, kre, user, project=project)
    account.admin.delete(f"/api-keys/{key.key_id}").ok(204)
    by_key.answer().refused(401, "unauthenticated")
    account.admin.delete(f"/users/{gone}").ok(204)
    assert by_user.answer().refused(404, "not-found")["pointer"] == "/user"
    by_users_key.answer().refused(401, "unauthenticated")
    account.policy("strict", True)
    named.answer().refused(403, "not-eligible")
    account.leave(project, user)
    member.answer().refused(403, "not-a-member")
    assert line(account) == []


def test_a_key_that_expires_is_refused_at_that_moment(account, kre, user):
    take(account, kre)
    waiting = wait(account, kre, user, client=account.key("account_admin", expires_at=moment(1.5)))
    waiting.answer().refused(401, "unauthenticated")
    assert waiting.took_s < 19


# ---- Hanging up, and coming back

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


# ---- The line

def test_the_oldest_goes_first_and_organizations_take_turns(account):
    kre = account.product(2)
    first, second = account.organization(), account.organization()
    held = [account.acquire(kre, account.user(first))["id"] for _ in range(2)]
    waiting = [wait(account, kre, account.user(organization)) for organization in (first, first, second, second)]
    # The second holds nothing; then both hold one, and the oldest goes.
    for end, served in ((held[0], waiting[2]), (held[1], waiting[0])):
        account.admin.end(end).ok()
        served.answer().ok(201)
    assert [waiter["position"] for waiter in line(account)] == [1, 2]
    account.admin.end(waiting[2].result["id"]).ok()
    waiting[3].answer().ok(201)
    account.admin.end(waiting[3].result["id"]).ok()
    waiting[1].answer().ok(201)


def test_the_line_is_read_by_those_who_may(account, kre):
    take(account, kre, ttl_s=600)
    other = account.product()
    studio = account.organization()
    lighting = account.organization(parent=studio)
    users = [account.user(studio), account.user(lighting), account.user()]
    project = account.project(studio, users[0])
    wait(account, kre, users[0], project=project, machine="a")
    wait(account, other, users[1], count=3)
    wait(account, kre, users[2], organization=studio)
    items = line(account)
    assert [(item["user"], item["product"], item["position"], item["count"]) for item in items] == [
        (users[0], kre, 1, 1), (users[1], other, 1, 3), (users[2], kre, 2, 1)]
    assert (items[0]["project"], items[0]["machine"], items[0]["organization"]) == (project, "a", None)
    assert items[2]["organization"] == studio and items[0]["since"] < items[2]["since"]
    assert 590 <= items[0]["estimate_s"] <= 600 and items[1]["estimate_s"] is None
    assert (parse(items[0]["deadline_at"]) - parse(items[0]["since"])).total_seconds() == 20

    def seen(client, **query):
        return [item["user"] for item in client.items("/waiters", **query)]

    assert seen(account.operator) == seen(account.key("auditor")) == users
    assert seen(account.key("org_admin", organization=studio)) == users[:2]
    assert seen(account.key("org_admin", organization=lighting)) == users[1:2]
    assert seen(account.member(users[2])) == users[2:]
    assert seen(account.member(account.user())) == []
    account.key("platform").get("/waiters").refused(403, "forbidden")
    assert seen(account.admin, product=kre) == [users[0], users[2]]
    assert seen(account.admin, user=users[1]) == users[1:2]
    page = account.admin.get("/waiters", limit=2).ok(200)
    rest = account.admin.get("/waiters", limit=2, after=page["next"]).ok(200)
    assert [item["user"] for item in page["items"] + rest["items"]] == users and rest["next"] is None
    assert rest["items"][0]["position"] == 2
    account.admin.get("/waiters", after="x").refused(400, "invalid-request")
    account.admin.get("/waiters", limit=0).refused(400, "invalid-request")


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


def test_the_accounts_of_others_have_their_own_lines(account, new_account, kre, user):
    take(account, kre)
    wait(account, kre, user)
    stranger = new_account()
    assert line(stranger) == []
    stranger.admin.get(f"/v1/accounts/{account.id}/waiters").refused(404, "not-found")
    stranger.purchase(kre, 1)
    stranger.acquire(kre, stranger.user())
