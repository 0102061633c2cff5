# SPDX-License-Identifier: Apache-2.0
"""What can come back in place of an answer: each is one clear line and the right exit code."""

import json
import socket
import threading
import time

import pytest

import world
from fake import AT, Answer, page, problem, raw

USERS = "/v1/accounts/AC-1/users"


def closed_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_a_server_that_is_not_there(usher):
    url = f"http://127.0.0.1:{closed_port()}"
    run = usher("pools", "--url", url, code=6)
    assert f"cannot reach {url}: " in run.err and "Is usherd running there?" in run.err
    assert run.out == ""


def test_a_name_that_is_not_there(usher):
    run = usher("pools", "--url", "http://no-such-host.invalid", code=6)
    assert "cannot reach http://no-such-host.invalid" in run.err


def test_no_answer_in_time(account, usher):
    @raw
    def sleep(handler, request):
        time.sleep(30)

    account.on("GET", USERS, sleep)
    started = time.monotonic()
    run = usher("users", "--timeout", "1", code=6)
    assert time.monotonic() - started < 28
    assert "no answer from" in run.err and "--timeout" in run.err


@raw
def hang_up(handler, request):
    handler.cut()


@raw
def half_a_head(handler, request):
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Ty")
    handler.cut()


@raw
def half_a_body(handler, request):
    handler.wfile.write(b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"items":')
    handler.cut()


@raw
def half_a_chunk(handler, request):
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
                        b"40\r\n{\"items\":")
    handler.cut()


@raw
def not_http(handler, request):
    handler.wfile.write(b"SSH-2.0-OpenSSH_9.2\r\n")
    handler.cut()


@pytest.mark.parametrize("wreck", [hang_up, half_a_head, half_a_body, half_a_chunk, not_http])
def test_a_broken_answer(account, usher, wreck):
    account.on("GET", USERS, wreck)
    run = usher("users", code=6)
    assert account.url in run.err and run.out == ""
    assert len(run.err.splitlines()) <= 2


@pytest.mark.parametrize("answer, told", [
    (Answer(b"<html>welcome</html>", type="text/html"), "status 200 and text/html in place of JSON"),
    (Answer(b"{}", type="text/plain"), "text/plain in place of JSON"),
    (Answer(b"bad gateway", 502, "text/html"), "status 502 and text/html"),
    (Answer(b"", 404), "status 404 and no content type"),
    (Answer(b"", 200), "status 200 and no content type"),
    (Answer(b'{"items": [', type="application/json"), "cannot be read"),
    (Answer(b'{"items": [], "items": []}', type="application/json"), "duplicate"),
    (Answer(b"[1]", type="application/json"), "it is not a JSON object"),
    (Answer(b"", type="application/json"), "cannot be read"),
    (Answer(b'{"a": "\xff"}', type="application/json"), "cannot be read"),
    (Answer(b"[" * 100000, type="application/json"), "cannot be read"),
    (Answer({"item": []}), "items or next are not as they should be"),
    (Answer({"items": {}, "next": None}), "items or next are not as they should be"),
    (Answer({"items": [], "next": 5}), "items or next are not as they should be"),
    (Answer(b"", 302, headers={"Location": "http://elsewhere.example/v1"}), 'sends on to "http://elsewhere.example/v1"'),
])
def test_an_answer_that_is_not_ushers(account, usher, answer, told):
    account.on("GET", USERS, answer, wrong=True)
    run = usher("users", code=6)
    assert told in run.err and run.err.startswith("usher: ") and run.out == ""
    assert len(account.requests) == 2, "a redirect is not followed, nothing is tried again"


def test_an_answer_without_end_is_given_up(account, usher):
    @raw
    def pour(handler, request):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
        for _ in range(80):
            handler.wfile.write(b" " * (1 << 20))

    account.on("GET", USERS, pour)
    assert "larger than 64 MiB" in usher("users", code=6).err


def test_a_list_that_does_not_get_on_is_given_up(account, usher):
    account.on("GET", USERS, page(world.USERS[0], next="c1"))
    assert "items or next are not as they should be" in usher("users", code=6).err


@pytest.mark.parametrize("status, name, code, members", [
    (400, "invalid-request", 1, {"pointer": "/name"}),
    (401, "unauthenticated", 4, {}),
    (403, "forbidden", 4, {}),
    (404, "not-found", 3, {}),
    (429, "rate-limited", 1, {}),
    (503, "unavailable", 6, {}),
])
def test_problems_have_their_codes(account, usher, status, name, code, members):
    account.on("GET", USERS, problem(name, status, "The title", "The detail.", **members))
    run = usher("users", code=code)
    assert run.err.startswith("usher: The title: The detail.") and run.out == ""
    shown = json.loads(usher("users", "--json", code=code).out)
    assert shown["type"] == f"/problems/{name}"


def test_a_problem_may_be_of_any_kind(account, usher):
    account.on("GET", USERS, Answer(b'{"title": 5, "detail": [], "type": {}, "tried": 1, "holders": "x"}', 418,
                                    "application/problem+json"), wrong=True)
    assert "usher: the server refused" in usher("users", code=1).err
    account.on("GET", USERS, Answer(b"{", 409, "application/problem+json"), wrong=True)
    assert "refused with status 409" in usher("users", code=5).err


def test_when_the_server_asks_to_wait_it_is_told(account, usher):
    answer = problem("unavailable", 503, "Not available just now", "The store is not ready.")
    answer.headers["Retry-After"] = "7"
    account.on("GET", USERS, answer)
    run = usher("users", code=6)
    assert "wait 7 s" in run.err and "7c5a3f9e01" in run.err


def create_user(request):
    return Answer({**world.user(9, request.json.get("email"), request.json["name"])}, 201)


@pytest.mark.parametrize("wreck", [hang_up, half_a_head, half_a_body])
def test_a_create_is_sent_again_once_with_its_key(account, usher, wreck):
    account.on("POST", USERS, wreck, create_user)
    assert "Created user US-9" in usher("users", "create", "Eve", "--email", "eve@example.com").out
    first, second = account.asked("POST", USERS)
    assert first.headers["Idempotency-Key"] == second.headers["Idempotency-Key"]
    assert first.body == second.body
    usher("users", "create", "Eve", "--email", "eve@example.com")
    assert account.asked("POST", USERS)[2].headers["Idempotency-Key"] != first.headers["Idempotency-Key"]


def test_a_create_that_is_cut_twice_says_what_is_not_known(account, usher):
    account.on("POST", USERS, hang_up)
    run = usher("users", "create", "Eve", "--email", "eve@example.com", code=6)
    assert len(account.asked("POST", USERS)) == 2
    assert "It is not known whether the server did it" in run.err


@pytest.mark.parametrize("method, arguments", [
    ("DELETE", ["users", "delete", "US-1"]),
    ("PATCH", ["users", "update", "US-1", "--name", "Al"]),
])
def test_what_may_not_be_done_twice_is_sent_once(account, usher, method, arguments):
    account.on(method, f"{USERS}/US-1", hang_up)
    run = usher(*arguments, code=6)
    assert len(account.asked(method, f"{USERS}/US-1")) == 1
    assert "It is not known whether the server did it" in run.err


def test_a_question_is_asked_again(account, usher):
    account.on("GET", USERS, hang_up, world.users)
    assert "alice@example.com" in usher("users").out


def test_the_proxy_of_the_environment_is_not_for_this_machine(account, usher):
    assert "alice" in usher("users", http_proxy=f"http://127.0.0.1:{closed_port()}").out


def test_a_certificate_that_nobody_vouches_for(usher, tmp_path):
    import ssl
    import subprocess
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                    "-addext", "subjectAltName=DNS:localhost", "-keyout", tmp_path / "key.pem", "-out",
                    tmp_path / "cert.pem"], check=True, capture_output=True, timeout=60)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    import http.server

    class Handler(http.server.BaseHTTPRequestHandler):
        def log_message(self, *_):
            pass

        def do_GET(self):
            Answer({"role": "operator", "key": None, "user": None, "organization": None, "account": None,
                    "name": None, "email": None, "account_name": None, "names": [], "csrf_token": None}).send(self)

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.handle_error = lambda *_: None
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"https://localhost:{server.server_port}"
    refused = usher("whoami", "--url", url, code=6)
    assert "is not trusted" in refused.err and "--ca-cert" in refused.err
    assert "operator" in usher("whoami", "--url", url, "--ca-cert", tmp_path / "cert.pem").out
    assert "operator" in usher("login", "--url", url, "--ca-cert", "cert.pem").out
    no_env = {"USHER_URL": "", "USHER_KEY": ""}
    assert "operator" in usher("whoami", **no_env).out
    missing = usher("whoami", "--url", url, "--ca-cert", tmp_path / "none.pem", code=2)
    assert "none.pem cannot be read" in missing.err
    server.shutdown()


def test_the_key_is_nowhere_but_in_its_header(account, usher):
    usher("users")
    for request in account.requests:
        assert request.headers["Authorization"].startswith("Bearer ushk_")
        assert "ushk_" not in request.path + str(request.query)


def test_times_are_written_for_people(account, usher):
    account.on("GET", "/v1/accounts/AC-1/api-keys",
               page({"id": "AK-1", "name": "ci", "role": "member", "user": "US-1", "organization": None,
                     "created_at": AT, "expires_at": AT, "revoked_at": None, "last_used_at": None}))
    shown = usher("keys").out
    assert "2026-11-24 06:34:16Z" in shown and "alice@example.com" in shown
