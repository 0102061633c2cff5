# SPDX-License-Identifier: Apache-2.0
"""What all measurements share: processes that end when they should, and the load generators."""
import json
import os
import pathlib
import pwd
import re
import signal
import socket
import subprocess
import time

BENCH = pathlib.Path(__file__).resolve().parent
USERS = 10_000
UNITS = {"us": 1e-3, "ms": 1.0, "s": 1e3, "m": 6e4}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for_port(port, process, seconds=30):
    for _ in range(seconds * 100):
        if process.poll() is not None:
            raise SystemExit(f"{process.args[0]} ended with {process.returncode} at its start")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.01)
    raise SystemExit(f"{process.args[0]} does not listen on port {port}")


def stop(process, how=signal.SIGTERM):
    if process is None or process.poll() is not None:
        return
    process.send_signal(how)
    try:
        process.wait(60)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def output_of(*command, **options):
    """What a command prints; its errors are told when it fails."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, **options)
    if done.returncode != 0:
        raise SystemExit(f"{command[0]} failed: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


def as_nobody():
    """For programs that refuse to run as root: options of subprocess."""
    if os.getuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def give_to_nobody(folder):
    if os.getuid() == 0:
        nobody = pwd.getpwnam("nobody")
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)


def wrk(url, connections, seconds, script, *arguments, threads=1, **options):
    """Requests a second, and the 99th percentile in ms. A single answer that is no success ends the run."""
    out = output_of("wrk", f"-t{threads}", f"-c{connections}", f"-d{seconds}", "--latency", "-s", BENCH / script, url,
                    "--", *arguments, **options)
    wrong = re.search(r"Non-2xx or 3xx responses: \d+|Socket errors: .*", out)
    if wrong:
        raise SystemExit(f"{url}: {wrong.group(0)}")
    slow, unit = re.search(r"99%\s+([\d.]+)(\w+)", out).groups()
    return float(re.search(r"Requests/sec:\s+([\d.]+)", out).group(1)), float(slow) * UNITS[unit]


def pace(program, port, rate, seconds, connections, *arguments):
    """Paced requests: percentiles of the time from when each was due. See pace.c."""
    return json.loads(output_of(program, port, int(rate), seconds, connections, *arguments))


def memory_of(process):
    """Bytes of memory that the process holds."""
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+) kB", status).group(1)) * 1024


def processor_time_of(process):
    """Seconds of processor time, all threads."""
    fields = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
