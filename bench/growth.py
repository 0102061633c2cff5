# SPDX-License-Identifier: Apache-2.0
"""What becomes of the cost when an account grows: organizations, sessions, and a restart with many of them."""
import json
import statistics
import urllib.request

import rig
from contenders.usher import ACCOUNT, Usher

FEW, MANY = 10, 100_000
SESSIONS, BATCH = 1_000_000, 1000


def start(options, folder, name, **what):
    (folder / name).mkdir()
    usher = Usher(options.build / "usherd", folder / name)
    usher.run()
    usher.fill(**what)
    return usher


def organizations(options, folder, table):
    """Two servers side by side, one with 10 organizations, one with 100,000: the cost of an acquire, in processor time
    and in rate."""
    for policy in ("strict", "unrestricted"):
        ushers = [start(options, folder, f"{policy}-{count}", policy=policy, dedicated=1000,
                        organizations=[f"o{number}" for number in range(count)]) for count in (FEW, MANY)]
        try:
            compare_sizes(options, policy, ushers, table)
        finally:
            for usher in ushers:
                usher.stop()


def compare_sizes(options, policy, ushers, table):
    costs, rates = ([], []), ([], [])
    for _ in range(options.rounds):
        for which, usher in enumerate(ushers):
            before = rig.processor_time_of(usher.process)
            rate = usher.rate(256, options.seconds)
            rates[which].append(rate)
            costs[which].append((rig.processor_time_of(usher.process) - before) / (rate * options.seconds))
    print(f"\n{policy} policy: processor time of the server for an operation, microseconds; operations a second")
    for which, count in enumerate((FEW, MANY)):
        cost, rate = statistics.median(costs[which]) * 1e6, statistics.median(rates[which])
        print(f"  {count:7} organizations  {cost:6.1f}  {rate:8.0f}")
    ratio = statistics.median(many / few for few, many in zip(*costs))
    table.add(f"acquire at 100,000 organizations / at 10: cost, {policy}", ratio, "", 1.5, 1.1, True)


def acquire_many(usher, count):
    """By batches, since that is quickest; they run for a day."""
    ops = [{"op": "acquire", "product": "KRE", "user": f"US-{1 + number}", "machine": f"ws-{1 + number}.example.com",
            "ttl_s": 86400} for number in range(BATCH)]
    request = urllib.request.Request(f"http://{usher.listen()}{ACCOUNT}/sessions:batch",
                                     json.dumps({"ops": ops}).encode(),
                                     {"Authorization": "Bearer " + usher.key, "Content-Type": "application/json"})
    for _ in range(count // BATCH):
        with urllib.request.urlopen(request) as answer:
            if b'"error"' in answer.read():
                raise SystemExit("an acquire of a batch was denied")


def sessions(options, folder, table):
    usher = start(options, folder, "sessions")
    try:
        grow_sessions(options, usher, table)
    finally:
        usher.stop()


def grow_sessions(options, usher, table):
    few = usher.load(256, options.seconds)[0]
    empty = rig.memory_of(usher.process)
    acquire_many(usher, SESSIONS)
    many = usher.load(256, options.seconds)[0]
    each = (rig.memory_of(usher.process) - empty) / SESSIONS
    usher.stop()
    restarts = []
    for _ in range(options.rounds):
        restarts.append(usher.run())
        after = (rig.memory_of(usher.process) - empty) / SESSIONS
        usher.stop()
    print(f"\n{SESSIONS} active sessions: {many:.0f} operations a second beside them, {few:.0f} without\n"
          f"  memory for each: {each:.0f} bytes, {after:.0f} after a restart\n"
          f"  start to ready: {' '.join(f'{seconds:.2f}' for seconds in restarts)} s")
    table.add("memory of an active session, all told", max(each, after), "bytes", 400, 160, True)
    table.add("restart to ready with 1,000,000 active sessions", statistics.median(restarts), "s", 4, 1, True)
