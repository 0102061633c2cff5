# SPDX-License-Identifier: Apache-2.0
"""Seats in use: on which machines, since when; and those that are idle, given back."""

import json
import time

import pytest

from conftest import Program
from fake import AT, Answer, page
from server import OPERATOR_KEY

SEATS = "/v1/accounts/AC-1/seats"


def seat(number=1, **more):
    return {"id": f"ST-{number}", "product": "KSE", "user": "US-1", "level": "OG-1002", "state": "activated",
            "assigned_at": AT, "activated_at": AT, "last_used_at": AT, "machines": [], **more}


class Studio:
    """An account with seats of KSE for alice, at most two machines each."""

    def __init__(self, live, tmp_path):
        live.ask("POST", "/v1/products", {"code": f"KSE{live.count}", "name": "Seats", "model": "seat",
                                          "machines_per_seat": 2})
        self.product = f"KSE{live.count}"
        live.count += 1
        self.account = live.ask("POST", "/v1/accounts", {"name": "Studio", "plan": "true_enterprise"})["id"]
        self.admin = Program(tmp_path, live.url)
        self.admin.env.update(USHER_KEY=OPERATOR_KEY, USHER_ACCOUNT=self.account)
        self.admin("purchases", "create", self.product, 5)
        self.admin("users", "create", "Alice", "--email", "alice@example.com")
        self.seat = json.loads(self.admin("seats", "assign", self.product, "account", "alice@example.com",
                                          "--json").out)["id"]
        self.alice = Program(tmp_path, live.url)
        self.alice.env["USHER_KEY"] = json.loads(
            self.admin("keys", "create", "laptop", "--user", "alice@example.com", "--json").out)["secret"]

    def machines(self):
        return [row["machine"] for row in json.loads(self.admin("seats", "machines", self.seat, "--json").out)]


@pytest.fixture
def studio(live, tmp_path):
    live.count = getattr(live, "count", 0)
    return Studio(live, tmp_path)


def test_activate_says_since_when_and_where_else(studio):
    told = studio.alice("activate", "--product", studio.product, "--machine", "desk").out
    assert told.startswith(f"{studio.product}: your seat {studio.seat} is in use on desk, since 20")
    assert studio.alice("activate", "--product", studio.product, "--machine", "desk").out == told
    studio.alice("activate", "--product", studio.product)
    assert len(studio.machines()) == 2
    done = studio.alice("activate", "--product", studio.product, "--machine", "third", code=5)
    assert "desk" in done.err and "usher deactivate" in done.err
    shown = studio.admin("seats", "machines", studio.seat).out
    assert shown.split()[:4] == ["MACHINE", "ACTIVATED", "LAST", "USED"] and "desk" in shown


def test_deactivate_frees_a_place(studio):
    for machine in ("desk", "lap top/ü"):
        studio.alice("activate", "--product", studio.product, "--machine", machine)
    studio.alice("activate", "--product", studio.product, "--machine", "third", code=5)
    assert "Freed" in studio.alice("deactivate", "--product", studio.product, "--machine", "lap top/ü").out
    studio.alice("activate", "--product", studio.product, "--machine", "third")
    assert studio.machines() == ["desk", "third"]
    studio.admin("seats", "deactivate", studio.seat, "desk")
    assert studio.machines() == ["third"]
    studio.alice("deactivate", "--product", studio.product, "--machine", "nowhere", code=3)


def test_without_a_seat_or_a_user(studio, live):
    other = json.loads(studio.admin("users", "create", "Bob", "--email", "bob@example.com", "--json").out)["id"]
    bob = Program(studio.admin.folder, live.url)
    bob.env["USHER_KEY"] = json.loads(studio.admin("keys", "create", "b", "--user", other, "--json").out)["secret"]
    assert "holds no seat" in bob("activate", "--product", studio.product, code=3).err
    assert "you hold no seat" in bob("deactivate", "--product", studio.product, code=3).err
    assert "users hold seats" in studio.admin("activate", "--product", studio.product, code=2).err
    assert "users hold seats" in studio.admin("deactivate", "--product", studio.product, code=2).err
    assert "--product" in bob("activate", code=2).err and "--product" in bob("deactivate", code=2).err


def test_machines_of_a_product(studio):
    assert "2" in studio.admin("products", "show", studio.product).out
    studio.admin("products", "update", studio.product, "--machines-per-seat", "none", "--name", "Any")
    for machine in ("a", "b", "c"):
        studio.alice("activate", "--product", studio.product, "--machine", machine)
    studio.admin("products", "update", studio.product, "--machines-per-seat", "0", code=2)
    studio.admin("products", "update", studio.product, code=2)
    studio.admin("products", "update", studio.product, "--machines-per-seat", "3")
    assert "in use on a" in studio.admin("seats", "check-in", studio.seat, "--machine", "d", code=5).err


def test_idle_seats_are_given_back_in_bulk(studio, live):
    for name in ("b", "c", "d"):
        studio.admin("users", "create", name, "--email", f"{name}@example.com")
        studio.admin("seats", "assign", studio.product, "account", f"{name}@example.com")
    assert studio.admin("seats", "--idle", "30d").err == "no seats\n"
    time.sleep(1.1)
    assert len(studio.admin("seats", "--idle", "1s").out.splitlines()) == 5
    done = studio.admin("seats", "release", "--idle", "1s", code=2)
    assert "--yes releases them" in done.err and "b@example.com" in done.out
    told = studio.admin.at_terminal("seats", "release", "--idle", "1s", answers=[("[y/N]", "n\n")], code=7)
    assert "Release these 4 seats?" in told and "nothing was released" in told
    studio.alice("activate", "--product", studio.product)
    told = studio.admin("seats", "release", "--idle", "1s", "--user", "b@example.com", "--reason", "idle", "--yes").out
    assert told.endswith("Released 1 seat.\n")
    assert studio.admin("seats", "release", "--idle", "1000d", "--yes").err == "no such seats\n"
    left = json.loads(studio.admin("seats", "--json").out)
    assert len(left) == 3
    done = studio.admin("seats", "release", *[one["id"] for one in left[1:]], "--json")
    assert json.loads(done.out) == {"released": 2}
    assert [one["id"] for one in json.loads(studio.admin("seats", "--json").out)] == [studio.seat]
    assert "Released seat" in studio.admin("seats", "release", studio.seat, "--reason", "idle",
                                           "--cooldown", "60").out


def test_all_or_nothing(studio):
    assert studio.admin("seats", "release", studio.seat, "ST-99999", code=3).err
    assert studio.seat in studio.admin("seats").out


@pytest.mark.parametrize("arguments, told", [
    ([], "which seats?"),
    (["ST-1", "--idle", "30d"], "not both"),
    (["ST-1", "ST-2", "--cooldown", "60"], "--cooldown is for one seat"),
    (["--idle", "soon"], "--idle is a time"),
])
def test_release_used_wrongly(account, usher, arguments, told):
    assert told in usher("seats", "release", *arguments, code=2).err


def test_who_comes_back_while_the_question_stands_open_keeps_the_seat(account, usher):
    """The list is read once more after the answer."""
    account.on("GET", SEATS, page(seat(1), seat(2)), page(seat(2), seat(3)))
    account.on("POST", f"{SEATS}:release", Answer({"released": 1}))
    told = usher.at_terminal("seats", "release", "--idle", "30d", answers=[("[y/N]", "y\n")])
    assert "Release these 2 seats?" in told and "Released 1 seat." in told
    assert account.asked("POST", f"{SEATS}:release")[0].json == {"seats": ["ST-2"]}
    assert account.asked("GET", SEATS)[0].query["idle_s"] == [str(30 * 86400)]


def test_the_line_as_a_table(account, usher):
    account.on("GET", "/v1/accounts/AC-1/waiters", page(
        {"position": 1, "product": "KRE", "user": "US-1", "count": 2, "since": AT, "deadline_at": AT, "project": None,
         "organization": None, "machine": "agent-7", "estimate_s": 3725},
        {"position": 2, "product": "KRE", "user": "US-2", "count": 1, "since": AT, "deadline_at": AT, "project": None,
         "organization": None, "machine": None, "estimate_s": None}))
    lines = usher("waiters", "--product", "KRE", "--user", "alice@example.com").out.splitlines()
    assert lines[0].split() == ["#", "PRODUCT", "USER", "COUNT", "MACHINE", "SINCE", "UNTIL", "ESTIMATE"]
    assert "alice@example.com" in lines[1] and "agent-7" in lines[1] and lines[1].endswith("1 h 2 min 5 s")
    assert lines[2].endswith("-")
    assert account.asked("GET", "/v1/accounts/AC-1/waiters")[0].query["user"] == ["US-1"]
    account.on("GET", "/v1/accounts/AC-1/waiters", page())
    assert usher("waiters").err == "nobody waits\n"


def test_sessions_start_stands_in_line(licensed, run, tmp_path):
    usher = Program(tmp_path, licensed.server.url)
    usher.env.update(USHER_KEY=licensed.key, USHER_ACCOUNT=licensed.id)
    held = [licensed.take(), licensed.take()]
    started = time.monotonic()
    done = usher("sessions", "start", "--product", "KRE", "--wait", "2s", "--timeout", "1", code=5)
    assert 1.5 < time.monotonic() - started < 8 and "not enough available" in done.err
    licensed.end(held[0])
    usher("sessions", "start", "--product", "KRE", "--wait", "10m", "--ttl", "1h")
    assert "--wait is a time from 0 to 600 s" in usher("sessions", "start", "--product", "KRE", "--wait", "11m",
                                                       code=2).err
