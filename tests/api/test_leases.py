# SPDX-License-Identifier: Apache-2.0
"""Leases without a network: what may be borrowed, by whom, what it counts as, and the token that a machine verifies."""

import base64
import hashlib
import json
import os
import shutil
import stat
import subprocess

import pytest

import api
from server import usherd

DAY_S = 86400
PEM_HEAD = bytes.fromhex("302a300506032b6570032100")  # SubjectPublicKeyInfo of Ed25519, RFC 8410


def decoded(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def published(client):
    return client.as_key(None).get("/.well-known/usher-keys.json").ok(200)["keys"]


def payload(token):
    version, body, _ = token.split(".")
    assert version == "ushl1" and "=" not in token
    return json.loads(decoded(body))


def is_signed_by(token, public_key, folder):
    """Asks OpenSSL, which knows nothing of us."""
    text, _, signature = token.rpartition(".")
    (folder / "key.pem").write_text("-----BEGIN PUBLIC KEY-----\n" + base64.b64encode(PEM_HEAD + public_key).decode()
                                    + "\n-----END PUBLIC KEY-----\n")
    (folder / "text").write_bytes(text.encode())
    (folder / "signature").write_bytes(decoded(signature))
    done = subprocess.run(["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", folder / "key.pem", "-rawin", "-in", folder / "text",
                           "-sigfile", folder / "signature"], capture_output=True, text=True, check=False, timeout=60)
    assert "Verified" in done.stdout or "Failure" in done.stdout, done
    return done.returncode == 0


def is_good(token, keys, folder):
    kid = payload(token)["kid"]
    return any(key["kid"] == kid and is_signed_by(token, decoded(key["public_key"]), folder) for key in keys)


def lend(account, product, days=30, share=100):
    return account.admin.put(f"/borrowing/{product}", {"max_borrow_days": days, "share_percent": share}).ok(200)


def borrow(client, product, user=None, machine="5f0c9a1d", days=7, *, idempotency_key=None, **members):
    body = {"product": product, "machine": machine, "days": days, **members}
    if user is not None:
        body["user"] = user
    return client.post("/leases", body, idempotency_key=idempotency_key)


@pytest.fixture
def kre(account):
    code = account.product(10)
    lend(account, code)
    return code


# ---- What may be borrowed

def test_borrowing_is_off_until_an_admin_allows_it(account):
    kre, user = account.product(10), account.user()
    account.admin.get(f"/borrowing/{kre}").refused(404, "not-found")
    account.admin.delete(f"/borrowing/{kre}").refused(404, "not-found")
    borrow(account.admin, kre, user).refused(403, "forbidden")
    set_to = account.admin.put(f"/borrowing/{kre}", {"max_borrow_days": 7}).ok(200)
    assert set_to.body == {"product": kre, "max_borrow_days": 7, "share_percent": 20}
    assert account.member(user).get(f"/borrowing/{kre}").ok(200).body == set_to.body
    assert borrow(account.admin, kre, user, days=8).refused(400, "invalid-request")["pointer"] == "/days"
    borrow(account.admin, kre, user, days=7).ok(201)
    account.admin.delete(f"/borrowing/{kre}").ok(204)
    borrow(account.admin, kre, user).refused(403, "forbidden")
    assert [event["kind"] for event in account.admin.items("/events", kind="borrowing")] == ["borrowing.set", "borrowing.removed"]
    account.check_laws()


def test_borrowing_is_listed_page_by_page(account):
    codes = sorted(account.product(1) for _ in range(3))
    for code in codes:
        lend(account, code)
    page = account.admin.get("/borrowing", limit=2).ok(200)
    assert [item["product"] for item in page["items"]] == codes[:2]
    page = account.admin.get("/borrowing", limit=2, after=page["next"]).ok(200)
    assert [item["product"] for item in page["items"]] == codes[2:] and page["next"] is None
    assert account.member(account.user()).items("/borrowing") == account.admin.items("/borrowing")


def test_who_may_allow_it(account, kre):
    organization = account.organization()
    for client in (account.key("org_admin", organization=organization), account.member(account.user()), account.key("auditor")):
        client.put(f"/borrowing/{kre}", {"max_borrow_days": 1}).refused(403, "forbidden")
        client.delete(f"/borrowing/{kre}").refused(403, "forbidden")
        client.get(f"/borrowing/{kre}").ok(200)
    account.operator.put(f"/borrowing/{kre}", {"max_borrow_days": 1}).ok(200)


@pytest.mark.parametrize("body, pointer", [({}, "/max_borrow_days"), ({"max_borrow_days": 0}, "/max_borrow_days"),
                                           ({"max_borrow_days": 366}, "/max_borrow_days"),
                                           ({"max_borrow_days": 1, "share_percent": 0}, "/share_percent"),
                                           ({"max_borrow_days": 1, "share_percent": 101}, "/share_percent")])
def test_wrong_settings_are_refused(account, kre, body, pointer):
    assert account.admin.put(f"/borrowing/{kre}", body).refused(400, "invalid-request")["pointer"] == pointer


def test_seats_are_not_borrowed(account):
    fou = account.product(1, model="seat")
    account.admin.put(f"/borrowing/{fou}", {"max_borrow_days": 1}).refused(400, "invalid-request")
    account.admin.put("/borrowing/nothing", {"max_borrow_days": 1}).refused(404, "not-found")
    assert borrow(account.admin, fou, account.user()).refused(400, "invalid-request")["pointer"] == "/product"


# ---- A lease

def test_a_lease_is_a_session_for_its_whole_span(account, kre):
    user = account.user()
    lease = borrow(account.admin, kre, user, days=7).ok(201)
    assert (lease["product"], lease["user"], lease["level"], lease["via"]) == (kre, user, account.id, "fallback")
    assert (lease["machine"], lease["state"], lease["borrowed"], lease["ended_at"]) == ("5f0c9a1d", "active", True, None)
    assert (api.parse(lease["ends_at"]) - api.parse(lease["starts_at"])).total_seconds() == 7 * DAY_S
    session = account.admin.get(f"/sessions/{lease['id']}").ok(200)
    assert (session["borrowed"], session["ttl_s"], session["heartbeat_s"]) == (True, 7 * DAY_S, None)
    assert session["expires_at"] == lease["ends_at"]
    assert account.sessions(user=user) == [session.body]
    assert account.four(kre) == (10, 10, 1, 9)
    plain = account.acquire(kre, user)
    assert (plain["borrowed"], plain["heartbeat_s"]) == (False, 40)
    assert [item["id"] for item in account.admin.items("/leases")] == [lease["id"]]
    account.admin.get(f"/leases/{plain['id']}").refused(404, "not-found")
    account.admin.delete(f"/leases/{plain['id']}").refused(404, "not-found")
    account.check_laws()


def test_a_lease_takes_no_heartbeats_and_is_not_revoked(account, kre):
    user = account.user()
    lease = borrow(account.admin, kre, user).ok(201)["id"]
    assert account.admin.heartbeat(lease).refused(409, "conflict")["with"] == lease
    assert account.admin.end(lease, reason="misuse").refused(409, "conflict")["with"] == lease
    assert account.admin.end(lease, reason="misuse", cooldown_s=60).refused(409, "conflict")["with"] == lease
    assert account.admin.delete(f"/users/{user}").refused(409, "conflict")["with"] == lease
    batch = account.admin.post("/sessions:batch", {"ops": [{"op": "heartbeat", "session": lease},
                                                           {"op": "release", "session": lease, "reason": "x"}]}).ok(200)
    assert [result["status"] for result in batch["results"]] == [409, 409]
    assert account.admin.get(f"/leases/{lease}").ok(200)["state"] == "active"


def test_a_lease_is_returned_early(account, kre):
    user = account.user()
    lease = borrow(account.admin, kre, user).ok(201)["id"]
    returned = account.member(user).delete(f"/leases/{lease}").ok(200)
    assert (returned["state"], returned["reason"], returned["lease"]) == ("released", None, None)
    assert returned["ended_at"] is not None
    assert account.admin.delete(f"/leases/{lease}").ok(200).body == returned.body
    assert account.admin.get(f"/leases/{lease}").ok(200).body == returned.body
    refused = account.admin.heartbeat(lease).refused(410, "session-ended")
    assert (refused["session"], refused["state"]) == (lease, "released")
    assert account.four(kre) == (10, 10, 0, 10)
    # By the session's own address it is the same.
    other = borrow(account.admin, kre, user).ok(201)["id"]
    assert account.admin.end(other).ok(200)["state"] == "released"
    account.admin.delete(f"/users/{user}").ok(204)
    assert [item["state"] for item in account.admin.items("/leases")] == ["released", "released"]
    assert account.admin.items("/leases", state="active") == []
    account.check_laws()


def test_of_each_pool_a_share_is_lent(account):
    kre, organization = account.product(20), account.organization()
    account.dedicate(organization, kre, 9)
    user = account.user(organization)
    lend(account, kre, share=20)
    levels = [borrow(account.admin, kre, user).ok(201)["level"] for _ in range(3)]
    assert levels == [organization, account.id, account.id]  # of 9 one, of 11 two
    refused = borrow(account.admin, kre, user).refused(409, "no-license-available")
    assert [(tried["level"], tried["reason"]) for tried in refused["tried"]] == [
        (organization, "borrow_limit"), (account.id, "borrow_limit")]
    assert refused["reasons"] == {"borrow_limit": 2}
    account.acquire(kre, user)  # sessions go on
    denial = account.admin.items("/denials")[0]
    assert (denial["error"], denial["reason"], denial["machine"]) == ("no-license-available", "borrow_limit", "5f0c9a1d")
    assert account.admin.items("/denials", kind="borrow_limit") == [denial]
    lend(account, kre, share=100)
    borrow(account.admin, kre, user).ok(201)
    assert account.admin.items("/denials")[0]["closed_by"] == "grant"
    account.check_laws()


def test_policy_and_projects_apply(account):
    kre = account.product(20)
    lend(account, kre)
    mine, other = account.organization(), account.organization()
    for organization in (mine, other):
        account.dedicate(organization, kre, 5)
    user = account.user(mine)
    project = account.project(other)
    account.policy("strict", False)
    borrow(account.admin, kre, user, organization=other).refused(403, "not-eligible")
    borrow(account.admin, kre, user, project=project).refused(403, "not-a-member")
    assert borrow(account.admin, kre, user, project="PR-999999").refused(404, "not-found")["pointer"] == "/project"
    account.policy("member_based", False)
    account.join(project, user)
    lease = borrow(account.admin, kre, user, project=project).ok(201)
    assert (lease["level"], lease["via"], lease["project"]) == (other, "project", project)


def test_who_may_borrow_read_and_return(account):
    kre, organization = account.product(20), account.organization()
    account.dedicate(organization, kre, 5)
    lend(account, kre)
    user = account.user(organization)
    member, stranger = account.member(user), account.member(account.user())
    lease = borrow(member, kre).ok(201)
    assert lease["lease"] is not None
    borrow(member, kre, account.user()).refused(403, "forbidden")
    borrow(account.key("platform"), kre, user).refused(403, "forbidden")
    borrow(account.key("platform", user=user), kre).refused(403, "forbidden")
    borrow(account.key("auditor"), kre, user).refused(403, "forbidden")
    admin = account.key("org_admin", organization=organization)
    borrow(admin, kre, user).refused(403, "forbidden")
    for client in (member, admin, account.admin, account.operator):
        assert client.get(f"/leases/{lease['id']}").ok(200)["lease"] == lease["lease"]
    assert account.key("auditor").get(f"/leases/{lease['id']}").ok(200)["lease"] is None
    stranger.get(f"/leases/{lease['id']}").refused(404, "not-found")
    stranger.delete(f"/leases/{lease['id']}").refused(403, "forbidden")
    assert stranger.items("/leases") == []
    for client in (member, admin, account.key("auditor")):
        assert [(item["id"], item["lease"]) for item in client.items("/leases")] == [(lease["id"], None)]
    account.key("auditor").delete(f"/leases/{lease['id']}").refused(403, "forbidden")
    admin.delete(f"/leases/{lease['id']}").ok(200)


@pytest.mark.parametrize("body, pointer", [({"days": None}, "/days"), ({"machine": None}, "/machine"), ({"machine": ""}, "/machine"),
                                           ({"days": 0}, "/days"), ({"days": 366}, "/days"), ({"days": "7"}, "/days"),
                                           ({"count": 2}, "/count"), ({"ttl_s": 60}, "/ttl_s"), ({"origin": "platform"}, "/origin")])
def test_a_malformed_request_is_refused(account, kre, body, pointer):
    whole = {"product": kre, "user": account.user(), "machine": "m", "days": 7, **body}
    assert account.admin.post("/leases", whole).refused(400, "invalid-request")["pointer"] == pointer


def test_a_retry_borrows_once(account, kre):
    user = account.user()
    first = borrow(account.admin, kre, user, idempotency_key="k").ok(201)
    assert borrow(account.admin, kre, user, idempotency_key="k").ok(200).body == first.body
    borrow(account.admin, kre, user, days=6, idempotency_key="k").refused(422, "idempotency-key-reused")
    borrow(account.admin, kre, user, machine="other", idempotency_key="k").refused(422, "idempotency-key-reused")
    account.admin.acquire(kre, user, idempotency_key="k").refused(422, "idempotency-key-reused")
    account.acquire(kre, user, idempotency_key="s")
    borrow(account.admin, kre, user, idempotency_key="s").refused(422, "idempotency-key-reused")
    account.admin.delete(f"/leases/{first['id']}").ok(200)
    borrow(account.admin, kre, user, idempotency_key="k").refused(410, "session-ended")
    assert account.figures(kre)["assigned"] == 1


def test_a_restart_makes_no_lease_longer(own):
    kre, user = own.product(5), own.user()
    lend(own, kre)
    lease = borrow(own.admin, kre, user, idempotency_key="k").ok(201)
    own.operator.server.kill()
    own.operator.server.start()
    assert own.admin.get(f"/leases/{lease['id']}").ok(200).body == lease.body
    assert borrow(own.admin, kre, user, idempotency_key="k").ok(200).body == lease.body
    own.operator.server.verify()
    assert own.admin.get(f"/borrowing/{kre}").ok(200)["max_borrow_days"] == 30
    own.check_laws()


@pytest.mark.alone("the processor's time of one process")
def test_a_shortfall_ends_no_lease_and_leaves_the_server_at_rest(account):
    kre, user = account.product(), account.user()
    purchase = account.purchase(kre, 5)
    lend(account, kre)
    account.admin.patch("", {"on_shortfall": "end_newest", "shortfall_grace_s": 0}).ok(200)
    leases = [borrow(account.admin, kre, user).ok(201)["id"] for _ in range(2)]
    session = account.acquire(kre, user)["id"]
    account.operator.patch(f"/purchases/{purchase}", {"quantity": 1}).ok(200)
    assert account.admin.get(f"/sessions/{session}").ok(200)["reason"] == "purchase-ended"
    assert [item["state"] for item in account.admin.items("/leases")] == ["active", "active"]
    assert account.figures(kre)["over_committed"] == 1
    pid = account.operator.server.process.pid
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        before = file.read().rsplit(")", 1)[1].split()
    api.time.sleep(1)
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        after = file.read().rsplit(")", 1)[1].split()
    spent = sum(int(now) - int(then) for now, then in zip(after[11:13], before[11:13])) / os.sysconf("SC_CLK_TCK")
    assert spent < 0.5, f"the server spends {spent} s of a second on nothing"
    account.admin.delete(f"/leases/{leases[0]}").ok(200)
    account.check_laws()


def test_a_dry_run_replays_leases(account, kre):
    organization = account.organization()
    user = account.user(organization)
    borrow(account.admin, kre, user).ok(201)
    result = account.admin.put("/usage-policy", {"policy": "strict", "fallback": False}, dry_run=True).ok(200)
    assert result["denied_total"] == 1


# ---- Tokens and keys

def test_a_token_is_verified_with_the_published_key(account, kre, tmp_path):
    user = account.user()
    lease = borrow(account.admin, kre, user, machine='a "b" ü').ok(201)
    content = payload(lease["lease"])
    assert content == {"v": 1, "id": lease["id"], "account": account.id, "product": kre, "user": user, "machine": 'a "b" ü',
                       "starts_at": lease["starts_at"], "ends_at": lease["ends_at"], "kid": content["kid"]}
    keys = published(account.operator)
    assert keys[-1]["kid"] == content["kid"] and keys[-1]["retired_at"] is None
    for key in keys:
        assert key["kid"] == hashlib.blake2b(decoded(key["public_key"]), digest_size=32).hexdigest()[:16]
    assert is_good(lease["lease"], keys, tmp_path)
    head, body, signature = lease["lease"].split(".")
    other = base64.urlsafe_b64encode(decoded(body).replace(b'"v":1', b'"v":1 ')).decode().rstrip("=")
    assert not is_signed_by(f"{head}.{other}.{signature}", decoded(keys[-1]["public_key"]), tmp_path)
    # The same for each reading: it follows from the row and the key.
    assert account.admin.get(f"/leases/{lease['id']}").ok(200)["lease"] == lease["lease"]


def test_keys_are_published_to_anyone(account):
    nobody = account.operator.as_key(None)
    nobody.get("/.well-known/usher-keys.json").ok(200)
    nobody.call("POST", "/.well-known/usher-keys.json").refused(405, "method-not-allowed")
    for key in published(account.operator):
        assert set(key) == {"kid", "public_key", "created_at", "retired_at"}


@pytest.mark.sqlite("the keys are in the store, the folder has a copy")
def test_a_rotation_is_taken_up_and_keeps_what_was_signed(own, tmp_path):
    kre, user = own.product(5), own.user()
    lend(own, kre)
    data = own.operator.server.data
    file = data / "lease-keys.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    old = borrow(own.admin, kre, user).ok(201)
    ran = usherd("rotate-key", "--data", str(data))
    assert ran.returncode == 0, ran
    first, second = published(own.operator)
    assert payload(old["lease"])["kid"] == first["kid"] and first["kid"] in ran.stdout and second["kid"] in ran.stdout
    assert first["retired_at"] is not None and second["retired_at"] is None
    assert is_good(old["lease"], [first, second], tmp_path)
    new = borrow(own.admin, kre, user).ok(201)
    assert payload(new["lease"])["kid"] == second["kid"] and is_good(new["lease"], [first, second], tmp_path)
    # A lease that is read again is signed with the present key.
    again = own.admin.get(f"/leases/{old['id']}").ok(200)["lease"]
    assert payload(again) == {**payload(old["lease"]), "kid": second["kid"]} and is_good(again, [second], tmp_path)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    # The retired key's secret is gone.
    kept = json.loads(file.read_text(encoding="utf-8"))["keys"]
    assert ["secret_key" in key for key in kept] == [False, True]
    own.operator.server.stop()
    own.operator.server.start()
    assert published(own.operator) == [first, second]


@pytest.mark.sqlite("the keys are in the store, the folder has a copy")
def test_a_damaged_file_changes_nothing_for_a_server_that_runs_but_stops_a_start(own):
    file = own.operator.server.data / "lease-keys.json"
    good = file.read_bytes()
    before = published(own.operator)
    for bad in (b"", b"{}", b'{"keys":[]}', good[:-20], good.replace(b'"secret_key":"', b'"secret_key":"AAAA')):
        file.write_bytes(bad)
        assert published(own.operator) == before
        assert usherd("rotate-key", "--data", str(own.operator.server.data)).returncode == 1
    file.unlink()
    assert published(own.operator) == before
    file.write_bytes(b"{}")
    own.operator.server.stop()
    with pytest.raises(AssertionError, match="lease-keys.json is damaged"):
        own.operator.server.start()
    file.write_bytes(good)
    own.operator.server.start()
    assert published(own.operator) == before


def test_rotating_needs_the_folder(tmp_path):
    ran = usherd("rotate-key", "--data", str(tmp_path / "nowhere"))
    assert (ran.returncode, ran.stdout) == (1, "") and ran.stderr.startswith("usherd: ") and len(ran.stderr.splitlines()) == 1
    ran = usherd("rotate-key", "--fast", "--data", str(tmp_path))
    assert ran.returncode == 2
    ran = usherd("rotate-key", "--data", str(tmp_path))
    assert ran.returncode == 0 and len(ran.stdout.splitlines()) == 1
    assert (tmp_path / "lease-keys.json").exists()
    shutil.rmtree(tmp_path)
