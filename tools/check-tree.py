#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Checks the habits of the tree that a machine can see, over all files that git knows or would add."""
import pathlib
import re
import subprocess
import sys

SPDX = "SPDX-License-Identifier: Apache-2.0"
# Names of languages whose files begin with the line of the licence.
SOURCES = {".c", ".h", ".sql", ".py", ".sh", ".ts", ".svelte", ".yaml", ".yml", ".build"}
SOURCE_NAMES = {"Makefile", "run", ".clang-format", ".editorconfig"}
MAN_PAGE = re.compile(r"\.[1-8]$")

MAX_COLUMNS = 120
MAX_LINES = 500
CODE = {".c", ".h", ".py"}

# Written in two parts, so that this file passes its own check.
UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X)\b")
REGISTRY = re.compile(r"https?://[\w.-]*(npm" r"js|deb" r"ian|py" r"pi|pythonhos" r"ted|registry)", re.I)


def files():
    listing = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                             check=True, text=True, stdout=subprocess.PIPE)
    return sorted({pathlib.Path(name) for name in listing.stdout.split("\0") if name})


def needs_spdx(path):
    return path.suffix in SOURCES or path.name in SOURCE_NAMES or MAN_PAGE.search(path.name) is not None


def check_lines(path, lines):
    in_src = path.parts[0] in ("src", "include")
    for number, line in enumerate(lines, 1):
        place = f"{path}:{number}"
        if UNFINISHED.search(line):
            yield f"{place}: unfinished, by its own words"
        if REGISTRY.search(line):
            yield f"{place}: names the host of a package registry"
        if in_src and "\t" in line:
            yield f"{place}: a tab"
        if in_src and line != line.rstrip():
            yield f"{place}: blanks at the end of the line"
        if in_src and len(line) > MAX_COLUMNS:
            yield f"{place}: {len(line)} columns, over {MAX_COLUMNS}"
    if path.parts[0] in ("src", "include", "tests") and path.suffix in CODE and len(lines) > MAX_LINES:
        yield f"{path}: {len(lines)} lines, over {MAX_LINES}: is it still one idea?"


def check(path):
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return
    lines = text.removesuffix("\n").split("\n")
    if needs_spdx(path) and SPDX not in "\n".join(lines[:3]):
        yield f"{path}: no line '{SPDX}' on top"
    if path.parts[0] in ("src", "include") and text and not text.endswith("\n"):
        yield f"{path}: no end of line at the end"
    yield from check_lines(path, lines)


def main():
    errors = [error for path in files() if path.is_file() and not path.is_symlink() for error in check(path)]
    sys.exit("\n".join(errors) or 0)


if __name__ == "__main__":
    main()
