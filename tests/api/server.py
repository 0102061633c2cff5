# SPDX-License-Identifier: Apache-2.0
"""Starts and stops the server under test, and looks at how it ended."""

import os
import pathlib
import random
import re
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

import janitor

ROOT = pathlib.Path(__file__).resolve().parents[2]
USHERD = pathlib.Path(os.environ.get("USHERD", ROOT / "build" / "usherd"))
OPERATOR_KEY = "operator-key-of-the-api-tests-0123456789"
START_S = 30
STOP_S = 30
SERVES = re.compile(r"serves (https?://\S+) from")
SANITIZER = re.compile(r"(Address|Thread|Leak|Memory|UndefinedBehavior)Sanitizer|runtime error:")


def lasting_port():
    """A port to come back to: below those that outgoing connections are given, who could have it meanwhile."""
    lowest = int(pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").read_text(encoding="ascii").split()[0])
    while True:
        port = random.randrange(10000, max(lowest, 20000))
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port


def is_ready(url):
    try:
        with urllib.request.urlopen(f"{url}/readyz", timeout=5) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False


class Server:
    """One usherd on its own data folder. Start it again after stop() or kill(): the folder stays.

    With `store`, the URI of a PostgreSQL database, what it holds is there; with `port` it is found there each time."""

    def __init__(self, folder, *arguments, operator_key=OPERATOR_KEY, store=None, port=None):
        self.folder = pathlib.Path(folder)
        self.data = self.folder / "data"
        self.log = self.folder / "stderr"
        self.arguments = arguments
        self.store = store
        self.port = port
        self.operator_key = operator_key
        self.process = None
        self.url = None
        self.said = 0  # so much was in its log when it was started last
        # A node that was killed is known to be gone when its mark of life in the shared store is too old.
        self.forgets_within_s = 15 if store else 0

    def start(self, *arguments):
        return self.launch(*arguments).wait()

    def launch(self, *arguments):
        """Starts it, and waits for nothing. Without a port of its own the system gives it one."""
        self.said = len(self.text())
        environment = dict(os.environ, USHER_OPERATOR_KEY=self.operator_key)
        store = ["--store", self.store] if self.store else []
        listen = f"127.0.0.1:{self.port or 0}"
        command = [str(USHERD), *store, "--data", str(self.data), "--listen", listen, *self.arguments, *arguments]
        with open(self.log, "ab") as log:
            self.process = janitor.watch(subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment))
        return self

    def wait(self):
        """Until it is ready."""
        deadline = time.monotonic() + START_S
        while not self.ready():
            if self.process.poll() is not None:
                raise AssertionError(f"usherd ended with {self.process.returncode} at start:\n{self.tail()}")
            if time.monotonic() > deadline:
                self.process.kill()
                raise AssertionError(f"usherd was not ready within {START_S} s:\n{self.tail()}")
            time.sleep(0.02)
        return self

    def ready(self):
        """Whether it serves. The port is the one that the system gave it: none could be taken by others meanwhile."""
        serves = SERVES.search(self.text(), self.said)
        if serves is None:
            return False
        self.url = serves[1]
        return is_ready(self.url)

    def terminate(self):
        """SIGTERM, and waits for nothing."""
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)

    def stop(self):
        """SIGTERM; fails unless the server then ends with status 0 and without a sanitizer's report."""
        if self.process is None:
            return
        self.terminate()
        try:
            status = self.process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(STOP_S)
            raise AssertionError(f"usherd did not stop within {STOP_S} s of SIGTERM:\n{self.tail()}") from None
        self.process = None
        assert status == 0, f"usherd ended with {status}:\n{self.tail()}"
        self.check_log()

    def kill(self):
        """kill -9: as if the power went."""
        self.process.kill()
        self.process.wait(STOP_S)
        self.process = None
        self.check_log()

    def remove(self):
        """The end of it."""
        self.stop()

    def verify(self):
        """Fails unless `usherd verify` finds the history whole."""
        done = usherd("verify", *(["--store", self.store] if self.store else ["--data", str(self.data)]))
        assert done.returncode == 0, f"usherd verify: {done.stdout}{done.stderr}"

    def check_alive(self):
        status = self.process.poll() if self.process else None
        assert status is None, f"usherd ended by itself with {status}:\n{self.tail()}"
        self.check_log()

    def check_log(self):
        if SANITIZER.search(self.text()):
            raise AssertionError(f"a sanitizer reports:\n{self.tail(20000)}")

    def text(self):
        return self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""

    def tail(self, size=4000):
        return self.text()[-size:]


def usherd(*arguments, **options):
    """Runs a subcommand of the server to its end."""
    return subprocess.run([str(USHERD), *arguments], capture_output=True, text=True, timeout=60, check=False, **options)
