#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs a test of the client library against a live server.

Usage: USHERD=build/usherd run.py PROGRAM [ARGUMENT...]

Starts usherd on a folder of its own, a proxy before it (proxy.py), and a line of control on which the program asks for
what it cannot do by itself: accounts with keys, a look at the server's figures, faults. The program finds them in
USHER_TEST_PROXY, USHER_TEST_SERVER and USHER_TEST_CONTROL. Its exit code is that of the program, or 1 when the server
ends badly. What the program can ask for are the methods of World, one word a line: the name and the arguments; the
answer is one line."""

import json
import os
import pathlib
import re
import shlex
import shutil
import socketserver
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import urllib.error
import urllib.parse
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "api")]

from proxy import Proxy  # noqa: E402
from server import OPERATOR_KEY, Server  # noqa: E402


class World:
    """One server, and whatever the tests make on it."""

    def __init__(self, folder):
        self.folder = folder
        self.server = Server(folder)
        self.proxy = Proxy()
        self.tls_proxies = []
        self.count = 0
        self._start()

    def _start(self, *arguments):
        self.server.start(*arguments)
        host, port = self.server.url.removeprefix("http://").split(":")
        self.proxy.upstream = (host, int(port))

    def call(self, method, path, body=None, key=OPERATOR_KEY):
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(self.server.url + path, method=method, data=data)
        request.add_header("Authorization", f"Bearer {key}")
        request.add_header("Content-Type", "application/json")
        with urllib.request.urlopen(request, timeout=30) as answer:
            text = answer.read()
            return json.loads(text) if text else None

    # ---- What the tests ask for

    def account(self, quantity, model="session"):
        """A new account with so many licenses of a new product: account, product, user, its key, its key's id."""
        self.count += 1
        product = f"P-{self.count}"
        self.call("POST", "/v1/products", {"code": product, "name": product, "model": model})
        account = self.call("POST", "/v1/accounts", {"name": product, "plan": "true_enterprise"})["id"]
        self.call("POST", f"/v1/accounts/{account}/purchases", {"product": product, "quantity": int(quantity)})
        user = self.call("POST", f"/v1/accounts/{account}/users", {"name": "u", "email": f"u{self.count}@example.com"})["id"]
        key = self.call("POST", f"/v1/accounts/{account}/api-keys", {"name": "k", "role": "member", "user": user})
        return f"{account} {product} {user} {key['secret']} {key['id']}"

    def key(self, account, role, user=None):
        body = {"name": "more", "role": role}
        if user:
            body["user"] = user
        return self.call("POST", f"/v1/accounts/{account}/api-keys", body)["secret"]

    def seat(self, account, product, user):
        return self.call("POST", f"/v1/accounts/{account}/seats", {"product": product, "user": user, "level": account})["id"]

    def _sessions(self, account):
        return self.call("GET", f"/v1/accounts/{account}/sessions?limit=1000")["items"]

    def active(self, account):
        """How many sessions are active there."""
        return sum(session["state"] == "active" for session in self._sessions(account))

    def in_line(self, account):
        """How many stand in line there."""
        return len(self.call("GET", f"/v1/accounts/{account}/waiters?limit=1000")["items"])

    def sessions(self, account):
        """How many there ever were."""
        return len(self._sessions(account))

    def state(self, account, session):
        return self.call("GET", f"/v1/accounts/{account}/sessions/{session}")["state"]

    def take(self, account, product, user, ttl="86400"):
        """Another's session."""
        body = {"product": product, "user": user, "ttl_s": int(ttl)}
        return self.call("POST", f"/v1/accounts/{account}/sessions", body)["id"]

    def end(self, account, session, *reason):
        query = "?reason=" + urllib.parse.quote(" ".join(reason)) if reason else ""
        self.call("DELETE", f"/v1/accounts/{account}/sessions/{session}{query}")
        return "ok"

    def end_all(self, account):
        for session in self._sessions(account):
            if session["state"] == "active":
                self.end(account, session["id"], "for the test")
        return "ok"

    def revoke(self, account, key):
        self.call("DELETE", f"/v1/accounts/{account}/api-keys/{key}")
        return "ok"

    def harm(self, method, path, fault, times="1"):
        self.proxy.harm(method, path, fault, int(times))
        return "ok"

    def harmed(self):
        return self.proxy.harmed

    def clear(self):
        self.proxy.clear()
        return "ok"

    def hang_up(self):
        self.proxy.hang_up()
        return "ok"

    def down(self, is_down):
        """Nobody can connect to the proxy, and who is connected is not any more."""
        self.proxy.is_down = is_down == "yes"
        if self.proxy.is_down:
            self.proxy.hang_up()
        return "ok"

    def canned(self, method, path, status, *body):
        self.proxy.canned.insert(0, [method, re.compile(path), int(status), " ".join(body)])
        return "ok"

    def keys_of(self, method, path):
        """The different Idempotency-Keys of such requests, and how many requests there were."""
        pattern = re.compile(path)
        with self.proxy.lock:
            found = [key for seen, where, key in self.proxy.seen if seen == method and pattern.search(where)]
        return f"{len(set(found))} {len(found)}"

    def stop(self):
        self.server.stop()
        return "ok"

    def kill(self):
        self.server.kill()
        return "ok"

    def start(self):
        self._start()
        return "ok"

    def lend(self, account, product):
        self.call("PUT", f"/v1/accounts/{account}/borrowing/{product}", {"max_borrow_days": 30, "share_percent": 100})
        return "ok"

    def limit_machines(self, product, machines):
        self.call("PATCH", f"/v1/products/{product}", {"machines_per_seat": int(machines)})
        return "ok"

    def tls(self, kind):
        """An HTTPS server before the proxy, and the file of its authority: `good`, `expired` or `wrong_host`."""
        folder = pathlib.Path(tempfile.mkdtemp(prefix="tls-", dir=self.folder))
        host = "DNS:elsewhere.invalid" if kind == "wrong_host" else "IP:127.0.0.1"
        (folder / "names").write_text(f"subjectAltName={host}\n", encoding="ascii")
        days = "-1" if kind == "expired" else "2"
        for command in (f"req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout key.pem -out csr -subj /CN={kind}",
                        f"x509 -req -in csr -signkey key.pem -days {days} -extfile names -out ca.pem"):
            subprocess.run(["openssl", *command.split()], cwd=folder, check=True, capture_output=True, timeout=60)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "ca.pem", folder / "key.pem")
        proxy = Proxy(context)
        proxy.upstream = self.proxy.upstream
        self.tls_proxies.append(proxy)
        return f"{proxy.url} {folder / 'ca.pem'}"

    def folder_for(self, name):
        """A new folder for the test."""
        return tempfile.mkdtemp(prefix=name + "-", dir=self.folder)


class Control(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile:
            name, *arguments = line.decode().split()
            try:
                result = getattr(self.server.world, name)(*arguments)
            except Exception as error:  # pylint: disable=broad-except
                traceback.print_exc()
                result = f"error {type(error).__name__} {error}".replace("\n", " ")
            self.wfile.write(f"{result}\n".encode())


class ControlServer(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


def main():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="usher-client-"))
    try:
        world = World(folder)
        control = ControlServer(("127.0.0.1", 0), Control)
        control.world = world
        threading.Thread(target=control.serve_forever, daemon=True).start()
        environment = dict(os.environ, USHER_TEST_PROXY=world.proxy.url, USHER_TEST_SERVER=world.server.url,
                           USHER_TEST_CONTROL=str(control.server_address[1]), USHER_TEST_FOLDER=str(folder))
        for name in ("USHER_URL", "USHER_KEY", "USHER_ACCOUNT", "USHER_STATE", "http_proxy", "HTTP_PROXY"):
            environment.pop(name, None)
        start = time.monotonic()
        wrapper = shlex.split(os.environ.get("USHER_TEST_WRAPPER", ""))
        status = subprocess.run([*wrapper, *sys.argv[1:]], env=environment, check=False).returncode
        print(f"# {time.monotonic() - start:.1f} s", file=sys.stderr)
        if world.server.process is not None:
            world.server.stop()
        return status if status >= 0 else 128 - status
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
