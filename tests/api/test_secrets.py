# SPDX-License-Identifier: Apache-2.0
"""Secrets stay where they belong: in no log, event, answer, file or core; and a lesser key is no greater one."""
import os
import pathlib
import select
import stat
import subprocess
import tempfile

import pytest

import api
from server import OPERATOR_KEY, SERVES, START_S, USHERD, Server, usherd

METRICS_KEY = "metrics-key-of-the-api-tests-0123456789"
PASSWORD = "correct horse battery staple 7"


@pytest.fixture
def watched(tmp_path, monkeypatch):
    """A server that logs all it can, with a key for the metrics."""
    monkeypatch.setenv("USHER_METRICS_KEY", METRICS_KEY)
    server = Server(tmp_path, "--log-level", "debug", "--log-format", "json").start()
    yield server
    server.stop()


def status_of(server, method, path, key):
    headers = {"Authorization": f"Bearer {key}"}
    return api.requests.request(method, server.url + path, timeout=10, headers=headers).status_code


def test_the_key_of_the_metrics_reads_them_and_nothing_else(watched):
    page = api.requests.get(f"{watched.url}/metrics", headers={"Authorization": f"Bearer {METRICS_KEY}"}, timeout=10)
    assert page.status_code == 200 and "usher_build_info" in page.text
    tried = [route for route in routes() if status_of(watched, *route, METRICS_KEY) != 401]
    assert not tried


def routes():
    """Every route that takes a key, but the metrics themselves."""
    open_ones = {"/metrics", "/healthz", "/readyz", "/.well-known/usher-keys.json", "/v1/invitations:accept"}
    for line in usherd("routes").stdout.splitlines():
        method, path = line.split()[:2]
        if path not in open_ones and (method, path) != ("POST", "/v1/sign-in"):
            yield method, path.replace("{account}", "AC-1").replace("{", "").replace("}", "")


def test_a_wrong_key_reads_no_metrics(watched):
    for key in (METRICS_KEY[:-1], METRICS_KEY + "x", METRICS_KEY.upper(), ""):
        assert status_of(watched, "GET", "/metrics", key) == 401


def test_no_secret_is_found_anywhere(watched):
    operator = api.Client(watched, OPERATOR_KEY)
    account = api.Account(operator)
    secrets = [OPERATOR_KEY, METRICS_KEY, PASSWORD]
    made = account.admin.post("/api-keys", {"name": "k", "role": "auditor"}).ok(201)
    secrets.append(made["secret"])
    for path in ("/v1/whoami", "/v1/accounts/self/events", "/v1/accounts/self/api-keys", "/metrics", "/no/such/thing"):
        for key in secrets:
            shown = api.requests.get(watched.url + path, headers={"Authorization": f"Bearer {key}"}, timeout=10).text
            assert not [secret for secret in secrets if secret in shown], path
    # In places where a client may put it by mistake, it is told of, but not logged.
    api.requests.get(f"{watched.url}/v1/{made['secret']}?key={made['secret']}", timeout=10)
    api.requests.post(f"{watched.url}/v1/sign-in", json={"account": "AC-1", "email": "a@example.com",
                                                         "password": PASSWORD}, timeout=30)
    account.admin.delete(f"/api-keys/{made['id']}").ok(204)
    watched.stop()
    for path in [watched.log, *(entry for entry in watched.data.rglob("*") if entry.is_file())]:
        content = path.read_bytes()
        assert not [secret for secret in secrets if secret.encode() in content], path
    watched.start()


def test_what_is_written_is_its_owners_alone(watched):
    for path in [watched.data, *watched.data.rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


@pytest.fixture
def nobodys_folder():
    """A folder of whoever is not root. Those of pytest lie in others that only root may enter."""
    nobody = os.geteuid() or 65534
    with tempfile.TemporaryDirectory(prefix="usher-") as folder:
        os.chown(folder, nobody, -1)
        yield nobody, pathlib.Path(folder)


def test_memory_is_in_no_core_and_open_to_no_other_process(nobodys_folder):
    # Of a process that may not be dumped, what tells of its memory is root's. So it must not be root's anyway.
    nobody, folder = nobodys_folder
    try:
        process = subprocess.Popen([USHERD, "--data", folder / "data", "--listen", "127.0.0.1:0"], user=nobody,
                                   stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    except PermissionError:
        pytest.skip("this tree may be read by root only")
    try:
        assert select.select([process.stdout], [], [], START_S)[0], f"usherd says nothing within {START_S} s"
        url = SERVES.search(process.stdout.readline().decode())[1]
        assert pathlib.Path(f"/proc/{process.pid}/status").stat().st_uid == 0
        answer = api.requests.get(f"{url}/readyz", timeout=30)
        assert answer.status_code == 200
    finally:
        process.terminate()
        process.communicate(timeout=30)
    assert process.returncode == 0
