# SPDX-License-Identifier: Apache-2.0
"""The library as a program outside this tree meets it: header, libraries, pkg-config file and examples, installed.

    BUILD=build USHERD=build/usherd /usr/bin/python3 -m pytest tests/client/test_install.py
"""

import os
import pathlib
import re
import shutil
import subprocess

import pytest

from run import World

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("BUILD", ROOT / "build")).resolve()
HEADER = ROOT / "include" / "usher.h"
MAP = ROOT / "src" / "client" / "usher.map"
WARNINGS = ["-Wall", "-Wextra", "-Werror", "-pedantic"]

# A program that names every constant and calls through every type.
USES_ALL = """
#include <usher.h>
static void on_change(struct usher_session *session, const struct usher_session_info *info,
                      const struct usher_error *error, void *context)
{ (void)session; (void)info; (void)error; (void)context; }
int main(void)
{
    struct usher_error error;
    struct usher_request *request = usher_request_new("KRE");
    usher_change_fn *change = on_change;
    struct usher *usher;
    usher_request_set_on_change(request, change, 0);
    usher_request_free(request);
    usher = usher_open("http://127.0.0.1:1", "key", 0, &error);
    usher_close(usher);
    return usher == 0 || error.code != USHER_OK || usher_code_name(USHER_CLOCK_TURNED_BACK)[0] != 'c';
}
"""


def run(*command, **options):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=120, check=False,
                          **options)
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


def documented():
    """The functions that the header declares."""
    text = re.sub(r"/\*.*?\*/", "", HEADER.read_text(encoding="utf-8"), flags=re.S)
    return set(re.findall(r"\b(usher_\w+)\(", "".join(re.findall(r"USHER_API [^;]*;", text))))


def symbols(path, *options):
    listing = run("nm", "--format=posix", "--defined-only", *options, path)
    return {line.split()[0] for line in listing.splitlines() if len(line.split()) > 2 and not line.endswith(":")}


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    folder = tmp_path_factory.mktemp("root")
    run("meson", "install", "-C", BUILD, "--no-rebuild", "--destdir", folder)
    found = list(folder.rglob("usher.h"))
    assert len(found) == 1
    return found[0].parent.parent


@pytest.fixture(scope="module")
def library(prefix):
    return next(prefix.rglob("libusher.so")).parent


@pytest.fixture(scope="module")
def flags(prefix, library):
    """What pkg-config says, for the folder that it was installed in."""
    environment = dict(os.environ, PKG_CONFIG_PATH=str(library / "pkgconfig"))

    def ask(*options):
        return run("pkg-config", f"--define-variable=prefix={prefix}", *options, "usher", env=environment).split()

    return ask


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    made = World(tmp_path_factory.mktemp("server"))
    yield made
    made.server.stop()


def sanitizers():
    """What the build was made with, a program against it must be linked with."""
    options = run("meson", "introspect", BUILD, "--buildoptions")
    found = re.search(r'"name": "b_sanitize", "value": "([^"]*)"', options)
    return [f"-fsanitize={found[1]}"] if found and found[1] != "none" else []


def test_the_shared_library_shows_what_the_header_documents(library):
    shown = symbols(library / "libusher.so", "--dynamic")
    assert {name.split("@")[0] for name in shown} == documented() | {"USHER_0.1"}
    assert {name for name in shown if "@" in name} == {f"{name}@@USHER_0.1" for name in documented()}


def test_the_static_library_shows_nothing_else(library):
    shown = symbols(library / "libusher.a", "--extern-only")
    # What a sanitizer puts beside them is not ours.
    assert {name for name in shown if not name.startswith("_")} == documented()


def test_the_map_and_the_header_agree():
    assert set(re.findall(r"^ +(usher_\w+);$", MAP.read_text(encoding="utf-8"), re.M)) == documented()


def test_the_header_is_the_only_one(prefix):
    assert [path.name for path in (prefix / "include").rglob("*") if path.is_file()] == ["usher.h"]
    assert re.findall(r"#include [<\"](.*)[>\"]", HEADER.read_text(encoding="utf-8")) == [
        "stdbool.h", "stddef.h", "stdint.h"]


def test_the_version_is_the_builds(flags, library):
    assert flags("--modversion") == [run("meson", "introspect", BUILD, "--projectinfo").split('"version": "')[1].split('"')[0]]
    assert "libusher.so.0" in run("objdump", "-p", library / "libusher.so")


@pytest.mark.parametrize("compiler, standard", [
    ("gcc", "c99"), ("gcc", "c11"), ("gcc", "c17"), ("clang", "c99"),
    ("g++", "c++98"), ("g++", "c++11"), ("g++", "c++20"), ("clang++", "c++11")])
def test_it_is_used_from_c_and_cxx(compiler, standard, tmp_path, flags, library):
    if shutil.which(compiler) is None:
        pytest.skip(f"{compiler} is not here")
    if sanitizers() and not compiler.startswith("g"):
        pytest.skip("the sanitizers of another compiler")
    source = tmp_path / ("use.cc" if "+" in standard else "use.c")
    source.write_text(USES_ALL, encoding="utf-8")
    # C++98 has no long long by its own rules.
    more = ["-Wno-long-long"] if standard == "c++98" else []
    run(compiler, f"-std={standard}", *WARNINGS, *more, *sanitizers(), source, *flags("--cflags", "--libs"), "-o",
        tmp_path / "use")
    run(tmp_path / "use", env=dict(os.environ, LD_LIBRARY_PATH=str(library)))


def build_example(name, folder, flags, static):
    program = folder / name
    source = ROOT / "examples" / f"{name}.c"
    if static:
        # Only the library itself: what it stands on is shared.
        others = run("pkg-config", "--libs", "libcurl", "jansson", "libsodium").split()
        libraries = [flags("--libs")[0], "-l:libusher.a", *others, "-pthread"]
    else:
        libraries = flags("--libs")
    run("gcc", "-std=c11", "-D_DEFAULT_SOURCE", *WARNINGS, *sanitizers(), source, *flags("--cflags"), *libraries, "-o", program)
    return program


@pytest.mark.parametrize("static", [False, True], ids=["shared", "static"])
@pytest.mark.parametrize("name, says", [("hello", "Hello, I have a license."), ("render", "rendering with SN-")])
def test_an_example_runs(name, says, static, tmp_path, flags, library, world):
    program = build_example(name, tmp_path, flags, static)
    account, product, user, key, _ = world.account(1).split()
    environment = dict(os.environ, LD_LIBRARY_PATH=str(library), USHER_URL=world.server.url, USHER_KEY=key)
    environment.pop("USHER_ACCOUNT", None)
    assert says in run(program, product, env=environment)
    assert world.sessions(account) == 1
    assert world.active(account) == 0
    # Without a license it says why.
    world.take(account, product, user)
    denied = subprocess.run([program, product], env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert denied.returncode == 1
    assert "license" in denied.stderr
    # Without a key, too.
    del environment["USHER_KEY"]
    denied = subprocess.run([program, product], env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert denied.returncode in (1, 2)
    assert "USHER_KEY" in denied.stderr


def test_ten_lines_are_ten_lines():
    body = (ROOT / "examples" / "hello.c").read_text(encoding="utf-8").split("{\n", 1)[1].rsplit("}", 1)[0]
    statements = body.count(";")
    assert statements <= 10


def test_the_manual_names_every_function_and_code():
    manual = (ROOT / "docs" / "man" / "libusher.3").read_text(encoding="utf-8")
    missing = [name for name in documented() if not re.search(rf"\b{name}\b", manual)]
    codes = re.findall(r"^    (USHER_\w+) = \d+", HEADER.read_text(encoding="utf-8"), re.M)
    missing += [name for name in codes if not re.search(rf"\b{name}\b", manual)]
    assert not missing
