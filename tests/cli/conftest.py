# SPDX-License-Identifier: Apache-2.0
"""The program `usher` at the other end of a scripted server.

    USHER=build/usher /usr/bin/python3 -m pytest tests/cli"""

import os
import pathlib
import pty
import select
import signal
import subprocess
import time

import pytest

import world
from fake import Fake

ROOT = pathlib.Path(__file__).resolve().parents[2]
USHER = pathlib.Path(os.environ.get("USHER", ROOT / "build" / "usher")).resolve()
KEY = "ushk_" + "k" * 43


def pytest_sessionstart(session):
    if not session.config.option.collectonly and not USHER.exists():
        raise pytest.UsageError(f"there is no program at {USHER}: build it, or name one with USHER=")


class Program:
    """Runs usher with an environment of its own: no login, no proxy, UTF-8."""

    def __init__(self, folder, url=None):
        self.folder = folder
        self.env = {"PATH": os.environ["PATH"], "HOME": str(folder), "XDG_CONFIG_HOME": str(folder / "config"),
                    "LC_ALL": "C.UTF-8"}
        self.env.update({name: value for name, value in os.environ.items() if name.endswith("SAN_OPTIONS")})
        if url is not None:
            self.env.update(USHER_URL=url, USHER_KEY=KEY)

    def __call__(self, *arguments, code=0, input="", **env):
        run = subprocess.run([USHER, *map(str, arguments)], input=input.encode(), capture_output=True, timeout=120,
                             env={**self.env, **env}, cwd=self.folder)
        run.out, run.err = run.stdout.decode(), run.stderr.decode()
        assert run.returncode == code, f"exit code {run.returncode}\n{run.out}\n{run.err}"
        assert "Sanitizer" not in run.err and "runtime error" not in run.err, run.err
        return run

    def at_terminal(self, *arguments, answers=(), code=0, **env):
        """At a terminal: answers is (what to wait for, what to type) in turn. Gives back all that was shown."""
        pid, terminal = pty.fork()
        if pid == 0:
            os.chdir(self.folder)
            os.execve(USHER, [str(USHER), *map(str, arguments)], {"TERM": "xterm", **self.env, **env})
        shown, answers, end = b"", list(answers), time.monotonic() + 90
        while time.monotonic() < end:
            if select.select([terminal], [], [], 0.2)[0]:
                try:
                    part = os.read(terminal, 65536)
                except OSError:
                    break
                if not part:
                    break
                shown += part
            if answers and answers[0][0].encode() in shown:
                os.write(terminal, answers.pop(0)[1].encode())
        while (ended := os.waitpid(pid, os.WNOHANG))[0] == 0:
            if time.monotonic() > end:
                os.kill(pid, signal.SIGKILL)
            time.sleep(0.01)
        status = ended[1]
        os.close(terminal)
        text = shown.decode().replace("\r\n", "\n")
        assert os.waitstatus_to_exitcode(status) == code, text
        assert not answers, f"never asked: {answers}\n{text}"
        return text


@pytest.fixture
def fake():
    server = Fake()
    yield server
    server.close()


@pytest.fixture
def account(fake):
    """The fake server with a small account, seen by its admin."""
    return world.build(fake)


@pytest.fixture
def usher(fake, tmp_path):
    return Program(tmp_path, fake.url)


@pytest.fixture
def stranger(tmp_path):
    """The program without any server or key."""
    return Program(tmp_path)


@pytest.fixture(scope="session")
def live(tmp_path_factory):
    """A real server, for the tests that leave it as it is."""
    from server import Server
    server = Server(tmp_path_factory.mktemp("usherd"))
    yield server
    server.stop()


@pytest.fixture
def licensed(live):
    """An account of its own on that server, with two licenses."""
    from server import Account
    return Account(live, 2)


@pytest.fixture
def run(licensed, tmp_path):
    """`usher run`, with the key of the account's service user."""
    program = Program(tmp_path, licensed.server.url)
    program.env["USHER_KEY"] = licensed.key
    program.env["USHER_ACCOUNT"] = licensed.id

    def run(*arguments, **options):
        return program("run", *arguments, **options)
    run.env = program.env
    return run


@pytest.fixture
def start(run):
    """The same, started only. What is still there at the end of the test is killed."""
    from running import Running
    started = []

    def start(*arguments, env=None, **options):
        started.append(Running(["run", *arguments], {**run.env, **(env or {})}, **options))
        return started[-1]
    yield start
    for one in started:
        if one.process.poll() is None:
            one.process.kill()
