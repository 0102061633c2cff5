# SPDX-License-Identifier: Apache-2.0
"""Sections 1 and 7: users, projects, memberships, the account itself."""

import pytest


# Users.


def test_a_user_has_its_defaults(account):
    user = account.admin.post("/users", {"name": "Alice", "email": "Alice@Example.com"}).ok(201)
    assert (user["name"], user["email"], user["organization"], user["role"], user["kind"]) == (
        "Alice", "Alice@Example.com", None, "member", "person")
    assert account.admin.get(f"/users/{user['id']}").ok(200).body == user.body


def test_an_email_is_unique_in_the_account_whatever_its_case(account, new_account):
    first = account.user(email="alice@example.com")
    for email in ("alice@example.com", "ALICE@Example.COM"):
        refused = account.admin.post("/users", {"name": "Other", "email": email}).refused(409, "conflict")
        assert (refused["with"], refused["pointer"]) == (first, "/email")
    other = account.user(email="bob@example.com")
    account.admin.patch(f"/users/{other}", {"email": "Alice@example.com"}).refused(409, "conflict")
    assert account.admin.patch(f"/users/{first}", {"email": "Alice@example.com"}).ok(200)["email"] == "Alice@example.com"
    new_account().user(email="alice@example.com")


def test_an_email_of_a_deleted_user_is_free_again(account):
    account.admin.delete(f"/users/{account.user(email='alice@example.com')}").ok(204)
    account.user(email="alice@example.com")


def test_only_a_service_needs_no_email(account):
    for email in ({}, {"email": None}):
        refused = account.admin.post("/users", {"name": "Alice", **email}).refused(400, "invalid-request")
        assert refused["pointer"] == "/email"
    fleet = account.admin.post("/users", {"name": "CI fleet", "kind": "service"}).ok(201)
    assert (fleet["email"], fleet["kind"]) == (None, "service")
    account.user(kind="service")
    person = account.user()
    account.admin.patch(f"/users/{person}", {"email": None}).refused(400, "invalid-request")


@pytest.mark.parametrize("email", ["alice", "alice@", "@example.com", "", "a b@example.com", "x" * 250 + "@example.com", 5])
def test_an_email_has_its_form(account, email):
    refused = account.admin.post("/users", {"name": "Alice", "email": email}).refused(400, "invalid-request")
    assert refused["pointer"] == "/email"


def test_an_organization_admin_needs_an_organization(account):
    body = {"name": "Alice", "email": "alice@example.com", "role": "org_admin"}
    account.admin.post("/users", body).refused(400, "invalid-request")
    organization = account.organization()
    user = account.admin.post("/users", {**body, "organization": organization}).ok(201)
    assert (user["role"], user["organization"]) == ("org_admin", organization)
    account.admin.patch(f"/users/{user['id']}", {"organization": None}).refused(400, "invalid-request")
    moved = account.admin.patch(f"/users/{user['id']}", {"organization": None, "role": "member"}).ok(200)
    assert (moved["role"], moved["organization"]) == ("member", None)


def test_a_users_organization_must_exist(account, new_account):
    for missing in ("OG-999999999", account.id, new_account().organization()):
        refused = account.admin.post("/users", {"name": "Alice", "email": "a@example.com", "organization": missing})
        assert refused.refused(404, "not-found")["pointer"] == "/organization"


def test_users_are_found_by_email_organization_and_part_of_name_or_email(account):
    organization = account.organization()
    below = account.organization(parent=organization)
    alice = account.user(organization, name="Alice Arnold", email="alice@example.com")
    bob = account.user(below, name="Bob Bärlach", email="bob@studio.example")
    fleet = account.user(kind="service", name="CI fleet")

    def found(**query):
        return [user["id"] for user in account.admin.items("/users", **query)]

    assert found() == [alice, bob, fleet]
    assert found(email="ALICE@example.com") == [alice]
    assert found(email="alice") == []
    assert found(organization=organization) == [alice]
    assert found(q="ARNOLD") == [alice]
    assert found(q="studio.") == [bob]
    assert found(q="fleet") == [fleet]
    assert found(q="%") == [] and found(q="_") == [], "these stand for themselves"
    assert found(q="b", organization=below) == [bob]


def test_a_moved_users_sessions_go_on_where_they_were_drawn(account):
    kre = account.product(10)
    source, target = account.organization(), account.organization()
    account.dedicate(source, kre, 2)
    account.dedicate(target, kre, 2)
    user = account.user(source)
    before = account.acquire(kre, user)["id"]
    account.admin.patch(f"/users/{user}", {"organization": target}).ok(200)
    assert account.admin.heartbeat(before).ok(200)["level"] == source
    assert account.acquire(kre, user)["level"] == target


def test_deleting_a_user_revokes_its_sessions_and_ends_its_memberships_and_keys(account):
    kre = account.product(10)
    organization = account.organization()
    user = account.user(organization)
    project = account.project(organization, user)
    member = account.member(user)
    session = account.acquire(kre, user)["id"]
    member.get("/v1/whoami").ok(200)

    account.admin.delete(f"/users/{user}").ok(204)
    assert account.admin.get(f"/sessions/{session}")["state"] == "revoked"
    account.admin.heartbeat(session).refused(410, "session-ended")
    assert account.four(kre) == (10, 10, 0, 10)
    assert account.admin.items(f"/projects/{project}/members") == []
    member.get("/v1/whoami").refused(401, "unauthenticated")
    account.admin.get(f"/users/{user}").refused(404, "not-found")
    account.admin.delete(f"/users/{user}").refused(404, "not-found")
    account.admin.delete(f"/projects/{project}").ok(204)
    account.admin.delete(f"/organizations/{organization}").ok(204)


# Projects.


def test_a_project_belongs_to_an_organization_and_its_name_is_unique_there(account):
    one, two = account.organization(), account.organization()
    project = account.admin.post("/projects", {"name": "Film", "organization": one}).ok(201)
    assert (project["name"], project["organization"]) == ("Film", one)
    assert account.admin.get(f"/projects/{project['id']}").ok(200).body == project.body
    refused = account.admin.post("/projects", {"name": "Film", "organization": one}).refused(409, "conflict")
    assert refused["with"] == project["id"]
    other = account.project(two, name="Film")
    account.admin.patch(f"/projects/{other}", {"organization": one}).refused(409, "conflict")
    assert account.admin.patch(f"/projects/{other}", {"name": "Film II", "organization": one}).ok(200)["organization"] == one
    assert [item["name"] for item in account.admin.items("/projects", organization=one)] == ["Film", "Film II"]
    assert account.admin.items("/projects", organization=two) == []


def test_a_projects_organization_must_exist(account):
    refused = account.admin.post("/projects", {"name": "Film", "organization": "OG-999999999"}).refused(404, "not-found")
    assert refused["pointer"] == "/organization"
    account.admin.post("/projects", {"name": "Film"}).refused(400, "invalid-request")
    account.admin.post("/projects", {"name": "Film", "organization": None}).refused(400, "invalid-request")


def test_any_user_of_the_account_can_be_a_member(account, new_account):
    project = account.project(account.organization())
    insider = account.user(account.organization(), name="Alice", email="alice@example.com")
    fleet = account.user(kind="service", name="CI")
    for user in (fleet, insider, insider):
        account.admin.put(f"/projects/{project}/members/{user}").ok(204)
    assert account.admin.items(f"/projects/{project}/members") == [
        {"user": insider, "email": "alice@example.com", "name": "Alice"}, {"user": fleet, "email": None, "name": "CI"}]
    for stranger in ("US-999999999", new_account().user()):
        account.admin.put(f"/projects/{project}/members/{stranger}").refused(404, "not-found")
    account.admin.put(f"/projects/PR-999999999/members/{fleet}").refused(404, "not-found")


def test_a_membership_ends_once(account):
    user = account.user()
    project = account.project(account.organization(), user)
    account.admin.delete(f"/projects/{project}/members/{user}").ok(204)
    account.admin.delete(f"/projects/{project}/members/{user}").refused(404, "not-found")
    assert account.admin.items(f"/projects/{project}/members") == []


def test_deleting_a_project_ends_its_memberships_but_no_session(account):
    kre = account.product(5)
    organization = account.organization()
    account.dedicate(organization, kre, 5)
    user = account.user()
    project = account.project(organization, user)
    session = account.acquire(kre, user, project=project)["id"]
    account.admin.delete(f"/projects/{project}").ok(204)
    account.admin.get(f"/projects/{project}").refused(404, "not-found")
    assert account.admin.heartbeat(session).ok(200)["project"] == project
    account.policy("member_based", False)
    assert account.admin.explain(kre, user).ok(200)["would"] == "deny"


def test_a_moved_project_takes_its_members_eligibility_along(account):
    kre = account.product(5)
    source, target = account.organization(), account.organization()
    account.dedicate(target, kre, 5)
    user = account.user()
    project = account.project(source, user)
    account.policy("member_based", False)
    account.admin.acquire(kre, user).refused(409, "no-license-available")
    account.admin.patch(f"/projects/{project}", {"organization": target}).ok(200)
    assert account.acquire(kre, user)["via"] == "member"


# The account.


def test_an_account_has_its_defaults(operator):
    made = operator.post("/v1/accounts", {"name": "Atelier Nord"}).ok(201)
    assert {name: made[name] for name in made.body if name not in ("id", "created_at")} == {
        "name": "Atelier Nord", "plan": "free", "delegate_dedication": False, "self_service_seats": False,
        "on_shortfall": "keep", "shortfall_grace_s": 0}
    assert operator.get(f"/v1/accounts/{made['id']}").ok(200).body == made.body


def test_settings_are_changed_one_by_one(account):
    for setting, value in (("name", "New name"), ("delegate_dedication", True), ("self_service_seats", True),
                           ("on_shortfall", "end_newest"), ("shortfall_grace_s", 3600)):
        before = account.admin.get("").body
        assert account.admin.patch("", {setting: value}).ok(200).body == {**before, setting: value}


@pytest.mark.parametrize("setting, value", [
    ("name", ""), ("name", None), ("delegate_dedication", 1), ("self_service_seats", "yes"), ("on_shortfall", "panic"),
    ("shortfall_grace_s", -1), ("shortfall_grace_s", 1.5), ("plan", "gold")])
def test_settings_are_well_formed(account, setting, value):
    assert account.operator.patch("", {setting: value}).refused(400, "invalid-request")["pointer"] == f"/{setting}"


def test_only_the_operator_sets_the_plan(account):
    account.admin.patch("", {"plan": "premium"}).refused(403, "forbidden")
    assert account.operator.patch("", {"plan": "premium"}).ok(200)["plan"] == "premium"


def test_leaving_the_plan_is_refused_while_dedications_stand(account):
    kre = account.product(10)
    organizations = [account.organization(), account.organization()]
    for organization in organizations:
        account.dedicate(organization, kre, 1)
    refused = account.operator.patch("", {"plan": "premium"}).refused(409, "dedications-exist")
    assert refused["dedications"] == 2
    for organization in organizations:
        account.dedicate(organization, kre, 0)
    account.operator.patch("", {"plan": "premium"}).ok(200)


@pytest.mark.parametrize("policy, fallback", [("strict", True), ("unrestricted", False)])
def test_leaving_the_plan_is_refused_while_another_policy_stands(account, policy, fallback):
    account.policy(policy, fallback)
    refused = account.operator.patch("", {"plan": "free"}).refused(409, "dedications-exist")
    assert (refused["dedications"], refused["policy"], refused["fallback"]) == (0, policy, fallback)
    account.admin.delete("/usage-policy").ok(200)
    account.operator.patch("", {"plan": "free"}).ok(200)
