# SPDX-License-Identifier: Apache-2.0
"""Requests that wait in line, each on a connection of its own."""

import json
import socket
import threading
import time

from api import eventually


class Waiting(threading.Thread):
    """A request that waits, on a connection of its own."""

    def __init__(self, client, product, user=None, wait_s=20, **members):
        super().__init__(daemon=True)
        self.client = client.as_key(client.key)
        self.arguments = (product, user), {"wait_s": wait_s, **members}
        self.result = self.error = self.took_s = None
        self.start()

    def run(self):
        start = time.monotonic()
        try:
            self.result = self.client.acquire(*self.arguments[0], **self.arguments[1])
        except Exception as error:  # told where the answer is asked for
            self.error = error
        self.took_s = time.monotonic() - start

    def answer(self, seconds=60):
        self.join(seconds)
        assert not self.is_alive(), "it waits on"
        if self.error is not None:
            raise self.error
        return self.result


def line(account, **query):
    return account.admin.items("/waiters", **query)


def wait(account, product, user, *, client=None, **members):
    """One that waits, once it is in line."""
    before = len(line(account))
    waiting = Waiting(client or account.admin, product, user, **members)
    assert eventually(lambda: len(line(account)) > before or not waiting.is_alive()), "it is not in line"
    return waiting


class Raw:
    """A request on a bare socket, to be hung up."""

    def __init__(self, client, body, idempotency_key=None):
        host, port = client.server.url.rsplit("/", 1)[-1].split(":")
        text = json.dumps(body)
        key = f"Idempotency-Key: {idempotency_key}\r\n" if idempotency_key else ""
        self.socket = socket.create_connection((host, int(port)), timeout=20)
        self.socket.sendall((f"POST {client.path('/sessions')} HTTP/1.1\r\nHost: {host}\r\n{key}"
                             f"Authorization: Bearer {client.key}\r\nContent-Type: application/json\r\n"
                             f"Content-Length: {len(text)}\r\n\r\n{text}").encode())

    def hang_up(self):
        self.socket.close()

    def status(self):
        return int(self.socket.recv(65536).split(b" ", 2)[1])


def take(account, product, **members):
    """All licenses are taken by someone else; the session."""
    return account.acquire(product, account.user(), **members)["id"]
