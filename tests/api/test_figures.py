# SPDX-License-Identifier: Apache-2.0
"""Section 1: terms, the four figures of a level, the worked examples."""

import re

from api import new_product


def test_worked_example_1_the_account_keeps_what_it_does_not_dedicate(account):
    kre = account.product(200)
    organizations = [account.organization() for _ in range(4)]
    for organization, count in zip(organizations, (20, 10, 1, 5)):
        account.dedicate(organization, kre, count)

    assert account.four(kre) == (200, 164, 0, 164)
    for organization, count in zip(organizations, (20, 10, 1, 5)):
        assert account.four(kre, organization) == (count, count, 0, count)
    account.check_laws()


def test_worked_example_1_no_more_than_its_number_is_charged_to_an_organization(account):
    kre = account.product(200)
    organization = account.organization()
    account.dedicate(organization, kre, 1)
    user = account.user(organization)

    first = account.acquire(kre, user)
    second = account.acquire(kre, user)

    assert (first["level"], first["via"]) == (organization, "own")
    assert (second["level"], second["via"]) == (account.id, "fallback"), "its user goes on from the account's pool"
    assert account.four(kre, organization) == (1, 1, 1, 0)
    assert account.four(kre) == (200, 199, 1, 198)


def test_worked_example_2_a_sub_organization_gets_its_licenses_from_its_parent(account):
    kre = account.product(10)
    organization = account.organization()
    first, second = account.organization(parent=organization), account.organization(parent=organization)
    account.dedicate(organization, kre, 10)
    account.dedicate(first, kre, 5)
    assert account.four(kre, organization) == (10, 5, 0, 5)

    before = account.pools(kre)
    refused = account.admin.dedicate(second, kre, 6).refused(409, "insufficient-pool")
    assert (refused["requested"], refused["available"]) == (6, 5)
    assert (refused["level"], refused["product"]) == (organization, kre)
    assert account.pools(kre) == before, "a refused request changes nothing"

    account.dedicate(second, kre, 5)
    assert account.four(kre, organization) == (10, 0, 0, 0)
    account.check_laws()


def test_assigned_counts_the_units_of_sessions_and_available_is_what_is_left(account):
    kre = account.product(10)
    user = account.user()
    session = account.acquire(kre, user, count=4)
    assert account.four(kre) == (10, 10, 4, 6)
    account.admin.end(session["id"]).ok()
    assert account.four(kre) == (10, 10, 0, 10)


def test_assigned_counts_seats_at_the_level_that_gave_them(account):
    seats = account.product(10, model="seat")
    organization = account.organization()
    account.dedicate(organization, seats, 3)
    user = account.user(organization)
    account.admin.assign(seats, user, organization).ok(201)
    assert account.four(seats, organization) == (3, 3, 1, 2)
    assert account.four(seats) == (10, 7, 0, 7)
    account.check_laws()


def test_figures_are_never_below_zero_and_over_committed_tells_by_how_much(account):
    kre = account.product()
    purchase = account.purchase(kre, 10)
    organization = account.organization()
    account.dedicate(organization, kre, 6)
    account.acquire(kre, account.user(), count=4)

    account.operator.patch(f"/purchases/{purchase}", {"quantity": 7}).ok(200)
    row = account.figures(kre)
    assert (row["dedicated"], row["pool"], row["assigned"], row["available"]) == (7, 1, 4, 0)
    assert row["over_committed"] == 3

    account.operator.patch(f"/purchases/{purchase}", {"quantity": 5}).ok(200)
    row = account.figures(kre)
    assert (row["pool"], row["available"], row["over_committed"]) == (0, 0, 5)
    assert "over_committed" not in account.figures(kre, organization), "the organization has what it was given"

    account.operator.patch(f"/purchases/{purchase}", {"quantity": 10}).ok(200)
    assert "over_committed" not in account.figures(kre)
    account.check_laws()


def test_nothing_is_granted_beyond_what_was_bought_even_where_a_pool_still_shows_some(account):
    """Law 2: what was given shrank under use, and the subtrees above are looked at as well."""
    kre = account.product()
    purchase = account.purchase(kre, 10)
    organization = account.organization()
    account.dedicate(organization, kre, 6)
    outsider, insider = account.user(), account.user(organization)
    account.acquire(kre, outsider, count=4)
    account.operator.patch(f"/purchases/{purchase}", {"quantity": 7}).ok(200)

    for _ in range(3):
        assert account.acquire(kre, insider)["level"] == organization
    assert account.figures(kre, organization)["available"] == 3
    denied = account.admin.acquire(kre, insider).refused(409, "no-license-available")
    assert denied["tried"][0]["level"] == organization
    assert denied["tried"][0]["reason"] == "over_committed"
    assert {tried["reason"] for tried in denied["tried"]} == {"over_committed"}
    account.check_laws()


def test_a_subtree_is_looked_at_in_the_middle_of_the_tree_too(account):
    """The grandchild's pool has licenses, but the use of the account's subtree would exceed what is bought."""
    kre = account.product()
    purchase = account.purchase(kre, 10)
    top = account.organization()
    below = account.organization(parent=top)
    account.dedicate(top, kre, 10)
    account.dedicate(below, kre, 5)
    account.acquire(kre, account.user(top), count=5, organization=top)
    account.operator.patch(f"/purchases/{purchase}", {"quantity": 6}).ok(200)

    user = account.user(below)
    assert account.acquire(kre, user)["level"] == below
    denied = account.admin.acquire(kre, user).refused(409, "no-license-available")
    assert denied["tried"][0]["reason"] == "over_committed"
    account.check_laws()


def test_rows_go_per_product_the_account_first_then_the_tree_depth_first_by_id(account):
    one, two = sorted([account.product(10), account.product(20)])
    a, b = account.organization(), account.organization()
    b1 = account.organization(parent=b)
    a1 = account.organization(parent=a)
    a2 = account.organization(parent=a)
    a11 = account.organization(parent=a1)

    rows = account.admin.items("/pools")
    levels = [account.id, a, a1, a11, a2, b, b1]
    assert [(row["product"], row["level"]) for row in rows] == [(p, level) for p in (one, two) for level in levels]
    parents = {row["level"]: row["parent"] for row in rows}
    assert parents == {account.id: None, a: account.id, b: account.id, a1: a, a2: a, a11: a1, b1: b}


def test_rows_are_there_for_every_level_zeros_included_of_products_bought(account):
    never_bought = new_product(account.operator)
    kre = account.product(5)
    organization = account.organization("Zeros")
    rows = account.admin.items("/pools")
    assert never_bought not in {row["product"] for row in rows}
    assert account.four(kre, organization) == (0, 0, 0, 0)
    assert account.figures(kre, organization)["name"] == "Zeros"


def test_a_product_no_longer_bought_has_rows_when_asked_for(account):
    kre = account.product()
    purchase = account.purchase(kre, 5)
    account.operator.delete(f"/purchases/{purchase}").ok(204)
    assert account.four(kre) == (0, 0, 0, 0)


def test_rows_can_be_asked_by_product_and_level(account):
    one, two = account.product(1), account.product(2)
    a, b = account.organization(), account.organization()
    assert {row["product"] for row in account.admin.items("/pools", product=one)} == {one}
    assert [(row["product"], row["level"]) for row in account.admin.items("/pools", level=a)] == [
        (product, a) for product in sorted((one, two))]
    assert [row["level"] for row in account.admin.items("/pools", level=b, product=two)] == [b]
    account.admin.get("/pools", product="no-such-product").refused(404, "not-found")
    account.admin.get("/pools", level="OG-999999999").refused(404, "not-found")


def test_public_ids_have_their_form(account):
    organization = account.organization()
    user = account.user(organization)
    project = account.project(organization)
    kre, seats = account.product(), account.product(5, model="seat")
    purchase = account.purchase(kre, 5)
    session = account.acquire(kre, user)["id"]
    seat = account.admin.assign(seats, user, account.id).ok(201)["id"]
    for prefix, identifier in [("AC", account.id), ("OG", organization), ("US", user), ("PR", project), ("PU", purchase),
                               ("SN", session), ("ST", seat), ("AK", account.admin.key_id)]:
        assert re.fullmatch(prefix + r"-[1-9]\d*", identifier), identifier
    assert int(organization[3:]) >= 1001, "organizations start at OG-1001"


def test_product_codes_are_case_sensitive(account):
    upper = new_product(account.operator)
    lower = upper.lower()
    account.operator.get(f"/v1/products/{lower}").refused(404, "not-found")
    account.operator.post("/v1/products", {"code": lower, "name": "another", "model": "seat"}).ok(201)
    assert account.operator.get(f"/v1/products/{upper}")["model"] == "session"
    assert account.operator.get(f"/v1/products/{lower}")["model"] == "seat"


def test_a_product_is_made_once_and_renamed(operator):
    code = new_product(operator)
    conflict = operator.post("/v1/products", {"code": code, "name": "again", "model": "session"}).refused(409, "conflict")
    assert conflict["with"] == code
    assert operator.patch(f"/v1/products/{code}", {"name": "New name"}).ok(200)["name"] == "New name"
    operator.patch(f"/v1/products/{code}", {"code": code, "model": "session"}).ok(200)
    operator.patch(f"/v1/products/{code}", {"model": "seat"}).refused(409, "conflict")
    operator.patch(f"/v1/products/{code}", {"code": "other"}).refused(409, "conflict")
    listed = [product for product in operator.items("/v1/products") if product["code"] == code]
    assert [(product["id"], product["name"], product["model"]) for product in listed] == [(code, "New name", "session")]


def test_quantities_up_to_10_to_the_12_are_counted_exactly(account):
    kre = account.product()
    for _ in range(3):
        account.purchase(kre, 10**12)
    organization = account.organization()
    account.dedicate(organization, kre, 10**12)
    account.acquire(kre, account.user(organization))
    assert account.four(kre) == (3 * 10**12, 2 * 10**12, 0, 2 * 10**12)
    assert account.four(kre, organization) == (10**12, 10**12, 1, 10**12 - 1)
