# SPDX-License-Identifier: Apache-2.0
"""A browser in which somebody signs in: it keeps the cookie, and sends the token with it."""

import api

PASSWORD = "correct horse battery"
OTHER = "staple the horse to it"


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


def change(browser, user, current=PASSWORD, password=OTHER):
    return browser.put(f"/users/{user['id']}/password", {"current": current, "password": password})
