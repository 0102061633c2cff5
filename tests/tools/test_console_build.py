# SPDX-License-Identifier: Apache-2.0
"""The build's way from the sources of the web console to the table in usherd, on a console of three files."""
import gzip
import hashlib
import json
import os
import pathlib
import shutil
import subprocess

import brotli
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
NONE = ROOT / "src" / "server" / "console_none.c"
PICTURE = hashlib.shake_256().digest(256)  # as hard to compress as one

MAKE = """
import { cpSync, readFileSync, rmSync } from 'node:fs';
rmSync('dist', { recursive: true, force: true });
cpSync('src', 'dist', { recursive: true });
if (readFileSync('src/index.html', 'utf8').includes('broken')) throw new Error('this page is broken');
"""
# Writes each form of each file of the table to PATH.FORM below the folder it is told.
DUMP = """
#include "server/console.h"
#include <stdio.h>
int main(int argc, char **argv)
{
    for (const struct console_file *file = console_files; argc == 2 && file->path != NULL; file++) {
        printf("%s %s\\n", file->path, file->content_type);
        for (int i = 0; i < CODINGS; i++) {
            char name[4096];
            snprintf(name, sizeof name, "%s%s.%d", argv[1], file->path, i);
            FILE *to = file->coded[i].bytes != NULL ? fopen(name, "wb") : NULL;
            if (to != NULL && fwrite(file->coded[i].bytes, 1, file->coded[i].length, to) == file->coded[i].length)
                fclose(to);
        }
    }
}
"""


class Console:
    def __init__(self, folder):
        self.folder = folder
        self.out = folder / "out"
        self.out.mkdir()
        self.source = folder / "my console"
        self.write("src/index.html", "<!doctype html>" + "<p>Usher</p>" * 500)
        self.write("src/assets/app-12345678.js", "console.log('Usher');\n" * 1000)
        self.write("src/assets/a-12345678.png", PICTURE)
        self.write("make.mjs", MAKE)
        self.depend({}, {})

    def write(self, name, content):
        path = self.source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())

    def depend(self, dependencies, packages):
        own = {"name": "c", "version": "1.0.0", "dependencies": dependencies}
        self.write("package.json", json.dumps({**own, "scripts": {"build": "node make.mjs"}}))
        self.write("package-lock.json", json.dumps({**own, "lockfileVersion": 3, "packages": {"": own, **packages}}))

    def depend_on_what_cannot_be_had(self):
        package = {"version": "1.0.0", "resolved": "http://127.0.0.1:1/none.tgz", "integrity": f"sha512-{'A' * 86}=="}
        self.depend({"none": "1.0.0"}, {"node_modules/none": package})

    def build(self, mode="enabled"):
        self.table = self.out / "files.c"
        names = [self.table, self.out / "files.bin", self.out / "files.d"]
        return subprocess.run(["node", ROOT / "tools" / "console.mjs", self.source, mode, ROOT / "LICENSE", NONE, *names],
                              text=True, capture_output=True, check=False, timeout=120,
                              env=dict(os.environ, npm_config_fetch_retries="0"))

    def dump(self):
        """The lines of the table, and its forms as files below `out`."""
        program = self.folder / "dump"
        (self.folder / "dump.c").write_text(DUMP, encoding="utf-8")
        (self.out / "assets").mkdir(exist_ok=True)
        subprocess.run(["gcc", "-Wall", "-Wextra", "-Werror", '-DUSHER_VERSION="0"', f"-I{ROOT / 'src'}",
                        self.folder / "dump.c", self.table, "-o", program], check=True, timeout=60)
        return subprocess.run([program, self.out], text=True, capture_output=True, check=True,
                              timeout=60).stdout.splitlines()


@pytest.fixture
def console(tmp_path):
    return Console(tmp_path)


def test_every_file_is_in_the_program_in_each_form_that_is_worth_it(console):
    assert console.build().returncode == 0
    assert console.dump() == ["/assets/a-12345678.png image/png",
                              "/assets/app-12345678.js text/javascript; charset=utf-8",
                              "/index.html text/html; charset=utf-8"]
    for path in ("assets/app-12345678.js", "index.html"):
        whole = (console.source / "src" / path).read_bytes()
        assert (console.out / f"{path}.2").read_bytes() == whole
        assert gzip.decompress((console.out / f"{path}.1").read_bytes()) == whole
        assert brotli.decompress((console.out / f"{path}.0").read_bytes()) == whole
    picture = "assets/a-12345678.png"
    assert (console.out / f"{picture}.2").read_bytes() == PICTURE
    assert not (console.out / f"{picture}.0").exists() and not (console.out / f"{picture}.1").exists()


def test_it_is_made_again_only_when_something_changed(console):
    assert "npm run build" in console.build().stdout
    (console.source / "src" / "index.html").touch()
    assert console.build().stdout == ""
    first = console.table.read_text(encoding="utf-8")
    console.write("src/index.html", "<!doctype html>")
    assert "npm run build" in console.build().stdout
    assert console.table.read_text(encoding="utf-8") != first
    console.write("src/assets/b-12345678.css", "p{}")
    assert "npm run build" in console.build().stdout
    shutil.rmtree(console.source / "dist")
    assert "npm run build" in console.build().stdout
    assert console.build().stdout == ""


def test_ninja_is_told_all_files_and_folders(console):
    console.build()
    told = (console.out / "files.d").read_text(encoding="utf-8")
    target, _, files = told.replace("\\\n", "").partition(":")
    assert target == str(console.table)
    named = {pathlib.Path(name.replace("\\ ", " ")) for name in files.replace("\\ ", "\0").split()
             for name in [name.replace("\0", "\\ ")]}
    assert named == {console.source / name for name in (
        "package.json", "package-lock.json", "make.mjs", "src", "src/assets", "src/index.html",
        "src/assets/app-12345678.js", "src/assets/a-12345678.png")}


def test_without_its_packages_there_is_a_server_without_console(console):
    console.depend_on_what_cannot_be_had()
    run = console.build("auto")
    assert run.returncode == 0
    assert "WARNING: usherd is built WITHOUT the web console" in run.stdout and "127.0.0.1:1" in run.stdout
    assert console.table.read_bytes() == NONE.read_bytes()
    assert console.dump() == ["/index.html text/html; charset=utf-8"]
    assert "try-again" in (console.out / "files.d").read_text(encoding="utf-8")


def test_where_it_is_wanted_its_packages_are_needed(console):
    console.depend_on_what_cannot_be_had()
    run = console.build("enabled")
    assert run.returncode == 1
    assert "its npm packages could not be had" in run.stdout and "-Dconsole=disabled" in run.stdout
    assert not console.table.exists()


@pytest.mark.parametrize("mode", ["auto", "enabled"])
def test_a_console_with_a_mistake_is_an_error(console, mode):
    console.write("src/index.html", "broken")
    run = console.build(mode)
    assert run.returncode == 1
    assert "this page is broken" in run.stdout and "npm run build failed" in run.stdout
    console.write("src/index.html", "mended")
    assert console.build(mode).returncode == 0


@pytest.mark.parametrize("name, reason", [("a.exe", "no content type"), ("a b.js", "not plain"), ('a".js', "not plain")])
def test_a_file_that_could_not_be_served_is_an_error(console, name, reason):
    console.write(f"src/{name}", "")
    run = console.build()
    assert run.returncode == 1 and name in run.stdout and reason in run.stdout


def test_a_console_without_a_page_is_an_error(console):
    console.write("make.mjs", "import { mkdirSync } from 'node:fs'; mkdirSync('dist', { recursive: true });")
    run = console.build()
    assert run.returncode == 1 and "no index.html" in run.stdout
