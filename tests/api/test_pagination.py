# SPDX-License-Identifier: Apache-2.0
"""Section 9: lists come in pages."""

import pytest

NUMBER = 7


@pytest.fixture
def full(account):
    """An account with seven of everything that can be listed."""
    kre, fou = account.product(100), account.product(100, model="seat")
    organizations = [account.organization() for _ in range(NUMBER)]
    users = [account.user() for _ in range(NUMBER)]
    account.project(organizations[0], *users)
    for organization, user in zip(organizations[1:], users):
        account.project(organization)
    for number, user in enumerate(users):
        account.acquire(kre, user)
        account.admin.assign(fou, user, account.id).ok(201)
        account.admin.acquire(kre, user, count=1000, machine=f"ws-{number}").refused(409, "no-license-available")
    for _ in range(NUMBER - 2):
        account.purchase(kre, 1)
    for _ in range(NUMBER - 1):
        account.key("auditor")
    return account


def pages(client, path, limit, **query):
    found, after = [], {}
    while True:
        page = client.get(path, query={"limit": limit, **query, **after}).ok(200)
        assert len(page["items"]) <= limit
        found.append(page["items"])
        if page["next"] is None:
            return found
        assert page["items"], "a page that is not the last is not empty"
        after = {"after": page["next"]}


@pytest.mark.parametrize("path", ["purchases", "organizations", "users", "projects", "seats", "sessions", "denials", "api-keys",
                                  "events", "pools", "members"])
def test_pages_together_are_the_list_in_order(full, path):
    path = f"/projects/{full.admin.items('/projects')[0]['id']}/members" if path == "members" else f"/{path}"
    client = full.operator
    whole = client.get(path, limit=1000).ok(200)
    assert whole["next"] is None and len(whole["items"]) >= NUMBER
    for limit in (1, 3, len(whole["items"]) - 1, len(whole["items"])):
        assert sum(pages(client, path, limit), []) == whole["items"], f"limit={limit}"


def test_accounts_are_found_by_part_of_their_name_or_by_their_id(operator):
    made = [operator.post("/v1/accounts", {"name": name}).ok(201)["id"] for name in ("Atelier Nørd 7", "Nordlicht 7")]

    def found(q):
        return [account["id"] for account in operator.items("/v1/accounts", q=q)]

    assert found("nØRD 7") == made[:1]
    assert found("licht 7") == made[1:]
    assert found(made[1].lower()) == made[1:]
    assert found("%") == [], "it stands for itself"
    assert operator.get("/v1/accounts", q="").refused(400, "invalid-request")["parameter"] == "q"


@pytest.mark.parametrize("path", ["/v1/products", "/v1/accounts"])
def test_products_and_accounts_come_in_pages_too(full, path):
    whole = full.operator.items(path)
    assert [item["id"] for page in pages(full.operator, path, 50) for item in page] == [item["id"] for item in whole]


def test_the_last_page_has_no_next_even_when_it_is_full(full):
    assert full.operator.get("/users", limit=NUMBER).ok(200)["next"] is None


@pytest.mark.parametrize("path", ["organizations", "users", "projects", "purchases", "seats", "sessions", "api-keys"])
def test_lists_go_by_id(full, path):
    numbers = [int(item["id"].split("-")[1]) for item in full.operator.items(f"/{path}")]
    assert numbers == sorted(numbers)


def test_products_go_by_code(full):
    codes = [product["code"] for product in full.operator.items("/v1/products")]
    assert codes == sorted(codes)


def test_without_a_limit_a_page_has_100(account):
    for _ in range(101):
        account.organization()
    page = account.admin.get("/organizations").ok(200)
    assert len(page["items"]) == 100
    assert len(account.admin.get("/organizations", after=page["next"]).ok(200)["items"]) == 1


def test_a_filter_holds_on_every_page(full):
    user = full.admin.items("/users")[0]["id"]
    kre = full.sessions()[0]["product"]
    for _ in range(4):
        full.acquire(kre, user)
    found = pages(full.admin, "/sessions", 2, user=user, state="active")
    assert [len(page) for page in found] == [2, 2, 1]
    assert {session["user"] for page in found for session in page} == {user}


def test_what_is_added_meanwhile_does_not_disturb_the_pages(full):
    first = full.admin.get("/users", limit=4).ok(200)
    later = full.user()
    rest = full.admin.get("/users", limit=100, after=first["next"]).ok(200)
    ids = [user["id"] for user in first["items"] + rest["items"]]
    assert ids[-1] == later and len(ids) == len(set(ids)) == NUMBER + 1


def test_what_is_deleted_meanwhile_does_not_disturb_the_pages(full):
    first = full.admin.get("/projects", limit=3).ok(200)
    full.admin.delete(f"/projects/{first['items'][-1]['id']}").ok(204)
    rest = full.admin.get("/projects", after=first["next"]).ok(200)
    assert len(rest["items"]) == NUMBER - 3


def test_an_empty_list_is_a_page(account):
    for path in ("organizations", "users", "projects", "purchases", "seats", "sessions", "denials", "pools"):
        assert account.admin.get(f"/{path}").ok(200).body == {"items": [], "next": None}
