# SPDX-License-Identifier: Apache-2.0
"""The balancer and the wire do what is said of them: else the other tests would show nothing."""

import http.client
import http.server
import pathlib
import socket
import subprocess
import sys
import threading
import time

import pytest

import balancer
from api import eventually
from server import lasting_port
from wire import Wire

BALANCER = pathlib.Path(balancer.__file__)


class Handler(http.server.BaseHTTPRequestHandler):
    """Tells its node's number, and what it was sent; /slow waits until the client hangs up."""
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path == "/slow":
            self.server.node.hung_up = self.rfile.read(1) == b""
            return
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for piece in (str(self.server.node.number).encode(), b" ", body):
            if piece:
                self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        self.wfile.write(b"0\r\n\r\n")

    do_GET = do_DELETE = do_POST

    def log_message(self, *_):
        pass


class Node:
    def __init__(self, number):
        self.number, self.port, self.hung_up = number, lasting_port(), False
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.server.node = self
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def nodes():
    made = [Node(number) for number in range(3)]
    yield made
    for node in made:
        node.stop()


@pytest.fixture
def port(nodes):
    port = lasting_port()
    process = subprocess.Popen([sys.executable, BALANCER, str(port), *(str(node.port) for node in nodes)])
    assert eventually(lambda: socket.socket().connect_ex(("127.0.0.1", port)) == 0, 10)
    yield port
    process.kill()
    process.wait(20)


def ask(connection, method="POST", path="/", body=b"x"):
    connection.request(method, path, body)
    return connection.getresponse().read()


def test_each_request_goes_to_the_next_node(port):
    connection = http.client.HTTPConnection("127.0.0.1", port)
    answers = [ask(connection, method, body=b"%d" % number) for number, method in enumerate(["GET", "POST", "DELETE"] * 4)]
    assert {answer[:1] for answer in answers} == {b"0", b"1", b"2"}
    assert all(first[:1] != then[:1] for first, then in zip(answers, answers[1:]))
    assert [answer[2:] for answer in answers] == [b"%d" % number for number in range(12)]
    assert ask(connection, body=b"x" * 3_000_000)[2:] == b"x" * 3_000_000


def test_requests_sent_before_the_answer_are_all_answered(port):
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        client.sendall(b"GET /a HTTP/1.1\r\nHost: x\r\n\r\n" * 5)
        received = b""
        while received.count(b"0\r\n\r\n") < 5:
            piece = client.recv(65536)
            assert piece, f"the connection ends after {received}"
            received += piece
    assert received.count(b"HTTP/1.1 200") == 5


def test_a_hang_up_is_passed_on_at_once(port, nodes):
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        client.sendall(b"POST /slow HTTP/1.1\r\nHost: x\r\n\r\n")
        time.sleep(0.2)
        assert not any(node.hung_up for node in nodes)
    assert eventually(lambda: any(node.hung_up for node in nodes), 1)


def test_a_node_that_is_away_is_passed_over_and_without_any_the_connection_ends(port, nodes):
    nodes[1].stop()
    connection = http.client.HTTPConnection("127.0.0.1", port)
    assert {ask(connection)[:1] for _ in range(12)} == {b"0", b"2"}
    for node in nodes:
        node.server.server_close()
    with pytest.raises(ConnectionError):
        ask(connection)


# ---- The wire

class Echo:
    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            client, _ = self.listener.accept()
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    @staticmethod
    def serve(client):
        try:
            while data := client.recv(65536):
                client.sendall(data)
        except OSError:
            pass
        client.close()


@pytest.fixture
def wire():
    made = Wire(Echo().port)
    yield made
    made.remove()


def connect(wire):
    client = socket.create_connection(("127.0.0.1", wire.port), timeout=5)
    assert said(client, b"hello") == b"hello"
    client.settimeout(0.3)
    return client


def said(client, data):
    """What comes back: nothing, when it is silent."""
    client.sendall(data)
    try:
        return client.recv(65536)
    except TimeoutError:
        return None


def is_ended(client):
    try:
        return said(client, b"?") == b""
    except ConnectionError:
        return True


def test_what_is_held_comes_later_and_what_is_swallowed_never(wire):
    first = connect(wire)
    wire.tell("held")
    assert said(first, b"late") is None
    wire.tell("open")
    assert first.recv(100) == b"late"
    wire.tell("swallowed")
    assert said(first, b"lost") is None
    new = socket.create_connection(("127.0.0.1", wire.port), timeout=0.3)
    assert said(new, b"lost too") is None
    wire.tell("open")
    assert is_ended(first) and is_ended(new)
    connect(wire)


def test_a_cut_ends_what_there_is_and_down_what_comes(wire):
    first = connect(wire)
    wire.tell("cut")
    assert is_ended(first)
    second = connect(wire)
    wire.tell("down")
    assert is_ended(second)
    assert is_ended(socket.create_connection(("127.0.0.1", wire.port), timeout=5))
    wire.tell("open")
    connect(wire)


def test_a_delay_is_one_of_each_way(wire):
    client = connect(wire)
    client.settimeout(5)
    wire.tell("delay", 0.1)
    begun = time.monotonic()
    assert said(client, b"slow") == b"slow"
    assert 0.2 <= time.monotonic() - begun < 1
