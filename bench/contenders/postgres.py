# SPDX-License-Identifier: Apache-2.0
"""PostgreSQL, with a function that decides in one transaction, and commits that are synced."""
import pathlib
import re
import shutil
import signal
import subprocess
import time

import rig

SETTINGS = {"listen_addresses": "127.0.0.1", "max_connections": "300", "shared_buffers": "256MB",
            "max_wal_size": "4GB", "log_min_messages": "fatal", "unix_socket_directories": ""}


def find(program):
    """Debian keeps the programs of each version in a folder of their own."""
    found = sorted(pathlib.Path("/usr/lib/postgresql").glob(f"*/bin/{program}"))
    return str(found[-1]) if found else shutil.which(program)


class Postgres:
    name = "PostgreSQL, a function"

    def __init__(self, folder):
        self.folder, self.process = folder, None

    def serve(self):
        rig.give_to_nobody(self.folder)
        data, self.port = self.folder / "data", rig.free_port()
        rig.output_of(find("initdb"), "-D", data, "-U", "bench", "-A", "trust", "-E", "UTF8", "--no-locale",
                      cwd=self.folder, **rig.as_nobody())
        settings = [word for name, value in SETTINGS.items() for word in ("-c", f"{name}={value}")]
        self.process = subprocess.Popen([find("postgres"), "-D", data, "-p", str(self.port), *settings],
                                        cwd=self.folder, stdout=subprocess.DEVNULL, **rig.as_nobody())
        rig.wait_for_port(self.port, self.process)
        while subprocess.run([find("pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port), "-U", "bench",
                               "-d", "postgres"]).returncode != 0:
            time.sleep(0.02)  # it listens before it serves

    def start(self):
        self.serve()
        self.fill()

    def fill(self):
        self.sql("postgres.sql", "postgres")
        self.turn = f"\\set user random(1, {rig.USERS})\nSELECT turn(:user, {{running}});\n"

    def sql(self, name, database):
        self.run("psql", "-q", "-v", "ON_ERROR_STOP=1", "-f", rig.BENCH / "contenders" / name, "-d", database)

    def run(self, program, *words):
        return rig.output_of(program, "-h", "127.0.0.1", "-p", self.port, "-U", "bench", *words)

    def rate(self, connections, seconds):
        script = self.folder / "turn.sql"
        script.write_text(self.turn.format(running=4 * connections))
        out = self.run("pgbench", "-n", "-M", "prepared", "-j", "1", "-c", connections, "-T", seconds, "-f",
                       script, "postgres")
        return float(re.search(r"tps = ([\d.]+) \(without", out).group(1))

    def stop(self):
        rig.stop(self.process, signal.SIGINT)  # at once, without waiting for clients


class PostgresAccounts(Postgres):
    """The same with many accounts."""
    name = "PostgreSQL, a function, many accounts"

    def __init__(self, folder, accounts, users):
        super().__init__(folder)
        self.accounts, self.users = accounts, users

    def fill(self):
        self.run("psql", "-q", "-c", f"ALTER DATABASE postgres SET bench.accounts = {self.accounts}", "-c",
                 f"ALTER DATABASE postgres SET bench.users = {self.users}", "-d", "postgres")
        self.sql("accounts.sql", "postgres")
        self.turn = (f"\\set account random(1, {self.accounts})\n\\set user random(1, {self.users})\n"
                     "SELECT turn(:account, :user, {running});\n")
