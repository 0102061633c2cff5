# SPDX-License-Identifier: Apache-2.0
"""Section 4, order of checks: what the role may not do with the things that a request names is told before what is wrong
with its form. test_requests.py has the other steps."""

import pytest

import api
from server import OPERATOR_KEY


@pytest.fixture(scope="module")
def world(server):
    """An account with two organizations; the admin of one, and a user there."""
    account = api.Account(api.Client(server, OPERATOR_KEY))
    account.kre, account.fou = account.product(10), account.product(10, model="seat")
    account.mine, account.beside = account.organization(), account.organization()
    account.user_here, account.user_beside = account.user(account.mine), account.user(account.beside)
    account.project_beside = account.project(account.beside)
    account.session_beside = account.acquire(account.kre, account.user_beside, ttl_s=3600)["id"]
    account.seat_beside = account.admin.assign(account.fou, account.user_beside, account.id).ok(201)["id"]
    account.chief = account.key("org_admin", organization=account.mine)
    account.person = account.member(account.user_here)
    return account


def forbidden(answer, pointer=None):
    answer.refused(403, "forbidden")
    assert answer.body.get("pointer") == pointer, answer


def invalid(answer, **members):
    answer.refused(400, "invalid-request")
    assert {name: answer.body.get(name) for name in members} == members, answer


@pytest.mark.parametrize("path", ["/sessions", "/sessions:explain"])
def test_the_origin_is_a_matter_of_the_role(world, path):
    body = {"product": world.kre, "user": world.user_here, "origin": "platform"}
    for client in (world.operator, world.admin, world.person):
        forbidden(client.post(path, body), "/origin")
        for wrong in ({"ttl_s": 9}, {"surprise": 1}, {"product": None}):
            forbidden(client.post(path, {**body, **wrong}), "/origin")
        invalid(client.post(path, {**body, "origin": "elsewhere"}), pointer="/origin")


def test_the_platform_says_nothing_else_of_itself(world):
    platform = world.key("platform")
    body = {"product": world.kre, "user": world.user_here}
    platform.post("/sessions", body, idempotency_key="k").ok(201)
    forbidden(platform.post("/sessions", {**body, "origin": "external"}, idempotency_key="k"), "/origin")
    forbidden(platform.post("/sessions", {**body, "origin": "external", "count": 0}), "/origin")
    invalid(platform.post("/sessions", {**body, "origin": "elsewhere"}), pointer="/origin")
    invalid(platform.post("/sessions", {**body, "origin": None}), pointer="/origin")


def test_the_origin_of_an_op_is_refused_with_the_op(world):
    ops = [{"op": "acquire", "product": world.kre, "user": world.user_here, "origin": origin}
           for origin in ("platform", "external")]
    first, second = world.admin.post("/sessions:batch", {"ops": ops}).ok(200)["results"]
    assert (first["status"], first["error"]["pointer"], second["status"]) == (403, "/ops/0/origin", 201)


def test_a_member_acts_for_itself_whatever_the_form(world):
    for path in ("/sessions", "/sessions:explain"):
        forbidden(world.person.post(path, {"product": world.kre, "user": world.user_beside, "ttl_s": 9}))
    forbidden(world.person.post("/leases", {"product": world.kre, "user": world.user_beside, "days": 0}))
    forbidden(world.person.post(f"/sessions/{world.session_beside}/heartbeat", {"surprise": 1}))
    forbidden(world.person.delete(f"/sessions/{world.session_beside}", cooldown_s=5))
    forbidden(world.person.post(f"/seats/{world.seat_beside}/check-in", {"machine": ""}))
    forbidden(world.person.post("/api-keys", {"name": "", "role": "auditor"}))
    own = world.acquire(world.kre, world.user_here)["id"]
    forbidden(world.person.delete(f"/sessions/{own}", cooldown_s=5))
    forbidden(world.admin.put(f"/users/{world.user_here}/password", {}))
    forbidden(world.admin.patch(f"/v1/accounts/{world.id}", {"plan": "free", "surprise": 1}))


def test_an_admin_of_an_organization_stays_in_it_whatever_the_form(world):
    for path in (f"/users/{world.user_beside}", f"/projects/{world.project_beside}"):
        forbidden(world.chief.patch(path, {"name": ""}))
    forbidden(world.chief.post("/users", {"name": "x", "email": "x", "organization": world.beside}))
    forbidden(world.chief.post("/projects", {"name": "", "organization": world.beside}))
    forbidden(world.chief.post("/seats", {"user": world.user_here, "level": world.id}))
    forbidden(world.chief.post("/seats", {"product": world.fou, "level": world.id}))
    forbidden(world.chief.delete(f"/sessions/{world.session_beside}", reason="x", cooldown_s=-1))
    forbidden(world.chief.put(f"/dedications/{world.beside}/{world.kre}", {"count": -1}))


def test_dedications_are_looked_at_as_far_as_they_were_read(account):
    studio = account.organization()
    below, beside, kre = account.organization(parent=studio), account.organization(), account.product(9)
    chief = account.key("org_admin", organization=studio)
    account.admin.patch(f"/v1/accounts/{account.id}", {"delegate_dedication": True}).ok(200)

    def apply(*changes):
        body = [{"organization": organization, "product": kre, "count": count} for organization, count in changes]
        return chief.post("/dedications:apply", {"dedications": body})

    forbidden(apply((beside, 1), (below, -1)))
    invalid(apply((below, -1), (below, 1)), pointer="/dedications/0/count")
    invalid(chief.post("/dedications:apply", {}), pointer="/dedications")


def test_within_ones_scope_the_form_is_told(world):
    invalid(world.person.post("/sessions", {"ttl_s": 9}), pointer="/ttl_s")
    invalid(world.person.post("/sessions", {"user": 5, "product": world.kre}), pointer="/user")
    invalid(world.person.post("/api-keys", {"role": "member"}), pointer="/name")
    invalid(world.person.post("/api-keys", {"name": "x"}), pointer="/role")
    invalid(world.chief.post("/projects", {"name": "x"}), pointer="/organization")
    invalid(world.chief.post("/projects", {"name": "x", "organization": 5}), pointer="/organization")
    invalid(world.chief.post("/users", {"name": "x", "email": "x", "organization": world.mine}), pointer="/email")
    invalid(world.chief.patch(f"/users/{world.user_here}", {"organization": 5}), pointer="/organization")
    invalid(world.chief.post("/seats", {"product": world.fou, "user": world.user_here}), pointer="/level")
    invalid(world.chief.post("/seats", {"level": world.mine, "user": world.user_here}), pointer="/product")
    invalid(world.chief.post("/seats", {"level": world.mine, "product": world.fou}), pointer="/user")
    for client, path in ((world.chief, "/users"), (world.chief, "/projects"), (world.chief, "/seats"),
                         (world.person, "/sessions"), (world.person, "/leases")):
        invalid(client.post(path, raw=b"{nonsense"), pointer="")
    forbidden(world.person.post("/seats", raw=b"{nonsense"))  # self_service_seats is off: whatever it says


def test_what_does_not_exist_is_nobodys(world):
    invalid(world.person.post("/sessions", {"product": world.kre, "user": "US-999999999", "ttl_s": 9}), pointer="/ttl_s")
    invalid(world.chief.post("/users", {"name": "", "organization": "OG-999999999"}), pointer="/name")
    invalid(world.chief.post("/seats", {"level": "AC-999999999", "user": world.user_here}), pointer="/product")
    invalid(world.chief.patch("/users/US-999999999", {"name": ""}), pointer="/name")
    invalid(world.person.post("/sessions/SN-999999999/heartbeat", {"surprise": 1}), pointer="/surprise")


def test_what_one_may_not_read_is_not_there_after_the_form(world):
    invalid(world.person.get(f"/sessions/{world.session_beside}", surprise=1), parameter="surprise")
    world.person.get(f"/sessions/{world.session_beside}").refused(404, "not-found")
