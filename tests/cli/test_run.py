# SPDX-License-Identifier: Apache-2.0
"""`usher run` with a real server: what it runs, how it ends, and that nothing is left behind.

    USHERD=build/usherd USHER=build/usher /usr/bin/python3 -m pytest tests/cli/test_run.py"""

import os
import subprocess
import sys
import time

import pytest

from conftest import Program, USHER
from server import until
from test_transport import closed_port


def test_the_commands_own_code_is_the_exit_code(run, licensed):
    for code in (0, 1, 2, 5, 75, 125, 255):
        run("--product", "KRE", "--", "sh", "-c", f"exit {code}", code=code)
    licensed.check_no_leak()
    assert {session["state"] for session in licensed.sessions()} == {"released"}


@pytest.mark.parametrize("number", [1, 2, 9, 11, 15])
def test_a_command_that_dies_of_a_signal_is_128_and_its_number(run, licensed, number):
    run("--product", "KRE", "--", "sh", "-c", f"kill -{number} $$", code=128 + number)
    licensed.check_no_leak()


def test_the_command_gets_its_words_as_they_are(run):
    words = ["--help", "", "-x", "--product", "a b", "--", "$HOME", b"\xff\xfe"]
    shown = subprocess.run([USHER, "run", "--product", "KRE", "--", sys.executable, "-c",
                            "import os, sys; print([os.fsencode(word) for word in sys.argv[1:]])", *words],
                           env=run.env, capture_output=True, check=True, timeout=60).stdout.decode()
    assert shown.strip() == str([word if isinstance(word, bytes) else word.encode() for word in words])


def test_options_end_at_the_command(run):
    assert run("--product", "KRE", "echo", "--product", "-n").out == "--product -n\n"


def test_input_and_output_are_the_commands(run):
    done = run("--product", "KRE", "--", "sh", "-c", "cat; echo told >&2", input="given\n")
    assert done.out == "given\n" and done.err == "told\n"


def test_the_environment_tells_of_the_license_and_not_of_the_key(run, licensed):
    lines = run("--product", "KRE", "--", "env", USHER_LEVEL="stale", OTHER="kept").out.splitlines()
    session, = licensed.sessions()
    assert f"USHER_SESSION={session['id']}" in lines
    assert f"USHER_LEVEL={licensed.id}" in lines and "USHER_VIA=fallback" in lines
    assert "OTHER=kept" in lines and f"USHER_URL={run.env['USHER_URL']}" in lines
    assert not any(line.startswith("USHER_KEY=") for line in lines)
    assert len({line.split("=", 1)[0] for line in lines}) == len(lines)
    assert f"USHER_KEY={licensed.key}" in run("--product", "KRE", "--pass-key", "--", "env").out


def test_what_is_asked_for(run, licensed):
    organization = licensed.ask("POST", "/organizations", {"name": "Studio"})["id"]
    project = licensed.ask("POST", "/projects", {"name": "Film", "organization": organization})["id"]
    licensed.ask("PUT", f"/projects/{project}/members/{licensed.user}")
    licensed.ask("PUT", f"/dedications/{organization}/KRE", {"count": 2})
    told = run("--product", "KRE", "--project", project, "--count", "2", "--ttl", "2m", "--machine", "agent-7", "--",
               "env").out
    assert f"USHER_LEVEL={organization}\n" in told and "USHER_VIA=project\n" in told
    session, = licensed.sessions()
    assert [session[name] for name in ("project", "count", "ttl_s", "machine")] == [project, 2, 120, "agent-7"]
    run("--product", "KRE", "--organization", organization, "--ttl", "1h", "--", "true")
    assert licensed.sessions()[1]["organization"] == organization and licensed.sessions()[1]["ttl_s"] == 3600


def test_no_license_is_75_with_every_pool_explained(run, licensed):
    held = [licensed.take(), licensed.take()]
    done = run("--product", "KRE", "--", "echo", "never", code=75)
    assert done.out == ""
    assert "(account)" in done.err and "not enough available; the next lease ends in" in done.err
    assert "The usage policy is unrestricted" in done.err
    for session in held:
        licensed.end(session)
    run("--product", "KRE", "--", "true")


def test_it_stands_in_line(start, licensed):
    held = [licensed.take(), licensed.take()]
    waiting = start("--product", "KRE", "--wait", "1m", "--", "echo", "runs")
    waiting.says("waiting for a license of KRE, for up to 1 min")
    assert len(licensed.waiters()) == 1 and waiting.out == []
    licensed.end(held[0])
    waiting.ends(0)
    assert waiting.out == ["runs"] and waiting.has_said("license granted: SN-")
    assert licensed.waiters() == [] and [session["id"] for session in licensed.active()] == [held[1]]


def test_a_wait_in_vain_is_a_denial(run, licensed):
    for _ in range(2):
        licensed.take()
    started = time.monotonic()
    done = run("--product", "KRE", "--wait", "2", "--", "echo", "never", code=75)
    assert 1.5 < time.monotonic() - started < 28
    assert "not enough available" in done.err and licensed.waiters() == []


@pytest.mark.parametrize("arguments, complaint", [
    (["--", "true"], "needs --product"),
    (["--product", "KRE"], "needs: COMMAND"),
    (["--product", "KRE", "--wait", "soon", "--", "true"], "--wait is a time from 0 to"),
    (["--product", "KRE", "--wait", "10x", "--", "true"], "10m, 2h"),
    (["--product", "KRE", "--ttl", "9s", "--", "true"], "--ttl is a time from 10 to 86400 s"),
    (["--product", "KRE", "--ttl", "2d", "--", "true"], "--ttl is a time from 10 to 86400 s"),
    (["--product", "KRE", "--count", "1001", "--", "true"], "--count"),
    (["--product", "KRE", "--on-loss", "cry", "--", "true"], "continue, term, kill"),
    (["--product", "NONE", "--", "true"], "NONE"),
    (["--product", "K R E", "--", "true"], "K R E"),
    (["--product", "KRE", "--project", "PR-99999", "--", "true"], "no such project"),
    (["--product", "KRE", "--project", "Nowhere", "--", "true"], "Its id, such as PR-1"),
    (["--prodct", "KRE", "--", "true"], "Did you mean --product?"),
    (["--product", "KRE", "-f", "true"], "there is no option -f"),
])
def test_what_is_wrong_before_the_command_is_125(run, licensed, arguments, complaint):
    done = run(*arguments, code=125)
    assert complaint in done.err and done.out == ""
    assert licensed.sessions() == []


def test_no_key_and_a_wrong_key(run, licensed):
    assert "there is no key" in run("--product", "KRE", "--", "true", code=125, USHER_KEY="").err
    done = run("--product", "KRE", "--", "true", code=125, USHER_KEY="ushk_" + "x" * 43)
    assert "key" in done.err
    licensed.check_no_leak()


def test_a_server_that_is_not_there(run):
    url = f"http://127.0.0.1:{closed_port()}"
    started = time.monotonic()
    assert url in run("--product", "KRE", "--timeout", "1", "--", "true", code=125, USHER_URL=url).err
    assert time.monotonic() - started < 28


def test_a_command_that_is_not_there_takes_no_license(run, licensed, tmp_path):
    (tmp_path / "plain").write_text("no program")
    (tmp_path / "folder").mkdir()
    assert 'no command "no-such-command"' in run("--product", "KRE", "--", "no-such-command", code=127).err
    assert run("--product", "KRE", "--", "./nowhere", code=127).err
    assert "Permission denied" in run("--product", "KRE", "--", "./plain", code=126).err
    assert "directory" in run("--product", "KRE", "--", "./folder", code=126).err.lower()
    assert licensed.sessions() == []


def test_a_program_that_the_kernel_refuses_gives_its_license_back(run, licensed, tmp_path):
    (tmp_path / "odd").write_text("#!/no/such/interpreter\n")
    (tmp_path / "odd").chmod(0o755)
    run("--product", "KRE", "--", "./odd", code=127)
    assert [session["state"] for session in licensed.sessions()] == ["released"]


def test_a_script_without_a_first_line_is_run_by_the_shell(run, tmp_path):
    (tmp_path / "script").write_text("exit 4\n")
    (tmp_path / "script").chmod(0o755)
    run("--product", "KRE", "--", "./script", code=4)


def test_each_attempt_is_a_new_one(run, licensed):
    for _ in range(3):
        run("--product", "KRE", "--", "true")
    assert len({session["id"] for session in licensed.sessions()}) == 3


def test_the_lease_is_kept_up_while_the_command_lives(start, licensed):
    running = start("--product", "KRE", "--ttl", "10", "--", "sleep", "14")
    session = until(licensed.active)[0]["id"]
    running.ends(0)
    ended = next(item for item in licensed.sessions() if item["id"] == session)
    assert ended["state"] == "released" and running.err == []


def test_a_login_is_enough(licensed, tmp_path):
    usher = Program(tmp_path)
    usher("login", "--url", licensed.server.url, "--key-stdin", input=licensed.key + "\n")
    assert "USHER_SESSION=" in usher("run", "--product", "KRE", "--", "env").out


def test_help_and_completion_know_it(stranger):
    told = stranger("run", "--help").out
    assert told.startswith("Usage: usher run [options] -- COMMAND [ARGUMENT...]\n") and "75" in told
    assert stranger("help", "run").out == told
    assert "on-loss" in stranger("completion", "bash").out


def test_the_command_has_the_files_that_we_were_given_and_no_other(licensed, run, tmp_path):
    given = os.open(tmp_path, os.O_RDONLY)
    shown = subprocess.run([USHER, "run", "--product", "KRE", "--", "ls", "-l", "/proc/self/fd"], env=run.env,
                           pass_fds=[given], capture_output=True, check=True, timeout=60).stdout.decode()
    os.close(given)
    assert f"{given} -> {tmp_path}" in shown and "socket" not in shown and "anon_inode" not in shown


def test_signals_are_for_the_command_as_they_were_for_us(run):
    command = ["grep", "-E", "Sig(Blk|Ign)", "/proc/self/status"]
    direct = subprocess.run(command, capture_output=True, check=True, timeout=60).stdout.decode()
    assert run("--product", "KRE", "--", *command).out == direct
