# SPDX-License-Identifier: Apache-2.0
"""A small client for the tests: calls the server as some key, and holds every answer against the contract.

`Client` speaks for one key. A path that begins with `/v1`, `/healthz` and so on is taken as it is; any other is below the
client's account: `admin.post("/users", {...})`. `Account` is a fresh account with helpers that make things and
fail when the server refuses."""

import datetime
import itertools
import json
import time

import requests

from contract import contract

COUNTER = itertools.count(1)
TIMEOUT_S = 60


def now():
    return datetime.datetime.now(datetime.timezone.utc)


def moment(seconds=0.0):
    """RFC 3339, so many seconds from now."""
    return (now() + datetime.timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def parse(text):
    return datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=datetime.timezone.utc)


def eventually(check, seconds=30.0):
    """Calls check until it answers something true; its last answer."""
    deadline = time.monotonic() + seconds
    while not (value := check()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return value


class Answer:
    def __init__(self, call, response):
        self.call = call
        self.status = response.status_code
        self.headers = {name.lower(): value for name, value in response.headers.items()}
        self.media_type = self.headers.get("content-type", "").split(";")[0].strip().lower()
        self.content = response.content
        if len(self.content) != int(self.headers.get("content-length", len(self.content))):
            raise requests.ConnectionError(f"{call}: the answer was cut off")
        self.body = None
        if self.media_type.endswith("json"):
            self.body = json.loads(self.content)

    @property
    def text(self):
        return self.content.decode("utf-8", "replace")

    @property
    def problem(self):
        """The problem's name, or None."""
        return self.body["type"].rsplit("/", 1)[-1] if self.media_type == "application/problem+json" else None

    def __getitem__(self, member):
        return self.body[member]

    def __contains__(self, member):
        return member in self.body

    def __repr__(self):
        return f"{self.call} -> {self.status} {self.text[:3000]}"

    def ok(self, status=None):
        """Itself, when it is a success (with this status)."""
        if status is None:
            assert self.status < 300, f"expected success: {self!r}"
        else:
            assert self.status == status, f"expected {status}: {self!r}"
        return self

    def refused(self, status, name):
        """Itself, when it is this problem."""
        assert (self.status, self.problem) == (status, name), f"expected {status} {name}: {self!r}"
        return self


class Client:
    def __init__(self, server, key, account=None, check=True):
        self.server = server
        self.key = key
        self.account = account
        self.check = check
        self.http = requests.Session()
        self.http.trust_env = False

    def as_key(self, key, account=None):
        return Client(self.server, key, account or self.account, self.check)

    def path(self, path):
        if path.startswith(("/v1", "/healthz", "/readyz", "/metrics", "/.well-known")):
            return path
        return f"/v1/accounts/{self.account}{path}"

    def call(self, method, path, body=None, *, raw=None, headers=None, idempotency_key=None, query=None, **more_query):
        """`body` goes as JSON, `raw` as the bytes that it is. Members of `query` and further names go into the query."""
        path = self.path(path)
        sent = {}
        if self.key is not None:
            sent["Authorization"] = f"Bearer {self.key}"
        if raw is None and body is not None:
            raw = json.dumps(body).encode()
        if raw is not None:
            sent["Content-Type"] = "application/json"
        if idempotency_key is not None:
            sent["Idempotency-Key"] = idempotency_key
        for name, value in (headers or {}).items():
            if value is None:
                sent.pop(name, None)
            else:
                sent[name] = value
        words = {name: {True: "true", False: "false"}.get(value, value) if isinstance(value, bool) else value
                 for name, value in {**(query or {}), **more_query}.items()}
        response = self.http.request(method, self.server.url + path, data=raw, headers=sent, params=words, timeout=TIMEOUT_S)
        answer = Answer(f"{method} {path}", response)
        if self.check:
            contract().check(method, path, answer)
        return answer

    def get(self, path, **options):
        return self.call("GET", path, **options)

    def post(self, path, body=None, **options):
        return self.call("POST", path, body, **options)

    def put(self, path, body=None, **options):
        return self.call("PUT", path, body, **options)

    def patch(self, path, body=None, **options):
        return self.call("PATCH", path, body, **options)

    def delete(self, path, **options):
        return self.call("DELETE", path, **options)

    def items(self, path, query=None, **more_query):
        """Every item of a list, page after page."""
        found, query = [], {"limit": 1000, **(query or {}), **more_query}
        while True:
            page = self.get(path, query=query).ok(200)
            found += page["items"]
            if page["next"] is None:
                return found
            query["after"] = page["next"]

    # What the tests do all the time.

    def acquire(self, product, user=None, *, idempotency_key=None, **members):
        body = {"product": product, **members}
        if user is not None:
            body["user"] = user
        return self.post("/sessions", body, idempotency_key=idempotency_key)

    def explain(self, product, user=None, **members):
        body = {"product": product, **members}
        if user is not None:
            body["user"] = user
        return self.post("/sessions:explain", body)

    def heartbeat(self, session):
        return self.post(f"/sessions/{session}/heartbeat")

    def end(self, session, **query):
        return self.delete(f"/sessions/{session}", **query)

    def dedicate(self, organization, product, count, *, dry_run=None, **members):
        query = {} if dry_run is None else {"dry_run": dry_run}
        return self.put(f"/dedications/{organization}/{product}", {"count": count, **members}, query=query)

    def assign(self, product, user, level, **options):
        return self.post("/seats", {"product": product, "user": user, "level": level}, **options)


def new_product(operator, model="session"):
    """A product of its own for the one who asks: products are shared by all accounts."""
    code = f"{'SEAT' if model == 'seat' else 'KRE'}-{next(COUNTER)}-{time.time_ns() % 10**9}"
    operator.post("/v1/products", {"code": code, "name": f"Product {code}", "model": model}).ok(201)
    return code


class Account:
    """A fresh account. `operator` and `admin` are clients that act in it; `id` is its level."""

    def __init__(self, operator, plan="true_enterprise", **settings):
        body = {"name": f"Account {next(COUNTER)}", "plan": plan, **settings}
        self.id = operator.post("/v1/accounts", body).ok(201)["id"]
        self.operator = operator.as_key(operator.key, self.id)
        self.admin = self.key("account_admin", by=self.operator)

    def key(self, role, *, by=None, **members):
        """A client with a new key."""
        made = (by or self.admin).post("/api-keys", {"name": f"key {next(COUNTER)}", "role": role, **members}).ok(201)
        client = self.operator.as_key(made["secret"])
        client.key_id = made["id"]
        return client

    def member(self, user):
        return self.key("member", user=user)

    def product(self, quantity=None, model="session"):
        """A new product, of which the account bought so many."""
        code = new_product(self.operator, model)
        if quantity is not None:
            self.purchase(code, quantity)
        return code

    def purchase(self, product, quantity, **members):
        return self.operator.post("/purchases", {"product": product, "quantity": quantity, **members}).ok(201)["id"]

    def organization(self, name=None, parent=None):
        body = {"name": name or f"Organization {next(COUNTER)}", "parent": parent}
        return self.admin.post("/organizations", body).ok(201)["id"]

    def user(self, organization=None, **members):
        number = next(COUNTER)
        body = {"name": f"User {number}", "organization": organization, **members}
        if body.get("kind") != "service":
            body.setdefault("email", f"user{number}@example.com")
        return self.admin.post("/users", body).ok(201)["id"]

    def project(self, organization, *members, name=None):
        body = {"name": name or f"Project {next(COUNTER)}", "organization": organization}
        project = self.admin.post("/projects", body).ok(201)["id"]
        for user in members:
            self.join(project, user)
        return project

    def join(self, project, user):
        self.admin.put(f"/projects/{project}/members/{user}").ok(204)

    def leave(self, project, user):
        self.admin.delete(f"/projects/{project}/members/{user}").ok(204)

    def dedicate(self, organization, product, count, **members):
        return self.admin.dedicate(organization, product, count, **members).ok(200)

    def policy(self, policy, fallback):
        return self.admin.put("/usage-policy", {"policy": policy, "fallback": fallback}).ok(200)

    def acquire(self, product, user, **members):
        """A session that is granted."""
        return self.admin.acquire(product, user, **members).ok(201)

    def fill(self, product, user, **members):
        """Takes all that a level has available."""
        level = members.get("organization") or self.id
        free = self.figures(product, level)["available"]
        for units in [1000] * (free // 1000) + ([free % 1000] if free % 1000 else []):
            granted = self.acquire(product, user, count=units, **members)
            assert granted["level"] == level, granted

    def pools(self, product):
        """Rows by level."""
        return {row["level"]: row for row in self.admin.items("/pools", product=product)}

    def figures(self, product, level=None):
        return self.pools(product)[level or self.id]

    def four(self, product, level=None):
        """(dedicated, pool, assigned, available) of a level, the account when none is named."""
        row = self.figures(product, level)
        return tuple(row[figure] for figure in ("dedicated", "pool", "assigned", "available"))

    def sessions(self, **query):
        return self.admin.items("/sessions", **query)

    def check_laws(self):
        """Section 1 of the contract: counts everything afresh and compares with the figures served."""
        rows = self.admin.items("/pools")
        claims = {}
        holders = set()
        for session in self.sessions(state="active"):
            place = session["level"], session["product"]
            claims[place] = claims.get(place, 0) + session["count"]
        for seat in self.admin.items("/seats"):
            place = seat["level"], seat["product"]
            claims[place] = claims.get(place, 0) + 1
            assert (seat["user"], seat["product"]) not in holders, f"law 4: two seats of one user: {seat}"
            holders.add((seat["user"], seat["product"]))
        bought = {}
        for purchase in self.operator.items("/purchases"):
            if purchase["in_force"]:
                bought[purchase["product"]] = bought.get(purchase["product"], 0) + purchase["quantity"]
        children = {}
        for row in rows:
            place = row["parent"], row["product"]
            children[place] = children.get(place, 0) + row["dedicated"]
        for row in rows:
            place = row["level"], row["product"]
            given, below, used = row["dedicated"], children.get(place, 0), claims.pop(place, 0)
            if row["parent"] is None:
                assert given == bought.get(row["product"], 0), f"law 5: dedicated is not what is bought: {row}"
            assert row["assigned"] == used, f"law 5: assigned is not what is held ({used}): {row}"
            assert row["pool"] == max(0, given - below), f"law 5: pool is not dedicated - {below}: {row}"
            assert row["available"] == max(0, given - below - used), f"law 5: available is wrong: {row}"
            assert row.get("over_committed", 0) == max(0, below + used - given), f"over_committed is wrong: {row}"
        assert not claims, f"law 1: claims at levels without figures: {claims}"
        return rows
