# SPDX-License-Identifier: Apache-2.0
"""Section 4: Idempotency-Key makes a retry safe, on every POST."""

import pytest

from api import moment, new_product


@pytest.fixture
def kre(account):
    return account.product(10)


def test_the_same_again_is_the_first_answer_with_200(account, kre):
    user = account.user()
    first = account.admin.acquire(kre, user, idempotency_key="build-17").ok(201)
    for _ in range(2):
        again = account.admin.acquire(kre, user, idempotency_key="build-17").ok(200)
        assert again["id"] == first["id"]
        assert again.body == first.body
    assert account.four(kre)[2] == 1, "one license only"


def test_bodies_are_compared_parsed_with_defaults_filled_in(account, kre):
    user = account.user()
    first = account.admin.acquire(kre, user, idempotency_key="k").ok(201)
    spelled_out = f'{{ "count":1,"ttl_s" : 120, "user":"{user}", "origin":"external", "product":"\\u004b{kre[1:]}", "wait_s":0 }}'
    again = account.admin.post("/sessions", raw=spelled_out.encode(), idempotency_key="k").ok(200)
    assert again["id"] == first["id"]


def test_the_time_to_wait_is_left_out_of_the_comparison(account, kre):
    user = account.user()
    first = account.admin.acquire(kre, user, idempotency_key="k", wait_s=5).ok(201)
    for wait_s in (0, 7):
        assert account.admin.acquire(kre, user, idempotency_key="k", wait_s=wait_s).ok(200)["id"] == first["id"]


def test_a_members_user_is_a_default_too(account, kre):
    user = account.user()
    member = account.member(user)
    first = member.acquire(kre, idempotency_key="k").ok(201)
    assert member.acquire(kre, user, idempotency_key="k").ok(200)["id"] == first["id"]


def test_another_body_is_refused(account, kre):
    user = account.user()
    account.admin.acquire(kre, user, idempotency_key="k").ok(201)
    account.admin.acquire(kre, user, idempotency_key="k", count=2).refused(422, "idempotency-key-reused")
    account.admin.acquire(kre, user, idempotency_key="k", machine="other").refused(422, "idempotency-key-reused")
    assert account.four(kre)[2] == 1


def test_the_key_of_another_route_is_refused(account, kre):
    user = account.user()
    account.admin.acquire(kre, user, idempotency_key="k").ok(201)
    account.admin.post("/organizations", {"name": "New"}, idempotency_key="k").refused(422, "idempotency-key-reused")


def test_a_heartbeat_in_between_does_not_matter(account, kre):
    user = account.user()
    first = account.admin.acquire(kre, user, idempotency_key="k").ok(201)
    account.admin.heartbeat(first["id"]).ok(200)
    assert account.admin.acquire(kre, user, idempotency_key="k").ok(200)["id"] == first["id"]


def test_for_a_session_that_has_ended_a_new_attempt_takes_a_new_key(account, kre):
    user = account.user()
    session = account.admin.acquire(kre, user, idempotency_key="k").ok(201)["id"]
    account.admin.end(session).ok()
    gone = account.admin.acquire(kre, user, idempotency_key="k").refused(410, "session-ended")
    assert (gone["session"], gone["state"]) == (session, "released")
    assert account.admin.acquire(kre, user, idempotency_key="k2").ok(201)["id"] != session


def test_a_key_belongs_to_the_credential_that_sent_it(account, kre):
    user = account.user()
    ids = {client.acquire(kre, user, idempotency_key="k").ok(201)["id"]
           for client in (account.admin, account.operator, account.key("account_admin"))}
    assert len(ids) == 3


def test_a_key_is_good_within_one_account(account, new_account):
    other = new_account()
    for each in (account, other):
        kre = each.product(1)
        each.operator.acquire(kre, each.user(), idempotency_key="k").ok(201)


def test_denials_are_not_remembered(account):
    kre = account.product(1)
    user = account.user()
    session = account.acquire(kre, user)["id"]
    account.admin.acquire(kre, user, idempotency_key="k").refused(409, "no-license-available")
    account.admin.end(session).ok()
    account.admin.acquire(kre, user, idempotency_key="k", machine="another body").ok(201)


def test_mistakes_are_not_remembered(account, kre):
    user = account.user()
    account.admin.acquire(kre, user, idempotency_key="k", ttl_s=1).refused(400, "invalid-request")
    account.admin.acquire("no-such-product", user, idempotency_key="k").refused(404, "not-found")
    account.admin.acquire(kre, user, idempotency_key="k").ok(201)


@pytest.mark.parametrize("key", ["!", "~" * 64, "a,b;c=\"d\""])
def test_a_key_is_1_to_64_visible_ascii_characters(account, kre, key):
    user = account.user()
    first = account.admin.acquire(kre, user, idempotency_key=key).ok(201)
    assert account.admin.acquire(kre, user, idempotency_key=key).ok(200)["id"] == first["id"]


@pytest.mark.parametrize("key", ["", "k" * 65, "two words", b"\xc3\xa9", "tab\tinside"])
def test_any_other_key_is_refused(account, kre, key):
    refused = account.admin.acquire(kre, account.user(), idempotency_key=key).refused(400, "invalid-request")
    assert refused["header"] == "Idempotency-Key"
    assert account.four(kre)[2] == 0


def test_it_works_on_every_post_that_makes_something(account, kre):
    organization = account.organization()
    seats = account.product(3, model="seat")
    user = account.user()
    for client, path, body in [
            (account.admin, "/organizations", {"name": "Lighting"}),
            (account.admin, "/users", {"name": "Alice", "email": "alice@example.com"}),
            (account.admin, "/projects", {"name": "Film", "organization": organization}),
            (account.admin, "/seats", {"product": seats, "user": user, "level": account.id}),
            (account.operator, "/purchases", {"product": kre, "quantity": 5, "ends_at": moment(3600)})]:
        first = client.post(path, body, idempotency_key=f"key-of-{path}").ok(201)
        again = client.post(path, body, idempotency_key=f"key-of-{path}").ok(200)
        assert again.body == first.body, path
    assert account.four(kre)[0] == 15
    assert [item["name"] for item in account.admin.items("/organizations")].count("Lighting") == 1


def test_it_works_on_products_and_accounts(operator):
    code = new_product(operator)
    for path, body in [("/v1/products", {"code": f"{code}-again", "name": "x", "model": "seat"}), ("/v1/accounts", {"name": "x"})]:
        first = operator.post(path, body, idempotency_key=f"{code}{path}").ok(201)
        assert operator.post(path, body, idempotency_key=f"{code}{path}").ok(200).body == first.body


def test_a_repeated_api_key_is_told_without_its_secret(account):
    body = {"name": "ci", "role": "auditor"}
    first = account.admin.post("/api-keys", body, idempotency_key="k").ok(201)
    again = account.admin.post("/api-keys", body, idempotency_key="k").ok(200)
    assert again["id"] == first["id"] and "secret" not in again


def test_it_works_on_several_dedications(account, kre):
    organization = account.organization()
    body = {"dedications": [{"organization": organization, "product": kre, "count": 5}]}
    first = account.admin.post("/dedications:apply", body, idempotency_key="k").ok(200)
    account.dedicate(organization, kre, 2)
    again = account.admin.post("/dedications:apply", body, idempotency_key="k").ok(200)
    assert again.body == first.body
    assert account.four(kre, organization)[0] == 2, "it was not done a second time"


def test_it_works_on_a_batch(account, kre):
    user = account.user()
    body = {"ops": [{"op": "acquire", "product": kre, "user": user}] * 3}
    first = account.admin.post("/sessions:batch", body, idempotency_key="k").ok(200)
    again = account.admin.post("/sessions:batch", body, idempotency_key="k").ok(200)
    assert [r["session"]["id"] for r in again["results"]] == [r["session"]["id"] for r in first["results"]]
    assert account.four(kre)[2] == 3


def test_an_op_of_a_batch_may_carry_its_own_key(account, kre):
    user = account.user()
    ops = [{"op": "acquire", "product": kre, "user": user, "idempotency_key": f"op-{number}"} for number in (1, 2, 1)]
    results = account.admin.post("/sessions:batch", {"ops": ops}).ok(200)["results"]
    assert [result["status"] for result in results] == [201, 201, 200]
    assert results[0]["session"]["id"] == results[2]["session"]["id"]

    ops.append({"op": "acquire", "product": kre, "user": user, "count": 2, "idempotency_key": "op-1"})
    results = account.admin.post("/sessions:batch", {"ops": ops}).ok(200)["results"]
    assert [result["status"] for result in results] == [200, 200, 200, 422]
    assert results[3]["error"]["type"].endswith("/idempotency-key-reused")
    assert account.four(kre)[2] == 2


def test_a_key_in_a_batch_is_the_same_as_in_the_header(account, kre):
    user = account.user()
    session = account.admin.acquire(kre, user, idempotency_key="k").ok(201)["id"]
    ops = [{"op": "acquire", "product": kre, "user": user, "idempotency_key": "k"}]
    result = account.admin.post("/sessions:batch", {"ops": ops}).ok(200)["results"][0]
    assert (result["status"], result["session"]["id"]) == (200, session)


def test_keys_outlive_a_restart(own):
    kre = own.product(10)
    user = own.user()
    session = own.admin.acquire(kre, user, idempotency_key="k").ok(201)["id"]
    ended = own.admin.acquire(kre, user, idempotency_key="k2").ok(201)["id"]
    own.admin.end(ended).ok()
    server = own.admin.server
    server.stop()
    server.start()
    assert own.admin.acquire(kre, user, idempotency_key="k").ok(200)["id"] == session
    own.admin.acquire(kre, user, idempotency_key="k", count=2).refused(422, "idempotency-key-reused")
    own.admin.acquire(kre, user, idempotency_key="k2").refused(410, "session-ended")
