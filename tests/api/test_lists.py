# SPDX-License-Identifier: Apache-2.0
"""What narrows lists and turns them round, as the console uses it."""
import pytest


@pytest.fixture
def tree(account):
    """Studio ── Lighting ── Key/Fill~ and Effects, by name."""
    made = {"Studio": account.organization("Studio")}
    made["Lighting"] = account.organization("Lighting", parent=made["Studio"])
    made["Key/Fill~"] = account.organization("Key/Fill~", parent=made["Lighting"])
    made["Effects"] = account.organization("Effects")
    account.tree = made
    return account


def ids(client, path, **query):
    return [item["id"] for item in client.items(path, **query)]


def invalid(answer, parameter):
    assert answer.refused(400, "invalid-request")["parameter"] == parameter


# Where organizations stand

def test_an_organization_tells_its_path_and_children(tree):
    listed = {item["name"]: (item["path"], item["children"]) for item in tree.admin.items("/organizations")}
    assert listed == {"Studio": ("Studio", 1), "Lighting": ("Studio/Lighting", 1),
                      "Key/Fill~": ("Studio/Lighting/Key~1Fill~0", 0), "Effects": ("Effects", 0)}
    for name, organization in tree.tree.items():
        one = tree.admin.get(f"/organizations/{organization}").ok(200)
        assert (one["path"], one["children"]) == listed[name]


def test_a_path_is_what_apply_takes(tree):
    for item in tree.admin.items("/organizations"):
        plan = tree.admin.post(f"/v1/accounts/{tree.id}:apply", {"organizations": [{"path": item["path"]}]}).ok(200)
        assert plan["changes"] == []


def test_changes_answer_with_the_new_place(tree):
    made = tree.admin.post("/organizations", {"name": "Rigs", "parent": tree.tree["Effects"]}).ok(201)
    assert (made["path"], made["children"]) == ("Effects/Rigs", 0)
    moved = tree.admin.patch(f"/organizations/{tree.tree['Lighting']}", {"parent": made["id"], "name": "Light"}).ok(200)
    assert (moved["path"], moved["children"]) == ("Effects/Rigs/Light", 1)
    deepest = tree.admin.get(f"/organizations/{tree.tree['Key/Fill~']}").ok(200)
    assert deepest["path"] == "Effects/Rigs/Light/Key~1Fill~0"
    top = tree.admin.patch(f"/organizations/{made['id']}", {"parent": None}).ok(200)
    assert (top["path"], top["children"]) == ("Rigs", 1)


def test_an_org_admin_sees_where_its_organization_stands(tree):
    admin = tree.key("org_admin", organization=tree.tree["Lighting"])
    assert [item["path"] for item in admin.items("/organizations")] == ["Studio/Lighting", "Studio/Lighting/Key~1Fill~0"]
    admin.get(f"/organizations/{tree.tree['Studio']}").refused(404, "not-found")


# Searching

@pytest.mark.parametrize("q, names", [("i", ["Studio", "Lighting", "Key/Fill~"]), ("LIGHT", ["Lighting"]), ("~", ["Key/Fill~"]),
                                      ("%", []), ("_", []), ("Studio/", []), ("OG-", [])])
def test_organizations_are_found_by_part_of_their_name(tree, q, names):
    assert [item["name"] for item in tree.admin.items("/organizations", q=q)] == names


def test_an_organization_is_found_by_its_id(tree):
    effects = tree.tree["Effects"]
    assert ids(tree.admin, "/organizations", q=effects) == [effects]
    assert ids(tree.admin, "/organizations", q=effects.lower()) == [effects]
    assert ids(tree.admin, "/organizations", q=effects + "0") == []


def test_filters_narrow_together(tree):
    assert ids(tree.admin, "/organizations", q="i", parent=tree.tree["Studio"]) == [tree.tree["Lighting"]]
    assert ids(tree.admin, "/organizations", q="Effects", parent=tree.tree["Studio"]) == []


@pytest.mark.parametrize("name, q", [("Ångström", "ÅNG"), ("ΟΔΥΣΣΕΥΣ", "οδυσσευς"), ("Ольга", "оЛЬ"), ("Łukasz", "łU"),
                                     ("Zoë", "zoË"), ("東京", "京")])
def test_case_does_not_matter_in_any_script(account, name, q):
    organization = account.organization(name)
    user = account.user(organization, name=f"A {name} B")
    project = account.project(organization, name=f"The {name}")
    for path, wanted in (("/organizations", organization), ("/users", user), ("/projects", project)):
        assert ids(account.admin, path, q=q) == [wanted]
        assert ids(account.admin, path, q=q + "x") == []


def test_users_are_found_by_name_e_mail_and_id(account):
    ada = account.user(name="Ada", email="countess@example.com")
    bob = account.user(name="Bob", email="bob@example.com")
    assert ids(account.admin, "/users", q="COUNTESS@") == [ada]
    assert ids(account.admin, "/users", q="bO") == [bob]
    assert ids(account.admin, "/users", q=bob.lower()) == [bob]


def test_projects_are_found_by_name_and_id(tree):
    film = tree.project(tree.tree["Studio"], name="Film: Ä")
    tree.project(tree.tree["Effects"], name="Advert")
    assert ids(tree.admin, "/projects", q="film: ä") == [film]
    assert ids(tree.admin, "/projects", q=film) == [film]
    assert ids(tree.admin, "/projects", q="film", organization=tree.tree["Effects"]) == []


@pytest.mark.parametrize("path", ["/organizations", "/users", "/projects"])
def test_a_search_is_for_1_to_255_characters(account, path):
    invalid(account.admin.get(path, q=""), "q")
    invalid(account.admin.get(path, q="ä" * 256), "q")
    assert account.admin.get(path, q="ä" * 255).ok(200)["items"] == []


# By ids

@pytest.mark.parametrize("path", ["/organizations", "/users", "/projects"])
def test_things_are_read_by_their_ids(tree, path):
    for number in range(3):
        tree.project(tree.tree["Studio"], tree.user(tree.tree["Studio"]), name=f"P{number}")
    every = ids(tree.admin, path)
    some = [every[2], every[0]]
    strange = ["AC-1", "OG-0", "OG-01", "x", "", "US-999999999", "PR-999999999", "OG-999999999", "OG-99999999999999999999"]
    assert ids(tree.admin, path, ids=",".join(some)) == sorted(some, key=every.index)
    assert ids(tree.admin, path, ids=",".join([*some, *some, *strange])) == sorted(some, key=every.index)
    assert ids(tree.admin, path, ids=",".join(strange)) == []
    page = tree.admin.get(path, ids=",".join(every[:3]), limit=2).ok(200)
    assert [item["id"] for item in page["items"]] == every[:2]
    page = tree.admin.get(path, ids=",".join(every[:3]), limit=2, after=page["next"]).ok(200)
    assert [item["id"] for item in page["items"]] == every[2:3] and page["next"] is None


def test_ids_of_others_are_left_out(tree, new_account):
    other = new_account()
    theirs = other.organization(), other.user()
    assert ids(tree.admin, "/organizations", ids=theirs[0]) == []
    assert ids(tree.admin, "/users", ids=theirs[1]) == []
    admin = tree.key("org_admin", organization=tree.tree["Effects"])
    assert ids(admin, "/organizations", ids=",".join(tree.tree.values())) == [tree.tree["Effects"]]


@pytest.mark.parametrize("path", ["/organizations", "/users", "/projects"])
def test_up_to_100_ids_are_asked_for(account, path):
    assert account.admin.get(path, ids=",".join(["x"] * 100)).ok(200)["items"] == []
    assert account.admin.get(path, ids=",".join(f"OG-{10**9 + n}" for n in range(100))).ok(200)["items"] == []
    invalid(account.admin.get(path, ids=",".join(["x"] * 101)), "ids")
    invalid(account.admin.get(path, ids=""), "ids")
    invalid(account.admin.get(path, query={"ids": ["x", "y"]}), "ids")


@pytest.mark.parametrize("path, parameter", [("/seats", "ids"), ("/sessions", "q"), ("/seats", "order"), ("/users", "order"),
                                             ("/organizations", "dedicated"), ("/events", "ids"), ("/denials", "q")])
def test_a_parameter_is_known_only_where_it_means_something(account, path, parameter):
    invalid(account.admin.get(path, query={parameter: "desc"}), parameter)


# Newest first

@pytest.fixture
def busy(account):
    kre = account.product(7)
    users = [account.user() for _ in range(3)]
    for number in range(7):
        account.acquire(kre, users[number % 3])
    for user in users:
        account.admin.acquire(kre, user, count=1000).refused(409, "no-license-available")
        account.admin.acquire(kre, user, count=999, machine="other").refused(409, "no-license-available")
    account.kre, account.users = kre, users
    return account


def key_of(path):
    return "seq" if path == "/events" else "id"


@pytest.mark.parametrize("path", ["/sessions", "/events", "/denials"])
def test_lists_come_newest_first_page_by_page(busy, path):
    key = key_of(path)
    forwards = [item[key] for item in busy.admin.items(path)]
    assert len(forwards) >= 6
    for limit in (1, 2, 5, len(forwards)):
        backwards, query = [], {"order": "desc", "limit": limit}
        while True:
            page = busy.admin.get(path, query=query).ok(200)
            backwards += [item[key] for item in page["items"]]
            if page["next"] is None:
                break
            query["after"] = page["next"]
        assert backwards == forwards[::-1]
    assert [item[key] for item in busy.admin.items(path, order="asc")] == forwards


@pytest.mark.parametrize("path", ["/sessions", "/events", "/denials"])
def test_a_cursor_goes_either_way(busy, path):
    key = key_of(path)
    forwards = [item[key] for item in busy.admin.items(path)]
    middle = busy.admin.get(path, limit=4).ok(200)["next"]
    back = busy.admin.get(path, order="desc", after=middle).ok(200)["items"]
    on = busy.admin.get(path, order="asc", after=middle).ok(200)["items"]
    assert [item[key] for item in back] == forwards[2::-1]
    assert [item[key] for item in on] == forwards[4:]


def test_filters_hold_in_either_order(busy):
    user = busy.users[0]
    for path, query in (("/sessions", {"user": user}), ("/sessions", {"product": busy.kre, "state": "active"}),
                        ("/sessions", {"level": busy.id}), ("/denials", {"user": user}), ("/events", {"kind": "session"}),
                        ("/events", {"kind": "user"}), ("/events", {"user": user})):
        forwards = busy.admin.items(path, query=query)
        assert forwards and busy.admin.items(path, query={**query, "order": "desc"}) == forwards[::-1]
    member = busy.member(user)
    assert [item["user"] for item in member.items("/sessions", order="desc")] == [user] * 3


def test_times_bound_the_history_in_either_order(busy):
    events = busy.admin.items("/events")
    query = {"from": events[2]["at"], "to": events[-2]["at"]}
    forwards = [event["seq"] for event in busy.admin.items("/events", query=query)]
    assert [event["seq"] for event in busy.admin.items("/events", query={**query, "order": "desc"})] == forwards[::-1]
    assert [event["seq"] for event in busy.admin.items("/events", query={**query, "order": "desc", "after": "4"})] == \
        [seq for seq in forwards[::-1] if seq < 4]


@pytest.mark.parametrize("order", ["", "DESC", "down", "desc,asc", "desc "])
@pytest.mark.parametrize("path", ["/sessions", "/events", "/denials"])
def test_an_order_is_one_of_two(account, path, order):
    invalid(account.admin.get(path, order=order), "order")


# Pools with something dedicated

def levels(client, product, **query):
    return [row["level"] for row in client.items("/pools", product=product, **query)]


def test_pools_are_narrowed_to_those_that_have_something(tree):
    kre, lum = tree.product(100), tree.product(100)
    studio, lighting, effects = (tree.tree[name] for name in ("Studio", "Lighting", "Effects"))
    assert levels(tree.admin, kre, dedicated="true") == [tree.id]
    tree.dedicate(lighting, kre, 0).ok(200)
    tree.dedicate(studio, kre, 20).ok(200)
    tree.dedicate(lighting, kre, 5).ok(200)
    tree.dedicate(effects, lum, 100).ok(200)
    assert levels(tree.admin, kre, dedicated="true") == [tree.id, studio, lighting]
    assert levels(tree.admin, kre, dedicated="false") == levels(tree.admin, kre) == [tree.id, *ids(tree.admin, "/organizations")]
    assert levels(tree.admin, lum, dedicated="true") == [tree.id, effects]
    assert levels(tree.admin, kre, dedicated="true", level=effects) == []
    rows = tree.admin.items("/pools", dedicated="true", limit=2)
    assert [(row["product"], row["level"]) for row in rows if row["product"] in (kre, lum)] == \
        sorted([(kre, tree.id), (kre, studio), (kre, lighting), (lum, tree.id), (lum, effects)], key=lambda row: row[0])
    admin = tree.key("org_admin", organization=lighting)
    assert levels(admin, kre, dedicated="true") == [lighting]
    assert levels(tree.key("org_admin", organization=effects), kre, dedicated="true") == []


def test_a_raise_that_waits_and_a_drain_count_as_dedicated(tree):
    kre = tree.product(5)
    studio, effects = tree.tree["Studio"], tree.tree["Effects"]
    user = tree.user(studio)
    tree.dedicate(studio, kre, 5).ok(200)
    tree.dedicate(effects, kre, 2, when="available").ok(200)
    assert levels(tree.admin, kre, dedicated="true") == [tree.id, studio, effects]
    session = tree.acquire(kre, user)
    tree.dedicate(studio, kre, 0, reclaim="drain").ok(200)
    assert levels(tree.admin, kre, dedicated="true") == [tree.id, studio, effects]
    tree.admin.end(session["id"]).ok(200)
    assert levels(tree.admin, kre, dedicated="true") == [tree.id, effects]


@pytest.mark.parametrize("value", ["", "1", "yes", "TRUE"])
def test_dedicated_is_true_or_false(account, value):
    invalid(account.admin.get("/pools", dedicated=value), "dedicated")


def test_a_page_goes_on_when_its_last_level_is_gone(tree):
    kre = tree.product(10)
    rows = levels(tree.admin, kre)
    for gone in ("Key/Fill~", "Lighting", "Studio"):
        at = rows.index(tree.tree[gone]) + 1
        page = tree.admin.get("/pools", product=kre, limit=at).ok(200)
        tree.admin.delete(f"/organizations/{tree.tree[gone]}").ok(204)
        rest = tree.admin.get("/pools", product=kre, after=page["next"]).ok(200)
        assert [row["level"] for row in rest["items"]] == rows[at:]
        rows.remove(tree.tree[gone])


@pytest.mark.parametrize("after", ["KRE", "KRE~", "KRE~x", "KRE~1001.", "KRE~.1001", "KRE~1001..1002", "KRE~0.1", "KRE~01",
                                   "~1001", "K E~0", "KRE~" + ".".join(["1001"] * 17), "KRE~99999999999999999999", "a" * 256])
def test_a_cursor_of_pools_that_was_never_given_is_refused(account, after):
    invalid(account.admin.get("/pools", after=after), "after")
