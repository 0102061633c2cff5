# SPDX-License-Identifier: Apache-2.0
"""Section 2: dedicated licenses, one at a time."""

import pytest


@pytest.fixture
def kre(account):
    return account.product(20)


def draining(account, product, organization):
    return account.figures(product, organization).get("draining_to")


def filling(account, product, organization):
    return account.figures(product, organization).get("filling_to")


# Who, and on what.


@pytest.mark.parametrize("plan", ["free", "premium"])
def test_dedicating_needs_the_plan_true_enterprise(new_account, plan):
    account = new_account(plan=plan)
    kre, organization = account.product(10), account.organization()
    account.admin.dedicate(organization, kre, 1).refused(403, "subscription-required")
    account.admin.post("/dedications:apply", {"dedications": [{"organization": organization, "product": kre, "count": 1}]}) \
        .refused(403, "subscription-required")
    assert account.four(kre, organization) == (0, 0, 0, 0)


def test_the_organization_and_the_product_must_exist(account, kre):
    organization = account.organization()
    account.admin.dedicate("OG-999999999", kre, 1).refused(404, "not-found")
    account.admin.dedicate(organization, "no-such-product", 1).refused(404, "not-found")


def test_another_accounts_organization_does_not_exist(account, new_account, kre):
    stranger = new_account().organization()
    account.admin.dedicate(stranger, kre, 1).refused(404, "not-found")


def test_an_organization_admin_may_not_dedicate_by_default(account, kre):
    organization = account.organization()
    child = account.organization(parent=organization)
    account.dedicate(organization, kre, 10)
    org_admin = account.key("org_admin", organization=organization)
    org_admin.dedicate(child, kre, 5).refused(403, "forbidden")


def test_with_delegate_dedication_an_organization_admin_dedicates_down_its_subtree(account, kre):
    account.admin.patch("", {"delegate_dedication": True}).ok(200)
    organization, sibling = account.organization(), account.organization()
    child = account.organization(parent=organization)
    grandchild = account.organization(parent=child)
    account.dedicate(organization, kre, 10)
    org_admin = account.key("org_admin", organization=organization)

    org_admin.dedicate(child, kre, 6).ok(200)
    org_admin.dedicate(grandchild, kre, 4).ok(200)
    assert account.four(kre, organization) == (10, 4, 0, 4)
    assert account.four(kre, child) == (6, 2, 0, 2)

    org_admin.dedicate(organization, kre, 11).refused(403, "forbidden")
    org_admin.dedicate(sibling, kre, 1).refused(403, "forbidden")
    both = [{"organization": child, "product": kre, "count": 5}, {"organization": sibling, "product": kre, "count": 1}]
    org_admin.post("/dedications:apply", {"dedications": both}).refused(403, "forbidden")
    assert account.four(kre, child)[0] == 6, "one item out of scope refuses them all"


# Setting and raising.


def test_setting_is_absolute_and_idempotent_and_answers_the_levels_row(account, kre):
    organization = account.organization("Studio")
    for _ in range(3):
        row = account.dedicate(organization, kre, 7).body
        assert row == {"level": organization, "name": "Studio", "parent": account.id, "product": kre,
                       "dedicated": 7, "pool": 7, "assigned": 0, "available": 7}
    assert account.four(kre) == (20, 13, 0, 13)
    account.dedicate(organization, kre, 3)
    assert account.four(kre) == (20, 17, 0, 17)


def test_a_raise_takes_from_what_the_parent_has_available_not_from_its_pool(account, kre):
    organization = account.organization()
    account.acquire(kre, account.user(), count=15)
    refused = account.admin.dedicate(organization, kre, 6).refused(409, "insufficient-pool")
    assert (refused["requested"], refused["available"], refused["level"]) == (6, 5, account.id)
    account.dedicate(organization, kre, 5)
    assert account.four(kre) == (20, 15, 15, 0)
    account.check_laws()


def test_a_raise_is_measured_by_what_is_added(account, kre):
    organization = account.organization()
    account.dedicate(organization, kre, 15)
    refused = account.admin.dedicate(organization, kre, 22).refused(409, "insufficient-pool")
    assert (refused["requested"], refused["available"]) == (7, 5)
    account.dedicate(organization, kre, 20)


def test_a_sub_organization_takes_from_its_parent_organization_only(account, kre):
    organization = account.organization()
    child = account.organization(parent=organization)
    refused = account.admin.dedicate(child, kre, 1).refused(409, "insufficient-pool")
    assert (refused["level"], refused["available"]) == (organization, 0)
    account.dedicate(organization, kre, 1)
    account.dedicate(child, kre, 1)


# Lowering.


def test_lowering_to_what_is_in_use_gives_the_rest_back(account, kre):
    organization = account.organization()
    account.dedicate(organization, kre, 10)
    account.acquire(kre, account.user(organization), count=4)
    account.dedicate(organization, kre, 4)
    assert account.four(kre, organization) == (4, 4, 4, 0)
    assert account.four(kre) == (20, 16, 0, 16)


def test_lowering_below_use_is_refused_by_default_and_tells_who_holds_what(account, kre):
    organization = account.organization()
    child = account.organization(parent=organization)
    account.dedicate(organization, kre, 10)
    account.dedicate(child, kre, 3)
    user = account.user(organization)
    session = account.acquire(kre, user, count=2)["id"]

    for body in ({}, {"reclaim": "refuse"}):
        refused = account.admin.dedicate(organization, kre, 4, **body).refused(409, "dedication-in-use")
        assert (refused["children_dedicated"], refused["assigned"]) == (3, 2)
        assert (refused["organization"], refused["product"]) == (organization, kre)
        assert (refused["requested"], refused["dedicated"], refused["holders_total"]) == (4, 10, 2)
        holders = {holder["id"]: holder for holder in refused["holders"]}
        assert holders[child]["kind"] == "organization" and holders[child]["count"] == 3
        assert holders[session] == {"kind": "session", "id": session, "user": user, "count": 2}
    assert account.four(kre, organization) == (10, 7, 2, 5)


def test_the_holders_of_seats_are_told_too(account):
    seats = account.product(5, model="seat")
    organization = account.organization()
    account.dedicate(organization, seats, 2)
    user = account.user(organization)
    seat = account.admin.assign(seats, user, organization).ok(201)["id"]
    refused = account.admin.dedicate(organization, seats, 0).refused(409, "dedication-in-use")
    assert refused["holders"] == [{"kind": "seat", "id": seat, "user": user, "count": 1}]


def test_zero_takes_the_dedication_away_by_the_same_rules(account, kre):
    organization = account.organization()
    account.dedicate(organization, kre, 10)
    session = account.acquire(kre, account.user(organization))["id"]
    account.admin.dedicate(organization, kre, 0).refused(409, "dedication-in-use")
    account.admin.end(session).ok()
    assert account.dedicate(organization, kre, 0)["dedicated"] == 0
    assert account.four(kre) == (20, 20, 0, 20)


# Draining.


@pytest.fixture
def drained(account, kre):
    """An organization with 10, of which four sessions hold 4, drained towards 2."""
    organization = account.organization()
    account.dedicate(organization, kre, 10)
    user = account.user(organization)
    sessions = [account.acquire(kre, user)["id"] for _ in range(4)]
    row = account.dedicate(organization, kre, 2, reclaim="drain")
    assert (row["dedicated"], row["draining_to"]) == (4, 2)
    return organization, user, sessions


def test_a_drain_gives_back_at_once_what_is_free(account, kre, drained):
    organization, _, _ = drained
    assert account.four(kre, organization) == (4, 4, 4, 0)
    assert account.four(kre) == (20, 16, 0, 16)
    account.check_laws()


def test_each_license_returned_to_a_draining_level_goes_to_the_parent_at_once(account, kre, drained):
    organization, _, sessions = drained
    account.admin.end(sessions[0]).ok()
    assert account.four(kre, organization) == (3, 3, 3, 0)
    assert account.four(kre) == (20, 17, 0, 17)
    assert draining(account, kre, organization) == 2

    account.admin.end(sessions[1]).ok()
    assert account.four(kre, organization) == (2, 2, 2, 0)
    assert draining(account, kre, organization) is None, "it has reached its target"

    account.admin.end(sessions[2]).ok()
    assert account.four(kre, organization) == (2, 2, 1, 1), "below the target nothing is given back"
    account.check_laws()


def test_nothing_new_is_granted_from_a_draining_level(account, kre, drained):
    organization, user, sessions = drained
    account.policy("strict", False)
    account.admin.end(sessions[0]).ok()
    denied = account.admin.acquire(kre, user).refused(409, "no-license-available")
    assert (denied["tried"][0]["level"], denied["tried"][0]["reason"]) == (organization, "draining")


def test_a_drain_of_what_nobody_uses_is_done_at_once(account, kre):
    organization = account.organization()
    account.dedicate(organization, kre, 10)
    row = account.dedicate(organization, kre, 2, reclaim="drain")
    assert row["dedicated"] == 2 and "draining_to" not in row


def test_children_of_a_draining_level_keep_granting_and_are_not_shrunk(account, kre):
    organization = account.organization()
    child = account.organization(parent=organization)
    account.dedicate(organization, kre, 10)
    account.dedicate(child, kre, 5)
    session = account.acquire(kre, account.user(organization), count=3)["id"]

    row = account.dedicate(organization, kre, 2, reclaim="drain")
    assert (row["dedicated"], row["draining_to"]) == (8, 2)
    assert account.acquire(kre, account.user(child))["level"] == child

    account.admin.end(session).ok()
    assert account.four(kre, organization) == (5, 0, 0, 0)
    assert draining(account, kre, organization) == 2, "the child's licenses are not given back"
    account.dedicate(child, kre, 1)
    assert account.four(kre, organization) == (2, 1, 0, 1)
    assert draining(account, kre, organization) is None
    account.check_laws()


def test_a_chain_of_drains_passes_a_license_up_to_the_account(account, kre):
    top = account.organization()
    below = account.organization(parent=top)
    account.dedicate(top, kre, 10)
    account.dedicate(below, kre, 10)
    session = account.acquire(kre, account.user(below), count=2)["id"]
    account.dedicate(below, kre, 0, reclaim="drain")
    account.dedicate(top, kre, 0, reclaim="drain")
    assert account.four(kre, top) == (2, 0, 0, 0)

    account.admin.end(session).ok()
    assert account.four(kre, below) == (0, 0, 0, 0)
    assert account.four(kre, top) == (0, 0, 0, 0)
    assert account.four(kre) == (20, 20, 0, 20)


@pytest.mark.parametrize("count", [4, 6])
def test_a_count_that_is_not_smaller_ends_the_drain(account, kre, drained, count):
    organization, user, _ = drained
    row = account.dedicate(organization, kre, count)
    assert row["dedicated"] == count and "draining_to" not in row
    if count > 4:
        assert account.acquire(kre, user)["level"] == organization


def test_another_smaller_count_with_drain_replaces_the_target(account, kre, drained):
    organization, _, sessions = drained
    row = account.dedicate(organization, kre, 1, reclaim="drain")
    assert (row["dedicated"], row["draining_to"]) == (4, 1)
    for session in sessions:
        account.admin.end(session).ok()
    assert account.four(kre, organization) == (1, 1, 0, 1)


@pytest.mark.parametrize("reclaim", ["refuse", "drain", "move"])
def test_the_target_itself_again_changes_nothing(account, kre, drained, reclaim):
    organization, _, _ = drained
    row = account.dedicate(organization, kre, 2, reclaim=reclaim)
    assert (row["dedicated"], row["draining_to"]) == (4, 2)


def test_another_smaller_count_without_drain_is_refused_and_the_drain_goes_on(account, kre, drained):
    organization, _, _ = drained
    account.admin.dedicate(organization, kre, 3).refused(409, "dedication-in-use")
    assert draining(account, kre, organization) == 2


# Moving claims.


def test_move_takes_the_newest_claims_to_the_parent_and_interrupts_nobody(account, kre):
    organization = account.organization()
    account.dedicate(organization, kre, 10)
    user = account.user(organization)
    sessions = [account.acquire(kre, user)["id"] for _ in range(6)]

    row = account.dedicate(organization, kre, 4, reclaim="move")
    assert (row["dedicated"], row["assigned"]) == (4, 4)
    levels = {session["id"]: session["level"] for session in account.sessions(state="active", product=kre)}
    assert [levels[session] for session in sessions] == [organization] * 4 + [account.id] * 2
    for session in sessions:
        account.admin.heartbeat(session).ok(200)
    assert account.four(kre) == (20, 16, 2, 14)
    account.check_laws()


def test_move_takes_claims_whole(account, kre):
    organization = account.organization()
    account.dedicate(organization, kre, 10)
    user = account.user(organization)
    older, newer = account.acquire(kre, user, count=5)["id"], account.acquire(kre, user, count=5)["id"]
    account.dedicate(organization, kre, 7, reclaim="move")
    assert account.admin.get(f"/sessions/{older}")["level"] == organization
    assert account.admin.get(f"/sessions/{newer}")["level"] == account.id
    assert account.four(kre, organization) == (7, 7, 5, 2)
    assert account.four(kre) == (20, 13, 5, 8)


def test_move_needs_room_for_what_it_moves_beyond_what_is_given_back(account):
    kre = account.product(10)
    organization = account.organization()
    account.dedicate(organization, kre, 10)
    user = account.user(organization)
    account.acquire(kre, user, count=5)
    account.acquire(kre, user, count=5)
    account.admin.dedicate(organization, kre, 7, reclaim="move").refused(409, "insufficient-pool")
    assert account.four(kre, organization) == (10, 10, 10, 0)

    account.dedicate(organization, kre, 5, reclaim="move")
    assert account.four(kre) == (10, 5, 5, 0), "what moves is what was given back"
    account.check_laws()


def test_move_does_not_shrink_children(account, kre):
    organization = account.organization()
    child = account.organization(parent=organization)
    account.dedicate(organization, kre, 10)
    account.dedicate(child, kre, 6)
    account.acquire(kre, account.user(organization), count=2)
    refused = account.admin.dedicate(organization, kre, 5, reclaim="move").refused(409, "dedication-in-use")
    assert refused["children_dedicated"] == 6
    account.dedicate(organization, kre, 6, reclaim="move")
    assert account.four(kre, organization) == (6, 0, 0, 0)


def test_move_goes_to_the_parent_organization_not_to_the_account(account, kre):
    top = account.organization()
    below = account.organization(parent=top)
    account.dedicate(top, kre, 10)
    account.dedicate(below, kre, 5)
    session = account.acquire(kre, account.user(below))["id"]
    account.dedicate(below, kre, 0, reclaim="move")
    assert account.admin.get(f"/sessions/{session}")["level"] == top
    account.check_laws()


def test_move_takes_seats_as_well(account):
    seats = account.product(5, model="seat")
    organization = account.organization()
    account.dedicate(organization, seats, 2)
    first, second = (account.admin.assign(seats, account.user(organization), organization)["id"] for _ in range(2))
    account.dedicate(organization, seats, 1, reclaim="move")
    assert account.admin.get(f"/seats/{first}")["level"] == organization
    assert account.admin.get(f"/seats/{second}")["level"] == account.id


def test_move_ends_a_drain(account, kre, drained):
    organization, _, _ = drained
    row = account.dedicate(organization, kre, 1, reclaim="move")
    assert (row["dedicated"], row["assigned"]) == (1, 1) and "draining_to" not in row
    account.check_laws()


# Raises that wait for licenses.


@pytest.fixture
def empty(account):
    """(product, ids of 6 sessions of one unit): an account's pool of 6 that is used up."""
    kre = account.product(6)
    user = account.user()
    return kre, [account.acquire(kre, user)["id"] for _ in range(6)]


def test_when_available_a_raise_that_fits_is_made_now(account, kre):
    organization = account.organization()
    row = account.dedicate(organization, kre, 5, when="available")
    assert row["dedicated"] == 5 and "filling_to" not in row


def test_when_available_licenses_that_come_back_fill_the_raise(account, empty):
    kre, sessions = empty
    organization = account.organization()
    row = account.dedicate(organization, kre, 2, when="available")
    assert (row["dedicated"], row["filling_to"]) == (0, 2)

    account.admin.end(sessions[0]).ok()
    assert account.four(kre, organization) == (1, 1, 0, 1)
    assert filling(account, kre, organization) == 2
    account.admin.end(sessions[1]).ok()
    assert account.four(kre, organization) == (2, 2, 0, 2)
    assert filling(account, kre, organization) is None
    account.admin.end(sessions[2]).ok()
    assert account.four(kre) == (6, 4, 3, 1), "the raise is served, the account keeps what comes now"
    account.check_laws()


def test_raises_are_filled_oldest_first_and_before_newcomers(account, empty):
    kre, sessions = empty
    newcomer = account.user()
    first, second = account.organization(), account.organization()
    account.dedicate(second, kre, 1, when="available")
    account.dedicate(first, kre, 1, when="available")
    account.policy("strict", True)

    account.admin.end(sessions[0]).ok()
    assert (account.four(kre, second)[0], account.four(kre, first)[0]) == (1, 0)
    account.admin.acquire(kre, newcomer).refused(409, "no-license-available")
    account.admin.end(sessions[1]).ok()
    assert account.four(kre, first)[0] == 1
    account.admin.end(sessions[2]).ok()
    assert account.acquire(kre, newcomer)["level"] == account.id


def test_a_purchase_fills_a_raise(account, empty):
    kre, _ = empty
    organization = account.organization()
    account.dedicate(organization, kre, 2, when="available")
    account.purchase(kre, 10)
    assert account.four(kre, organization) == (2, 2, 0, 2)
    assert account.four(kre) == (16, 14, 6, 8)


def test_a_step_of_a_drain_fills_a_raise(account):
    kre = account.product(4)
    giver, taker = account.organization(), account.organization()
    account.dedicate(giver, kre, 4)
    session = account.acquire(kre, account.user(giver), count=4)["id"]
    account.dedicate(taker, kre, 4, when="available")
    account.dedicate(giver, kre, 0, reclaim="drain")
    assert account.four(kre, taker)[0] == 0
    account.admin.end(session).ok()
    assert account.four(kre, taker) == (4, 4, 0, 4)
    assert account.four(kre, giver) == (0, 0, 0, 0)
    account.check_laws()


def test_setting_a_dedication_again_replaces_the_raise(account, empty):
    kre, sessions = empty
    organization = account.organization()
    account.dedicate(organization, kre, 5, when="available")
    assert account.dedicate(organization, kre, 1, when="available")["filling_to"] == 1
    assert "filling_to" not in account.dedicate(organization, kre, 0).body
    account.admin.end(sessions[0]).ok()
    assert account.four(kre, organization) == (0, 0, 0, 0)
    assert account.four(kre)[3] == 1


def test_without_when_available_the_same_raise_is_refused(account, empty):
    kre, _ = empty
    account.admin.dedicate(account.organization(), kre, 1, when="now").refused(409, "insufficient-pool")
