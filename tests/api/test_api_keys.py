# SPDX-License-Identifier: Apache-2.0
"""Section 6: API keys."""

import pytest

from api import Client, eventually, moment
from server import OPERATOR_KEY, Server


def test_a_key_is_shown_once_with_its_secret(account):
    made = account.admin.post("/api-keys", {"name": "auditors", "role": "auditor", "expires_at": moment(3600)}).ok(201)
    assert (made["name"], made["role"], made["user"], made["organization"]) == ("auditors", "auditor", None, None)
    assert (made["revoked_at"], made["last_used_at"]) == (None, None)
    shown = account.admin.get(f"/api-keys/{made['id']}").ok(200)
    assert shown.body == {name: value for name, value in made.body.items() if name != "secret"}
    assert made["secret"] not in account.admin.get("/api-keys").text


def test_last_used_is_told(account):
    client = account.key("auditor")
    client.get("").ok(200)
    assert eventually(lambda: account.admin.get(f"/api-keys/{client.key_id}")["last_used_at"])


def test_a_revoked_key_is_refused_at_once_and_stays_listed(account):
    client = account.key("auditor")
    client.get("").ok(200)
    account.admin.delete(f"/api-keys/{client.key_id}").ok(204)
    client.get("").refused(401, "unauthenticated")
    listed = {key["id"]: key for key in account.admin.items("/api-keys")}
    assert listed[client.key_id]["revoked_at"] is not None


def test_an_expired_key_is_refused(account):
    client = account.key("auditor", expires_at=moment(5))
    client.get("").ok(200)
    assert eventually(lambda: client.get("").status == 401)
    client.get("").refused(401, "unauthenticated")


def test_a_members_key_needs_a_user(account):
    account.admin.post("/api-keys", {"name": "x", "role": "member"}).refused(400, "invalid-request")


def test_an_organization_admins_key_needs_an_organization(account):
    account.admin.post("/api-keys", {"name": "x", "role": "org_admin"}).refused(400, "invalid-request")
    account.admin.post("/api-keys", {"name": "x", "role": "org_admin", "user": account.user()}).refused(400, "invalid-request")


@pytest.mark.parametrize("role, member, missing", [
    ("member", "user", "US-999999999"), ("org_admin", "organization", "OG-999999999")])
def test_what_a_key_names_must_exist(account, role, member, missing):
    refused = account.admin.post("/api-keys", {"name": "x", "role": role, member: missing}).refused(404, "not-found")
    assert refused["pointer"] == f"/{member}"


@pytest.mark.parametrize("member, value", [("role", "king"), ("role", "operator"), ("name", ""), ("expires_at", "tomorrow")])
def test_a_key_is_well_formed(account, member, value):
    body = {"name": "x", "role": "auditor", member: value}
    assert account.operator.post("/api-keys", body).refused(400, "invalid-request")["pointer"] == f"/{member}"


def test_keys_are_listed_by_user(account):
    user = account.user()
    one = account.member(user).key_id
    account.key("auditor")
    assert [key["id"] for key in account.admin.items("/api-keys", user=user)] == [one]


def test_deleting_an_organization_revokes_the_keys_of_its_admins(account):
    organization = account.organization()
    client = account.key("org_admin", organization=organization)
    client.get("").ok(200)
    account.admin.delete(f"/organizations/{organization}").ok(204)
    client.get("").refused(401, "unauthenticated")


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic b3BlcmF0b3I6", "Bearer two words", "bearer-less"])
def test_what_is_no_key_is_refused(account, header):
    nobody = account.operator.as_key(None)
    nobody.get("", headers={"Authorization": header}).refused(401, "unauthenticated")


def test_the_scheme_is_named_in_any_case(account):
    account.operator.as_key(None).get("", headers={"Authorization": f"bearer {account.admin.key}"}).ok(200)


def test_guessing_keys_is_slowed_down_but_a_valid_key_is_always_served(own):
    statuses = set()
    for number in range(300):
        guess = own.operator.as_key(f"ushk_{number:043d}")
        answer = guess.get("/v1/whoami")
        statuses.add((answer.status, answer.problem))
    assert statuses <= {(401, "unauthenticated"), (429, "rate-limited")}
    own.admin.get("").ok(200)


# The operator's key.


def test_the_operators_key_is_replaced_by_the_one_in_the_environment(new_server):
    server = new_server()
    first = Client(server, OPERATOR_KEY)
    first.get("/v1/accounts").ok(200)
    server.stop()
    server.operator_key = "another-operator-key-" + "x" * 20
    server.start()
    first.get("/v1/accounts").refused(401, "unauthenticated")
    Client(server, server.operator_key).get("/v1/accounts").ok(200)


@pytest.mark.parametrize("key", ["k" * 32, "k" * 128, "!~" * 20])
def test_an_operators_key_has_32_to_128_visible_characters(new_server, key):
    server = new_server(operator_key=key)
    Client(server, key).get("/v1/accounts").ok(200)


@pytest.mark.parametrize("key", ["k" * 31, "k" * 129, "k" * 20 + " " + "k" * 20, "k" * 40 + "é"])
def test_with_any_other_operators_key_the_server_does_not_start(tmp_path, key):
    server = Server(tmp_path, operator_key=key)
    with pytest.raises(AssertionError, match="at start"):
        server.start()
    assert server.process.returncode > 0, "it says so and ends; it does not crash"
    assert server.text().strip()
