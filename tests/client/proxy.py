# SPDX-License-Identifier: Apache-2.0
"""A proxy for HTTP/1.1 that does harm on demand.

It passes requests on to the server, one connection a thread. A plan names which requests are harmed, how, and how many
times; what is in no plan passes. Each fault is a function below, named as the tests name it."""

import json
import re
import select
import socket
import struct
import threading
import time

PROBLEM_503 = {"type": "/problems/unavailable", "title": "Not now", "status": 503, "detail": "Try again later.",
               "request_id": "proxy"}


class Cut(Exception):
    """Close the connection now."""


class Message:
    def __init__(self, head, body):
        self.head = head
        self.body = body
        line = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ")
        self.method, self.path = line[0], line[1]

    def raw(self):
        return self.head + b"\r\n\r\n" + self.body


def read_message(sock, buffered):
    """One request or answer; None at the end of the stream."""
    while b"\r\n\r\n" not in buffered:
        data = sock.recv(65536)
        if not data:
            return None, b""
        buffered += data
    head, rest = buffered.split(b"\r\n\r\n", 1)
    length = re.search(rb"\r\ncontent-length: *(\d+)", head, re.I)
    length = int(length[1]) if length else 0
    while len(rest) < length:
        data = sock.recv(65536)
        if not data:
            return None, b""
        rest += data
    return Message(head, rest[:length]), rest[length:]


def reset(sock):
    """Ends it with a reset in place of an orderly close."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def answer(status, body, kind="application/json", *headers):
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status} Status", f"Content-Type: {kind}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


# ---- Faults: what happens to a request. `pass_on` sends it to the server and returns the whole answer.

def refuse(client, request, pass_on):  # pylint: disable=unused-argument
    """Cut before the server gets it."""
    raise Cut


def refuse_reset(client, request, pass_on):  # pylint: disable=unused-argument
    reset(client)
    raise Cut


def cut_before(client, request, pass_on):
    """The server has done it, and nothing of its answer arrives."""
    pass_on()
    raise Cut


def reset_before(client, request, pass_on):
    pass_on()
    reset(client)
    raise Cut


def cut_in_head(client, request, pass_on):
    client.sendall(pass_on()[:20])
    raise Cut


def cut_after_head(client, request, pass_on):
    whole = pass_on()
    client.sendall(whole[:whole.index(b"\r\n\r\n") + 4])
    raise Cut


def cut_in_body(client, request, pass_on):
    whole = pass_on()
    start = whole.index(b"\r\n\r\n") + 4
    client.sendall(whole[:start + (len(whole) - start) // 2])
    raise Cut


def cut_after(client, request, pass_on):
    """The answer arrives, then the connection ends without a word of it."""
    client.sendall(pass_on())
    raise Cut


def half_close(client, request, pass_on):
    """Says that nothing more will come, and stays there."""
    pass_on()
    client.shutdown(socket.SHUT_WR)
    client.settimeout(60)
    while client.recv(65536):
        pass
    raise Cut


def silent(client, request, pass_on):
    """The server has done it; the line stays open and nothing comes."""
    pass_on()
    client.settimeout(60)
    while client.recv(65536):
        pass
    raise Cut


def silent_before(client, request, pass_on):
    """Nothing comes, and the server knows of nothing."""
    client.settimeout(60)
    while client.recv(65536):
        pass
    raise Cut


def slow(client, request, pass_on):
    whole = pass_on()
    time.sleep(1)
    client.sendall(whole)


def drip(client, request, pass_on):
    """A byte at a time."""
    whole = pass_on()
    for at in range(len(whole)):
        client.sendall(whole[at:at + 1])
        time.sleep(0.002)


def noise(client, request, pass_on):
    pass_on()
    client.sendall(bytes(range(256)) * 4)
    raise Cut


def page(client, request, pass_on):
    """What a proxy in between may say in the server's place."""
    pass_on()
    client.sendall(answer(200, b"<html>Welcome to the hotel</html>", "text/html"))


def half_json(client, request, pass_on):
    pass_on()
    client.sendall(answer(200, b'{"id": "SN-'))


def other_json(client, request, pass_on):
    pass_on()
    client.sendall(answer(201, {"id": "../../x", "state": "active"}))


def huge(client, request, pass_on):
    pass_on()
    client.sendall(answer(201, b'{"id": "' + b"x" * (3 << 20)))
    raise Cut


def endless(client, request, pass_on):
    """A head that never ends."""
    pass_on()
    client.sendall(b"HTTP/1.1 200 OK\r\n")
    for number in range(100000):
        client.sendall(f"X-{number}: {'x' * 1000}\r\n".encode())


def storm(client, request, pass_on):
    client.sendall(answer(503, PROBLEM_503, "application/problem+json"))


def storm_after(client, request, pass_on):
    """503 although it was done: an outcome that the server itself does not know."""
    pass_on()
    pass_on()
    client.sendall(answer(503, PROBLEM_503, "application/problem+json"))


def retry_after(client, request, pass_on):
    client.sendall(answer(503, PROBLEM_503, "application/problem+json", "Retry-After: 1"))


def retry_much_later(client, request, pass_on):
    client.sendall(answer(503, PROBLEM_503, "application/problem+json", "Retry-After: 3600"))


def limited(client, request, pass_on):
    client.sendall(answer(429, {"type": "/problems/rate-limited", "title": "t", "status": 429, "detail": "d",
                                "request_id": "r"}, "application/problem+json"))


def bad_gateway(client, request, pass_on):
    pass_on()
    client.sendall(answer(502, b"<html>Bad gateway</html>", "text/html"))


def elsewhere(client, request, pass_on):
    client.sendall(answer(307, b"", "text/html", "Location: http://127.0.0.1:1/v1"))


def teapot(client, request, pass_on):
    client.sendall(answer(418, b"short and stout", "text/plain"))


FAULTS = {function.__name__: function for function in (
    refuse, refuse_reset, cut_before, reset_before, cut_in_head, cut_after_head, cut_in_body, cut_after, half_close,
    silent, silent_before, slow, drip, noise, page, half_json, other_json, huge, endless, storm, storm_after,
    retry_after, retry_much_later, limited, bad_gateway, elsewhere, teapot)}


class Proxy:
    def __init__(self, tls=None):
        """`tls`: the ssl.SSLContext of a server that speaks HTTPS."""
        self.upstream = None
        self.tls = tls
        self.lock = threading.Lock()
        self.plan = []  # [method, path pattern, fault, times left]
        self.canned = []  # [method, path pattern, status, body]
        self.harmed = 0
        self.seen = []  # (method, path, Idempotency-Key) of all requests
        self.is_down = False
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(64)
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.listener.getsockname()[1]}"
        self.clients = set()
        threading.Thread(target=self._accept, daemon=True).start()

    def clear(self):
        with self.lock:
            self.plan, self.canned, self.seen, self.harmed, self.is_down = [], [], [], 0, False

    def harm(self, method, path, fault, times):
        with self.lock:
            self.plan.append([method, re.compile(path), FAULTS[fault], times])

    def hang_up(self):
        """Cuts every connection there is."""
        with self.lock:
            clients = list(self.clients)
        for client in clients:
            try:
                client.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def _accept(self):
        while True:
            client, _ = self.listener.accept()
            if self.is_down:
                reset(client)
                continue
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _fault_for(self, request):
        with self.lock:
            for step in self.plan:
                if step[3] > 0 and step[0] in ("*", request.method) and step[1].search(request.path):
                    step[3] -= 1
                    self.harmed += 1
                    return step[2]
        return None

    def _canned_for(self, request):
        with self.lock:
            for method, path, status, body in self.canned:
                if method == request.method and path.search(request.path):
                    kind = "application/problem+json" if status >= 400 else "application/json"
                    return answer(status, body.encode(), kind, f"Date: {time.strftime('%a, %d %b %Y %H:%M:%S GMT', time.gmtime())}")
        return None

    def _note(self, request):
        key = re.search(rb"\r\nidempotency-key: *(\S+)", request.head, re.I)
        with self.lock:
            self.seen.append((request.method, request.path, key[1].decode() if key else "-"))

    def _pass_on(self, request):
        with socket.create_connection(self.upstream) as server:
            server.settimeout(700)
            server.sendall(request.raw())
            whole, _ = read_message(server, b"")
            if whole is None:
                raise Cut
            return whole.raw()

    def _pass_on_watching(self, client, request):
        """Passes on, and hangs up on the server when the client does."""
        with socket.create_connection(self.upstream) as server:
            server.sendall(request.raw())
            # TLS knows no peeking; its tests do not hang up.
            waiting = [server] if self.tls else [server, client]
            while server not in select.select(waiting, [], [])[0]:
                if client.recv(1, socket.MSG_PEEK) == b"":
                    raise Cut
                # It sends its next request already.
                waiting = [server]
            whole, _ = read_message(server, b"")
            if whole is None:
                raise Cut
            return whole.raw()

    def _serve(self, client):
        with self.lock:
            self.clients.add(client)
        buffered = b""
        try:
            if self.tls:
                client = self.tls.wrap_socket(client, server_side=True)
            while True:
                request, buffered = read_message(client, buffered)
                if request is None:
                    return
                self._note(request)
                canned = self._canned_for(request)
                if canned is not None:
                    pass_on = lambda canned=canned: canned
                else:
                    pass_on = lambda request=request: self._pass_on(request)
                fault = self._fault_for(request)
                if fault is not None:
                    fault(client, request, pass_on)
                elif canned is not None:
                    client.sendall(canned)
                else:
                    client.sendall(self._pass_on_watching(client, request))
        except (Cut, OSError):
            pass
        finally:
            with self.lock:
                self.clients.discard(client)
            try:
                client.close()
            except OSError:
                pass
