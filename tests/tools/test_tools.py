# SPDX-License-Identifier: Apache-2.0
"""The checks are checked: each finds what it is for, and a run that broke is never counted as a good one."""
import json
import pathlib
import subprocess

import pytest

TOOLS = pathlib.Path(__file__).resolve().parents[2] / "tools"


def run(tool, *arguments, cwd):
    return subprocess.run([TOOLS / tool, *arguments], cwd=cwd, text=True, capture_output=True, check=False, timeout=60)


def write(folder, files):
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


CMOCKA_GOOD = "[==========] Running 2 test(s).\n[ RUN      ] a\n[       OK ] a\n[ RUN      ] b\n[       OK ] b\n[  PASSED  ] 2 test(s).\n"
CMOCKA_BAD = ("[ RUN      ] a\n[       OK ] a\n[  FAILED  ] b\n[==========] 2 test(s) run.\n[  PASSED  ] 1 test(s).\n"
              "[  FAILED  ] 1 test(s), listed below:\n[  FAILED  ] b\n\n 1 FAILED TEST(S)\n")


@pytest.mark.parametrize("result, output, counts", [
    ("OK", "", "1 0"),
    ("OK", CMOCKA_GOOD, "2 0"),
    ("FAIL", CMOCKA_BAD, "1 1"),
    ("FAIL", "[       OK ] a\n[ RUN      ] b\nSegmentation fault", "1 1"),
    ("FAIL", "", "0 1"),
    ("FAIL", CMOCKA_GOOD + "ERROR: LeakSanitizer: detected memory leaks", "2 1"),
    ("TIMEOUT", "", "0 1"),
    ("ERROR", "1..3\nok 1 - a\n", "1 1"),
    ("FAIL", "1..3\nok 1 - a\nnot ok 2 - b\nnot ok 3 - c\n", "1 2"),
    ("OK", "reading scripts\n120 passed, 0 failed\n", "120 0"),
    ("FAIL", "118 passed, 2 failed\n", "118 2"),
    ("SKIP", "", "0 0"),
])
def test_count_of_what_meson_ran(tmp_path, result, output, counts):
    write(tmp_path, {"log.json": json.dumps({"name": "a", "result": result, "stdout": output}) + "\n"})
    assert run("count-tests.py", "meson", "log.json", cwd=tmp_path).stdout == counts + "\n"


def test_count_of_what_pytest_ran(tmp_path):
    write(tmp_path, {"results.xml": """<testsuites><testsuite>
        <testcase name="a"/><testcase name="b"><failure/></testcase><testcase name="c"><error/></testcase>
        <testcase name="d"><skipped/></testcase></testsuite></testsuites>"""})
    assert run("count-tests.py", "junit", "results.xml", cwd=tmp_path).stdout == "1 2\n"


SAID = ("ERROR: say\n[  ERROR   ] --- 0x1 != 0x2\n[   LINE   ] --- a.c:10: error: Failure!\n[  PASSED  ] 1 test(s).\n"
        "[  FAILED  ] 1 test(s), listed below:\n[  FAILED  ] b\n\n 1 FAILED TEST(S)\n")


@pytest.mark.parametrize("result, output, said, told", [
    ("FAIL", CMOCKA_BAD, SAID, ["a: b", "    ERROR: say", "    [  ERROR   ] --- 0x1 != 0x2",
                                "    [   LINE   ] --- a.c:10: error: Failure!"]),
    ("FAIL", "[       OK ] a\n", "Could not run test: Test setup failed\n[  ERROR   ] b\n", ["a: b", "    [  ERROR   ] b"]),
    ("FAIL", "1..3\nok 1 - a\nnot ok 2 - b\nnot ok 3 - c\n", "", ["a: 2 - b", "a: 3 - c", "    not ok 2 - b", "    not ok 3 - c"]),
    ("FAIL", "", "b.txt:3: denied\n1 passed, 1 failed\n", ["a (fail, exit status 1)", "    b.txt:3: denied"]),
    ("TIMEOUT", "[ RUN      ] b\n", "", ["a (timeout, exit status 1)", "    [ RUN      ] b"]),
    ("FAIL", "", "\n".join(map(str, range(30))), ["a (fail, exit status 1)", *(f"    {i}" for i in range(5)), "    ...",
                                                 *(f"    {i}" for i in range(16, 30))]),
    ("OK", CMOCKA_GOOD, "", []),
    ("EXPECTEDFAIL", "", "a.c:1: as it should be\n", []),
])
def test_what_failed_in_meson_is_named(tmp_path, result, output, said, told):
    test = {"name": "usher:unit / a", "result": result, "returncode": 1, "stdout": output, "stderr": said}
    write(tmp_path, {"log.json": json.dumps(test) + "\n"})
    run("count-tests.py", "meson", "log.json", "failures", cwd=tmp_path)
    assert (tmp_path / "failures").read_text(encoding="utf-8").splitlines() == told


def test_what_failed_in_pytest_is_named(tmp_path):
    write(tmp_path, {"results.xml": """<testsuites><testsuite>
        <testcase classname="test_a" name="a"/><testcase classname="test_a" name="b"><failure message="no">a.py:3: in b
    assert 1 == 2\n</failure></testcase><testcase classname="" name="test_c"><error message="cannot be read"/></testcase>
        </testsuite></testsuites>""", "failures": "another\n"})
    run("count-tests.py", "junit", "results.xml", "failures", cwd=tmp_path)
    assert (tmp_path / "failures").read_text(encoding="utf-8") == (
        "another\ntest_a: b\n    a.py:3: in b\n        assert 1 == 2\ntest_c\n    cannot be read\n")


def test_a_suite_that_cannot_run_is_one_failed(tmp_path):
    result = run("test.sh", "of_this_name_there_is_none", cwd=tmp_path)
    told, said, last = result.stdout.splitlines()[-3:]
    assert told == "FAILED of_this_name_there_is_none: the suite itself"
    assert said.startswith("    ") and "suite_of_this_name_there_is_none" in said
    assert last == "0 passed, 1 failed"
    assert result.returncode == 1


def test_the_names_of_all_that_failed_come_last(tmp_path):
    result = run("test.sh", "there_is_none", "nor_this", cwd=tmp_path)
    assert result.stdout.splitlines()[-3:] == ["FAILED there_is_none: the suite itself", "FAILED nor_this: the suite itself",
                                               "0 passed, 2 failed"]


def layers(tmp_path, files):
    write(tmp_path, {"src/base/b.c": "int b;\n", "src/engine/e.c": "int e;\n", "src/store/s.c": "int s;\n",
                     "src/api/a.c": "int a;\n", **files})
    for path in tmp_path.glob("src/*/*.c"):
        layer = path.relative_to(tmp_path).parent
        made = tmp_path / "build" / layer / f"lib{layer.name}.a.p" / path.with_suffix(".o").name
        made.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["gcc", "-w", "-c", "-I", tmp_path / "src", path, "-o", made], check=True, timeout=60)
    return run("check-layers.py", "build", cwd=tmp_path)


def test_a_tree_in_layers_passes(tmp_path):
    result = layers(tmp_path, {
        "src/base/check.h": '#include <stdint.h>\nvoid check_failed(void);\n',
        "src/base/check.c": '#include "base/check.h"\n#include <stdio.h>\nvoid check_failed(void) { puts("no"); }\n',
        "src/engine/fact.h": "",
        "src/engine/e.c": '#include "base/check.h"\n#include <string.h>\n'
                          "unsigned long e(const char *text) { check_failed(); return strlen(text); }\n",
        "src/store/s.c": '#include "engine/fact.h"\nint s;\n',
    })
    assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.parametrize("name, text, complaint", [
    ("src/base/x.c", '#include "engine/fact.h"', "src/base/x.c:1: base may not include engine/fact.h"),
    ("src/engine/x.c", '\n#include "store/store.h"', "src/engine/x.c:2: engine may not include store/store.h"),
    ("src/engine/x.c", "#include <time.h>", "src/engine/x.c:1: engine may not use <time.h>"),
    ("src/store/x.c", '#include "engine/decide.h"', "src/store/x.c:1: store may not include engine/decide.h"),
    ("src/api/x.c", '# include "store/store.h"', "src/api/x.c:1: api may not include store/store.h"),
    ("src/server/x.c", '#include "cli/command.h"', "src/server/x.c:1: server may not include cli/command.h"),
    ("src/cli/x.c", '#include "engine/fact.h"', "src/cli/x.c:1: cli may not include engine/fact.h"),
    ("src/other/x.c", "", "src/other/x.c: no layer of this name"),
    ("src/engine/x.c", "int rand(void);\nint x(void) { return rand(); }", "src/engine calls rand"),
    ("src/api/x.c", "long time(long *);\nlong x(void) { return time(0); }", "src/api uses time"),
])
def test_what_crosses_a_layer_is_found(tmp_path, name, text, complaint):
    empty = {header: "" for header in ("src/engine/fact.h", "src/engine/decide.h", "src/store/store.h",
                                       "src/cli/command.h")}
    result = layers(tmp_path, {**empty, name: text + "\n"})
    assert complaint in result.stderr
    assert result.returncode == 1


def test_a_build_that_is_not_there_is_not_taken_for_a_good_one(tmp_path):
    (tmp_path / "src").mkdir()
    assert "build first" in run("check-layers.py", "build", cwd=tmp_path).stderr


SPDX = "// SPDX-License-Identifier: Apache-2.0\n"


def tree(tmp_path, files):
    subprocess.run(["git", "init", "-q", tmp_path], check=True, timeout=60)
    write(tmp_path, files)
    return run("check-tree.py", cwd=tmp_path)


def test_a_tidy_tree_passes(tmp_path):
    result = tree(tmp_path, {"src/a.c": SPDX + "int a;\n", "src/b.c": SPDX + "int b;\n" * 499,
                             "src/api.yaml": "# " + SPDX + "a: 1\n" * 500,
                             "README.md": "No licence line needed, and a\ttab.\n",
                             "Makefile": "# SPDX-License-Identifier: Apache-2.0\nall:\n\ttrue\n"})
    assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.parametrize("name, text, complaint", [
    ("src/a.c", "int a;\n", "src/a.c: no line 'SPDX-License-Identifier"),
    ("tests/a.py", "a = 1\n", "tests/a.py: no line 'SPDX-License-Identifier"),
    ("docs/man/usher.1", ".Dd today\n", "docs/man/usher.1: no line"),
    ("src/a.c", SPDX + "\tint a;\n", "src/a.c:2: a tab"),
    ("src/a.c", SPDX + "int a; \n", "src/a.c:2: blanks at the end"),
    ("src/a.c", SPDX + "int a;", "src/a.c: no end of line"),
    ("src/a.c", SPDX + "//" + "x" * 119 + "\n", "src/a.c:2: 121 columns"),
    ("src/a.c", SPDX + "\n" * 500, "src/a.c: 501 lines, over 500"),
    ("include/a.h", SPDX + "\n" * 500, "include/a.h: 501 lines"),
    ("tests/a.py", "# " + SPDX + "a = 1\n" * 500, "tests/a.py: 501 lines"),
    ("docs/a.md", "TO" "DO: write\n", "docs/a.md:1: unfinished"),
    ("docs/a.md", "from https://www.npm" "js.com/\n", "docs/a.md:1: names the host"),
], ids=lambda value: value[:20])
def test_what_is_untidy_is_found(tmp_path, name, text, complaint):
    result = tree(tmp_path, {name: text})
    assert complaint in result.stderr
    assert result.returncode == 1
