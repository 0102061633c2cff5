# SPDX-License-Identifier: Apache-2.0
"""Signing in: invitations, passwords, the cookie and what protects it, and guessing."""

import http.client
import re
import threading
import time

import pytest

import api
from contract import contract
from server import OPERATOR_KEY, usherd
from test_roles import NOWHERE

PASSWORD = "correct horse battery"
OTHER = "staple the horse to it"
HASH = re.compile(r"argon2|ush[ik]_[0-9A-Za-z]")


class Browser(api.Client):
    """A client that keeps the cookie and sends the token, as the console does."""

    def __init__(self, server, account=None):
        super().__init__(server, None, account)
        self.token = None

    def call(self, method, path, body=None, *, headers=None, **options):
        headers = dict(headers or {})
        if self.token is not None and method not in ("GET", "HEAD"):
            headers.setdefault("X-CSRF-Token", self.token)
        answer = super().call(method, path, body, headers=headers, **options)
        if "set-cookie" in answer.headers and answer.status == 200:
            self.token = answer["csrf_token"]
        return answer

    @property
    def cookie(self):
        return self.http.cookies.get("usher_sign_in")

    def sign_in(self, email, password=PASSWORD):
        return self.post("/v1/sign-in", {"account": self.account, "email": email, "password": password})

    def accept(self, token, password=PASSWORD):
        return self.post("/v1/invitations:accept", {"token": token, "password": password})


def add_user(account, organization=None, role="member"):
    """A new user as the API shows it."""
    user = account.user(organization, role=role)
    return account.admin.get(f"/users/{user}").ok(200).body


def invite(account, user):
    return account.admin.post(f"/users/{user['id']}/invitation").ok(201)["token"]


def browser_of(account, user, password=PASSWORD):
    """A browser in which the user has just set its password."""
    browser = Browser(account.operator.server, account.id)
    browser.accept(invite(account, user), password).ok(200)
    return browser


@pytest.fixture
def user(account):
    return add_user(account, account.organization())


@pytest.fixture
def browser(account, user):
    return browser_of(account, user)


# ---- Invitations


def test_an_invitation_sets_a_password_and_signs_in(account, user):
    assert (user["password_set_at"], user["invited_until"]) == (None, None)
    made = account.admin.post(f"/users/{user['id']}/invitation").ok(201)
    assert made["user"] == user["id"]
    assert made["path"] == f"/invitation?account={account.id}#{made['token']}"
    assert 7 * 86400 - 60 < (api.parse(made["expires_at"]) - api.now()).total_seconds() <= 7 * 86400
    assert account.admin.get(f"/users/{user['id']}")["invited_until"] == made["expires_at"]
    browser = Browser(account.operator.server, account.id)
    who = browser.accept(made["token"]).ok(200)
    wanted = {"role": "member", "key": None, "user": user["id"], "organization": user["organization"], "account": account.id,
              "name": user["name"], "email": user["email"]}
    assert {name: who[name] for name in wanted} == wanted
    assert who["account_name"] == account.admin.get("").ok(200)["name"]
    assert browser.get("/v1/whoami").ok(200).body == who.body
    now = browser.get(f"/users/{user['id']}").ok(200)
    assert now["invited_until"] is None and now["password_set_at"] is not None


def test_an_invitation_is_good_once(account, user):
    token = invite(account, user)
    Browser(account.operator.server).accept(token).ok(200)
    Browser(account.operator.server).accept(token, OTHER).refused(410, "invitation-ended")
    Browser(account.operator.server, account.id).sign_in(user["email"], OTHER).refused(401, "unauthenticated")


def test_a_new_invitation_replaces_the_former(account, user):
    first, second = invite(account, user), invite(account, user)
    Browser(account.operator.server).accept(first).refused(410, "invitation-ended")
    Browser(account.operator.server).accept(second).ok(200)


@pytest.mark.parametrize("token", ["x", "ushi_", "ushi_1.1", "ushi_1.1.", "ushi_0.1." + "A" * 43, "ushi_1.0." + "A" * 43,
                                   "ushi_99999999999999999999.1." + "A" * 43, "ushi_1.1." + "A" * 900, "ushi_..", "é"])
def test_what_never_was_an_invitation_is_told_as_ended(server, token):
    Browser(server).accept(token).refused(410, "invitation-ended")


def test_a_token_belongs_to_its_user(account, user):
    other = add_user(account)
    token = invite(account, user)
    secret = token.rsplit(".", 1)[1]
    account_number, other_number = account.id[3:], other["id"][3:]
    Browser(account.operator.server).accept(f"ushi_{account_number}.{other_number}.{secret}").refused(410, "invitation-ended")
    Browser(account.operator.server).accept(token).ok(200)


def test_an_invitation_ends_with_its_user(account, user):
    token = invite(account, user)
    account.admin.delete(f"/users/{user['id']}").ok(204)
    Browser(account.operator.server).accept(token).refused(410, "invitation-ended")


def test_who_has_no_email_is_not_invited(account):
    service = account.admin.post("/users", {"name": "CI", "kind": "service"}).ok(201)["id"]
    account.admin.post(f"/users/{service}/invitation").refused(409, "conflict")


def test_a_repeated_invitation_does_not_show_its_token_again(account, user):
    first = account.admin.post(f"/users/{user['id']}/invitation", idempotency_key="i1").ok(201)
    again = account.admin.post(f"/users/{user['id']}/invitation", idempotency_key="i1").ok(200)
    assert "token" in first and "token" not in again and "path" not in again
    assert again["expires_at"] == first["expires_at"]
    Browser(account.operator.server).accept(first["token"]).ok(200)


def test_an_invitation_replaces_a_forgotten_password_and_signs_out(account, user, browser):
    token = invite(account, user)
    browser.get("/v1/whoami").ok(200)
    Browser(account.operator.server).accept(token, OTHER).ok(200)
    browser.get("/v1/whoami").refused(401, "unauthenticated")
    Browser(account.operator.server, account.id).sign_in(user["email"]).refused(401, "unauthenticated")
    Browser(account.operator.server, account.id).sign_in(user["email"], OTHER).ok(200)


def test_admins_invite_those_whom_they_may_change(account):
    top, beside = account.organization(), account.organization()
    below = account.organization(parent=top)
    admin = browser_of(account, add_user(account, top, "org_admin"))
    for organization, role, status in [(top, "member", 201), (below, "member", 201), (below, "org_admin", 201),
                                       (beside, "member", 403), (below, "auditor", 403), (below, "account_admin", 403)]:
        admin.post(f"/users/{account.user(organization, role=role)}/invitation").ok(status) if status == 201 else \
            admin.post(f"/users/{account.user(organization, role=role)}/invitation").refused(403, "forbidden")
    member = browser_of(account, add_user(account, top))
    member.post(f"/users/{account.user(top)}/invitation").refused(403, "forbidden")


# ---- Passwords


@pytest.mark.parametrize("password", ["short", "elevenchars", "x" * 257, "", "ü" * 600])
def test_a_password_has_12_to_256_characters(account, user, password):
    refused = Browser(account.operator.server).accept(invite(account, user), password).refused(400, "invalid-request")
    assert refused["pointer"] == "/password"


@pytest.mark.parametrize("password", ["twelve chars", "x1 " + "y" * 253, "ü" * 12 + "ß", "🦉 owls 🦉 owls", "     a      b"])
def test_a_password_may_be_any_text(account, user, password):
    browser = browser_of(account, user, password)
    browser.delete("/v1/sign-in").ok(204)
    browser.sign_in(user["email"], password).ok(200)


@pytest.mark.parametrize("password", ["password1234", "PASSWORD!!!!2026", "aaaaaaaaaaaaa", "abcabcabcabc", "123456789012",
                                      "passwordpassword", "qwertyuiop12", "1q2w3e4r5t6y", "abcdefghijklm", "987654321098"])
def test_what_is_tried_first_is_refused(account, user, password):
    refused = Browser(account.operator.server).accept(invite(account, user), password).refused(400, "invalid-request")
    assert refused["pointer"] == "/password"


def test_neither_the_email_nor_the_name_is_a_password(account):
    user = account.admin.post("/users", {"name": "Alice in Wonderland", "email": "alice.in.wonderland@example.com"}).ok(201)
    for password in ("Alice.In.Wonderland@example.com", "alice in wonderland"):
        Browser(account.operator.server).accept(invite(account, user), password).refused(400, "invalid-request")


def test_a_refused_password_leaves_the_invitation_good(account, user):
    token = invite(account, user)
    Browser(account.operator.server).accept(token, "password1234").refused(400, "invalid-request")
    Browser(account.operator.server).accept(token).ok(200)


def change(browser, user, current=PASSWORD, password=OTHER):
    return browser.put(f"/users/{user['id']}/password", {"current": current, "password": password})


def test_a_user_changes_its_password_and_its_other_sign_ins_end(account, user, browser):
    elsewhere = Browser(account.operator.server, account.id)
    elsewhere.sign_in(user["email"]).ok(200)
    change(browser, user).ok(204)
    browser.get("/v1/whoami").ok(200)
    elsewhere.get("/v1/whoami").refused(401, "unauthenticated")
    elsewhere.sign_in(user["email"]).refused(401, "unauthenticated")
    elsewhere.sign_in(user["email"], OTHER).ok(200)


def test_a_wrong_present_password_changes_nothing(account, user, browser):
    refused = change(browser, user, current="not the password").refused(403, "forbidden")
    assert refused["pointer"] == "/current"
    change(browser, user, password="password1234").refused(400, "invalid-request")
    Browser(account.operator.server, account.id).sign_in(user["email"]).ok(200)


def test_nobody_sets_the_password_of_another(account, user, browser):
    other = add_user(account, user["organization"])
    admin = browser_of(account, add_user(account, role="account_admin"))
    for client in (admin, account.admin, account.operator, browser_of(account, other)):
        change(client, user).refused(403, "forbidden")


def test_a_password_is_changed_by_the_users_key_too(account, user, browser):
    change(account.member(user["id"]), user).ok(204)
    browser.get("/v1/whoami").refused(401, "unauthenticated")


def test_who_has_no_password_cannot_change_it(account, user):
    change(account.member(user["id"]), user).refused(409, "conflict")


# ---- Signing in and out


def test_signing_in_answers_the_same_as_whoami(account, user, browser):
    second = Browser(account.operator.server, account.id)
    who = second.sign_in(user["email"].upper()).ok(200)
    assert second.get("/v1/whoami").ok(200).body == who.body
    assert who["csrf_token"] != browser.get("/v1/whoami")["csrf_token"]


def test_the_cookie_is_kept_from_scripts_and_other_sites(account, user, browser):
    answer = Browser(account.operator.server, account.id).sign_in(user["email"]).ok(200)
    value, *attributes = [part.strip() for part in answer.headers["set-cookie"].split(";")]
    assert re.fullmatch(r"usher_sign_in=[0-9]+\.[0-9]+\.[A-Za-z0-9_-]{43}", value)
    assert set(attributes) == {"Path=/", "HttpOnly", "SameSite=Strict", f"Max-Age={30 * 86400}"}
    assert answer.headers["cache-control"] == "no-store"


def test_behind_a_proxy_that_speaks_tls_the_cookie_is_secure(account, user, browser):
    body = {"account": account.id, "email": user["email"], "password": PASSWORD}
    for proto, is_secure in (("https", True), ("HTTPS", True), ("http", False)):
        answer = Browser(account.operator.server).post("/v1/sign-in", body, headers={"X-Forwarded-Proto": proto}).ok(200)
        assert answer.headers["set-cookie"].endswith("; Secure") == is_secure


def test_whatever_is_wrong_gets_the_same_answer(account, user, browser, new_account):
    elsewhere, without = new_account(), add_user(account)
    server = account.operator.server
    answers = [Browser(server, account.id).sign_in(user["email"], OTHER), Browser(server, account.id).sign_in("nobody@x.example"),
               Browser(server, account.id).sign_in(without["email"]), Browser(server, elsewhere.id).sign_in(user["email"]),
               Browser(server, "AC-999999999").sign_in(user["email"]), Browser(server, "nonsense").sign_in(user["email"]),
               Browser(server, "AC-0").sign_in(user["email"])]
    bodies = [{name: value for name, value in answer.refused(401, "unauthenticated").body.items() if name != "request_id"}
              for answer in answers]
    assert all(body == bodies[0] for body in bodies)
    assert all("set-cookie" not in answer.headers for answer in answers)


@pytest.mark.parametrize("body, pointer", [({}, "/account"), ({"account": "AC-1", "email": "a@x.example"}, "/password"),
                                           ({"key": "k", "account": "AC-1"}, "/account"), ({"key": ""}, "/key"),
                                           ({"account": "AC-1", "email": "a@x.example", "password": 1}, "/password"),
                                           ({"account": "AC-1", "email": "nothing", "password": "x"}, "/email"),
                                           ({"account": "AC-1", "email": "a@x.example", "password": "x" * 1025}, "/password")])
def test_a_sign_in_is_well_formed(server, body, pointer):
    assert Browser(server).post("/v1/sign-in", body).refused(400, "invalid-request")["pointer"] == pointer


def test_signing_out_ends_this_sign_in_only(account, user, browser):
    elsewhere = Browser(account.operator.server, account.id)
    elsewhere.sign_in(user["email"]).ok(200)
    cookie = browser.cookie
    out = browser.delete("/v1/sign-in").ok(204)
    assert "usher_sign_in=;" in out.headers["set-cookie"] and "Max-Age=0" in out.headers["set-cookie"]
    assert browser.cookie is None
    browser.get("/v1/whoami", headers={"Cookie": f"usher_sign_in={cookie}"}).refused(401, "unauthenticated")
    elsewhere.get("/v1/whoami").ok(200)


def test_a_key_is_no_sign_in(account):
    account.admin.delete("/v1/sign-in").refused(409, "conflict")
    account.operator.delete("/v1/sign-in").refused(409, "conflict")


def test_sign_ins_are_listed_and_ended_everywhere(account, user, browser):
    elsewhere = Browser(account.operator.server, account.id)
    elsewhere.sign_in(user["email"]).ok(200)
    own = browser.items(f"/users/{user['id']}/sign-ins")
    assert [item["current"] for item in own] == [True, False]
    for item in own:
        assert api.parse(item["expires_at"]) - api.parse(item["last_used_at"]) == api.datetime.timedelta(hours=12)
    seen = account.admin.items(f"/users/{user['id']}/sign-ins")
    assert [item["id"] for item in seen] == [item["id"] for item in own] and not any(item["current"] for item in seen)
    first = account.admin.get(f"/users/{user['id']}/sign-ins", limit=1).ok(200)
    assert [item["id"] for item in first["items"]] == [own[0]["id"]]
    second = account.admin.get(f"/users/{user['id']}/sign-ins", limit=1, after=first["next"]).ok(200)
    assert [item["id"] for item in second["items"]] == [own[1]["id"]] and second["next"] is None
    account.admin.delete(f"/users/{user['id']}/sign-ins").ok(204)
    for client in (browser, elsewhere):
        client.get("/v1/whoami").refused(401, "unauthenticated")
    assert account.admin.items(f"/users/{user['id']}/sign-ins") == []


def test_who_signs_out_everywhere_loses_the_cookie(user, browser):
    browser.delete(f"/users/{user['id']}/sign-ins").ok(204)
    assert browser.cookie is None


def test_there_are_twenty_sign_ins_at_most_and_the_oldest_ends(new_server):
    """Seen with the operator's: its key takes no time to judge."""
    server = new_server()
    browsers = [Browser(server) for _ in range(21)]
    for browser in browsers:
        browser.post("/v1/sign-in", {"key": OPERATOR_KEY}).ok(200)
    browsers[0].get("/v1/whoami").refused(401, "unauthenticated")
    for browser in browsers[1:]:
        browser.get("/v1/whoami").ok(200)


def test_a_sign_in_acts_with_the_role_of_the_moment(account, user, browser):
    browser.get("/organizations").refused(403, "forbidden")
    account.admin.patch(f"/users/{user['id']}", {"role": "org_admin"}).ok(200)
    assert [item["id"] for item in browser.items("/organizations")] == [user["organization"]]
    other = account.organization()
    account.admin.patch(f"/users/{user['id']}", {"organization": other}).ok(200)
    assert [item["id"] for item in browser.items("/organizations")] == [other]
    assert browser.get("/v1/whoami")["organization"] == other
    account.admin.patch(f"/users/{user['id']}", {"role": "auditor", "organization": None}).ok(200)
    assert len(browser.items("/organizations")) == 2
    browser.post("/organizations", {"name": "x"}).refused(403, "forbidden")


def test_a_sign_in_ends_with_its_user(account, user, browser):
    account.admin.delete(f"/users/{user['id']}").ok(204)
    browser.get("/v1/whoami").refused(401, "unauthenticated")
    browser.sign_in(user["email"]).refused(401, "unauthenticated")


def test_a_member_acts_for_itself_by_cookie(account, user, browser):
    kre = account.product(3)
    session = browser.acquire(kre, idempotency_key="once").ok(201)
    assert session["user"] == user["id"]
    assert browser.acquire(kre, idempotency_key="once").ok(200)["id"] == session["id"]
    browser.heartbeat(session["id"]).ok(200)
    browser.acquire(kre, account.user()).refused(403, "forbidden")
    made = browser.post("/api-keys", {"name": "laptop", "role": "member"}).ok(201)
    assert made["user"] == user["id"]
    assert browser.end(session["id"]).ok(200)["state"] == "released"


def test_an_idempotency_key_belongs_to_the_sign_in(account, user, browser):
    kre = account.product(4)
    elsewhere = Browser(account.operator.server, account.id)
    elsewhere.sign_in(user["email"]).ok(200)
    ids = {client.acquire(kre, user["id"], idempotency_key="same").ok(201)["id"]
           for client in (browser, elsewhere, account.operator, account.member(user["id"]))}
    assert len(ids) == 4


def test_who_waits_is_told_when_it_is_signed_out(account, user, browser):
    kre = account.product(1)
    account.admin.acquire(kre, account.user()).ok(201)
    answers = []
    waiter = threading.Thread(target=lambda: answers.append(browser.acquire(kre, wait_s=20)))
    waiter.start()
    assert api.eventually(lambda: account.admin.items("/waiters"))
    account.admin.delete(f"/users/{user['id']}/sign-ins").ok(204)
    waiter.join(10)
    answers[0].refused(401, "unauthenticated")


# ---- The operator


@pytest.fixture
def operator_browser(server):
    browser = Browser(server)
    browser.post("/v1/sign-in", {"key": OPERATOR_KEY}).ok(200)
    return browser


def test_the_operator_signs_in_with_its_key(account, operator_browser):
    who = operator_browser.get("/v1/whoami").ok(200)
    assert {name: value for name, value in who.body.items() if name != "csrf_token"} == {
        "role": "operator", "key": None, "user": None, "organization": None, "account": None, "name": None, "email": None,
        "account_name": None}
    made = operator_browser.post("/v1/accounts", {"name": "By cookie"}).ok(201)
    operator_browser.get(f"/v1/accounts/{made['id']}/events").ok(200)
    operator_browser.get("/metrics").ok(200)
    operator_browser.get("/v1/accounts/self").refused(404, "not-found")
    operator_browser.delete("/v1/sign-in").ok(204)
    operator_browser.get("/v1/whoami").refused(401, "unauthenticated")


def test_a_wrong_operator_key_is_refused(new_server):
    browser = Browser(new_server())
    browser.post("/v1/sign-in", {"key": "x" * 40}).refused(401, "unauthenticated")
    browser.post("/v1/sign-in", {"key": OPERATOR_KEY}).ok(200)


def test_another_operator_key_ends_its_sign_ins(new_server):
    server = new_server()
    account = api.Account(api.Client(server, OPERATOR_KEY))
    admin, browser = browser_of(account, add_user(account, role="account_admin")), Browser(server)
    browser.post("/v1/sign-in", {"key": OPERATOR_KEY}).ok(200)
    server.stop()
    server.start()
    browser.get("/v1/whoami").ok(200)
    server.stop()
    server.operator_key = "another-key-of-the-operator-0123456789"
    server.start()
    browser.get("/v1/whoami").refused(401, "unauthenticated")
    admin.get("/v1/whoami").ok(200)
    server.stop()
    assert usherd("verify", "--data", str(server.data)).returncode == 0


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


# ---- Guessing


def until_slowed(attempt, status, name):
    """Fails until it is told to wait: how often it failed, and that answer. A slow machine waits by itself for a while."""
    for failures in range(20):
        answer = attempt()
        if answer.status == 429:
            return failures, answer.refused(429, "rate-limited")
        answer.refused(status, name)
    raise AssertionError("nobody was slowed")


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


def test_guessing_the_present_password_is_slowed_too(account, user, browser):
    failures, _ = until_slowed(lambda: change(browser, user, current="not the password"), 403, "forbidden")
    assert failures >= 5
    browser.get("/v1/whoami").ok(200)


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
    assert sorted(times)[len(times) // 2] < 0.25, sorted(times)


# ---- What is kept


def test_no_secret_is_in_the_history_and_none_is_shown(account, user, browser):
    change(browser, user).ok(204)
    browser.delete("/v1/sign-in").ok(204)
    events = account.admin.items("/events")
    kinds = [event["kind"] for event in events]
    for kind in ("invitation.created", "password.set", "sign-in.created", "sign-in.ended"):
        assert kind in kinds
    by_user = [event for event in events if event["kind"].startswith(("password", "sign-in"))]
    assert all(event["actor"] == {"key": None, "user": user["id"], "role": "member"} for event in by_user)
    assert [event["reason"] for event in events if event["kind"] == "sign-in.ended"] == ["signed-out"]
    account.admin.delete(f"/users/{user['id']}").ok(204)
    texts = [str(events), account.admin.get("/events", user=user["id"]).text, account.admin.get("/users").text]
    assert not any(HASH.search(text) for text in texts)


@pytest.mark.threads
def test_sign_ins_and_invitations_outlive_the_server(new_server):
    server = new_server()
    account = api.Account(api.Client(server, OPERATOR_KEY))
    user, invited = add_user(account), add_user(account)
    browser, token = browser_of(account, user), invite(account, invited)
    server.kill()
    server.start()
    browser.get("/v1/whoami").ok(200)
    Browser(server).accept(token).ok(200)
    browser.sign_in(user["email"]).ok(200)
    server.stop()
    assert usherd("verify", "--data", str(server.data)).returncode == 0


def test_over_http_a_cookie_header_may_come_twice(server, browser):
    """The first stands; nothing is made up of the two."""
    connection = http.client.HTTPConnection(server.url.removeprefix("http://"))
    connection.putrequest("GET", "/v1/whoami")
    connection.putheader("Cookie", f"usher_sign_in={browser.cookie}")
    connection.putheader("Cookie", "usher_sign_in=x")
    connection.endheaders()
    assert connection.getresponse().status == 200
    connection.close()
