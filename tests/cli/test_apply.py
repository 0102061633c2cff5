# SPDX-License-Identifier: Apache-2.0
"""`usher apply` and the files that it reads."""

import json

import pytest
import yaml

from fake import Answer, problem

APPLY = "/v1/accounts/AC-1:apply"
CHANGES = [
    {"action": "create", "kind": "organization", "subject": "Studio/Lighting", "id": None, "from": None,
     "to": {"name": "Lighting", "parent": "OG-1001"}},
    {"action": "update", "kind": "user", "subject": "alice@example.com", "id": "US-1",
     "from": {"name": "Al", "role": "member"}, "to": {"name": "Alice", "role": "member"}},
    {"action": "update", "kind": "dedication", "subject": "Studio/KRE", "id": "OG-1001", "from": 5, "to": 8},
    {"action": "delete", "kind": "membership", "subject": "Film/Pilot", "id": "PR-3", "from": "bob@example.com",
     "to": None},
]
FILE = """\
organizations:
  - path: Studio/Lighting
    dedications: {KRE: 5}
    projects:
      - name: Film
        members: [alice@example.com, US-7]
members:
  - {email: alice@example.com, name: Alice, organization: Studio/Lighting}
usage_policy: {policy: strict, fallback: false}
"""


@pytest.fixture
def plan(account):
    """The server has a plan with some changes."""
    def answer(request):
        dry = request.query.get("dry_run") == ["true"]
        return Answer({"changes": CHANGES, "dry_run": dry})
    account.on("POST", APPLY, answer)
    return account


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "account.yaml"
    path.write_text(FILE)
    return path


def test_a_plan_like_a_diff(plan, usher, file):
    lines = usher("apply", "-f", file, "--dry-run").out.splitlines()
    assert [line.split()[0] for line in lines[1:5]] == ["+", "~", "~", "-"]
    assert lines[1].split(maxsplit=3)[3] == "name: Lighting, parent: OG-1001"
    assert lines[2].split(maxsplit=3)[3] == "name: Al -> name: Alice"
    assert lines[3].split(maxsplit=3)[3] == "5 -> 8"
    assert lines[4].split(maxsplit=3)[3] == "bob@example.com"
    assert lines[5] == "1 to create, 2 to update, 1 to delete."
    (request,) = plan.asked("POST", APPLY)
    assert request.json == yaml.safe_load(FILE)
    assert request.query == {"dry_run": ["true"]} and request.headers["Idempotency-Key"] is None


def test_yes_applies_what_was_shown(plan, usher, file):
    assert "Applied 4 changes." in usher("apply", "-f", file, "--yes").out
    dry, real = plan.asked("POST", APPLY)
    assert real.query == {} and real.body == dry.body and real.headers["Idempotency-Key"] is not None


def test_nothing_to_change(account, usher, file):
    account.on("POST", APPLY, Answer({"changes": [], "dry_run": True}))
    assert "Nothing to change" in usher("apply", "-f", file).out
    assert len(account.asked("POST", APPLY)) == 1


def test_without_a_terminal_it_stops_after_the_plan(plan, usher, file):
    run = usher("apply", "-f", file, code=2)
    assert "1 to create" in run.out and "nothing was changed" in run.err and "--yes" in run.err
    assert len(plan.asked("POST", APPLY)) == 1


def test_at_a_terminal_it_asks(plan, usher, file):
    shown = usher.at_terminal("apply", "-f", file, answers=[("Apply this? [y/N]", "y\n")])
    assert "Applied 4 changes." in shown
    assert "\x1b[32m+\x1b[0m" in shown and "\x1b[33m~\x1b[0m" in shown and "\x1b[31m-\x1b[0m" in shown


@pytest.mark.parametrize("typed", ["n\n", "\n", "yep\n", "\x04", "\x03"])
def test_anything_but_yes_is_no(plan, usher, file, typed):
    shown = usher.at_terminal("apply", "-f", file, answers=[("Apply this? [y/N]", typed)], code=7)
    assert "Nothing was changed." in shown
    assert len(plan.asked("POST", APPLY)) == 1


def test_what_was_done_is_told_when_it_was_not_the_plan(account, usher, file):
    account.on("POST", APPLY, Answer({"changes": CHANGES, "dry_run": True}),
               Answer({"changes": CHANGES[:1], "dry_run": False}))
    out = usher("apply", "-f", file, "--yes").out
    assert "Applied 1 change." in out and "had changed since the plan" in out


def test_prune_is_said_on_the_command_line(plan, usher, file):
    usher("apply", "-f", file, "--prune", "--dry-run")
    assert plan.requests[-1].json["prune"] is True


def test_standard_input(plan, usher):
    usher("apply", "-f", "-", "--dry-run", input=FILE)
    assert plan.requests[-1].json == yaml.safe_load(FILE)
    assert "--yes" in usher("apply", "-f", "-", input=FILE, code=2).err
    usher("apply", "-f", "-", "--yes", input=FILE)


def test_json_in_and_out(plan, usher, tmp_path):
    (tmp_path / "a.json").write_text(json.dumps(yaml.safe_load(FILE)))
    shown = json.loads(usher("apply", "-f", "a.json", "--dry-run", "--json").out)
    assert shown == {"changes": CHANGES, "dry_run": True}
    assert plan.requests[-1].json == yaml.safe_load(FILE)
    assert json.loads(usher("apply", "-f", "a.json", "--yes", "--json").out)["dry_run"] is False
    run = usher("apply", "-f", "a.json", "--json", code=2)
    assert run.out == "" and "--yes" in run.err


def test_a_refusal_names_the_line(account, usher, file):
    account.on("POST", APPLY, problem("not-found", 404, "Not found", "There is no product KRE.",
                                      pointer="/organizations/0/dedications/KRE"))
    run = usher("apply", "-f", file, "--yes", code=3)
    assert f"{file}:3 (/organizations/0/dedications/KRE)" in run.err
    account.on("POST", APPLY, problem("invalid-request", 400, "Invalid", "No.", pointer="/members/0/email"))
    assert f"{file}:8 (" in usher("apply", "-f", file, "--yes", code=1).err
    account.on("POST", APPLY, problem("invalid-request", 400, "Invalid", "No.", pointer="/members/7/a~1b/~0"))
    assert f"{file}:7 (" in usher("apply", "-f", file, "--yes", code=1).err


def test_a_plan_that_is_none(account, usher, file):
    account.on("POST", APPLY, Answer({"dry_run": True}), wrong=True)
    assert "it has no changes" in usher("apply", "-f", file, "--yes", code=6).err


@pytest.mark.parametrize("text, told", [
    ("", "does not describe an account"),
    ("# nothing\n", "does not describe an account"),
    ("- a\n", "does not describe an account"),
    ("text", "does not describe an account"),
    ("a: [1, 2\n", ":2:1: this is not YAML: "),
    ("a: 1\n b: 2\n", ":2:"),
    ("a: 1\na: 2\n", ":2:1: this name stands here a second time"),
    ("{a: 1, a: 2}", "a second time"),
    ('{"a": 1, "a": 2}', "a second time"),
    ("a: &x 1\nb: *x\n", ":1:4: anchors (&name) are not taken"),
    ("a: *x\n", ":1:4: aliases (*name) are not taken"),
    ("a: !!binary aGk=\n", ":1:4: tags (!name) are not taken"),
    ("a: 1\n---\nb: 2\n", "a second document starts here"),
    ("[1]: 2\n", "a name must be plain text"),
    ("a: 99999999999999999999\n", ":1:4: this value cannot be read"),
    ("a: 1e999\n", ":1:4: this value cannot be read"),
    ('a: "\\0"\n', ":1:4: this value cannot be read"),
    ("a: " + "[" * 100 + "]" * 100, "nested too deep"),
    ("a:\n" + "".join(" " * n + "a:\n" for n in range(1, 200)), "nested too deep"),
    ("a: \x01\n", "not YAML"),
    ("%YAML 9.9\n---\na: 1\n", "not YAML"),
])
def test_a_file_that_cannot_be_read(account, usher, tmp_path, text, told):
    (tmp_path / "bad.yaml").write_text(text)
    run = usher("apply", "-f", "bad.yaml", code=2)
    assert "bad.yaml" in run.err and told in run.err and not account.requests


def test_files_of_other_kinds(account, usher, tmp_path):
    assert "cannot read none.yaml: No such file" in usher("apply", "-f", "none.yaml", code=8).err
    assert "Is a directory" in usher("apply", "-f", ".", code=8).err
    (tmp_path / "a.json").write_text('{"a": ')
    assert "a.json:1:" in usher("apply", "-f", "a.json", code=2).err
    (tmp_path / "latin").write_bytes("a: größe\n".encode("latin-1"))
    assert "latin is not UTF-8" in usher("apply", "-f", "latin", code=2).err
    (tmp_path / "zero").write_bytes(b"a: \0\n")
    assert "zero byte" in usher("apply", "-f", "zero", code=2).err
    (tmp_path / "large").write_bytes(b"#" * (11 << 20))
    assert "larger than" in usher("apply", "-f", "large", code=2).err
    (tmp_path / "deep").write_bytes(b"a: " + b"[" * (5 << 20))
    usher("apply", "-f", "deep", code=2)
    (tmp_path / "deep.json").write_bytes(b'{"a": ' + b"[" * (5 << 20))
    usher("apply", "-f", "deep.json", code=2)


@pytest.mark.parametrize("text, value", [
    ("true", True), ("False", False), ("null", None), ("~", None), ("", None), ("5", 5), ("-5", -5), ("+5", 5),
    ("007", 7), ("1.5", 1.5), (".5", 0.5), ("1e3", 1000.0), ("yes", "yes"), ("on", "on"), ("NO", "NO"), ("'5'", "5"),
    ('"true"', "true"), ("5 apples", "5 apples"), ("1.2.3", "1.2.3"), ("0x10", "0x10"), (".", "."),
    ("1e", "1e"), ('"\\u00e9\\n"', "é\n"), ("日本", "日本"), ("|\n      two\n      lines\n", "two\nlines\n"),
    ("2026-11-24", "2026-11-24"), ("1:30", "1:30"), (".inf", ".inf"), ("1_000", "1_000"),
])
def test_values_are_read_by_the_core_schema(account, usher, tmp_path, text, value):
    def answer(request):
        return Answer({"changes": [], "dry_run": True})
    account.on("POST", APPLY, answer)
    (tmp_path / "v.yaml").write_text(f"members:\n  - email: a@example.com\n    name: {text}\n")
    usher("apply", "-f", "v.yaml")
    assert account.requests[-1].json["members"][0].get("name") == value
    account.errors.clear()  # a name is text: only the reading is looked at
