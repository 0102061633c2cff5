# SPDX-License-Identifier: Apache-2.0
"""The unit for systemd: how tight it is by systemd's own measure, and that the server does all it has to do under the
filter of system calls, with no capability, in the user and with the limits that the unit gives it."""
import contextlib
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
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "api"))

from postgres import Postgres, as_somebody  # noqa: E402 (found by the path above)

UNIT = ROOT / "packaging" / "usherd.service"
MANUAL = ROOT / "docs" / "manual" / "operation.md"
USHERD = pathlib.Path(os.environ.get("USHERD", ROOT / "build" / "usherd"))
SERVES = re.compile(r"serves (http://\S+) from")
START_S = 60
KEY = "operator-key-of-the-service-tests-0123456789"
MOST = 1.3  # of 10; what is left is that it serves a network
SOMEBODY = 61234  # as systemd picks one: there is no entry for it, and no home
SCMP_ACT_ALLOW, SCMP_CMP_EQ, PR_SET_NO_NEW_PRIVS, PR_CAPBSET_DROP = 0x7FFF0000, 4, 38, 24
CLONE_NEWNS, MS_RDONLY, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 0x20000, 1, 32, 4096, 16384, 1 << 18

analyze = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd-analyze here")


def values(name):
    return re.findall(rf"^{name}=(.*)$", UNIT.read_text("utf-8"), re.M)


@analyze
def test_it_is_as_tight_as_the_manual_says():
    text = subprocess.run(["systemd-analyze", "security", "--offline=true", UNIT], text=True, check=False,
                          capture_output=True, timeout=60).stdout
    exposure = float(re.search(r"exposure level for usherd.service: ([\d.]+)", text)[1])
    assert exposure <= MOST
    assert f"{exposure} of 10" in MANUAL.read_text("utf-8")


@analyze
def test_systemd_understands_all_of_it(tmp_path):
    # The program need not be installed where this runs.
    unit = tmp_path / "usherd.service"
    unit.write_text(re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", UNIT.read_text("utf-8"), flags=re.M), "utf-8")
    run = subprocess.run(["systemd-analyze", "verify", "--man=no", unit], text=True, check=False, capture_output=True,
                         timeout=60)
    assert "usherd.service" not in run.stderr


# ---- The same restrictions without systemd

@functools.cache
def calls_of(group):
    """The system calls of a group such as @network-io."""
    text = subprocess.run(["systemd-analyze", "syscall-filter", group], text=True, check=True,
                          stdout=subprocess.PIPE, timeout=60).stdout
    names = [line.strip() for line in text.splitlines()[1:] if line.strip() and not line.strip().startswith("#")]
    return frozenset(call for name in names for call in (calls_of(name) if name[0] == "@" else [name]))


def allowed_calls():
    allowed = set()
    for line in values("SystemCallFilter"):
        words = line.lstrip("~").split()
        calls = {call for word in words for call in (calls_of(word) if word[0] == "@" else [word])}
        allowed = allowed - calls if line[0] == "~" else allowed | calls
    return allowed


class Compared(ctypes.Structure):
    """libseccomp's struct scmp_arg_cmp: an argument of a system call that must be equal to a number."""
    _fields_ = [("argument", ctypes.c_uint), ("how", ctypes.c_int), ("number", ctypes.c_uint64), ("unused", ctypes.c_uint64)]


def filter_calls(seccomp, allowed):
    seccomp.seccomp_init.restype = ctypes.c_void_p
    context = ctypes.c_void_p(seccomp.seccomp_init(ctypes.c_uint32(0x00050000 | errno.EPERM)))
    for call in allowed - {"socket"}:
        number = seccomp.seccomp_syscall_resolve_name(call.encode())
        if number >= 0:
            seccomp.seccomp_rule_add_array(context, ctypes.c_uint32(SCMP_ACT_ALLOW), number, 0, None)
    for family in values("RestrictAddressFamilies")[0].split():
        rule = Compared(0, SCMP_CMP_EQ, int(getattr(socket, family)), 0)
        number = seccomp.seccomp_syscall_resolve_name(b"socket")
        seccomp.seccomp_rule_add_array(context, ctypes.c_uint32(SCMP_ACT_ALLOW), number, 1, ctypes.byref(rule))
    return context


def protect_files(libc, data):
    """All is read only but the data, in a view of the files that is the program's own; where this process may make one."""
    if libc.unshare(CLONE_NEWNS) != 0:
        return
    assert libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None) == 0
    assert libc.mount(bytes(data), bytes(data), None, MS_BIND, None) == 0
    assert libc.mount(b"none", b"/", None, MS_REMOUNT | MS_BIND | MS_RDONLY, None) == 0


def restrict(allowed, data):
    """What systemd does before it starts the program; in the child, before exec."""
    libc = ctypes.CDLL(None, use_errno=True)
    seccomp = ctypes.CDLL(ctypes.util.find_library("seccomp") or "libseccomp.so.2")
    context = filter_calls(seccomp, allowed)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    files = int(values("LimitNOFILE")[0])
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
    os.umask(int(values("UMask")[0], 8))
    if os.geteuid() == 0:
        protect_files(libc, data)
        for capability in range(64):
            libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)
        os.setgroups([])
        os.setgid(SOMEBODY)
        os.setuid(SOMEBODY)
    assert libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
    assert seccomp.seccomp_load(context) == 0


def credentials(folder, settings):
    """What the unit has handed on, as systemd 254 and later do it: root's, and readable by a list that shows as the group's."""
    contents = {"usherd.conf": settings, "operator.key": KEY}
    for line in values("LoadCredential"):
        name, source = line.split(":")
        assert source == f"/etc/usher/{name}"
        (folder / name).write_text(contents.pop(name), "utf-8")
        os.chmod(folder / name, 0o440)
        os.chown(folder / name, -1, SOMEBODY if os.geteuid() == 0 else -1)
    assert contents == {}


class Service:
    """The command and the environment of the unit, in a folder of its own."""

    def __init__(self, folder, *arguments, settings=""):
        self.url = None
        self.log, self.data, handed_on = folder / "log", folder / "data", folder / "handed_on"
        allowed = allowed_calls()
        handed_on.mkdir()
        credentials(handed_on, f"listen = 127.0.0.1:0\nlog-level = warning\n{settings}")
        self.data.mkdir(mode=0o700)
        if os.geteuid() == 0:
            os.chown(self.data, SOMEBODY, SOMEBODY)
        program, *words = values("ExecStart")[0].replace("%d", str(handed_on)).split()
        assert program == "/usr/local/bin/usherd" and words[-2:] == ["--data", "/var/lib/usher"]
        environment = dict(word.split("=", 1) for word in values("Environment")[0].replace("%d", str(handed_on)).split())
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen([USHERD, *words[:-1], self.data, *arguments], stdout=log, stderr=log,
                                            env={"HOME": "/", "PATH": "/usr/bin:/bin", **environment},
                                            preexec_fn=lambda: restrict(allowed, self.data))

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
        while time.monotonic() < end and self.process.poll() is None:
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


@contextlib.contextmanager
def running(*arguments, settings=""):
    try:
        calls_of("@system-service")
        ctypes.CDLL("libseccomp.so.2")
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"the unit's filter cannot be made here: {error}")
    # Those of pytest lie in others that only root may enter.
    with tempfile.TemporaryDirectory(prefix="usher-") as folder:
        os.chmod(folder, 0o755)
        try:
            service = Service(pathlib.Path(folder), *arguments, settings=settings)
        except (PermissionError, subprocess.SubprocessError) as error:
            pytest.skip(f"the program cannot be started so here: {error}")
        try:
            service.wait()
            yield service
        finally:
            service.process.kill()
            service.process.wait(20)


def check_is_restricted(service):
    status = pathlib.Path(f"/proc/{service.process.pid}/status").read_text("ascii")
    assert re.search(r"^Seccomp:\s2$", status, re.M) and re.search(r"^NoNewPrivs:\s1$", status, re.M)
    assert re.search(r"^CapEff:\s0+$", status, re.M)


def check_it_ends_well(service):
    service.process.terminate()
    assert service.process.wait(30) == 0
    complaints = [line for line in service.log.read_text("utf-8").splitlines()
                  if re.search(" (warning|error) |WARNING", line) and "sign-in failed" not in line]
    assert complaints == []


@pytest.fixture
def service():
    with running("--demo") as made:
        yield made


@analyze
def test_it_does_all_it_has_to_under_the_units_restrictions(service):
    check_is_restricted(service)
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
    check_it_ends_well(service)


# ---- With a database

PASSWORD = "correct horse"


def certificate(folder):
    """A certificate of 127.0.0.1, its own authority; with its key."""
    made, key = folder / "server.pem", folder / "server.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                    "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", made],
                   check=True, capture_output=True, timeout=60)
    os.chmod(key, 0o600)
    if os.geteuid() == 0:
        os.chown(key, as_somebody()["user"], -1)
    return made, key


@pytest.fixture(scope="module")
def database():
    """A PostgreSQL that wants a password from whoever comes, and TLS over the network; `places`: URIs of one database."""
    with tempfile.TemporaryDirectory(prefix="usher-") as folder, contextlib.ExitStack() as stack:
        os.chmod(folder, 0o755)
        authority, key = certificate(pathlib.Path(folder))
        made = Postgres(ssl="on", ssl_cert_file=str(authority), ssl_key_file=str(key), unix_socket_permissions="0777")
        stack.callback(made.remove)
        made.make()
        (made.data / "pg_hba.conf").write_text("hostssl all usher 127.0.0.1/32 trust\nlocal all node scram-sha-256\n"
                                               "hostssl all node 127.0.0.1/32 scram-sha-256\n", "utf-8")
        made.start()
        os.chmod(made.folder, 0o711)
        made.query(f"CREATE ROLE node LOGIN PASSWORD '{PASSWORD}'")
        made.query("CREATE DATABASE pools OWNER node")
        login = f"node:{urllib.parse.quote(PASSWORD)}"
        made.places = {
            "socket": f"postgresql://{login}@/pools?host={made.folder}&port={made.port}",
            "network": f"postgresql://{login}@127.0.0.1:{made.port}/pools?sslmode=verify-full&sslrootcert={authority}",
        }
        yield made


@analyze
@pytest.mark.parametrize("way", ["socket", "network"])
def test_it_reaches_a_database_under_the_units_restrictions(database, way):
    with running(settings=f"store = {database.places[way]}\n") as service:
        check_is_restricted(service)
        code = f"KRE-{way.upper()}"
        assert service.ask("POST", "/v1/products", {"code": code, "name": code, "model": "session"})[0] == 201
        account = json.loads(service.ask("POST", "/v1/accounts", {"name": "A", "plan": "free"})[1])["id"]
        assert service.ask("POST", f"/v1/accounts/{account}/users", {"name": "N", "email": "n@example.com"})[0] == 201
        assert service.ask("GET", f"/v1/accounts/{account}/events")[0] == 200
        check_it_ends_well(service)
