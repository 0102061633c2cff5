# SPDX-License-Identifier: Apache-2.0
"""Section 9: what a request must look like, and how a mistake is told."""

import json
import socket

import pytest

from api import moment, new_product
from contract import contract

MIB = 2**20


@pytest.fixture
def kre(account):
    return account.product(10)


def invalid(answer, pointer=None, parameter=None):
    answer.refused(400, "invalid-request")
    if pointer is not None:
        assert answer.body.get("pointer") == pointer, answer
    if parameter is not None:
        assert answer.body.get("parameter") == parameter, answer
    return answer


# Paths and methods.


@pytest.mark.parametrize("path", ["/v1", "/v1/", "/v2/accounts", "/v1/nothing", "/v1/accounts/", "/v1/favicon.txt",
                                  "/v1/accounts//users", "/v1/products/a/b", "/v1/openapi.yaml", "/v1/accountsx"])
def test_a_path_that_is_not_there_is_404(account, path):
    account.operator.call("GET", path).refused(404, "not-found")


@pytest.mark.parametrize("path", ["/waffles", "/users/US-1/waffles", "/sessions:explode", "/sessions/SN-1/heartbeats", "/pools/"])
def test_a_path_below_the_account_that_is_not_there_is_404(account, path):
    account.operator.call("GET", path).refused(404, "not-found")
    account.operator.call("POST", path, {}).refused(404, "not-found")


@pytest.mark.parametrize("template", sorted(contract().document["paths"]))
def test_a_method_that_a_path_does_not_answer_is_405_with_allow(account, template):
    answers = {method.upper() for method in contract().document["paths"][template] if method in
               ("get", "put", "post", "delete", "patch")}
    path = template.replace("{account}", account.id)
    for name in ("code", "purchase", "organization", "user", "project", "product", "seat", "session", "denial", "key"):
        path = path.replace(f"{{{name}}}", "X-1")
    for method in ("GET", "PUT", "POST", "DELETE", "PATCH"):
        if method not in answers:
            refused = account.operator.call(method, path).refused(405, "method-not-allowed")
            allowed = {word.strip() for word in refused.headers["allow"].split(",")}
            assert answers <= allowed <= answers | {"HEAD", "OPTIONS"}


def test_an_unknown_method_is_refused(account):
    account.operator.call("BREW", "/users").refused(405, "method-not-allowed")


@pytest.mark.parametrize("identifier", ["US-0", "US-01", "US-99999999999999999999999999", "us-1", "OG-1001", "US-", "US-1x", "-1",
                                        "..%2f..", "US-1%20", "1", "'; drop table app_user; --"])
def test_what_is_no_id_names_nothing(account, identifier):
    account.admin.get(f"/users/{identifier}").refused(404, "not-found")


def test_an_address_is_well_formed(account):
    invalid(account.admin.get("/users/%00"))


# Bodies.


def test_members_that_are_not_known_are_mistakes_told_with_a_pointer(account, kre):
    invalid(account.operator.post("/purchases", {"product": kre, "quantity": 1, "qantity": 2}), "/qantity")
    invalid(account.admin.acquire(kre, account.user(), ttl=10), "/ttl")
    organization = account.organization()
    invalid(account.admin.dedicate(organization, kre, 1, force=True), "/force")
    invalid(account.admin.patch(f"/organizations/{organization}", {"id": organization}), "/id")
    invalid(account.admin.put("/usage-policy", {"policy": "strict", "fallback": True, "Fallback": False}), "/Fallback")


def test_a_pointer_goes_inside_and_is_escaped(account):
    body = {"dedications": [{"organization": "OG-1", "product": "x", "count": 1, "a/b~c": 1}]}
    invalid(account.admin.post("/dedications:apply", body), "/dedications/0/a~1b~0c")
    body = {"organizations": [{"path": "A"}, {"path": "B", "projects": [{"name": "P", "color": "red"}]}]}
    invalid(account.admin.post(f"/v1/accounts/{account.id}:apply", body), "/organizations/1/projects/0/color")


@pytest.mark.parametrize("operation", [operation for operation in contract().operations
                                       if operation.body and operation.id != "createBackup"], ids=lambda operation: operation.id)
def test_no_route_takes_an_unknown_member(account, operation):
    path = operation.path.replace("{account}", account.id)
    for name in ("code", "purchase", "organization", "user", "project", "product", "seat", "session", "key"):
        path = path.replace(f"{{{name}}}", "X-1")
    body = {**contract().example(operation), "surprise": 1}
    invalid(account.operator.call(operation.method, path, body), "/surprise")


@pytest.mark.parametrize("body", [[], [{}], "text", 5, None, True])
def test_a_body_is_an_object(account, body):
    invalid(account.admin.post("/organizations", raw=json.dumps(body).encode()), "")


def test_required_members_are_told_by_where_they_should_be(account, kre):
    invalid(account.admin.post("/organizations", {}), "/name")
    invalid(account.operator.post("/purchases", {"product": kre}), "/quantity")
    invalid(account.operator.post("/purchases", {"quantity": 1}), "/product")
    invalid(account.admin.post("/sessions", {}), "/product")
    invalid(account.admin.post("/dedications:apply", {"dedications": [{"organization": "OG-1", "product": "x"}]}),
            "/dedications/0/count")


@pytest.mark.parametrize("name", ["", "x" * 256, 5, None, True, ["x"], {"x": 1}])
def test_a_name_is_1_to_255_characters(account, name):
    invalid(account.admin.post("/organizations", {"name": name}), "/name")


@pytest.mark.parametrize("name", ["x", "x" * 255, "é" * 255, "工" * 255, "🙂" * 255, " ", "a\tb", "\"quoted\" \\ / <b>"])
def test_names_are_counted_in_characters_of_any_script(account, name):
    made = account.admin.post("/organizations", {"name": name}).ok(201)
    assert made["name"] == name
    assert account.admin.get(f"/organizations/{made['id']}")["name"] == name


@pytest.mark.parametrize("name", ["é" * 256, "🙂" * 256])
def test_one_character_more_is_too_long_in_any_script(account, name):
    invalid(account.admin.post("/organizations", {"name": name}), "/name")


def test_a_machine_is_1_to_255_characters(account, kre):
    user = account.user()
    assert account.acquire(kre, user, machine="ü" * 255)["machine"] == "ü" * 255
    for machine in ("", "m" * 256, 5):
        invalid(account.admin.acquire(kre, user, machine=machine), "/machine")


@pytest.mark.parametrize("code", ["", "x" * 65, "a b", "a/b", "ä", "a:b", "a\n", None, 5])
def test_a_product_code_has_its_form(operator, code):
    invalid(operator.post("/v1/products", {"code": code, "name": "x", "model": "seat"}), "/code")


def test_a_product_code_is_1_to_64_characters(operator):
    unique = new_product(operator)
    code = (unique + "aZ09._-" + "x" * 64)[:64]
    operator.post("/v1/products", {"code": code, "name": "x", "model": "seat"}).ok(201)
    assert operator.get(f"/v1/products/{code}").ok(200)["code"] == code


@pytest.mark.parametrize("model", ["", "floating", None, 1])
def test_a_product_has_one_of_two_models(operator, model):
    invalid(operator.post("/v1/products", {"code": "never-made", "name": "x", "model": model}), "/model")


@pytest.mark.parametrize("raw", [
    b"{", b"", b" ", b"{}{}", b"{} x", b"{'name': 'x'}", b'{"name": "x",}', b'{"name": x}', b'{"name": "x"', b"\xef\xbb\xbf{}x",
    b'{"name": "\xff\xfe"}', b'{"name": "\xc3"}', b'{"name": "\xed\xa0\x80"}', b'{"name": "\\ud800"}', b'{"name": "a\\u0000b"}',
    b'{"name": "a\x00b"}', b'{"name": "a\nb"}', b"\x00", b'{"name": NaN}', b'{"name": "x", "name": "y"}'])
def test_what_is_no_json_in_utf_8_is_refused(account, raw):
    invalid(account.admin.post("/organizations", raw=raw))
    assert account.admin.items("/organizations") == []


@pytest.mark.parametrize("number", ["1e400", "-1e400", "1" * 400, "9223372036854775808", "18446744073709551616",
                                    "9007199254740993000", "0.1", "-0.5", "1" + "0" * 12 + "1"])
def test_a_number_that_does_not_fit_is_refused(account, kre, number):
    organization = account.organization()
    body = f'{{"count": {number}}}'.encode()
    invalid(account.admin.put(f"/dedications/{organization}/{kre}", raw=body))
    assert account.four(kre, organization)[0] == 0


@pytest.mark.parametrize("deep", [b"[" * 100000, b'{"a":' * 100000, b"[" * 100000 + b"]" * 100000,
                                  b'{"name": ' + b"[" * 5000 + b"]" * 5000 + b"}"])
def test_deep_nesting_is_refused(account, deep):
    invalid(account.admin.post("/organizations", raw=deep))


def test_an_empty_body_needs_no_content_type(account, kre):
    session = account.acquire(kre, account.user())["id"]
    account.admin.call("POST", f"/sessions/{session}/heartbeat").ok(200)
    account.admin.call("POST", f"/sessions/{session}/heartbeat", {}).ok(200)
    invalid(account.admin.call("POST", f"/sessions/{session}/heartbeat", {"ttl_s": 5}), "/ttl_s")


def test_where_a_body_is_needed_none_is_a_mistake(account):
    invalid(account.admin.post("/organizations"), "/name")


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", "application/xml", "json", None,
                                        "application/problem+json"])
def test_a_body_is_sent_as_json(account, media_type):
    account.admin.post("/organizations", {"name": "x"}, headers={"Content-Type": media_type}) \
        .refused(415, "unsupported-media-type")
    assert account.admin.items("/organizations") == []


@pytest.mark.parametrize("media_type", ["application/json", "application/json; charset=utf-8", "Application/JSON;charset=UTF-8"])
def test_a_charset_may_be_told(account, media_type):
    account.admin.post("/organizations", {"name": "x"}, headers={"Content-Type": media_type}).ok(201)


def test_a_body_has_1_mib_at_most(account):
    body = b'{"name": "x"}'
    account.admin.post("/organizations", raw=body + b" " * (MIB - len(body))).ok(201)
    account.admin.post("/organizations", raw=body + b" " * (MIB + 1 - len(body))).refused(413, "too-large")
    assert len(account.admin.items("/organizations")) == 1


def test_only_batch_and_apply_take_10_mib(account, kre):
    padding = b" " * (2 * MIB)
    user = account.user()
    account.admin.post("/sessions", raw=json.dumps({"product": kre, "user": user}).encode() + padding).refused(413, "too-large")
    account.admin.post("/sessions:explain", raw=json.dumps({"product": kre, "user": user}).encode() + padding) \
        .refused(413, "too-large")
    account.admin.post("/dedications:apply", raw=b'{"dedications": []}' + padding).ok(200)
    account.admin.post("/sessions:batch", raw=b'{"ops": []}' + padding).ok(200)
    account.admin.post(f"/v1/accounts/{account.id}:apply", raw=b"{}" + padding).ok(200)
    account.admin.post("/dedications:apply", raw=b'{"dedications": []}' + b" " * 10 * MIB).refused(413, "too-large")


def raw_exchange(server, request, timeout_s=10):
    """Sends bytes, answers the bytes of the server's answer."""
    host, port = server.url.rsplit("/", 1)[1].split(":")
    received = b""
    with socket.create_connection((host, int(port)), timeout_s) as connection:
        connection.sendall(request)
        while chunk := connection.recv(65536):
            received += chunk
    return received


def test_a_body_that_is_announced_too_large_is_refused_without_reading_it(account):
    head = (f"POST /v1/accounts/{account.id}/organizations HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {account.admin.key}\r\n"
            "Content-Type: application/json\r\nContent-Length: 999999999999\r\nConnection: close\r\n\r\n{").encode()
    assert raw_exchange(account.admin.server, head).startswith(b"HTTP/1.1 413 ")


def test_a_body_may_come_in_chunks(account):
    def chunks():
        yield b'{"name": '
        yield b'"In pieces"}'

    assert account.admin.post("/organizations", raw=chunks()).ok(201)["name"] == "In pieces"


@pytest.mark.parametrize("request_bytes", [b"\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00",
                                           b"GET /" + b"a" * 100000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
                                           b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + b"a" * 100000 + b"\r\n\r\n",
                                           b"GET /%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
                                           b"GET /v1/products?limit=%zz%00 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"])
def test_what_is_hardly_http_does_no_harm(account, request_bytes):
    try:
        assert b" 500 " not in raw_exchange(account.admin.server, request_bytes, 3)
    except (TimeoutError, ConnectionError):
        pass  # hung up on, or left waiting for the rest
    account.admin.get("").ok(200)


# Query parameters.


LISTS = [operation for operation in contract().operations
         if any(parameter.get("$ref", "").endswith("/Limit") for parameter in operation.parameters)]


@pytest.mark.parametrize("operation", [operation for operation in contract().operations
                                       if operation.method in ("GET", "DELETE") and not operation.open],
                         ids=lambda operation: operation.id)
def test_no_route_takes_an_unknown_query_parameter(account, operation):
    path = operation.path.replace("{account}", account.id)
    for name in ("code", "purchase", "organization", "user", "project", "product", "seat", "session", "denial", "key"):
        path = path.replace(f"{{{name}}}", "X-1")
    invalid(account.operator.call(operation.method, path, surprise="1"), parameter="surprise")


def test_changes_take_no_unknown_query_parameter_either(account, kre):
    organization = account.organization()
    invalid(account.admin.put(f"/dedications/{organization}/{kre}", {"count": 1}, dryrun=True), parameter="dryrun")
    invalid(account.admin.post("/organizations", {"name": "x"}, dry_run=True), parameter="dry_run")
    assert account.four(kre, organization)[0] == 0
    assert len(account.admin.items("/organizations")) == 1


@pytest.mark.parametrize("operation", LISTS, ids=lambda operation: operation.id)
@pytest.mark.parametrize("limit", ["0", "1001", "-1", "ten", "", "1.5", "99999999999999999999"])
def test_a_limit_is_1_to_1000(account, operation, limit):
    path = operation.path.replace("{account}", account.id).replace("{project}", "PR-1")
    invalid(account.operator.get(path, limit=limit), parameter="limit")


@pytest.mark.parametrize("operation", LISTS, ids=lambda operation: operation.id)
def test_a_cursor_that_was_never_given_is_refused(account, operation):
    path = operation.path.replace("{account}", account.id)
    if "{project}" in path:
        path = path.replace("{project}", account.project(account.organization()))
    invalid(account.operator.get(path, after="!nonsense!"), parameter="after")


@pytest.mark.parametrize("query, parameter", [
    ({"from": "yesterday"}, "from"), ({"to": "2026-13-01T00:00:00Z"}, "to")])
def test_times_in_a_query_are_well_formed(account, query, parameter):
    for path in ("/events", "/denials"):
        invalid(account.admin.get(path, query=query), parameter=parameter)


# The order of checks: 401, 404 account, 403 role, 400, 403 plan, 404 things named, 403 membership, 403 eligibility, 409.


def test_the_key_is_checked_before_the_account(account):
    account.operator.as_key(None).get("/v1/accounts/AC-999999999/users").refused(401, "unauthenticated")


def test_the_account_is_checked_before_the_role_and_the_form(account, new_account):
    other = new_account()
    member = account.member(account.user())
    member.post(f"/v1/accounts/{other.id}/purchases", {"nonsense": 1}).refused(404, "not-found")


def test_the_role_is_checked_before_the_form(account):
    account.member(account.user()).post("/purchases", {"nonsense": 1}).refused(403, "forbidden")
    account.key("auditor").put("/usage-policy", {"policy": "lax"}).refused(403, "forbidden")


def test_the_form_is_checked_before_the_plan(new_account):
    account = new_account(plan="free")
    invalid(account.admin.dedicate("OG-999999999", "nothing", "many"), "/count")
    invalid(account.admin.put("/usage-policy", {"policy": "lax", "fallback": True}), "/policy")


@pytest.mark.parametrize("path, body, pointer", [
    ("/users", {"name": "x"}, "/email"),
    ("/users", {"name": "x", "email": "x@example.com", "role": "org_admin"}, "/organization"),
    ("/api-keys", {"name": "x", "role": "member", "user": "US-999999999", "expires_at": moment(-1)}, "/expires_at")])
def test_the_form_is_checked_before_the_things_named(account, path, body, pointer):
    unknown = {} if "role" in body else {"organization": "OG-999999999"}
    invalid(account.admin.post(path, {**body, **unknown}), pointer)


def test_the_form_of_a_change_is_checked_before_the_things_named(account):
    invalid(account.admin.patch(f"/users/{account.user()}", {"email": None, "organization": "OG-999999999"}), "/email")
    span = {"starts_at": moment(2), "ends_at": moment(1)}
    invalid(account.operator.patch("/purchases/PU-999999999", span), "/ends_at")


def test_the_plan_is_checked_before_the_things_named(new_account):
    account = new_account(plan="free")
    account.admin.dedicate("OG-999999999", "nothing", 1).refused(403, "subscription-required")
    wanted = {"organizations": [{"path": "A", "dedications": {"nothing": 1}}]}
    account.admin.post(f"/v1/accounts/{account.id}:apply", wanted).refused(403, "subscription-required")


def test_things_named_are_checked_before_membership_and_eligibility(account, kre):
    account.policy("strict", True)
    user = account.user(account.organization())
    project, other = account.project(account.organization()), account.organization()
    account.admin.acquire("nothing", user, project=project).refused(404, "not-found")
    account.admin.acquire(kre, user, organization=other, project="PR-999999999").refused(404, "not-found")
    account.admin.acquire(kre, user, organization="OG-999999999", project=project).refused(404, "not-found")


# Answers.


def test_a_problem_tells_a_person_what_to_do_and_has_an_id_for_the_log(account):
    refused = account.admin.post("/organizations", {"nme": "x"}).refused(400, "invalid-request")
    assert "nme" in refused["detail"]
    assert refused["title"] and refused["request_id"]
    other = account.admin.post("/organizations", {"nme": "x"})
    assert other["request_id"] != refused["request_id"]
