# SPDX-License-Identifier: Apache-2.0
"""The manual tells the truth: what it shows is run, what it points at is there, what it lists is complete.

    USHERD=build/usherd USHER=build/usher /usr/bin/python3 -m pytest tests/docs"""

import re
import subprocess

import pytest

import pages
import play
from pages import MANUAL, ROOT

OPERATION = MANUAL / "operation.md"
MAN_PAGES = sorted((ROOT / "docs" / "man").glob("*.[1-8]"))


def name(page):
    return str(page.relative_to(ROOT))


@pytest.fixture
def checkout(tmp_path):
    made = play.Checkout(tmp_path)
    yield made
    made.close()


@pytest.fixture(scope="session")
def server_help():
    return subprocess.run([play.USHERD, "--help"], stdout=subprocess.PIPE, text=True, check=True, timeout=60).stdout


@pytest.fixture(scope="session")
def man():
    """What a reader sees of a man page, on one line, by its file's name."""
    def show(file):
        shown = subprocess.run(["mandoc", "-T", "utf8", ROOT / "docs" / "man" / file], stdout=subprocess.PIPE,
                               text=True, check=True, timeout=60).stdout
        return " ".join(re.sub(".\b", "", shown).split())
    return show


# ---- What is shown is run


@pytest.mark.parametrize("page", pages.pages_that_run(), ids=name)
def test_commands_do_what_is_shown(page, checkout):
    errors = play.play(checkout, list(pages.blocks(page)))
    assert not errors, "\n\n".join(errors)


@pytest.mark.parametrize("system", ["github", "gitlab", "jenkins"])
def test_snippets_for_ci_hold_a_license(system, checkout):
    blocks = list(pages.blocks(MANUAL / "ci.md"))
    assert not play.play(checkout, blocks)
    key = checkout.new_key("CI fleet")
    snippets = [block for block in blocks if block.mark("ci") == system]
    assert snippets
    for block in snippets:
        for script in pages.shell_parts(block):
            output, status = checkout.shell(script, shell=("bash", "-e"), USHER_KEY=key)
            assert status == 0, f"{block.place()}: {script}\n{output}"
            assert re.search(r"^tests run with SN-\d+$", output, re.M), f"{block.place()}: {script}\n{output}"
    held = checkout.usher("sessions", "--user", "CI fleet")
    assert held == [], f"a license is still held: {held}"


def test_blocks_have_known_marks():
    known = {"run"}
    for page in pages.pages():
        for block in pages.blocks(page):
            for mark in block.marks:
                assert mark in known or mark.startswith(("file=", "ci=")), f"{block.place()}: what is `{mark}`?"


# ---- What is pointed at is there


@pytest.mark.parametrize("page", pages.pages(), ids=name)
def test_links_lead_somewhere(page):
    for target in pages.links(page):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), f"{name(page)}: nothing at {target}"
        assert file.is_relative_to(ROOT), f"{name(page)}: {target} lies outside"
        if anchor:
            assert anchor in pages.anchors(file), f"{name(page)}: no heading for {target}"


@pytest.mark.parametrize("page", MAN_PAGES, ids=name)
def test_man_pages_are_clean(page):
    run = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", page], stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT, text=True, check=False, timeout=60)
    assert run.returncode == 0 and run.stdout == "", run.stdout


def test_each_command_has_a_clean_page_of_its_own(tmp_path):
    subprocess.run([ROOT / "tools" / "man-pages.py", ROOT / "docs" / "man" / "usher.1", tmp_path], check=True, timeout=60)
    shown = subprocess.run([play.USHER, "--help"], stdout=subprocess.PIPE, text=True, check=True, timeout=60).stdout
    commands = set(re.findall(r"^  ([a-z]+)  ", shown, re.M))
    assert len(commands) > 20 and {f"usher-{command}.1" for command in commands} == {page.name for page in tmp_path.iterdir()}
    for page in tmp_path.iterdir():
        test_man_pages_are_clean(page)


# ---- What is listed is complete


def settings(server_help):
    """Name, variable and default of each setting."""
    found = []
    for flag, text, variable in re.findall(r"^  --([\w-]+)(?: [A-Z:]+)? +(\S.*)\n +(USHERD?_\w+)$", server_help, re.M):
        default = re.search(r"\((\S+)\)$", text)
        found.append((flag, variable, default[1] if default else ""))
    assert len(found) >= 16, server_help
    return found


def test_settings_stand_in_the_manual(server_help, man):
    by_flag = {cells[0].strip("`"): cells for cells in pages.rows(OPERATION) if len(cells) >= 4}
    page = man("usherd.8")
    for flag, variable, default in settings(server_help):
        row = by_flag.get(f"--{flag}")
        assert row is not None, f"operation.md has no row for --{flag}"
        assert row[1].strip("`") == variable
        assert row[2].strip("`") == default, f"--{flag} is {default or 'nothing'} by default, operation.md says {row[2]}"
        assert re.search(rf"--{flag}\b(?!-)", page), f"usherd.8 does not tell of --{flag}"
        assert variable in page, f"usherd.8 does not tell of {variable}"


def test_subcommands_of_the_server_stand_in_the_manual(man):
    run = subprocess.run([play.USHERD, "nonsense"], stderr=subprocess.PIPE, text=True, check=False, timeout=60)
    commands = run.stderr.partition("there are:")[2].split()
    assert run.returncode == 2 and len(commands) >= 4, run.stderr
    page, operation = man("usherd.8"), OPERATION.read_text(encoding="utf-8")
    for command in commands:
        assert re.search(rf"\busherd {command}\b", page), f"usherd.8 does not tell of {command}"
        assert command == "routes" or f"usherd {command}" in operation, f"operation.md does not tell of {command}"


def test_problems_stand_in_the_manual():
    text = (ROOT / "src" / "engine" / "outcome.h").read_text(encoding="utf-8")
    problems = [(int(status), problem) for status, problem in re.findall(r'X\(\w+, (\d+), "([\w-]+)"', text)
                if int(status) >= 400]
    listed = {cells[1].strip("`"): cells[0] for cells in pages.rows(MANUAL / "api.md") if len(cells) >= 3}
    assert len(problems) >= 15
    for status, problem in problems:
        assert problem in listed, f"api.md has no row for {problem}"
        assert listed[problem] == str(status), f"api.md says {listed[problem]} of {problem}, it is {status}"


def test_reasons_stand_in_the_manual():
    text = (ROOT / "src" / "engine" / "outcome.c").read_text(encoding="utf-8")
    words = re.search(r"reason_words\[\] = \{([^}]*)\}", text)[1]
    reasons = set(re.findall(r'"(\w+)"', words)) - {"none"}
    assert len(reasons) >= 5
    missing = reasons - {cells[0].strip("`") for cells in pages.rows(MANUAL / "concepts.md")}
    assert not missing, f"concepts.md has no row for {missing}"


def test_exit_codes_stand_in_the_manual():
    text = (ROOT / "src" / "cli" / "exit_code.h").read_text(encoding="utf-8")
    for code in re.findall(r"^    [A-Z_]+ = (\d+),", text, re.M):
        rows = [cells[0] for page in ("cli.md", "ci.md") for cells in pages.rows(MANUAL / page)]
        assert any(code in re.split(r"\D+", row) for row in rows), f"neither cli.md nor ci.md has a row for {code}"


def test_metrics_stand_in_the_manual():
    # A metric without a sample is not on the page of a server that has just started: so the names of the sources.
    source = "".join(file.read_text(encoding="utf-8") for file in (ROOT / "src" / "server").glob("*.c"))
    real = set(re.findall(r'"(usher_[a-z_]+)"', source))
    assert len(real) >= 10
    assert {cells[0].strip("`") for cells in pages.rows(OPERATION) if cells[0].startswith("`usher_")} == real


def test_events_stand_in_the_manual():
    text = (ROOT / "src" / "engine" / "fact.h").read_text(encoding="utf-8")
    kinds = re.findall(r'X\(\w+, \w+, "([\w.-]+)", (true|false)\)', text)
    assert len(kinds) >= 30
    history = (MANUAL / "history.md").read_text(encoding="utf-8")
    for kind, quiet in kinds:
        assert (f"`{kind}`" in history) == (quiet == "false"), f"history.md and {kind}"


def test_commands_stand_in_the_man_pages():
    shown = subprocess.run([play.USHER, "--help"], stdout=subprocess.PIPE, text=True, check=True, timeout=60).stdout
    commands = re.findall(r"^  ([a-z-]+) {2,}\S", shown.partition("Commands:")[2].partition("Options")[0], re.M)
    assert len(commands) >= 20
    page = (ROOT / "docs" / "man" / "usher.1").read_text(encoding="utf-8")
    for command in commands:
        assert re.search(rf"^\.It (Xo )?Cm {command}\b(?!-)", page, re.M), f"usher.1 does not tell of {command}"
