#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""How many requests a second usherd answers, each kind beside GET /healthz, which costs nothing but HTTP.

The load generator (wrk) shares the machine with the server, and machines differ and are noisy: so only the ratios of
one run are worth keeping. Each acquire is durable when it is answered.
Usage: bench/server.py USHERD [SECONDS]
"""
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

KEY = "benchmark-operator-key-0123456789abcdef"
CONNECTIONS = 128


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def call(url, method, path, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url + path, data, {"Authorization": "Bearer " + KEY, "Content-Type": "application/json"},
                                     method=method)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def wrk(url, seconds, folder, method, path, body=None):
    script = folder / "wrk.lua"
    lines = [f'wrk.method = "{method}"', f'wrk.headers["Authorization"] = "Bearer {KEY}"']
    if body is not None:
        lines += ['wrk.headers["Content-Type"] = "application/json"', f"wrk.body = [[{json.dumps(body)}]]"]
    script.write_text("\n".join(lines))
    out = subprocess.run(["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}", "--latency", "-s", script, url + path],
                         check=True, capture_output=True, text=True).stdout
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", out).group(1))
    return rate, re.search(r"99%\s+(\S+)", out).group(1)


def main():
    usherd, seconds = pathlib.Path(sys.argv[1]).resolve(), int(sys.argv[2]) if len(sys.argv) > 2 else 5
    with tempfile.TemporaryDirectory() as name:
        folder, port = pathlib.Path(name), free_port()
        url = f"http://127.0.0.1:{port}"
        server = subprocess.Popen([usherd, "--data", folder / "data", "--listen", f"127.0.0.1:{port}", "--demo",
                                   "--log-level", "warning"], env={**os.environ, "USHER_OPERATOR_KEY": KEY},
                                  stdout=subprocess.DEVNULL)
        try:
            for _ in range(100):
                try:
                    urllib.request.urlopen(url + "/readyz").close()
                    break
                except OSError:
                    time.sleep(0.05)
            account = "/v1/accounts/AC-1"
            denied = {"product": "KRE", "user": "US-1", "count": 1000}
            session = call(url, "POST", account + "/sessions", {"product": "KRE", "user": "US-2"})["id"]
            kinds = [("health", "GET", "/healthz", None),
                     ("heartbeat", "POST", f"{account}/sessions/{session}/heartbeat", {}),
                     ("figures", "GET", account + "/pools?product=KRE", None),
                     ("denial", "POST", account + "/sessions", denied),
                     ("explain", "POST", account + "/sessions:explain", denied)]
            rows = [(name, *wrk(url, seconds, folder, method, path, body)) for name, method, path, body in kinds]
            call(url, "POST", account + "/purchases", {"product": "KRE", "quantity": 10**9})
            rows.append(("acquire", *wrk(url, seconds, folder, "POST", account + "/sessions", {"product": "KRE", "user": "US-1"})))
            rows.append(("health", *wrk(url, seconds, folder, "GET", "/healthz")))
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(60)
    print(f"{'request':10} {'a second':>10} {'of health':>10} {'99 %':>10}")
    for name, rate, slow in rows:
        print(f"{name:10} {rate:10.0f} {rate / rows[0][1]:10.2f} {slow:>10}")


main()
