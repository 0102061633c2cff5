# SPDX-License-Identifier: Apache-2.0
"""What a balancer hears of a node when the network between it and its database is bad: soon, and nothing false."""

import threading
import time

import pytest

from api import eventually
from server import is_ready

WITHIN_S = 6  # asked each second, silent for four


class Balancer(threading.Thread):
    """Asks a node every 0.1 s whether it is ready. `answers`: (when, whether), on time.monotonic."""

    def __init__(self, node):
        super().__init__(daemon=True)
        self.node, self.answers, self.is_closing = node, [], False
        self.start()

    def run(self):
        while not self.is_closing:
            asked = time.monotonic()
            self.answers.append((asked, is_ready(self.node.url)))
            time.sleep(0.1)

    def finish(self):
        self.is_closing = True
        self.join(10)
        assert not self.is_alive(), "the node does not answer whether it is ready"
        return [ready for _, ready in self.answers]

    def turned(self, ready, since, seconds):
        """After how many seconds it first said so."""
        def first():
            return next((asked for asked, answer in list(self.answers) if asked >= since and answer == ready), None)

        assert eventually(lambda: first() is not None, seconds), f"not so within {seconds} s:\n{self.node.tail()}"
        return first() - since


def test_a_node_is_not_ready_soon_after_its_packets_vanish_and_is_again_by_itself(wired, account):
    """No request comes that could find out. Of the others one is far from its database, one lost packets for a moment:
    both are ready all the time."""
    lost, far, shaken = wired.nodes
    balancers = [Balancer(node) for node in wired.nodes]
    wired.wires[1].tell("delay", 0.2)
    wired.wires[2].tell("held")
    begun = time.monotonic()
    wired.wires[0].tell("swallowed")
    time.sleep(2)
    wired.wires[2].tell("open")
    fell = balancers[0].turned(False, begun, WITHIN_S)
    answer = account.at[0].as_key(None).get("/readyz")
    assert answer.refused(503, "unavailable").headers["retry-after"] == "1", answer
    account.at[0].as_key(None).get("/healthz").ok(200)
    time.sleep(4)
    wired.wires[0].tell("open")
    opened = time.monotonic()
    rose = balancers[0].turned(True, opened, 15)
    account.at[0].get("/usage-policy").ok(200)
    ready, far_ready, shaken_ready = [balancer.finish() for balancer in balancers]
    print(f"not ready {fell:.1f} s after its packets vanish, ready {rose:.1f} s after they come again")
    assert all(far_ready), f"not ready, and only far away:\n{far.tail()}"
    assert all(shaken_ready), f"not ready, and only shaken:\n{shaken.tail()}"
    assert sum(a != b for a, b in zip(ready, ready[1:])) == 2, f"it changes its mind:\n{lost.tail()}"


@pytest.fixture
def unconfirmed(postgres):
    """Tells the database to wait with each commit for a standby that is not there, or no more."""
    def wait_for(standby):
        postgres.query(f"ALTER SYSTEM SET synchronous_standby_names = '{standby}'")
        postgres.query("SELECT pg_reload_conf()")

    yield wait_for
    wait_for("")


def test_a_node_is_not_ready_while_no_standby_confirms_what_it_writes(wired, unconfirmed):
    balancer = Balancer(wired.nodes[0])
    unconfirmed("away")
    fell = balancer.turned(False, time.monotonic(), WITHIN_S + 2)
    time.sleep(8)  # longer than the database lets a statement wait
    unconfirmed("")
    rose = balancer.turned(True, time.monotonic(), 15)
    ready = balancer.finish()
    print(f"not ready {fell:.1f} s after the standby has gone, ready {rose:.1f} s after it is not waited for any more")
    assert sum(a != b for a, b in zip(ready, ready[1:])) == 2, f"it changes its mind:\n{wired.nodes[0].tail()}"
