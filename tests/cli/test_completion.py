# SPDX-License-Identifier: Apache-2.0
"""Completion, as each shell that is installed does it."""

import os
import shutil
import subprocess

import pytest

from conftest import USHER

CASES = [
    (["poo"], {"pools"}),
    (["help", "ses"], {"sessions"}),
    (["users", ""], {"create", "delete", "invite", "list", "move", "show", "sign-out", "update"}),
    (["projects", "members", ""], {"add", "list", "remove"}),
    (["users", "create", "--ro"], {"--role"}),
    (["users", "create", "--role", ""], {"member", "org_admin", "account_admin", "auditor"}),
    (["--account", "users", "keys", "create", "--role", "pl"], {"platform"}),
    (["policy", "set", ""], {"unrestricted", "member_based", "strict"}),
    (["policy", "set", "strict", "--fallback", ""], {"on", "off"}),
    (["sessions", "--sta"], {"--state"}),
    (["apply", "-f", "acc"], {"account.yaml"}),
    (["backup", "acc"], {"account.yaml"}),
    (["whoami", "--ca-c"], {"--ca-cert"}),
    (["users", "create", "--email", ""], set()),
]
BASH = """
source <("$1" completion bash); shift
COMP_WORDS=(usher "$@"); COMP_CWORD=$#
_usher
printf '%s\\n' "${COMPREPLY[@]}"
"""
# zsh completes in its line editor only, so its builtins that offer words are put in place by ones that print them.
ZSH = """
compdef() { : }
_files() { print -l -- ${PREFIX}*(N) }
compadd() { [[ $1 == -- ]] && shift; print -l -- ${(M)@:#${PREFIX}*} }
_describe() { local -a all; all=("${(@P)2}"); print -l -- ${(M)${all%%:*}:#${PREFIX}*} }
eval "$("$1" completion zsh)"; shift
words=(usher "$@"); CURRENT=$#words; PREFIX=$words[CURRENT]
_usher
"""
FISH = """
$argv[1] completion fish | source
complete --do-complete (string join -- ' ' usher (string escape -- $argv[2..-2]) $argv[-1]) | string split -f 1 \\t
true
"""


def offered(shell, command, words, tmp_path):
    (tmp_path / "account.yaml").write_text("")
    environment = {"PATH": f"{USHER.parent}:{os.environ['PATH']}", "HOME": str(tmp_path), "LC_ALL": "C.UTF-8"}
    run = subprocess.run([*command, str(USHER), *words], capture_output=True, text=True, env=environment, cwd=tmp_path,
                         timeout=60)
    assert run.returncode == 0 and run.stderr == "", f"{shell}: {run.stderr}"
    return {line for line in run.stdout.split("\n") if line}


@pytest.mark.parametrize("words, wanted", CASES, ids=[" ".join(case[0]) for case in CASES])
def test_bash(tmp_path, words, wanted):
    assert offered("bash", ["bash", "--norc", "-c", BASH, "bash"], words, tmp_path) == wanted


@pytest.mark.parametrize("words, wanted", CASES, ids=[" ".join(case[0]) for case in CASES])
def test_zsh(tmp_path, words, wanted):
    if shutil.which("zsh"):
        assert offered("zsh", ["zsh", "-f", "-c", ZSH, "zsh"], words, tmp_path) == wanted


@pytest.mark.parametrize("words, wanted", CASES, ids=[" ".join(case[0]) for case in CASES])
def test_fish(tmp_path, words, wanted):
    if shutil.which("fish"):
        assert wanted <= offered("fish", ["fish", "--no-config", "-c", FISH], words, tmp_path)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_scripts_are_sound(stranger, shell):
    script = stranger("completion", shell).out
    for word in ("pools", "when-available", "member_based", "heartbeat"):
        assert word in script
    if shutil.which(shell):
        subprocess.run([shell, "-n"], input=script.encode(), check=True, timeout=60)
