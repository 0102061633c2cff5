# SPDX-License-Identifier: Apache-2.0
"""What is done through one node holds at once at all, and a node that goes takes nothing with it."""

import concurrent.futures
import signal
import statistics
import time

import pytest

from api import Account, Client, eventually, new_product, parse
from crowd import Crowd
from judge import judge
from server import OPERATOR_KEY, usherd
from test_hunt import make_world
from waiting import Waiting, line, wait_in_line


def turns(account, count):
    """(the client at one node, the clients at the others), node after node."""
    for turn in range(count):
        yield account.at[turn % 3], [admin for admin in account.at if admin is not account.at[turn % 3]]


# ---- At once, everywhere

def test_what_one_node_changes_holds_at_the_others_at_once(account):
    kre, organization = account.product(), account.organization()
    user = account.user(organization)
    operators = [Client(admin.server, OPERATOR_KEY, account.id) for admin in account.at]
    purchase = account.purchase(kre, 1)
    for turn, (admin, others) in enumerate(turns(account, 30)):
        fallback = turn % 2 == 0
        admin.put("/usage-policy", {"policy": "strict", "fallback": fallback}).ok(200)
        operators[(turn + 1) % 3].patch(f"/purchases/{purchase}", {"quantity": turn + 1}).ok(200)
        for other in others:
            assert other.get("/usage-policy").ok(200)["fallback"] == fallback
            assert other.items("/pools", product=kre)[0]["available"] == turn + 1
            answer = other.acquire(kre, user)
            if fallback:
                other.end(answer.ok(201)["id"]).ok(200)
            else:
                assert answer.refused(409, "no-license-available")["tried"][-1]["reason"] == "fallback_off"
    account.check_laws()


def test_what_a_node_wrote_when_it_started_is_not_counted_twice(wired):
    operators = [Client(node, OPERATOR_KEY) for node in wired.nodes]
    account = Account(operators[1])
    operators[0].post("/v1/accounts", {"name": "first here", "plan": "free"}).ok(201)
    code = new_product(operators[1])
    for operator in operators:
        operator.post(f"/v1/accounts/{account.id}/purchases", {"product": code, "quantity": 1}).ok(201)


def test_a_key_works_and_ends_at_all_nodes_at_once(account):
    for admin, others in turns(account, 12):
        made = admin.post("/api-keys", {"name": "k", "role": "auditor"}).ok(201)
        for other in others:
            other.as_key(made["secret"]).get("/usage-policy").ok(200)
        others[0].delete(f"/api-keys/{made['id']}").ok(204)
        for client in (admin, *others):
            client.as_key(made["secret"]).get("/usage-policy").refused(401, "unauthenticated")


def test_the_keys_of_leases_are_the_same_at_all_nodes_and_are_rotated_for_all(wired, account, tmp_path):
    def published():
        return [admin.as_key(None).get("/.well-known/usher-keys.json").ok(200)["keys"] for admin in account.at]

    [first], *others = published()
    assert others == [[first], [first]]
    # Two that rotate at once do so one after the other, wherever they are.
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        ran = list(pool.map(lambda place: usherd("rotate-key", "--store", wired.nodes[0].store, "--data", str(place)),
                            (tmp_path / "here", tmp_path / "there")))
    assert [done.returncode for done in ran] == [0, 0], ran
    for admin in account.at:
        admin.get("/usage-policy").ok(200)
    assert eventually(lambda: all([key["kid"] for key in keys][0] == first["kid"] and len(keys) == 3 for keys in published()), 5)
    one, two, three = published()
    assert one == two == three and [key["retired_at"] is None for key in one] == [False, False, True]


def test_an_account_and_a_product_made_at_one_node_are_there_at_the_others(wired):
    operators = [Client(node, OPERATOR_KEY) for node in wired.nodes]
    for turn in range(9):
        made, code = Account(operators[turn % 3]), new_product(operators[(turn + 1) % 3])
        operators[(turn + 2) % 3].as_key(OPERATOR_KEY, made.id).post("/purchases", {"product": code, "quantity": 3}).ok(201)
        for operator in operators:
            there = operator.as_key(made.admin.key, made.id)
            assert there.get("").ok(200)["name"] == operators[0].get(f"/v1/accounts/{made.id}").ok(200)["name"]
            assert there.items("/pools", product=code)[0]["available"] == 3


def test_one_key_at_three_nodes_at_once_is_one_session(account):
    kre, user = account.product(50), account.user()
    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        for turn in range(10):
            asked = [pool.submit(account.at[number % 3].as_key(account.admin.key).acquire, kre, user, idempotency_key=f"k{turn}")
                     for number in range(12)]
            answers = [each.result().ok() for each in asked]
            assert len({answer["id"] for answer in answers}) == 1
            assert sorted(answer.status for answer in answers) == [200] * 11 + [201]
    assert account.four(kre)[2] == 10


# ---- The line

def test_a_license_freed_at_one_node_wakes_who_waits_at_another(account):
    kre, user = account.product(1), account.user()
    held, took = account.acquire(kre, user)["id"], []
    for turn in range(20):
        here, there = account.at[turn % 3], account.at[(turn + 1) % 3]
        waiting = wait_in_line(there, kre, user)
        begun = time.monotonic()
        here.end(held).ok(200)
        held = waiting.granted()
        took.append(waiting.answered_at - begun)
    print(f"woken at another node after {1000 * statistics.median(took):.1f} ms (median), {1000 * max(took):.1f} ms at most")
    assert statistics.median(took) < 0.1 and max(took) < 1, took


def test_who_was_served_by_another_node_is_known_by_its_key_everywhere(account):
    kre, user = account.product(1), account.user()
    held = account.acquire(kre, user)["id"]
    for turn in range(6):
        here, there = account.at[turn % 3], account.at[(turn + 1) % 3]
        waiting = wait_in_line(there, kre, user, idempotency_key=f"k{turn}", ttl_s=600)
        here.end(held).ok(200)
        held = waiting.granted()
        for admin in account.at:
            assert admin.acquire(kre, user, idempotency_key=f"k{turn}", ttl_s=600).ok(200)["id"] == held
    account.admin.end(held).ok(200)
    for admin in account.at:
        assert admin.acquire(kre, user, idempotency_key="k5", ttl_s=600).refused(410, "session-ended")["session"] == held


def test_who_has_hung_up_and_was_served_meanwhile_is_known_by_its_key(account):
    """The client gives up while it waits at one node, and comes back at another: one place in line, and one session."""
    kre, user = account.product(1), account.user()
    held = account.acquire(kre, user)["id"]
    for turn in range(6):
        first, then, freed = (account.at[(turn + step) % 3] for step in range(3))
        with pytest.raises(OSError):
            first.http.post(f"{first.server.url}{first.path('/sessions')}", timeout=0.3, headers={
                "Authorization": f"Bearer {account.admin.key}", "Idempotency-Key": f"k{turn}"},
                json={"product": kre, "user": user, "wait_s": 60})
        waiting = Waiting(then, kre, user, idempotency_key=f"k{turn}")
        assert eventually(lambda then=then: len(line(then)) == 1)
        freed.end(held).ok(200)
        held = waiting.granted()
        for admin in account.at:
            assert admin.acquire(kre, user, idempotency_key=f"k{turn}").ok(200)["id"] == held
    assert len(account.admin.items("/sessions", state="active")) == 1


def test_the_line_is_one_whoever_waits_where(account):
    kre, user = account.product(1), account.user()
    held = account.acquire(kre, user)["id"]
    waiting = [wait_in_line(account.at[number % 3], kre, user, machine=f"m{number}") for number in range(9)]
    for admin in account.at:
        assert [each["position"] for each in line(admin)] == list(range(1, 10))
    for turn, each in enumerate(waiting):
        account.at[(turn + 2) % 3].end(held).ok(200)
        held = each.granted()
        assert [other.answer for other in waiting[turn + 1:]] == [None] * (8 - turn)
    assert line(account.at[0]) == []


def wait_and_hang_up(admin, product, user, key):
    with pytest.raises(OSError):
        admin.http.post(f"{admin.server.url}{admin.path('/sessions')}", timeout=0.5, headers={
            "Authorization": f"Bearer {admin.key}", "Idempotency-Key": key},
            json={"product": product, "user": user, "wait_s": 60})


def seconds_until_denied(admin, product, user, key):
    begun = time.monotonic()
    admin.acquire(product, user, idempotency_key=key, wait_s=1).refused(409, "no-license-available")
    return time.monotonic() - begun


def test_who_hangs_up_at_one_node_is_gone_from_the_line_of_all(account):
    kre, user = account.product(1), account.user()
    account.acquire(kre, user)
    wait_and_hang_up(account.at[0], kre, user, "build-1")
    assert eventually(lambda: not line(account.at[1]), 2)


def test_who_hung_up_is_as_old_at_any_node_until_it_is_answered(account):
    kre, user = account.product(1), account.user()
    account.acquire(kre, user)
    wait_and_hang_up(account.at[0], kre, user, "build-1")
    assert eventually(lambda: not line(account.at[1]), 2)
    wait_in_line(account.at[1], kre, account.user())
    back = wait_in_line(account.at[2], kre, user, idempotency_key="build-1")
    assert [each["user"] == user for each in line(account.at[1])] == [True, False]
    wait_and_hang_up(account.at[0], kre, user, "build-1")  # it takes the place
    back.join(10)
    back.answer.refused(409, "conflict")
    assert eventually(lambda: len(line(account.at[1])) == 1, 2)
    time.sleep(0.5)
    assert seconds_until_denied(account.at[1], kre, user, "build-1") < 0.5, "its second is over since long"
    assert seconds_until_denied(account.at[2], kre, user, "build-1") > 0.8, "it was denied, and is new"


def test_a_nodes_death_frees_the_places_of_who_waited_there(wired, account):
    kre, user = account.product(1), account.user()
    held = account.acquire(kre, user, ttl_s=600)["id"]
    wait_in_line(account.at[0], kre, user)
    second = wait_in_line(account.at[1], kre, user)
    assert [each["position"] for each in line(account.at[2])] == [1, 2]
    wired.nodes[0].kill()
    begun = time.monotonic()
    assert eventually(lambda: len(line(account.at[2])) == 1, 20), line(account.at[2])
    print(f"the places of a dead node are free after {time.monotonic() - begun:.1f} s")
    account.at[2].end(held).ok(200)
    second.granted()


# ---- In one batch: what a node that stood still finds in its queue, it decides at once

def at_once(node, *calls):
    """Sends them to a node that stands still, and lets it go on: what each answers."""
    node.process.send_signal(signal.SIGSTOP)
    with concurrent.futures.ThreadPoolExecutor(len(calls)) as pool:
        try:
            asked = []
            for call in calls:
                asked.append(pool.submit(call))
                time.sleep(0.1)
        finally:
            node.process.send_signal(signal.SIGCONT)
        return [each.result() for each in asked]


def test_who_comes_again_in_the_batch_that_serves_its_place_in_line_is_served_once(wired, account):
    kre, user = account.product(1), account.user()
    held = account.acquire(kre, user, ttl_s=600)["id"]
    again = account.admin.as_key(account.admin.key)
    again.server = wired.nodes[1]
    for turn in range(10):
        waiting = wait_in_line(account.at[0], kre, user, idempotency_key=f"k{turn}", ttl_s=600)
        ended, second = at_once(wired.nodes[1], lambda: account.at[1].end(held), lambda turn=turn: again.acquire(
            kre, user, idempotency_key=f"k{turn}", ttl_s=600, wait_s=5))
        ended.ok(200)
        held = second.ok()["id"]
        waiting.join(10)
        if waiting.answer.status != 201:
            waiting.answer.refused(409, "conflict")  # the other was answered in its place
        assert [each["id"] for each in account.sessions(state="active")] == [held]
        assert line(account.at[2]) == []


def test_a_release_in_the_batch_that_ends_the_lease_is_told_so(wired, account):
    kre, user = account.product(1), account.user()
    session = account.at[0].acquire(kre, user, ttl_s=10).ok(201)["id"]
    time.sleep(6)
    for node in wired.nodes:  # so that nobody else ends it
        node.process.send_signal(signal.SIGSTOP)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        asked = pool.submit(account.at[0].end, session)
        time.sleep(5)
        wired.nodes[0].process.send_signal(signal.SIGCONT)
        answer = asked.result().ok(200)
        for node in wired.nodes[1:]:
            node.process.send_signal(signal.SIGCONT)
    assert answer["state"] == "expired", (answer, account.admin.items("/events", subject=session))


# ---- Time

def test_a_lease_ends_in_time_when_the_node_that_gave_it_is_gone(wired, account):
    kre, user = account.product(2), account.user()
    sessions = [account.at[0].acquire(kre, user, ttl_s=10).ok(201) for _ in range(2)]
    wired.nodes[0].kill()
    time.sleep(12)
    events = {event["subject"]: event for event in account.at[1].items("/events", kind="session.expired")}
    for session in sessions:
        late = (parse(events[session["id"]]["at"]) - parse(session["expires_at"])).total_seconds()
        assert 0 <= late <= 2, f"it ran out {late} s after its time"
    assert account.at[2].items("/pools", product=kre)[0]["available"] == 2


def test_a_restart_of_some_lengthens_no_lease_and_of_all_gives_each_its_full_time(wired, account):
    kre, user = account.product(5), account.user()
    session = account.acquire(kre, user, ttl_s=60)
    for number in range(3):
        wired.nodes[number].kill()
        time.sleep(0.2)
        wired.nodes[number].start()
    assert account.at[0].get(f"/sessions/{session['id']}").ok(200)["expires_at"] == session["expires_at"]
    short = account.acquire(kre, user, ttl_s=10)["id"]
    wired.kill()
    time.sleep(15)
    wired.start()
    began = time.time()
    for identifier, ttl_s in ((session["id"], 60), (short, 10)):
        found = account.at[1].get(f"/sessions/{identifier}").ok(200)
        assert found["state"] == "active"
        assert ttl_s - 3 <= parse(found["expires_at"]).timestamp() - began <= ttl_s + 1, found
    account.at[2].heartbeat(short).ok(200)


# ---- A database that is away, a node that stands still

def readiness(cluster):
    return [node.ready() for node in cluster.nodes]


def until_ready(cluster, wanted, seconds):
    """How long it takes until the nodes are ready, or not, as wanted."""
    begun = time.monotonic()
    assert eventually(lambda: readiness(cluster) == wanted, seconds), f"{readiness(cluster)} after {seconds} s:\n{cluster.tail()}"
    return time.monotonic() - begun


@pytest.mark.parametrize("order", ["down", "held", "swallowed"])
def test_who_cannot_reach_the_database_is_not_ready_and_is_again_by_itself(wired, account, order):
    kre, user = account.product(1000), account.user()
    wired.wires[0].tell(order)
    found = until_ready(wired, [False, True, True], 30)
    account.at[1].acquire(kre, user).ok(201)
    wired.wires[0].tell("open")
    back = until_ready(wired, [True] * 3, 10)
    print(f"the wire was {order}: not ready after {found:.1f} s, ready {back:.1f} s after it was open")
    account.at[0].acquire(kre, user).ok(201)
    account.check_laws()


def test_without_a_database_no_node_is_ready_and_all_are_when_it_is_back(wired, account, postgres):
    kre, user = account.product(1000), account.user()
    postgres.stop()
    try:
        until_ready(wired, [False] * 3, 15)
        refused = account.at[0].acquire(kre, user).refused(503, "unavailable")
        assert int(refused.headers["retry-after"]) >= 1
        assert account.at[0].get("/healthz").status == 200
    finally:
        postgres.start()
    print(f"ready {until_ready(wired, [True] * 3, 10):.1f} s after the database was back")
    for admin in account.at:
        admin.acquire(kre, user).ok(201)
    account.check_laws()


def test_a_node_that_stands_still_for_20_s_under_load_does_no_harm(wired, account, seed):
    product, pools, users = make_world(account)
    crowd = Crowd(account, product, users, seed=seed, port=wired.port).start(150)
    try:
        time.sleep(2)
        wired.nodes[0].process.send_signal(signal.SIGSTOP)
        frozen_at = time.time()
        time.sleep(20)
        wired.nodes[0].process.send_signal(signal.SIGCONT)
        time.sleep(3)
    finally:
        record = crowd.finish()
    faults = judge(record, account.admin.items("/events"), pools, account.id)
    assert not faults, f"SEED={seed}\n" + "\n".join(faults[:40])
    answered = sorted(grant.answered_at for grant in record.grants if frozen_at - 1 < grant.answered_at < frozen_at + 20)
    gap = max(then - first for first, then in zip(answered, answered[1:]))
    print(f"{record.told()}; the others stood still for {gap:.1f} s at most")
    assert gap < 10, f"{gap} s without a decision, since one node was frozen"
    wired.check_alive()
