# SPDX-License-Identifier: Apache-2.0
"""Sections 4 and 9: explain tells what acquire would answer, and changes nothing."""

import pytest

from api import eventually


@pytest.fixture
def kre(account):
    return account.product(2)


def test_it_would_grant_and_says_from_where(account, kre):
    organization = account.organization()
    user = account.user(organization)
    told = account.admin.explain(kre, user).ok(200)
    assert (told["would"], told["level"], told["via"], told["error"]) == ("grant", account.id, "fallback", None)
    assert (told["product"], told["user"], told["count"]) == (kre, user, 1)
    assert (told["policy"], told["fallback"]) == ("unrestricted", True)
    assert [(tried["level"], tried["rule"], tried["reason"]) for tried in told["tried"]] == [
        (organization, "own", "exhausted"), (account.id, "fallback", None)], "the one that grants stands last"
    assert (told["tried_total"], told["reasons"]) == (2, {"exhausted": 1})
    granted = account.acquire(kre, user)
    assert (granted["level"], granted["via"]) == (told["level"], told["via"])


def test_it_would_deny_as_acquire_does(account, kre):
    user = account.user()
    account.fill(kre, user)
    told = account.admin.explain(kre, user, count=2).ok(200)
    denied = account.admin.acquire(kre, user, count=2).refused(409, "no-license-available")
    assert (told["would"], told["level"], told["via"], told["error"]) == ("deny", None, None, "no-license-available")
    for tried in (*told["tried"], *denied["tried"]):
        tried.pop("retry_after_s")
    assert told["tried"] == denied["tried"]
    assert (told["tried_total"], told["reasons"]) == (denied["tried_total"], denied["reasons"])


def test_refusals_of_membership_and_eligibility_stand_in_error(account, kre):
    own, other = account.organization(), account.organization()
    user = account.user(own)
    project = account.project(other)
    account.policy("strict", True)
    told = account.admin.explain(kre, user, project=project).ok(200)
    assert (told["would"], told["error"]) == ("deny", "not-a-member")
    told = account.admin.explain(kre, user, organization=other).ok(200)
    assert (told["would"], told["error"]) == ("deny", "not-eligible")


def test_it_changes_nothing_and_opens_no_episode(account, kre):
    user = account.user()
    account.fill(kre, user)
    events, pools = account.operator.items("/events"), account.pools(kre)
    for _ in range(3):
        assert account.admin.explain(kre, user)["would"] == "deny"
    assert account.pools(kre) == pools
    assert account.operator.items("/events") == events
    account.admin.acquire(kre, user).refused(409, "no-license-available")
    episodes = eventually(lambda: account.admin.items("/denials"))
    assert [episode["count"] for episode in episodes] == [1]


def test_a_member_asks_for_itself_only(account, kre):
    user, other = account.user(), account.user()
    member = account.member(user)
    assert member.explain(kre).ok(200)["user"] == user
    member.explain(kre, other).refused(403, "forbidden")


def test_the_form_is_that_of_acquire(account, kre):
    user = account.user()
    assert account.admin.explain(kre, user, wait_s=10, ttl_s=20, machine="m").ok(200)["would"] == "grant"
    assert account.admin.explain(kre, user, ttl_s=5).refused(400, "invalid-request")["pointer"] == "/ttl_s"
    assert account.admin.explain(kre, user, wait_s=601).refused(400, "invalid-request")["pointer"] == "/wait_s"
    assert account.admin.explain(kre, user, hurry=True).refused(400, "invalid-request")["pointer"] == "/hurry"
