#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Counts test cases in what a runner left behind and prints "PASSED FAILED".

Usage: count-tests.py meson TESTLOG.json | junit RESULTS.xml [FAILURES]

For Meson a program counts by the cases that it printed: those of cmocka, of TAP, or a closing line "N passed,
N failed"; one that printed none of these is a case itself. A program that failed counts at least one failed case,
however it ended: a crash is never zero tests.

To the file FAILURES a line is added for each case that failed, its name, and below it, indented, what it said in short.
"""
import json
import re
import sys
import xml.etree.ElementTree

CASES = [
    (re.compile(r"^\[ +OK +\] ", re.M), re.compile(r"^\[ +(?:FAILED|ERROR) +\] (?!\d+ test|---)(\S+)", re.M)),
    (re.compile(r"^ok\b", re.M), re.compile(r"^not ok\b(.*)", re.M)),
]
CLOSING = re.compile(r"^(?:\w+: )?(\d+) passed, (\d+) failed", re.M)
# What a program says of a failure among all else that it says: assertions, sanitizers.
TELLING = re.compile(r"ERROR|\[ +LINE +\]|SUMMARY|^#[0-4] |^\S+:\d+: |^not ok\b")
EXCERPT_LINES = 20


def cases_of_program(output, good):
    """How many passed, how many failed, and the names of these as far as they have any."""
    passed, failed, names = 0, 0, []
    closing = CLOSING.findall(output)
    if closing:
        passed, failed = (int(number) for number in closing[-1])
    else:
        for ok, not_ok in CASES:
            passed += len(ok.findall(output))
            names += dict.fromkeys(not_ok.findall(output))
        failed = len(names)
    if good:
        return (passed, failed, names) if passed + failed > 0 else (1, 0, [])
    return passed, max(failed, 1), names


def meson_failures(test, names):
    """The cases of a program that failed, or itself when it names none. What it said goes with the last one."""
    program = test["name"].split(" / ")[-1]
    end = "" if test["result"] == "FAIL" and names else f" ({test['result'].lower()}, exit status {test.get('returncode')})"
    failed = [f"{program}: {name.strip()}{end}" for name in names] or [program + end]
    said = ((test.get("stderr") or "") + "\n" + (test.get("stdout") or "")).splitlines()
    telling = [line for line in said if TELLING.search(line)] or said
    return [(name, []) for name in failed[:-1]] + [(failed[-1], telling)]


def read_meson(path):
    passed, failed, failures = 0, 0, []
    with open(path, encoding="utf-8") as log:
        for line in log:
            test = json.loads(line)
            if test["result"] == "SKIP":
                continue
            output = (test.get("stdout") or "") + "\n" + (test.get("stderr") or "")
            more = cases_of_program(output, test["result"] in ("OK", "EXPECTEDFAIL"))
            passed, failed = passed + more[0], failed + more[1]
            if more[1] > 0:
                failures += meson_failures(test, more[2])
    return passed, failed, failures


def read_junit(path):
    passed, failures = 0, []
    for case in xml.etree.ElementTree.parse(path).iter("testcase"):
        trouble = [*case.iter("failure"), *case.iter("error")]
        if trouble:
            name = f"{case.get('classname', '')}: {case.get('name')}".removeprefix(": ")
            failures.append((name, (trouble[0].text or trouble[0].get("message") or "").splitlines()))
        elif case.find("skipped") is None:
            passed += 1
    return passed, len(failures), failures


def excerpt(lines):
    lines = [line for line in lines if line.strip()]
    if len(lines) > EXCERPT_LINES:
        lines[5:6 - EXCERPT_LINES] = ["..."]
    return lines


def write_failures(failures, path):
    with open(path, "a", encoding="utf-8") as file:
        for name, said in failures:
            file.write(name + "\n" + "".join(f"    {line}\n" for line in excerpt(said)))


if __name__ == "__main__":
    results = {"meson": read_meson, "junit": read_junit}[sys.argv[1]](sys.argv[2])
    print(*results[:2])
    if len(sys.argv) > 3:
        write_failures(results[2], sys.argv[3])
