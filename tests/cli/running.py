# SPDX-License-Identifier: Apache-2.0
"""`usher run` at work: started, signalled, listened to."""

import os
import signal
import subprocess
import threading

from conftest import USHER
from server import until

# Says each signal that it is sent, until a line comes in.
LISTENER = """\
import os, signal, sys
def say(text):
    os.write(1, text.encode() + b"\\n")
for name in ("INT", "TERM", "HUP", "QUIT", "USR1", "USR2", "WINCH", "ALRM"):
    signal.signal(getattr(signal, "SIG" + name), lambda number, frame: say(signal.Signals(number).name))
say("ready")
sys.stdin.readline()
say("done")
sys.exit(9)
"""


class Running:
    """A started program whose lines are kept as they come."""

    def __init__(self, arguments, env, **options):
        self.process = subprocess.Popen([USHER, *map(str, arguments)], env=env, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)
        self.out, self.err = [], []
        self.readers = [threading.Thread(target=self.read, args=pair, daemon=True)
                        for pair in ((self.process.stdout, self.out), (self.process.stderr, self.err))]
        for reader in self.readers:
            reader.start()

    @staticmethod
    def read(stream, lines):
        for line in stream:
            lines.append(line.decode(errors="replace").rstrip("\n"))

    @property
    def pid(self):
        return self.process.pid

    def says(self, text, seconds=60):
        """Waits until a line on stdout or stderr holds the text."""
        try:
            return until(lambda: [line for line in self.out + self.err if text in line], seconds)
        except AssertionError:
            raise AssertionError(f"never said {text!r}:\n{self.out}\n{self.err}") from None

    def has_said(self, text):
        return any(text in line for line in self.out + self.err)

    def child(self):
        """The command's process, once it is the command: just forked, it is still usher."""
        def find():
            with open(f"/proc/{self.pid}/task/{self.pid}/children", encoding="ascii") as file:
                return [child for child in file.read().split() if not is_usher(child)]
        return int(until(find)[0])

    def send(self, name):
        os.kill(self.pid, getattr(signal, "SIG" + name))

    def type(self, text):
        self.process.stdin.write(text.encode())
        self.process.stdin.flush()

    def ends(self, code, seconds=60):
        try:
            found = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise AssertionError(f"it hangs:\n{self.out}\n{self.err}") from None
        for reader in self.readers:
            reader.join(30)
        told = "\n".join(self.err)
        assert found == code, f"exit code {found}\n{self.out}\n{told}"
        assert "Sanitizer" not in told and "runtime error" not in told, told
        return self


def is_usher(pid):
    try:
        return os.readlink(f"/proc/{pid}/exe") == os.path.realpath(USHER)
    except (FileNotFoundError, ProcessLookupError):
        return False


def state_of(pid):
    """R, S, T, Z…; None when there is no such process."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            return file.read().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return None


def is_gone(pid):
    return state_of(pid) in (None, "Z")
