# SPDX-License-Identifier: Apache-2.0
"""A PostgreSQL of the tests' own (Debian's package): in a temporary folder, on a free port of 127.0.0.1, gone with them.

    with Postgres() as postgres:
        uri = postgres.database()

Without `durable` nothing is synced: quicker, and all the same as long as the machine runs."""

import os
import pathlib
import pwd
import shutil
import signal
import subprocess
import tempfile
import time

import janitor
from server import lasting_port

START_S = 60
USER = "usher"


def program(name):
    """Debian keeps the programs of each version in a folder of their own."""
    found = sorted(pathlib.Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return str(found[-1]) if found else shutil.which(name) or name


def as_somebody():
    """PostgreSQL does not run as root: options of subprocess."""
    if os.getuid() != 0:
        return {}
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    somebody = names.get("postgres") or names["nobody"]
    return {"user": somebody.pw_uid, "group": somebody.pw_gid, "extra_groups": []}


class Postgres:
    def __init__(self, durable=False, **settings):
        self.settings = {"listen_addresses": "127.0.0.1", "max_connections": "120", "shared_buffers": "64MB",
                         "fsync": "on" if durable else "off", "log_min_messages": "warning", **settings}
        self.folder = pathlib.Path(janitor.watch_folder(tempfile.mkdtemp(prefix="usher-postgres-")))
        self.data = self.folder / "data"
        self.port = lasting_port()
        self.process = None
        self.made = 0
        if os.getuid() == 0:
            os.chown(self.folder, as_somebody()["user"], as_somebody()["group"])

    def __enter__(self):
        return self.make().start()

    def __exit__(self, *_):
        self.remove()

    # ---- Its life

    def run(self, name, *arguments):
        """Runs one of PostgreSQL's programs to its end; what it prints."""
        done = subprocess.run([program(name), *map(str, arguments)], capture_output=True, text=True, timeout=120, cwd=self.folder,
                              check=False, **as_somebody())
        assert done.returncode == 0, f"{name} failed: {done.stderr}{done.stdout}"
        return done.stdout

    def make(self):
        self.run("initdb", "-D", self.data, "-U", USER, "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")
        return self

    def copy_of(self, other):
        """Makes itself a standby of the other, which runs."""
        self.run("pg_basebackup", "-D", self.data, "-d", other.uri("replication"), "-R", "-X", "stream", "-c", "fast", "--no-sync")
        return self

    def start(self):
        settings = [word for name, value in self.settings.items() for word in ("-c", f"{name}={value}")]
        with open(self.folder / "log", "ab") as log:
            self.process = janitor.watch(subprocess.Popen(
                [program("postgres"), "-D", self.data, "-p", str(self.port), "-k", self.folder, *settings], cwd=self.folder,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, **as_somebody()))
        deadline = time.monotonic() + START_S
        while not self.answers():
            assert self.process.poll() is None and time.monotonic() < deadline, f"PostgreSQL does not start:\n{self.text()[-4000:]}"
            time.sleep(0.02)
        return self

    def answers(self):
        return subprocess.run([program("pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)], check=False,
                              timeout=START_S).returncode == 0

    def stop(self, how=signal.SIGINT):
        """SIGINT: in order, whoever is connected; SIGQUIT: as after a crash of a part; SIGKILL: all of it, at once."""
        if self.process is None:
            return
        pid = self.process.pid
        children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
        self.process.send_signal(how)
        for child in children if how == signal.SIGKILL else []:
            try:
                os.kill(int(child), how)
            except ProcessLookupError:
                pass
        self.process.wait(60)
        self.process = None

    def remove(self):
        self.stop(signal.SIGQUIT)
        shutil.rmtree(self.folder)

    def promote(self):
        self.run("pg_ctl", "promote", "-w", "-D", self.data)

    def text(self):
        log = self.folder / "log"
        return log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""

    # ---- What it holds

    def uri(self, database="postgres", port=None):
        return f"postgresql://{USER}@127.0.0.1:{port or self.port}/{database}"

    def database(self):
        """Makes an empty database; its name."""
        self.made += 1
        name = f"usher{os.getpid()}_{self.made}"
        self.query(f"CREATE DATABASE {name}")
        return name

    def query(self, sql, database="postgres"):
        """The rows, as lists of text."""
        done = subprocess.run([program("psql"), "-X", "-q", "-A", "-t", "-F", "\t", "-v", "ON_ERROR_STOP=1", "-d", self.uri(database),
                               "-c", sql], capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, f"{sql}: {done.stderr}"
        return [line.split("\t") for line in done.stdout.splitlines()]
