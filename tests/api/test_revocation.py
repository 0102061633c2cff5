# SPDX-License-Identifier: Apache-2.0
"""Section 7: an admin revokes sessions and seats, with a reason and a cooldown."""

import time

import pytest

from api import parse


@pytest.fixture
def kre(account):
    return account.product(10)


def test_a_revoked_sessions_holder_is_told_why(account, kre):
    session = account.acquire(kre, account.user())["id"]
    ended = account.admin.end(session, reason="The render farm needs it").ok(200)
    assert (ended["state"], ended["reason"], ended["cooldown_until"]) == ("revoked", "The render farm needs it", None)
    gone = account.admin.heartbeat(session).refused(410, "session-ended")
    assert (gone["state"], gone["reason"]) == ("revoked", "The render farm needs it")
    assert account.admin.end(session, reason="again").ok(200).body == ended.body
    assert account.four(kre) == (10, 10, 0, 10)


def test_ending_without_a_reason_is_a_release_whoever_asks(account, kre):
    user = account.user()
    for client in (account.admin, account.operator, account.member(user)):
        session = account.acquire(kre, user)["id"]
        assert client.end(session).ok(200)["state"] == "released"


def test_during_a_cooldown_the_user_is_denied_the_product_everywhere(account, kre):
    organization = account.organization()
    account.dedicate(organization, kre, 3)
    user, colleague = account.user(organization), account.user(organization)
    session = account.acquire(kre, user)["id"]
    ended = account.admin.end(session, reason="idle", cooldown_s=5).ok(200)
    cooldown = (parse(ended["cooldown_until"]) - parse(ended["ended_at"])).total_seconds()
    assert cooldown == 5

    denied = account.admin.acquire(kre, user).refused(409, "no-license-available")
    assert {tried["reason"] for tried in denied["tried"]} == {"cooldown"}
    assert denied["reasons"] == {"cooldown": denied["tried_total"]}
    assert account.admin.explain(kre, user)["would"] == "deny"
    account.acquire(kre, colleague)
    other = account.product(1)
    account.acquire(other, user)

    time.sleep(5.1)
    assert account.acquire(kre, user)["level"] == organization


def test_a_cooldown_is_told_for_the_platform_too(account, kre):
    user = account.user()
    account.admin.end(account.acquire(kre, user)["id"], reason="idle", cooldown_s=60).ok(200)
    denied = account.key("platform").acquire(kre, user).refused(409, "no-license-available")
    assert denied["tried"][0]["reason"] == "cooldown"


@pytest.mark.parametrize("query, parameter", [
    ({"cooldown_s": 86401, "reason": "x"}, "cooldown_s"), ({"cooldown_s": -1, "reason": "x"}, "cooldown_s"),
    ({"cooldown_s": "soon", "reason": "x"}, "cooldown_s"), ({"reason": ""}, "reason"), ({"reason": "x" * 256}, "reason")])
def test_reason_and_cooldown_are_well_formed(account, kre, query, parameter):
    session = account.acquire(kre, account.user())["id"]
    assert account.admin.end(session, **query).refused(400, "invalid-request")["parameter"] == parameter
    assert account.admin.heartbeat(session).ok(200)["state"] == "active"


def test_a_reason_may_be_in_any_script(account, kre):
    reason = "メンテナンス – bitte später ☕"
    session = account.acquire(kre, account.user())["id"]
    assert account.admin.end(session, reason=reason).ok(200)["reason"] == reason


def test_a_member_gives_no_reason_and_no_cooldown(account, kre):
    user = account.user()
    member = account.member(user)
    session = account.acquire(kre, user)["id"]
    member.end(session, reason="mine").refused(403, "forbidden")
    member.end(session).ok(200)


def test_an_organization_admin_revokes_those_drawn_from_its_subtree(account, kre):
    organization = account.organization()
    below = account.organization(parent=organization)
    account.dedicate(organization, kre, 2)
    account.dedicate(below, kre, 1)
    org_admin = account.key("org_admin", organization=organization)
    visitor, insider = account.user(), account.user(organization)

    inside = account.acquire(kre, visitor, organization=below)["id"]
    assert org_admin.end(inside, reason="ours").ok(200)["state"] == "revoked"

    account.acquire(kre, insider)
    outside = account.acquire(kre, insider)
    assert outside["level"] == account.id
    org_admin.get(f"/sessions/{outside['id']}").ok(200)
    org_admin.end(outside["id"], reason="not ours").refused(403, "forbidden")


def test_a_revoked_seat_goes_back_and_its_user_waits_out_the_cooldown(account):
    fou = account.product(5, model="seat")
    user = account.user()
    seat = account.admin.assign(fou, user, account.id)["id"]
    account.admin.delete(f"/seats/{seat}", reason="idle for a month", cooldown_s=5).ok(204)
    assert account.four(fou) == (5, 5, 0, 5)
    denied = account.admin.assign(fou, user, account.id).refused(409, "no-license-available")
    assert denied["tried"][0]["reason"] == "cooldown"
    account.admin.assign(fou, account.user(), account.id).ok(201)
    time.sleep(5.1)
    account.admin.assign(fou, user, account.id).ok(201)


def test_a_revoked_seats_holder_is_told_why(account):
    fou = account.product(2, model="seat")
    user, other = account.user(), account.user()
    holder, stranger = account.member(user), account.member(other)
    seat = account.admin.assign(fou, user, account.id).ok(201)["id"]
    account.admin.delete(f"/seats/{seat}", reason='Idle for "a month" – お知らせ').ok(204)
    for gone in (holder.post(f"/seats/{seat}/check-in"), holder.get(f"/seats/{seat}")):
        assert gone.refused(404, "not-found")["reason"] == 'Idle for "a month" – お知らせ'
    for asked in (stranger.post(f"/seats/{seat}/check-in"), stranger.get(f"/seats/{seat}"), holder.get("/seats/ST-999999999"),
                  holder.get("/seats/nonsense")):
        assert "reason" not in asked.refused(404, "not-found")


def test_a_seat_given_back_without_a_reason_tells_none(account):
    fou = account.product(1, model="seat")
    user = account.user()
    seat = account.admin.assign(fou, user, account.id).ok(201)["id"]
    account.admin.delete(f"/seats/{seat}").ok(204)
    assert "reason" not in account.member(user).get(f"/seats/{seat}").refused(404, "not-found")


def test_who_left_the_seats_level_is_told_so(account):
    fou = account.product(1, model="seat")
    organization = account.organization()
    account.dedicate(organization, fou, 1)
    user = account.user(organization)
    seat = account.admin.assign(fou, user, organization).ok(201)["id"]
    account.admin.patch(f"/users/{user}", {"organization": None}).ok(200)
    assert account.member(user).post(f"/seats/{seat}/check-in").refused(404, "not-found")["reason"] == "user-moved"
