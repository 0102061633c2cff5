# SPDX-License-Identifier: Apache-2.0
"""Seats in programs: machines that check in, how many there may be, seats that idle and seats given back in bulk."""

import pytest

import api

NAMES = ["ws-17", "00:1A:2B:3C:4D:5E", "lab/desk 4", "lab%2Fdesk 4", "100%", "Müller?x=1&y", "x" * 255]


@pytest.fixture
def fou(account):
    return account.product(10, model="seat")


def limit(account, product, machines):
    return account.operator.patch(f"/v1/products/{product}", {"machines_per_seat": machines}).ok(200)


def check_in(client, seat, machine):
    return client.post(f"/seats/{seat}/check-in", {"machine": machine})


def names(seat):
    return [machine["machine"] for machine in seat["machines"]]


def quoted(machine):
    return api.requests.utils.quote(machine, safe="")


def remove(client, seat, machine):
    return client.delete(f"/seats/{seat}/machines/{quoted(machine)}")


def test_a_product_has_as_many_machines_per_seat_as_the_operator_says(account):
    code = f"M-{api.time.time_ns()}"
    body = {"code": code, "name": "M", "model": "seat"}
    assert account.operator.post("/v1/products", body).ok(201)["machines_per_seat"] is None
    assert limit(account, code, 3)["machines_per_seat"] == 3
    assert account.admin.get(f"/v1/products/{code}").ok(200)["machines_per_seat"] == 3
    assert next(item for item in account.admin.items("/v1/products") if item["id"] == code)["machines_per_seat"] == 3
    renamed = account.operator.patch(f"/v1/products/{code}", {"name": "N"}).ok(200)
    assert (renamed["name"], renamed["machines_per_seat"]) == ("N", 3)
    assert limit(account, code, None)["machines_per_seat"] is None
    account.admin.patch(f"/v1/products/{code}", {"machines_per_seat": 1}).refused(403, "forbidden")


@pytest.mark.parametrize("wrong", [0, 1001, -1, "2", 1.5, True])
def test_a_wrong_number_of_machines_is_refused(account, fou, wrong):
    refused = account.operator.patch(f"/v1/products/{fou}", {"machines_per_seat": wrong}).refused(400, "invalid-request")
    assert refused["pointer"] == "/machines_per_seat"


def test_session_products_have_no_machines(account):
    kre = account.product(1)
    refused = account.operator.patch(f"/v1/products/{kre}", {"machines_per_seat": 2}).refused(400, "invalid-request")
    assert refused["pointer"] == "/machines_per_seat"
    body = {"code": f"M-{api.time.time_ns()}", "name": "M", "model": "session", "machines_per_seat": 2}
    refused = account.operator.post("/v1/products", body).refused(400, "invalid-request")
    assert refused["pointer"] == "/machines_per_seat"
    account.operator.patch(f"/v1/products/{kre}", {"machines_per_seat": None}).ok(200)


def test_machines_check_in_until_all_places_are_held(account, fou):
    limit(account, fou, 2)
    user = account.user()
    member = account.member(user)
    seat = account.admin.assign(fou, user, account.id)["id"]
    assert check_in(member, seat, "desk").ok(200)["state"] == "activated"
    assert names(check_in(member, seat, "lap").ok(200)) == ["desk", "lap"]
    refused = check_in(member, seat, "tower").refused(409, "conflict")
    assert names(refused) == ["desk", "lap"]
    for machine in refused["machines"]:
        assert api.parse(machine["last_used_at"]) <= api.now() and machine["last_used_at"].endswith(":00.000Z")
    # Those that are there go on; so does a check-in that names none.
    check_in(member, seat, "desk").ok(200)
    member.post(f"/seats/{seat}/check-in", {}).ok(200)
    member.post(f"/seats/{seat}/check-in").ok(200)
    assert names(member.get(f"/seats/{seat}").ok(200)) == ["desk", "lap"]
    assert [names(item) for item in account.admin.items("/seats")] == [["desk", "lap"]]
    # The holder frees a place.
    remove(member, seat, "desk").ok(204)
    assert names(check_in(member, seat, "tower").ok(200)) == ["lap", "tower"]
    remove(member, seat, "desk").refused(404, "not-found")
    kinds = [event["kind"] for event in account.admin.items("/events", kind="seat")]
    assert kinds == ["seat.assigned", "seat.activated", "seat.machine-activated", "seat.machine-activated",
                     "seat.machine-removed", "seat.machine-activated"]
    assert [event["kind"] for event in account.admin.items("/events", subject=f"{seat}/desk")] == [
        "seat.machine-activated", "seat.machine-removed"]


def test_a_lowered_number_takes_nothing_away(account, fou):
    seat = account.admin.assign(fou, account.user(), account.id)["id"]
    for machine in ("a", "b", "c"):
        check_in(account.admin, seat, machine).ok(200)
    limit(account, fou, 1)
    check_in(account.admin, seat, "b").ok(200)
    assert names(check_in(account.admin, seat, "d").refused(409, "conflict")) == ["a", "b", "c"]


@pytest.mark.parametrize("name", NAMES)
def test_machines_have_any_name(account, fou, name):
    seat = account.admin.assign(fou, account.user(), account.id)["id"]
    assert names(check_in(account.admin, seat, name).ok(200)) == [name]
    remove(account.admin, seat, name + "?").refused(404, "not-found")
    remove(account.admin, seat, name).ok(204)
    assert account.admin.get(f"/seats/{seat}").ok(200)["machines"] == []


@pytest.mark.parametrize("wrong", ["", "x" * 256, 7, ["a"]])
def test_a_wrong_name_is_refused(account, fou, wrong):
    seat = account.admin.assign(fou, account.user(), account.id)["id"]
    assert check_in(account.admin, seat, wrong).refused(400, "invalid-request")["pointer"] == "/machine"


def test_who_may_remove_a_machine(account, fou):
    organization, user = account.organization(), account.user()
    account.dedicate(organization, fou, 2)
    below = account.user(organization)
    seat = account.admin.assign(fou, below, organization)["id"]
    check_in(account.admin, seat, "desk").ok(200)
    other, auditor = account.member(user), account.key("auditor")
    elsewhere = account.key("org_admin", organization=account.organization())
    for client in (other, auditor, elsewhere):
        remove(client, seat, "desk").refused(403, "forbidden")
    remove(account.key("org_admin", organization=organization), seat, "desk").ok(204)
    remove(account.admin, "ST-999999", "desk").refused(404, "not-found")


def test_machines_outlive_the_server_and_not_the_seat(own):
    fou = own.product(2, model="seat")
    limit(own, fou, 2)
    user = own.user()
    seat = own.admin.assign(fou, user, own.id)["id"]
    check_in(own.admin, seat, "desk").ok(200)
    check_in(own.admin, seat, "lab/lap").ok(200)
    own.operator.server.kill()
    own.operator.server.start()
    assert names(check_in(own.admin, seat, "tower").refused(409, "conflict")) == ["desk", "lab/lap"]
    own.operator.server.verify()
    own.admin.delete(f"/seats/{seat}").ok(204)
    own.operator.server.verify()
    again = own.admin.assign(fou, user, own.id)["id"]
    assert names(check_in(own.admin, again, "tower").ok(200)) == ["tower"]
    own.admin.delete(f"/users/{user}").ok(204)
    own.check_laws()


def test_idle_seats_are_listed(account, fou):
    one, two = (account.admin.assign(fou, account.user(), account.id)["id"] for _ in range(2))
    assert account.admin.items("/seats", idle_s=60) == []
    assert account.admin.items("/seats", idle_s=316224000) == []
    assert api.eventually(lambda: [seat["id"] for seat in account.admin.items("/seats", idle_s=1)] == [one, two])
    check_in(account.admin, two, "desk").ok(200)  # kept to the minute: one of this minute may count as idle
    assert one in [seat["id"] for seat in account.admin.items("/seats", idle_s=1, product=fou)]
    for wrong in ("0", "-1", "x", "316224001", ""):
        refused = account.admin.get("/seats", query={"idle_s": wrong}).refused(400, "invalid-request")
        assert refused["parameter"] == "idle_s"


def test_many_seats_are_given_back_at_once(account, fou):
    seats = [account.admin.assign(fou, account.user(), account.id)["id"] for _ in range(3)]
    check_in(account.admin, seats[0], "desk").ok(200)
    refused = account.admin.post("/seats:release", {"seats": [seats[0], "ST-999999", seats[1]]}).refused(404, "not-found")
    assert refused["pointer"] == "/seats/1"
    refused = account.admin.post("/seats:release", {"seats": [seats[0], seats[1], seats[0]]})
    assert refused.refused(400, "invalid-request")["pointer"] == "/seats/2"
    assert len(account.admin.items("/seats")) == 3
    body = {"seats": seats[:2], "reason": "not used"}
    assert account.admin.post("/seats:release", body, idempotency_key="once").ok(200).body == {"released": 2}
    assert account.admin.post("/seats:release", body, idempotency_key="once").ok(200).body == {"released": 2}
    account.admin.post("/seats:release", {"seats": seats[2:]}, idempotency_key="once").refused(422, "idempotency-key-reused")
    revoked = account.admin.items("/events", kind="seat.revoked")
    assert [(event["subject"], event["reason"]) for event in revoked] == [(seat, "not used") for seat in seats[:2]]
    assert account.admin.post("/seats:release", {"seats": seats[2:]}).ok(200).body == {"released": 1}
    assert account.admin.post("/seats:release", {"seats": []}).ok(200).body == {"released": 0}
    assert account.four(fou) == (10, 10, 0, 10)
    account.check_laws()


@pytest.mark.parametrize("body, pointer", [({}, "/seats"), ({"seats": "ST-1"}, "/seats"), ({"seats": [1]}, "/seats/0"),
                                           ({"seats": [None]}, "/seats/0"), ({"seats": [""]}, "/seats/0"),
                                           ({"seats": [], "reason": ""}, "/reason"), ({"seats": [], "x": 1}, "/x")])
def test_a_malformed_release_is_refused(account, body, pointer):
    assert account.admin.post("/seats:release", body).refused(400, "invalid-request")["pointer"] == pointer


def test_more_seats_than_a_request_may_have(account):
    account.admin.post("/seats:release", {"seats": [f"ST-{n}" for n in range(1, 10002)]}).refused(413, "too-large")


def test_seats_outside_the_subtree_are_not_given_back(account, fou):
    mine, other = account.organization(), account.organization()
    for organization in (mine, other):
        account.dedicate(organization, fou, 2)
    inside = account.admin.assign(fou, account.user(mine), mine)["id"]
    outside = account.admin.assign(fou, account.user(other), other)["id"]
    admin = account.key("org_admin", organization=mine)
    admin.post("/seats:release", {"seats": [inside, outside]}).refused(403, "forbidden")
    admin.post("/seats:release", {"seats": [inside]}).ok(200)
    assert [seat["id"] for seat in account.admin.items("/seats")] == [outside]
    account.member(account.user()).post("/seats:release", {"seats": [outside]}).refused(403, "forbidden")
