# SPDX-License-Identifier: Apache-2.0
"""Moving house: who served from a folder goes on from a database with several nodes, and back; and what is refused."""

import re
import subprocess

import pytest

from api import Account, Client
from cluster import Cluster
from server import OPERATOR_KEY, USHERD, Server

LICENSES = 3
TABLES = 22
LEASE_KEYS = "lease-keys.json"


def usherd(*words, status=0):
    """What a command prints; it must end with this status."""
    done = subprocess.run([USHERD, *map(str, words)], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr


def counts(told):
    """Rows by table, as copy prints them: as many were written as were read."""
    rows = re.findall(r"^(\w+) +(\d+) +(\d+)$", told, re.M)
    assert len(rows) == TABLES and all(read == written for _, read, written in rows), told
    return {table: int(written) for table, _, written in rows}


class House:
    """An account of which all licenses are out."""

    def __init__(self, server):
        account = Account(Client(server, OPERATOR_KEY))
        self.id, self.key = account.id, account.admin.key
        self.product, self.user = account.product(LICENSES), account.user()
        self.sessions = {f"key-{number}": self.acquire(server, f"key-{number}") for number in range(LICENSES)}
        self.swap(server, "key-0", "key-0b")

    def admin(self, server):
        return Client(server, self.key, self.id)

    def acquire(self, server, key):
        return self.admin(server).acquire(self.product, self.user, ttl_s=600, idempotency_key=key).ok()["id"]

    def swap(self, server, old, new):
        """Gives a license back and takes it again; in between there is none for anybody."""
        admin = self.admin(server)
        admin.acquire(self.product, self.user).refused(409, "no-license-available")
        admin.end(self.sessions.pop(old)).ok()
        self.sessions[new] = self.acquire(server, new)

    def check(self, server, history):
        """The history is what it was and goes on, the sessions live, and what was promised for a key holds."""
        admin = self.admin(server)
        assert admin.items("/events")[:len(history)] == history
        assert {session["id"] for session in admin.items("/sessions", state="active")} == set(self.sessions.values())
        for key, session in self.sessions.items():
            assert self.acquire(server, key) == session
            admin.heartbeat(session).ok()
        old = sorted(self.sessions)[0]
        self.swap(server, old, old + "+")


@pytest.fixture
def alone(tmp_path):
    """A server on a folder."""
    (tmp_path / "alone").mkdir()
    server = Server(tmp_path / "alone").start()
    yield server
    server.stop()


@pytest.fixture
def made():
    """What is to be removed in the end."""
    servers = []
    yield servers
    for server in servers:
        server.remove()


def serve_database(tmp_path, uri, made):
    nodes = Cluster(tmp_path, store=uri)
    made.append(nodes)
    return nodes.start()


def lease_keys(server):
    return (server.data / LEASE_KEYS).read_text(encoding="utf-8")


def test_there_and_back(alone, postgres, tmp_path, made):
    house = House(alone)
    history = house.admin(alone).items("/events")
    alone.kill()
    uri = postgres.uri(postgres.database())
    there = counts(usherd("copy", "--from", alone.data, "--to", uri))
    assert there["session"] == LICENSES + 1 and there["event"] >= len(history) and there["denial"] == 1
    nodes = serve_database(tmp_path, uri, made)
    assert all(lease_keys(node) == lease_keys(alone) for node in nodes.nodes)
    house.check(nodes, history)
    history = house.admin(nodes).items("/events")
    assert usherd("verify", "--store", uri).endswith(": whole\n")

    (tmp_path / "back").mkdir()
    back = Server(tmp_path / "back")
    assert "is in use" in usherd("copy", "--from", uri, "--to", back.data, status=1)
    nodes.stop()
    again = counts(usherd("copy", "--from", uri, "--to", back.data))
    assert again["session"] == LICENSES + 2 and again["event"] > there["event"]
    made.append(back)
    assert lease_keys(back) == lease_keys(alone)
    house.check(back.start(), history)
    assert usherd("verify", "--data", back.data).endswith(": whole\n")


def test_an_archive_goes_on_where_it_was(alone, postgres, tmp_path, made):
    """The same segments and checkpoints, wherever the store is; beside servers that run."""
    house, archive = House(alone), tmp_path / "archive"
    words = ("--before", "2999-01-01", "--out", archive)
    alone.stop()
    usherd("archive", "--data", alone.data, *words)
    uri = postgres.uri(postgres.database())
    assert counts(usherd("copy", "--from", alone.data, "--to", uri))["checkpoint"] >= 2
    nodes = serve_database(tmp_path, uri, made)
    house.check(nodes, [])
    at = ("--store", uri, "--data", alone.data)
    assert re.search(r"^[1-9]\d* events in [1-9]", usherd("archive", *at, *words))
    house.check(nodes, [])
    assert usherd("verify", *at, "--archive", archive).endswith(": whole\n")
    assert usherd("verify", *at).endswith(": whole\n")
    assert usherd("verify", "--data", alone.data, "--archive", archive, status=1).endswith("broken\n")


def test_a_tampered_store_is_found(alone, postgres):
    House(alone)
    alone.stop()
    database = postgres.database()
    uri = postgres.uri(database)
    usherd("copy", "--from", alone.data, "--to", uri)
    postgres.query("ALTER TABLE event DISABLE TRIGGER USER; UPDATE event SET at = at + 1 WHERE account_id = 1 AND seq = 2",
                   database)
    told = usherd("verify", "--store", uri, status=1)
    assert "BROKEN AC-1, event 2: the event, or its link to the one before, was changed" in told


@pytest.mark.parametrize("words, complaint", [
    (("copy",), "copy needs --from and --to"),
    (("copy", "--from", "a"), "copy needs --from and --to"),
    (("copy", "--from", "a", "--to", "b", "--from", "c"), "copy does not take --from a second time"),
    (("copy", "--from", "a", "--to"), "--to needs a value"),
    (("copy", "--from", "a", "--to", "mysql://u:p@h/d"), "copy needs --from and --to"),
    (("copy", "--from", "host=a password=p", "--to", "b"), "copy needs --from and --to"),
    (("copy", "--from", "a", "--to", "b", "c"), "copy does not take c"),
])
def test_words_that_make_no_sense(words, complaint):
    assert complaint in usherd(*words, status=2)


@pytest.mark.parametrize("words", [
    ("copy", "--from", "{uri}", "--to", "{folder}/new"),
    ("copy", "--from", "{folder}", "--to", "{uri}"),
    ("verify", "--store", "{uri}"),
    ("verify", "--store", "{uri}", "--archive", "{folder}"),
    ("archive", "--store", "{uri}", "--data", "{folder}", "--before", "2999-01-01"),
    ("--store", "{uri}", "--data", "{folder}", "--listen", "127.0.0.1:0"),
])
@pytest.mark.parametrize("uri", ["postgresql://usher:secret@127.0.0.1:1/usher", "postgresql://usher:secret@[/usher",
                                 "postgresql://usher:secret@127.0.0.1/usher?nonsense=secret"])
def test_a_password_is_never_shown(words, uri, tmp_path, alone):
    alone.stop()
    told = usherd(*(word.format(uri=uri, folder=alone.data) for word in words), status=1)
    assert told.startswith("usherd: ") or "usherd: " in told
    assert "secret" not in told and told.count("\n") <= 2, told
