# SPDX-License-Identifier: Apache-2.0
"""Section 5: waiting in line, over connections. The rules of the line themselves are told by tests/scripts/waiting*.txt."""

import time

import pytest

from api import moment, parse
from in_line import Waiting, line, take, wait


@pytest.fixture
def kre(account):
    return account.product(1)


@pytest.fixture
def user(account):
    return account.user()


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


def test_the_accounts_of_others_have_their_own_lines(account, new_account, kre, user):
    take(account, kre)
    wait(account, kre, user)
    stranger = new_account()
    assert line(stranger) == []
    stranger.admin.get(f"/v1/accounts/{account.id}/waiters").refused(404, "not-found")
    stranger.purchase(kre, 1)
    stranger.acquire(kre, stranger.user())
