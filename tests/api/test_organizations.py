# SPDX-License-Identifier: Apache-2.0
"""Section 7: the tree of organizations and its changes."""

import pytest


@pytest.fixture
def kre(account):
    return account.product(20)


def move(account, organization, parent, **query):
    return account.admin.patch(f"/organizations/{organization}", {"parent": parent}, **query)


def names(account, **query):
    return [item["name"] for item in account.admin.items("/organizations", **query)]


# Making and naming.


def test_an_organization_is_made_below_the_account_or_another(account):
    top = account.admin.post("/organizations", {"name": "Studio"}).ok(201)
    assert (top["name"], top["parent"]) == ("Studio", None)
    below = account.admin.post("/organizations", {"name": "Lighting", "parent": top["id"]}).ok(201)
    assert below["parent"] == top["id"]
    assert account.admin.get(f"/organizations/{below['id']}").ok(200).body == below.body
    assert names(account) == ["Studio", "Lighting"]
    assert names(account, parent=top["id"]) == ["Lighting"]
    assert names(account, parent=account.id) == ["Studio"]


def test_names_are_unique_among_siblings(account):
    studio = account.organization("Studio")
    other = account.organization("Other")
    refused = account.admin.post("/organizations", {"name": "Studio"}).refused(409, "conflict")
    assert refused["with"] == studio
    account.organization("studio")
    below = account.organization("Studio", parent=studio)
    account.organization("Studio", parent=other)
    account.admin.patch(f"/organizations/{other}", {"name": "Studio"}).refused(409, "conflict")
    account.admin.patch(f"/organizations/{below}", {"parent": None}).refused(409, "conflict")
    assert account.admin.patch(f"/organizations/{below}", {"name": "Own", "parent": None}).ok(200)["name"] == "Own"


def test_an_organization_is_renamed_and_may_keep_its_name(account):
    studio = account.organization("Studio")
    for name in ("Studio", "Workshop", "Ateliér 工房"):
        assert account.admin.patch(f"/organizations/{studio}", {"name": name}).ok(200)["name"] == name
    assert account.admin.patch(f"/organizations/{studio}", {}).ok(200)["name"] == "Ateliér 工房"


def test_the_tree_is_16_deep_at_most(account):
    parent = None
    for _ in range(16):
        parent = account.organization(parent=parent)
    account.admin.post("/organizations", {"name": "17", "parent": parent}).refused(409, "conflict")


def test_a_parent_must_exist(account, new_account):
    for missing in ("OG-999999999", "nothing", account.id, new_account().organization()):
        refused = account.admin.post("/organizations", {"name": "x", "parent": missing}).refused(404, "not-found")
        assert refused["pointer"] == "/parent"


def test_ids_are_never_used_again(account):
    gone = account.organization()
    account.admin.delete(f"/organizations/{gone}").ok(204)
    assert int(account.organization()[3:]) > int(gone[3:])


# Deleting.


def test_an_organization_that_is_in_use_is_not_deleted(account, kre):
    fou = account.product(5, model="seat")
    organization = account.organization()
    account.dedicate(organization, kre, 5)
    account.dedicate(organization, fou, 2)
    below = account.organization(parent=organization)
    user, visitor = account.user(organization), account.user()
    project = account.project(organization)
    session = account.acquire(kre, visitor, organization=organization)["id"]
    seat = account.admin.assign(fou, user, organization)["id"]

    counts = ("organizations", "users", "projects", "seats", "sessions")
    refused = account.admin.delete(f"/organizations/{organization}").refused(409, "not-empty")
    assert {name: refused[name] for name in counts} == dict.fromkeys(counts, 1)

    for path in (f"/organizations/{below}", f"/seats/{seat}", f"/users/{user}", f"/projects/{project}"):
        account.admin.delete(path).ok(204)
        account.admin.delete(f"/organizations/{organization}").refused(409, "not-empty")
    account.admin.end(session).ok()
    account.admin.delete(f"/organizations/{organization}").ok(204)
    account.admin.get(f"/organizations/{organization}").refused(404, "not-found")
    account.admin.delete(f"/organizations/{organization}").refused(404, "not-found")


def test_a_deleted_organizations_dedication_goes_back_to_its_parent(account, kre):
    top = account.organization()
    below = account.organization(parent=top)
    account.dedicate(top, kre, 10)
    account.dedicate(below, kre, 4)
    account.admin.delete(f"/organizations/{below}").ok(204)
    assert account.four(kre, top) == (10, 10, 0, 10)
    account.admin.delete(f"/organizations/{top}").ok(204)
    assert account.four(kre) == (20, 20, 0, 20)
    assert set(account.pools(kre)) == {account.id}


# Moving.


def test_an_organization_moves_with_its_dedications_and_all_below_it(account, kre):
    source, target = account.organization(), account.organization()
    moved = account.organization(parent=source)
    below = account.organization(parent=moved)
    account.dedicate(source, kre, 5)
    account.dedicate(moved, kre, 4)
    account.dedicate(below, kre, 3)
    account.dedicate(target, kre, 10)
    session = account.acquire(kre, account.user(below))["id"]

    assert move(account, moved, target).ok(200)["parent"] == target
    assert account.four(kre, source) == (5, 5, 0, 5)
    assert account.four(kre, target) == (10, 6, 0, 6)
    assert account.four(kre, moved) == (4, 1, 0, 1)
    assert account.four(kre, below) == (3, 3, 1, 2)
    account.admin.heartbeat(session).ok(200)
    account.check_laws()


def test_a_move_that_the_new_parent_cannot_carry_is_refused(account, kre):
    source, target = account.organization(), account.organization()
    moved = account.organization(parent=source)
    account.dedicate(source, kre, 5)
    account.dedicate(moved, kre, 5)
    account.dedicate(target, kre, 4)
    before = account.pools(kre)
    refused = move(account, moved, target).refused(409, "insufficient-pool")
    assert (refused["requested"], refused["available"], refused["level"]) == (5, 4, target)
    assert account.pools(kre) == before
    assert account.admin.get(f"/organizations/{moved}")["parent"] == source


def test_a_move_to_below_the_account_needs_room_there(account, kre):
    top = account.organization()
    moved = account.organization(parent=top)
    account.dedicate(top, kre, 20)
    account.dedicate(moved, kre, 5)
    move(account, moved, None).refused(409, "insufficient-pool")
    account.dedicate(top, kre, 15)
    assert move(account, moved, None).ok(200)["parent"] is None
    assert account.four(kre) == (20, 0, 0, 0)
    assert account.four(kre, top) == (15, 15, 0, 15)


def test_a_cycle_is_refused(account):
    top = account.organization()
    middle = account.organization(parent=top)
    bottom = account.organization(parent=middle)
    for parent in (top, middle, bottom):
        move(account, top, parent).refused(409, "conflict")
    assert account.admin.get(f"/organizations/{top}")["parent"] is None


def test_a_move_beyond_the_depth_is_refused(account):
    parent = None
    for _ in range(15):
        parent = account.organization(parent=parent)
    top = account.organization()
    account.organization(parent=top)
    move(account, top, parent).refused(409, "conflict")


def test_a_move_to_the_same_parent_changes_nothing(account):
    organization = account.organization()
    events = account.operator.items("/events")
    move(account, organization, None).ok(200)
    assert account.operator.items("/events") == events


def test_a_new_parent_must_exist(account):
    assert move(account, account.organization(), "OG-999999999").refused(404, "not-found")["pointer"] == "/parent"


def test_seats_that_a_move_would_take_from_its_users_are_listed_and_refused(account):
    fou = account.product(10, model="seat")
    source, target = account.organization(), account.organization()
    moved = account.organization(parent=source)
    account.dedicate(source, fou, 3)
    account.dedicate(moved, fou, 1)
    user, colleague = account.user(moved), account.user(moved)
    lost = account.admin.assign(fou, user, source)["id"]
    kept = account.admin.assign(fou, colleague, moved)["id"]
    account.dedicate(target, fou, 5)

    refused = move(account, moved, target).refused(409, "conflict")
    assert refused["seats"] == [lost]
    account.admin.get(f"/seats/{lost}").ok(200)

    move(account, moved, target, release_seats=True).ok(200)
    account.admin.get(f"/seats/{lost}").refused(404, "not-found")
    account.admin.get(f"/seats/{kept}").ok(200)
    assert account.four(fou, source) == (3, 3, 0, 3)
    account.check_laws()


def test_a_drain_goes_on_towards_the_new_parent(account, kre):
    source, target = account.organization(), account.organization()
    moved = account.organization(parent=source)
    account.dedicate(source, kre, 5)
    account.dedicate(moved, kre, 5)
    account.dedicate(target, kre, 10)
    session = account.acquire(kre, account.user(moved), count=3)["id"]
    account.dedicate(moved, kre, 1, reclaim="drain")
    assert account.figures(kre, moved)["draining_to"] == 1

    move(account, moved, target).ok(200)
    assert account.four(kre, target) == (10, 7, 0, 7)
    account.admin.end(session).ok()
    assert account.four(kre, moved) == (1, 1, 0, 1)
    assert account.four(kre, target) == (10, 9, 0, 9)
    assert account.four(kre, source) == (5, 5, 0, 5)
    account.check_laws()


def test_a_move_out_of_a_draining_parent_lets_it_drain(account, kre):
    """Judged by the end state, drain steps included."""
    source = account.organization()
    moved = account.organization(parent=source)
    account.dedicate(source, kre, 20)
    account.dedicate(moved, kre, 5)
    account.dedicate(source, kre, 0, reclaim="drain")
    assert account.four(kre, source) == (5, 0, 0, 0)
    account.dedicate(account.organization(), kre, 15)

    move(account, moved, None).ok(200)
    assert account.four(kre, source) == (0, 0, 0, 0)
    assert account.four(kre, moved) == (5, 5, 0, 5)
    assert account.four(kre) == (20, 0, 0, 0)
    account.check_laws()
