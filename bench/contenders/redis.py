# SPDX-License-Identifier: Apache-2.0
"""Redis, with a Lua script that decides, and a log that is synced before it answers."""
import csv
import io
import subprocess

import rig

LEAVES, DEDICATED, ACCOUNT = 900, 2, 1_000_000_000


class Redis:
    name = "Redis, Lua script, fsync always"

    def __init__(self, folder):
        self.folder, self.process, self.guess = folder, None, 10_000

    def start(self):
        self.port = rig.free_port()
        self.process = subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.folder), "--save", "",
             "--appendonly", "yes", "--appendfsync", "always", "--auto-aof-rewrite-percentage", "0", "--loglevel",
             "warning"], stdout=subprocess.DEVNULL)
        rig.wait_for_port(self.port, self.process)
        self.fill()
        script = (rig.BENCH / "contenders/redis.lua").read_text()
        self.script = self.cli("SCRIPT", "LOAD", script).strip()

    def cli(self, *words, **options):
        return rig.output_of("redis-cli", "-p", self.port, *words, **options)

    def fill(self):
        lines = [f"HSET pool:{leaf} capacity {DEDICATED} assigned 0" for leaf in range(LEAVES)]
        lines += [f"HSET user:{user} organization {user % LEAVES}" for user in range(rig.USERS)]
        lines += [f"HSET pool:account capacity {ACCOUNT} assigned 0"]
        self.cli(input="\n".join(lines) + "\n")

    def run(self, connections, requests):
        out = rig.output_of("redis-benchmark", "-p", self.port, "-c", connections, "-n", requests, "-r", rig.USERS,
                            "--csv", "EVALSHA", self.script, 0, "__rand_int__", 4 * connections)
        return float(list(csv.DictReader(io.StringIO(out)))[0]["rps"])

    def rate(self, connections, seconds):
        # It counts requests, not seconds: as many as took so long the last time.
        rate = self.run(connections, int(self.guess * seconds))
        self.guess = rate
        return rate

    def stop(self):
        rig.stop(self.process)
