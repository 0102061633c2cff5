# SPDX-License-Identifier: Apache-2.0
"""Fixtures: one server for the whole run, a fresh account for each test, servers of one's own for a few.

    USHERD=build-asan/usherd /usr/bin/python3 -m pytest tests/api

Every answer is held against src/api/openapi.yaml, and a server that ends badly fails the run."""

import pytest

import api
from server import OPERATOR_KEY, USHERD, Server


def pytest_sessionstart(session):
    if not session.config.option.collectonly and not USHERD.exists():
        raise pytest.UsageError(f"there is no server at {USHERD}: build it, or name one with USHERD=")


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """The server that most tests share."""
    running = Server(tmp_path_factory.mktemp("usherd")).start()
    yield running
    running.stop()


@pytest.fixture
def new_server(tmp_path):
    """Makes servers of the test's own: new_server(*arguments)."""
    made = []

    def make(*arguments, **options):
        folder = tmp_path / f"server{len(made)}"
        folder.mkdir()
        made.append(Server(folder, *arguments, **options))
        return made[-1].start()

    yield make
    for server in made:
        server.stop()


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
