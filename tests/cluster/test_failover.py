# SPDX-License-Identifier: Apache-2.0
"""The database's machine is gone, its standby takes over: nothing acknowledged is lost, and no node is started anew."""

import concurrent.futures
import signal
import time

import pytest

from api import Account, Client, eventually
from cluster import Cluster
from crowd import Crowd
from judge import judge
from postgres import Postgres
from server import OPERATOR_KEY
from test_hunt import check_all_is_given_back, make_world

WITHIN_S = 5


@pytest.fixture
def pair():
    """A primary, and a standby without which it acknowledges nothing."""
    primary, standby = Postgres(durable=True), Postgres(durable=True)
    try:
        primary.make().start()
        standby.copy_of(primary).start()
        primary.query("ALTER SYSTEM SET synchronous_standby_names = '*'")
        primary.query("SELECT pg_reload_conf()")
        assert eventually(lambda: primary.query("SELECT sync_state FROM pg_stat_replication") == [["sync"]], 10)
        yield primary, standby
    finally:
        primary.remove()
        standby.remove()


@pytest.fixture
def cluster(pair, tmp_path):
    primary, standby = pair
    hosts = ",".join(f"127.0.0.1:{server.port}" for server in pair)
    made = Cluster(tmp_path, store=f"postgresql://usher@{hosts}/{primary.database()}?target_session_attrs=read-write")
    try:
        yield made.start()
    finally:
        made.remove()


def serves_after(node, probe, product, user, since):
    """When the node grants again, in seconds."""
    client = Client(node, probe.admin.key, probe.id, check=False)
    while time.monotonic() < since + 60:
        try:
            if client.acquire(product, user).status == 201:
                return time.monotonic() - since
        except OSError:
            pass
        time.sleep(0.05)
    raise AssertionError(f"it does not serve again:\n{node.tail()}")


def test_nothing_is_lost_and_all_nodes_serve_within_5_s_of_the_promotion(cluster, pair, seed):
    primary, standby = pair
    operator = Client(cluster, OPERATOR_KEY)
    account, probe = Account(operator), Account(operator)
    account.at = [Client(node, account.admin.key, account.id) for node in cluster.nodes]
    probe_product, probe_user = probe.product(100), probe.user()
    product, pools, users = make_world(account)
    crowd = Crowd(account, product, users, seed=seed, port=cluster.port).start(150)
    try:
        time.sleep(4)
        primary.stop(signal.SIGKILL)
        assert eventually(lambda: not any(node.ready() for node in cluster.nodes), 15), "ready, and nothing can be written"
        standby.promote()
        promoted = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(3) as pool:
            took = list(pool.map(lambda node: serves_after(node, probe, probe_product, probe_user, promoted), cluster.nodes))
        time.sleep(4)
    finally:
        record = crowd.finish()
    print(f"nodes serve again {', '.join(f'{each:.2f}' for each in took)} s after the promotion; {record.told()}")
    faults = judge(record, account.admin.items("/events"), pools, account.id)
    assert not faults, f"SEED={seed}\n" + "\n".join(faults[:40])
    assert max(took) <= WITHIN_S, took
    assert all(node.ready() for node in cluster.nodes)
    cluster.check_alive()
    check_all_is_given_back(account, product, pools)
    cluster.verify()
