# SPDX-License-Identifier: Apache-2.0
"""Section 2: what a change would do, without doing it. The grants of the last 24 hours are replayed under the new rules."""

import time

import pytest


@pytest.fixture
def kre(account):
    return account.product(10)


def denied(answer):
    return [(entry["request"]["session"], entry["reason"]) for entry in answer["denied"]]


def test_a_dry_run_tells_the_rows_and_changes_nothing(account, kre):
    organization = account.organization()
    before, events = account.pools(kre), account.operator.items("/events")
    answer = account.admin.dedicate(organization, kre, 4, dry_run=True).ok(200)
    assert (answer["result"], answer["over"], answer["denied"], answer["denied_total"]) == ("ok", [], [], 0)
    rows = {row["level"]: row for row in answer["rows"]}
    assert rows[organization]["dedicated"] == 4
    if account.id in rows:
        assert rows[account.id]["pool"] == 6
    assert account.pools(kre) == before
    assert account.operator.items("/events") == events


def test_dry_run_false_is_the_change_itself(account, kre):
    organization = account.organization()
    assert account.admin.dedicate(organization, kre, 4, dry_run=False).ok(200)["dedicated"] == 4


def test_the_result_is_the_name_of_the_error_that_it_would_be(account, kre):
    organization = account.organization()
    assert account.admin.dedicate(organization, kre, 11, dry_run=True).ok(200)["result"] == "insufficient-pool"
    account.dedicate(organization, kre, 4)
    account.acquire(kre, account.user(organization), count=3)
    answer = account.admin.dedicate(organization, kre, 2, dry_run=True).ok(200)
    assert answer["result"] == "dedication-in-use"
    assert answer["detail"]


def test_the_form_is_checked_all_the_same(account, kre):
    organization = account.organization()
    account.admin.dedicate(organization, kre, -1, dry_run=True).refused(400, "invalid-request")
    refused = account.admin.put(f"/dedications/{organization}/{kre}", {"count": 1}, dry_run="perhaps")
    assert refused.refused(400, "invalid-request")["parameter"] == "dry_run"


def test_several_at_once_can_be_tried(account, kre):
    one, two = account.organization(), account.organization()
    account.dedicate(one, kre, 10)
    body = {"dedications": [{"organization": one, "product": kre, "count": 5}, {"organization": two, "product": kre, "count": 5}]}
    answer = account.admin.post("/dedications:apply", body, dry_run=True).ok(200)
    assert answer["result"] == "ok"
    assert {row["level"]: row["dedicated"] for row in answer["rows"]}.items() >= {one: 5, two: 5}.items()
    assert account.four(kre, two)[0] == 0


def test_a_lower_dedication_shows_which_grants_would_have_been_denied(account, kre):
    account.policy("strict", False)
    organization = account.organization()
    account.dedicate(organization, kre, 3)
    user = account.user(organization)
    sessions = [account.acquire(kre, user, machine=f"ws-{number}")["id"] for number in range(3)]
    time.sleep(0.005)  # an end in the millisecond of a start counts as before it
    for session in sessions:
        account.admin.end(session).ok()

    answer = account.admin.dedicate(organization, kre, 1, dry_run=True).ok(200)
    assert answer["result"] == "ok", "nothing is in use now"
    assert denied(answer) == [(sessions[1], "exhausted"), (sessions[2], "exhausted")]
    assert answer["denied_total"] == 2
    request = answer["denied"][0]["request"]
    assert (request["user"], request["product"], request["machine"], request["count"]) == (user, kre, "ws-1", 1)


def test_the_replay_knows_when_each_really_ended(account, kre):
    """One after another, so that one license was enough."""
    account.policy("strict", False)
    organization = account.organization()
    account.dedicate(organization, kre, 3)
    user = account.user(organization)
    for _ in range(3):
        account.admin.end(account.acquire(kre, user)["id"]).ok()
    answer = account.admin.dedicate(organization, kre, 1, dry_run=True).ok(200)
    assert (answer["denied"], answer["denied_total"]) == ([], 0)


def test_the_replay_goes_on_from_other_pools_as_the_policy_allows(account, kre):
    account.policy("strict", True)
    organization = account.organization()
    account.dedicate(organization, kre, 3)
    user = account.user(organization)
    sessions = [account.acquire(kre, user)["id"] for _ in range(3)]
    time.sleep(0.01)
    for session in sessions:
        account.admin.end(session).ok()
    answer = account.admin.dedicate(organization, kre, 1, dry_run=True).ok(200)
    assert answer["denied_total"] == 0, "the account's pool would have served the others"


def test_a_policy_is_tried_against_the_last_grants(account, kre):
    organization, other = account.organization(), account.organization()
    account.dedicate(organization, kre, 1)
    account.dedicate(other, kre, 2)
    user = account.user(organization)
    own = account.acquire(kre, user)
    fallback = account.acquire(kre, user)
    named = account.acquire(kre, user, organization=other)
    assert (own["via"], fallback["via"], named["via"]) == ("own", "fallback", "named")

    answer = account.admin.put("/usage-policy", {"policy": "strict", "fallback": False}, dry_run=True).ok(200)
    assert answer["result"] == "ok"
    assert denied(answer) == [(fallback["id"], "exhausted"), (named["id"], "not-eligible")]
    assert account.admin.get("/usage-policy").body == {"policy": "unrestricted", "fallback": True}

    answer = account.admin.put("/usage-policy", {"policy": "strict", "fallback": True}, dry_run=True).ok(200)
    assert denied(answer) == [(named["id"], "not-eligible")]


def test_restoring_the_default_policy_can_be_tried(account, kre):
    account.policy("strict", False)
    answer = account.admin.delete("/usage-policy", dry_run=True).ok(200)
    assert (answer["result"], answer["denied_total"]) == ("ok", 0)
    assert account.admin.get("/usage-policy")["policy"] == "strict"


def test_trying_a_policy_needs_the_plan_too(new_account):
    account = new_account(plan="free")
    answer = account.admin.put("/usage-policy", {"policy": "strict", "fallback": True}, dry_run=True)
    assert answer.status == 403 or answer.ok(200)["result"] == "subscription-required"


def test_a_smaller_purchase_shows_what_would_be_over_committed(account):
    kre = account.product()
    purchase = account.purchase(kre, 10)
    organization = account.organization()
    account.dedicate(organization, kre, 6)
    account.acquire(kre, account.user(), count=3)

    answer = account.operator.patch(f"/purchases/{purchase}", {"quantity": 7}, dry_run=True).ok(200)
    assert answer["result"] == "ok", "a purchase that shrinks is never refused"
    assert answer["over"] == [{"level": account.id, "product": kre, "over_committed": 2}]
    assert account.four(kre) == (10, 4, 3, 1)

    answer = account.operator.delete(f"/purchases/{purchase}", dry_run=True).ok(200)
    assert answer["over"] == [{"level": account.id, "product": kre, "over_committed": 9}]
    assert len(account.operator.items("/purchases")) == 1


def test_a_purchase_can_be_tried_before_it_is_made(account):
    kre = account.product(1)
    answer = account.operator.post("/purchases", {"product": kre, "quantity": 4}, dry_run=True).ok(200)
    assert {row["level"]: row["dedicated"] for row in answer["rows"]}[account.id] == 5
    assert account.four(kre)[0] == 1
    assert len(account.operator.items("/purchases")) == 1


def test_the_first_hundred_are_listed_and_all_are_counted(account):
    account.policy("strict", False)
    kre = account.product(120)
    organization = account.organization()
    account.dedicate(organization, kre, 120)
    user = account.user(organization)
    ops = [{"op": "acquire", "product": kre, "user": user} for _ in range(120)]
    results = account.admin.post("/sessions:batch", {"ops": ops}).ok(200)["results"]
    assert {result["status"] for result in results} == {201}
    answer = account.admin.dedicate(organization, kre, 5, reclaim="drain", dry_run=True).ok(200)
    assert (len(answer["denied"]), answer["denied_total"]) == (100, 115)
