# SPDX-License-Identifier: Apache-2.0
"""Signing in: invitations, passwords, sign-ins, and what is kept of them."""

import re
import threading

import pytest

import api
from browser import OTHER, PASSWORD, Browser, add_user, browser_of, change, invite
from server import OPERATOR_KEY

HASH = re.compile(r"argon2|ush[ik]_[0-9A-Za-z]")


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
        "account_name": None, "names": []}
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
    server.verify()


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
    server.verify()
