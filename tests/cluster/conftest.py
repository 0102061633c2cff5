# SPDX-License-Identifier: Apache-2.0
"""Several nodes on one database, and all that can go wrong between and around them.

    USHERD=build/usherd HUNT_S=300 SEED=7 /usr/bin/python3 -m pytest -s tests/cluster

Servers, clients, PostgreSQL and the balancer are those of the API tests. What is done when is rolled from the seed; what it
meets is chance."""

import os
import pathlib
import random
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "api"))

from api import Account, Client  # noqa: E402 (found by the path above)
from cluster import Cluster  # noqa: E402
from postgres import Postgres  # noqa: E402
from server import OPERATOR_KEY, USHERD  # noqa: E402
from wire import Wire  # noqa: E402


def pytest_sessionstart(session):
    if not session.config.option.collectonly and not USHERD.exists():
        raise pytest.UsageError(f"there is no server at {USHERD}: build it, or name one with USHERD=")


@pytest.fixture
def seed():
    chosen = int(os.environ.get("SEED") or random.randrange(10**6))
    print(f"\nSEED={chosen}")
    return chosen


@pytest.fixture(scope="session")
def postgres():
    with Postgres() as made:
        yield made


@pytest.fixture
def wired(postgres, tmp_path):
    """Three nodes, each with a wire of its own to the database: `wires`."""
    database = postgres.database()
    wires = [Wire(postgres.port) for _ in range(3)]
    cluster = Cluster(tmp_path, store=lambda number: postgres.uri(database, wires[number].port))
    cluster.wires = wires
    try:
        yield cluster.start()
    finally:
        for wire in wires:
            wire.tell("open")
        cluster.remove()
        for wire in wires:
            wire.remove()


@pytest.fixture
def account(wired):
    """An account of the cluster; `at[n]` is its admin at one node alone."""
    made = Account(Client(wired, OPERATOR_KEY))
    made.at = [Client(node, made.admin.key, made.id) for node in wired.nodes]
    return made
