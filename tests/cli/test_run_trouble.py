# SPDX-License-Identifier: Apache-2.0
"""`usher run` and servers that are slow, half-closed, liars or strangers: a clear line, 125, nothing run, no hang."""

import ssl
import subprocess
import time

import pytest

from fake import AT, Answer, problem, raw
from running import Running
from world import session

SESSIONS = "/v1/accounts/self/sessions"
# What may pass is tried again until the time is up. What is told at once has time enough for a busy machine.
RUN = ["run", "--product", "KRE", "--timeout", "2", "--", "echo", "ran"]
AT_ONCE = ["run", "--product", "KRE", "--timeout", "30", "--", "echo", "ran"]


@raw
def hang_up(handler, request):
    handler.cut()


@raw
def half_a_head(handler, request):
    handler.wfile.write(b"HTTP/1.1 201 Created\r\nContent-Ty")
    handler.cut()


@raw
def half_a_body(handler, request):
    handler.wfile.write(b'HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"id":')
    handler.cut()


@raw
def not_http(handler, request):
    handler.wfile.write(b"220 mail.example.com ready\r\n")
    handler.cut()


@raw
def nothing(handler, request):
    time.sleep(4)
    handler.cut()


@raw
def endless(handler, request):
    handler.wfile.write(b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\n\r\n")
    try:
        for _ in range(64):
            handler.wfile.write(b" " * (1 << 20))
    except OSError:
        pass
    handler.cut()


@pytest.mark.parametrize("answer, told", [
    (hang_up, "cannot be reached"),
    (half_a_head, ""),
    (half_a_body, ""),
    (not_http, "HTTP"),
    (nothing, "No answer from"),
    (endless, "larger than"),
    (Answer(b"<html>Welcome</html>", type="text/html"), "not what an Usher server says"),
    (Answer(b"<html>Sign in</html>", 401, "text/html"), "not what an Usher server says"),
    (Answer(None, 302, headers={"Location": "http://elsewhere.example/"}), "sends on to"),
    (Answer({"id": "SN-1"}, 201), "not a session"),
    (Answer(session(state="released", ended_at=AT), 201), "not a session"),
    (Answer(session() | {"id": "../../../v1/accounts"}, 201), "not a session"),
    (Answer(session() | {"ttl_s": -5}, 201), "not a session"),
    (Answer(session() | {"expires_at": "soon"}, 201), "not a session"),
    (Answer(b"[]", 201, "application/json"), ""),
    (Answer(b'{"id": "SN-1", "id": "SN-2"}', 201, "application/json"), ""),
    (problem("unavailable", 503), "Do something about it."),
    (problem("unauthenticated", 401), "Do something about it."),
    (problem("forbidden", 403), "Do something about it."),
    (problem("not-eligible", 403), "usher policy"),
    (Answer({"type": "/problems/new-in-2031", "title": "?", "status": 418, "detail": "Made of \x1b[31mtea."}, 418),
     "Made of"),
], ids=lambda value: getattr(value, "__name__", None) if callable(value) else None)
def test_it_says_what_is_wrong_and_runs_nothing(fake, usher, answer, told):
    fake.on("POST", SESSIONS, answer, wrong=True)
    started = time.monotonic()
    done = usher(*(AT_ONCE if answer is endless else RUN), code=125)
    assert time.monotonic() - started < 28
    assert done.out == "" and done.err.startswith("usher: ") and told in done.err
    assert "\x1b" not in done.err


def test_what_may_have_been_granted_is_undone(fake, usher):
    """An answer that is lost, then silence: the license that may stand there is looked for, and given back."""
    fake.on("POST", SESSIONS, hang_up, hang_up, hang_up, hang_up, hang_up, hang_up, hang_up, hang_up, hang_up, hang_up,
            Answer(session(), 200))
    fake.on("DELETE", f"{SESSIONS}/SN-1", Answer(session(state="released", ended_at=AT)))
    usher("run", "--product", "KRE", "--timeout", "1", "--", "echo", "ran", code=125)
    asked = fake.asked("POST", SESSIONS)
    assert len({request.headers["Idempotency-Key"] for request in asked}) == 1
    if len(asked) > 10:
        assert len(fake.asked("DELETE", f"{SESSIONS}/SN-1")) == 1


def test_a_denial_of_a_kind_that_is_not_known(fake, usher):
    """A pool, rule and reason that came with a newer server are shown as they are."""
    fake.on("POST", SESSIONS, problem("no-license-available", 409, policy="strict", fallback=False, tried=[
        {"level": "OG-1001", "rule": "lunar", "reason": "eclipse", "retry_after_s": None}], tried_total=3,
        reasons={"eclipse": 3}, product="KRE", count=1), wrong=True)
    done = usher(*AT_ONCE, code=75)
    assert "lunar" in done.err and "eclipse" in done.err and "And 2 more pools. Of all, eclipse: 3." in done.err


def test_heartbeats_that_are_answered_with_rubbish(fake, usher):
    fake.on("POST", SESSIONS, Answer(session() | {"ttl_s": 10, "heartbeat_s": 1}, 201))
    fake.on("POST", f"{SESSIONS}/SN-1/heartbeat", Answer(b"<html>", type="text/html"), wrong=True)
    fake.on("DELETE", f"{SESSIONS}/SN-1", Answer(session(state="released", ended_at=AT)))
    running = Running(["run", "--product", "KRE", "--", "sh", "-c", "read line; exit 3"], usher.env)
    running.says("the server does not answer")
    running.type("\n")
    running.ends(3)
    assert len(fake.asked("DELETE", f"{SESSIONS}/SN-1")) == 1


@pytest.fixture
def certificate(tmp_path):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                    "-addext", "subjectAltName=DNS:localhost", "-keyout", tmp_path / "key.pem", "-out",
                    tmp_path / "cert.pem"], check=True, capture_output=True, timeout=60)
    return tmp_path / "cert.pem"


@pytest.fixture
def https(fake, certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.parent / "key.pem")
    fake.http.socket = context.wrap_socket(fake.http.socket, server_side=True)
    fake.on("POST", SESSIONS, Answer(session(), 201))
    fake.on("DELETE", f"{SESSIONS}/SN-1", Answer(session(state="released", ended_at=AT)))
    return fake.url.replace("http://127.0.0.1", "https://localhost")


def test_a_certificate_that_nobody_vouches_for(fake, usher, https):
    done = usher(*AT_ONCE, code=125, USHER_URL=https)
    assert "is not trusted" in done.err and "--ca-cert" in done.err and fake.requests == []


def test_a_certificate_that_somebody_vouches_for(usher, https, certificate):
    assert usher("--ca-cert", certificate, *AT_ONCE, USHER_URL=https).out == "ran\n"


def test_a_certificate_for_another_name(fake, usher, https, certificate):
    done = usher("--ca-cert", certificate, *AT_ONCE, code=125, USHER_URL=https.replace("localhost", "127.0.0.1"))
    assert "is not trusted" in done.err and fake.requests == []


def test_certificates_that_are_none(usher, https, tmp_path):
    (tmp_path / "none.pem").write_text("nothing")
    usher("--ca-cert", tmp_path / "none.pem", *AT_ONCE, code=125, USHER_URL=https)
    assert "cannot be read" in usher("--ca-cert", tmp_path / "nowhere.pem", *AT_ONCE, code=125, USHER_URL=https).err
