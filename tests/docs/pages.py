# SPDX-License-Identifier: Apache-2.0
"""What stands in the pages of the manual: fenced blocks, links, headings, rows of tables.

A fenced block is marked by the words behind its language:

    ```console run            its commands ("$ ", continued by "> ") are run, and their output compared
    ```yaml file=NAME         it is written to the file NAME before the commands that follow
    ```yaml ci=github         its shell parts are run: github, gitlab or jenkins

In the output shown, "…" stands for any text of a line; a line that is nothing but "…" for any number of lines."""

import dataclasses
import pathlib
import re

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
MANUAL = ROOT / "docs" / "manual"

FENCE = re.compile(r"^```(?P<info>[^`\n]*)\n(?P<body>.*?)^```[ \t]*$", re.M | re.S)
LINK = re.compile(r"\[[^\]\n]*\]\((?P<target>[^)\s]+)\)")
HEADING = re.compile(r"^#{1,6}[ \t]+(?P<text>.+?)[ \t]*$", re.M)
ROW = re.compile(r"^\|(?P<cells>.*)\|[ \t]*$", re.M)


@dataclasses.dataclass
class Block:
    page: pathlib.Path
    line: int
    language: str
    marks: list
    body: str

    def mark(self, name):
        """The value of NAME=VALUE; None where it is not there."""
        return next((mark.partition("=")[2] for mark in self.marks if mark.startswith(f"{name}=")), None)

    def steps(self):
        """The commands of a console block, each with the output that is shown."""
        steps = []
        for line in self.body.splitlines():
            if line.startswith("$ "):
                steps.append([line[2:], []])
            elif line.startswith("> ") and steps and not steps[-1][1]:
                steps[-1][0] += "\n" + line[2:]
            else:
                assert steps, f"{self.place()}: output before the first command"
                steps[-1][1].append(line)
        return steps

    def place(self):
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def shell_parts(block):
    """What a CI system hands to a shell, of a block marked ci=: each a script of its own."""
    system = block.mark("ci")
    if system == "jenkins":
        return [part for parts in re.findall(r"\bsh\s+(?:'''(.*?)'''|'([^'\n]*)')", block.body, re.S)
                for part in parts if part]
    jobs = yaml.safe_load(block.body)
    if system == "github":
        return [step["run"] for job in jobs["jobs"].values() for step in job["steps"] if "run" in step]
    assert system == "gitlab", f"{block.place()}: what is {system}?"
    return ["\n".join([*job.get("before_script", []), *job["script"]]) for job in jobs.values()]


def pages():
    """All pages for people."""
    found = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("tests/scripts/*.md")]
    return sorted(found)


def blocks(page):
    text = page.read_text(encoding="utf-8")
    for match in FENCE.finditer(text):
        language, *marks = match["info"].split() or [""]
        line = text.count("\n", 0, match.start()) + 1
        yield Block(page, line, language, marks, match["body"])


def pages_that_run():
    return [page for page in [ROOT / "README.md", *sorted(MANUAL.glob("*.md"))]
            if any("run" in block.marks for block in blocks(page))]


def prose(page):
    """The page without its fenced blocks."""
    return FENCE.sub("", page.read_text(encoding="utf-8"))


def links(page):
    return [match["target"] for match in LINK.finditer(prose(page))]


def anchors(page):
    """The names of the headings, as a forge makes them."""
    found = set()
    for match in HEADING.finditer(prose(page)):
        name = re.sub(r"[^\w\- ]", "", match["text"].lower()).replace(" ", "-")
        count = 0
        while (name if count == 0 else f"{name}-{count}") in found:
            count += 1
        found.add(name if count == 0 else f"{name}-{count}")
    return found


def rows(page):
    """The rows of all tables, each as its cells."""
    return [[cell.strip() for cell in match["cells"].split("|")] for match in ROW.finditer(prose(page))]
