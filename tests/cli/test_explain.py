# SPDX-License-Identifier: Apache-2.0
"""`usher explain`: every pool, in words."""

import json

from fake import Answer

EXPLAIN = "/v1/accounts/AC-1/sessions:explain"
TRIED = [
    {"level": "OG-1003", "rule": "project", "dedicated": 10, "pool": 10, "assigned": 10, "available": 0,
     "reason": "exhausted", "retry_after_s": 3725},
    {"level": "OG-1002", "rule": "own", "dedicated": 5, "pool": 5, "assigned": 3, "available": 2, "reason": "draining",
     "retry_after_s": None},
    {"level": "OG-1004", "rule": "member", "reason": "over_committed"},
    {"level": "AC-1", "rule": "fallback", "dedicated": 200, "pool": 164, "assigned": 41, "available": 123,
     "reason": "fallback_off", "retry_after_s": 0},
]
DENY = {"would": "deny", "level": None, "via": None, "error": "no-license-available", "product": "KRE", "user": "US-1",
        "count": 1, "policy": "member_based", "fallback": False, "tried": TRIED, "tried_total": 30,
        "reasons": {"exhausted": 27, "draining": 1, "over_committed": 1, "fallback_off": 1}}
GRANT = {**DENY, "would": "grant", "level": "OG-1002", "via": "own", "error": None, "count": 2, "fallback": True,
         "tried": [TRIED[0], {**TRIED[1], "reason": None}], "tried_total": 2, "reasons": {"exhausted": 1}}


def test_a_denial(account, usher):
    account.on("POST", EXPLAIN, Answer(DENY))
    run = usher("explain", "--user", "alice@example.com", "--product", "KRE")
    lines = run.out.splitlines()
    assert lines[0] == ("alice@example.com (US-1) would be denied 1 license of KRE: no license is available "
                        "(no-license-available).")
    assert lines[1] == "The usage policy is member_based; fallback to the account's pool is off."
    rows = [line.split("  ") for line in lines[3:7]]
    rows = [[cell.strip() for cell in row if cell.strip()] for row in rows]
    assert rows == [
        ["1", "Film", "OG-1003", "the named project's organization", "10", "10", "10", "0",
         "not enough available; the next lease ends in 1 h 2 min 5 s"],
        ["2", "Studio/Lighting", "OG-1002", "the user's own organization", "5", "5", "3", "2",
         "being drained: grants nothing new"],
        ["3", "Lighting", "OG-1004", "a project's organization", "-", "-", "-", "-", "more is in use than was given"],
        ["4", "(account)", "AC-1", "the account's pool", "200", "164", "41", "123",
         "closed: fallback is off; the next lease ends in 0 s"],
    ]
    assert lines[7] == "And 26 more pools. Of all, exhausted: 27, draining: 1, over_committed: 1, fallback_off: 1."
    assert account.asked("POST", EXPLAIN)[0].json == {"product": "KRE", "user": "US-1"}


def test_a_grant(account, usher):
    account.on("POST", EXPLAIN, Answer(GRANT))
    lines = usher("explain", "--product", "KRE", "--project", "Pilot", "--organization", "Film", "--count", "2").out
    lines = lines.splitlines()
    assert lines[0] == ("alice@example.com (US-1) would be granted 2 licenses of KRE from Studio/Lighting (OG-1002): "
                        "the user's own organization.")
    assert lines[4].endswith("grants")
    asked = account.asked("POST", EXPLAIN)[0]
    assert asked.json == {"product": "KRE", "project": "PR-3", "organization": "OG-1003", "count": 2}
    assert asked.headers["Idempotency-Key"] is None


def test_not_eligible(account, usher):
    account.on("POST", EXPLAIN, Answer({**DENY, "error": "not-eligible", "tried": [], "tried_total": 0, "reasons": {}}))
    out = usher("explain", "--product", "KRE").out
    assert "the usage policy does not open this organization to the user (not-eligible)" in out
    assert "No pool was tried." in out


def test_json(account, usher):
    account.on("POST", EXPLAIN, Answer(DENY))
    assert json.loads(usher("explain", "--product", "KRE", "--json").out) == DENY
