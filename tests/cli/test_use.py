# SPDX-License-Identifier: Apache-2.0
"""What is typed, understood or not."""

import re
import subprocess

import pytest

from conftest import USHER
from fake import AT, Answer


def test_help_names_every_command_and_every_command_has_help(stranger):
    listed = re.findall(r"^  ([a-z]+) +\S", stranger("help").out.split("Options everywhere")[0], re.M)
    assert listed == sorted(listed) and len(listed) == 32
    for name in listed:
        shown = stranger("help", name).out
        assert shown.startswith(f"Usage: usher {name}")
        assert stranger(name, "--help").out == shown
    assert stranger("users", "create", "-h").out == stranger("help", "users", "create").out


def test_version(stranger):
    assert re.fullmatch(r"usher \d+\.\d+\.\d+\n", stranger("version").out)
    assert stranger("--version").out == stranger("version").out
    assert re.fullmatch(r'\{"version": ".*"\}\n', stranger("version", "--json").out)


@pytest.mark.parametrize("arguments, complaint, advice", [
    ([], "`usher` needs a command", "usher --help"),
    (["pool"], 'there is no command "pool"', "Did you mean `usher pools`?"),
    (["users", "crate"], 'there is no command "crate" in `usher users`', "usher users create"),
    (["pools", "--prodct", "KRE"], "there is no option --prodct", "Did you mean --product?"),
    (["pools", "-x"], "there is no option -x", "usher pools --help"),
    (["pools", "--product"], "--product needs a value: CODE", "usher pools --help"),
    (["pools", "--all=yes"], "--all takes no value", "usher pools --help"),
    (["pools", "KRE"], 'one argument too many: "KRE"', "usher pools --help"),
    (["dedicate", "Studio"], "needs: ORG PRODUCT COUNT", "usher dedicate --help"),
    (["dedicate", "Studio", "", "5"], "an argument is empty", "usher dedicate --help"),
    (["policy", "set", "loose"], "unrestricted, member_based, strict", "usher policy set --help"),
    (["users", "create", "A", "--role", "root"], "--role is one of: member, org_admin", "usher users create --help"),
    (["projects", "members"], "`usher projects members` needs a command", "--help"),
    (["dedicate", "Studio", "KRE", "-5"], "there is no option -5", "usher dedicate --help"),
    (["dedicate", "Studio", "KRE", "5x"], "COUNT is a whole number", ""),
    (["dedicate", "Studio", "KRE", "1000000000001"], "COUNT is a whole number from 0 to 1000000000000", ""),
    (["dedicate", "Studio", "KRE", "99999999999999999999"], "COUNT is a whole number", ""),
    (["dedicate", "Studio", "KRE", "5", "--drain", "--move"], "choose one", ""),
    (["explain"], "needs --product", ""),
    (["sessions", "start", "--product", "KRE", "--ttl", "9"], "--ttl is a time from 10 to 86400 s", "90s, 10m"),
    (["pools", "--limit", "0"], "--limit is a whole number from 1", ""),
    (["pools", "--timeout", "0.5"], "--timeout is a whole number", ""),
    (["purchases", "create", "KRE", "5", "--ends-at", "tomorrow"], '--ends-at is no time: "tomorrow"', "+30d"),
    (["events", "--from", "2026-02-30"], "--from is no time", ""),
    (["apply"], "needs -f FILE", "usher export"),
    (["help", "users", "crate"], "there is no command `usher users crate`", "usher users create"),
    (["completion", "tcsh"], "bash, fish, zsh", ""),
    (["users", "create", b"\xff\xfe"], "is not UTF-8", ""),
    (["--url", "ftp://a.example", "pools"], "only http and https", ""),
    (["--url", "a.example:80", "pools"], "does not start with http:// or https://", ""),
    (["--url", "http://u:p@a.example", "pools"], "user name or password", ""),
    (["--url", "http://a.example/?x=1", "pools"], "it has a ? or #", ""),
    (["--url", "http://", "pools"], "not the address of a server", ""),
])
def test_wrong_use_is_told_apart_and_changes_nothing(usher, fake, arguments, complaint, advice):
    run = usher(*arguments, code=2) if not any(isinstance(a, bytes) for a in arguments) else None
    if run is None:
        done = subprocess.run([USHER, *arguments], env=usher.env, capture_output=True, timeout=60)
        assert done.returncode == 2
        err = done.stderr.decode()
    else:
        assert run.out == ""
        err = run.err
    assert err.startswith("usher: ") and complaint in err and advice in err
    assert not fake.requests


def test_options_stand_anywhere_and_the_last_one_counts(account, usher):
    usher("--limit", "3", "users", "--limit=2")
    assert account.asked("GET", "/v1/accounts/AC-1/users")[0].query["limit"] == ["2"]


def test_after_two_dashes_everything_is_an_argument(account, usher):
    account.on("POST", "/v1/accounts/AC-1/organizations",
               lambda request: Answer({"id": "OG-1009", "name": request.json["name"],
                                                         "parent": None, "created_at": AT}, 201))
    assert "OG-1009 (--studio)" in usher("orgs", "create", "--", "--studio").out


def test_output_that_does_not_arrive_is_a_failure(account, usher):
    with open("/dev/full", "wb") as full:
        done = subprocess.run([USHER, "pools"], env=usher.env, stdout=full, stderr=subprocess.PIPE, timeout=60)
    assert done.returncode == 8 and b"the output cannot be written" in done.stderr
