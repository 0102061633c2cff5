# SPDX-License-Identifier: Apache-2.0
"""Users by e-mail or id, organizations by id, unique name or path, everywhere."""

import pytest

import world
from fake import Answer

BELOW = "/v1/accounts/AC-1"


@pytest.mark.parametrize("name, code, told", [
    ("OG-1002", 0, "OG-1002"), ("Studio/Lighting", 0, "OG-1002"), ("/Studio/Lighting", 0, "OG-1002"),
    ("Film", 0, "OG-1003"), ("/Lighting", 0, "OG-1004"), ("R/D ~ lab", 0, "OG-1005"), ("R~1D ~0 lab", 0, "OG-1005"),
    ("/R~1D ~0 lab", 0, "OG-1005"),
    ("Lighting", 2, "may be any of 2 organizations"), ("lighting", 3, 'there is no organization "lighting"'),
    ("Studio/Film", 3, "there is no organization"), ("OG-", 3, "there is no organization"),
    ("OG-1002x", 3, "there is no organization"),
])
def test_organizations(account, usher, name, code, told):
    for organization in world.ORGANIZATIONS:
        account.on("GET", f"{BELOW}/organizations/{organization['id']}", Answer(organization))
    run = usher("orgs", "show", name, code=code)
    assert told in (run.out if code == 0 else run.err)
    if code == 2:
        assert "OG-1002  /Studio/Lighting" in run.err and "OG-1004  /Lighting" in run.err


def test_an_id_asks_for_no_list(account, usher):
    account.on("GET", f"{BELOW}/organizations/OG-1001", Answer(world.ORGANIZATIONS[0]))
    usher("orgs", "show", "OG-1001")
    assert not account.asked("GET", f"{BELOW}/organizations")


@pytest.mark.parametrize("name, code, told", [
    ("US-1", 0, "alice@example.com"), ("alice@example.com", 0, "US-1"), ("ALICE@Example.com", 0, "US-1"),
    ("ci", 0, "US-3"), ("Alice", 0, "US-1"), ("Ali", 3, 'there is no user "Ali"'),
    ("eve@example.com", 3, 'there is no user "eve@example.com"'),
])
def test_users(account, usher, name, code, told):
    for user in world.USERS:
        account.on("GET", f"{BELOW}/users/{user['id']}", Answer(user))
    run = usher("users", "show", name, code=code)
    assert told in (run.out if code == 0 else run.err)


def test_two_users_of_one_name(account, usher):
    account.on("GET", f"{BELOW}/users", Answer({"items": [world.user(4, "x@example.com", "Kim"),
                                                          world.user(5, "y@example.com", "Kim")], "next": None}))
    run = usher("users", "show", "Kim", code=2)
    assert "US-4  x@example.com" in run.err and "US-5  y@example.com" in run.err


@pytest.mark.parametrize("name, code, told", [
    ("PR-1", 0, "OG-1002"), ("Pilot", 0, "PR-3"), ("Film/Trailer", 0, "PR-2"), ("/Studio/Lighting/Trailer", 0, "PR-1"),
    ("Trailer", 2, "may be any of 2 projects"), ("Teaser", 3, 'there is no project "Teaser"'),
])
def test_projects(account, usher, name, code, told):
    for project in world.PROJECTS:
        account.on("GET", f"{BELOW}/projects/{project['id']}", Answer(project))
    run = usher("projects", "show", name, code=code)
    assert told in (run.out if code == 0 else run.err)


@pytest.mark.parametrize("word", ["..", "a/b", "a?b", "a#b", "%2e", "ü", "a b"])
def test_words_in_paths_are_escaped(account, usher, word):
    run = usher("seats", "show", word, code=3)
    assert "There is no" in run.err
    from urllib.parse import quote
    assert account.requests[-1].path == f"{BELOW}/seats/{quote(word, safe='')}"
    account.errors.clear()  # not in the contract, which is the point
