# SPDX-License-Identifier: Apache-2.0
"""Every command that changes something: what it sends, and what it says."""

import json
import re

import pytest

import world
from conftest import KEY
from fake import AT, Answer, problem

BELOW = "/v1/accounts/AC-1"
USER, ORGANIZATION, PROJECT = world.USERS[0], world.ORGANIZATIONS[0], world.PROJECTS[0]
PRODUCT = {"id": "KRE", "code": "KRE", "name": "Krea", "model": "session", "machines_per_seat": None, "created_at": AT}
PURCHASE = {"id": "PU-1", "product": "KRE", "quantity": 200, "starts_at": None, "ends_at": None, "in_force": True,
            "created_at": AT}
SEAT = {"id": "ST-1", "product": "PAINT", "user": "US-1", "level": "OG-1001", "state": "assigned", "assigned_at": AT,
        "activated_at": None, "last_used_at": None, "machines": []}
ENDED = {**world.session(), "state": "revoked", "ended_at": AT}

# arguments, method, path, query, body, status and value of the answer, what is said
CASES = [
    ("accounts create Bloom --plan premium --shortfall-grace 60 --delegate-dedication on", "POST", "/v1/accounts", {},
     {"name": "Bloom", "plan": "premium", "shortfall_grace_s": 60, "delegate_dedication": True}, 201, world.ACCOUNT,
     "Created account AC-1 (Atelier Nord)."),
    ("accounts update --self-service-seats off --on-shortfall end_newest", "PATCH", BELOW, {},
     {"self_service_seats": False, "on_shortfall": "end_newest"}, 200, world.ACCOUNT, "Updated account AC-1"),
    ("accounts update AC-9 --name N", "PATCH", "/v1/accounts/AC-9", {}, {"name": "N"}, 200, world.ACCOUNT, "Updated"),
    ("products create KRE", "POST", "/v1/products", {}, {"code": "KRE", "name": "KRE", "model": "session"}, 201,
     PRODUCT, "Created product KRE (Krea)."),
    ("products rename KRE Krea", "PATCH", "/v1/products/KRE", {}, {"name": "Krea"}, 200, PRODUCT, "Updated product KRE"),
    ("purchases create KRE 200 --starts-at 2026-12-01 --ends-at none", "POST", f"{BELOW}/purchases", {},
     {"product": "KRE", "quantity": 200, "starts_at": "2026-12-01T00:00:00.000Z", "ends_at": None}, 201, PURCHASE,
     "Created purchase PU-1 (KRE)."),
    ("purchases update PU-1 --quantity 10", "PATCH", f"{BELOW}/purchases/PU-1", {}, {"quantity": 10}, 200, PURCHASE,
     "Updated purchase PU-1"),
    ("purchases delete PU-1", "DELETE", f"{BELOW}/purchases/PU-1", {}, None, 204, None, "Deleted purchase PU-1."),
    ("orgs create Light --parent Film", "POST", f"{BELOW}/organizations", {}, {"name": "Light", "parent": "OG-1003"},
     201, ORGANIZATION, "Created organization OG-1001 (Studio)."),
    ("orgs rename Studio House", "PATCH", f"{BELOW}/organizations/OG-1001", {}, {"name": "House"}, 200, ORGANIZATION,
     "Updated organization OG-1001"),
    ("orgs move Studio/Lighting account --release-seats", "PATCH", f"{BELOW}/organizations/OG-1002",
     {"release_seats": ["true"]}, {"parent": None}, 200, ORGANIZATION, "Updated organization"),
    ("orgs move Film Studio", "PATCH", f"{BELOW}/organizations/OG-1003", {}, {"parent": "OG-1001"}, 200, ORGANIZATION,
     "Updated organization"),
    ("orgs delete Film", "DELETE", f"{BELOW}/organizations/OG-1003", {}, None, 204, None, "Deleted organization Film."),
    ("users create Alice --email alice@example.com --organization Film --role org_admin", "POST", f"{BELOW}/users", {},
     {"name": "Alice", "email": "alice@example.com", "organization": "OG-1003", "role": "org_admin"}, 201, USER,
     "Created user US-1 (alice@example.com)."),
    ("users create ci --kind service --organization none", "POST", f"{BELOW}/users", {},
     {"name": "ci", "kind": "service", "organization": None}, 201, world.USERS[2], "Created user US-3."),
    ("users update alice@example.com --name Al --email al@example.com --role auditor", "PATCH", f"{BELOW}/users/US-1",
     {}, {"name": "Al", "email": "al@example.com", "role": "auditor"}, 200, USER, "Updated user US-1"),
    ("users move alice@example.com Film", "PATCH", f"{BELOW}/users/US-1", {}, {"organization": "OG-1003"}, 200, USER,
     "Updated user"),
    ("users move US-1 none", "PATCH", f"{BELOW}/users/US-1", {}, {"organization": None}, 200, USER, "Updated user"),
    ("users sign-out alice@example.com", "DELETE", f"{BELOW}/users/US-1/sign-ins", {}, None, 204, None,
     "Signed out alice@example.com."),
    ("users delete ci", "DELETE", f"{BELOW}/users/US-3", {}, None, 204, None, "Deleted user ci."),
    ("projects create Studio/Lighting Teaser", "POST", f"{BELOW}/projects", {},
     {"name": "Teaser", "organization": "OG-1002"}, 201, PROJECT, "Created project PR-1 (Trailer)."),
    ("projects rename Pilot Series", "PATCH", f"{BELOW}/projects/PR-3", {}, {"name": "Series"}, 200, PROJECT, "Updated"),
    ("projects move Pilot Studio", "PATCH", f"{BELOW}/projects/PR-3", {}, {"organization": "OG-1001"}, 200, PROJECT,
     "Updated project"),
    ("projects delete Pilot", "DELETE", f"{BELOW}/projects/PR-3", {}, None, 204, None, "Deleted project Pilot."),
    ("projects members add Pilot alice@example.com", "PUT", f"{BELOW}/projects/PR-3/members/US-1", {}, None, 204, None,
     "Added alice@example.com (Pilot)."),
    ("projects members remove Pilot bob@example.com", "DELETE", f"{BELOW}/projects/PR-3/members/US-2", {}, None, 204,
     None, "Removed bob@example.com (Pilot)."),
    ("seats assign PAINT Studio alice@example.com", "POST", f"{BELOW}/seats", {},
     {"product": "PAINT", "level": "OG-1001", "user": "US-1"}, 201, SEAT, "Created seat ST-1 (PAINT)."),
    ("seats assign PAINT account", "POST", f"{BELOW}/seats", {}, {"product": "PAINT", "level": "AC-1"}, 201, SEAT,
     "Created seat"),
    ("seats check-in ST-1", "POST", f"{BELOW}/seats/ST-1/check-in", {}, None, 200, SEAT, "assigned_at"),
    ("seats release ST-1 --reason idle --cooldown 60", "DELETE", f"{BELOW}/seats/ST-1",
     {"reason": ["idle"], "cooldown_s": ["60"]}, None, 204, None, "Released seat ST-1."),
    ("sessions start --product KRE --user US-1 --project Pilot --organization Film --count 3 --ttl 60 --machine m",
     "POST", f"{BELOW}/sessions", {}, {"product": "KRE", "user": "US-1", "project": "PR-3", "organization": "OG-1003",
                                       "count": 3, "ttl_s": 60, "machine": "m"}, 201, world.session(), "SN-1"),
    ("sessions heartbeat SN-1", "POST", f"{BELOW}/sessions/SN-1/heartbeat", {}, None, 200, world.session(),
     "SN-1 lasts until 2026-11-24 06:34:16Z; the next heartbeat is due within 40 s."),
    ("sessions end SN-1 --reason deadline --cooldown 600", "DELETE", f"{BELOW}/sessions/SN-1",
     {"reason": ["deadline"], "cooldown_s": ["600"]}, None, 200, ENDED, "Session SN-1 is revoked."),
    ("keys revoke AK-1", "DELETE", f"{BELOW}/api-keys/AK-1", {}, None, 204, None, "Revoked key AK-1."),
    ("dedicate Studio KRE 20", "PUT", f"{BELOW}/dedications/OG-1001/KRE", {}, {"count": 20}, 200, world.POOLS[1],
     "Studio has 20 of KRE: pool 15, assigned 15, available 0."),
    ("dedicate Studio/Lighting KRE 3 --drain", "PUT", f"{BELOW}/dedications/OG-1002/KRE", {},
     {"count": 3, "reclaim": "drain"}, 200, world.POOLS[2], "It drains to 3"),
    ("dedicate Studio KRE 0 --move", "PUT", f"{BELOW}/dedications/OG-1001/KRE", {}, {"count": 0, "reclaim": "move"},
     200, world.POOLS[1], "Studio has"),
    ("dedicate Film KRE 12 --when-available", "PUT", f"{BELOW}/dedications/OG-1003/KRE", {},
     {"count": 12, "when": "available"}, 200, world.POOLS[3], "It fills to 12"),
    ("policy set strict --fallback on", "PUT", f"{BELOW}/usage-policy", {}, {"policy": "strict", "fallback": True}, 200,
     {"policy": "strict", "fallback": True}, "strict, fallback on"),
    ("policy set strict", "PUT", f"{BELOW}/usage-policy", {}, {"policy": "strict", "fallback": False}, 200,
     {"policy": "strict", "fallback": False}, "strict, fallback off"),
    ("policy reset", "DELETE", f"{BELOW}/usage-policy", {}, None, 200, {"policy": "unrestricted", "fallback": True},
     "unrestricted, fallback on"),
]


@pytest.mark.parametrize("arguments, method, path, query, body, status, value, said", CASES,
                         ids=[case[0].replace("/", "~") for case in CASES])
def test_what_is_sent_and_said(account, usher, arguments, method, path, query, body, status, value, said):
    account.on(method, path, Answer(value, status), wrong=path.endswith("AC-9"))
    assert said in usher(*arguments.split()).out
    request = account.asked(method, path)[-1]
    assert request.query == query
    assert (json.loads(request.body) if request.body else None) == body
    assert (request.headers["Idempotency-Key"] is not None) == (method == "POST")
    out = usher(*arguments.split(), "--json").out
    assert (json.loads(out) if value is not None else out) == (value if value is not None else "")


TOKEN = "ushi_1.1." + 43 * "x"
INVITATION = {"user": "US-1", "expires_at": AT, "token": TOKEN, "path": f"/invitation?account=AC-1#{TOKEN}"}


def test_an_invitation_is_a_link_to_the_server(account, usher):
    account.on("POST", f"{BELOW}/users/US-1/invitation", Answer(INVITATION, 201))
    ran = usher("users", "invite", "alice@example.com")
    link = f"{usher.env['USHER_URL']}/invitation?account=AC-1#{TOKEN}"
    assert ran.out == link + "\n"
    assert "alice@example.com alone" in ran.err and "2026-11-24" in ran.err
    assert json.loads(usher("users", "invite", "US-1", "--json").out) == {**INVITATION, "link": link}
    request = account.asked("POST", f"{BELOW}/users/US-1/invitation")[-1]
    assert request.body in (None, b"", "") and request.headers["Idempotency-Key"] is not None


def test_an_invitation_whose_link_got_lost_is_told(account, usher):
    lost = {name: INVITATION[name] for name in ("user", "expires_at")}
    account.on("POST", f"{BELOW}/users/US-1/invitation", Answer(lost, 200))
    ran = usher("users", "invite", "US-1", code=6)
    assert ran.out == "" and "got lost" in ran.err


def test_a_session_says_where_it_runs(account, usher):
    account.on("POST", f"{BELOW}/sessions", Answer(world.session(), 201))
    usher("sessions", "start", "--product", "KRE")
    import socket
    assert account.requests[-1].json == {"product": "KRE", "machine": socket.gethostname()}


@pytest.mark.parametrize("arguments", ["users update US-1", "purchases update PU-1", "purchases update PU-1 --dry-run",
                                       "accounts update AC-1"])
def test_a_change_of_nothing_is_wrong_use(account, usher, arguments):
    assert "nothing to change was named" in usher(*arguments.split(), code=2).err


def test_the_secret_of_a_key_is_shown_once(account, usher):
    key = {"id": "AK-2", "name": "laptop", "role": "member", "user": "US-1", "organization": None, "created_at": AT,
           "expires_at": None, "revoked_at": None, "last_used_at": None}
    account.on("POST", f"{BELOW}/api-keys", Answer({**key, "secret": KEY}, 201))
    run = usher("keys", "create", "laptop", "--user", "alice@example.com", "--expires-at", "2027-01-01")
    assert re.search(rf"^secret +{KEY}$", run.out, re.M) and "this once" in run.err
    assert account.requests[-1].json == {"name": "laptop", "role": "member", "user": "US-1",
                                         "expires_at": "2027-01-01T00:00:00.000Z"}
    account.on("POST", f"{BELOW}/api-keys", Answer(key, 200), wrong=True)
    run = usher("keys", "create", "laptop", "--user", "US-1", code=6)
    assert "its secret got lost" in run.err and "usher keys revoke AK-2" in run.err


def test_all_members_are_understood_before_the_first_is_added(account, usher):
    run = usher("projects", "members", "add", "Pilot", "alice@example.com", "eve@example.com", code=3)
    assert 'there is no user "eve@example.com"' in run.err
    assert not any(request.method == "PUT" for request in account.requests)


DRY = {"result": "ok", "detail": None, "rows": [world.POOLS[1]], "over": [], "denied": [], "denied_total": 0}
REFUSED = {**DRY, "result": "insufficient-pool", "detail": "AC-1 has 4 available.", "rows": []}
DENIED = {**DRY, "over": [{"level": "OG-1001", "product": "KRE", "over_committed": 3}], "denied_total": 120,
          "denied": [{"request": {"session": "SN-1", "user": "US-1", "product": "KRE", "project": None,
                                  "organization": None, "machine": "render-7", "count": 2, "at": AT},
                      "reason": "exhausted"}]}


@pytest.mark.parametrize("arguments, method, path", [
    ("dedicate Studio KRE 20", "PUT", f"{BELOW}/dedications/OG-1001/KRE"),
    ("policy set strict --fallback off", "PUT", f"{BELOW}/usage-policy"),
    ("policy reset", "DELETE", f"{BELOW}/usage-policy"),
    ("purchases create KRE 5", "POST", f"{BELOW}/purchases"),
    ("purchases update PU-1 --quantity 5", "PATCH", f"{BELOW}/purchases/PU-1"),
    ("purchases delete PU-1", "DELETE", f"{BELOW}/purchases/PU-1"),
])
def test_dry_runs(account, usher, arguments, method, path):
    account.on(method, path, Answer(DRY))
    out = usher(*arguments.split(), "--dry-run").out
    assert "Nothing was changed" in out and "OG-1001" in out
    assert account.requests[-1].query["dry_run"] == ["true"]
    assert account.requests[-1].headers["Idempotency-Key"] is None
    account.on(method, path, Answer(DENIED))
    out = usher(*arguments.split(), "--dry-run").out
    assert "Over-committed afterwards: KRE of Studio, by 3." in out
    assert "120 would have been denied" in out and "alice@example.com" in out and "and 119 more" in out
    account.on(method, path, Answer(REFUSED))
    out = usher(*arguments.split(), "--dry-run", code=5).out
    assert "it would be refused (insufficient-pool)" in out and "AC-1 has 4 available." in out
    assert json.loads(usher(*arguments.split(), "--dry-run", "--json", code=5).out) == REFUSED


def test_a_refusal_tells_the_figures_and_what_helps(account, usher):
    path = f"{BELOW}/dedications/OG-1001/KRE"
    account.on("PUT", path, problem("insufficient-pool", 409, "The parent's pool is too small", "AC-1 has 4 available.",
                                    requested=6, available=4, level="AC-1", product="KRE"))
    run = usher("dedicate", "Studio", "KRE", "26", code=5)
    assert "requested 6, available 4" in run.err and "--when-available" in run.err
    holders = [{"kind": "organization", "id": "OG-1002", "count": 5}] + \
        [{"kind": "session", "id": f"SN-{n}", "user": "US-1", "count": 1} for n in range(40)]
    account.on("PUT", path, problem("dedication-in-use", 409, "The dedication is in use", "Drain or move.",
                                    organization="OG-1001", product="KRE", requested=5, dedicated=20,
                                    children_dedicated=5, assigned=40, holders=holders, holders_total=41))
    run = usher("dedicate", "Studio", "KRE", "5", code=5)
    assert "--drain" in run.err and "held by organization OG-1002: 5" in run.err
    assert "held by session SN-0 of US-1: 1" in run.err and "and 31 more" in run.err
    account.on("PATCH", f"{BELOW}/organizations/OG-1002",
               problem("conflict", 409, "Conflict", "Users would lose seats.", seats=["ST-1", "ST-2"]))
    run = usher("orgs", "move", "Studio/Lighting", "Film", code=5)
    assert "ST-1, ST-2" in run.err and "--release-seats" in run.err


def test_a_denied_session_shows_every_pool(account, usher):
    tried = [{"level": "OG-1002", "rule": "own", "dedicated": 5, "pool": 5, "assigned": 5, "available": 0,
              "reason": "exhausted", "retry_after_s": 95},
             {"level": "AC-1", "rule": "fallback", "reason": "fallback_off", "retry_after_s": None}]
    account.on("POST", f"{BELOW}/sessions",
               problem("no-license-available", 409, "No license available", "All 5 are in use.", product="KRE", count=1,
                       policy="strict", fallback=False, tried=tried, tried_total=2,
                       reasons={"exhausted": 1, "fallback_off": 1}))
    run = usher("sessions", "start", "--product", "KRE", "--user", "US-1", code=5)
    assert run.out == "" and "Studio/Lighting" in run.err and "closed: fallback is off" in run.err
    assert "the next lease ends in 1 min 35 s" in run.err
    assert json.loads(usher("sessions", "start", "--product", "KRE", "--json", code=5).out)["tried"] == tried


def test_an_ended_session_is_told_apart(account, usher):
    account.on("POST", f"{BELOW}/sessions/SN-1/heartbeat",
               problem("session-ended", 410, "The session has ended", "Acquire a new one.", session="SN-1",
                       state="revoked", reason="deadline", ended_at=AT))
    run = usher("sessions", "heartbeat", "SN-1", code=3)
    assert "The session has ended" in run.err and "deadline" in run.err


def test_a_mistake_is_told_by_its_option(account, usher):
    account.on("POST", f"{BELOW}/sessions", problem("invalid-request", 400, "Invalid", "Name the user.", pointer="/user"),
               problem("invalid-request", 400, "Invalid", "Too long.", pointer="/ttl_s"),
               problem("invalid-request", 400, "Invalid", "No.", pointer="/nonsense"))
    assert "It is about --user." in usher("sessions", "start", "--product", "KRE", code=1).err
    assert "It is about --ttl." in usher("sessions", "start", "--product", "KRE", code=1).err
    assert "It is about /nonsense of the request." in usher("sessions", "start", "--product", "KRE", code=1).err
