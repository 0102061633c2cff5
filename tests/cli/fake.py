# SPDX-License-Identifier: Apache-2.0
"""A server that says what a test tells it to say, and holds both sides against src/api/openapi.yaml: what the program
asks must be in the contract, and what the test makes up as an answer must be, too, unless it is said to be wrong."""

import dataclasses
import functools
import http.server
import json
import pathlib
import re
import threading
import urllib.parse

import jsonschema
import yaml

CONTRACT = pathlib.Path(__file__).resolve().parents[2] / "src" / "api" / "openapi.yaml"
AT = "2026-11-24T06:34:16.123Z"


@functools.cache
def contract():
    return yaml.load(CONTRACT.read_text(encoding="utf-8"), getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def resolve(node):
    while "$ref" in node:
        target = contract()
        for step in node["$ref"].split("/")[1:]:
            target = target[step]
        node = target
    return node


@functools.cache
def templates():
    """The paths of the contract as patterns, those with the fewest parameters first."""
    made = []
    for path in contract()["paths"]:
        pattern = re.sub(r"\\{\w+\\}", "[^/:]+", re.escape(path))
        made.append((path.count("{"), re.compile(pattern + r"\Z"), path))
    return sorted(made, key=lambda item: item[0])


def operation(method, path):
    for _, pattern, template in templates():
        if pattern.match(path) and method.lower() in contract()["paths"][template]:
            return contract()["paths"][template][method.lower()]
    return None


def validate(instance, schema):
    resolver = jsonschema.RefResolver("", contract())
    jsonschema.Draft202012Validator(schema, resolver=resolver).validate(instance)


def check_request(request):
    """Raises where the contract does not know this request."""
    found = operation(request.method, request.path)
    assert found is not None, f"{request.method} {request.path} is not in the contract"
    parameters = [resolve(parameter) for parameter in found.get("parameters", [])]
    known = {parameter["name"]: parameter for parameter in parameters if parameter["in"] == "query"}
    for name, values in request.query.items():
        assert name in known, f"?{name}= is not in the contract of {request.method} {request.path}"
        assert len(values) == 1
        schema = resolve(known[name]["schema"])
        value = values[0]
        if schema.get("type") == "integer":
            value = int(value)
        if schema.get("type") == "boolean":
            value = {"true": True, "false": False}[value]
        validate(value, schema)
    content = found.get("requestBody", {}).get("content", {})
    if request.body:
        assert request.headers["Content-Type"] == "application/json"
        validate(json.loads(request.body), content["application/json"]["schema"])
    else:
        assert not found.get("requestBody", {}).get("required"), "a body is needed"
        assert request.headers["Content-Type"] is None
    if request.headers["Idempotency-Key"] is not None:
        assert any(parameter["name"] == "Idempotency-Key" for parameter in parameters)
        assert re.fullmatch("[!-~]{1,64}", request.headers["Idempotency-Key"])


def check_answer(method, path, status, value):
    found = operation(method, path)
    assert found is not None, f"{method} {path} is not in the contract"
    responses = found["responses"]
    assert str(status) in responses, f"{status} is not in the contract of {method} {path}"
    for content in resolve(responses[str(status)]).get("content", {}).values():
        if isinstance(value, (dict, list)):
            validate(value, content["schema"])


@dataclasses.dataclass
class Request:
    method: str
    path: str
    query: dict
    headers: object
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)


@dataclasses.dataclass
class Answer:
    value: object = None  # dict or list: JSON; bytes: as they are
    status: int = 200
    type: str = None
    headers: dict = dataclasses.field(default_factory=dict)

    def send(self, handler):
        body = self.value if isinstance(self.value, bytes) else json.dumps(self.value).encode()
        if self.value is None:
            body = b""
        kind = self.type
        if kind is None and body:
            kind = "application/json" if self.status < 400 else "application/problem+json"
        handler.send_response(self.status)
        if kind:
            handler.send_header("Content-Type", kind)
        for name, value in self.headers.items():
            handler.send_header(name, value)
        if self.status != 204 and "Transfer-Encoding" not in self.headers:
            handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)


def problem(name, status, title="Refused", detail="Do something about it.", **members):
    return Answer({"type": f"/problems/{name}", "title": title, "status": status, "detail": detail,
                   "request_id": "7c5a3f9e01", **members}, status)


def page(*items, next=None):
    return Answer({"items": list(items), "next": next})


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # head and body go out at once

    def log_message(self, *_):
        pass

    def answer(self):
        address = urllib.parse.urlsplit(self.path)
        body = self.rfile.read(int(self.headers["Content-Length"] or 0))
        query = urllib.parse.parse_qs(address.query, keep_blank_values=True, strict_parsing=bool(address.query))
        self.server.fake.take(self, Request(self.command, address.path, query, self.headers, body))

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer

    def cut(self):
        """Closes the connection in the middle of things."""
        self.close_connection = True


class Quiet(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        pass  # the program hung up, as some tests want it to


class Fake:
    def __init__(self):
        self.requests, self.errors, self.routes = [], [], {}
        self.http = Quiet(("127.0.0.1", 0), Handler)
        self.http.fake = self
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        threading.Thread(target=self.http.serve_forever, args=(0.02,), daemon=True).start()

    def close(self):
        self.http.shutdown()
        self.http.server_close()
        assert not self.errors, "\n".join(self.errors)

    def on(self, method, path, *answers, wrong=False):
        """Answers in turn, the last for ever: an Answer, or a function of the request that makes one, or a function
        of handler and request (marked by `raw`) that writes what it likes. `wrong`: not by the contract."""
        for answer in answers:
            if isinstance(answer, Answer) and not wrong:
                check_answer(method, path, answer.status, answer.value)
        self.routes[method, path] = list(answers)
        return self

    def take(self, handler, request):
        self.requests.append(request)
        try:
            check_request(request)
        except Exception as error:  # told when the fake is closed: this thread cannot fail the test
            self.errors.append(f"{request.method} {request.path} {request.query}: {error}")
        answers = self.routes.get((request.method, request.path))
        if not answers:
            problem("not-found", 404, "Not found", f"There is no {request.path}.").send(handler)
            return
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if getattr(answer, "raw", False):
            answer(handler, request)
        else:
            (answer if isinstance(answer, Answer) else answer(request)).send(handler)

    def asked(self, method, path):
        return [request for request in self.requests if (request.method, request.path) == (method, path)]


def raw(function):
    function.raw = True
    return function
