# SPDX-License-Identifier: Apache-2.0
"""The database is put back to an earlier moment, from a base backup and the archive of its log (docs/cluster.md, "Backup and
restore"), under nodes that run on: what was then is there whole, what came after is gone everywhere, and no number of it is
given to anybody else."""

import contextlib
import os
import signal
import time

import pytest

from api import Account, Client, eventually
from cluster import Cluster
from crowd import Crowd
from postgres import Postgres, as_somebody
from server import OPERATOR_KEY, Server
from test_hunt import check_all_is_given_back, make_world


class Archived(Postgres):
    """Keeps its log beside its data; one that is made of a backup of it takes the log from there."""

    def __init__(self, **settings):
        super().__init__(**settings)
        self.archive = self.folder / "archive"
        self.archive.mkdir()
        if os.getuid() == 0:
            os.chown(self.archive, as_somebody()["user"], -1)
        self.settings |= {"archive_mode": "on", "archive_command": f"cp %p {self.archive}/%f"}

    def back_up(self):
        self.run("pg_basebackup", "-D", self.folder / "base", "-d", self.uri("replication"), "-X", "none", "-c", "fast", "--no-sync")

    def finish_archive(self):
        """Until all that was written is there."""
        [[last]] = self.query("SELECT pg_walfile_name(pg_switch_wal())")
        assert eventually((self.archive / last).exists, 30), self.text()[-2000:]

    @contextlib.contextmanager
    def restored(self, moment):
        """The database as it was, at the same address; this one is stopped."""
        made = Postgres(restore_command=f"cp {self.archive}/%f %p", recovery_target_time=moment, recovery_target_action="promote")
        made.port = self.port
        try:
            made.run("cp", "-a", self.folder / "base", made.data)
            made.run("touch", made.data / "recovery.signal")
            self.stop()
            made.start()
            assert eventually(lambda: made.query("SELECT pg_is_in_recovery()") == [["f"]], 30), made.text()[-2000:]
            yield made
        finally:
            made.remove()


@pytest.fixture
def archived():
    made = Archived()
    try:
        yield made.make().start()
    finally:
        made.remove()


@pytest.fixture
def wired(archived, tmp_path):
    made = Cluster(tmp_path, store=archived.uri(archived.database()))
    try:
        yield made.start()
    finally:
        made.remove()


def number(session):
    return int(session.split("-")[1])


def check_course(now, then):
    """What is there is what was until a moment; then only leases have ended."""
    same = next((place for place, (one, other) in enumerate(zip(now, then)) if one != other), min(len(now), len(then)))
    assert 0 < same < len(then) - 1, f"{same} of {len(then)} events are there"
    assert {event["kind"] for event in now[same:]} <= {"session.expired"}, now[same:]


def test_a_database_put_back_to_a_moment_is_whole_and_nothing_after_it_is_known(wired, archived, account, seed):
    product, pools, users = make_world(account)
    kept_product, user = account.product(3), account.user()
    ended_later = account.acquire(kept_product, user, ttl_s=600)["id"]
    crowd = Crowd(account, product, users, seed=seed, port=wired.port, clients=20).start(60)
    time.sleep(1)
    archived.back_up()
    time.sleep(1)
    [[moment]] = archived.query("SELECT clock_timestamp()")
    time.sleep(1)
    account.at[0].end(ended_later).ok(200)
    lost = account.acquire(kept_product, user, ttl_s=600)["id"]
    crowd.finish()
    then = account.admin.items("/events")
    archived.finish_archive()
    with archived.restored(moment):
        assert eventually(lambda: all(node.ready() for node in wired.nodes), 20), wired.tail()
        check_course(account.admin.items("/events"), then)
        for admin in account.at:
            admin.heartbeat(lost).refused(404, "not-found")
            admin.heartbeat(ended_later).ok(200)
        assert [number(account.acquire(kept_product, user)["id"]) > number(lost) for _ in range(2)] == [True, True]
        account.admin.acquire(kept_product, user).refused(409, "no-license-available")
        check_all_is_given_back(account, product, pools)
        wired.verify()


def test_a_dump_and_a_clone_give_no_number_a_second_time_and_a_crash_leaves_none_out(postgres, tmp_path):
    database, copy = postgres.database(), postgres.database()
    server = Server(tmp_path, store=postgres.uri(database)).start()
    try:
        account = Account(Client(server, OPERATOR_KEY))
        product, user = account.product(9), account.user()
        account.acquire(product, user)
        postgres.run("pg_dump", "-Fc", "--no-unlogged-table-data", "-f", postgres.folder / "dump", "-d", postgres.uri(database))
        later = account.acquire(product, user)["id"]
        postgres.stop(signal.SIGQUIT)
        postgres.start()
        assert number(account.acquire(product, user)["id"]) == number(later) + 1
        server.stop()
        postgres.run("pg_restore", "--no-owner", "-d", postgres.uri(copy), postgres.folder / "dump")
        server.store = postgres.uri(copy)
        server.start()
        assert number(account.acquire(product, user)["id"]) > number(later) + 1000
        account.admin.heartbeat(later).refused(404, "not-found")
        server.verify()
        later = account.acquire(product, user)["id"]
        server.stop()
        postgres.query(f"CREATE DATABASE {copy}_cloned TEMPLATE {copy}")
        server.store = postgres.uri(f"{copy}_cloned")
        server.start()
        assert number(account.acquire(product, user)["id"]) > number(later) + 1000
    finally:
        server.remove()
