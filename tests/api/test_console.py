# SPDX-License-Identifier: Apache-2.0
"""The web console as a browser gets it, or, where the server was built without, the page that says so."""
import gzip
import http.client
import re
import urllib.parse

import brotli
import pytest

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8", "Accept-Encoding": "gzip, deflate, br, zstd"}
DECODE = {"br": brotli.decompress, "gzip": gzip.decompress, None: lambda body: body}
PART = re.compile(rb"""[\"'(](?:\./|/?assets/)([\w.-]+-[\w-]{8}\.(?:css|js|svg|png|woff2))[\"')]""")
LINK = re.compile(rb'(?:src|href)="(/[^"#?]+)"')


class Page:
    def __init__(self, answer):
        self.status = answer.status
        self.headers = answer.headers
        self.raw = answer.read()

    @property
    def text(self):
        return DECODE[self.headers["Content-Encoding"]](self.raw)


@pytest.fixture
def get(server):
    """get(path, header=value, …): the path goes out as it is."""
    def ask(path, method="GET", **headers):
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection = http.client.HTTPConnection(urllib.parse.urlsplit(server.url).netloc, timeout=10)
        connection.putrequest(method, path, skip_accept_encoding=True)
        for name, value in named.items():
            connection.putheader(name, value)
        connection.endheaders()
        page = Page(connection.getresponse())
        connection.close()
        return page
    return ask


@pytest.fixture
def files(get):
    """All files that the page names: scripts, styles, icons; and those that these name: fonts, parts that come later."""
    found, left = {}, LINK.findall(get("/").raw)
    while left:
        path = left.pop().decode()
        if path in found or path.startswith("/v1/"):
            continue
        found[path] = get(path)
        if path.endswith((".css", ".js")):
            left += [b"/assets/" + name for name in PART.findall(found[path].raw)]
    return found


@pytest.mark.parametrize("path", ["/", "/index.html", "/sign-in", "/accounts/AC-1/licenses?product=KRE&all=1",
                                  "/accounts/AC-1/users/US-1/", "/invitation?account=AC-1", "/" + "long/" * 500])
def test_every_address_that_is_not_the_apis_is_the_page(get, path):
    page = get(path, **BROWSER)
    assert page.status == 200
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert page.headers["Cache-Control"] == "no-cache"
    assert page.text == get("/").raw
    assert page.text.startswith(b"<!doctype html>")


def test_the_page_without_a_console_says_how_to_get_it(get):
    page = get("/").raw.decode()
    assert "/assets/" in page or ("make build" in page and "without its web console" in page)


@pytest.mark.parametrize("path", [
    "//", "//evil.example/", "/a//b", "/..%2f", "/..%2F..%2Fetc/passwd", "/../etc/passwd", "/assets/../v1", "/assets/..",
    "/./", "/.", "/%2e%2e/", "/%2e%2e%2fv1", "/a%5cb", "/.git/config", "/.well-known/other", "/a%09b", "/a%0d%0ab",
    "/assets", "/assets/", "/assets/none", "/assets/none.js", "/none.txt", "/INDEX.HTML", "/v1", "/v1/", "/v1/none",
    "/console_files.c", "/index.html.gz", "/index.html%20", "/index.html.",
])
def test_nothing_is_at_other_addresses(get, path):
    page = get(path, **BROWSER)
    assert page.status == 404
    assert page.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("path", ["/%00", "/assets/%00.js", "/index.html%00", "/%", "/%g0", "/%ff", "/%c0%ae%c0%ae/"])
def test_an_address_that_is_no_text_is_refused(get, path):
    assert get(path, **BROWSER).status == 400


def test_a_very_long_address_is_refused(get):
    assert get("/" + "a" * 40000).status in (414, 431)


def test_who_wants_json_gets_no_page(get):
    page = get("/accounts/AC-1", Accept="application/json")
    assert page.status == 404
    assert page.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"])
def test_a_page_can_only_be_got(get, method):
    page = get("/sign-in", method, Content_Length="0")
    assert page.status == 405
    assert page.headers["Allow"] == "GET, HEAD"


def test_head_is_get_without_the_bytes(get):
    whole = get("/", **BROWSER)
    head = get("/", "HEAD", **BROWSER)
    assert head.status == 200 and head.raw == b""
    for name in ("Content-Type", "Content-Length", "Content-Encoding", "ETag", "Cache-Control", "Vary"):
        assert head.headers[name] == whole.headers[name]


def test_a_browser_is_told_what_pages_may_do(get, files):
    for page in (get("/"), get("/sign-in"), *files.values()):
        policy = page.headers["Content-Security-Policy"]
        rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
        assert rules["default-src"] == rules["base-uri"] == rules["frame-ancestors"] == "'none'"
        assert rules["script-src"] == rules["style-src"] == rules["connect-src"] == rules["form-action"] == "'self'"
        assert "unsafe" not in policy and "http" not in policy and "*" not in policy
        assert page.headers["X-Content-Type-Options"] == "nosniff"
        assert page.headers["Referrer-Policy"] == "no-referrer"
        assert page.headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert page.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert "camera=()" in page.headers["Permissions-Policy"]


def test_the_page_holds_no_script_or_style_of_its_own(get):
    page = get("/").raw
    assert not re.search(rb"<style|<script(?![^>]*\ssrc=)|\sstyle=|\son\w+=|javascript:", page, re.I)


def test_each_form_of_a_file_is_the_same_file(get, files):
    for path in ("/", *files):
        plain = get(path)
        assert plain.status == 200 and plain.headers["Content-Encoding"] is None, path
        tags = {plain.headers["ETag"]}
        for coding in ("br", "gzip"):
            page = get(path, Accept_Encoding=coding)
            assert page.text == plain.raw, path
            assert len(page.raw) == int(page.headers["Content-Length"]) <= len(plain.raw), path
            assert page.headers["Vary"] == plain.headers["Vary"]
            if page.headers["Content-Encoding"]:
                assert page.headers["Vary"] == "Accept-Encoding"
                assert page.headers["ETag"] not in tags
            tags.add(page.headers["ETag"])
        large_text = len(plain.raw) > 4096 and re.match(r"text/|image/svg", plain.headers["Content-Type"])
        assert not large_text or len(tags) == 3, f"{path} is not compressed"


@pytest.mark.parametrize("header", ["br;q=0, gzip;q=0", "identity", "*;q=0", "x" * 3000, ";;,,q=1;", "gzip;q=2, br;q=x"])
def test_who_takes_no_coding_gets_the_file_as_it_is(get, header):
    page = get("/", Accept_Encoding=header)
    assert page.status == 200
    assert page.headers["Content-Encoding"] is None
    assert page.raw == get("/").raw


def test_what_a_browser_has_is_not_sent_again(get, files):
    for path in ("/", *files):
        for coding in ("br", "gzip", "identity"):
            first = get(path, Accept_Encoding=coding)
            tag = first.headers["ETag"]
            for known in (tag, f'"other", W/{tag}', "*"):
                again = get(path, Accept_Encoding=coding, If_None_Match=known)
                assert again.status == 304 and again.raw == b"", path
                for name in ("ETag", "Cache-Control", "Vary", "Content-Security-Policy"):
                    assert again.headers[name] == first.headers[name]
        assert get(path, If_None_Match='"other"').status == 200


def test_files_whose_names_tell_their_contents_are_kept(files):
    for path, page in files.items():
        is_asset = path.startswith("/assets/")
        assert not is_asset or re.search(r"-[A-Za-z0-9_-]{8,}\.\w+$", path), f"{path}: no hash in its name"
        assert page.headers["Cache-Control"] == ("public, max-age=31536000, immutable" if is_asset else "no-cache")


def test_files_have_the_types_that_browsers_insist_on(files):
    types = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml",
             ".woff2": "font/woff2"}
    for path, page in files.items():
        extension = path[path.rindex("."):]
        assert page.headers["Content-Type"] == types.get(extension, page.headers["Content-Type"]), path


def test_the_api_is_where_it_was(get):
    assert get("/healthz", **BROWSER).headers["Content-Type"] == "application/json"
    assert get("/v1/whoami", **BROWSER).status == 401
    assert get("/v1/accounts", "PUT", Content_Length="0", **BROWSER).headers["Allow"] == "GET, HEAD, POST"


@pytest.mark.alone("each node counts for itself")
def test_pages_are_counted_together(server, operator, get):
    get("/a/page/of/its/own")
    get("/nothing.here")
    metrics = operator.get("/metrics").text
    assert re.search(r'route="console",method="GET",status="200"\} [1-9]', metrics)
    assert "of/its/own" not in metrics and "nothing.here" not in metrics
