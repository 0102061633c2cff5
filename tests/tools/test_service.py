# SPDX-License-Identifier: Apache-2.0
"""The unit for systemd: how tight it is by systemd's own measure, and that the server does all it has to do under the
filter of system calls, with no capability, in the user and with the limits that the unit gives it."""
import ctypes
import ctypes.util
import errno
import functools
import json
import os
import pathlib
import re
import resource
import shutil
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
UNIT = ROOT / "packaging" / "usherd.service"
MANUAL = ROOT / "docs" / "manual" / "operation.md"
USHERD = pathlib.Path(os.environ.get("USHERD", ROOT / "build" / "usherd"))
SERVES = re.compile(r"serves (http://\S+) from")
START_S = 60
KEY = "operator-key-of-the-service-tests-0123456789"
MOST = 1.3  # of 10; what is left is that it serves a network
SCMP_ACT_ALLOW, PR_SET_NO_NEW_PRIVS, PR_CAPBSET_DROP = 0x7FFF0000, 38, 24

analyze = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd-analyze here")


def values(name):
    return re.findall(rf"^{name}=(.*)$", UNIT.read_text("utf-8"), re.M)


@analyze
def test_it_is_as_tight_as_the_manual_says():
    text = subprocess.run(["systemd-analyze", "security", "--offline=true", UNIT], text=True, check=False,
                          capture_output=True).stdout
    exposure = float(re.search(r"exposure level for usherd.service: ([\d.]+)", text)[1])
    assert exposure <= MOST
    assert f"{exposure} of 10" in MANUAL.read_text("utf-8")


@analyze
def test_systemd_understands_all_of_it(tmp_path):
    # The program need not be installed where this runs.
    unit = tmp_path / "usherd.service"
    unit.write_text(re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", UNIT.read_text("utf-8"), flags=re.M), "utf-8")
    run = subprocess.run(["systemd-analyze", "verify", "--man=no", unit], text=True, check=False, capture_output=True)
    assert "usherd.service" not in run.stderr


# ---- The same restrictions without systemd

@functools.cache
def calls_of(group):
    """The system calls of a group such as @network-io."""
    text = subprocess.run(["systemd-analyze", "syscall-filter", group], text=True, check=True,
                          stdout=subprocess.PIPE).stdout
    names = [line.strip() for line in text.splitlines()[1:] if line.strip() and not line.strip().startswith("#")]
    return frozenset(call for name in names for call in (calls_of(name) if name[0] == "@" else [name]))


def allowed_calls():
    allowed = set()
    for line in values("SystemCallFilter"):
        words = line.lstrip("~").split()
        calls = {call for word in words for call in (calls_of(word) if word[0] == "@" else [word])}
        allowed = allowed - calls if line[0] == "~" else allowed | calls
    return allowed


def restrict(allowed):
    """What systemd does before it starts the program; in the child, before exec."""
    libc = ctypes.CDLL(None, use_errno=True)
    seccomp = ctypes.CDLL(ctypes.util.find_library("seccomp") or "libseccomp.so.2")
    seccomp.seccomp_init.restype = ctypes.c_void_p
    refuse = 0x00050000 | errno.EPERM
    context = ctypes.c_void_p(seccomp.seccomp_init(ctypes.c_uint32(refuse)))
    for call in allowed:
        number = seccomp.seccomp_syscall_resolve_name(call.encode())
        if number >= 0:
            seccomp.seccomp_rule_add_array(context, ctypes.c_uint32(SCMP_ACT_ALLOW), number, 0, None)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    files = int(values("LimitNOFILE")[0])
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
    os.umask(int(values("UMask")[0], 8))
    if os.geteuid() == 0:
        for capability in range(64):
            libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
    assert libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
    assert seccomp.seccomp_load(context) == 0


class Service:
    def __init__(self, folder):
        self.url = None
        self.log = folder / "log"
        allowed = allowed_calls()
        environment = dict(os.environ, USHER_OPERATOR_KEY=KEY, USHER_LOG_LEVEL="warning")
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen([USHERD, "--data", folder / "data", "--listen", "127.0.0.1:0", "--demo"],
                                            stdout=log, stderr=log, env=environment,
                                            preexec_fn=lambda: restrict(allowed))

    def ask(self, method, path, body=None):
        request = urllib.request.Request(self.url + path, method=method,
                                         data=json.dumps(body).encode() if body is not None else None,
                                         headers={"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def wait(self):
        end = time.monotonic() + START_S
        while time.monotonic() < end:
            time.sleep(0.05)
            serves = SERVES.search(self.log.read_text("utf-8"))
            if serves is None:
                continue
            self.url = serves[1]
            try:
                if self.ask("GET", "/readyz")[0] == 200:
                    return
            except OSError:
                pass
        raise AssertionError(self.log.read_text("utf-8"))


@pytest.fixture
def service():
    try:
        calls_of("@system-service")
        ctypes.CDLL("libseccomp.so.2")
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"the unit's filter cannot be made here: {error}")
    # Those of pytest lie in others that only root may enter.
    with tempfile.TemporaryDirectory(prefix="usher-") as folder:
        os.chown(folder, os.geteuid() or 65534, -1)
        try:
            running = Service(pathlib.Path(folder))
        except (PermissionError, subprocess.SubprocessError) as error:
            pytest.skip(f"the program cannot be started so here: {error}")
        yield running
        running.process.kill()
        running.process.wait()


@analyze
def test_it_does_all_it_has_to_under_the_units_restrictions(service):
    service.wait()
    status = pathlib.Path(f"/proc/{service.process.pid}/status").read_text("ascii")
    assert re.search(r"^Seccomp:\s2$", status, re.M) and re.search(r"^NoNewPrivs:\s1$", status, re.M)
    assert re.search(r"^CapEff:\s0+$", status, re.M)
    account = "/v1/accounts/AC-1"
    created, body = service.ask("POST", f"{account}/users", {"name": "N", "email": "n@example.com"})
    assert created == 201
    user = json.loads(body)["id"]
    created, body = service.ask("POST", f"{account}/sessions", {"product": "KRE", "user": user})
    assert created == 201
    session = json.loads(body)["id"]
    assert service.ask("POST", f"{account}/sessions/{session}/heartbeat")[0] == 200
    assert service.ask("GET", f"{account}/sessions?user={user}")[0] == 200
    assert service.ask("DELETE", f"{account}/sessions/{session}")[0] == 200
    # A password is hashed, on a thread that gives way to others.
    wrong = {"account": "AC-1", "email": "n@example.com", "password": "x" * 20}
    assert service.ask("POST", "/v1/sign-in", wrong)[0] == 401
    threads = pathlib.Path(f"/proc/{service.process.pid}/task").iterdir()
    assert any(int((thread / "stat").read_text("ascii").rsplit(") ", 1)[1].split()[16]) > 0 for thread in threads)
    assert service.ask("GET", "/.well-known/usher-keys.json")[0] == 200
    assert b"process_open_fds" in service.ask("GET", "/metrics")[1]
    assert service.ask("POST", "/v1/backup")[1].startswith(b"SQLite format 3")
    service.process.terminate()
    assert service.process.wait(30) == 0
    complaints = [line for line in service.log.read_text("utf-8").splitlines()
                  if re.search(" (warning|error) ", line) and "sign-in failed" not in line]
    assert complaints == []
