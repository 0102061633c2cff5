#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What several equal nodes on PostgreSQL reach, side by side with PostgreSQL alone and with one node on SQLite.

As in run.py, contenders take turns, and the ratios are those of one run. Every node and the load share the machine: so
three of them show what they cost each other, not what three machines do.
Usage: bench/cluster.py BUILD [--seconds N] [--rounds N] [--folder DIR] [PART...]
Parts: hot, accounts. Both, if none is named.
"""
import argparse
import contextlib
import os
import pathlib
import statistics
import tempfile

from contenders.cluster import Cluster, nodes_rate
from contenders.postgres import Postgres, PostgresAccounts
from contenders.usher import Usher
from table import Rounds, Table

CONNECTIONS = (64, 256)
ACCOUNTS, USERS = 1000, 10


@contextlib.contextmanager
def started(*contenders):
    with contextlib.ExitStack() as stack:
        for contender in contenders:
            stack.callback(contender.stop)
            contender.start()
        yield


def make(folder, name):
    (folder / name).mkdir(mode=0o755)
    return folder / name


def best(rounds, who):
    """Its rates at the number of connections at which it does best."""
    return max((rounds.rates[f"{connections} connections", who] for connections in CONNECTIONS), key=sum)


def against_function(rounds, table, what, function, nodes):
    """At as many connections as in `make bench`, and each at what suits it best: PostgreSQL slows down with many."""
    table.add(what, rounds.ratio(f"{CONNECTIONS[-1]} connections", nodes, function), "", 5, 10)
    ratios = [mine / theirs for mine, theirs in zip(best(rounds, nodes), best(rounds, function))]
    table.tell(f"{what}, each at its best", statistics.median(ratios))


def hot(options, folder, table):
    """One account, which all nodes want at once."""
    function, alone = Postgres(make(folder, "function")), Usher(options.build / "usherd", make(folder, "sqlite"))
    cluster, rounds = Cluster(options.build / "usherd", make(folder, "hot")), Rounds(options.rounds)
    with started(function, alone, cluster):
        cluster.fill_one()
        for connections in CONNECTIONS:
            rounds.measure(f"{connections} connections", {
                function.name: lambda: function.rate(connections, options.seconds),
                "one node on SQLite": lambda: nodes_rate([alone], connections, options.seconds),
                **{f"{count} on PostgreSQL": lambda count=count: nodes_rate(cluster.nodes[:count], connections, options.seconds)
                   for count in (1, 2, 3)}})
    name = f"{CONNECTIONS[-1]} connections"
    against_function(rounds, table, "one hot account: three nodes / a function", function.name, "3 on PostgreSQL")
    table.tell("one node on PostgreSQL / one on SQLite", rounds.ratio(name, "1 on PostgreSQL", "one node on SQLite"))
    table.tell("one hot account: two nodes / one", rounds.ratio(name, "2 on PostgreSQL", "1 on PostgreSQL"))
    table.tell("one hot account: three nodes / one", rounds.ratio(name, "3 on PostgreSQL", "1 on PostgreSQL"))


def accounts(options, folder, table):
    """A thousand accounts, each of which any node may be asked for."""
    function = PostgresAccounts(make(folder, "function-accounts"), ACCOUNTS, USERS)
    cluster, rounds = Cluster(options.build / "usherd", make(folder, "accounts")), Rounds(options.rounds)
    with started(function, cluster):
        cluster.fill_many(ACCOUNTS, USERS)
        for connections in CONNECTIONS:
            rounds.measure(f"{connections} connections", {
                function.name: lambda: function.rate(connections, options.seconds),
                **{f"{count} on PostgreSQL": lambda count=count: nodes_rate(
                    cluster.nodes[:count], connections, options.seconds, ACCOUNTS, USERS) for count in (1, 3)}})
    against_function(rounds, table, "1,000 accounts: three nodes / a function", function.name, "3 on PostgreSQL")
    table.tell("1,000 accounts: three nodes / one",
               rounds.ratio(f"{CONNECTIONS[-1]} connections", "3 on PostgreSQL", "1 on PostgreSQL"))


PARTS = {"hot": hot, "accounts": accounts}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--seconds", type=int, default=int(os.environ.get("BENCH_SECONDS", 5)), help="of each measurement")
    parser.add_argument("--rounds", type=int, default=int(os.environ.get("BENCH_ROUNDS", 5)))
    parser.add_argument("--folder", help="where the temporary folder is made: the disk that is measured")
    options, table = parser.parse_intermixed_args(), Table()
    options.build = options.build.resolve()
    unknown = set(options.parts) - set(PARTS)
    if unknown:
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    for part in options.parts or PARTS:
        with tempfile.TemporaryDirectory(prefix="usher-bench-", dir=options.folder) as name:
            folder = pathlib.Path(name)
            folder.chmod(0o755)
            print(f"\n{PARTS[part].__doc__}")
            PARTS[part](options, folder, table)
    table.show()


main()
