# SPDX-License-Identifier: Apache-2.0
"""What happens to the license while the command runs: the server goes away and comes back, leases run out, licenses
are revoked, keys stop to count."""

import os
import signal
import sys
import time

import pytest

from running import is_gone, state_of
from server import Account, Line, Server, until

PRODUCT = ["--product", "KRE"]
TTL = ["--ttl", "10"]  # the shortest there is: a heartbeat in three seconds
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready', flush=True); time.sleep(90)"


@pytest.fixture
def mortal(tmp_path_factory):
    """A server of its own, to be killed."""
    server = Server(tmp_path_factory.mktemp("mortal"))
    yield server
    server.stop()


@pytest.fixture
def line(licensed):
    line = Line(licensed.server)
    yield line
    line.close()


def started(start, *arguments, **options):
    """A command that sleeps under a license that runs out in ten seconds."""
    return start(*PRODUCT, *TTL, *arguments, "--", "sleep", "60", **options)


def revoke(licensed, query="?reason=needed%20elsewhere"):
    session = until(licensed.active)[0]["id"]
    licensed.end(session, query)
    return session


# ---- The server goes away

def test_a_server_that_is_killed_and_started_again(start, mortal):
    account = Account(mortal, 2)
    running = start(*PRODUCT, *TTL, "--", "sleep", "60",
                    env={"USHER_URL": mortal.url, "USHER_KEY": account.key, "USHER_ACCOUNT": account.id})
    running.child()
    before = account.active()
    mortal.kill()
    running.says("the server does not answer")
    running.says("has not answered until the lease's end")
    mortal.start()
    running.says(f"the server answers again: {before[0]['id']} goes on")
    assert state_of(running.child()) == "S"
    assert [item["id"] for item in account.active()] == [before[0]["id"]]
    running.send("TERM")
    running.ends(143)
    account.check_no_leak()


def test_a_quick_restart_is_not_worth_a_word(start, mortal):
    account = Account(mortal, 2)
    running = start(*PRODUCT, *TTL, "--", "sleep", "8",
                    env={"USHER_URL": mortal.url, "USHER_KEY": account.key, "USHER_ACCOUNT": account.id})
    running.child()
    mortal.kill()
    mortal.start()
    running.ends(0)
    assert running.err == []
    account.check_no_leak()


def test_started_while_the_server_is_away(start, mortal):
    account = Account(mortal, 2)
    mortal.kill()
    running = start(*PRODUCT, "--", "echo", "runs",
                    env={"USHER_URL": mortal.url, "USHER_KEY": account.key, "USHER_ACCOUNT": account.id})
    running.says("waiting for a license")
    mortal.start()
    running.ends(0)
    assert running.out == ["runs"]
    account.check_no_leak()


def test_killed_while_somebody_waits_in_line(start, mortal):
    account = Account(mortal, 1)
    held = account.take()
    running = start(*PRODUCT, "--wait", "2m", "--", "echo", "runs",
                    env={"USHER_URL": mortal.url, "USHER_KEY": account.key, "USHER_ACCOUNT": account.id})
    until(account.waiters)
    mortal.kill()
    mortal.start()
    until(account.waiters)
    account.end(held)
    running.ends(0)
    account.check_no_leak()


def test_the_command_ends_while_the_server_is_away(start, licensed, line):
    running = start(*PRODUCT, *TTL, "--", "sh", "-c", "read line; exit 4", env={"USHER_URL": line.url})
    running.child()
    line.cut()
    running.type("\n")
    running.ends(4)
    assert running.has_said("the license could not be given back") and running.has_said("free when its lease ends")
    until(lambda: not licensed.active())


# ---- The lease runs out

def test_a_lease_that_ran_out_is_replaced(start, licensed, line):
    running = started(start, env={"USHER_URL": line.url})
    running.child()
    first = licensed.active()[0]["id"]
    line.cut()
    until(lambda: not licensed.active())
    line.state = "open"
    running.says(f"the lease of {first} ran out")
    running.says("another license was granted: SN-")
    second, = licensed.active()
    assert second["id"] != first and state_of(running.child()) == "S"
    running.send("TERM")
    running.ends(143)
    licensed.check_no_leak()


def test_asleep_for_longer_than_the_lease(start, licensed):
    running = started(start)
    child = running.child()
    first = until(licensed.active)[0]["id"]
    os.kill(running.pid, signal.SIGSTOP)
    until(lambda: not licensed.active())
    os.kill(running.pid, signal.SIGCONT)
    running.says("another license was granted")
    assert licensed.active()[0]["id"] != first and state_of(child) == "S"
    running.send("TERM")
    running.ends(143)
    licensed.check_no_leak()


def test_replaced_in_line(start, licensed):
    running = started(start)
    running.child()
    os.kill(running.pid, signal.SIGSTOP)
    until(lambda: not licensed.active())
    held = [licensed.take(), licensed.take()]
    os.kill(running.pid, signal.SIGCONT)
    running.says("ran out")
    until(licensed.waiters)
    licensed.end(held[0])
    running.says("another license was granted")
    running.send("TERM")
    running.ends(143)
    assert [item["id"] for item in licensed.active()] == [held[1]] and licensed.waiters() == []


def test_replaced_by_none(start, licensed):
    """It stands in line for as long as a lease lasts, then the command is ended."""
    running = started(start)
    running.child()
    os.kill(running.pid, signal.SIGSTOP)
    until(lambda: not licensed.active())
    held = {licensed.take(), licensed.take()}
    os.kill(running.pid, signal.SIGCONT)
    running.says("the license is lost, and there is no other")
    running.ends(76)
    assert {item["id"] for item in licensed.active()} == held and licensed.waiters() == []


def test_the_command_ends_while_another_license_is_waited_for(start, licensed):
    running = start(*PRODUCT, *TTL, "--wait", "10m", "--", "sh", "-c", "read line; exit 4")
    running.child()
    os.kill(running.pid, signal.SIGSTOP)
    until(lambda: not licensed.active())
    held = {licensed.take(), licensed.take()}
    os.kill(running.pid, signal.SIGCONT)
    until(licensed.waiters)
    running.type("\n")
    running.ends(4)
    until(lambda: not licensed.waiters())
    assert {item["id"] for item in licensed.active()} == held


# ---- The license is lost

def test_revoked_the_command_goes_on_until_the_leases_end(start, licensed):
    running = started(start)
    revoke(licensed)
    running.says("the license is lost: SN-")
    assert running.has_said("needed elsewhere")
    running.says("The command goes on for ")
    noticed = time.monotonic()
    assert state_of(running.child()) == "S"
    running.ends(76)
    assert 1 < time.monotonic() - noticed < 30
    assert running.has_said("The command is ended")
    licensed.check_no_leak()


def test_revoked_and_over_by_itself_in_time(start, licensed):
    running = start(*PRODUCT, *TTL, "--", "sh", "-c", "read line; exit 4")
    revoke(licensed)
    running.says("The command goes on for ")
    running.type("\n")
    running.ends(4)


def test_revoked_and_continued(start, licensed):
    running = start(*PRODUCT, *TTL, "--on-loss", "continue", "--", "sh", "-c", "read line; exit 4")
    revoke(licensed)
    running.says("goes on without a license")
    time.sleep(11)
    assert state_of(running.child()) == "S"
    running.type("\n")
    running.ends(4)
    licensed.check_no_leak()


def test_revoked_and_terminated(start, licensed):
    running = start(*PRODUCT, *TTL, "--on-loss", "term", "--", sys.executable, "-c",
                    "import signal, sys, time\n"
                    "signal.signal(signal.SIGTERM, lambda *_: (print('tidied', flush=True), sys.exit(0)))\n"
                    "time.sleep(60)")
    child = running.child()
    revoke(licensed)
    # Although it says 0 itself: its work was cut short.
    running.ends(76)
    assert running.out == ["tidied"] and is_gone(child)


def test_revoked_and_terminated_though_it_will_not(start, licensed):
    running = start(*PRODUCT, *TTL, "--on-loss", "term", "--", sys.executable, "-c", STUBBORN)
    running.says("ready")
    revoke(licensed)
    running.says("The command is ended (SIGTERM; SIGKILL in 10 s)")
    running.ends(76)
    assert running.has_said("The command is killed")


def test_revoked_and_killed(start, licensed):
    running = start(*PRODUCT, *TTL, "--on-loss", "kill", "--", sys.executable, "-c", STUBBORN)
    running.says("ready")
    revoke(licensed)
    running.ends(76)
    assert not running.has_said("SIGTERM")


def test_a_stopped_command_is_terminated_too(start, licensed):
    running = started(start, "--on-loss", "term")
    os.kill(running.child(), signal.SIGSTOP)
    revoke(licensed)
    running.ends(76)
    assert not running.has_said("The command is killed")


def test_ended_by_another_without_a_reason_is_a_loss(start, licensed):
    running = started(start, "--on-loss", "term")
    revoke(licensed, "")
    running.ends(76)
    licensed.check_no_leak()


def test_a_key_that_is_revoked_meanwhile(start, licensed):
    running = started(start, "--on-loss", "term")
    until(licensed.active)
    licensed.ask("DELETE", f"/api-keys/{licensed.key_id}")
    running.ends(76)
    assert running.has_said("the license is lost: ") and running.has_said("key")
    until(lambda: not licensed.active())


def test_a_key_that_is_revoked_while_in_line(start, licensed):
    for _ in range(2):
        licensed.take()
    waiting = start(*PRODUCT, "--wait", "10m", "--", "true")
    until(licensed.waiters)
    licensed.ask("DELETE", f"/api-keys/{licensed.key_id}")
    waiting.ends(125)
    assert waiting.has_said("usher login") and licensed.waiters() == []


def test_a_user_that_is_deleted_meanwhile(start, licensed):
    running = started(start, "--on-loss", "kill")
    until(licensed.active)
    licensed.ask("DELETE", f"/users/{licensed.user}")
    running.ends(76)
    licensed.check_no_leak()


def sleepers(*seconds):
    """The processes that sleep for just so many seconds."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                words = file.read().decode(errors="replace").split("\0")
        except OSError:
            continue
        if words[0] == "sleep" and words[1] in seconds:
            found.append(pid)
    return found


@pytest.mark.parametrize("on_loss", ["term", "kill"])
def test_what_the_command_has_started_is_ended_with_it(start, licensed, on_loss):
    """A shell dies of SIGTERM and leaves what it waits for; and that may have left something, too."""
    # Spans that no other test sleeps for, beside this one.
    spans = f"71.{os.getpid()}", f"72.{os.getpid()}"
    running = start(*PRODUCT, *TTL, "--on-loss", on_loss, "--", "sh", "-c",
                    f"sh -c 'setsid sleep {spans[0]} & sleep {spans[1]}; true'; exit 4")
    until(lambda: len(sleepers(*spans)) == 2)
    revoke(licensed)
    running.ends(76)
    assert sleepers(*spans) == []


def test_what_the_command_leaves_running_at_its_own_end_is_left(start, licensed):
    running = start(*PRODUCT, "--", "sh", "-c", "sleep 90 >/dev/null 2>&1 & echo $!; exit 4")
    running.ends(4)
    assert state_of(running.out[0]) == "S"
    os.kill(int(running.out[0]), signal.SIGKILL)
    licensed.check_no_leak()
