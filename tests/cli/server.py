# SPDX-License-Identifier: Apache-2.0
"""A real server for the tests of programs that hold licenses: one that can be killed and started again, and a line to
it that can be held up or cut."""

import json
import os
import pathlib
import re
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request

from conftest import ROOT

USHERD = pathlib.Path(os.environ.get("USHERD", ROOT / "build" / "usherd")).resolve()
SERVES = re.compile(r"serves (http://\S+) from")
OPERATOR_KEY = "operator-key-of-the-run-tests-0123456789"


def until(condition, seconds=30):
    """Waits for what will be so soon, and gives it back."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError("it never came to that")


class Server:
    """On an address of the loopback network that nobody else uses: there the port that the system gave it is still free
    when it is started again."""

    def __init__(self, folder):
        self.folder = folder
        self.host, self.port, self.url = f"127.{1 + os.getpid() // 256 % 254}.{os.getpid() % 256}.1", 0, None
        self.log = open(folder / "log", "ab")
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            [USHERD, "--data", self.folder / "data", "--listen", f"{self.host}:{self.port}"], stdout=self.log,
            stderr=self.log, env={**os.environ, "USHER_OPERATOR_KEY": OPERATOR_KEY})
        until(self.is_ready, 60)

    def is_ready(self):
        said = (self.folder / "log").read_text()
        assert self.process.poll() is None, said
        serves = SERVES.search(said)
        if serves is None:
            return False
        self.url = serves[1]
        self.port = int(self.url.rsplit(":", 1)[1])
        try:
            urllib.request.urlopen(f"{self.url}/readyz", timeout=5).close()
            return True
        except OSError:
            return False

    def kill(self):
        self.process.kill()
        self.process.wait(30)

    def stop(self):
        self.process.terminate()
        assert self.process.wait(30) == 0, (self.folder / "log").read_text()
        self.log.close()

    def ask(self, method, path, body=None, key=OPERATOR_KEY):
        """What it answers, as JSON; a refusal is an HTTPError."""
        request = urllib.request.Request(self.url + path, method=method, headers={"Authorization": f"Bearer {key}"})
        if body is not None:
            request.data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
        with urllib.request.urlopen(request, timeout=30) as answer:
            text = answer.read()
        return json.loads(text) if text else None


class Account:
    """An account of its own with some licenses and a service user, whose key the programs have."""

    def __init__(self, server, licenses, product="KRE"):
        self.server, self.product = server, product
        self.id = server.ask("POST", "/v1/accounts", {"name": "Atelier Nord", "plan": "true_enterprise"})["id"]
        self.path = f"/v1/accounts/{self.id}"
        try:
            server.ask("POST", "/v1/products", {"code": product, "name": product, "model": "session"})
        except urllib.error.HTTPError as error:
            assert error.code == 409
        self.ask("POST", "/purchases", {"product": product, "quantity": licenses})
        self.user = self.ask("POST", "/users", {"name": "ci", "kind": "service"})["id"]
        made = self.ask("POST", "/api-keys", {"name": "ci", "role": "member", "user": self.user})
        self.key, self.key_id = made["secret"], made["id"]

    def ask(self, method, path, body=None):
        return self.server.ask(method, self.path + path, body)

    def items(self, path):
        found, after = [], ""
        while after is not None:
            page = self.ask("GET", f"{path}{'&' if '?' in path else '?'}limit=1000{after}")
            found += page["items"]
            after = f"&after={page['next']}" if page["next"] else None
        return found

    def sessions(self, state=None):
        return self.items("/sessions" + (f"?state={state}" if state else ""))

    def active(self):
        return self.sessions("active")

    def waiters(self):
        return self.items("/waiters")

    def take(self):
        """A license that somebody else holds."""
        return self.ask("POST", "/sessions", {"product": self.product, "user": self.user, "machine": "elsewhere",
                                              "ttl_s": 3600})["id"]

    def end(self, session, query=""):
        return self.ask("DELETE", f"/sessions/{session}{query}")

    def check_no_leak(self):
        assert self.active() == [] and self.waiters() == []


class Line:
    """A line to the server. `open`: it passes everything on; `held`: the server hears, but nothing comes back;
    `closed`: nobody can connect, and who was connected is cut."""

    def __init__(self, server):
        self.server, self.state, self.pairs = server, "open", set()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            if self.state == "closed":
                client.close()
                continue
            server = socket.create_connection((self.server.host, self.server.port))
            self.pairs.add((client, server))
            threading.Thread(target=self.carry, args=(client, server, False), daemon=True).start()
            threading.Thread(target=self.carry, args=(server, client, True), daemon=True).start()

    def carry(self, source, target, back):
        try:
            while data := source.recv(65536):
                while back and self.state == "held":
                    time.sleep(0.01)
                if self.state == "closed":
                    break
                target.sendall(data)
        except OSError:
            pass
        for end in (source, target):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def cut(self):
        self.state = "closed"
        for pair in self.pairs:
            for end in pair:
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
        self.pairs.clear()

    def close(self):
        self.listener.close()
        self.cut()
