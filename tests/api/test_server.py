# SPDX-License-Identifier: Apache-2.0
"""The server as a whole: health, metrics, backup, restarts, many at once."""

import concurrent.futures
import sqlite3
import time

import pytest

from api import Account, Client, eventually, parse
from server import OPERATOR_KEY, Server, usherd


def test_health_and_readiness_need_no_key(operator):
    nobody = operator.as_key(None)
    assert nobody.get("/healthz").ok(200).body == {"status": "ok"}
    assert nobody.get("/readyz").ok(200).body == {"status": "ok"}


def test_metrics_are_for_the_operator(account):
    text = account.operator.get("/metrics").ok(200).text
    assert [line for line in text.splitlines() if line and not line.startswith("#")]
    account.admin.get("/metrics").refused(403, "forbidden")


@pytest.mark.sqlite("it opens the copy")
@pytest.mark.threads
def test_a_backup_taken_while_serving_is_a_consistent_copy(own, tmp_path):
    kre = own.product(5)
    session = own.acquire(kre, own.user())["id"]
    copy = tmp_path / "copy.sqlite3"
    copy.write_bytes(own.operator.post("/v1/backup").ok(200).content)
    with sqlite3.connect(copy) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert database.execute("SELECT count(*) FROM session").fetchone() == (1,)
    own.admin.heartbeat(session).ok(200)


@pytest.mark.sqlite("PostgreSQL has its own ways")
def test_a_restored_backup_gives_no_number_a_second_time(tmp_path):
    old, new = tmp_path / "old", tmp_path / "new"
    old.mkdir()
    new.mkdir()
    server = Server(old).start()
    account = Account(Client(server, OPERATOR_KEY))
    kre, user = account.product(5), account.user()
    (old / "copy").write_bytes(account.operator.post("/v1/backup").ok(200).content)
    lost = account.acquire(kre, user)["id"]
    server.stop()
    done = usherd("restore", str(old / "copy"), "--data", str(new / "data"))
    assert done.returncode == 0, done.stderr
    server = Server(new).start()
    admin = Client(server, account.admin.key, account.id)
    assert admin.acquire(kre, user).ok(201)["id"] != lost
    admin.heartbeat(lost).refused(404, "not-found")
    server.verify()
    server.stop()


def everything(account):
    """All that a restart must leave as it was."""
    paths = ["/organizations", "/users", "/projects", "/purchases", "/pools", "/seats", "/events"]
    found = {path: account.operator.items(path) for path in paths}
    found["/sessions"] = [{**session, "expires_at": None} for session in account.operator.items("/sessions")]
    found["account"] = account.operator.get("").body
    found["policy"] = account.operator.get("/usage-policy").body
    found["keys"] = [{**key, "last_used_at": None} for key in account.operator.items("/api-keys")]
    return found


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_what_was_acknowledged_is_there_after_a_restart(own, end):
    kre, fou = own.product(20), own.product(10, model="seat")
    own.purchase(kre, 5, ends_at="2999-01-01T00:00:00Z")
    organization = own.organization("Studio")
    below = own.organization("Lighting", organization)
    user = own.user(below, name="Älice")
    project = own.project(organization, user)
    own.dedicate(organization, kre, 10)
    own.dedicate(below, kre, 4)
    own.policy("member_based", False)
    seat = own.admin.assign(fou, user, own.id)["id"]
    own.admin.post(f"/seats/{seat}/check-in").ok(200)
    sessions = [own.acquire(kre, user)["id"] for _ in range(4)]
    own.admin.end(sessions[0]).ok()
    own.admin.end(sessions[1], reason="maintenance", cooldown_s=600).ok()
    own.dedicate(below, kre, 1, reclaim="drain")
    own.dedicate(organization, kre, 20, when="available")
    gone = own.organization("Gone")
    own.admin.delete(f"/organizations/{gone}").ok(204)
    revoked = own.key("auditor")
    own.admin.delete(f"/api-keys/{revoked.key_id}").ok(204)
    before = everything(own)

    server = own.admin.server
    getattr(server, end)()
    server.start()

    after = everything(own)
    for name, value in before.items():
        assert after[name] == value, name
    revoked.get("").refused(401, "unauthenticated")
    denied = own.admin.acquire(kre, user, project=project).refused(409, "no-license-available")
    assert denied["tried"][0]["reason"] == "cooldown"
    for session in sessions[2:]:
        own.admin.heartbeat(session).ok(200)
    assert int(own.organization()[3:]) > int(gone[3:]), "ids are not used again"
    own.check_laws()


def test_a_product_once_bought_has_its_rows_after_a_restart(own):
    kre = own.product()
    own.operator.delete(f"/purchases/{own.purchase(kre, 5)}").ok(204)
    before = own.pools(kre)
    server = own.admin.server
    server.stop()
    server.start()
    assert own.pools(kre) == before


def test_a_user_whose_cooldown_was_over_before_a_restart_gets_another(own):
    kre, user = own.product(5), own.user()
    own.admin.end(own.acquire(kre, user)["id"], reason="idle", cooldown_s=1).ok(200)
    time.sleep(1.1)
    server = own.admin.server
    server.stop()
    server.start()
    own.admin.end(own.acquire(kre, user)["id"], reason="idle", cooldown_s=60).ok(200)
    own.admin.acquire(kre, user).refused(409, "no-license-available")


def test_while_the_service_is_down_no_lease_runs_out(own):
    kre = own.product(5)
    session = own.acquire(kre, own.user(), ttl_s=10)["id"]
    server = own.admin.server
    server.stop()
    time.sleep(11)
    server.start()
    found = own.admin.get(f"/sessions/{session}").ok(200)
    left = (parse(found["expires_at"]) - parse(own.acquire(kre, own.user())["started_at"])).total_seconds()
    assert found["state"] == "active"
    assert left >= 3, "at the start it had its full ttl"
    assert own.admin.heartbeat(session).ok(200)["state"] == "active"


@pytest.mark.sqlite("several may serve one database")
def test_a_data_folder_serves_one_server_at_a_time(own, tmp_path):
    (tmp_path / "second").mkdir()
    second = Server(tmp_path / "second")
    second.data = own.admin.server.data
    try:
        with pytest.raises(AssertionError, match="at start"):
            second.start()
        assert second.process.returncode > 0
    finally:
        second.process.kill()
    own.admin.get("").ok(200)


@pytest.mark.threads
def test_many_at_once_get_exactly_what_there_is(account):
    kre = account.product(50)
    users = [account.user() for _ in range(8)]

    def worker(user):
        client = Client(account.operator.server, account.admin.key, account.id)
        return [client.acquire(kre, user).status for _ in range(20)]

    with concurrent.futures.ThreadPoolExecutor(len(users)) as pool:
        statuses = sum(pool.map(worker, users), [])
    assert statuses.count(201) == 50
    assert statuses.count(409) == len(statuses) - 50
    assert account.four(kre) == (50, 50, 50, 0)


@pytest.mark.threads
def test_many_at_once_with_one_idempotency_key_get_one_session(account):
    kre = account.product(50)
    user = account.user()

    def worker(_):
        client = Client(account.operator.server, account.admin.key, account.id)
        return client.acquire(kre, user, idempotency_key="one").ok()["id"]

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        ids = set(pool.map(worker, range(40)))
    assert len(ids) == 1
    assert account.four(kre)[2] == 1


def test_accounts_do_not_see_each_other(account, new_account):
    other = new_account()
    kre = account.product(5)
    other.purchase(kre, 7)
    organization, user = account.organization(), account.user()
    session = account.acquire(kre, user)["id"]
    assert other.four(kre) == (7, 7, 0, 7)
    for path in (f"/organizations/{organization}", f"/users/{user}", f"/sessions/{session}"):
        other.admin.get(path).refused(404, "not-found")
    other.admin.end(session).refused(404, "not-found")
    assert other.sessions() == [] and other.admin.items("/users") == []


def test_connections_are_kept_and_a_request_after_an_error_is_served(account):
    for _ in range(3):
        account.admin.post("/organizations", raw=b"{").refused(400, "invalid-request")
        account.admin.get("/users").ok(200)


@pytest.mark.threads
def test_a_stop_finishes_what_is_in_flight(new_server):
    server = new_server()
    operator = Client(server, OPERATOR_KEY)
    created = []

    def worker(number):
        client = Client(server, OPERATOR_KEY)
        try:
            while (made := client.post("/v1/accounts", {"name": f"of thread {number}"})).status != 503:
                created.append(made.ok(201)["id"])
        except OSError:
            pass  # the server has gone

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        done = [pool.submit(worker, number) for number in range(4)]
        assert eventually(lambda: created)
        time.sleep(0.3)
        server.stop()
        for future in done:
            future.result()
    server.start()
    assert created and {account["id"] for account in operator.items("/v1/accounts")} >= set(created)
