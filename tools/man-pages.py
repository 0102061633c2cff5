#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A man page for each command of usher, made from what usher(1) says of it: said once, found by either name.

Usage: tools/man-pages.py usher.1 [OUT_FOLDER]      writes usher-NAME.1 for each item of its section COMMANDS

Without OUT_FOLDER, into man1 of the place that Meson installs to: it is run when the programs are installed.
"""
import os
import pathlib
import re
import sys


def items(lines):
    """The outer items of the section COMMANDS: (the lines of the head, the lines of the body)."""
    start = lines.index(".Sh COMMANDS")
    depth, head, body, in_head = 0, None, [], False
    for line in lines[start + 1:]:
        if line.startswith(".Sh "):
            break
        if line.startswith(".Bl"):
            depth += 1
            if depth == 1:
                continue
        elif line == ".El":
            depth -= 1
            if depth == 0:
                break
        elif line.startswith(".It ") and depth == 1:
            if head:
                yield head, body
            head, body, in_head = [line], [], " Xo" in line
            continue
        if in_head:
            if line == ".Xc":
                in_head = False
            else:
                head.append(line)
        elif head:
            body.append(line)
    if head:
        yield head, body


def sentence(body):
    text = []
    for line in body:
        if line.startswith(".Pp") or line.startswith(".B"):
            break
        words = re.sub(r"\b(Cm|Fl|Ar|Li|Pa|Xr|Sq|Nm|Ev|Oo|Oc|Op|Ns|Pq) ?", "", line[1:]) if line.startswith(".") else line
        text.append(re.sub(r" ([,.;:)])", r"\1", words))
        if line.rstrip().endswith("."):
            break
    first = re.split(r"(?<=[^.])[.:;] |[.:]$", " ".join(text))[0].strip(" .")
    if not first:
        sys.exit("man-pages: a command without a sentence")
    return first if first[1:2].isupper() else first[0].lower() + first[1:]


def page(head, body, date):
    head = [head[0].replace(".It Xo ", ".It ").replace(".It ", ".")] + head[1:]
    name = head[0].split()[1]
    used = head[0].split(maxsplit=2)
    synopsis = [".Nm usher", f".Cm {name}"] + ([f".{used[2]}"] if len(used) > 2 else []) + head[1:]
    body = [re.sub(r"^\.Sx .*", ".Xr usher 1", line) for line in body]
    return name, "\n".join([
        '.\\" SPDX-License-Identifier: Apache-2.0',
        date, f".Dt USHER-{name.upper()} 1", ".Os",
        ".Sh NAME", f".Nm usher-{name}", f".Nd {sentence(body)}",
        ".Sh SYNOPSIS", *synopsis,
        ".Sh DESCRIPTION", *body,
        ".Sh EXIT STATUS", "As", ".Xr usher 1", "says for all commands.",
        ".Sh SEE ALSO", ".Xr usher 1 ,", ".Xr usherd 8", ""])


def main():
    source = pathlib.Path(sys.argv[1])
    out = pathlib.Path(sys.argv[2] if len(sys.argv) > 2 else os.environ["MESON_INSTALL_DESTDIR_PREFIX"] + "/share/man/man1")
    lines = source.read_text(encoding="utf-8").splitlines()
    date = next(line for line in lines if line.startswith(".Dd"))
    out.mkdir(parents=True, exist_ok=True)
    for head, body in items(lines):
        name, text = page(head, body, date)
        (out / f"usher-{name}.1").write_text(text, encoding="utf-8")


main()
