# SPDX-License-Identifier: Apache-2.0
"""A disk that is full: what cannot be kept is not acknowledged, and the service goes on by itself once there is room."""

import subprocess
import time

import pytest

from api import Account, Client
from server import OPERATOR_KEY, Server, usherd

DISK = "24m"


@pytest.fixture
def small_disk(tmp_path):
    """A folder for the server's data that is a disk of its own."""
    folder = tmp_path / "data"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK},mode=0700", "tmpfs", str(folder)], capture_output=True,
                             timeout=60)
    if mounted.returncode != 0:
        pytest.skip("a disk of its own needs the right to mount one")
    yield folder
    subprocess.run(["umount", str(folder)], check=True, timeout=60)


@pytest.fixture
def server(tmp_path, small_disk):
    running = Server(tmp_path).start()
    yield running
    running.stop()


def fill(folder):
    """Takes all the room that is left; gives the file to delete."""
    filler = folder / "filler"
    with open(filler, "wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 65536)
        except OSError:
            pass
    return filler


def acquire_until_refused(admin, product, user, granted):
    for number in range(5000):
        answer = admin.acquire(product, user, idempotency_key=f"{len(granted)}-{number}", ttl_s=86400, machine="m" * 255)
        if answer.status != 201:
            return answer
        granted.append(answer["id"])
    raise AssertionError("the disk never was full")


def test_the_service_goes_on_by_itself_when_a_full_disk_has_room_again(server, small_disk):
    account = Account(Client(server, OPERATOR_KEY))
    product, user = account.product(10**6), account.user()
    admin = Client(server, account.admin.key, account.id, check=False)
    granted = []
    for _ in range(3):
        filler = fill(small_disk)
        refused = acquire_until_refused(admin, product, user, granted)
        assert (refused.status, refused.problem) == (503, "unavailable"), refused
        assert int(refused.headers["retry-after"]) >= 1
        assert admin.get("/pools").ok(200), "figures are still answered"
        filler.unlink()
        deadline = time.monotonic() + 60
        while (answer := admin.acquire(product, user, ttl_s=86400)).status != 201:
            assert answer.status == 503 and time.monotonic() < deadline, f"it does not go on: {answer}"
            time.sleep(0.1)
        granted.append(answer["id"])
        assert {session["id"] for session in admin.items("/sessions", state="active")} == set(granted)
        account.check_laws()
    server.kill()
    server.start()
    assert {session["id"] for session in admin.items("/sessions", state="active")} == set(granted)
    done = usherd("verify", "--data", str(server.data))
    assert done.returncode == 0, done.stdout + done.stderr
