# SPDX-License-Identifier: Apache-2.0
"""Sections 1 and 7: purchases in time, and what happens when they end or shrink below use."""

import time

import pytest

from api import eventually, moment, new_product, parse


def test_a_purchase_names_what_was_bought(account):
    kre = new_product(account.operator)
    made = account.operator.post("/purchases", {"product": kre, "quantity": 200, "starts_at": "2020-01-01T00:00:00Z",
                                                "ends_at": "2999-12-31T23:59:59.999+02:00"}).ok(201)
    assert (made["product"], made["quantity"], made["in_force"]) == (kre, 200, True)
    assert (made["starts_at"], made["ends_at"]) == ("2020-01-01T00:00:00.000Z", "2999-12-31T21:59:59.999Z")
    assert account.operator.get(f"/purchases/{made['id']}").ok(200).body == made.body
    assert account.four(kre) == (200, 200, 0, 200)


def test_purchases_in_force_add_up(account):
    kre = account.product()
    account.purchase(kre, 10)
    account.purchase(kre, 5, ends_at=moment(3600))
    account.purchase(kre, 100, starts_at=moment(3600))
    account.purchase(kre, 1000, ends_at=moment(-1))
    assert account.four(kre)[0] == 15
    assert [purchase["in_force"] for purchase in account.operator.items("/purchases")] == [True, True, False, False]


def test_a_purchase_begins_by_itself(account):
    kre = account.product()
    purchase = account.purchase(kre, 5, starts_at=moment(1.5))
    user = account.user()
    account.admin.acquire(kre, user).refused(409, "no-license-available")
    assert account.four(kre) == (0, 0, 0, 0)
    assert eventually(lambda: account.four(kre) == (5, 5, 0, 5))
    assert account.operator.get(f"/purchases/{purchase}")["in_force"] is True
    account.acquire(kre, user)


def test_a_purchase_ends_by_itself_and_by_default_holders_go_on(account):
    kre = account.product(1)
    account.purchase(kre, 2, ends_at=moment(1.5))
    user = account.user()
    sessions = [account.acquire(kre, user)["id"] for _ in range(3)]
    assert eventually(lambda: account.figures(kre).get("over_committed") == 2)
    for session in sessions:
        account.admin.heartbeat(session).ok(200)
    denied = account.admin.acquire(kre, user).refused(409, "no-license-available")
    assert denied["tried"][0]["reason"] == "over_committed"
    account.admin.end(sessions[0]).ok()
    account.admin.end(sessions[1]).ok()
    assert "over_committed" not in account.figures(kre)
    account.admin.acquire(kre, user).refused(409, "no-license-available")
    account.admin.end(sessions[2]).ok()
    account.acquire(kre, user)
    account.check_laws()


def test_a_purchase_that_shrinks_below_use_is_never_refused(account):
    kre = account.product()
    purchase = account.purchase(kre, 5)
    account.acquire(kre, account.user(), count=5)
    assert account.operator.patch(f"/purchases/{purchase}", {"quantity": 1}).ok(200)["quantity"] == 1
    assert account.figures(kre)["over_committed"] == 4
    account.operator.delete(f"/purchases/{purchase}").ok(204)
    assert account.figures(kre)["over_committed"] == 5
    account.operator.get(f"/purchases/{purchase}").refused(404, "not-found")
    account.check_laws()


def test_a_purchase_is_changed_in_every_member_but_its_product(account):
    kre, other = account.product(), account.product()
    purchase = account.purchase(kre, 5, ends_at=moment(3600))
    account.operator.patch(f"/purchases/{purchase}", {"starts_at": moment(1800)}).ok(200)
    assert account.four(kre)[0] == 0
    changed = account.operator.patch(f"/purchases/{purchase}", {"starts_at": None, "ends_at": None, "quantity": 7}).ok(200)
    assert (changed["starts_at"], changed["ends_at"], changed["quantity"]) == (None, None, 7)
    account.operator.patch(f"/purchases/{purchase}", {"product": kre}).ok(200)
    account.operator.patch(f"/purchases/{purchase}", {"product": other}).refused(409, "conflict")
    assert account.four(kre)[0] == 7


def test_a_purchase_ends_after_it_starts(account):
    kre = account.product()
    start, end = moment(100), moment(200)
    for starts_at, ends_at in ((end, start), (start, start)):
        account.operator.post("/purchases", {"product": kre, "quantity": 1, "starts_at": starts_at, "ends_at": ends_at}) \
            .refused(400, "invalid-request")
    purchase = account.purchase(kre, 1, starts_at=start)
    account.operator.patch(f"/purchases/{purchase}", {"ends_at": moment(50)}).refused(400, "invalid-request")
    assert account.operator.get(f"/purchases/{purchase}")["ends_at"] is None


@pytest.mark.parametrize("member, value", [
    ("quantity", 0), ("quantity", -1), ("quantity", 10**12 + 1), ("quantity", "5"), ("quantity", 1.5), ("quantity", None),
    ("starts_at", "yesterday"), ("starts_at", 5), ("ends_at", "2026-02-30T00:00:00Z"), ("ends_at", "2026-11-24"),
    ("ends_at", "2026-11-24T06:34:16"), ("ends_at", "")])
def test_a_purchase_is_well_formed(account, member, value):
    body = {"product": account.product(), "quantity": 5, member: value}
    assert account.operator.post("/purchases", body).refused(400, "invalid-request")["pointer"] == f"/{member}"


def test_a_purchase_is_of_a_product_that_exists(account):
    refused = account.operator.post("/purchases", {"product": "nothing", "quantity": 5}).refused(404, "not-found")
    assert refused["pointer"] == "/product"


def test_purchases_are_listed_by_product(account):
    one, two = account.product(1), account.product(2)
    assert [purchase["product"] for purchase in account.admin.items("/purchases")] == [one, two]
    assert [purchase["quantity"] for purchase in account.admin.items("/purchases", product=two)] == [2]


# What happens to holders: the setting on_shortfall.


def states(account, product):
    return [(session["state"] == "active", session["reason"]) for session in account.sessions(product=product)]


def test_end_newest_ends_the_newest_until_use_fits(new_account):
    account = new_account(on_shortfall="end_newest")
    kre = account.product()
    purchase = account.purchase(kre, 10)
    user = account.user()
    for _ in range(4):
        account.acquire(kre, user, count=2)
    account.operator.patch(f"/purchases/{purchase}", {"quantity": 5}).ok(200)
    expected = [(True, None), (True, None), (False, "purchase-ended"), (False, "purchase-ended")]
    assert eventually(lambda: states(account, kre) == expected), states(account, kre)
    assert account.four(kre) == (5, 5, 4, 1)
    newest = account.sessions(product=kre)[-1]["id"]
    gone = account.admin.heartbeat(newest).refused(410, "session-ended")
    assert gone["reason"] == "purchase-ended", "the holder is told why"
    account.check_laws()


def test_end_newest_when_a_purchase_ends_in_time_waits_for_its_grace(new_account):
    account = new_account(on_shortfall="end_newest", shortfall_grace_s=2)
    kre = account.product(1)
    account.purchase(kre, 1, ends_at=moment(1))
    user = account.user()
    kept, ended = account.acquire(kre, user)["id"], account.acquire(kre, user)["id"]
    assert eventually(lambda: account.figures(kre).get("over_committed") == 1)
    assert account.admin.heartbeat(ended).ok(200)["state"] == "active", "within the grace"
    assert eventually(lambda: account.admin.get(f"/sessions/{ended}")["state"] != "active")
    assert account.admin.get(f"/sessions/{ended}")["reason"] == "purchase-ended"
    assert account.admin.heartbeat(kept).ok(200)["state"] == "active"
    account.check_laws()


def test_end_newest_takes_seats_too(new_account):
    account = new_account(on_shortfall="end_newest")
    fou = account.product(model="seat")
    purchase = account.purchase(fou, 3)
    seats = [account.admin.assign(fou, account.user(), account.id)["id"] for _ in range(3)]
    account.operator.patch(f"/purchases/{purchase}", {"quantity": 1}).ok(200)
    assert eventually(lambda: [seat["id"] for seat in account.admin.items("/seats")] == seats[:1])
    account.check_laws()


def test_keep_can_be_turned_into_end_newest_while_there_is_a_shortfall(account):
    kre = account.product()
    purchase = account.purchase(kre, 2)
    user = account.user()
    for _ in range(2):
        account.acquire(kre, user)
    account.operator.patch(f"/purchases/{purchase}", {"quantity": 1}).ok(200)
    time.sleep(0.3)
    assert [active for active, _ in states(account, kre)] == [True, True]
    account.admin.patch("", {"on_shortfall": "end_newest", "shortfall_grace_s": 0}).ok(200)
    assert eventually(lambda: states(account, kre) == [(True, None), (False, "purchase-ended")])


def test_a_shortfall_that_is_over_before_its_grace_ends_nobody(new_account):
    account = new_account(on_shortfall="end_newest", shortfall_grace_s=2)
    kre = account.product()
    purchase = account.purchase(kre, 1)
    account.acquire(kre, account.user())
    started = time.monotonic()
    account.operator.delete(f"/purchases/{purchase}").ok(204)
    account.purchase(kre, 1)
    time.sleep(started + 2.5 - time.monotonic())
    assert states(account, kre) == [(True, None)]


def test_times_are_answered_in_utc_with_milliseconds(account):
    session = account.acquire(account.product(1), account.user())
    assert parse(session["started_at"]) < parse(session["expires_at"])
