# SPDX-License-Identifier: Apache-2.0
"""Section 6: who may do what. First every role against every route, from the contract's x-roles; then scopes."""

import re

import pytest

import api
from contract import ROLES, contract
from server import OPERATOR_KEY

NOWHERE = {"code": "nothing", "purchase": "PU-999999999", "organization": "OG-999999999", "user": "US-999999999",
           "project": "PR-999999999", "product": "nothing", "seat": "ST-999999999", "session": "SN-999999999",
           "denial": "DN-999999999", "key": "AK-999999999", "machine": "nothing", "lease": "SN-999999999"}
OPERATIONS = contract().operations
GUARDED = [operation for operation in OPERATIONS if not operation.open]


@pytest.fixture(scope="module")
def world(server):
    """(account, a client for each role): keys without a user, but for the member's."""
    operator = api.Client(server, OPERATOR_KEY)
    stranger = api.Account(operator)
    stranger.user(stranger.organization())  # on a new server the first ones, which the examples of the contract name
    account = api.Account(operator)
    account.stranger = stranger.id
    organization = account.organization()
    clients = {"operator": account.operator, "account_admin": account.admin,
               "org_admin": account.key("org_admin", organization=organization),
               "member": account.member(account.user(organization)),
               "platform": account.key("platform"), "auditor": account.key("auditor")}
    return account, clients


def call(client, operation, account=None):
    """Calls the operation on things that do not exist, with the example of the contract as its body."""
    account = account or client.account
    path = re.sub(r"\{(\w+)\}", lambda match: {"account": account, **NOWHERE}[match[1]], operation.path)
    return client.call(operation.method, path, contract().example(operation))


@pytest.mark.parametrize("operation", GUARDED, ids=lambda operation: operation.id)
def test_without_a_key_nothing_is_answered(world, operation):
    account, _ = world
    nobody = account.operator.as_key(None)
    call(nobody, operation, account.id).refused(401, "unauthenticated")


@pytest.mark.parametrize("operation", GUARDED, ids=lambda operation: operation.id)
def test_only_the_roles_named_may_call(world, operation):
    _, clients = world
    for role in ROLES:
        if role not in operation.roles:
            answer = call(clients[role], operation)
            assert (answer.status, answer.problem) == (403, "forbidden"), f"{role} may not: {answer!r}"


@pytest.mark.parametrize("operation", [operation for operation in GUARDED if operation.id not in ("createAccount", "applyAccount")],
                         ids=lambda operation: operation.id)
@pytest.mark.parametrize("role", ["operator", "account_admin", "auditor"])
def test_roles_for_the_whole_account_are_not_kept_from_what_is_theirs(world, operation, role):
    _, clients = world
    if role in operation.roles:
        answer = call(clients[role], operation)
        assert answer.status not in (401, 403, 405), answer


@pytest.mark.parametrize("operation", [operation for operation in GUARDED if operation.in_account],
                         ids=lambda operation: operation.id)
@pytest.mark.parametrize("role", [role for role in ROLES if role != "operator"])
def test_another_accounts_things_do_not_exist_for_any_role(world, operation, role):
    account, clients = world
    call(clients[role], operation, account.stranger).refused(404, "not-found")


@pytest.mark.parametrize("operation", [operation for operation in GUARDED if operation.in_account],
                         ids=lambda operation: operation.id)
def test_an_account_that_never_was_is_404_even_for_the_operator(world, operation):
    _, clients = world
    for account in ("AC-999999999", "nonsense"):
        call(clients["operator"], operation, account).refused(404, "not-found")


def test_self_is_the_keys_own_account(world):
    account, clients = world
    for role, client in clients.items():
        answer = client.get("/v1/accounts/self")
        if role == "operator":
            answer.refused(404, "not-found")
        else:
            assert answer.ok(200)["id"] == account.id
    user = account.user()
    assert account.admin.get(f"/v1/accounts/self/users/{user}").ok(200)["id"] == user


def test_every_key_can_ask_who_it_is(world):
    account, clients = world
    for role, client in clients.items():
        who = client.get("/v1/whoami").ok(200)
        assert who["role"] == role
        if role == "operator":
            assert (who["key"], who["account"]) == (None, None)
        else:
            assert (who["key"], who["account"]) == (client.key_id, account.id)
    member = clients["member"].get("/v1/whoami")
    assert member["user"] and member["organization"]


def test_whoami_names_what_sessions_of_ones_own_tell_by_id(account):
    own, other, far = account.organization("Own"), account.organization("Other"), account.organization("Far")
    user, stranger = account.user(own), account.user()
    one, two = account.project(other, user, name="One"), account.project(own, user, name="Two")
    account.project(far, stranger, name="Three")

    def names(client):
        return {(item["id"], item["name"]) for item in client.get("/v1/whoami").ok(200)["names"]}

    assert names(account.member(user)) == {(own, "Own"), (one, "One"), (other, "Other"), (two, "Two")}
    account.leave(one, user)
    assert names(account.member(user)) == {(own, "Own"), (two, "Two")}
    assert names(account.member(account.user())) == names(account.admin) == set()
    assert names(account.key("org_admin", organization=far)) == {(far, "Far")}


def test_any_key_reads_products(world):
    account, clients = world
    kre = account.product()
    for client in clients.values():
        assert client.get(f"/v1/products/{kre}").ok(200)["code"] == kre
        assert client.get("/v1/products", limit=1).ok(200)["items"]


# Scopes: inside the account, outside one's own, 404 for reads and 403 for changes.


class Tree:
    """An organization with one below it, and another beside it; users, projects, seats, sessions and keys in each."""

    def __init__(self, account):
        self.account = account
        self.kre, self.fou = account.product(100), account.product(100, model="seat")
        self.mine = account.organization("Mine")
        self.below = account.organization("Below", self.mine)
        self.beside = account.organization("Beside")
        for organization, count in ((self.mine, 20), (self.below, 10), (self.beside, 20)):
            for product in (self.kre, self.fou):
                account.dedicate(organization, product, count)
        self.places = {}
        for name in ("mine", "below", "beside"):
            organization = getattr(self, name)
            user = account.user(organization)
            self.places[name] = {
                "organizations": organization, "users": user, "projects": account.project(organization),
                "seats": account.admin.assign(self.fou, user, organization).ok(201)["id"],
                "sessions": account.acquire(self.kre, user)["id"],
                "api-keys": account.key("member", user=user).key_id}
        self.admin = account.key("org_admin", organization=self.mine)


@pytest.fixture
def tree(account):
    return Tree(account)


KINDS = ["organizations", "users", "projects", "seats", "sessions", "api-keys"]


@pytest.mark.parametrize("kind", KINDS)
def test_an_organization_admin_reads_its_subtree(tree, kind):
    listed = {item["id"] for item in tree.admin.items(f"/{kind}")}
    for name in ("mine", "below"):
        identifier = tree.places[name][kind]
        assert tree.admin.get(f"/{kind}/{identifier}").ok(200)["id"] == identifier
        assert identifier in listed
    outside = tree.places["beside"][kind]
    tree.admin.get(f"/{kind}/{outside}").refused(404, "not-found")
    assert outside not in listed


def test_an_organization_admin_reads_the_pools_of_its_subtree(tree):
    assert {row["level"] for row in tree.admin.items("/pools")} == {tree.mine, tree.below}


def test_an_organization_admin_reads_sessions_whose_level_or_user_is_in_its_subtree(account, tree):
    visitor = account.user()
    by_level = account.acquire(tree.kre, visitor, organization=tree.below)["id"]
    by_user = account.acquire(tree.kre, tree.places["mine"]["users"], organization=tree.beside)["id"]
    neither = account.acquire(tree.kre, visitor, organization=tree.beside)["id"]
    listed = {session["id"] for session in tree.admin.items("/sessions", state="active")}
    assert {by_level, by_user} <= listed and neither not in listed
    tree.admin.end(by_level).ok(200)
    tree.admin.end(by_user).refused(403, "forbidden")
    tree.admin.end(neither).refused(403, "forbidden")


def test_an_organization_admin_keeps_users_projects_and_seats_of_its_subtree(account, tree):
    user = tree.admin.post("/users", {"name": "New", "email": "new@example.com", "organization": tree.below}).ok(201)["id"]
    tree.admin.patch(f"/users/{user}", {"name": "Renamed", "organization": tree.mine}).ok(200)
    project = tree.admin.post("/projects", {"name": "New", "organization": tree.below}).ok(201)["id"]
    tree.admin.patch(f"/projects/{project}", {"name": "Renamed"}).ok(200)
    tree.admin.put(f"/projects/{project}/members/{user}").ok(204)
    assert [member["user"] for member in tree.admin.items(f"/projects/{project}/members")] == [user]
    tree.admin.delete(f"/projects/{project}/members/{user}").ok(204)
    tree.admin.delete(f"/projects/{project}").ok(204)
    seat = tree.admin.assign(tree.fou, user, tree.mine).ok(201)["id"]
    tree.admin.delete(f"/seats/{seat}").ok(204)
    tree.admin.delete(f"/users/{user}").ok(204)


def test_an_organization_admin_changes_nothing_outside_its_subtree(account, tree):
    outside = tree.places["beside"]
    tree.admin.patch(f"/users/{outside['users']}", {"name": "x"}).refused(403, "forbidden")
    tree.admin.delete(f"/users/{outside['users']}").refused(403, "forbidden")
    tree.admin.patch(f"/projects/{outside['projects']}", {"name": "x"}).refused(403, "forbidden")
    tree.admin.delete(f"/projects/{outside['projects']}").refused(403, "forbidden")
    tree.admin.put(f"/projects/{outside['projects']}/members/{tree.places['mine']['users']}").refused(403, "forbidden")
    tree.admin.delete(f"/seats/{outside['seats']}").refused(403, "forbidden")
    tree.admin.delete(f"/api-keys/{outside['api-keys']}").refused(403, "forbidden")
    tree.admin.post("/users", {"name": "x", "email": "x@example.com", "organization": tree.beside}).refused(403, "forbidden")
    tree.admin.post("/users", {"name": "x", "email": "x@example.com"}).refused(403, "forbidden")
    tree.admin.post("/projects", {"name": "x", "organization": tree.beside}).refused(403, "forbidden")
    tree.admin.assign(tree.fou, tree.places["mine"]["users"], account.id).refused(403, "forbidden")
    tree.admin.assign(tree.fou, account.user(tree.beside), tree.beside).refused(403, "forbidden")


def test_an_organization_admin_moves_users_within_its_subtree_only(account, tree):
    inside, outside = tree.places["mine"]["users"], tree.places["beside"]["users"]
    tree.admin.patch(f"/users/{inside}", {"organization": tree.below}).ok(200)
    for target in (tree.beside, None):
        tree.admin.patch(f"/users/{inside}", {"organization": target}).refused(403, "forbidden")
    tree.admin.patch(f"/users/{outside}", {"organization": tree.mine}).refused(403, "forbidden")
    assert account.admin.get(f"/users/{inside}")["organization"] == tree.below


def test_an_organization_admin_gives_only_the_roles_member_and_org_admin(account, tree):
    user = tree.places["below"]["users"]
    for role in ("account_admin", "auditor"):
        tree.admin.patch(f"/users/{user}", {"role": role}).refused(403, "forbidden")
        tree.admin.post("/users", {"name": "x", "email": "x@example.com", "organization": tree.mine, "role": role}) \
            .refused(403, "forbidden")
        tree.admin.post("/api-keys", {"name": "x", "role": role, "user": user}).refused(403, "forbidden")
    tree.admin.post("/api-keys", {"name": "x", "role": "platform"}).refused(403, "forbidden")
    tree.admin.post("/api-keys", {"name": "x", "role": "org_admin", "organization": tree.beside}).refused(403, "forbidden")
    tree.admin.patch(f"/users/{user}", {"role": "org_admin"}).ok(200)
    tree.admin.post("/api-keys", {"name": "x", "role": "org_admin", "organization": tree.below}).ok(201)
    tree.admin.post("/api-keys", {"name": "x", "role": "member", "user": user}).ok(201)


def test_an_organization_admin_never_alters_whoever_is_above_it(account, tree):
    for role in ("account_admin", "auditor"):
        boss = account.user(tree.mine, role=role)
        for body in ({"name": "x"}, {"role": "member"}, {"organization": tree.below}):
            tree.admin.patch(f"/users/{boss}", body).refused(403, "forbidden")
        tree.admin.delete(f"/users/{boss}").refused(403, "forbidden")
        key = account.key(role, user=boss).key_id
        tree.admin.delete(f"/api-keys/{key}").refused(403, "forbidden")


@pytest.mark.parametrize("role", ["account_admin", "auditor", "platform"])
def test_an_organization_admin_deletes_no_user_whose_key_is_above_it(account, tree, role):
    user = account.user(tree.mine)
    client = account.key(role, user=user)
    tree.admin.delete(f"/users/{user}").refused(403, "forbidden")
    client.get("/v1/whoami").ok(200)
    account.admin.delete(f"/api-keys/{client.key_id}").ok(204)
    tree.admin.delete(f"/users/{user}").ok(204)


def test_an_organization_admin_alters_neither_its_own_role_nor_its_organization(account, tree):
    user = account.user(tree.mine, role="org_admin")
    admin = account.key("org_admin", user=user)
    assert admin.get("/v1/whoami")["organization"] == tree.mine, "by default that of its user"
    admin.patch(f"/users/{user}", {"role": "member"}).refused(403, "forbidden")
    admin.patch(f"/users/{user}", {"organization": tree.below}).refused(403, "forbidden")
    admin.patch(f"/users/{user}", {"name": "Still me"}).ok(200)


def test_a_key_with_a_user_may_do_for_it_what_a_member_may(account, tree):
    user = account.user(tree.mine, role="org_admin")
    for role, members in (("org_admin", {"user": user}), ("auditor", {"user": user})):
        client = account.key(role, **members)
        session = client.acquire(tree.kre).ok(201)
        assert session["user"] == user
        client.heartbeat(session["id"]).ok(200)
        client.explain(tree.kre).ok(200)
        client.end(session["id"]).ok(200)
        client.acquire(tree.kre, tree.places["below"]["users"]).refused(403, "forbidden")


@pytest.mark.parametrize("kind", ["users", "seats", "sessions", "api-keys"])
def test_a_member_reads_itself(tree, kind):
    member = tree.account.member(tree.places["mine"]["users"])
    own = tree.places["mine"][kind]
    expected = {own, member.key_id} if kind == "api-keys" else {own}
    assert {item["id"] for item in member.items(f"/{kind}")} == expected
    assert member.get(f"/{kind}/{own}").ok(200)["id"] == own
    for name in ("below", "beside"):
        member.get(f"/{kind}/{tree.places[name][kind]}").refused(404, "not-found")


def test_a_member_acts_for_itself_only(account, tree):
    member = account.member(tree.places["mine"]["users"])
    for name in ("below", "beside"):
        other = tree.places[name]
        member.acquire(tree.kre, other["users"]).refused(403, "forbidden")
        member.heartbeat(other["sessions"]).refused(403, "forbidden")
        member.end(other["sessions"]).refused(403, "forbidden")
        member.delete(f"/api-keys/{other['api-keys']}").refused(403, "forbidden")
        member.post("/api-keys", {"name": "x", "role": "member", "user": other["users"]}).refused(403, "forbidden")
    session = member.acquire(tree.kre).ok(201)["id"]
    member.heartbeat(session).ok(200)
    member.get(f"/sessions/{session}").ok(200)
    member.end(session).ok(200)


def test_a_member_makes_member_keys_for_itself(account, tree):
    user = tree.places["mine"]["users"]
    member = account.member(user)
    made = member.post("/api-keys", {"name": "laptop", "role": "member"}).ok(201)
    assert (made["role"], made["user"]) == ("member", user)
    for role in ("org_admin", "account_admin", "auditor", "platform"):
        member.post("/api-keys", {"name": "x", "role": role}).refused(403, "forbidden")
    member.delete(f"/api-keys/{made['id']}").ok(204)


def test_the_platform_acts_for_any_user_but_sees_only_what_it_started(account, tree):
    platform, another = account.key("platform"), account.key("platform")
    for name in ("mine", "below", "beside"):
        session = platform.acquire(tree.kre, tree.places[name]["users"]).ok(201)["id"]
        platform.heartbeat(session).ok(200)
        platform.get(f"/sessions/{session}").ok(200)
        another.get(f"/sessions/{session}").refused(404, "not-found")
        another.heartbeat(session).refused(403, "forbidden")
        platform.get(f"/sessions/{tree.places[name]['sessions']}").refused(404, "not-found")
        platform.heartbeat(tree.places[name]["sessions"]).refused(403, "forbidden")
        platform.end(tree.places[name]["sessions"]).refused(403, "forbidden")
    assert len(platform.items("/sessions")) == 3
    assert another.items("/sessions") == []
    for session in platform.items("/sessions"):
        platform.end(session["id"]).ok(200)


def test_an_auditor_reads_everything_in_its_account(account, tree):
    auditor = account.key("auditor")
    for kind in [*KINDS, "purchases", "denials"]:
        seen, all_there = ([item["id"] for item in client.items(f"/{kind}")] for client in (auditor, account.operator))
        assert seen == all_there, kind
    for kind in ("pools", "events"):
        assert auditor.items(f"/{kind}") == account.operator.items(f"/{kind}")
    assert auditor.get("/usage-policy").ok(200).body == account.admin.get("/usage-policy").body


def test_only_the_operator_sees_all_accounts(account, new_account):
    other = new_account()
    ids = {item["id"] for item in account.operator.items("/v1/accounts")}
    assert {account.id, other.id} <= ids
