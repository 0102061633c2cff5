# SPDX-License-Identifier: Apache-2.0
"""What protects those who have signed in: against forged requests, beyond their roles, and against guessing."""

import http.client
import re
import threading
import time

import pytest

import api
from browser import OTHER, PASSWORD, Browser, add_user, browser_of, change
from contract import contract
from server import OPERATOR_KEY
from test_roles import NOWHERE


@pytest.fixture
def user(account):
    return add_user(account, account.organization())


@pytest.fixture
def browser(account, user):
    return browser_of(account, user)


# ---- Forged requests


def test_a_change_by_cookie_needs_the_token(account, browser, user):
    other = browser_of(account, add_user(account))
    for token in (None, "", "x", other.token, browser.token + "x", browser.token[:-1]):
        headers = {"X-CSRF-Token": token}
        browser.post("/api-keys", {"name": "x", "role": "member"}, headers=headers).refused(403, "forbidden")
        browser.delete("/v1/sign-in", headers=headers).refused(403, "forbidden")
        change_it = {"current": PASSWORD, "password": OTHER}
        browser.put(f"/users/{user['id']}/password", change_it, headers=headers).refused(403, "forbidden")
    browser.post("/api-keys", {"name": "x", "role": "member"}).ok(201)
    browser.get("/v1/whoami", headers={"X-CSRF-Token": None}).ok(200)


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "null"},
                                     {"Origin": "http://evil.example"}, {"Origin": "http://127.0.0.1:1"}, {"Origin": ""}],
                         ids=str)
def test_what_another_sites_page_sends_is_refused(account, browser, user, headers):
    browser.get("/v1/whoami", headers=headers).refused(403, "forbidden")
    browser.post("/api-keys", {"name": "x", "role": "member"}, headers=headers).refused(403, "forbidden")
    fresh = Browser(account.operator.server, account.id)
    body = {"account": account.id, "email": user["email"], "password": PASSWORD}
    fresh.post("/v1/sign-in", body, headers=headers).refused(403, "forbidden")
    fresh.post("/v1/invitations:accept", {"token": "x", "password": OTHER}, headers=headers).refused(403, "forbidden")
    account.admin.get("/v1/whoami", headers=headers).ok(200)


def test_this_servers_page_is_let_through(browser, server):
    headers = {"Sec-Fetch-Site": "same-origin", "Origin": server.url}
    browser.post("/api-keys", {"name": "x", "role": "member"}, headers=headers).ok(201)
    browser.get("/v1/whoami", headers={"Sec-Fetch-Site": "none"}).ok(200)


def test_a_key_wins_over_the_cookie(account, browser):
    key = {"Authorization": f"Bearer {account.admin.key}"}
    assert browser.get("/v1/whoami", headers=key).ok(200)["key"] == account.admin.key_id
    browser.post("/organizations", {"name": "x"}, headers={**key, "X-CSRF-Token": None}).ok(201)
    browser.get("/v1/whoami", headers={"Authorization": "Bearer wrong"}).refused(401, "unauthenticated")


def test_a_form_of_another_site_cannot_sign_in(server, account, user, browser):
    for media_type in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        answer = Browser(server).post("/v1/sign-in", raw=b'{"account": "AC-1"}', headers={"Content-Type": media_type})
        answer.refused(415, "unsupported-media-type")


@pytest.mark.parametrize("cookie", ["", "usher_sign_in", "usher_sign_in=", "usher_sign_in=1.1.", "usher_sign_in=1.1." + "A" * 43,
                                    "usher_sign_in=.." + "A" * 43, "usher_sign_in=99999999999999999999.1." + "A" * 43,
                                    "usher_sign_in=0.1." + "A" * 43, "usher_sign_in=1.1." + "A" * 44, "a=b; usher_sign_in=x",
                                    "xusher_sign_in=1.1." + "A" * 43, ";;;=;", "usher_sign_in=-1.1." + "A" * 43])
def test_what_is_no_sign_ins_cookie_is_nothing(server, cookie):
    Browser(server).get("/v1/whoami", headers={"Cookie": cookie}).refused(401, "unauthenticated")


def test_the_cookie_is_found_among_others(server, browser):
    for cookie in (f"a=b; usher_sign_in={browser.cookie}; c=d", f"a=usher_sign_in=x;usher_sign_in={browser.cookie}"):
        Browser(server).get("/v1/whoami", headers={"Cookie": cookie}).ok(200)


def test_a_cookie_is_of_one_account(account, user, browser, new_account):
    other = new_account()
    number = other.id[3:]
    moved = re.sub(r"^\d+", number, browser.cookie)
    Browser(account.operator.server).get("/v1/whoami", headers={"Cookie": f"usher_sign_in={moved}"}).refused(401, "unauthenticated")
    browser.get(f"/v1/accounts/{other.id}").refused(404, "not-found")


# ---- Roles, by cookie: as with keys


@pytest.fixture(scope="module")
def browsers(server):
    account = api.Account(api.Client(server, OPERATOR_KEY))
    account.stranger = api.Account(account.operator).id
    organization = account.organization()
    found = {role: browser_of(account, add_user(account, organization if role == "org_admin" else None, role))
             for role in ("account_admin", "org_admin", "member", "auditor")}
    found["operator"] = Browser(server, account.id)
    found["operator"].post("/v1/sign-in", {"key": OPERATOR_KEY}).ok(200)
    return account, found


def call(client, operation, account):
    path = re.sub(r"\{(\w+)\}", lambda match: {"account": account, **NOWHERE}[match[1]], operation.path)
    return client.call(operation.method, path, contract().example(operation))


# What anyone with a user may do, whatever its role: "for itself what a member may".
OPERATIONS = [operation for operation in contract().operations
              if not operation.open and operation.id not in ("signOut", "createAccount", "applyAccount")]


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.id)
def test_a_cookie_may_what_a_key_of_the_role_may(browsers, operation):
    account, found = browsers
    for role, browser in found.items():
        answer = call(browser, operation, account.id)
        is_allowed = role in operation.roles or (role != "operator" and "member" in operation.roles)
        if not is_allowed:
            assert (answer.status, answer.problem) == (403, "forbidden"), f"{role} may not: {answer!r}"
        elif role in ("operator", "account_admin", "auditor") and role in operation.roles:
            assert answer.status not in (401, 403, 405), f"{role} may: {answer!r}"
        if operation.in_account and role != "operator":
            call(browser, operation, account.stranger).refused(404, "not-found")


def test_over_http_a_cookie_header_may_come_twice(server, browser):
    """The first stands; nothing is made up of the two."""
    connection = http.client.HTTPConnection(server.url.removeprefix("http://"))
    connection.putrequest("GET", "/v1/whoami")
    connection.putheader("Cookie", f"usher_sign_in={browser.cookie}")
    connection.putheader("Cookie", "usher_sign_in=x")
    connection.endheaders()
    assert connection.getresponse().status == 200
    connection.close()


# ---- Guessing


def until_slowed(attempt, status, name):
    """Fails until it is told to wait: how often it failed, and that answer. A slow machine waits by itself for a while."""
    for failures in range(20):
        answer = attempt()
        if answer.status == 429:
            return failures, answer.refused(429, "rate-limited")
        answer.refused(status, name)
    raise AssertionError("nobody was slowed")


@pytest.mark.alone("each node slows down by what it saw")
def test_guessing_is_slowed_for_a_name_at_an_address(new_server):
    server = new_server()
    account = api.Account(api.Client(server, OPERATOR_KEY))
    user, other = add_user(account), add_user(account)
    browser_of(account, other)
    guesser = Browser(server, account.id)
    failures, slowed = until_slowed(lambda: guesser.sign_in(user["email"], OTHER), 401, "unauthenticated")
    assert failures >= 5
    wait_s = int(slowed.headers["retry-after"])
    assert 1 <= wait_s <= 2 ** (failures - 5)
    Browser(server, account.id).sign_in(other["email"]).ok(200)
    time.sleep(wait_s)
    guesser.sign_in(user["email"].upper(), OTHER).refused(401, "unauthenticated")
    metrics = account.operator.get("/metrics").text
    assert f'usher_sign_ins_total{{result="wrong"}} {failures + 1}' in metrics
    assert 'usher_sign_ins_total{result="slowed"} 1' in metrics and 'usher_sign_ins_total{result="right"} 1' in metrics
    lines = [line for line in server.text().splitlines() if "sign-in failed" in line]
    assert len(lines) == failures + 1
    assert all('client="127.0.0.1"' in line and f'account="{account.id}"' in line for line in lines)
    assert user["email"] not in server.text()


def test_a_right_password_is_let_in_after_a_few_wrong_ones(account, user, browser):
    for _ in range(4):
        browser.sign_in(user["email"], OTHER).refused(401, "unauthenticated")
    browser.sign_in(user["email"]).ok(200)
    for _ in range(4):
        browser.sign_in(user["email"], OTHER).refused(401, "unauthenticated")
    browser.sign_in(user["email"]).ok(200)


@pytest.mark.alone("each node slows down by what it saw")
def test_guessing_the_present_password_is_slowed_too(account, user, browser):
    failures, _ = until_slowed(lambda: change(browser, user, current="not the password"), 403, "forbidden")
    assert failures >= 5
    browser.get("/v1/whoami").ok(200)


@pytest.mark.alone("each node slows down by what it saw")
@pytest.mark.threads
def test_a_flood_of_sign_ins_keeps_nobody_from_sessions(new_server):
    """From one address with many names: refused without work from the 51st on, and sessions go on."""
    server = new_server()
    account = api.Account(api.Client(server, OPERATOR_KEY))
    kre, user = account.product(10000), account.user()
    answers = []

    def flood(number):
        client = Browser(server, account.id)
        for turn in range(12):
            answers.append(client.sign_in(f"{number}.{turn}@x.example").status)

    threads = [threading.Thread(target=flood, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    times = []
    while any(thread.is_alive() for thread in threads):
        begun = time.monotonic()
        account.admin.acquire(kre, user).ok(201)
        times.append(time.monotonic() - begun)
        time.sleep(0.01)
    for thread in threads:
        thread.join()
    assert set(answers) <= {401, 429, 503} and answers.count(429) > 20
    assert answers.count(401) <= 60 # 50 and, a second or more apart, some later ones
    assert sorted(times)[len(times) // 2] < 1, sorted(times)
