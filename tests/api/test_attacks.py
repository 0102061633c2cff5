# SPDX-License-Identifier: Apache-2.0
"""What strangers try on the wire, byte by byte: requests hidden in others, clients that are slow or silent, many of
them. Behind each attack the server must still be there, for everybody else."""
import re
import resource
import select
import socket
import time

import pytest

from server import OPERATOR_KEY, Server

HIDDEN = b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Request-Id: hidden\r\n\r\n"
LENGTH = str(len(HIDDEN)).encode()
POST = b"POST /v1/products HTTP/1.1\r\nHost: x\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"


def connect(server):
    port = int(server.url.rsplit(":", 1)[1])
    return socket.create_connection(("127.0.0.1", port), timeout=60)


def ask(server, raw):
    """All that comes back until the server closes, or is silent for a while after its first answer."""
    answer, seconds = b"", 30
    with connect(server) as connection:
        connection.sendall(raw)
        while select.select([connection], [], [], seconds)[0]:
            part = connection.recv(65536)
            if not part:
                break
            answer, seconds = answer + part, 0.3
    return answer


# Two servers in a row could see two different requests in each of these.
SMUGGLING = {
    "a length and chunks": POST + b"Content-Length: " + LENGTH + b"\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks and a length": POST + b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
    "two lengths": POST + b"Content-Length: 0\r\nContent-Length: " + LENGTH + b"\r\n\r\n",
    "the same length twice": POST + b"Content-Length: 0\r\nContent-Length: 0\r\n\r\n",
    "a list of lengths": POST + b"Content-Length: 0, " + LENGTH + b"\r\n\r\n",
    "a length with a sign": POST + b"Content-Length: +0\r\n\r\n",
    "a negative length": POST + b"Content-Length: -1\r\n\r\n",
    "a length in hexadecimal": POST + b"Content-Length: 0x0\r\n\r\n",
    "a length of nothing": POST + b"Content-Length:\r\n\r\n",
    "a length that overflows": POST + b"Content-Length: 18446744073709551616\r\n\r\n",
    "the largest length": POST + b"Content-Length: 18446744073709551615\r\n\r\n",
    "a blank before the colon": POST + b"Content-Length : " + LENGTH + b"\r\n\r\n",
    "a tab before the colon": POST + b"Transfer-Encoding\t: chunked\r\n\r\n0\r\n\r\n",
    "a length in two lines": POST + b"Content-Length: 0\r\n " + LENGTH + b"\r\n\r\n",
    "an encoding in two lines": POST + b"Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
    "a header in two lines": POST + b"X-A: b\r\n\tContent-Length: " + LENGTH + b"\r\n\r\n",
    "a first header that goes on": POST.replace(b"Host", b" Host") + b"\r\n",
    "lines that end in LF": POST.replace(b"\r", b"") + b"Content-Length: " + LENGTH + b"\n\n",
    "one line that ends in LF": POST + b"X-A: b\nContent-Length: " + LENGTH + b"\r\n\r\n",
    "one line that ends in CR": POST + b"X-A: b\rContent-Length: " + LENGTH + b"\r\n\r\n",
    "a zero in a header": POST + b"X-A: b\0c\r\n\r\n",
    "a zero in a length": POST + b"Content-Length: 0\0" + LENGTH + b"\r\n\r\n",
    "a zero in a name": POST + b"X\0Content-Length: 0\r\n\r\n",
    "a zero in the address": b"GET /healthz\0/x HTTP/1.1\r\nHost: x\r\n\r\n",
    "a header without a name": POST + b": b\r\nContent-Length: 0\r\n\r\n",
    "a header without a colon": POST + b"Content-Length 0\r\n\r\n",
    "an encoding like chunked": POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "an encoding behind chunked": POST + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "an encoding before chunked": POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "two encodings": POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
    "an encoding in quotes": POST + b'Transfer-Encoding: "chunked"\r\n\r\n0\r\n\r\n',
    "an encoding behind a blank of its own": POST + b"Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n",
    "chunks in HTTP/1.0": CHUNKED.replace(b"HTTP/1.1", b"HTTP/1.0") + b"0\r\n\r\n",
    "two hosts": b"GET /healthz HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
    "no host": b"GET /healthz HTTP/1.1\r\n\r\n",
    "four words in the first line": b"GET /healthz HTTP/1.1 x\r\nHost: x\r\n\r\n",
    "a chunk with a sign": CHUNKED + b"+2\r\nab\r\n0\r\n\r\n",
    "a negative chunk": CHUNKED + b"-2\r\nab\r\n0\r\n\r\n",
    "a chunk with 0x": CHUNKED + b"0x2\r\nab\r\n0\r\n\r\n",
    "a chunk behind a blank": CHUNKED + b" 2\r\nab\r\n0\r\n\r\n",
    "a chunk of no size": CHUNKED + b"\r\nab\r\n0\r\n\r\n",
    "a chunk that overflows": CHUNKED + b"10000000000000002\r\nab\r\n0\r\n\r\n",
    "a chunk that is longer than it says": CHUNKED + b"2\r\nabX0\r\n\r\n",
}


@pytest.mark.alone("a balancer reads it first, in its own way")
@pytest.mark.parametrize("name", SMUGGLING)
def test_what_can_be_read_in_two_ways_is_refused_and_ends_the_connection(server, name):
    answer = ask(server, SMUGGLING[name] + HIDDEN)
    statuses = {int(status) for status in re.findall(rb"HTTP/1\.[01] (\d{3})", answer)}
    assert statuses and statuses <= {400, 413}, answer
    assert b"connection: close" in answer.lower() and b"hidden" not in answer


@pytest.mark.parametrize("chunks", [b"0;a=b\r\n\r\n", b"2\nab\n0\n\n", b"2;\nxx\r\nab\r\n0\r\n\r\n",
                                    b"0\r\nContent-Length: " + LENGTH + b"\r\n\r\n", b"2\r\n{}\r\n0\r\n\r\n"])
def test_nothing_is_read_behind_a_body_in_chunks(server, chunks):
    answer = ask(server, CHUNKED + chunks + HIDDEN)
    assert b"hidden" not in answer and answer.count(b"HTTP/1.1 ") <= 1


def test_a_request_in_a_body_stays_a_body(server):
    answer = ask(server, POST + b"Content-Length: " + LENGTH + b"\r\n\r\n" + HIDDEN)
    assert answer.startswith(b"HTTP/1.1 401") and answer.count(b"HTTP/1.1 ") == 1


def test_no_tunnel_is_made_and_no_request_shown(server):
    for raw in (b"CONNECT localhost:22 HTTP/1.1\r\nHost: x\r\n\r\n",
                b"TRACE /healthz HTTP/1.1\r\nHost: x\r\nCookie: secret\r\n\r\n",
                b"GET /v1/whoami HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"):
        answer = ask(server, raw)
        assert re.match(rb"HTTP/1\.1 4\d\d ", answer) and b"secret" not in answer, answer


def test_who_guesses_keys_is_told_to_slow_down_and_good_keys_are_served(tmp_path):
    server = Server(tmp_path).start()
    guesses = 700
    with connect(server) as connection:
        statuses = []
        for number in range(guesses):
            connection.sendall(b"GET /v1/whoami HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer guess-%d\r\n\r\n" % number)
            answer = connection.recv(65536)
            statuses.append(int(answer.split()[1]))
        assert b"\r\nRetry-After: 60\r\n" in answer
    assert statuses[:600] == [401] * 600 and set(statuses[600:]) == {429}
    good = b"GET /v1/whoami HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + OPERATOR_KEY.encode() + b"\r\n\r\n"
    assert ask(server, good).startswith(b"HTTP/1.1 200")
    server.stop()


# ---- Slow and silent clients

def until_closed(connection, drip=b"", every=0.25, seconds=60):
    """Seconds until the server ends the connection, though it is sent something now and then."""
    start = time.monotonic()
    while time.monotonic() < start + seconds:
        if select.select([connection], [], [], every)[0]:
            try:
                if not connection.recv(65536):
                    return time.monotonic() - start
            except OSError:
                return time.monotonic() - start
        try:
            connection.sendall(drip)
        except OSError:
            return time.monotonic() - start
    raise AssertionError(f"the connection is still there after {seconds} s")


@pytest.fixture(scope="module")
def hasty(tmp_path_factory):
    """A server that gives a request two seconds."""
    server = Server(tmp_path_factory.mktemp("hasty"), "--request-timeout-s", "2").start()
    yield server
    server.stop()


@pytest.mark.parametrize("head, drip", [
    (b"", b""),
    (b"GET /healthz HTTP/1.1\r\n", b"X: y\r\n"),
    (b"GET /healthz HTTP/1.1\r\nHost: ", b"x"),
    (POST + b"Content-Length: 100000\r\n\r\n", b"{"),
    (CHUNKED, b"1\r\n \r\n"),
], ids=["silence", "headers", "a header", "a body", "chunks"])
def test_who_drips_is_cut_however_often_it_sends(hasty, head, drip):
    with connect(hasty) as connection:
        connection.sendall(head)
        assert until_closed(connection, drip) < 30


def test_who_takes_no_answers_is_cut(hasty):
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        connection.connect(("127.0.0.1", int(hasty.url.rsplit(":", 1)[1])))
        request = b"GET /console-that-is-not-there HTTP/1.1\r\nHost: x\r\n\r\n"
        start = time.monotonic()
        with pytest.raises(OSError):
            connection.settimeout(1)
            while time.monotonic() < start + 60:
                try:
                    connection.sendall(request * 200)
                except TimeoutError:
                    continue
        assert time.monotonic() < start + 60


# ---- Many

IDLE = 10_000


def test_ten_thousand_idle_connections_hold_up_nobody(tmp_path):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < IDLE + 500:
        pytest.skip(f"no more than {hard} files may be open here")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, IDLE + 500), hard))
    server = Server(tmp_path, "--max-connections", str(IDLE + 100), "--request-timeout-s", "120").start()
    idle = []
    try:
        before = resident_bytes(server)
        idle = [connect(server) for _ in range(IDLE)]
        # Half of them have begun a request, and never end it.
        for connection in idle[::2]:
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-A: ")
        times = []
        for _ in range(50):
            start = time.monotonic()
            assert ask_whole(server).startswith(b"HTTP/1.1 200")
            times.append(time.monotonic() - start)
        each = (resident_bytes(server) - before) / IDLE
        print(f"{IDLE} idle connections: {each:.0f} bytes each, a request takes {sorted(times)[25] * 1000:.1f} ms")
        assert sorted(times)[25] < 2
        if not sanitized(server):
            assert each < 40_000
    finally:
        for connection in idle:
            connection.close()
        server.stop()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def ask_whole(server):
    with connect(server) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        return b"".join(iter(lambda: connection.recv(65536), b""))


def resident_bytes(server):
    with open(f"/proc/{server.process.pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


def sanitized(server):
    with open(f"/proc/{server.process.pid}/maps", encoding="ascii") as file:
        return "san.so" in file.read()
