# SPDX-License-Identifier: Apache-2.0
"""Lists: pages, tables, JSON, names in place of ids."""

import json

import pytest

import world
from fake import AT, Answer, page, problem

BELOW = "/v1/accounts/AC-1"


def numbered(count):
    return [world.user(n, f"u{n}@example.com", f"User {n}") for n in range(1, count + 1)]


def paged(items):
    """Serves by limit and after, as the server does."""
    def answer(request):
        limit, start = int(request.query["limit"][0]), int(request.query.get("after", ["0"])[0])
        rest = items[start:start + limit]
        return page(*rest, next=str(start + limit) if start + limit < len(items) else None)
    return answer


def test_all_pages_are_followed(account, usher):
    account.on("GET", f"{BELOW}/users", paged(numbered(2500)))
    lines = usher("users").out.splitlines()
    assert len(lines) == 2501 and lines[2500].split()[:2] == ["US-2500", "u2500@example.com"]
    assert len(account.asked("GET", f"{BELOW}/users")) == 3


@pytest.mark.parametrize("limit, requests", [(1, 1), (999, 1), (1000, 1), (1001, 2), (5000, 3)])
def test_up_to_the_limit(account, usher, limit, requests):
    account.on("GET", f"{BELOW}/users", paged(numbered(2500)))
    shown = json.loads(usher("users", "--json", "--limit", limit).out)
    assert [user["id"] for user in shown] == [f"US-{n}" for n in range(1, min(limit, 2500) + 1)]
    assert len(account.asked("GET", f"{BELOW}/users")) == requests


def test_a_server_that_gives_more_than_asked_is_cut(account, usher):
    account.on("GET", f"{BELOW}/users", page(*numbered(10)))
    assert len(json.loads(usher("users", "--json", "--limit", "3").out)) == 3


def test_an_empty_list(account, usher):
    account.on("GET", f"{BELOW}/users", page())
    run = usher("users")
    assert run.out == "" and run.err == "no users\n"
    assert json.loads(usher("users", "--json").out) == []


def test_a_list_that_breaks_off_is_no_json(account, usher):
    account.on("GET", f"{BELOW}/users", page(*numbered(3), next="c1"), problem("unavailable", 503))
    run = usher("users", "--json", code=6)
    with pytest.raises(json.JSONDecodeError):
        json.loads(run.out)


def test_columns_are_aligned_by_what_they_take_on_a_screen(account, usher):
    account.on("GET", f"{BELOW}/users", page(
        world.user(1, "a@example.com", "日本語"), world.user(2, "b@example.com", "Zoe\u0301"),
        world.user(3, "c@example.com", "plain")))
    lines = usher("users").out.splitlines()
    place = lines[0].index("ROLE")
    assert lines[3].index("member") == place
    assert lines[1].index("member") == place - 3, "three wide characters take six columns"
    assert lines[2].index("member") == place + 1, "an accent of its own takes none"
    assert not any(line.endswith(" ") for line in lines)


EVIL = "x\x1b[31m\x07\u202eabc\u009b2J\n\tend\u2028\ufeff"


def test_names_do_not_act_on_the_terminal(account, usher):
    account.on("GET", f"{BELOW}/users", page(world.user(1, "a@example.com", EVIL)), wrong=True)
    for arguments in (["users"], ["users", "--json"]):
        run = usher(*arguments)
        for character in run.out:
            assert character == "\n" or (ord(character) >= 0x20 and not 0x7f <= ord(character) < 0xa0)
            assert character not in "\u202e\u2028\ufeff"
    assert "x\\x1b[31m\\x07\\u202eabc\\x9b2J\\x0a\\x09end" in usher("users").out
    assert json.loads(usher("users", "--json").out)[0]["name"] == EVIL
    assert len(usher("users").out.splitlines()) == 2


def test_nor_do_problems_or_what_was_typed(account, usher):
    account.on("GET", f"{BELOW}/users", problem("not-found", 404, "No\x1b[2J", "Such\r\nthing\u202e."))
    assert usher("users", code=3).err == "usher: No\\x1b[2J: Such\\x0d\\x0athing\\u202e.\n"
    assert "\x1b" not in usher("users", "show", "a\x1b[2J@example.com", code=3).err


def test_what_is_missing_or_of_another_kind_is_no_harm(account, usher):
    account.on("GET", f"{BELOW}/users", page({}, {"id": 5, "email": {"a": [1]}, "name": True}, "text", None, [1]),
               wrong=True)
    assert '5   {"a":[1]}  yes' in usher("users").out
    usher("users", "show", "US-1", code=3)


def test_ids_are_shown_by_name(account, usher):
    account.on("GET", f"{BELOW}/sessions", page(world.session(), world.session(2, user="US-3", level="AC-1"),
                                                 world.session(3, user="US-99", level="OG-9999")))
    lines = usher("sessions").out.splitlines()
    assert lines[1].split()[:4] == ["SN-1", "KRE", "alice@example.com", "Studio/Lighting"]
    assert lines[2].split()[:4] == ["SN-2", "KRE", "ci", "AC-1"]
    assert lines[3].split()[:4] == ["SN-3", "KRE", "US-99", "OG-9999"]


def test_who_may_not_see_names_sees_ids(account, usher):
    account.on("GET", f"{BELOW}/sessions", page(world.session()))
    for path in ("users", "organizations"):
        account.on("GET", f"{BELOW}/{path}",
                   Answer({"type": "/problems/forbidden", "title": "T", "status": 403, "detail": "D"}, 403), wrong=True)
    run = usher("sessions")
    assert run.out.splitlines()[1].split()[:4] == ["SN-1", "KRE", "US-1", "OG-1002"] and run.err == ""


@pytest.mark.parametrize("arguments, query", [
    (["users", "--organization", "Film", "--q", "a&b=c", "--email", "x+y@example.com"],
     {"organization": ["OG-1003"], "q": ["a&b=c"], "email": ["x+y@example.com"]}),
    (["users", "--q", "ü/?#"], {"q": ["ü/?#"]}),
])
def test_queries_are_escaped(account, usher, arguments, query):
    usher(*arguments)
    asked = account.asked("GET", f"{BELOW}/users")[-1].query
    assert {name: value for name, value in asked.items() if name != "limit"} == query


@pytest.mark.parametrize("arguments, query", [
    ([], {"state": ["active"]}),
    (["--all"], {}),
    (["--state", "revoked"], {"state": ["revoked"]}),
    (["--user", "ALICE@example.com", "--level", "account", "--product", "KRE"],
     {"state": ["active"], "user": ["US-1"], "level": ["AC-1"], "product": ["KRE"]}),
])
def test_sessions_are_the_active_ones_unless_asked(account, usher, arguments, query):
    account.on("GET", f"{BELOW}/sessions", page())
    usher("sessions", "list", *arguments)
    asked = account.asked("GET", f"{BELOW}/sessions")[-1].query
    assert {name: value for name, value in asked.items() if name != "limit"} == query


def test_organizations_with_their_paths(account, usher):
    out = usher("orgs").out
    assert [line.split("  ")[1] for line in out.splitlines()[1:]] == \
        ["Studio", "Studio/Lighting", "Film", "Lighting", "R~1D ~0 lab"]
    usher("orgs", "--parent", "Studio", "--q", "a b")
    assert account.requests[-1].query["parent"] == ["OG-1001"]
    assert account.requests[-1].query["q"] == ["a b"]


def test_organizations_are_listed_without_reading_more(account, usher):
    usher("orgs", "--q", "light")
    assert [request.query for request in account.asked("GET", f"{BELOW}/organizations")] == [{"limit": ["1000"], "q": ["light"]}]


@pytest.mark.parametrize("command", ["sessions", "events", "denials"])
def test_the_newest_come_first_when_asked(account, usher, command):
    account.on("GET", f"{BELOW}/{command}", page())
    usher(command, "--newest", "--limit", "5")
    assert account.requests[-1].query["order"] == ["desc"] and account.requests[-1].query["limit"] == ["5"]
    usher(command)
    assert "order" not in account.requests[-1].query


def test_projects_are_searched(account, usher):
    usher("projects", "--q", "trail")
    assert account.asked("GET", f"{BELOW}/projects")[-1].query["q"] == ["trail"]


def test_a_tree_with_a_circle_is_refused(account, usher):
    account.on("GET", f"{BELOW}/organizations",
               page(world.organization(1001, "A", 1002), world.organization(1002, "B", 1001)))
    assert "one is below itself" in usher("orgs", "show", "A", code=6).err


EVENT = {"seq": 7, "at": AT, "kind": "session.acquired", "subject": "SN-1",
         "actor": {"key": "AK-1", "user": "US-1", "role": "member"}, "before": None,
         "after": {"id": "SN-1", "product": "KRE", "project": None, "count": 1}, "reason": None, "hash": "0" * 64}


def test_events_tell_who_changed_what(account, usher):
    rename = {**EVENT, "seq": 8, "kind": "user.updated", "subject": "US-2",
              "actor": {"key": None, "user": None, "role": "operator"},
              "before": {"id": "US-2", "name": "Bob", "role": "member"},
              "after": {"id": "US-2", "name": "Rob", "role": "member"}}
    gone = {**EVENT, "seq": 9, "kind": "project.deleted", "subject": "PR-1", "before": {"name": "Film"}, "after": None,
            "reason": "season over"}
    account.on("GET", f"{BELOW}/events", page(EVENT, rename, gone))
    lines = usher("events", "--kind", "session", "--from", "2026-11-24", "--to", "2026-11-24T12:00:00+02:00").out
    lines = lines.splitlines()
    assert lines[1].split(maxsplit=6) == ["7", "2026-11-24", "06:34:16Z", "session.acquired", "SN-1",
                                          "alice@example.com", "product: KRE, count: 1"]
    assert lines[2].endswith("name: Bob -> Rob") and "operator" in lines[2]
    assert lines[3].endswith("name: Film (season over)")
    query = account.asked("GET", f"{BELOW}/events")[0].query
    assert query["from"] == ["2026-11-24T00:00:00.000Z"] and query["to"] == ["2026-11-24T10:00:00.000Z"]


def test_a_span_is_counted_from_now(account, usher):
    account.on("GET", f"{BELOW}/events", page())
    import datetime
    usher("events", "--from", "-2h")
    asked = datetime.datetime.fromisoformat(account.requests[-1].query["from"][0])
    ago = datetime.datetime.now(datetime.timezone.utc) - asked
    assert 7199 < ago.total_seconds() < 7260


DENIAL = {"id": "DN-1", "user": "US-1", "product": "KRE", "machine": "render-7", "error": "no-license-available",
          "reason": "exhausted", "project": None, "organization": None, "count": 13305, "policy": "strict",
          "fallback": False, "first_at": AT, "last_at": AT, "closed_at": None, "closed_by": None,
          "tried": [{"level": "OG-1002", "rule": "own", "dedicated": 5, "pool": 5, "assigned": 5, "available": 0,
                     "reason": "exhausted", "retry_after_s": 95}]}


def test_denials_are_episodes(account, usher):
    account.on("GET", f"{BELOW}/denials", page(DENIAL))
    account.on("GET", f"{BELOW}/denials/DN-1", Answer(DENIAL))
    assert "13305" in usher("denials", "--product", "KRE", "--kind", "no-license-available").out
    shown = usher("denials", "show", "DN-1").out
    assert "Studio/Lighting" in shown and "the next lease ends in 1 min 35 s" in shown
    assert "The usage policy is strict; fallback to the account's pool is off." in shown
    assert json.loads(usher("denials", "show", "DN-1", "--json").out) == DENIAL
