# SPDX-License-Identifier: Apache-2.0
"""kill -9, again and again, under load of all commands.

    USHERD=build/usherd KILLS=100 SEED=7 /usr/bin/python3 -m pytest -s tests/crash

The server and the client of the API tests are used here, too. When the server dies is rolled from the seed, and so is
what is asked; which request it hits is chance."""

import os
import pathlib
import random
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "api"))

from server import USHERD  # noqa: E402 (found by the path above)


def pytest_sessionstart(session):
    if not session.config.option.collectonly and not USHERD.exists():
        raise pytest.UsageError(f"there is no server at {USHERD}: build it, or name one with USHERD=")


@pytest.fixture
def seed():
    chosen = int(os.environ.get("SEED") or random.randrange(10**6))
    print(f"\nSEED={chosen}")
    return chosen


@pytest.fixture
def kills():
    return int(os.environ.get("KILLS") or 20)
