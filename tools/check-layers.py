#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Checks who may include whom in src/, that the engine calls nothing that has an effect outside it,
and that the clock, signals and output are left to the server.

Usage: check-layers.py BUILD

BUILD is a folder in which everything is built: the objects there are read with nm.
"""
import pathlib
import re
import subprocess
import sys

# What a file of a layer may include, besides its own layer; a name with a dot is that one header.
MAY_INCLUDE = {
    "base": [],
    "engine": ["base"],
    # What the engine's records look like and how a fact is applied, but nothing of the rules that decide.
    "store": ["base", "engine/account.h", "engine/denial.h", "engine/fact.h", "engine/limits.h", "engine/numbers.h",
              "engine/outcome.h", "engine/query.h", "engine/row.h"],
    "api": ["base", "engine"],
    "server": ["base", "engine", "store", "api"],
    "client": ["base", "usher.h"],
    "cli": ["base", "usher.h"],
}

# Headers of the C library for these; the other layers may use any library.
LIBC_ONLY = ("base", "engine")
LIBC = set("""
    assert.h ctype.h errno.h float.h inttypes.h limits.h math.h stdalign.h stdarg.h stdbool.h stddef.h stdint.h stdio.h
    stdlib.h stdnoreturn.h string.h strings.h
""".split())

# What the engine's objects may take from outside: memory, strings, sorting, stopping the process; and all of base.
PURE = set("""
    malloc calloc realloc free abort __assert_fail __stack_chk_fail qsort bsearch
    memchr memcmp memcpy memmove memset strcasecmp strchr strcmp strcspn strlen strncasecmp
    strncmp strpbrk strrchr strspn strstr
    _GLOBAL_OFFSET_TABLE_
""".split())

# Left to the server: the clock, signals, what is printed.
SERVER_ONLY = set("""
    clock_gettime exit gettimeofday perror printf puts sigaction signal stderr stdout syslog time
""".split())
SILENT = ("store", "api")
# How long something is waited for is no moment of the service's: those who wait for a database, and the twin of one,
# which has a clock of its own as PostgreSQL does.
WAITING = {"clock_gettime": {"postgres_doubt.c.o", "postgres_watch.c.o", "memory_nodes.c.o"}}

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(["<])([^">]+)[">]', re.M)


def allowed(layer, header):
    return header.split("/")[0] == layer or any(
        header == name if "." in name else header.startswith(name + "/") for name in MAY_INCLUDE[layer])


def check_includes(src):
    for path in sorted(src.rglob("*.[ch]")):
        layer = path.relative_to(src).parts[0]
        if layer not in MAY_INCLUDE:
            yield f"{path}: no layer of this name in tools/check-layers.py"
            continue
        text = path.read_text(encoding="utf-8")
        for match in INCLUDE.finditer(text):
            kind, header = match.groups()
            place = f"{path}:{text.count(chr(10), 0, match.start()) + 1}"
            if kind == '"' and not allowed(layer, header):
                yield f"{place}: {layer} may not include {header}"
            if kind == "<" and layer in LIBC_ONLY and header not in LIBC:
                yield f"{place}: {layer} may not use <{header}>"


def symbols(objects, kind):
    listing = subprocess.run(["nm", "--format=posix", kind, *map(str, objects)],
                             check=True, text=True, stdout=subprocess.PIPE)
    return {line.split()[0] for line in listing.stdout.splitlines() if len(line.split()) > 1}


def objects_of(build, layer):
    # The layer's libraries; what is built beside them to make a source file is no part of it.
    objects = sorted((build / "src" / layer).glob("lib*.a.p/**/*.o"))
    if not objects:
        sys.exit(f"check-layers: no objects of {layer} in {build}: build first")
    return objects


def check_calls(build):
    engine = objects_of(build, "engine")
    known = symbols(engine, "--defined-only") | symbols(objects_of(build, "base"), "--defined-only") | PURE
    for name in sorted(symbols(engine, "--undefined-only") - known):
        yield f"src/engine calls {name}, which is neither memory, string nor base"
    for layer in SILENT:
        objects = objects_of(build, layer)
        for name in sorted(symbols(objects, "--undefined-only") & SERVER_ONLY):
            others = [object for object in objects if pathlib.Path(object).name not in WAITING.get(name, ())]
            if name in symbols(others, "--undefined-only"):
                yield f"src/{layer} uses {name}, which is for the server alone"


def main():
    build = pathlib.Path(sys.argv[1])
    errors = list(check_includes(pathlib.Path("src"))) + list(check_calls(build))
    sys.exit("\n".join(errors) or 0)


if __name__ == "__main__":
    main()
