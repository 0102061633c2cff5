# SPDX-License-Identifier: Apache-2.0
"""Section 8: the history of changes, and denials as episodes."""

import time

import pytest

from api import eventually, moment, parse


@pytest.fixture
def kre(account):
    return account.product(1)


def events(account, **query):
    return account.admin.items("/events", **query)


# Changes.


def test_every_change_writes_who_when_and_what(account):
    organization = account.organization("Old name")
    user = account.user(role="account_admin")
    boss = account.key("account_admin", user=user)
    before = events(account)
    boss.patch(f"/organizations/{organization}", {"name": "New name"}).ok(200)

    event = events(account)[len(before)]
    assert event["subject"] == organization
    assert event["actor"] == {"key": boss.key_id, "user": user, "role": "account_admin"}
    assert (event["before"]["name"], event["after"]["name"]) == ("Old name", "New name")
    assert abs((parse(event["at"]) - parse(moment())).total_seconds()) < 60


def test_the_operator_is_an_actor_without_a_key(account):
    account.operator.patch("", {"name": "Renamed"}).ok(200)
    event = events(account)[-1]
    assert event["actor"] == {"key": None, "user": None, "role": "operator"}
    assert event["subject"] == account.id


def test_events_are_numbered_without_gaps_and_chained(account, kre):
    user = account.user()
    for _ in range(5):
        account.admin.end(account.acquire(kre, user)["id"]).ok()
    found = events(account)
    assert [event["seq"] for event in found] == list(range(1, len(found) + 1))
    assert len({event["hash"] for event in found}) == len(found)
    times = [parse(event["at"]) for event in found]
    assert times == sorted(times)


def test_each_kind_of_change_leaves_its_mark(account, kre):
    fou = account.product(5, model="seat")
    organization = account.organization()
    user = account.user(organization)
    project = account.project(organization)

    def leaves(change):
        before = len(events(account))
        change()
        return [event["subject"] for event in events(account)[before:]]

    purchase = account.purchase(kre, 1)
    assert purchase in leaves(lambda: account.operator.patch(f"/purchases/{purchase}", {"quantity": 5}).ok(200))
    assert leaves(lambda: account.dedicate(organization, kre, 1))
    assert leaves(lambda: account.policy("member_based", True))
    assert leaves(lambda: account.join(project, user))
    assert leaves(lambda: account.leave(project, user))
    assert user in leaves(lambda: account.admin.patch(f"/users/{user}", {"name": "Renamed"}).ok(200))
    assert leaves(lambda: account.admin.assign(fou, user, account.id).ok(201))
    assert leaves(lambda: account.key("auditor"))
    session = account.acquire(kre, user)["id"]
    assert session in leaves(lambda: account.admin.end(session).ok(200))


def test_reads_heartbeats_and_check_ins_of_active_seats_write_none(account, kre):
    fou = account.product(1, model="seat")
    user = account.user()
    session = account.acquire(kre, user)["id"]
    seat = account.admin.assign(fou, user, account.id)["id"]
    account.admin.post(f"/seats/{seat}/check-in").ok(200)
    before = events(account)
    for path in ("/pools", "/sessions", "/users", "/denials", f"/sessions/{session}", ""):
        account.admin.get(path).ok(200)
    account.admin.heartbeat(session).ok(200)
    account.admin.post(f"/seats/{seat}/check-in").ok(200)
    account.admin.explain(kre, user).ok(200)
    account.admin.acquire(kre, user).refused(409, "no-license-available")
    assert events(account) == before


def test_what_changes_nothing_writes_nothing(account, kre):
    organization = account.organization("Same")
    account.dedicate(organization, kre, 1)
    account.policy("strict", True)
    project = account.project(organization)
    user = account.user()
    account.join(project, user)
    before = events(account)
    account.dedicate(organization, kre, 1)
    account.policy("strict", True)
    account.join(project, user)
    account.admin.patch(f"/organizations/{organization}", {"name": "Same"}).ok(200)
    account.admin.patch("", {}).ok(200)
    assert events(account) == before


def test_an_expiry_is_done_by_the_server_itself(account, kre):
    session = account.acquire(kre, account.user(), ttl_s=10)["id"]
    time.sleep(10.1)
    found = eventually(lambda: [event for event in events(account, subject=session) if event["actor"]["role"] == "server"])
    assert found and found[-1]["actor"]["key"] is None


def test_events_are_filtered(account, kre):
    organization = account.organization()
    user = account.user(organization)
    session = account.acquire(kre, user)["id"]
    account.admin.end(session).ok()
    everything = events(account)

    assert events(account, subject=organization) == [event for event in everything if event["subject"] == organization]
    of_sessions = events(account, kind="session")
    assert of_sessions and all(event["kind"].startswith("session.") for event in of_sessions)
    assert session in {event["subject"] for event in of_sessions}
    kind = of_sessions[0]["kind"]
    assert events(account, kind=kind) == [event for event in everything if event["kind"] == kind]
    assert events(account, kind="sess") == [], "a kind is named whole"
    assert session in {event["subject"] for event in events(account, user=user)}
    later = moment(3600)
    assert events(account, query={"from": later}) == []
    assert events(account, query={"to": later}) == everything
    middle = everything[len(everything) // 2]["at"]
    assert events(account, query={"from": middle}) == [event for event in everything if event["at"] >= middle]


def test_the_history_cannot_be_changed(account):
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        account.operator.call(method, "/events").refused(405, "method-not-allowed")
        account.operator.call(method, "/denials").refused(405, "method-not-allowed")


def test_accounts_have_histories_of_their_own(account, new_account):
    other = new_account()
    before = events(account)
    other.organization()
    assert events(account) == before


# Denials.


@pytest.fixture
def full(account, kre):
    """An account whose only license is taken by the session that this is."""
    return account.acquire(kre, account.user())["id"]


def episodes(account, count=None, **query):
    """Waits until there are so many: a denial may be answered before it is durable."""
    if count is None:
        return account.admin.items("/denials", **query)
    eventually(lambda: len(account.admin.items("/denials", **query)) == count)
    found = account.admin.items("/denials", **query)
    assert len(found) == count, found
    return found


def deny(account, product, user, **members):
    return account.admin.acquire(product, user, **members).refused(409, "no-license-available")


def counts(account, total):
    eventually(lambda: sum(episode["count"] for episode in account.admin.items("/denials")) == total)
    return [episode["count"] for episode in account.admin.items("/denials")]


def test_retries_of_the_same_are_one_episode(account, kre, full):
    user = account.user()
    for _ in range(5):
        deny(account, kre, user, machine="ws-17")
    assert counts(account, 5) == [5]
    episode = episodes(account, 1)[0]
    assert (episode["user"], episode["product"], episode["machine"]) == (user, kre, "ws-17")
    assert (episode["error"], episode["reason"]) == ("no-license-available", "exhausted")
    assert (episode["policy"], episode["fallback"]) == ("unrestricted", True)
    assert parse(episode["first_at"]) <= parse(episode["last_at"])
    assert (episode["closed_at"], episode["closed_by"]) == (None, None)
    assert episode["tried"][0]["level"] == account.id
    assert account.admin.get(f"/denials/{episode['id']}").ok(200).body == episode


def test_another_user_machine_product_or_reason_is_another_episode(account, kre, full):
    user, other = account.user(), account.user()
    second = account.product()
    deny(account, kre, user, machine="ws-1")
    deny(account, kre, user, machine="ws-2")
    deny(account, kre, user)
    deny(account, kre, other, machine="ws-1")
    deny(account, second, user, machine="ws-1")
    account.policy("strict", False)
    deny(account, kre, user, machine="ws-1")
    deny(account, kre, user, machine="ws-1")
    found = episodes(account, 6)
    assert [episode["reason"] for episode in found] == ["exhausted"] * 5 + ["fallback_off"]
    assert counts(account, 7) == [1, 1, 1, 1, 1, 2]


def test_a_grant_closes_an_episode_and_the_next_denial_opens_another(account, kre, full):
    user = account.user()
    deny(account, kre, user, machine="ws-1")
    deny(account, kre, user, machine="ws-1")
    account.admin.end(full).ok()
    session = account.acquire(kre, user, machine="ws-1")["id"]
    closed = eventually(lambda: [episode for episode in episodes(account) if episode["closed_by"]])[0]
    assert (closed["count"], closed["closed_by"]) == (2, "grant")
    assert closed["closed_at"] is not None

    other = account.user()
    account.admin.end(session).ok()
    account.acquire(kre, other)
    deny(account, kre, user, machine="ws-1")
    assert [episode["closed_by"] for episode in episodes(account, 2)] == ["grant", None]


def test_refusals_of_membership_and_eligibility_are_episodes_too(account, kre):
    own, other = account.organization(), account.organization()
    user = account.user(own)
    project = account.project(other)
    account.policy("strict", True)
    for _ in range(2):
        account.admin.acquire(kre, user, project=project).refused(403, "not-a-member")
        account.admin.acquire(kre, user, organization=other).refused(403, "not-eligible")
    assert counts(account, 4) == [2, 2]
    found = {episode["error"]: episode for episode in episodes(account, 2)}
    assert set(found) == {"not-a-member", "not-eligible"}
    assert (found["not-a-member"]["reason"], found["not-a-member"]["project"]) == ("not-a-member", project)
    assert (found["not-eligible"]["reason"], found["not-eligible"]["organization"]) == ("not-eligible", other)


def test_denials_in_a_batch_count_as_well(account, kre, full):
    user = account.user()
    ops = [{"op": "acquire", "product": kre, "user": user, "machine": "ci"}] * 20
    account.admin.post("/sessions:batch", {"ops": ops}).ok(200)
    assert counts(account, 20) == [20]


def test_denials_are_filtered(account, kre, full):
    one, two = account.user(), account.user()
    other = account.product()
    deny(account, kre, one)
    deny(account, kre, two)
    deny(account, other, two)
    project = account.project(account.organization())
    account.admin.acquire(kre, one, project=project).refused(403, "not-a-member")
    everything = episodes(account, 4)
    assert episodes(account, user=two) == [episode for episode in everything if episode["user"] == two]
    assert [episode["product"] for episode in episodes(account, product=other)] == [other]
    assert [episode["error"] for episode in episodes(account, kind="not-a-member")] == ["not-a-member"]
    assert episodes(account, query={"from": moment(60)}) == []
    assert episodes(account, query={"to": moment(60)}) == everything


def test_a_member_reads_its_own_denials(account, kre, full):
    one, two = account.user(), account.user()
    deny(account, kre, one)
    deny(account, kre, two)
    found = {episode["user"]: episode["id"] for episode in episodes(account, 2)}
    member = account.member(one)
    assert [episode["id"] for episode in member.items("/denials")] == [found[one]]
    member.get(f"/denials/{found[one]}").ok(200)
    member.get(f"/denials/{found[two]}").refused(404, "not-found")


def test_many_denials_stay_one_readable_episode(account, kre, full):
    """47 retries of one user in one second, as in a real log."""
    user = account.user()
    member = account.member(user)
    for _ in range(47):
        member.acquire(kre, machine="ws-1").refused(409, "no-license-available")
    assert counts(account, 47) == [47]
