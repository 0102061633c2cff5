# SPDX-License-Identifier: Apache-2.0
"""Where to go and as whom: flags over the environment over what login kept."""

import stat

import pytest

import world
from conftest import KEY, Program
from fake import Answer, problem


@pytest.fixture
def person(account, tmp_path):
    """At a machine without any setting, with the address of the server at hand."""
    program = Program(tmp_path)
    program.url = account.url
    return program


def config(tmp_path):
    return tmp_path / "config" / "usher" / "config"


def test_login_keeps_address_and_key_for_its_owner_only(person, account, tmp_path):
    run = person("login", "--url", account.url + "/", "--key-stdin", input=KEY + "\n")
    assert run.out == f"Logged in to {account.url} as account_admin; kept in {config(tmp_path)}.\n"
    assert KEY not in run.out + run.err
    kept = config(tmp_path)
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600 and stat.S_IMODE(kept.parent.stat().st_mode) == 0o700
    assert kept.read_text() == f"url = {account.url}\nkey = {KEY}\n"
    assert [path.name for path in kept.parent.iterdir()] == ["config"]
    person("users")
    assert account.requests[-1].headers["Authorization"] == f"Bearer {KEY}"
    assert "Removed" in person("logout").out and not kept.exists()
    assert "Nobody was logged in" in person("logout").out
    assert "there is no key for http://127.0.0.1:7420" in person("users", code=4).err


def test_login_at_a_terminal_asks_and_does_not_show_the_key(person, account, tmp_path):
    shown = person.at_terminal("login", answers=[("Address", account.url + "\n"), ("Key", KEY + "\n")])
    assert KEY not in shown and "Logged in" in shown
    assert KEY in config(tmp_path).read_text()


def test_login_given_up_with_control_c_keeps_nothing(person, account, tmp_path):
    person.at_terminal("login", answers=[("Address", account.url + "\n"), ("Key", "\x03")], code=7)
    assert not config(tmp_path).exists()


def test_login_without_a_terminal_says_how(person, account):
    run = person("login", "--url", account.url, code=2)
    assert "nobody to ask for the key" in run.err and "--key-stdin" in run.err


def test_login_takes_the_key_from_a_file_or_the_environment(person, account, tmp_path):
    (tmp_path / "key").write_text(f"  {KEY}\n")
    person("login", "--url", account.url, "--key-file", "key")
    assert KEY in config(tmp_path).read_text()
    person("login", "--url", account.url, USHER_KEY="another-key-that-is-long-enough-0123456789")
    assert "another-key" in config(tmp_path).read_text()


@pytest.mark.parametrize("key", ["", "\n", "two words", "bell\x07", "k" * 600, "schlüssel", "a\r\nX-Evil: 1"])
def test_what_is_no_key_is_not_sent(person, account, key):
    run = person("login", "--url", account.url, "--key-stdin", input=key, code=2)
    assert "standard input holds no key" in run.err
    assert not account.requests


def test_a_key_that_does_not_count_is_not_kept(person, account, tmp_path):
    account.on("GET", "/v1/whoami", problem("unauthenticated", 401, "The key does not count", "Use another."))
    run = person("login", "--url", account.url, "--key-stdin", input=KEY, code=4)
    assert "The key does not count: Use another." in run.err
    assert not config(tmp_path).exists()


def test_login_again_replaces_in_one_step(person, account, tmp_path):
    person("login", "--url", account.url, "--key-stdin", input=KEY)
    with open(config(tmp_path)) as before:
        person("login", "--url", account.url, "--key-stdin", input="b" * 48)
        assert KEY in before.read(), "who reads the old file reads all of it"
    assert "b" * 48 in config(tmp_path).read_text()


def test_login_with_an_account_keeps_it(person, account):
    account.on("GET", "/v1/accounts/AC-7", Answer({**world.ACCOUNT, "id": "AC-7"}))
    account.on("GET", "/v1/accounts/AC-7/users", world.users)
    person("login", "--url", account.url, "--account", "AC-7", "--key-stdin", input=KEY)
    assert "alice" in person("users").out
    refused = person("login", "--url", account.url, "--account", "AC-8", "--key-stdin", input=KEY, code=3)
    assert "/v1/accounts/AC-8" in refused.err


def test_the_kept_key_goes_to_no_other_address(person, account):
    person("login", "--url", account.url, "--key-stdin", input=KEY)
    before = len(account.requests)
    other = account.url.replace("127.0.0.1", "localhost")
    run = person("users", "--url", other, code=4)
    assert f"there is no key for {other}" in run.err and f"usher login --url {other}" in run.err
    assert len(account.requests) == before
    person("users", "--url", other, USHER_KEY=KEY)


def test_flags_over_environment_over_login(person, account, tmp_path):
    person("login", "--url", account.url, "--account", "AC-1", "--key-stdin", input="login" * 8)
    (tmp_path / "key").write_text("flag" * 10)

    def key_of(*arguments, **env):
        person("whoami", *arguments, **env)
        return account.requests[-1].headers["Authorization"].removeprefix("Bearer ")

    assert key_of() == "login" * 8
    assert key_of(USHER_KEY="environment" * 4) == "environment" * 4
    assert key_of("--key-file", "key", USHER_KEY="environment" * 4) == "flag" * 10
    account.on("GET", "/v1/accounts/AC-2/users", world.users)
    account.on("GET", "/v1/accounts/AC-3/users", world.users)
    person("users", USHER_ACCOUNT="AC-2")
    person("users", "--account", "AC-3", USHER_ACCOUNT="AC-2")
    assert [request.path.split("/")[3] for request in account.requests if request.path.endswith("/users")] == \
        ["AC-2", "AC-3"]
    assert "cannot reach http://127.0.0.1:1" in person("users", "--url", "http://127.0.0.1:1", USHER_KEY=KEY,
                                                       USHER_URL=account.url, code=6).err


def test_the_account_of_the_login_counts_with_its_own_key_only(person, account):
    account.on("GET", "/v1/accounts/AC-7", Answer({**world.ACCOUNT, "id": "AC-7"}))
    person("login", "--url", account.url, "--account", "AC-7", "--key-stdin", input=KEY)
    person("users", USHER_KEY="another" * 7)
    assert account.asked("GET", "/v1/accounts/AC-1/users") and not account.asked("GET", "/v1/accounts/AC-7/users")


@pytest.mark.parametrize("text, told", [
    ("url\n", "config:1 is not one of"),
    ("url = http://127.0.0.1:1\nkee = x\n", "config:2 is not one of"),
    ("url = nonsense\n", "not the address of a server"),
    ("\0", "zero byte"),
])
def test_a_broken_login_file_is_told_by_its_line(person, tmp_path, text, told):
    config(tmp_path).parent.mkdir(parents=True)
    config(tmp_path).write_text(text)
    config(tmp_path).chmod(0o600)
    assert told in person("users", code=2).err


def test_a_login_file_that_others_can_read_is_told(person, account, tmp_path):
    person("login", "--url", account.url, "--key-stdin", input=KEY)
    config(tmp_path).chmod(0o644)
    assert "chmod 600" in person("users").err


def test_without_a_home_there_is_no_place(account, tmp_path):
    program = Program(tmp_path)
    del program.env["HOME"], program.env["XDG_CONFIG_HOME"]
    assert "no place to keep the key" in program("login", "--url", account.url, "--key-stdin", input=KEY, code=8).err


def test_a_folder_where_a_file_is(person, account, tmp_path):
    (tmp_path / "config").write_text("")
    assert "cannot make the folder" in person("login", "--url", account.url, "--key-stdin", input=KEY, code=8).err


def test_http_to_another_machine_is_warned_of(person):
    run = person("login", "--url", "http://no-such-host.invalid", "--key-stdin", input=KEY, code=6)
    assert "Warning: http sends the key over the network" in run.err


class TestTheOperator:
    def test_with_one_account_it_is_that(self, fake, usher):
        world.build(fake, role="operator")
        assert "alice" in usher("users").out

    def test_with_several_it_must_be_said_which(self, fake, usher):
        world.build(fake, role="operator")
        two = [world.ACCOUNT, {**world.ACCOUNT, "id": "AC-2", "name": "Bloom"}]
        fake.on("GET", "/v1/accounts", Answer({"items": two, "next": None}))
        run = usher("users", code=2)
        assert "--account" in run.err and "AC-1  Atelier Nord" in run.err and "AC-2  Bloom" in run.err
        assert "alice" in usher("users", "--account", "AC-1").out

    def test_with_none_it_is_told_how_to_make_one(self, fake, usher):
        world.build(fake, role="operator")
        fake.on("GET", "/v1/accounts", Answer({"items": [], "next": None}))
        assert "usher accounts create" in usher("users", code=3).err
