# SPDX-License-Identifier: Apache-2.0
"""The server serves the contract that it is tested against, and has exactly its routes."""

import pytest

from contract import ROLES, contract
from server import usherd

DOCUMENT = contract().document


def test_the_server_serves_this_very_contract(account):
    for client in (account.operator, account.admin, account.member(account.user())):
        assert client.get("/v1/openapi.json").ok(200).body == DOCUMENT


def test_the_servers_routes_are_the_operations_of_the_contract():
    ran = usherd("routes")
    assert ran.returncode == 0, ran.stderr
    routes = [tuple(line.split(" ")) for line in ran.stdout.splitlines()]
    assert len(routes) == len(set(routes)), "no route stands there twice"
    assert set(routes) == {(operation.method, operation.path) for operation in contract().operations}


@pytest.mark.parametrize("operation", contract().operations, ids=lambda operation: operation.id)
def test_an_operation_is_complete(operation):
    assert operation.roles and set(operation.roles) <= set(ROLES)
    assert "operator" in operation.roles, "the operator may do everything"
    posts = [parameter.get("$ref", "").rsplit("/", 1)[-1] for parameter in operation.parameters]
    keeps_answers = operation.method == "POST" and operation.id != "createBackup" and not operation.open
    assert ("IdempotencyKey" in posts) == keeps_answers
    if not operation.open:
        assert "401" in operation.responses


def test_operation_ids_are_unique():
    ids = [operation.id for operation in contract().operations]
    assert len(ids) == len(set(ids))


def test_no_object_is_open_by_mistake():
    """Strict both ways: only what is free-form by nature may have members that the contract does not name."""
    free = {"Event/before", "Event/after"}

    def walk(node, path):
        if isinstance(node, list):
            for value in node:
                walk(value, path)
            return
        if not isinstance(node, dict):
            return
        kind = node.get("type", [])
        if "object" in ([kind] if isinstance(kind, str) else kind):
            assert "additionalProperties" in node or path in free, path
        for name, value in node.items():
            walk(value, path if name in ("properties", "items", "oneOf", "required") else f"{path}/{name}")

    for name, schema in DOCUMENT["components"]["schemas"].items():
        walk({key: value for key, value in schema.items() if key != "examples"}, name)


def test_every_error_name_has_its_schema():
    names = set(DOCUMENT["components"]["schemas"]["ProblemName"]["enum"])
    choices = DOCUMENT["components"]["schemas"]["Problem"]["oneOf"]
    described = {contract().resolve(choice)["properties"]["type"]["const"].rsplit("/", 1)[-1] for choice in choices}
    assert names == described
