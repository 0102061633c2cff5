# SPDX-License-Identifier: Apache-2.0
"""Five hundred programs and fifty licenses. A third of the programs are killed. What happened is read from the
server's own history: never more than fifty at once, nobody overtaken in line, nothing left behind."""

import fcntl
import os
import random
import subprocess
import threading
import time

import pytest

from conftest import USHER
from server import Account, Server, until

PROGRAMS, LICENSES, TTL_S = 500, 50, 10


@pytest.fixture
def account(tmp_path):
    server = Server(tmp_path)
    yield Account(server, LICENSES)
    server.stop()


class Fleet:
    def __init__(self, account, folder):
        self.account, self.folder = account, folder
        self.programs, self.killed, self.lines = [], set(), []
        self.watching = True
        # Who has a license keeps it until there is a line worth the name, however slowly the programs start.
        self.gate = open(folder / "gate", "wb")
        fcntl.flock(self.gate, fcntl.LOCK_EX)
        self.env = {"PATH": os.environ["PATH"], "HOME": str(folder), "USHER_URL": account.server.url,
                    "USHER_KEY": account.key, "USHER_ACCOUNT": account.id}
        self.env.update({name: value for name, value in os.environ.items() if name.endswith("SAN_OPTIONS")})

    def start(self, number):
        with open(self.folder / f"{number}.err", "wb") as err:
            self.programs.append(subprocess.Popen(
                [USHER, "run", "--product", "KRE", "--ttl", str(TTL_S), "--wait", "5m", "--machine", f"agent-{number}",
                 "--", "flock", "--shared", self.folder / "gate", "sleep", "2"], env=self.env, stdin=subprocess.DEVNULL, stderr=err))

    def watch(self):
        """The line as it stands, again and again."""
        while self.watching:
            self.lines.append([waiter["machine"] for waiter in self.account.waiters()])
            time.sleep(0.3)

    def kill_one(self, dice):
        """One of those that are there, whatever it is doing."""
        living = [number for number, program in enumerate(self.programs) if program.poll() is None]
        if living:
            number = dice.choice(living)
            self.programs[number].kill()
            if self.programs[number].wait(30) == -9: # else it had just ended by itself
                self.killed.add(number)


def events(account):
    """(kind, session) of all that begins or ends a session, in order."""
    return [(event["kind"], event["subject"], event["after"] or event["before"])
            for event in account.items("/events?kind=session")]


def most_at_once(history):
    held, most = set(), 0
    for kind, subject, _ in history:
        if kind == "session.acquired":
            held.add(subject)
        elif kind in ("session.released", "session.expired", "session.revoked"):
            held.discard(subject)
        most = max(most, len(held))
    return most, held


def test_five_hundred_programs_and_fifty_licenses(account, tmp_path):
    dice = random.Random(42)
    fleet = Fleet(account, tmp_path)
    watcher = threading.Thread(target=fleet.watch, daemon=True)
    watcher.start()
    for number in range(PROGRAMS):
        fleet.start(number)
        if len(fleet.killed) < number // 3:
            fleet.kill_one(dice)
    until(lambda: any(len(line) > LICENSES for line in fleet.lines), 120)
    fleet.gate.close()
    for number, program in enumerate(fleet.programs):
        code = program.wait(300)
        told = (tmp_path / f"{number}.err").read_text()
        assert code == (-9 if number in fleet.killed else 0), f"program {number}: {code}\n{told}"
    fleet.watching = False
    watcher.join(60)
    assert not watcher.is_alive(), "who watches the line still waits for an answer"
    until(lambda: not account.active(), TTL_S + 30)

    assert len(fleet.killed) >= PROGRAMS // 3 - 5
    history = events(account)
    most, held = most_at_once(history)
    assert most <= LICENSES and held == set()
    assert most == LICENSES, "they never were all taken: this showed nothing"

    granted = {}
    for kind, _, session in history:
        if kind == "session.acquired":
            granted.setdefault(session["machine"], len(granted))
    assert {f"agent-{number}" for number in range(PROGRAMS) if number not in fleet.killed} <= set(granted)
    for line in fleet.lines:
        order = [granted[machine] for machine in line if machine in granted]
        assert order == sorted(order), "somebody was overtaken"
