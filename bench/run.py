#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""How fast Usher is, side by side with others, and how it grows. `make bench` runs it; docs/performance.md says more.

The load generators share the machine with what they load, and others may use it, too: so contenders take turns, the
ratios are those of one run, and the median of the rounds counts. Everything is made in a temporary folder and gone
afterwards; nothing listens but on 127.0.0.1.
Usage: bench/run.py BUILD [--seconds N] [--rounds N] [--folder DIR] [PART...]
Parts: compare, batch, heartbeats, latency, engine, organizations, sessions, moving. All, if none is named.
"""
import argparse
import contextlib
import os
import pathlib
import statistics
import tempfile

import engine
import growth
import moving
import rig
from contenders.nginx import Nginx
from contenders.postgres import Postgres
from contenders.redis import Redis
from contenders.usher import Usher
from table import Rounds, Table

CONNECTIONS = (64, 256)
BATCH = 1000


class Field:
    """The contenders, all running, and what each did in each round."""

    def __init__(self, options, folder):
        self.options = options
        self.rounds = Rounds(options.rounds)
        self.usher = Usher(options.build / "usherd", self.make(folder, "usher"))
        self.all = {"nginx": Nginx(self.make(folder, "nginx"), "x" * 362), "usher": self.usher,
                    "redis": Redis(self.make(folder, "redis")), "postgres": Postgres(self.make(folder, "postgres"))}

    @staticmethod
    def make(folder, name):
        (folder / name).mkdir(mode=0o755)
        return folder / name

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            for contender in self.all.values():
                stack.callback(contender.stop)
                contender.start()
            self.stack = stack.pop_all()
        return self

    def __exit__(self, *_):
        self.stack.close()


def compare(field, table):
    seconds = field.options.seconds
    for connections in CONNECTIONS:
        field.rounds.measure(f"{connections} connections", {
            name: lambda contender=contender: contender.rate(connections, seconds)
            for name, contender in field.all.items()})
    name = f"{CONNECTIONS[-1]} connections"
    for contender, reach, aim in (("nginx", 0.4, 0.7), ("redis", 1.3, 2.2), ("postgres", 15, 25)):
        what = f"acquire and release / {field.all[contender].name}"
        table.add(what, field.rounds.ratio(name, "usher", contender), "", reach, aim)
    field.rounds.measure("acquires alone, 256 connections", {
        "nginx": lambda: field.all["nginx"].rate(256, seconds, releases=False),
        "usher": lambda: field.usher.rate(256, seconds, releases=False)})


def batch(field, table):
    seconds = field.options.seconds
    field.rounds.measure(f"batches of {BATCH}", {
        "redis": lambda: field.all["redis"].rate(CONNECTIONS[-1], seconds),
        "usher": lambda: field.usher.batch_rate(8, seconds, BATCH)})
    ratio = field.rounds.ratio(f"batches of {BATCH}", "usher", "redis")
    table.add(f"batches of {BATCH} / {field.all['redis'].name}", ratio, "", 5, 12)


def heartbeats(field, _):
    seconds = field.options.seconds
    field.rounds.measure("heartbeats, 256 connections", {
        "nginx": lambda: field.all["nginx"].rate(256, seconds),
        "usher": lambda: field.usher.heartbeat_rate(256, seconds)})


def latency(field, table):
    """At half of what the closed loop reaches, in turns, so that a slower machine has a lower half."""
    usher, seconds, all_of_it = field.usher, field.options.seconds, []
    print("\nlatency at half of the top load, 256 connections, milliseconds")
    for _ in range(field.options.rounds):
        top = usher.rate(256, seconds)
        paced = rig.pace(field.options.build / "bench/pace", usher.port, top / 2, seconds + 1, 256, usher.key,
                         rig.USERS, usher.next_session(), 1024)
        all_of_it.append(paced)
        print(f"  {paced['rate']:8.0f} a second: 50 % {paced['p50_ms']:.2f}, 99 % {paced['p99_ms']:.2f}, "
              f"99.9 % {paced['p999_ms']:.2f}, most {paced['most_ms']:.2f}")
    slow = statistics.median(paced["p99_ms"] for paced in all_of_it)
    table.add("99th percentile at half load", slow, "ms", 5, 2, True)


WITH_FIELD = {"compare": compare, "batch": batch, "heartbeats": heartbeats, "latency": latency}
ALONE = {"engine": engine.measure, "organizations": growth.organizations, "sessions": growth.sessions,
         "moving": moving.measure}


def read_options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join([*WITH_FIELD, *ALONE]))
    parser.add_argument("--seconds", type=int, default=int(os.environ.get("BENCH_SECONDS", 5)), help="of each measurement")
    parser.add_argument("--rounds", type=int, default=int(os.environ.get("BENCH_ROUNDS", 5)))
    parser.add_argument("--folder", help="where the temporary folder is made: the disk that is measured")
    options = parser.parse_intermixed_args()
    options.build = options.build.resolve()
    unknown = set(options.parts) - {*WITH_FIELD, *ALONE}
    if unknown:
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    options.parts = options.parts or [*WITH_FIELD, *ALONE]
    return options


def main():
    options, table = read_options(), Table()
    with tempfile.TemporaryDirectory(prefix="usher-bench-", dir=options.folder) as name:
        folder = pathlib.Path(name)
        folder.chmod(0o755)
        parts = [WITH_FIELD[part] for part in options.parts if part in WITH_FIELD]
        if parts:
            with Field(options, folder) as field:
                for part in parts:
                    part(field, table)
        for part in options.parts:
            if part in ALONE:
                ALONE[part](options, folder, table)
    table.show()


main()
