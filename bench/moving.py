# SPDX-License-Identifier: Apache-2.0
"""Moving house with a million active sessions, to PostgreSQL and back, and verify on either side: time and memory."""
import os
import pathlib
import subprocess
import time

import growth
from contenders.postgres import Postgres

DATABASE = "usher"


def run(*command):
    """Runs a command to its end; seconds, and the most memory that it held, in MiB."""
    began = time.monotonic()
    process = subprocess.Popen([str(word) for word in command], stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, command))} ended with {process.returncode}")
    return time.monotonic() - began, used.ru_maxrss / 1024


def fill(options, folder):
    usher = growth.start(options, folder, "moving")
    try:
        growth.acquire_many(usher, growth.SESSIONS)
    finally:
        usher.stop()
    return usher.folder / "data"


def measure(options, folder, _):
    data, back = fill(options, folder), folder / "back"
    (folder / "moving-postgres").mkdir()
    postgres = Postgres(folder / "moving-postgres")
    try:
        postgres.serve()
        postgres.run("createdb", DATABASE)
        uri = f"postgresql://bench@127.0.0.1:{postgres.port}/{DATABASE}"
        show(options.build / "usherd", data, uri, back)
    finally:
        postgres.stop()


def show(usherd, data, uri, back):
    size = sum(path.stat().st_size for path in pathlib.Path(data).iterdir()) / 2 ** 20
    print(f"\n{growth.SESSIONS} active sessions with their history, {size:.0f} MiB in SQLite: seconds, MiB of memory")
    for what, command in {
            "copy to PostgreSQL": ("copy", "--from", data, "--to", uri),
            "verify in PostgreSQL": ("verify", "--store", uri),
            "copy to SQLite": ("copy", "--from", uri, "--to", back),
            "verify in SQLite": ("verify", "--data", back)}.items():
        seconds, memory = run(usherd, *command)
        print(f"  {what:24} {seconds:7.1f} {memory:7.0f}")
