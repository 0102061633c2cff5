# SPDX-License-Identifier: Apache-2.0
"""Usher itself: strict policy with fallback over a tree of 1,000 organizations, each answer durable."""
import json
import os
import signal
import subprocess
import time
import urllib.request

import rig

KEY = "benchmark-operator-key-0123456789abcdef"
ACCOUNT = "/v1/accounts/AC-1"


def paths():
    """1,000 organizations: 10 at the top, 9 below each, 10 below each of those."""
    for top in range(10):
        yield f"top{top}"
        for middle in range(9):
            yield f"top{top}/middle{middle}"
            yield from (f"top{top}/middle{middle}/leaf{leaf}" for leaf in range(10))


def is_leaf(path):
    return path.count("/") == 2


class Usher:
    name = "Usher"

    def __init__(self, usherd, folder, store=None):
        """With `store`, the URI of a PostgreSQL database, it is one node of several."""
        self.usherd, self.folder, self.process, self.key = usherd, folder, None, KEY
        self.store = ["--store", store] if store else []

    # ---- The server

    def start(self):
        self.run()
        self.fill()

    def run(self):
        """Starts it and waits until it is ready; tells how long that took, in seconds."""
        self.port = rig.free_port()
        began = time.monotonic()
        self.process = subprocess.Popen([self.usherd, *self.store, "--data", self.folder / "data",
                                         "--listen", self.listen(), "--log-level", "error"],
                                        env={**os.environ, "USHER_OPERATOR_KEY": KEY}, stdout=subprocess.DEVNULL)
        while not self.is_ready():
            if self.process.poll() is not None:
                raise SystemExit("usherd ended at its start")
            time.sleep(0.005)
        return time.monotonic() - began

    def listen(self):
        return f"127.0.0.1:{self.port}"

    def is_ready(self):
        try:
            with urllib.request.urlopen(f"http://{self.listen()}/readyz"):
                return True
        except OSError:
            return False

    def stop(self, how=signal.SIGTERM):
        rig.stop(self.process, how)

    # ---- What it holds

    def call(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"http://{self.listen()}{path}", data, method=method,
                                         headers={"Authorization": "Bearer " + self.key,
                                                  "Content-Type": "application/json"})
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def fill(self, organizations=None, dedicated=2, policy="strict", quantity=1_000_000_000):
        organizations = list(organizations or paths())
        leaves = [path for path in organizations if is_leaf(path)] or organizations
        self.call("POST", "/v1/products", {"code": "KRE", "name": "Krea", "model": "session"})
        self.call("POST", "/v1/accounts", {"name": "Acme", "plan": "true_enterprise"})
        self.call("POST", ACCOUNT + "/purchases", {"product": "KRE", "quantity": quantity})
        self.apply([{"path": path, "dedications": {"KRE": self.need(path, dedicated)}} for path in organizations])
        self.apply([{"email": f"user{user}@example.com", "name": f"User {user}",
                     "organization": leaves[user % len(leaves)]} for user in range(rig.USERS)], "members")
        self.call("PUT", ACCOUNT + "/usage-policy", {"policy": policy, "fallback": True})
        self.key = self.call("POST", ACCOUNT + "/api-keys", {"name": "bench", "role": "account_admin"})["secret"]

    @staticmethod
    def need(path, dedicated):
        return dedicated * {0: 9 * 10, 1: 10, 2: 1}[path.count("/")] if "top" in path else dedicated

    def apply(self, items, member="organizations", at_once=2000):
        for start in range(0, len(items), at_once):
            self.call("POST", ACCOUNT + ":apply", {member: items[start:start + at_once]})

    def acquire(self):
        return self.call("POST", ACCOUNT + "/sessions",
                         {"product": "KRE", "user": "US-1", "machine": "ws-1.example.com"})

    def next_session(self):
        return int(self.acquire()["id"].removeprefix("SN-")) + 1

    # ---- Load

    def rate(self, connections, seconds, releases=True):
        return self.load(connections, seconds, releases)[0]

    def batch_rate(self, connections, seconds, size):
        """Operations a second, by batches of so many."""
        return size * rig.wrk(f"http://{self.listen()}", connections, seconds, "batch.lua", self.key, rig.USERS,
                              self.next_session(), 4 * connections, size)[0]

    def heartbeat_rate(self, connections, seconds):
        first, count = self.next_session(), 1000
        for _ in range(count):
            self.acquire()
        return rig.wrk(f"http://{self.listen()}", connections, seconds, "heartbeat.lua", self.key, first, count)[0]

    def load(self, connections, seconds, releases=True):
        return rig.wrk(f"http://{self.listen()}", connections, seconds, "load.lua", self.key, rig.USERS,
                       self.next_session(), 4 * connections, "yes" if releases else "no")
