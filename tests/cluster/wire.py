# SPDX-License-Identifier: Apache-2.0
"""A wire to a port of 127.0.0.1 that the tests have in hand: network.py, in a process of its own, for it must not wait
for them."""

import pathlib
import select
import subprocess
import sys

import janitor

NETWORK = pathlib.Path(__file__).with_name("network.py")
ANSWER_S = 30


class Wire:
    """It is reached at `port`."""

    def __init__(self, target):
        self.process = janitor.watch(subprocess.Popen([sys.executable, NETWORK, str(target)], stdin=subprocess.PIPE,
                                                      stdout=subprocess.PIPE, text=True))
        self.port = int(self.line())

    def tell(self, *words):
        """One of network.py's orders. It is so when this returns."""
        self.process.stdin.write(" ".join(map(str, words)) + "\n")
        self.process.stdin.flush()
        assert self.line() == "so it is\n", "the wire is gone"

    def line(self):
        assert select.select([self.process.stdout], [], [], ANSWER_S)[0], f"the wire says nothing within {ANSWER_S} s"
        return self.process.stdout.readline()

    def remove(self):
        self.process.kill()
        self.process.communicate(timeout=ANSWER_S)
