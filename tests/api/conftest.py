# SPDX-License-Identifier: Apache-2.0
"""Fixtures: one server for the whole run, a fresh account for each test, servers of one's own for a few.

    USHERD=build-asan/usherd /usr/bin/python3 -m pytest tests/api [--store=sqlite|postgres|cluster]

`postgres` is one node on a PostgreSQL of the run's own, `cluster` three of them behind a balancer that sends each request
to another. Every answer is held against src/api/openapi.yaml, and a server that ends badly fails the run."""

import pytest

import api
from cluster import Cluster
from postgres import Postgres
from server import OPERATOR_KEY, USHERD, Server


def pytest_addoption(parser):
    parser.addoption("--store", choices=("sqlite", "postgres", "cluster"), default="sqlite", help="what the servers run on")


def pytest_sessionstart(session):
    if not session.config.option.collectonly and not USHERD.exists():
        raise pytest.UsageError(f"there is no server at {USHERD}: build it, or name one with USHERD=")


def pytest_collection_modifyitems(config, items):
    """What is about SQLite's files, and what is about one process, is not for the others."""
    store = config.option.store
    for item in items:
        for name, stores in (("sqlite", ("postgres", "cluster")), ("alone", ("cluster",))):
            mark = item.get_closest_marker(name)
            if mark is not None and store in stores:
                item.add_marker(pytest.mark.skip(reason=mark.args[0]))


@pytest.fixture(scope="session")
def make_server(request):
    """Makes a server, or a cluster, that is empty, and not started: make_server(folder, *arguments)."""
    store = request.config.option.store
    if store == "sqlite":
        yield Server
        return
    with Postgres() as postgres:
        kind = Cluster if store == "cluster" else Server
        yield lambda *arguments, **options: kind(*arguments, store=postgres.uri(postgres.database()), **options)


@pytest.fixture(scope="session")
def server(make_server, tmp_path_factory):
    """The server that most tests share."""
    running = make_server(tmp_path_factory.mktemp("usherd")).start()
    yield running
    running.remove()


@pytest.fixture
def new_server(make_server, tmp_path):
    """Makes servers of the test's own: new_server(*arguments)."""
    made = []

    def make(*arguments, **options):
        folder = tmp_path / f"server{len(made)}"
        folder.mkdir()
        made.append(make_server(folder, *arguments, **options))
        return made[-1].start()

    yield make
    for server in made:
        server.remove()


@pytest.fixture
def operator(server):
    yield api.Client(server, OPERATOR_KEY)
    server.check_alive()


@pytest.fixture
def account(operator):
    """A fresh account with the plan true_enterprise."""
    return api.Account(operator)


@pytest.fixture
def new_account(operator):
    """Makes accounts: new_account(plan="free")."""
    return lambda **settings: api.Account(operator, **settings)


@pytest.fixture
def own(new_server):
    """An account on a server of its own, for tests that stop, kill or upset the server."""
    server = new_server()
    return api.Account(api.Client(server, OPERATOR_KEY))
