# SPDX-License-Identifier: Apache-2.0
"""Section 2: several dedications at once, all or nothing, judged by the end state."""

import pytest


def apply(account, *items, client=None, **query):
    body = {"dedications": [dict(zip(("organization", "product", "count"), item), **(item[3] if len(item) > 3 else {}))
                            for item in items]}
    return (client or account.admin).post("/dedications:apply", body, query=query)


def test_licenses_move_between_organizations_even_when_the_accounts_pool_is_empty(account):
    kre = account.product(10)
    giver, taker = account.organization(), account.organization()
    account.dedicate(giver, kre, 10)
    account.admin.dedicate(taker, kre, 5).refused(409, "insufficient-pool")

    rows = apply(account, (taker, kre, 5), (giver, kre, 5)).ok(200)["rows"]
    assert [(row["level"], row["dedicated"]) for row in rows] == [(taker, 5), (giver, 5)], "in the order of the request"
    assert account.four(kre) == (10, 0, 0, 0)
    account.check_laws()


def test_one_that_cannot_be_refuses_them_all(account):
    kre = account.product(10)
    one, two = account.organization(), account.organization()
    account.dedicate(one, kre, 4)
    before = account.pools(kre)
    refused = apply(account, (one, kre, 6), (two, kre, 5)).refused(409, "insufficient-pool")
    assert refused["level"] == account.id
    assert account.pools(kre) == before


def test_several_products_and_levels_at_once(account):
    one, two = account.product(10), account.product(10)
    top = account.organization()
    below = account.organization(parent=top)
    apply(account, (below, one, 3), (top, one, 5), (top, two, 2)).ok(200)
    assert account.four(one, top) == (5, 2, 0, 2)
    assert account.four(one, below) == (3, 3, 0, 3)
    assert account.four(two, top) == (2, 2, 0, 2)


def test_the_end_state_is_judged_not_the_order(account):
    kre = account.product(10)
    top = account.organization()
    below = account.organization(parent=top)
    apply(account, (below, kre, 10), (top, kre, 10)).ok(200)
    apply(account, (top, kre, 2), (below, kre, 2)).ok(200)
    assert account.four(kre, top) == (2, 0, 0, 0)
    assert account.four(kre) == (10, 8, 0, 8)


def test_a_parent_cannot_fall_below_its_children(account):
    kre = account.product(10)
    top = account.organization()
    below = account.organization(parent=top)
    apply(account, (top, kre, 5), (below, kre, 5)).ok(200)
    apply(account, (top, kre, 4), (below, kre, 5)).refused(409, "dedication-in-use")
    assert account.four(kre, top) == (5, 0, 0, 0)


def test_the_same_organization_and_product_twice_is_a_mistake(account):
    kre = account.product(10)
    organization = account.organization()
    refused = apply(account, (organization, kre, 1), (organization, kre, 2)).refused(400, "invalid-request")
    assert refused["pointer"].startswith("/dedications/1")


def test_what_is_named_must_exist(account):
    kre = account.product(10)
    organization = account.organization()
    refused = apply(account, (organization, kre, 1), ("OG-999999999", kre, 1)).refused(404, "not-found")
    assert refused["pointer"] == "/dedications/1/organization"
    refused = apply(account, (organization, "no-such-product", 1)).refused(404, "not-found")
    assert refused["pointer"] == "/dedications/0/product"
    assert account.four(kre, organization)[0] == 0


def test_a_drain_counts_as_what_it_still_holds(account):
    kre = account.product(10)
    giver, taker = account.organization(), account.organization()
    account.dedicate(giver, kre, 10)
    account.acquire(kre, account.user(giver), count=4)
    apply(account, (giver, kre, 0, {"reclaim": "drain"}), (taker, kre, 7)).refused(409, "insufficient-pool")
    apply(account, (giver, kre, 0, {"reclaim": "drain"}), (taker, kre, 6)).ok(200)
    row = account.figures(kre, giver)
    assert (row["dedicated"], row["draining_to"]) == (4, 0)
    assert account.four(kre) == (10, 0, 0, 0)
    account.check_laws()


def test_claims_cascade_upwards_deepest_levels_first(account):
    kre = account.product(10)
    top = account.organization()
    below = account.organization(parent=top)
    account.dedicate(top, kre, 10)
    account.dedicate(below, kre, 6)
    user = account.user(below)
    sessions = [account.acquire(kre, user, count=3)["id"] for _ in range(2)]

    apply(account, (top, kre, 0, {"reclaim": "move"}), (below, kre, 0, {"reclaim": "move"})).ok(200)
    for session in sessions:
        assert account.admin.get(f"/sessions/{session}")["level"] == account.id
    assert account.four(kre) == (10, 10, 6, 4)
    account.check_laws()


def test_a_level_that_was_over_committed_may_stay_so_but_not_get_worse(account):
    kre = account.product()
    purchase = account.purchase(kre, 10)
    one, two = account.organization(), account.organization()
    account.dedicate(one, kre, 5)
    account.dedicate(two, kre, 5)
    account.operator.patch(f"/purchases/{purchase}", {"quantity": 7}).ok(200)

    apply(account, (one, kre, 4), (two, kre, 6)).ok(200)
    assert account.figures(kre)["over_committed"] == 3
    apply(account, (one, kre, 4), (two, kre, 7)).refused(409, "insufficient-pool")
    apply(account, (one, kre, 3), (two, kre, 6)).ok(200)
    assert account.figures(kre)["over_committed"] == 2


def test_a_raise_when_available_is_kept_and_the_rest_is_done(account):
    kre = account.product(10)
    one, two = account.organization(), account.organization()
    account.dedicate(one, kre, 10)
    session = account.acquire(kre, account.user(one), count=10)["id"]
    rows = apply(account, (one, kre, 2, {"reclaim": "drain"}), (two, kre, 3, {"when": "available"})).ok(200)["rows"]
    assert (rows[0]["dedicated"], rows[0]["draining_to"]) == (10, 2)
    assert (rows[1]["dedicated"], rows[1]["filling_to"]) == (0, 3)
    account.admin.end(session).ok()
    assert account.four(kre, one)[0] == 2
    assert account.four(kre, two)[0] == 3
    assert account.four(kre) == (10, 5, 0, 5)


def test_setting_the_same_again_changes_nothing(account):
    kre = account.product(10)
    organization = account.organization()
    apply(account, (organization, kre, 4)).ok(200)
    before = account.operator.items("/events")
    apply(account, (organization, kre, 4)).ok(200)
    assert account.operator.items("/events") == before, "and leaves no trace in the history"


def test_nothing_at_all_is_fine(account):
    assert apply(account).ok(200)["rows"] == []


@pytest.mark.parametrize("count", [-1, 10**12 + 1, 1.5, "5", None, True, 2**63 - 1])
def test_a_count_is_an_integer_from_0_to_10_to_the_12(account, count):
    kre = account.product(10)
    organization = account.organization()
    assert apply(account, (organization, kre, count)).refused(400, "invalid-request")["pointer"] == "/dedications/0/count"
    assert account.admin.dedicate(organization, kre, count).refused(400, "invalid-request")["pointer"] == "/count"


def test_ten_thousand_items_fit_and_one_more_does_not(account):
    kre = account.product(10)
    organization = account.organization()
    many = [("OG-999999999", kre, 1)] * 9999
    apply(account, (organization, kre, 1), *many).refused(400, "invalid-request")
    apply(account, (organization, kre, 1), *many, ("OG-999999998", kre, 1)).refused(413, "too-large")
