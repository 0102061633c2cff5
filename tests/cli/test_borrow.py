# SPDX-License-Identifier: Apache-2.0
"""Leases without a network: borrowed from a real server, used while it is away, returned; and those that are cut,
altered, copied, of another server, too old, or looked at by a wrong clock."""

import base64
import datetime
import hashlib
import json
import shutil
import subprocess

import pytest

from conftest import Program
from running import Running, is_gone
from server import OPERATOR_KEY, Account, Server, until
from test_transport import closed_port

HERE = ["run", "--offline", "--product", "KRE", "--"]


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Away:
    """The program, a folder for its leases, and an account that lends KRE out."""

    def __init__(self, account, tmp_path):
        self.account, self.store = account, tmp_path / "state"
        self.usher = self.program(tmp_path, account.key)
        self.admin = self.program(tmp_path, OPERATOR_KEY)
        self.admin("borrowing", "set", "KRE", "--max-days", 7, "--share", 50)

    def program(self, folder, key):
        program = Program(folder, self.account.server.url)
        program.env.update(USHER_KEY=key, USHER_ACCOUNT=self.account.id, USHER_STATE=str(self.store))
        return program

    def borrow(self):
        return json.loads(self.usher("borrow", "KRE", "--days", 2, "--json").out)

    def states(self):
        return [lease["state"] for lease in json.loads(self.usher("leases", "--json").out)]

    def file(self):
        return next(self.store.glob("lease-*"))

    def offline(self, *words, code=0):
        """Without any server, and without a key."""
        return self.usher(*HERE, *words, code=code, USHER_URL=f"http://127.0.0.1:{closed_port()}", USHER_KEY="")


@pytest.fixture
def away(licensed, tmp_path):
    return Away(licensed, tmp_path)


def test_what_may_be_borrowed(away):
    assert away.admin("borrowing").out.splitlines()[1].split() == ["KRE", "7", "50"]
    assert "up to 3 days; of each pool, up to 20 %" in away.admin("borrowing", "set", "KRE", "--max-days", 3).out
    assert "--max-days" in away.admin("borrowing", "set", "KRE", code=2).err
    away.admin("borrowing", "set", "KRE", "--max-days", 366, code=2)
    away.usher("borrowing", "set", "KRE", "--max-days", 3, code=4)
    away.admin("borrowing", "off", "KRE")
    assert away.admin("borrowing").err == "no product may be borrowed\n"
    assert away.usher("borrow", "KRE", "--days", 1, code=4).err.startswith("usher: ")
    away.usher("borrow", "KRE", code=2)
    away.usher("borrow", "KRE", "--days", 0, code=2)
    away.usher("borrow", "NONE", "--days", 1, code=3)


def test_borrowed_used_and_returned(away):
    told = away.usher("borrow", "KRE", "--days", 2).out
    assert told.startswith("Borrowed KRE as SN-") and "usher run --offline --product KRE" in told
    session, = away.account.active()
    assert session["borrowed"]
    assert "the share that may be borrowed is used up" in away.usher("borrow", "KRE", "--days", 2, code=5).err
    lines = away.offline("env").out.splitlines()
    assert f"USHER_SESSION={session['id']}" in lines
    assert not any(line.startswith(("USHER_LEVEL=", "USHER_VIA=")) for line in lines)
    away.offline("sh", "-c", "exit 7", code=7)
    shown = away.usher("leases").out.splitlines()
    assert shown[0].split() == ["ID", "PRODUCT", "USER", "STARTED", "ENDS", "STATE"]
    assert shown[1].split()[0] == session["id"] and shown[1].endswith("counts")
    assert session["id"] in away.usher("leases", "list").out
    assert f"Returned {session['id']}" in away.usher("return").out
    assert away.account.active() == [] and away.states() == ["returned"]
    assert "given back" in away.offline("true", code=75).err
    away.usher("return", session["id"])
    assert "no lease to return" in away.usher("return", code=3).err
    assert session["id"] in away.usher("leases", "list", "--all").out


def test_returned_while_the_server_is_away(away):
    lease = away.borrow()
    done = away.usher("return", "--timeout", 1, code=6, USHER_URL=f"http://127.0.0.1:{closed_port()}")
    assert "Return it again" in done.err
    away.offline("true", code=75)
    away.usher("return", lease["id"])
    assert away.account.active() == []


def test_several_leases(away):
    away.admin("borrowing", "set", "KRE", "--max-days", 7, "--share", 100)
    first, second = away.borrow(), away.borrow()
    done = away.usher("return", code=2)
    assert "say which" in done.err and first["id"] in done.err and second["id"] in done.err
    away.usher("return", first["id"])
    away.usher("return", "--product", "KRE")
    away.usher("return", "--product", "OTHER", code=3)
    assert away.states() == ["returned", "returned"]


def test_no_lease_at_all(away):
    done = away.offline("true", code=75)
    assert "No lease of KRE was borrowed here" in done.err
    assert away.usher("leases").err == "no lease was borrowed on this machine\n"
    assert away.usher("leases", "--json").out == "[]\n"


def test_cut_and_altered(away):
    away.borrow()
    text = away.file().read_text()
    for wrong in (text[:-5], text[:40], "", text.replace("ushl1", "ushl2"), text[:60] + "AAAA" + text[64:], "\0" * 200):
        away.file().write_text(wrong)
        away.offline("true", code=75)
        assert away.states() in (["broken"], [])
    away.file().write_text(text)
    away.offline("true")


def test_copied_to_another_machine(away):
    away.borrow()
    away.usher("return")
    for path in away.store.glob("*-SN-*"):
        path.unlink()
    lease = away.account.ask("POST", "/leases", {"product": "KRE", "user": away.account.user, "days": 2,
                                                 "machine": "f" * 32})
    (away.store / f"lease-{lease['id']}-{'0' * 16}").write_text(lease["lease"])
    assert "another machine" in away.offline("true", code=75).err
    assert away.states() == ["other-machine"]


def test_of_another_server(away, tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("other"))
    other = Away(Account(server, 2), tmp_path_factory.mktemp("program"))
    other.borrow()
    away.usher("leases", "refresh")
    shutil.copy(other.file(), away.store / other.file().name)
    assert away.states() == ["unknown-key"]
    away.offline("true", code=75)
    server.stop()


def test_a_clock_turned_back(away):
    away.borrow()
    clock = json.loads((away.store / "clock.json").read_text())
    clock["seen_at"] += 3600 * 1000
    (away.store / "clock.json").write_text(json.dumps(clock))
    done = away.offline("true", code=75)
    assert "clock" in done.err.lower() and "usher leases refresh" in done.err
    assert away.states() == ["clock-turned-back"]
    away.usher("leases", "refresh")
    away.offline("true")


class Signer:
    """A server's key that we have ourselves, so that a lease may end when we like."""

    def __init__(self, folder):
        self.key = folder / "key.pem"
        subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", self.key], check=True, timeout=60)
        public = subprocess.run(["openssl", "pkey", "-in", self.key, "-pubout", "-outform", "DER"], check=True,
                                capture_output=True, timeout=60).stdout[-32:]
        self.kid = hashlib.blake2b(public, digest_size=32).hexdigest()[:16]
        self.folder, self.published = folder, {self.kid: encode(public)}

    def sign(self, payload):
        text = "ushl1." + encode(json.dumps(payload | {"v": 1, "kid": self.kid}).encode())
        (self.folder / "text").write_text(text)
        signature = subprocess.run(["openssl", "pkeyutl", "-sign", "-rawin", "-inkey", self.key, "-in",
                                    self.folder / "text"], check=True, capture_output=True, timeout=60).stdout
        return f"{text}.{encode(signature)}"


def moment(seconds):
    at = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03}Z"


@pytest.fixture
def ending(away, tmp_path):
    """Puts a lease in place that ends after so many seconds, and none else."""
    lease = away.borrow()
    away.usher("return")
    for path in away.store.glob("*-SN-*"):
        path.unlink()

    def ending(seconds):
        signer = Signer(tmp_path)
        token = signer.sign({name: lease[name] for name in ("id", "account", "product", "user", "machine")} |
                            {"starts_at": moment(-3600), "ends_at": moment(seconds)})
        (away.store / "keys.json").write_text(json.dumps(signer.published))
        (away.store / f"lease-{lease['id']}-{signer.kid}").write_text(token)
    return ending


def test_a_lease_that_is_over(away, ending):
    ending(-60)
    assert "ended at" in away.offline("true", code=75).err
    assert away.states() == ["over"]


def test_over_while_the_command_runs(away, ending):
    ending(5)
    done = away.offline("sleep", "60", code=76)
    assert "the license is lost" in done.err and "The command is ended" in done.err


@pytest.mark.parametrize("on_loss, code", [("term", 76), ("kill", 76), ("continue", 4)])
def test_over_while_the_command_runs_and_what_then(away, ending, on_loss, code):
    ending(5)
    span = 8 if on_loss == "continue" else 90
    away.usher("run", "--offline", "--on-loss", on_loss, "--product", "KRE", "--", "sh", "-c", f"sleep {span}; exit 4",
               code=code)


def test_signals_offline(away):
    away.borrow()
    running = Running([*HERE[:-1], "--", "sleep", "60"], away.usher.env)
    running.child()
    running.send("TERM")
    running.ends(143)
    running = Running([*HERE[:-1], "--", "sleep", "60"], away.usher.env)
    child = running.child()
    running.process.kill()
    running.process.wait(30)
    until(lambda: is_gone(child))
