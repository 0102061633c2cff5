# SPDX-License-Identifier: Apache-2.0
"""Nothing is left behind, also when the tests are killed: a process of its own that hears of every process and folder
that they make. When they end, however they end, their side of the pipe closes, and it kills and removes what is left.

A process is named by its id and the time at which it began, so that no other one is hit that has its id by now."""

import os
import pathlib
import shutil
import signal
import subprocess
import sys

_janitor = None


def began(pid):
    """When the process began, in ticks since the machine's start; None: there is none."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="latin-1").rsplit(")", 1)[1].split()[19]
    except OSError:
        return None


def _tell(line):
    global _janitor
    if _janitor is None:
        _janitor = subprocess.Popen([sys.executable, __file__], stdin=subprocess.PIPE, start_new_session=True)
    _janitor.stdin.write(f"{line}\n".encode())
    _janitor.stdin.flush()


def watch(process):
    """Kills the process (a Popen) when the tests are gone. Answers it."""
    _tell(f"process {process.pid} {began(process.pid)}")
    return process


def watch_folder(folder):
    """Removes the folder when the tests are gone."""
    _tell(f"folder {folder}")
    return folder


def clear_away(lines):
    words = [line.rstrip("\n").split(" ", 1) for line in lines]
    for _, named in (each for each in reversed(words) if each[0] == "process"):
        pid, start = named.split(" ")
        if began(pid) == start:
            os.kill(int(pid), signal.SIGKILL)
    for _, folder in (each for each in words if each[0] == "folder"):
        # Who died leaves children that may write for a moment.
        for _ in range(50):
            shutil.rmtree(folder, ignore_errors=True)
            if not os.path.exists(folder):
                break


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    clear_away(sys.stdin.readlines())
