# SPDX-License-Identifier: Apache-2.0
"""`usher pools`: the tree, its figures and bars."""

import json

import world
from fake import page

POOLS = "/v1/accounts/AC-1/pools"


def test_the_tree(account, usher):
    assert usher("pools").out.splitlines() == [
        "LEVEL           ID       DEDICATED  POOL  ASSIGNED  AVAILABLE  USE",
        "KRE",
        "Atelier Nord    AC-1           200   164        41        123  ██░░░░░░░░  25 %",
        "├─ Studio       OG-1001         20    15        15          0  ██████████ 100 %",
        "│  └─ Lighting  OG-1002          5     5         4          1  ████████░░  80 %  draining to 3",
        "├─ Film         OG-1003         10    10         0         10  ░░░░░░░░░░   0 %  filling to 12",
        "└─ R/D ~ lab    OG-1005          1     0         2          0  ██████████ 100 %  over-committed by 1",
        "1 level without licenses not shown; --all shows it.",
    ]


def test_all_of_it(account, usher):
    lines = usher("pools", "--all").out.splitlines()
    assert "├─ Lighting     OG-1004          0     0         0          0" in lines
    assert lines[-1].startswith("└─ R/D")


def test_in_a_terminal_without_utf8_it_is_drawn_with_ascii(account, usher):
    lines = usher("pools", LC_ALL="C").out.splitlines()
    assert "|  `- Lighting  OG-1002" in lines[4] and "########..  80 %" in lines[4]


def test_one_product_or_level(account, usher):
    usher("pools", "--product", "KRE", "--level", "Studio")
    query = account.asked("GET", POOLS)[-1].query
    assert query["product"] == ["KRE"] and query["level"] == ["OG-1001"]
    usher("pools", "--level", "account")
    assert account.requests[-1].query["level"] == ["AC-1"]


def test_each_product_has_its_tree(account, usher):
    account.on("GET", POOLS, page(world.row("AC-1", "A", None, 5, 5, 0), world.row("OG-1", "B", "AC-1", 0, 0, 0),
                                  world.row("AC-1", "A", None, 7, 5, 0, "PAINT"),
                                  world.row("OG-1", "B", "AC-1", 2, 2, 1, "PAINT")))
    lines = usher("pools").out.splitlines()
    assert [line.split()[0] for line in lines] == ["LEVEL", "KRE", "A", "PAINT", "A", "└─", "1"]


def test_who_sees_a_part_sees_it_as_a_tree(account, usher):
    account.on("GET", POOLS, page(world.row("OG-2", "Part", "OG-1", 5, 3, 0), world.row("OG-3", "Below", "OG-2", 2, 2, 0)))
    lines = usher("pools").out.splitlines()
    assert lines[2].startswith("Part") and lines[3].startswith("└─ Below")


def test_nothing_at_all(account, usher):
    account.on("GET", POOLS, page())
    assert "no pools" in usher("pools").err


def test_a_circle_or_an_abyss_is_no_harm(account, usher):
    account.on("GET", POOLS, page(world.row("OG-1", "A", "OG-2", 1, 1, 0), world.row("OG-2", "B", "OG-1", 1, 1, 0)))
    usher("pools")
    rows = [world.row("OG-1", "A", None, 1, 1, 0)]
    rows += [world.row(f"OG-{n}", "x", f"OG-{n - 1}", 1, 1, 0) for n in range(2, 5000)]
    account.on("GET", POOLS, page(*rows))
    usher("pools")


def test_figures_of_any_size(account, usher):
    largest = 10 ** 12
    account.on("GET", POOLS, page(world.row("AC-1", "A", None, largest, largest, largest - 1)))
    assert "1000000000000  1000000000000  999999999999          1  █████████░  99 %" in usher("pools").out


def test_json_is_what_the_server_said(account, usher):
    assert json.loads(usher("pools", "--json").out) == world.POOLS


def test_colors_are_for_terminals(account, usher):
    plain = usher("pools").out
    assert "\x1b" not in plain
    colored = usher.at_terminal("pools")
    assert "\x1b[31m██████████ 100 %\x1b[0m" in colored and "\x1b[1mLEVEL\x1b[0m" in colored
    for setting in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        assert "\x1b" not in usher.at_terminal("pools", **setting)
    assert usher.at_terminal("pools", "--no-color") == plain
