# SPDX-License-Identifier: Apache-2.0
"""`usher backup FILE`: the whole file or none."""

import fcntl
import os
import signal
import stat
import subprocess
import time

import pytest

from conftest import USHER
from fake import Answer, problem, raw
from server import until

BACKUP = "/v1/backup"
COPY = b"SQLite format 3\0" + bytes(range(256)) * 4096


def names(tmp_path):
    return sorted(path.name for path in tmp_path.iterdir() if path.name.startswith("copy"))


def copy(kind="application/vnd.sqlite3", chunked=False):
    @raw
    def answer(handler, request):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: " + kind.encode() + b"\r\n")
        if chunked:
            handler.wfile.write(b"Transfer-Encoding: chunked\r\n\r\n")
            for start in range(0, len(COPY), 100000):
                part = COPY[start:start + 100000]
                handler.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
            handler.wfile.write(b"0\r\n\r\n")
        else:
            handler.wfile.write(b"Content-Length: %d\r\n\r\n" % len(COPY) + COPY)
    return answer


@pytest.mark.parametrize("chunked", [False, True])
def test_a_whole_copy(fake, usher, tmp_path, chunked):
    fake.on("POST", BACKUP, copy(chunked=chunked))
    run = usher("backup", "copy.db")
    assert (tmp_path / "copy.db").read_bytes() == COPY and names(tmp_path) == ["copy.db"]
    assert run.out == f"copy.db: {len(COPY)} bytes.\n" and run.err == ""
    assert stat.S_IMODE((tmp_path / "copy.db").stat().st_mode) == 0o600


def test_one_that_is_there_is_replaced_when_the_new_one_is_whole(fake, usher, tmp_path):
    (tmp_path / "copy.db").write_bytes(b"old")
    (tmp_path / "copy.db.part").write_bytes(b"left by one that was killed" * 100000)
    fake.on("POST", BACKUP, problem("unavailable", 503))
    usher("backup", "copy.db", code=6)
    assert (tmp_path / "copy.db").read_bytes() == b"old" and names(tmp_path) == ["copy.db"]
    fake.on("POST", BACKUP, copy())
    usher("backup", "copy.db")
    assert (tmp_path / "copy.db").read_bytes() == COPY


@raw
def cut_by_length(handler, request):
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/vnd.sqlite3\r\n")
    handler.wfile.write(b"Content-Length: %d\r\n\r\n" % len(COPY) + COPY[:-1])
    handler.cut()


@raw
def cut_in_chunks(handler, request):
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/vnd.sqlite3\r\nTransfer-Encoding: chunked\r\n\r\n")
    handler.wfile.write(b"%x\r\n%s\r\n" % (len(COPY), COPY))
    handler.cut()


@raw
def end_not_told(handler, request):
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/vnd.sqlite3\r\n\r\n" + COPY)
    handler.cut()


@raw
def stands_still(handler, request):
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/vnd.sqlite3\r\nContent-Length: 99\r\n\r\nSQL")
    time.sleep(4)


@pytest.mark.parametrize("answer, code, told", [
    (cut_by_length, 6, "broke before the answer was complete"),
    (cut_in_chunks, 6, "broke before the answer was complete"),
    (end_not_told, 6, "does not say where it ends"),
    (stands_still, 6, "no answer from"),
    (copy("text/html"), 6, "text/html in place of JSON"),
    (copy("application/json"), 6, "application/json"),
    (problem("forbidden", 403, "Only the operator", "Use its key."), 4, "Only the operator: Use its key."),
    (problem("unauthenticated", 401), 4, "usher login"),
    (Answer(b"", 302, headers={"Location": "http://elsewhere.example"}), 6, "sends on to"),
])
def test_anything_else_leaves_nothing(fake, usher, tmp_path, answer, code, told):
    fake.on("POST", BACKUP, answer, wrong=True)
    run = usher("backup", "copy.db", "--timeout", 2 if answer is stands_still else 30, code=code)
    assert told in run.err and names(tmp_path) == []
    assert len(fake.requests) == 1, "a copy is not taken twice"


def test_places_where_it_cannot_be(fake, usher, tmp_path):
    fake.on("POST", BACKUP, copy())
    assert "cannot write none/copy.db.part" in usher("backup", "none/copy.db", code=8).err
    (tmp_path / "copydir").mkdir()
    assert "is not a file" in usher("backup", "copydir", code=8).err
    (tmp_path / "copylink.part").symlink_to("/etc/passwd")
    usher("backup", "copylink", code=8)
    assert not fake.requests
    with open(tmp_path / "copy.part", "wb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        assert "another backup to copy is under way" in usher("backup", "copy", code=8).err


def test_a_full_disk(fake, usher, tmp_path):
    fake.on("POST", BACKUP, copy())
    run = subprocess.run(["bash", "-c", 'ulimit -f 64; trap "" XFSZ; exec "$0" backup copy.db', USHER], env=usher.env,
                         cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert run.returncode == 8 and "cannot write copy.db.part: File too large" in run.stderr
    assert names(tmp_path) == []


def test_killed_in_the_middle_there_is_no_file(fake, usher, tmp_path):
    fake.on("POST", BACKUP, stands_still)
    process = subprocess.Popen([USHER, "backup", "copy.db"], env=usher.env, cwd=tmp_path)
    part = tmp_path / "copy.db.part"
    until(lambda: part.exists() and part.stat().st_size > 0)
    os.kill(process.pid, signal.SIGKILL)
    process.wait(30)
    assert names(tmp_path) == ["copy.db.part"]


def test_progress_is_for_terminals(fake, usher, tmp_path):
    fake.on("POST", BACKUP, copy())
    assert " MiB" in usher.at_terminal("backup", "copy.db")
