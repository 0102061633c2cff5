# SPDX-License-Identifier: Apache-2.0
"""The contract, src/api/openapi.yaml, as a judge of answers: every one that the tests get is held against it."""

import functools
import pathlib
import re

import jsonschema
import yaml

PATH = pathlib.Path(__file__).resolve().parents[2] / "src" / "api" / "openapi.yaml"
METHODS = ("get", "put", "post", "delete", "patch")
PROBLEM = "application/problem+json"
ROLES = ("operator", "account_admin", "org_admin", "member", "platform", "auditor")


class ContractError(AssertionError):
    """An answer that the contract does not allow."""


class Operation:
    def __init__(self, method, path, item, node):
        self.method = method.upper()
        self.path = path
        self.id = node["operationId"]
        self.roles = node["x-roles"]
        self.open = node.get("security") == []
        self.responses = node["responses"]
        self.parameters = item.get("parameters", []) + node.get("parameters", [])
        content = node.get("requestBody", {}).get("content", {})
        self.body = content.get("application/json")

    @property
    def in_account(self):
        return "{account}" in self.path

    def __repr__(self):
        return f"{self.method} {self.path}"


class Contract:
    def __init__(self, document):
        self.document = document
        self.resolver = jsonschema.RefResolver("", document)
        self.operations = [Operation(method, path, item, item[method])
                           for path, item in document["paths"].items() for method in METHODS if method in item]
        # Literal paths before those with parameters: …/dedications:apply is no {organization}.
        templates = sorted(document["paths"], key=lambda path: (path.count("{"), -len(path)))
        self.templates = [(re.compile(re.sub(r"\\{\w+\\}", "[^/:]+", re.escape(path)) + r"\Z"), path) for path in templates]
        self.by_call = {(operation.method, operation.path): operation for operation in self.operations}

    def resolve(self, node):
        while isinstance(node, dict) and "$ref" in node and len(node) == 1:
            node = self.resolver.resolve(node["$ref"])[1]
        return node

    def template(self, path):
        return next((template for pattern, template in self.templates if pattern.match(path)), None)

    def find(self, method, path):
        return self.by_call.get((method.upper(), self.template(path)))

    def example(self, operation):
        """An example of the operation's body, or None where it has none."""
        body = operation.body or {"example": None}
        return body["example"] if "example" in body else self.resolve(next(iter(body["examples"].values())))["value"]

    @functools.lru_cache(maxsize=None)
    def validator(self, pointer):
        return jsonschema.Draft202012Validator({"$ref": pointer}, resolver=self.resolver)

    def fault(self, schema, value):
        """What is wrong with the value, in a line, or None."""
        if set(schema) == {"$ref"}:
            validator = self.validator(schema["$ref"])
        else:
            validator = jsonschema.Draft202012Validator(schema, resolver=self.resolver)
        error = jsonschema.exceptions.best_match(validator.iter_errors(value))
        return f"at /{'/'.join(map(str, error.absolute_path))}: {error.message}" if error else None

    def check(self, method, path, answer):
        """Fails unless the contract declares this answer to this call."""
        problem = self._problem_name(answer)
        operation = self.find(method, path)
        call = f"{method.upper()} {path}"
        if operation is None:
            # No such path is 404, no such method is 405: the two answers that belong to no operation.
            expected = "method-not-allowed" if self.template(path) else "not-found"
            if problem != expected:
                raise ContractError(f"{call} is not in the contract: {expected} expected, {answer.status} {answer.text[:500]}")
            self._check_problem(call, [expected], answer)
            return
        declared = self.resolve(operation.responses.get(str(answer.status)))
        if declared is None:
            raise ContractError(f"{call} answered {answer.status}, which the contract does not declare: {answer.text[:2000]}")
        self._check_headers(call, declared, answer)
        content = declared.get("content")
        if content is None:
            if answer.text:
                raise ContractError(f"{call} answered {answer.status} with a body: {answer.text[:500]}")
            return
        if answer.media_type not in content:
            raise ContractError(f"{call} answered {answer.status} as {answer.media_type!r}, not {'/'.join(content)}")
        schema = content[answer.media_type]["schema"]
        if answer.media_type == PROBLEM:
            self._check_problem(call, self._problem_names(schema), answer)
        elif answer.media_type == "application/json":
            fault = self.fault(schema, answer.body)
            if fault:
                raise ContractError(f"{call} answered {answer.status} against the contract, {fault}\n{answer.text[:2000]}")

    @staticmethod
    def _problem_name(answer):
        if answer.media_type != PROBLEM or not isinstance(answer.body, dict):
            return None
        return str(answer.body.get("type", "")).rsplit("/", 1)[-1]

    @staticmethod
    def _check_headers(call, declared, answer):
        for name in declared.get("headers", {}):
            if name.lower() not in answer.headers:
                raise ContractError(f"{call} answered {answer.status} without the header {name}")

    def _problem_names(self, schema):
        choices = schema.get("oneOf", [schema])
        return [self.resolve(choice)["properties"]["type"]["const"].rsplit("/", 1)[-1] for choice in choices]

    def _check_problem(self, call, names, answer):
        name = self._problem_name(answer)
        if name not in names:
            raise ContractError(f"{call} answered the problem {name!r} where the contract has {names}: {answer.text[:2000]}")
        schema = "Problem" + "".join(word.capitalize() for word in name.split("-"))
        fault = self.fault({"$ref": f"#/components/schemas/{schema}"}, answer.body)
        if fault:
            raise ContractError(f"{call} answered {name} against the contract, {fault}\n{answer.text[:2000]}")
        if answer.status != answer.body["status"]:
            raise ContractError(f"{call} answered {answer.status}, its body says {answer.body['status']}")
        if name == "method-not-allowed" and "allow" not in answer.headers:
            raise ContractError(f"{call} answered 405 without the header Allow")


@functools.lru_cache(maxsize=1)
def contract():
    return Contract(yaml.load(PATH.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))
