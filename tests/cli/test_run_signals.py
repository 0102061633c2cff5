# SPDX-License-Identifier: Apache-2.0
"""Signals at every stage of `usher run`: in line, while the command runs, while the license is given back."""

import fcntl
import os
import pty
import signal
import struct
import sys
import termios
import time

import pytest

from conftest import USHER
from fake import AT, Answer, raw
from running import LISTENER, Running, is_gone, state_of
from server import Line, until
from world import session

PRODUCT = ["--product", "KRE"]
# As a shell's job has it: in a group that nobody looks after, SIGTSTP stops nothing.
JOB = {"process_group": 0}
ENDING = ["INT", "TERM", "HUP", "QUIT", "USR1", "USR2", "ALRM"]


def code_of(name):
    """128 and the number, as a shell has it; of SIGINT usher run dies itself."""
    return -signal.SIGINT if name == "INT" else 128 + getattr(signal, f"SIG{name}")


# ---- Before the command runs

@pytest.mark.parametrize("name", ENDING)
def test_in_line(start, licensed, name):
    held = [licensed.take(), licensed.take()]
    waiting = start(*PRODUCT, "--wait", "10m", "--", "echo", "never")
    until(licensed.waiters)
    waiting.send(name)
    waiting.ends(code_of(name))
    assert waiting.out == []
    until(lambda: not licensed.waiters())
    licensed.end(held[0])
    time.sleep(0.3)
    assert [item["id"] for item in licensed.active()] == [held[1]]


@pytest.mark.parametrize("name", ["WINCH", "CONT", "URG", "PIPE"])
def test_in_line_what_ends_nothing(start, licensed, name):
    held = [licensed.take(), licensed.take()]
    waiting = start(*PRODUCT, "--wait", "10m", "--", "true")
    until(licensed.waiters)
    waiting.send(name)
    time.sleep(0.2)
    licensed.end(held[0])
    waiting.ends(0)


def test_stopped_and_continued_in_line(start, licensed):
    held = [licensed.take(), licensed.take()]
    waiting = start(*PRODUCT, "--wait", "10m", "--", "true", **JOB)
    until(licensed.waiters)
    waiting.send("TSTP")
    until(lambda: state_of(waiting.pid) == "T")
    waiting.send("CONT")
    until(lambda: state_of(waiting.pid) == "S")
    licensed.end(held[0])
    waiting.ends(0)


@pytest.mark.parametrize("name", ["INT", "TERM"])
def test_while_the_answer_is_on_its_way_the_license_that_was_granted_is_given_back(start, licensed, name):
    line = Line(licensed.server)
    line.state = "held"
    asking = start(*PRODUCT, "--", "echo", "never", env={"USHER_URL": line.url})
    until(licensed.active)
    asking.send(name)
    time.sleep(0.5)
    line.state = "open"
    asking.ends(code_of(name))
    assert asking.out == []
    until(lambda: not licensed.active())
    assert [item["state"] for item in licensed.sessions()] == ["released"]
    line.close()


def test_before_the_server_has_answered_anything(start, licensed):
    line = Line(licensed.server)
    line.cut()
    asking = start(*PRODUCT, "--wait", "1m", "--", "echo", "never", env={"USHER_URL": line.url})
    asking.says("waiting for a license")
    asking.send("TERM")
    asking.ends(143)
    line.close()
    assert licensed.sessions() == []


# ---- While the command runs

@pytest.mark.parametrize("name", ENDING + ["WINCH"])
def test_the_command_gets_it_once_and_goes_on_as_it_likes(start, licensed, name):
    running = start(*PRODUCT, "--", sys.executable, "-c", LISTENER)
    running.says("ready")
    running.send(name)
    running.says(f"SIG{name}")
    time.sleep(0.2)
    running.type("\n")
    running.ends(9)
    assert running.out == ["ready", f"SIG{name}", "done"]
    licensed.check_no_leak()


@pytest.mark.parametrize("name", ENDING)
def test_a_command_that_dies_of_it(start, licensed, name):
    running = start(*PRODUCT, "--", "sleep", "60")
    running.child()
    until(licensed.active)
    running.send(name)
    running.ends(128 + getattr(signal, f"SIG{name}"))
    licensed.check_no_leak()


def test_stop_and_go_on(start, licensed):
    running = start(*PRODUCT, "--", "sleep", "60", **JOB)
    child = running.child()
    running.send("TSTP")
    until(lambda: state_of(running.pid) == "T" and state_of(child) == "T")
    running.send("CONT")
    until(lambda: state_of(running.pid) == "S" and state_of(child) == "S")
    running.send("TERM")
    running.ends(143)
    licensed.check_no_leak()


def test_a_command_stopped_by_a_debugger_keeps_its_license(start, licensed):
    running = start(*PRODUCT, "--ttl", "10", "--", "sleep", "60")
    child = running.child()
    os.kill(child, signal.SIGSTOP)
    until(lambda: state_of(child) == "T")
    time.sleep(0.3)
    assert state_of(running.pid) == "S" and state_of(child) == "T"
    os.kill(child, signal.SIGCONT)
    running.send("TERM")
    running.ends(143)


def test_nohup(start, licensed):
    running = start(*PRODUCT, "--", "sleep", "60",
                    preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
    child = running.child()
    running.send("HUP")
    time.sleep(0.3)
    assert state_of(running.pid) == "S" and state_of(child) == "S"
    running.send("TERM")
    running.ends(143)


def test_nobody_who_waits_for_children(start, licensed):
    running = start(*PRODUCT, "--", "sh", "-c", "exit 3",
                    preexec_fn=lambda: signal.signal(signal.SIGCHLD, signal.SIG_IGN))
    running.ends(3)


def test_a_command_that_signals_its_group(start, licensed):
    """What it sends to itself does not come back to it."""
    script = LISTENER.replace('say("ready")', "os.kill(0, signal.SIGUSR1)")
    running = start(*PRODUCT, "--", sys.executable, "-c", script, start_new_session=True)
    running.says("SIGUSR1")
    time.sleep(0.3)
    running.type("\n")
    running.ends(9)
    assert running.out == ["SIGUSR1", "done"]


def test_killed_the_command_dies_and_the_license_is_free_at_the_leases_end(start, licensed):
    running = start(*PRODUCT, "--ttl", "10", "--", "sleep", "60")
    child = running.child()
    until(licensed.active)
    running.process.kill()
    until(lambda: is_gone(child))
    assert len(licensed.active()) == 1
    until(lambda: not licensed.active())
    assert [item["state"] for item in licensed.sessions()] == ["expired"]


def test_killed_with_keep_child_the_command_lives_on(start, licensed):
    running = start(*PRODUCT, "--ttl", "10", "--keep-child", "--", "sleep", "60")
    child = running.child()
    running.process.kill()
    running.process.wait(30)
    time.sleep(0.3)
    assert state_of(child) == "S"
    os.kill(child, signal.SIGKILL)


def test_killed_in_line_nothing_is_granted_to_the_dead(start, run, licensed):
    held = [licensed.take(), licensed.take()]
    waiting = start(*PRODUCT, "--wait", "10m", "--", "true")
    until(licensed.waiters)
    waiting.process.kill()
    waiting.process.wait(30)
    until(lambda: not licensed.waiters())
    licensed.end(held[0])
    assert [item["id"] for item in licensed.active()] == [held[1]]
    run(*PRODUCT, "--", "true")


# ---- While the license is given back

@pytest.mark.parametrize("name", ["INT", "TERM", "HUP"])
def test_while_giving_back_nothing_is_cut_short(fake, usher, name):
    given_back = []

    @raw
    def slowly(handler, request):
        time.sleep(1)
        given_back.append(request.path)
        Answer(session(state="released", ended_at=AT)).send(handler)

    fake.on("POST", "/v1/accounts/self/sessions", Answer(session(), 201))
    fake.on("DELETE", "/v1/accounts/self/sessions/SN-1", slowly)
    running = Running(["run", *PRODUCT, "--", "sh", "-c", "exit 6"], usher.env)
    until(lambda: fake.asked("DELETE", "/v1/accounts/self/sessions/SN-1"))
    running.send(name)
    running.ends(6)
    assert given_back == ["/v1/accounts/self/sessions/SN-1"]


# ---- At a terminal

class Terminal:
    """A shell with job control."""

    def __init__(self, env, *command):
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.execvpe(command[0], command, {**env, "TERM": "dumb", "PS1": "$ ", "HISTFILE": "", "SHELL_SESSION": "1"})
        self.shown = b""

    def type(self, text):
        os.write(self.terminal, text.encode())

    def says(self, text, seconds=60):
        """Waits for the text and forgets what came until then."""
        def seen():
            try:
                self.shown += os.read(self.terminal, 65536) if self.has_more() else b""
            except OSError:
                return False
            return text.encode() in self.shown
        try:
            until(seen, seconds)
        except AssertionError:
            raise AssertionError(f"never said {text!r}: {self.shown.decode()!r}") from None
        before, self.shown = self.shown.split(text.encode(), 1)
        return before.decode()

    def type_until(self, keys, text):
        """For what a shell does only when it is ready for it, or tells only when it is asked."""
        for _ in range(120):
            self.type(keys)
            try:
                return self.says(text, 0.5)
            except AssertionError:
                pass
        raise AssertionError(f"never said {text!r}: {self.shown.decode()!r}")

    def has_more(self):
        import select
        return select.select([self.terminal], [], [], 0.05)[0] != []

    def close(self):
        os.kill(self.pid, signal.SIGKILL)
        os.close(self.terminal)
        os.waitpid(self.pid, 0)


@pytest.fixture
def shell(run):
    terminal = Terminal(run.env, "bash", "--norc", "--noprofile", "-i")
    terminal.says("$ ")
    yield terminal
    terminal.close()


def usher_run(*words):
    return f"{USHER} run --product KRE {' '.join(words)}\n"


def test_ctrl_c_reaches_the_command_once(shell, licensed, tmp_path):
    (tmp_path / "listener.py").write_text(LISTENER)
    shell.type(usher_run(sys.executable, str(tmp_path / "listener.py")))
    shell.says("ready")
    shell.type("\x03")
    shell.says("SIGINT")
    fcntl.ioctl(shell.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 100, 0, 0))
    assert "SIGINT" not in shell.says("SIGWINCH")
    shell.type("\n")
    assert "SIG" not in shell.says("done")
    shell.says("$ ")
    shell.type("echo code $?\n")
    shell.says("code 9")
    licensed.check_no_leak()


def test_ctrl_c_stops_the_script_around_it(shell, licensed, tmp_path):
    (tmp_path / "script").write_text(f"for i in 1 2 3; do echo round $i; {usher_run('sleep', '30')} done\necho over\n")
    shell.type(f"bash {tmp_path}/script\n")
    shell.says("round 1")
    until(licensed.active)
    time.sleep(0.2)
    shell.type("\x03")
    told = shell.says("$ ")
    assert "round 2" not in told and "over" not in told
    shell.type("echo code $?\n")
    shell.says("code 130")
    until(lambda: not licensed.active())


def test_ctrl_c_in_line(shell, licensed):
    for _ in range(2):
        licensed.take()
    shell.type(usher_run("--wait", "10m", "true"))
    shell.says("waiting for a license")
    shell.type("\x03")
    shell.says("$ ")
    shell.type("echo code $?\n")
    shell.says("code 130")
    until(lambda: not licensed.waiters())


def test_job_control(shell, licensed):
    shell.type(usher_run("sh", "-c", "'echo be''gun; read line; echo g''ot $line'"))
    shell.says("begun")
    shell.type_until("\x1a", "Stopped")
    shell.type("jobs\n")
    shell.says("Stopped")
    # In the background it may not read from the terminal: it is stopped again.
    shell.type("bg\n")
    shell.type_until("\n", "Stopped")
    shell.type("fg\n")
    shell.says("run --product")
    time.sleep(0.3)
    shell.type("some words\n")
    shell.says("got some words")
    until(lambda: not licensed.active())


def test_a_shell_within(shell, licensed):
    shell.type(usher_run("bash", "--norc", "--noprofile", "-i"))
    until(licensed.active)
    time.sleep(0.3)
    shell.type("echo level-$USHER_LEVEL\n")
    shell.says(f"level-{licensed.id}")
    shell.type("sleep 50\n")
    time.sleep(0.5)
    shell.type_until("\x1a", "Stopped")
    shell.type("kill -9 %1; sleep 0.2; exec sh -c 'exit 5'\n")
    time.sleep(0.5)
    shell.type("echo code $?\n")
    shell.says("code 5")
    until(lambda: not licensed.active())


def test_the_terminal_goes_away(shell, licensed):
    shell.type(usher_run("sleep", "60"))
    until(licensed.active)
    os.kill(shell.pid, signal.SIGHUP)
    until(lambda: not licensed.active())
    assert [item["state"] for item in licensed.sessions()] == ["released"]
