# SPDX-License-Identifier: Apache-2.0
"""What happens to nodes, their wires and the database, and when: all of it rolled from a seed before it begins."""

import collections
import random
import signal
import time

# What it is, how long it lasts at least and at most, how often compared with the others.
ACTS = {
    "killed": (0.2, 3.0, 4),  # kill -9, and started again after that time
    "stopped": (0.2, 1.0, 1),  # SIGTERM, as an upgrade does
    "frozen": (0.5, 12.0, 2),
    "cut": (0.5, 1.0, 3),
    "down": (0.5, 4.0, 2),
    "held": (0.3, 8.0, 3),
    "swallowed": (2.0, 12.0, 2),
    "slow": (1.0, 6.0, 3),
}
REST_S = (0.5, 5.0)
DATABASE_S = (20, 40)  # between two crashes of the database


def plan(seed, nodes, seconds):
    """[(when, number of the node or None, what, how much)], in order; each trouble is followed by its end."""
    chance, steps = random.Random(f"trouble-{seed}"), []
    for number in range(nodes):
        moment = chance.uniform(*REST_S)
        while moment < seconds:
            what = chance.choices(list(ACTS), [act[2] for act in ACTS.values()])[0]
            lasts = min(chance.uniform(*ACTS[what][:2]), seconds - moment)
            steps += [(moment, number, what, chance.uniform(0.005, 0.2)), (moment + lasts, number, "over", what)]
            moment += lasts + chance.uniform(*REST_S)
    moment = chance.uniform(*DATABASE_S)
    while moment < seconds:
        steps.append((moment, None, "crashed", None))
        moment += chance.uniform(*DATABASE_S)
    return sorted(steps, key=lambda step: step[0])


class Trouble:
    def __init__(self, cluster, postgres, seed, seconds):
        self.cluster, self.postgres, self.seconds = cluster, postgres, seconds
        self.steps = plan(seed, len(cluster.nodes), seconds)
        self.done = collections.Counter()
        self.told = []  # (when, node, what, how much), as it happened
        self.is_away = set()  # nodes that are meant to be down
        self.served = {}  # by node: how often it has said that it serves, when it was launched last

    def run(self):
        begun = time.monotonic()
        for moment, number, what, value in self.steps:
            self.look_after(begun + moment)
            self.done[what] += what != "over"
            self.told.append((time.strftime("%H:%M:%S", time.gmtime()), number, what, value))
            if number is None:
                self.postgres.stop(signal.SIGQUIT)
                self.postgres.start()
            else:
                self.act(number, what, value)
        self.look_after(begun + self.seconds)

    def act(self, number, what, value):
        node, wire = self.cluster.nodes[number], self.cluster.wires[number]
        if what == "over":
            self.end(number, value)
        elif what == "killed":
            self.is_away.add(number)
            node.kill()
        elif what == "stopped":
            self.is_away.add(number)
            # One that has only begun knows of no way to end but to die.
            (node.stop if self.has_served(number) else node.kill)()
        elif what == "frozen":
            node.process.send_signal(signal.SIGSTOP)
        elif what == "slow":
            wire.tell("delay", f"{value:.3f}")
        else:
            wire.tell(what)

    def end(self, number, what):
        node, wire = self.cluster.nodes[number], self.cluster.wires[number]
        if what in ("killed", "stopped"):
            self.is_away.discard(number)
            self.launch(number)
        elif what == "frozen":
            node.process.send_signal(signal.SIGCONT)
        elif what == "slow":
            wire.tell("delay", 0)
        else:
            wire.tell("open")

    def launch(self, number):
        self.served[number] = self.says_it_serves(number)
        self.cluster.nodes[number].launch()

    def has_served(self, number):
        """Since it was launched last."""
        return self.says_it_serves(number) > self.served.get(number, 0)

    def says_it_serves(self, number):
        return self.cluster.nodes[number].text().count("usherd serves")

    def look_after(self, until):
        """As whoever runs a service does: a node that did not find its database when it began is started again. One that
        has served goes on by itself, whatever happens."""
        while True:
            for number, node in enumerate(self.cluster.nodes):
                if number in self.is_away or node.process.poll() is None:
                    continue
                assert node.process.returncode == 1 and not self.has_served(number), (
                    f"node {number} ended by itself with {node.process.returncode}:\n{node.tail()}")
                node.check_log()
                self.done["started again"] += 1
                self.launch(number)
            left = until - time.monotonic()
            if left <= 0:
                return
            time.sleep(min(left, 0.1))

    def wait_until_all_serve(self, seconds=30):
        deadline = time.monotonic() + seconds
        while not all(node.ready() for node in self.cluster.nodes):
            assert time.monotonic() < deadline, f"not all nodes are ready after {seconds} s:\n{self.cluster.tail()}"
            self.look_after(time.monotonic() + 0.1)
