# SPDX-License-Identifier: Apache-2.0
"""Several equal nodes of Usher on one PostgreSQL, which has the settings of the contender that is a function."""
import os

import rig
from contenders.postgres import Postgres
from contenders.usher import Usher


def nodes_rate(nodes, connections, seconds, accounts=1, users=rig.USERS):
    """Operations a second of these nodes together; the load is the same for one of them and for several."""
    ports = " ".join(str(node.port) for node in nodes)
    lag = 4 * connections // len(nodes)
    return rig.wrk(f"http://{nodes[0].listen()}", connections, seconds, "nodes.lua", nodes[0].key, accounts, users, lag,
                   threads=len(nodes), env={**os.environ, "PORTS": ports})[0]


class Cluster:
    name = "Usher, three nodes"

    def __init__(self, usherd, folder, count=3):
        self.usherd, self.folder, self.count, self.nodes = usherd, folder, count, []
        self.database = Postgres(self.make("database"))

    def make(self, name):
        (self.folder / name).mkdir(mode=0o755)
        return self.folder / name

    def start(self):
        self.folder.chmod(0o755)
        self.database.serve()
        uri = f"postgresql://bench@127.0.0.1:{self.database.port}/postgres"
        for number in range(self.count):
            node = Usher(self.usherd, self.make(f"node{number}"), uri)
            self.nodes.append(node)
            node.run()

    def fill_one(self):
        """The account that all contenders have."""
        self.nodes[0].fill()
        for node in self.nodes:
            node.key = self.nodes[0].key

    def fill_many(self, accounts, users):
        """Accounts AC-1 and on, with an organization of 2 licenses, and users US-1 and on; the operator's key is used."""
        call = self.nodes[0].call
        call("POST", "/v1/products", {"code": "KRE", "name": "Krea", "model": "session"})
        for number in range(accounts):
            made = call("POST", "/v1/accounts", {"name": f"Account {number}", "plan": "true_enterprise"})["id"]
            if made != f"AC-{number + 1}":
                raise SystemExit(f"the account AC-{number + 1} is {made}")
            call("POST", f"/v1/accounts/{made}/purchases", {"product": "KRE", "quantity": 1_000_000_000})
            call("POST", f"/v1/accounts/{made}:apply", {
                "organizations": [{"path": "o", "dedications": {"KRE": 2}}], "members": [
                    {"email": f"user{user}@example.com", "name": f"User {user}", "organization": "o"}
                    for user in range(users)]})
        last = call("GET", f"/v1/accounts/AC-{accounts}/users?limit=1")["items"][0]["id"]
        if last != f"US-{(accounts - 1) * users + 1}":
            raise SystemExit(f"users are numbered in another way than the load believes: {last}")

    def stop(self):
        for node in self.nodes:
            node.stop()
        self.database.stop()
