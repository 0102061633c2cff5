# SPDX-License-Identifier: Apache-2.0
"""Section 9: a declarative account, all or nothing."""

import pytest

WANTED = {
    "organizations": [
        {"path": "Studio", "dedications": {}},
        {"path": "Studio/Lighting", "projects": [{"name": "Film", "members": ["alice@example.com"]}]},
    ],
    "members": [
        {"email": "alice@example.com", "name": "Alice", "organization": "Studio/Lighting"},
        {"name": "CI fleet", "kind": "service", "organization": None},
    ],
    "usage_policy": {"policy": "member_based", "fallback": False},
}


def apply(account, body, client=None, **query):
    return (client or account.admin).post(f"/v1/accounts/{account.id}:apply", body, query=query)


def wanted(kre):
    """WANTED with dedications of a product."""
    first, second = WANTED["organizations"]
    return {**WANTED, "organizations": [{**first, "dedications": {kre: 20}}, {**second, "dedications": {kre: 5}}]}


def state(account):
    """All that can be declared, by names."""
    organizations = {item["id"]: item for item in account.admin.items("/organizations")}
    users = {item["id"]: item["email"] or item["name"] for item in account.admin.items("/users")}

    def path(identifier):
        parts = []
        while identifier:
            parts.insert(0, organizations[identifier]["name"])
            identifier = organizations[identifier]["parent"]
        return "/".join(parts) or None

    projects = {}
    for project in account.admin.items("/projects"):
        members = account.admin.items(f"/projects/{project['id']}/members")
        projects[path(project["organization"]), project["name"]] = {users[member["user"]] for member in members}
    return {
        "organizations": {path(identifier) for identifier in organizations},
        "users": {item["email"] or item["name"]: (item["name"], path(item["organization"]), item["role"], item["kind"])
                  for item in account.admin.items("/users")},
        "projects": projects,
        "dedications": {(path(row["level"]), row["product"]): row["dedicated"] for row in account.admin.items("/pools")
                        if row["parent"] and row["dedicated"]},
        "usage_policy": account.admin.get("/usage-policy").body,
    }


def test_an_empty_account_becomes_what_is_declared(account):
    kre = account.product(100)
    answer = apply(account, wanted(kre)).ok(200)
    assert answer["dry_run"] is False
    assert {change["action"] for change in answer["changes"]} <= {"create", "update"}
    assert {change["kind"] for change in answer["changes"]} == {
        "organization", "user", "project", "membership", "dedication", "usage_policy"}
    assert state(account) == {
        "organizations": {"Studio", "Studio/Lighting"},
        "users": {"alice@example.com": ("Alice", "Studio/Lighting", "member", "person"),
                  "CI fleet": ("CI fleet", None, "member", "service")},
        "projects": {("Studio/Lighting", "Film"): {"alice@example.com"}},
        "dedications": {("Studio", kre): 20, ("Studio/Lighting", kre): 5},
        "usage_policy": {"policy": "member_based", "fallback": False},
    }
    account.check_laws()


def test_a_second_time_there_is_nothing_to_do(account):
    kre = account.product(100)
    apply(account, wanted(kre)).ok(200)
    events = account.operator.items("/events")
    assert apply(account, wanted(kre)).ok(200).body == {"changes": [], "dry_run": False}
    assert account.operator.items("/events") == events


def test_a_dry_run_answers_the_plan_and_changes_nothing(account):
    kre = account.product(100)
    before, events = state(account), account.operator.items("/events")
    plan = apply(account, wanted(kre), dry_run=True).ok(200)
    assert plan["dry_run"] is True
    assert {change["id"] for change in plan["changes"] if change["action"] == "create"} == {None}
    assert state(account) == before
    assert account.operator.items("/events") == events

    done = apply(account, wanted(kre)).ok(200)

    def outline(answer):
        return [(change["action"], change["kind"], change["subject"]) for change in answer["changes"]]

    assert outline(done) == outline(plan)


def test_missing_organizations_above_are_made(account):
    apply(account, {"organizations": [{"path": "A/B/C"}]}).ok(200)
    assert state(account)["organizations"] == {"A", "A/B", "A/B/C"}


def test_a_slash_and_a_tilde_in_a_name_are_escaped(account):
    apply(account, {"organizations": [{"path": "R~1D/~0temp"}]}).ok(200)
    assert [item["name"] for item in account.admin.items("/organizations")] == ["R/D", "~temp"]
    assert apply(account, {"organizations": [{"path": "R~1D/~0temp"}]}).ok(200)["changes"] == []


@pytest.mark.parametrize("path", ["", "/", "A/", "/A", "A//B", "A/~2", "A/~", "/".join("abcdefghijklmnopq"), "x" * 256, 5])
def test_a_path_is_well_formed(account, path):
    answer = apply(account, {"organizations": [{"path": path}]})
    if isinstance(path, str) and path.count("/") == 16:
        answer.refused(409, "conflict")
    else:
        assert answer.refused(400, "invalid-request")["pointer"] == "/organizations/0/path"
    assert account.admin.items("/organizations") == []


def test_all_or_nothing(account):
    kre = account.product(10)
    before, events = state(account), account.operator.items("/events")
    apply(account, wanted(kre)).refused(409, "insufficient-pool")
    assert state(account) == before
    assert account.operator.items("/events") == events


def test_what_is_not_named_is_left_alone(account):
    kre = account.product(100)
    apply(account, wanted(kre)).ok(200)
    before = state(account)
    assert apply(account, {}).ok(200)["changes"] == []
    apply(account, {"organizations": [{"path": "Other", "dedications": {kre: 1}}]}).ok(200)
    after = state(account)
    assert after["organizations"] == before["organizations"] | {"Other"}
    assert after["dedications"] == {**before["dedications"], ("Other", kre): 1}
    assert {name: after[name] for name in ("users", "projects", "usage_policy")} == {
        name: before[name] for name in ("users", "projects", "usage_policy")}


def test_users_are_found_by_email_and_brought_in_line(account):
    alice = account.user(email="Alice@example.com", name="A.")
    answer = apply(account, {"organizations": [{"path": "Studio"}],
                             "members": [{"email": "alice@EXAMPLE.com", "name": "Alice", "organization": "Studio"}]}).ok(200)
    assert ("update", "user", alice) in {(change["action"], change["kind"], change["id"]) for change in answer["changes"]}
    user = account.admin.get(f"/users/{alice}")
    assert user["name"] == "Alice" and user["organization"] is not None


def test_a_projects_members_become_exactly_those_named(account):
    organization = account.organization("Studio")
    alice, bob, carol = (account.user(email=f"{name}@example.com") for name in ("alice", "bob", "carol"))
    project = account.project(organization, alice, bob, name="Film")
    body = {"organizations": [{"path": "Studio", "projects": [{"name": "Film", "members": ["bob@example.com", carol]}]}]}
    apply(account, body).ok(200)
    assert [member["user"] for member in account.admin.items(f"/projects/{project}/members")] == [bob, carol]
    apply(account, {"organizations": [{"path": "Studio", "projects": [{"name": "Film"}]}]}).ok(200)
    assert len(account.admin.items(f"/projects/{project}/members")) == 2, "not named, so left alone"


def test_dedications_move_even_when_the_pool_is_empty(account):
    kre = account.product(10)
    apply(account, {"organizations": [{"path": "A", "dedications": {kre: 10}}, {"path": "B"}]}).ok(200)
    apply(account, {"organizations": [{"path": "B", "dedications": {kre: 6}}, {"path": "A", "dedications": {kre: 4}}]}).ok(200)
    assert state(account)["dedications"] == {("A", kre): 4, ("B", kre): 6}


def test_a_dedication_below_use_refuses_all(account):
    kre = account.product(10)
    apply(account, {"organizations": [{"path": "A", "dedications": {kre: 10}}]}).ok(200)
    organization = account.admin.items("/organizations")[0]["id"]
    account.acquire(kre, account.user(), organization=organization, count=5)
    apply(account, {"organizations": [{"path": "A", "dedications": {kre: 4}}, {"path": "B"}]}).refused(409, "dedication-in-use")
    assert state(account)["organizations"] == {"A"}


def test_with_prune_what_is_not_named_goes_but_users_stay(account):
    kre = account.product(100)
    apply(account, wanted(kre)).ok(200)
    account.organization("Left over")
    body = {"organizations": [{"path": "Studio", "dedications": {kre: 7}}], "prune": True}
    answer = apply(account, {**body, "members": [{"email": "alice@example.com", "name": "Alice", "organization": "Studio"}]}).ok(200)
    assert "delete" in {change["action"] for change in answer["changes"]}
    after = state(account)
    assert after["organizations"] == {"Studio"}
    assert after["dedications"] == {("Studio", kre): 7}
    assert after["projects"] == {}
    assert set(after["users"]) == {"alice@example.com", "CI fleet"}
    account.check_laws()


def test_prune_of_an_organization_in_use_refuses_all(account):
    kre = account.product(10)
    apply(account, {"organizations": [{"path": "A", "dedications": {kre: 5}}]}).ok(200)
    organization = account.admin.items("/organizations")[0]["id"]
    account.acquire(kre, account.user(), organization=organization)
    answer = apply(account, {"organizations": [{"path": "B"}], "prune": True})
    assert answer.status == 409 and answer.problem in ("dedication-in-use", "not-empty")
    assert state(account)["organizations"] == {"A"}


def test_what_is_named_must_exist(account):
    kre = account.product(10)
    refused = apply(account, {"organizations": [{"path": "A", "dedications": {"nothing": 1}}]}).refused(404, "not-found")
    assert refused["pointer"].startswith("/organizations/0/dedications")
    for member in ("nobody@example.com", "US-999999999"):
        body = {"organizations": [{"path": "A", "projects": [{"name": "P", "members": [member]}]}]}
        assert apply(account, body).refused(404, "not-found")["pointer"] == "/organizations/0/projects/0/members/0"
    refused = apply(account, {"members": [{"email": "a@example.com", "name": "A", "organization": "Nowhere"}]})
    assert refused.refused(404, "not-found")["pointer"] == "/members/0/organization", "a slip is not made an organization"
    assert account.pools(kre).keys() == {account.id}


@pytest.mark.parametrize("body, pointer", [
    ({"organizations": {}}, "/organizations"), ({"organizations": [{}]}, "/organizations/0/path"),
    ({"organizations": [{"path": "A", "dedications": {"KRE": -1}}]}, "/organizations/0/dedications/KRE"),
    ({"organizations": [{"path": "A", "projects": [{}]}]}, "/organizations/0/projects/0/name"),
    ({"members": [{"email": "alice"}]}, "/members/0/email"), ({"members": [{"role": "king", "name": "x"}]}, "/members/0/role"),
    ({"usage_policy": {"policy": "strict"}}, "/usage_policy/fallback"), ({"prune": 1}, "/prune")])
def test_a_declaration_is_well_formed(account, body, pointer):
    assert apply(account, body).refused(400, "invalid-request")["pointer"] == pointer


def test_dedications_and_policies_need_the_plan(new_account):
    account = new_account(plan="premium")
    kre = account.product(10)
    apply(account, {"organizations": [{"path": "A", "dedications": {kre: 1}}]}).refused(403, "subscription-required")
    apply(account, {"usage_policy": {"policy": "strict", "fallback": True}}).refused(403, "subscription-required")
    apply(account, {"organizations": [{"path": "A"}], "members": [{"email": "a@example.com", "name": "A"}]}).ok(200)
    assert state(account)["organizations"] == {"A"}
