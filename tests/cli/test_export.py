# SPDX-License-Identifier: Apache-2.0
"""`usher export` writes what `usher apply` reads."""

import json

import pytest
import yaml

import world
from fake import Answer, contract, page, validate

BELOW = "/v1/accounts/AC-1"
WHOLE = {
    "organizations": [
        {"path": "Film", "dedications": {"KRE": 12},
         "projects": [{"name": "Trailer", "members": []}, {"name": "Pilot", "members": ["bob@example.com"]}]},
        {"path": "Lighting"},
        {"path": "R~1D ~0 lab", "dedications": {"KRE": 1}},
        {"path": "Studio", "dedications": {"KRE": 20}},
        {"path": "Studio/Lighting", "dedications": {"KRE": 3},
         "projects": [{"name": "Trailer", "members": ["alice@example.com", "US-3"]}]},
    ],
    "members": [
        {"email": "alice@example.com", "name": "Alice", "organization": "Studio/Lighting", "role": "member",
         "kind": "person"},
        {"email": "bob@example.com", "name": "Bob", "organization": "Film", "role": "org_admin", "kind": "person"},
        {"name": "ci", "organization": None, "role": "member", "kind": "service"},
    ],
    "usage_policy": {"policy": "member_based", "fallback": False},
}


def test_the_whole_account(account, usher):
    text = usher("export").out
    assert text.startswith("# The account AC-1, for `usher apply -f`.\norganizations:\n  - path: Film\n")
    assert yaml.safe_load(text) == WHOLE
    validate(WHOLE, contract()["components"]["schemas"]["AccountApply"])
    assert json.loads(usher("export", "--json").out) == WHOLE
    assert usher("export").out == text, "two exports of one account are the same"


def test_the_limit_does_not_cut_an_account(account, usher):
    assert yaml.safe_load(usher("export", "--limit", "1").out) == WHOLE


def test_what_is_exported_is_applied_as_it_is(account, usher):
    account.on("POST", f"{BELOW}:apply", Answer({"changes": [], "dry_run": True}))
    usher("apply", "-f", "-", input=usher("export").out)
    assert account.requests[-1].json == WHOLE


def test_an_empty_account(account, usher):
    for path in ("organizations", "users", "projects", "pools"):
        account.on("GET", f"{BELOW}/{path}", page())
    assert yaml.safe_load(usher("export").out) == {"organizations": [], "members": [],
                                                   "usage_policy": {"policy": "member_based", "fallback": False}}


NAMES = ["plain", "NO", "yes", "on", "y", "null", "~", "true", "5", "-5", "1.5", "1e3", ".5", "- a", "a: b", "a #b",
         "#b", " lead", "trail ", "a\nb", "tab\t", '"q"', "it's", "\\", "*x", "&x", "!x", "%x", "@x", "`x", "[x", "{x",
         "x]", "x}", "x,", "|", ">", "?", ":", "-", "---", "...", "2026-11-24", "1:30", "0x1f", "0o7", ".inf", ".nan",
         "é", "日本語", "\u200b", "\u202eabc", "\x1b[31m", "\x7f", "\x85", "\u2028", "\ufeff", "\ufffe", "\U0001f600",
         "\U000e0041", "a~b", "<<", "="]


@pytest.mark.parametrize("name", NAMES)
def test_every_name_comes_back_as_it_was(account, usher, name):
    account.on("GET", f"{BELOW}/users", page(world.user(1, "a@example.com", name)), wrong=True)
    account.on("POST", f"{BELOW}:apply", Answer({"changes": [], "dry_run": True}))
    text = usher("export").out
    usher("apply", "-f", "-", input=text)
    assert account.requests[-1].json["members"][0]["name"] == name
    assert yaml.safe_load(text)["members"][0]["name"] == name, "other readers read the same"
    assert not any(character in text for character in "\x1b\x7f\x85\u202e\u2028\ufeff")
    account.errors.clear()  # not every one is a name that the server takes


def test_twins_that_apply_cannot_tell_apart_are_left_out_aloud(account, usher):
    account.on("GET", f"{BELOW}/users", page(world.user(1, None, "ci", kind="service"),
                                             world.user(2, None, "ci", kind="service")))
    run = usher("export")
    assert len(yaml.safe_load(run.out)["members"]) == 1 and 'US-2 has no e-mail and the same name' in run.err


def test_an_organization_that_may_not_be_seen_is_left_alone(account, usher):
    account.on("GET", f"{BELOW}/users", page(world.user(1, "a@example.com", "A", "OG-9999")))
    assert "organization" not in yaml.safe_load(usher("export").out)["members"][0]


def test_a_part_that_fails_leaves_no_half_file(account, usher):
    account.on("GET", f"{BELOW}/usage-policy", Answer(b"", 500), wrong=True)
    assert usher("export", code=6).out == ""
