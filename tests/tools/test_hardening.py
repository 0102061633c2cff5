# SPDX-License-Identifier: Apache-2.0
"""What the build does so that a mistake in memory ends the process is really in the programs that it leaves."""
import json
import os
import pathlib
import platform
import re
import subprocess

import pytest

PROGRAMS = ["USHERD", "USHER"]


def readelf(program, *options):
    return subprocess.run(["readelf", "-W", *options, os.environ[program]], text=True, check=True,
                          stdout=subprocess.PIPE, timeout=60).stdout


@pytest.fixture(params=PROGRAMS)
def program(request):
    return request.param


def test_it_lies_elsewhere_in_each_run(program):
    assert "DYN (Position-Independent Executable file)" in readelf(program, "-h")
    assert "Flags: NOW PIE" in readelf(program, "-d")


def test_no_memory_is_both_written_and_run(program):
    segments = re.findall(r"^  (\w+) .* (.{3}) 0x\w+$", readelf(program, "-l"), re.M)
    assert segments and not [name for name, flags in segments if "W" in flags and "E" in flags]
    assert ("GNU_STACK", "RW ") in segments


def test_addresses_of_functions_are_read_only_once_it_runs(program):
    assert "GNU_RELRO" in readelf(program, "-l")
    assert re.search(r"\(FLAGS\) +BIND_NOW", readelf(program, "-d"))


def test_stacks_and_copies_are_guarded(program):
    symbols = readelf(program, "--dyn-syms")
    assert "__stack_chk_fail" in symbols
    assert re.search(r"__(mem|str|s|vs|f|vf)\w+_chk", symbols)


def test_all_that_is_ours_is_built_so():
    commands = json.loads((pathlib.Path(os.environ["USHERD"]).parent / "compile_commands.json").read_text("utf-8"))
    wanted = {"-fstack-protector-strong", "-fstack-clash-protection", "-D_FORTIFY_SOURCE=3"}
    if platform.machine() == "x86_64":
        wanted.add("-fcf-protection")
    bare = [command["file"] for command in commands if "../src/" in command["file"] and not
            wanted <= set(command["command"].split())]
    assert commands and not bare
