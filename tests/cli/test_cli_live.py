# SPDX-License-Identifier: Apache-2.0
"""The program with a real server at the other end.

    USHERD=build/usherd USHER=build/usher /usr/bin/python3 -m pytest tests/cli/test_cli_live.py"""

import json
import os
import re
import socket
import sqlite3
import urllib.error
import urllib.request

import pytest
import yaml

from conftest import Program
from server import OPERATOR_KEY, Server

FILE = """\
organizations:
  - path: Studio
    dedications: {KRE: 10}
  - path: Studio/Lighting
    dedications: {KRE: 5}
    projects:
      - name: Trailer
        members: [alice@example.com, bob@example.com]
  - path: Film
    dedications: {KRE: 2, PAINT: 3}
    projects:
      - name: Pilot
        members: [bob@example.com]
      - name: Idle
        members: []
  - path: R~1D ~0 lab
members:
  - {email: alice@example.com, name: Alice, organization: Studio/Lighting}
  - {email: bob@example.com, name: Bob, organization: Film, role: org_admin}
  - {email: carol@example.com, name: "NO", organization: null, role: auditor}
  - {name: ci, organization: Film, kind: service}
usage_policy: {policy: member_based, fallback: false}
"""


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    folder = tmp_path_factory.mktemp("usherd")
    server = Server(folder)
    yield server.url
    server.stop()


class Account:
    """A fresh account: the operator's program, told to work in it."""

    def __init__(self, folder, url):
        self.folder, self.url = folder, url
        self.usher = Program(folder)
        self.usher.env.update(USHER_URL=url, USHER_KEY=OPERATOR_KEY)
        self.id = self.json("accounts", "create", "Atelier Nord", "--plan", "true_enterprise")["id"]
        self.usher.env["USHER_ACCOUNT"] = self.id
        known = {product["code"] for product in self.json("products")}
        if "KRE" not in known:
            self.usher("products", "create", "KRE", "--name", "Krea")
        if "PAINT" not in known:
            self.usher("products", "create", "PAINT", "--model", "seat")

    def __call__(self, *arguments, **options):
        return self.usher(*arguments, **options)

    def json(self, *arguments, **options):
        return json.loads(self.usher(*arguments, "--json", **options).out)

    def figures(self, level, product="KRE"):
        (row,) = self.json("pools", "--product", product, "--level", level)
        return row["dedicated"], row["pool"], row["assigned"], row["available"]

    def with_key(self, *arguments):
        """The same account, seen with a key of its own."""
        other = Program(self.folder)
        other.env.update(USHER_URL=self.url, USHER_KEY=self.json("keys", "create", "test", *arguments)["secret"])
        return other


@pytest.fixture
def account(tmp_path, url):
    return Account(tmp_path, url)


@pytest.fixture
def filled(account):
    """An account as FILE says."""
    account("purchases", "create", "KRE", 200)
    account("purchases", "create", "PAINT", 20)
    (account.folder / "account.yaml").write_text(FILE)
    account("apply", "-f", "account.yaml", "--yes")
    return account


def test_the_first_worked_example(account):
    account("purchases", "create", "KRE", 200)
    for name, count in {"A": 20, "B": 10, "C": 1, "D": 5}.items():
        account("orgs", "create", name)
        account("dedicate", name, "KRE", count)
        assert account.figures(name) == (count, count, 0, count)
    assert account.figures("account") == (200, 164, 0, 164)
    lines = account("pools").out.splitlines()
    assert lines[2].split() == ["Atelier", "Nord", account.id, "200", "164", "0", "164", "░" * 10, "0", "%"]
    assert [line.split()[1] for line in lines[3:7]] == ["A", "B", "C", "D"]


def test_the_second_worked_example(account):
    account("purchases", "create", "KRE", 10)
    account("orgs", "create", "Studio")
    account("orgs", "create", "First", "--parent", "Studio")
    account("orgs", "create", "Second", "--parent", "Studio")
    account("dedicate", "Studio", "KRE", 10)
    account("dedicate", "Studio/First", "KRE", 5)
    assert account.figures("Studio") == (10, 5, 0, 5)
    run = account("dedicate", "Second", "KRE", 6, code=5)
    assert "requested 6, available 5" in run.err
    dry = account("dedicate", "Second", "KRE", 6, "--dry-run", code=5)
    assert "insufficient-pool" in dry.out
    assert account.figures("Second") == (0, 0, 0, 0)
    assert "it would go through" in account("dedicate", "Second", "KRE", 5, "--dry-run").out
    assert account.figures("Second") == (0, 0, 0, 0)
    account("dedicate", "Second", "KRE", 5)
    assert account.figures("Studio") == (10, 0, 0, 0)


class TestApplyAndExport:
    def test_applied_twice_it_changes_nothing(self, filled):
        assert "Nothing to change" in filled("apply", "-f", "account.yaml").out
        assert filled.json("apply", "-f", "account.yaml", "--dry-run")["changes"] == []

    def test_a_dry_run_changes_nothing(self, account):
        account("purchases", "create", "KRE", 200)
        account("purchases", "create", "PAINT", 20)
        (account.folder / "account.yaml").write_text(FILE)
        plan = account.json("apply", "-f", "account.yaml", "--dry-run")
        assert plan["dry_run"] and {change["action"] for change in plan["changes"]} >= {"create"}
        assert account.json("orgs") == [] and account.json("users") == []

    def test_what_is_exported_is_what_was_applied(self, filled):
        exported, wanted = yaml.safe_load(filled("export").out), yaml.safe_load(FILE)

        def by_path(organizations):
            return {item["path"]: (item.get("dedications", {}),
                                   {project["name"]: sorted(project["members"]) for project in item.get("projects", [])})
                    for item in organizations}

        assert by_path(exported["organizations"]) == by_path(wanted["organizations"])
        assert exported["usage_policy"] == wanted["usage_policy"]
        defaults = {"role": "member", "kind": "person"}
        key = lambda member: member.get("email") or member["name"]  # noqa: E731
        assert sorted(exported["members"], key=key) == \
            sorted(({**defaults, **member} for member in wanted["members"]), key=key)

    @pytest.mark.parametrize("more", [[], ["--prune"]])
    def test_what_is_exported_changes_nothing(self, filled, more):
        text = filled("export").out
        run = filled("apply", "-f", "-", *more, input=text)
        assert "Nothing to change" in run.out
        assert filled("export").out == text

    def test_nor_while_a_dedication_drains(self, filled):
        filled("policy", "reset")
        for _ in range(4):
            filled("sessions", "start", "--product", "KRE", "--user", "alice@example.com")
        assert "It drains to 1" in filled("dedicate", "Studio/Lighting", "KRE", 1, "--drain").out
        text = filled("export").out
        assert "Nothing to change" in filled("apply", "-f", "-", input=text).out
        (row,) = filled.json("pools", "--product", "KRE", "--level", "Studio/Lighting")
        assert row["draining_to"] == 1

    def test_nor_while_a_dedication_fills(self, filled):
        assert "It fills to 300" in filled("dedicate", "Film", "KRE", 300, "--when-available").out
        text = filled("export").out
        assert "Nothing to change" in filled("apply", "-f", "-", input=text).out
        (row,) = filled.json("pools", "--product", "KRE", "--level", "Film")
        assert row["filling_to"] == 300

    def test_an_empty_account(self, account):
        text = account("export").out
        assert "Nothing to change" in account("apply", "-f", "-", input=text).out

    def test_an_account_without_the_plan(self, account):
        account("accounts", "update", "--plan", "free")
        text = account("export").out
        assert "Nothing to change" in account("apply", "-f", "-", input=text).out

    def test_prune_takes_away_what_is_not_named(self, filled):
        changed = yaml.safe_load(FILE)
        del changed["organizations"][2:]
        changed["members"] = [member for member in changed["members"] if member.get("organization") != "Film"]
        (filled.folder / "less.yaml").write_text(yaml.safe_dump(changed))
        assert "Nothing to change" in filled("apply", "-f", "less.yaml").out
        filled("users", "move", "bob@example.com", "Studio")
        filled("users", "move", "ci", "none")
        filled("apply", "-f", "less.yaml", "--prune", "--yes")
        assert [organization["name"] for organization in filled.json("orgs")] == ["Studio", "Lighting"]
        assert [project["name"] for project in filled.json("projects")] == ["Trailer"]
        assert len(filled.json("users")) == 4

    def test_all_or_nothing(self, filled):
        before = filled("export").out
        text = before.replace("KRE: 2", "KRE: 3").replace("PAINT: 3", "PAINT: 3000")
        run = filled("apply", "-f", "-", "--yes", input=text, code=5)
        assert "usher: " in run.err and filled("export").out == before

    def test_a_mistake_is_told_with_its_line(self, filled):
        (filled.folder / "bad.yaml").write_text(FILE.replace("KRE: 10", "KRX: 10"))
        assert "bad.yaml:3 (/organizations/0/dedications/KRX)" in filled("apply", "-f", "bad.yaml", code=3).err
        (filled.folder / "bad.yaml").write_text(FILE.replace("name: Alice", "nom: Alice"))
        assert "bad.yaml:18 (/members/0/nom)" in filled("apply", "-f", "bad.yaml", code=1).err


class TestSessions:
    def test_a_life(self, filled):
        session = filled.json("sessions", "start", "--product", "KRE", "--user", "alice@example.com", "--ttl", 60)
        assert session["via"] == "own" and session["machine"] == socket.gethostname()
        assert filled.figures("Studio/Lighting") == (5, 5, 1, 4)
        assert "alice@example.com" in filled("sessions").out and "Studio/Lighting" in filled("sessions").out
        assert "20 s" in filled("sessions", "heartbeat", session["id"]).out
        assert filled.json("sessions", "show", session["id"])["state"] == "active"
        filled("sessions", "end", session["id"], "--reason", "deadline", "--cooldown", 600)
        ended = filled.json("sessions", "end", session["id"])
        assert ended["state"] == "revoked" and ended["reason"] == "deadline"
        assert "deadline" in filled("sessions", "heartbeat", session["id"], code=3).err
        assert filled("sessions").out == "" and session["id"] in filled("sessions", "--all").out
        denied = filled("sessions", "start", "--product", "KRE", "--user", "alice@example.com", code=5)
        assert "the user must wait after a revocation" in denied.err

    def test_a_denial_is_explained(self, filled):
        request = ["--product", "KRE", "--user", "bob@example.com", "--organization", "Film", "--count", 2]
        filled("sessions", "start", *request)
        run = filled("sessions", "start", *request, code=5)
        assert run.out == "" and "not enough available; the next lease ends in" in run.err
        assert "closed: fallback is off" in run.err
        explained = filled("explain", *request).out
        assert "bob@example.com" in explained and "would be denied 2 licenses of KRE" in explained
        assert "The usage policy is member_based; fallback to the account's pool is off." in explained
        assert "named in the request" in explained
        (episode,) = filled.json("denials", "--user", "bob@example.com")
        assert episode["product"] == "KRE" and "Film" in filled("denials", "show", episode["id"]).out
        assert "would be granted" in filled("explain", "--product", "KRE", "--user", "bob@example.com", "--project",
                                            "Trailer").out

    def test_not_eligible(self, filled):
        run = filled("sessions", "start", "--product", "KRE", "--user", "alice@example.com", "--organization", "Film",
                     code=4)
        assert "usher explain" in run.err
        assert "not-eligible" in filled("explain", "--product", "KRE", "--user", "alice@example.com", "--organization",
                                        "Film").out

    def test_the_policy(self, filled):
        # Three at once from the project's pool; strict leaves Bob his own organization, which has two.
        filled("sessions", "start", "--product", "KRE", "--user", "bob@example.com", "--project", "Trailer", "--count", 3)
        assert filled("policy").out == "member_based, fallback off\n"
        dry = filled("policy", "set", "strict", "--dry-run").out
        assert "1 would have been denied" in dry and "bob@example.com" in dry
        assert filled("policy").out == "member_based, fallback off\n"
        assert filled("policy", "set", "strict").out == "strict, fallback off\n"
        assert filled("policy", "set", "strict", "--fallback", "on").out == "strict, fallback on\n"
        assert filled("policy", "reset").out == "unrestricted, fallback on\n"


def test_seats(filled):
    seat = filled.json("seats", "assign", "PAINT", "Film", "bob@example.com")
    assert seat["state"] == "assigned" and filled.figures("Film", "PAINT") == (3, 3, 1, 2)
    assert filled.json("seats", "check-in", seat["id"])["state"] == "activated"
    assert "bob@example.com" in filled("seats", "--product", "PAINT", "--level", "Film").out
    assert filled("seats", "assign", "PAINT", "account", "bob@example.com", code=5).err.startswith("usher: ")
    filled("seats", "assign", "PAINT", "Film", "alice@example.com", code=4)
    filled("seats", "release", seat["id"])
    assert filled.figures("Film", "PAINT") == (3, 3, 0, 3)
    filled("seats", "show", seat["id"], code=3)


def test_lowering_what_is_in_use(filled):
    filled("policy", "reset")
    for _ in range(3):
        filled("sessions", "start", "--product", "KRE", "--user", "alice@example.com")
    run = filled("dedicate", "Studio/Lighting", "KRE", 1, code=5)
    assert "--drain" in run.err and "held by session SN-" in run.err
    filled("dedicate", "Studio/Lighting", "KRE", 1, "--move")
    assert filled.figures("Studio/Lighting") == (1, 1, 1, 0)
    assert filled.figures("Studio") == (10, 9, 2, 7)


def send(method, url, body, **headers):
    """The status and the cookie of the answer."""
    data = json.dumps(body).encode() if body is not None else None
    asked = urllib.request.Request(url, data=data, method=method, headers={"Content-Type": "application/json", **headers})
    try:
        with urllib.request.urlopen(asked, timeout=30) as answer:
            return answer.status, answer.headers.get("Set-Cookie", "").split(";")[0]
    except urllib.error.HTTPError as error:
        return error.code, None


def test_a_user_is_invited_to_the_console_and_signed_out(filled):
    link = filled("users", "invite", "alice@example.com").out.strip()
    assert link.startswith(f"{filled.url}/invitation?account={filled.id}#ushi_")
    opened = {"token": link.split("#")[1], "password": "staple the horse"}
    status, cookie = send("POST", f"{filled.url}/v1/invitations:accept", opened)
    assert status == 200
    assert send("GET", f"{filled.url}/v1/whoami", None, Cookie=cookie)[0] == 200
    assert "alice@example.com" in filled("users", "sign-out", "alice@example.com").out
    assert send("GET", f"{filled.url}/v1/whoami", None, Cookie=cookie)[0] == 401
    assert "e-mail" in filled("users", "invite", "ci", code=5).err


def test_organizations_users_projects(filled):
    filled("orgs", "rename", "Film", "Cinema")
    filled("orgs", "create", "Sound", "--parent", "Cinema")
    filled("orgs", "move", "Cinema/Sound", "Studio")
    assert "Studio/Sound" in filled("orgs").out
    filled("orgs", "move", "Sound", "account")
    filled("orgs", "delete", "/Sound")
    assert "users" in filled("orgs", "delete", "Cinema", code=5).err
    filled("orgs", "show", "Sound", code=3)
    filled("users", "update", "ALICE@example.com", "--name", "Al", "--role", "auditor")
    assert filled.json("users", "show", "alice@example.com")["name"] == "Al"
    filled("users", "move", "Al", "none")
    assert filled.json("users", "--q", "al")[0]["organization"] is None
    filled("users", "create", "farm", "--kind", "service", "--organization", "Cinema")
    filled("users", "delete", "farm")
    filled("users", "create", "X", "--email", "bob@EXAMPLE.com", code=5)
    filled("projects", "rename", "Pilot", "Series")
    filled("projects", "move", "Series", "Studio")
    filled("projects", "members", "add", "Studio/Series", "carol@example.com", "ci")
    filled("projects", "members", "remove", "Series", "bob@example.com")
    assert [member["name"] for member in filled.json("projects", "members", "list", "Series")] == ["NO", "ci"]
    filled("projects", "delete", "Series")
    filled("projects", "show", "Series", code=3)


def test_purchases(account):
    purchase = account.json("purchases", "create", "KRE", 10, "--ends-at", "+30d")["id"]
    account("orgs", "create", "A")
    account("dedicate", "A", "KRE", 8)
    dry = account("purchases", "update", purchase, "--quantity", 5, "--dry-run").out
    assert "Over-committed afterwards: KRE" in dry
    account("purchases", "update", purchase, "--quantity", 5, "--ends-at", "none")
    assert account.json("purchases", "show", purchase)["ends_at"] is None
    assert "over-committed by 3" in account("pools").out
    account("purchases", "delete", purchase)
    assert account.json("purchases") == []
    account("purchases", "create", "NOPE", 1, code=3)


def test_keys_and_roles(filled):
    member = filled.with_key("--role", "member", "--user", "alice@example.com")
    assert "member" in member("whoami").out
    member("sessions", "start", "--product", "KRE")
    assert "would be" in member("explain", "--product", "KRE").out
    assert "usher whoami" in member("dedicate", "OG-1001", "KRE", 1, code=4).err
    member("accounts", "show", "AC-999999", code=3)
    auditor = filled.with_key("--role", "auditor")
    for command in ("pools", "users", "orgs", "projects", "seats", "sessions", "keys", "events", "denials", "purchases"):
        auditor(command)
    auditor("orgs", "create", "X", code=4)
    for key in filled.json("keys"):
        filled("keys", "revoke", key["id"])
    assert "usher login" in member("whoami", code=4).err


def test_every_list_in_both_ways(filled):
    filled("sessions", "start", "--product", "KRE", "--user", "alice@example.com")
    filled("seats", "assign", "PAINT", "account", "bob@example.com")
    filled("sessions", "start", "--product", "KRE", "--user", "ci", "--count", 1000, code=5)
    filled("keys", "create", "ci", "--role", "platform", "--expires-at", "+1d")
    for command in (["accounts"], ["products"], ["purchases"], ["orgs"], ["users"], ["projects"], ["pools"], ["seats"],
                    ["sessions"], ["keys"], ["events"], ["denials"], ["projects", "members", "list", "Trailer"]):
        items = filled.json(*command)
        assert items and isinstance(items, list), command
        shown = filled(*command)
        assert len(shown.out.splitlines()) > 1 and shown.err == "", command
        assert len(filled.json(*command, "--limit", 1)) == 1


def test_events_are_followed_over_pages(account):
    account("purchases", "create", "KRE", 5)
    for _ in range(2):
        account("orgs", "create", "A")
        account("orgs", "delete", "A")
    kinds = [event["kind"] for event in account.json("events")]
    assert sum(kind.startswith("organization.") for kind in kinds) == 4
    assert len(account.json("events", "--kind", "organization")) == 4
    assert account.json("events", "--to", "-1h") == [] and account.json("events", "--from", "-1h")


def test_login(filled, url):
    person = Program(filled.folder)
    person("login", "--url", url, "--account", filled.id, "--key-stdin", input=OPERATOR_KEY + "\n")
    assert "200" in person("pools").out
    person("logout")
    person("login", "--url", url, "--key-stdin", input="wrong" * 10, code=4)


def test_a_backup_is_a_database(filled):
    run = filled("backup", "copy.db")
    assert re.fullmatch(r"copy\.db: \d+ bytes\.\n", run.out)
    assert os.listdir(filled.folder).count("copy.db.part") == 0
    with sqlite3.connect(filled.folder / "copy.db") as copy:
        assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        tables = {name for (name,) in copy.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        assert "event" in tables
