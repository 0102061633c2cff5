# SPDX-License-Identifier: Apache-2.0
"""Section 9: many sessions in one request and one durable commit."""

import json

import pytest


@pytest.fixture
def kre(account):
    return account.product(10)


def batch(client, *ops, **options):
    return client.post("/sessions:batch", {"ops": list(ops)}, **options)


def results(client, *ops):
    return batch(client, *ops).ok(200)["results"]


def name(result):
    return result["error"]["type"].rsplit("/", 1)[-1]


def test_ops_are_answered_in_order(account, kre):
    user = account.user()
    session = account.acquire(kre, user)["id"]
    done = results(account.admin, {"op": "acquire", "product": kre, "user": user, "machine": "ci-1", "ttl_s": 600},
                   {"op": "heartbeat", "session": session}, {"op": "release", "session": session},
                   {"op": "heartbeat", "session": session})
    assert [result["status"] for result in done] == [201, 200, 200, 410]
    assert (done[0]["session"]["machine"], done[0]["session"]["ttl_s"]) == ("ci-1", 600)
    assert (done[1]["session"]["id"], done[1]["session"]["state"]) == (session, "active")
    assert (done[2]["session"]["id"], done[2]["session"]["state"]) == (session, "released")
    assert (name(done[3]), done[3]["error"]["session"]) == ("session-ended", session)
    account.check_laws()


def test_each_op_sees_what_the_ones_before_it_did(account):
    kre = account.product(1)
    user = account.user()
    session = account.acquire(kre, user)["id"]
    acquire = {"op": "acquire", "product": kre, "user": user}
    done = results(account.admin, acquire, {"op": "release", "session": session}, acquire, acquire)
    assert [result["status"] for result in done] == [409, 200, 201, 409]
    assert name(done[0]) == name(done[3]) == "no-license-available"
    assert done[0]["error"]["tried"][0]["available"] == 0


def test_a_refused_op_does_not_disturb_the_others(account, kre):
    user = account.user()
    stranger = account.project(account.organization())
    done = results(account.admin, {"op": "acquire", "product": "no-such-product", "user": user},
                   {"op": "acquire", "product": kre, "user": user, "project": stranger},
                   {"op": "release", "session": "SN-999999999"}, {"op": "acquire", "product": kre, "user": user})
    assert [result["status"] for result in done] == [404, 403, 404, 201]
    assert done[0]["error"]["pointer"] == "/ops/0/product"
    assert name(done[1]) == "not-a-member"


def test_an_op_with_a_wrong_form_refuses_the_batch_and_nothing_is_done(account, kre):
    good = {"op": "acquire", "product": kre, "user": account.user()}
    for bad, pointer in [({**good, "wait_s": 5}, "/ops/1/wait_s"), ({**good, "ttl_s": 9}, "/ops/1/ttl_s"),
                         ({**good, "op": "steal"}, "/ops/1/op"), ({"op": "release"}, "/ops/1/session"),
                         ({**good, "idempotency_key": ""}, "/ops/1/idempotency_key"),
                         ({"op": "heartbeat", "session": "SN-1", "product": kre}, "/ops/1/product")]:
        refused = batch(account.admin, good, bad).refused(400, "invalid-request")
        assert refused["pointer"] == pointer
    assert account.four(kre)[2] == 0


def test_each_op_is_judged_by_what_its_key_may(account, kre):
    user, other = account.user(), account.user()
    member = account.member(user)
    theirs = account.acquire(kre, other)["id"]
    done = results(member, {"op": "acquire", "product": kre}, {"op": "acquire", "product": kre, "user": other},
                   {"op": "release", "session": theirs}, {"op": "heartbeat", "session": theirs})
    assert [result["status"] for result in done] == [201, 403, 403, 403]
    assert done[0]["session"]["user"] == user
    assert name(done[1]) == name(done[2]) == name(done[3]) == "forbidden"


def test_an_admin_may_revoke_in_a_batch(account, kre):
    user = account.user()
    session = account.acquire(kre, user)["id"]
    done = results(account.admin, {"op": "release", "session": session, "reason": "maintenance", "cooldown_s": 60},
                   {"op": "acquire", "product": kre, "user": user})
    assert (done[0]["session"]["state"], done[0]["session"]["reason"]) == ("revoked", "maintenance")
    assert done[1]["error"]["tried"][0]["reason"] == "cooldown"


def test_an_empty_batch_does_nothing(account):
    assert results(account.admin) == []


def test_ten_thousand_ops_fit_and_one_more_does_not(account):
    kre = account.product(10000)
    op = {"op": "acquire", "product": kre, "user": account.user(), "ttl_s": 86400}
    done = results(account.admin, *[op] * 10000)
    assert {result["status"] for result in done} == {201}
    assert account.four(kre) == (10000, 10000, 10000, 0)
    batch(account.admin, *[op] * 10001).refused(413, "too-large")


def test_a_batch_may_have_10_mib(account, kre):
    op = {"op": "acquire", "product": kre, "user": account.user(), "machine": "m" * 200}
    body = json.dumps({"ops": [op] * 5}).encode()
    padded = body + b" " * (10 * 2**20 - len(body))
    assert len(account.admin.post("/sessions:batch", raw=padded).ok(200)["results"]) == 5
    account.admin.post("/sessions:batch", raw=padded + b" ").refused(413, "too-large")
