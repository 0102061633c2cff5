# SPDX-License-Identifier: Apache-2.0
"""Several equal nodes on one PostgreSQL database, behind a balancer that sends each request to another of them. It is
used as a Server is: what starts, stops or upsets it does so to all nodes."""

import pathlib
import subprocess
import sys
import time

import janitor
from server import OPERATOR_KEY, START_S, STOP_S, Server, is_ready, lasting_port

NODES = 3


class Cluster:
    """`store` is a database's URI, or a function that tells each node's by its number."""

    def __init__(self, folder, *arguments, store, nodes=NODES, operator_key=OPERATOR_KEY):
        self.folder = pathlib.Path(folder)
        self.nodes = []
        for number in range(nodes):
            place = self.folder / f"node{number}"
            place.mkdir()
            uri = store(number) if callable(store) else store
            self.nodes.append(Server(place, *arguments, operator_key=operator_key, store=uri, port=lasting_port()))
        self.port = lasting_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.balancer = None
        self.forgets_within_s = self.nodes[0].forgets_within_s

    @property
    def operator_key(self):
        return self.nodes[0].operator_key

    @operator_key.setter
    def operator_key(self, key):
        for node in self.nodes:
            node.operator_key = key

    def start(self, *arguments):
        for node in self.nodes:
            if node.process is None:
                node.launch(*arguments)
        for node in self.nodes:
            node.wait()
        if self.balancer is None:
            self.start_balancer()
        return self

    def start_balancer(self):
        program = pathlib.Path(__file__).with_name("balancer.py")
        ports = [str(node.port) for node in self.nodes]
        self.balancer = janitor.watch(subprocess.Popen([sys.executable, program, str(self.port), *ports]))
        deadline = time.monotonic() + START_S
        while not is_ready(self.url):
            assert self.balancer.poll() is None and time.monotonic() < deadline, "the balancer does not start"
            time.sleep(0.02)

    def stop(self):
        """Stops all nodes at once, as a Server is; the balancer stays for a start until the tests are gone."""
        failures = []
        for node in self.nodes:
            node.terminate()
        for node in self.nodes:
            try:
                node.stop()
            except AssertionError as failure:
                failures.append(failure)
        if failures:
            raise failures[0]

    def kill(self):
        for node in self.nodes:
            node.process.kill()
        for node in self.nodes:
            node.kill()

    def remove(self):
        """Stops all, the balancer too."""
        try:
            self.stop()
        finally:
            if self.balancer is not None:
                self.balancer.kill()
                self.balancer.wait(STOP_S)

    def verify(self):
        self.nodes[0].verify()

    def check_alive(self):
        for node in self.nodes:
            node.check_alive()

    def text(self):
        return "".join(node.text() for node in self.nodes)

    def tail(self, size=4000):
        return "".join(f"--- node {number}\n{node.tail(size)}" for number, node in enumerate(self.nodes))
