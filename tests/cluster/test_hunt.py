# SPDX-License-Identifier: Apache-2.0
"""The hunt for one license too many: a hundred clients, eight licenses, and everything goes wrong (HUNT_S seconds)."""

import os
import time

import pytest

from api import eventually
from crowd import TTL_S, Crowd
from judge import judge
from trouble import ACTS, Trouble

HUNT_S = float(os.environ.get("HUNT_S") or 60)
POOLS = (3, 3, 2)  # the account's own, and what its two organizations have


def make_world(account):
    """A product, the pools by level, and the users: two in each organization."""
    product = account.product(sum(POOLS))
    pools, users = {account.id: POOLS[0]}, []
    for licenses in POOLS[1:]:
        organization = account.organization()
        account.dedicate(organization, product, licenses)
        pools[organization] = licenses
        users += [(account.user(organization), organization) for _ in range(2)]
    account.policy("strict", True)
    return product, pools, users


def check_all_is_given_back(account, product, pools):
    """All leases run out, nobody is in line, and the figures are what was bought, at each node."""
    deadline = TTL_S + 5
    for admin in account.at:
        assert eventually(lambda admin=admin: not admin.items("/sessions", state="active", product=product), deadline), "a lease stays"
        assert eventually(lambda admin=admin: not admin.items("/waiters"), 5), f"in line: {admin.items('/waiters')}"
        rows = admin.items("/pools", product=product)
        assert {row["level"]: (row["assigned"], row["available"]) for row in rows} == {
            level: (0, licenses) for level, licenses in pools.items()}, rows
    account.check_laws()


def keep(folder, record, events, trouble):
    """For whoever looks for the cause of a fault, beside the nodes' logs."""
    for name, rows in {"events": events, "grants": record.grants, "returns": record.returns, "heartbeats": record.heartbeats,
                       "trouble": trouble.told}.items():
        (folder / f"{name}.txt").write_text("".join(f"{row}\n" for row in rows), encoding="utf-8")


@pytest.mark.timeout(HUNT_S + 300)
def test_never_more_than_there_is_whatever_fails(wired, account, postgres, seed, tmp_path):
    product, pools, users = make_world(account)
    trouble = Trouble(wired, postgres, seed, HUNT_S)
    crowd = Crowd(account, product, users, seed=seed, port=wired.port).start(HUNT_S + 120)
    try:
        trouble.run()
        for wire in wired.wires:
            wire.tell("open")
            wire.tell("delay", 0)
        trouble.wait_until_all_serve()
    finally:
        record = crowd.finish()
    time.sleep(0.1)
    events = account.admin.items("/events")
    faults = judge(record, events, pools, account.id)
    print(f"{record.told()}; {len(events)} events; {dict(trouble.done)}")
    keep(tmp_path, record, events, trouble)
    assert not faults, f"SEED={seed}: {len(faults)} faults\n" + "\n".join(faults[:40])
    check_all_is_given_back(account, product, pools)
    account.admin.server.verify()
    assert sum(grant.session is not None for grant in record.grants) > HUNT_S, "too little was granted to tell anything"
    assert HUNT_S < 300 or set(ACTS) <= set(trouble.done), f"never: {set(ACTS) - set(trouble.done)}"
