# SPDX-License-Identifier: Apache-2.0
"""Section 3: seats, which named users hold."""

import pytest

from api import parse


@pytest.fixture
def fou(account):
    return account.product(5, model="seat")


def test_an_admin_gives_a_seat_of_a_level_to_a_user(account, fou):
    organization = account.organization()
    account.dedicate(organization, fou, 2)
    user = account.user(organization)
    seat = account.admin.assign(fou, user, organization).ok(201)
    assert (seat["product"], seat["user"], seat["level"], seat["state"]) == (fou, user, organization, "assigned")
    assert (seat["activated_at"], seat["last_used_at"]) == (None, None)
    assert account.admin.get(f"/seats/{seat['id']}").ok(200).body == seat.body
    assert account.four(fou, organization) == (2, 2, 1, 1)


def test_a_level_gives_seats_to_users_of_its_organization_and_its_subtree(account, fou):
    organization, elsewhere = account.organization(), account.organization()
    below = account.organization(parent=organization)
    account.dedicate(organization, fou, 3)
    account.admin.assign(fou, account.user(below), organization).ok(201)
    for stranger in (account.user(elsewhere), account.user()):
        account.admin.assign(fou, stranger, organization).refused(403, "not-eligible")
    account.dedicate(below, fou, 1)
    above = account.user(organization)
    account.admin.assign(fou, above, below).refused(403, "not-eligible")


def test_the_accounts_level_gives_seats_to_any_user(account, fou):
    for organization in (None, account.organization()):
        account.admin.assign(fou, account.user(organization), account.id).ok(201)
    assert account.four(fou) == (5, 5, 2, 3)


def test_a_user_holds_at_most_one_seat_of_a_product(account, fou):
    organization = account.organization()
    account.dedicate(organization, fou, 2)
    user = account.user(organization)
    seat = account.admin.assign(fou, user, organization).ok(201)["id"]
    for level in (organization, account.id):
        refused = account.admin.assign(fou, user, level).refused(409, "conflict")
        assert refused["with"] == seat
    other = account.product(1, model="seat")
    account.admin.assign(other, user, account.id).ok(201)


def test_one_more_than_available_is_refused(account, fou):
    organization = account.organization()
    account.dedicate(organization, fou, 1)
    account.admin.assign(fou, account.user(organization), organization).ok(201)
    refused = account.admin.assign(fou, account.user(organization), organization).refused(409, "no-license-available")
    assert (refused["product"], refused["tried_total"]) == (fou, 1)
    tried = refused["tried"][0]
    assert (tried["level"], tried["dedicated"], tried["assigned"], tried["reason"]) == (organization, 1, 1, "exhausted")


def test_the_level_named_is_the_level_used_whatever_policy_and_fallback_say(account, fou):
    organization, other = account.organization(), account.organization()
    account.dedicate(other, fou, 2)
    user = account.user(organization)
    account.admin.assign(fou, user, organization).refused(409, "no-license-available")
    account.policy("strict", False)
    assert account.admin.assign(fou, user, account.id).ok(201)["level"] == account.id


def test_a_conflict_is_told_before_an_empty_pool(account):
    fou = account.product(1, model="seat")
    user = account.user()
    account.admin.assign(fou, user, account.id).ok(201)
    account.admin.assign(fou, user, account.id).refused(409, "conflict")


def test_a_seat_is_activated_when_the_users_program_first_checks_in(account, fou):
    user = account.user()
    member = account.member(user)
    seat = account.admin.assign(fou, user, account.id)["id"]
    first = member.post(f"/seats/{seat}/check-in").ok(200)
    assert first["state"] == "activated"
    assert first["activated_at"] is not None
    last_used = parse(first["last_used_at"])
    assert (last_used.second, last_used.microsecond) == (0, 0), "kept to the minute"
    again = member.post(f"/seats/{seat}/check-in", {}).ok(200)
    assert again["activated_at"] == first["activated_at"]


def test_a_user_checks_in_with_its_own_seat_only(account, fou):
    seat = account.admin.assign(fou, account.user(), account.id)["id"]
    account.member(account.user()).post(f"/seats/{seat}/check-in").refused(403, "forbidden")


def test_without_self_service_a_user_claims_no_seat(account, fou):
    organization = account.organization()
    account.dedicate(organization, fou, 1)
    user = account.user(organization)
    account.member(user).assign(fou, user, organization).refused(403, "forbidden")


def test_with_self_service_a_user_claims_one_for_itself_from_its_own_organization(account, fou):
    account.admin.patch("", {"self_service_seats": True}).ok(200)
    organization, other = account.organization(), account.organization()
    account.dedicate(organization, fou, 2)
    account.dedicate(other, fou, 2)
    user, colleague = account.user(organization), account.user(organization)
    member = account.member(user)

    member.assign(fou, colleague, organization).refused(403, "forbidden")
    member.assign(fou, user, other).refused(403, "forbidden")
    member.assign(fou, user, account.id).refused(403, "forbidden")
    seat = member.post("/seats", {"product": fou, "level": organization}).ok(201)
    assert (seat["user"], seat["level"]) == (user, organization)
    assert member.get(f"/seats/{seat['id']}").ok(200)["id"] == seat["id"]


def test_a_seat_taken_back_returns_to_its_level(account, fou):
    organization = account.organization()
    account.dedicate(organization, fou, 1)
    user = account.user(organization)
    seat = account.admin.assign(fou, user, organization)["id"]
    account.admin.delete(f"/seats/{seat}").ok(204)
    assert account.four(fou, organization) == (1, 1, 0, 1)
    account.admin.get(f"/seats/{seat}").refused(404, "not-found")
    account.admin.delete(f"/seats/{seat}").refused(404, "not-found")
    account.admin.assign(fou, user, organization).ok(201)


def test_a_user_that_leaves_the_subtree_of_the_level_leaves_its_seat_there(account, fou):
    organization, elsewhere = account.organization(), account.organization()
    below = account.organization(parent=organization)
    account.dedicate(organization, fou, 2)
    user = account.user(organization)
    seat = account.admin.assign(fou, user, organization)["id"]

    account.admin.patch(f"/users/{user}", {"organization": below}).ok(200)
    account.admin.get(f"/seats/{seat}").ok(200)
    account.admin.patch(f"/users/{user}", {"organization": elsewhere}).ok(200)
    account.admin.get(f"/seats/{seat}").refused(404, "not-found")
    assert account.four(fou, organization) == (2, 2, 0, 2)
    account.check_laws()


def test_a_seat_of_the_account_stays_with_a_user_that_moves(account, fou):
    user = account.user(account.organization())
    seat = account.admin.assign(fou, user, account.id)["id"]
    account.admin.patch(f"/users/{user}", {"organization": None}).ok(200)
    account.admin.get(f"/seats/{seat}").ok(200)


def test_a_deleted_users_seat_goes_back(account, fou):
    user = account.user()
    seat = account.admin.assign(fou, user, account.id)["id"]
    account.admin.delete(f"/users/{user}").ok(204)
    account.admin.get(f"/seats/{seat}").refused(404, "not-found")
    assert account.four(fou) == (5, 5, 0, 5)


def test_a_seat_needs_a_product_of_the_model_seat(account):
    kre = account.product(5)
    refused = account.admin.assign(kre, account.user(), account.id).refused(400, "invalid-request")
    assert refused["pointer"] == "/product"


@pytest.mark.parametrize("member", ["product", "user", "level"])
def test_what_a_seat_names_must_exist(account, fou, member):
    body = {"product": fou, "user": account.user(), "level": account.id}
    for missing in ("OG-999999999", "nothing"):
        refused = account.admin.post("/seats", {**body, member: missing}).refused(404, "not-found")
        assert refused["pointer"] == f"/{member}"


def test_another_account_is_not_a_level_here(account, new_account, fou):
    refused = account.admin.assign(fou, account.user(), new_account().id).refused(404, "not-found")
    assert refused["pointer"] == "/level"


def test_a_draining_level_gives_no_seats(account, fou):
    organization = account.organization()
    account.dedicate(organization, fou, 3)
    seats = [account.admin.assign(fou, account.user(organization), organization)["id"] for _ in range(2)]
    account.dedicate(organization, fou, 0, reclaim="drain")
    account.admin.delete(f"/seats/{seats[0]}").ok(204)
    assert account.four(fou, organization) == (1, 1, 1, 0)
    refused = account.admin.assign(fou, account.user(organization), organization).refused(409, "no-license-available")
    assert refused["tried"][0]["reason"] == "draining"
    account.check_laws()


def test_seats_are_listed_by_product_user_and_level(account, fou):
    organization = account.organization()
    other = account.product(5, model="seat")
    account.dedicate(organization, fou, 2)
    user = account.user(organization)
    one = account.admin.assign(fou, user, organization)["id"]
    two = account.admin.assign(other, user, account.id)["id"]
    three = account.admin.assign(fou, account.user(), account.id)["id"]

    def listed(**query):
        return [seat["id"] for seat in account.admin.items("/seats", **query)]

    assert listed() == [one, two, three]
    assert listed(product=fou) == [one, three]
    assert listed(user=user) == [one, two]
    assert listed(level=account.id) == [two, three]
    assert listed(level=account.id, product=fou) == [three]
