# SPDX-License-Identifier: Apache-2.0
"""Plays the commands of a page against a demo server of its own, in a folder that looks like a checkout where
`make run` was started: build/usher, data/, and a Makefile."""

import difflib
import json
import os
import pathlib
import re
import signal
import subprocess
import time
import urllib.error
import urllib.request

from pages import ROOT

USHERD = pathlib.Path(os.environ.get("USHERD", ROOT / "build" / "usherd")).resolve()
USHER = pathlib.Path(os.environ.get("USHER", ROOT / "build" / "usher")).resolve()
START_S = 60
STOP_S = 60
PAGE_S = 120
ADDRESS = "127.0.0.1:7420"  # as the pages have it
END = "-- end of step --"
MAKEFILE = """\
run:
\t@cat greeting
test:
\t@echo tests run with $$USHER_SESSION
"""

# For programs against libusher, as if it were installed.
PKG_CONFIG = """\
Name: usher
Description: Licenses from an Usher server
Version: 0
Cflags: -I{include}
Libs: -L{library} -lusher
"""

SPAN = r"\d+(\.\d+)? ?(ms|s|min|h|d|seconds?|minutes?|hours?|days?)\b"
MASKS = [(re.compile(pattern), by) for pattern, by in [
    (r"ushk_[\w-]{43}", "ushk_KEY"),
    (r"\b[0-9a-f]{64}\b", "HASH"),
    (r"\b[0-9a-f]{16}\b", "KEY-ID"),
    (r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?Z", "TIME"),
    (r"\b\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT", "TIME"),
    (r'("request_id": ?)"[^"]*"', r'\1"ID"'),
    (r"(?i)(X-Request-Id: ).*", r"\1ID"),
    (r"\b(AC|OG|US|PR|PU|ST|SN|AK|DN)-\d+\b", r"\1-N"),
    (r'(_s"?: ?|_us=)\d+', r"\1N"),
    (rf"\b{SPAN}( {SPAN})*", "SPAN"),
    (r"(?i)(Content-Length: )\d+", r"\1N"),
    (r"[ \t]+", " "),
]]


def masked(line):
    for pattern, by in MASKS:
        line = pattern.sub(by, line)
    return line.strip()


def line_matches(shown, real):
    return re.fullmatch(".*?".join(map(re.escape, shown.split("…"))), real) is not None


def matches(shown, real):
    """Whether the lines are alike, where a line "…" is any number of lines."""
    reached = {0}  # how many lines of `real` may be used up
    for line in shown:
        if line == "…":
            reached = set(range(min(reached), len(real) + 1)) if reached else set()
        else:
            reached = {n + 1 for n in reached if n < len(real) and line_matches(line, real[n])}
    return len(real) in reached


class Checkout:
    """A folder with the programs and a demo server that runs in it."""

    def __init__(self, folder):
        self.folder = folder
        (folder / "build").mkdir()
        (folder / "build" / "usherd").symlink_to(USHERD)
        (folder / "build" / "usher").symlink_to(USHER)
        (folder / "Makefile").write_text(MAKEFILE, encoding="utf-8")
        library = USHER.parent / "src" / "client"
        pkg_config = PKG_CONFIG.format(include=ROOT / "include", library=library)
        (folder / "build" / "usher.pc").write_text(pkg_config, encoding="utf-8")
        self.address = None
        self.env = {"PATH": f"{folder / 'build'}:{os.environ['PATH']}", "HOME": str(folder), "LC_ALL": "C.UTF-8",
                    "TZ": "UTC", "no_proxy": "127.0.0.1",
                    "PKG_CONFIG_PATH": str(folder / "build"), "LD_LIBRARY_PATH": str(library)}
        self.env.update({name: value for name, value in os.environ.items() if name.endswith("SAN_OPTIONS")})
        with open(folder / "greeting", "wb") as out, open(folder / "log", "wb") as err:
            self.process = subprocess.Popen(
                ["build/usherd", "--data", "data", "--demo", "--listen", "127.0.0.1:0"],
                cwd=folder, stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=self.env)
        self._wait()
        self.env["USHER_URL"] = f"http://{self.address}"

    def _wait(self):
        deadline = time.monotonic() + START_S
        while True:
            # The port is the one that the system gave it.
            serves = re.search(r"serves http://(\S+) from", (self.folder / "greeting").read_text(encoding="utf-8"))
            try:
                if serves:
                    self.address = serves[1]
                    with urllib.request.urlopen(f"http://{self.address}/readyz", timeout=5):
                        return
            except (urllib.error.URLError, OSError):
                pass
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError("usherd does not start:\n" + self.log())
            time.sleep(0.02)

    def log(self):
        return (self.folder / "log").read_text(encoding="utf-8", errors="replace")

    def close(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(STOP_S)
            raise
        assert status == 0, f"usherd ended with {status}:\n{self.log()}"

    def shell(self, script, shell=("bash",), **env):
        """What the script prints, both streams together, and its exit status."""
        run = subprocess.run([*shell], input=script.replace(ADDRESS, self.address), text=True, cwd=self.folder,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=PAGE_S, check=False,
                             env={**self.env, **env})
        return run.stdout.replace(self.address, ADDRESS), run.returncode

    def usher(self, *arguments):
        """Runs usher as the operator; what it prints as JSON."""
        key = (self.folder / "data" / "operator.key").read_text(encoding="utf-8").strip()
        run = subprocess.run([USHER, *arguments, "--json"], stdout=subprocess.PIPE, text=True, timeout=PAGE_S, check=True,
                             stdin=subprocess.DEVNULL, env={**self.env, "USHER_KEY": key})
        return json.loads(run.stdout)

    def new_key(self, user):
        return self.usher("keys", "create", "of the tests", "--user", user)["secret"]


def script_of(blocks):
    """One shell script of all that is marked, a line END after each command, and the steps in order."""
    script, steps = [], []
    for block in blocks:
        if block.mark("file") is not None:
            script.append(f"cat >'{block.mark('file')}' <<'{END}'\n{block.body}{END}")
        if "run" in block.marks:
            for command, shown in block.steps():
                # The commands' own input is empty; the script's must not be eaten by them.
                script.append(f"{command}\nstatus=$?; printf '\\n%s\\n' '{END}'; (exit $status)")
                steps.append((block, command, shown))
    return "exec </dev/null\n" + "\n".join(script) + "\n", steps


def difference(shown, real):
    lines = difflib.unified_diff(shown, real, "shown", "real", lineterm="")
    return "\n".join(lines)


def play(checkout, blocks):
    """Runs the blocks of one page; a list of what differs."""
    script, steps = script_of(blocks)
    path = checkout.folder / "script"
    path.write_text(script.replace(ADDRESS, checkout.address), encoding="utf-8")
    output, _ = checkout.shell("", shell=("bash", str(path)))
    parts = output.split(f"\n{END}\n")
    if len(parts) != len(steps) + 1:
        return [f"of {len(steps)} commands {len(parts) - 1} ended:\n{output[-2000:]}"]
    errors = []
    for (block, command, shown), part in zip(steps, parts):
        shown = [masked(line) for line in shown]
        real = [masked(line) for line in part.removesuffix("\n").splitlines()]
        if not matches(shown, real):
            errors.append(f"{block.place()}: $ {command}\n{difference(shown, real)}")
    return errors
