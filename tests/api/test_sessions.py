# SPDX-License-Identifier: Apache-2.0
"""Section 4: a session is a lease. Acquire, heartbeat before it expires, release."""

import time

import pytest

from api import eventually, parse


@pytest.fixture
def kre(account):
    return account.product(10)


def span(session):
    """Seconds from the start to the end of the lease."""
    return (parse(session["expires_at"]) - parse(session["started_at"])).total_seconds()


def test_a_session_has_its_defaults_and_names_what_was_asked(account, kre):
    user = account.user()
    session = account.acquire(kre, user)
    assert {name: session[name] for name in ("product", "user", "level", "via", "count", "state", "reason", "project",
                                             "organization", "machine", "ttl_s", "origin", "ended_at", "heartbeat_s")} == {
        "product": kre, "user": user, "level": account.id, "via": "fallback", "count": 1, "state": "active", "reason": None,
        "project": None, "organization": None, "machine": None, "ttl_s": 120, "origin": "external", "ended_at": None,
        "heartbeat_s": 40}
    assert span(session) == 120
    assert account.admin.get(f"/sessions/{session['id']}").ok(200).body == session.body


def test_a_session_keeps_what_was_named(account, kre):
    organization = account.organization()
    account.dedicate(organization, kre, 5)
    user = account.user(organization)
    project = account.project(organization, user)
    session = account.acquire(kre, user, project=project, machine="Rechner 17 – Köln", ttl_s=3600, count=3)
    assert (session["project"], session["organization"]) == (project, None)
    assert (session["machine"], session["ttl_s"], session["count"], session["heartbeat_s"]) == ("Rechner 17 – Köln", 3600, 3, 1200)
    assert account.acquire(kre, user, organization=organization)["organization"] == organization


def test_null_stands_for_what_is_left_out(account, kre):
    session = account.acquire(kre, account.user(), project=None, organization=None, machine=None)
    assert (session["project"], session["organization"], session["machine"]) == (None, None, None)


@pytest.mark.parametrize("ttl_s, heartbeat_s", [(10, 3), (86400, 28800)])
def test_the_ttl_is_10_s_to_a_day(account, kre, ttl_s, heartbeat_s):
    session = account.acquire(kre, account.user(), ttl_s=ttl_s)
    assert (span(session), session["heartbeat_s"]) == (ttl_s, heartbeat_s)


@pytest.mark.parametrize("ttl_s", [9, 86401, 0, -1, "120", 12.5, None, True])
def test_any_other_ttl_is_refused(account, kre, ttl_s):
    refused = account.admin.acquire(kre, account.user(), ttl_s=ttl_s).refused(400, "invalid-request")
    assert refused["pointer"] == "/ttl_s"


def test_a_count_is_1_to_1000_units(account):
    kre = account.product(1000)
    user = account.user()
    for count in (0, 1001, -5, "1", 1.5, None):
        refused = account.admin.acquire(kre, user, count=count).refused(400, "invalid-request")
        assert refused["pointer"] == "/count"
    assert account.acquire(kre, user, count=1000)["count"] == 1000
    assert account.four(kre) == (1000, 1000, 1000, 0)


def test_all_units_come_from_one_pool(account, kre):
    organization = account.organization()
    account.dedicate(organization, kre, 5)
    user = account.user(organization)
    refused = account.admin.acquire(kre, user, count=6).refused(409, "no-license-available")
    assert refused["count"] == 6
    assert [tried["available"] for tried in refused["tried"]] == [5, 5]
    account.acquire(kre, user, count=5)
    account.acquire(kre, user, count=5)
    account.check_laws()


def test_a_heartbeat_sets_the_end_to_now_plus_ttl(account, kre):
    session = account.acquire(kre, account.user(), ttl_s=30)
    time.sleep(1.1)
    kept = account.admin.heartbeat(session["id"]).ok(200)
    assert (kept["id"], kept["state"], kept["started_at"]) == (session["id"], "active", session["started_at"])
    later = (parse(kept["expires_at"]) - parse(session["expires_at"])).total_seconds()
    assert 1 <= later < 10
    assert parse(account.admin.get(f"/sessions/{session['id']}")["expires_at"]) == parse(kept["expires_at"])


def test_a_release_gives_the_license_back_and_again_is_the_same_answer(account, kre):
    session = account.acquire(kre, account.user())["id"]
    ended = account.admin.end(session).ok(200)
    assert (ended["state"], ended["reason"]) == ("released", None)
    assert ended["ended_at"] is not None
    assert account.four(kre) == (10, 10, 0, 10)
    assert account.admin.end(session).ok(200).body == ended.body
    assert account.admin.get(f"/sessions/{session}").body == ended.body


def test_a_heartbeat_of_an_ended_session_is_410(account, kre):
    session = account.acquire(kre, account.user())["id"]
    ended = account.admin.end(session).ok(200)
    gone = account.admin.heartbeat(session).refused(410, "session-ended")
    assert (gone["session"], gone["state"], gone["ended_at"]) == (session, "released", ended["ended_at"])


def test_a_session_that_never_was_is_404(account):
    account.admin.heartbeat("SN-999999999").refused(404, "not-found")
    account.admin.end("SN-999999999").refused(404, "not-found")
    account.admin.get("/sessions/SN-999999999").refused(404, "not-found")
    account.admin.get("/sessions/nonsense").refused(404, "not-found")


def test_leases_that_are_not_kept_run_out(account, new_account):
    """One wait for all that has to do with expiry."""
    kre = account.product(2)
    user, newcomer = account.user(), account.user()
    lapsed = account.acquire(kre, user, ttl_s=10)
    kept = account.acquire(kre, user, ttl_s=10)
    quiet = new_account()
    other = quiet.product(1)
    untouched = quiet.acquire(other, quiet.user(), ttl_s=10)
    giver = new_account()
    drained_product = giver.product(5)
    organization = giver.organization()
    giver.dedicate(organization, drained_product, 3)
    giver.acquire(drained_product, giver.user(organization), ttl_s=10)
    giver.dedicate(organization, drained_product, 0, reclaim="drain")
    account.admin.acquire(kre, newcomer).refused(409, "no-license-available")
    retry_after_s = account.admin.explain(kre, newcomer)["tried"][0]["retry_after_s"]
    assert 1 <= retry_after_s <= 10

    last_started = time.monotonic()
    time.sleep(6)
    account.admin.heartbeat(kept["id"]).ok(200)
    time.sleep(last_started + 10.05 - time.monotonic())

    # Before every decision, lapsed leases are returned.
    gone = account.admin.heartbeat(lapsed["id"]).refused(410, "session-ended")
    assert (gone["state"], gone["session"]) == ("expired", lapsed["id"])
    assert account.acquire(kre, newcomer)["level"] == account.id
    assert account.admin.heartbeat(kept["id"]).ok(200)["state"] == "active"
    ended = account.admin.get(f"/sessions/{lapsed['id']}").ok(200)
    assert ended["state"] == "expired"
    assert ended["ended_at"] is not None
    assert account.admin.end(lapsed["id"]).ok(200)["state"] == "expired", "a late release changes nothing"

    # Without any decision, they are gone from the figures within a second.
    assert eventually(lambda: quiet.four(other) == (1, 1, 0, 1))
    assert eventually(lambda: quiet.admin.get(f"/sessions/{untouched['id']}")["state"] == "expired")
    quiet.admin.heartbeat(untouched["id"]).refused(410, "session-ended")

    # An expiry is a return like any other: the drain goes on.
    assert eventually(lambda: giver.four(drained_product, organization) == (0, 0, 0, 0))
    assert giver.four(drained_product) == (5, 5, 0, 5)
    for each in (account, quiet, giver):
        each.check_laws()


def test_ended_sessions_stay_in_the_history(account, kre):
    user = account.user()
    released, revoked, active = (account.acquire(kre, user)["id"] for _ in range(3))
    account.admin.end(released).ok()
    account.admin.end(revoked, reason="maintenance").ok()
    states = {session["id"]: (session["state"], session["reason"]) for session in account.sessions()}
    assert states == {released: ("released", None), revoked: ("revoked", "maintenance"), active: ("active", None)}


def test_sessions_are_listed_by_state_product_user_and_level(account, kre):
    other = account.product(5)
    organization = account.organization()
    account.dedicate(organization, kre, 5)
    insider, outsider = account.user(organization), account.user()
    one = account.acquire(kre, insider)["id"]
    two = account.acquire(kre, outsider)["id"]
    three = account.acquire(other, outsider)["id"]
    account.admin.end(two).ok()

    def listed(**query):
        return [session["id"] for session in account.sessions(**query)]

    assert listed() == [one, two, three]
    assert listed(state="active") == [one, three]
    assert listed(state="released") == [two]
    assert listed(product=kre) == [one, two]
    assert listed(user=outsider) == [two, three]
    assert listed(level=organization) == [one]
    assert listed(level=account.id, state="active") == [three]
    refused = account.admin.get("/sessions", state="sleeping").refused(400, "invalid-request")
    assert refused["parameter"] == "state"


def test_the_user_defaults_to_the_keys_own(account, kre):
    user = account.user()
    assert account.member(user).acquire(kre).ok(201)["user"] == user
    refused = account.admin.acquire(kre).refused(400, "invalid-request")
    assert refused["pointer"] == "/user", "this key has no user"


def test_a_session_needs_a_product_of_the_model_session(account):
    seats = account.product(5, model="seat")
    refused = account.admin.acquire(seats, account.user()).refused(400, "invalid-request")
    assert refused["pointer"] == "/product"


@pytest.mark.parametrize("member", ["product", "user", "project", "organization"])
def test_what_a_session_names_must_exist(account, kre, member):
    body = {"product": kre, "user": account.user()}
    for missing in ("OG-999999999", "nothing"):
        for path in ("/sessions", "/sessions:explain"):
            refused = account.admin.post(path, {**body, member: missing}).refused(404, "not-found")
            assert refused["pointer"] == f"/{member}"


def test_things_of_another_account_do_not_exist(account, new_account, kre):
    stranger = new_account()
    organization = stranger.organization()
    theirs = {"user": stranger.user(organization), "organization": organization, "project": stranger.project(organization)}
    for member, identifier in theirs.items():
        body = {"product": kre, "user": account.user(), member: identifier}
        assert account.admin.post("/sessions", body).refused(404, "not-found")["pointer"] == f"/{member}"


def test_a_product_never_bought_is_denied_not_unknown(account):
    kre = account.product()
    denied = account.admin.acquire(kre, account.user()).refused(409, "no-license-available")
    assert denied["tried"][0]["dedicated"] == 0


def test_one_user_may_hold_many_sessions(account, kre):
    user = account.user()
    for _ in range(10):
        account.acquire(kre, user, machine="ws-1")
    account.admin.acquire(kre, user).refused(409, "no-license-available")


def test_a_service_holds_sessions_like_anyone(account, kre):
    fleet = account.user(kind="service")
    assert account.acquire(kre, fleet)["user"] == fleet
