#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Counts test cases in what a runner left behind and prints "PASSED FAILED".

Usage: count-tests.py meson TESTLOG.json | junit RESULTS.xml

For Meson a program counts by the cases that it printed: those of cmocka, of TAP, or a closing line "N passed,
N failed"; one that printed none of these is a case itself. A program that failed counts at least one failed case,
however it ended: a crash is never zero tests.
"""
import json
import re
import sys
import xml.etree.ElementTree

CASES = [
    (re.compile(r"^\[ +OK +\] ", re.M), re.compile(r"^\[ +FAILED +\] (?!\d+ test)(\S+)", re.M)),
    (re.compile(r"^ok\b", re.M), re.compile(r"^not ok\b(.*)", re.M)),
]
CLOSING = re.compile(r"^(?:\w+: )?(\d+) passed, (\d+) failed", re.M)


def cases_of_program(output, good):
    passed, failed = 0, 0
    closing = CLOSING.findall(output)
    if closing:
        passed, failed = (int(number) for number in closing[-1])
    else:
        for ok, not_ok in CASES:
            passed += len(ok.findall(output))
            failed += len(set(not_ok.findall(output)))
    if good:
        return (passed, failed) if passed + failed > 0 else (1, 0)
    return passed, max(failed, 1)


def count_meson(path):
    passed, failed = 0, 0
    with open(path, encoding="utf-8") as log:
        for line in log:
            test = json.loads(line)
            if test["result"] == "SKIP":
                continue
            output = (test.get("stdout") or "") + "\n" + (test.get("stderr") or "")
            more = cases_of_program(output, test["result"] in ("OK", "EXPECTEDFAIL"))
            passed, failed = passed + more[0], failed + more[1]
    return passed, failed


def count_junit(path):
    passed, failed = 0, 0
    for case in xml.etree.ElementTree.parse(path).iter("testcase"):
        if case.find("failure") is not None or case.find("error") is not None:
            failed += 1
        elif case.find("skipped") is None:
            passed += 1
    return passed, failed


if __name__ == "__main__":
    print(*{"meson": count_meson, "junit": count_junit}[sys.argv[1]](sys.argv[2]))
