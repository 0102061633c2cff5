# SPDX-License-Identifier: Apache-2.0
"""Holds what clients were told (record.py) against the history, the events of the account in their order.

The history is the witness of linearizability: it is one order of all grants and returns in which no pool is ever
overdrawn, every acknowledged one is there, once, and none stands before another that was answered before it was asked.
A denial needs a moment, between its question and its answer, at which its pools had too little.

Each check answers sentences, one for each fault."""

import bisect
import collections

import api

CLOCK_S = 0.05  # events have milliseconds, and the record's moments are taken a little outside
ENDS = ("session.released", "session.expired", "session.revoked")


def seconds(text):
    return api.parse(text).timestamp()


class History:
    """The walk of the events of sessions: where each begins and ends, and what is held at each level after each event."""

    def __init__(self, events, pools):
        """`pools`: the licenses of each level."""
        self.pools = pools
        self.faults = []
        self.began, self.ended = {}, {}  # by session: its event
        self.sessions = collections.defaultdict(list)  # by machine
        self.steps = [(0, dict.fromkeys(pools, 0))]  # (seq, held by level after it)
        self.check_order(events)
        for event in events:
            if event["kind"] == "session.acquired":
                self.begin(event)
            elif event["kind"] in ENDS:
                self.end(event)

    def check_order(self, events):
        if [event["seq"] for event in events] != list(range(1, len(events) + 1)):
            self.faults.append("the history has a gap, or a number twice")
        for first, then in zip(events, events[1:]):
            if then["at"] < first["at"]:
                self.faults.append(f"time went back from event {first['seq']}, {first['at']}, to the next, {then['at']}")

    def step(self, event, level, units):
        held = dict(self.steps[-1][1])
        held[level] += units
        self.steps.append((event["seq"], held))
        return held[level]

    def begin(self, event):
        session = event["after"]
        if session["id"] in self.began:
            self.faults.append(f"{session['id']} began twice")
            return
        self.began[session["id"]] = event
        self.sessions[session.get("machine")].append(session["id"])
        held = self.step(event, session["level"], session["count"])
        if held > self.pools[session["level"]]:
            self.faults.append(f"OVER-ISSUE: event {event['seq']} at {event['at']}: {session['level']} has "
                               f"{self.pools[session['level']]}, and {held} are held")

    def end(self, event):
        session = event["before"]
        if session["id"] not in self.began or session["id"] in self.ended:
            self.faults.append(f"{session['id']} ends (event {event['seq']}), and was not active")
            return
        self.ended[session["id"]] = event
        self.step(event, session["level"], -session["count"])
        if event["kind"] == "session.expired" and event["at"] < session["expires_at"]:
            self.faults.append(f"{session['id']} expired at {event['at']}, before {session['expires_at']}")


def check_grants(record, history):
    known = {grant.machine: grant for grant in record.grants}
    for machine, sessions in history.sessions.items():
        if len(sessions) > 1:
            yield f"one Idempotency-Key, several grants: {machine}: {sessions}"
        grant = known.get(machine)
        if grant is None:
            yield f"{sessions} were granted to nobody: {machine}"
        elif grant.session is None and grant.answered_at < float("inf") and grant.tries < 2:
            yield f"{machine} was denied, and {sessions} granted"
    for grant in record.grants:
        if grant.session and grant.session not in history.sessions.get(grant.machine, []):
            yield f"acknowledged, and gone: {grant.session} of {grant.machine}"


def check_returns(record, history):
    asked = {each.session for each in record.returns}
    for each in record.returns:
        event = history.ended.get(each.session)
        if each.state and (event is None or event["kind"] != f"session.{each.state}"):
            yield f"{each.session} was told to be {each.state}, and the history says {event and event['kind']}"
    for session, event in history.ended.items():
        if event["kind"] != "session.expired" and session not in asked:
            yield f"nobody returned {session}, and it is {event['kind']}"


def check_leases(record, history):
    """No lease is cut short of what was acknowledged, and none lives on after its end."""
    told = {grant.session: grant.expires_at for grant in record.grants if grant.session}
    for beat in record.heartbeats:
        if beat.expires_at:
            told[beat.session] = max(told.get(beat.session, 0), beat.expires_at)
    for session, until in told.items():
        event = history.ended.get(session)
        if event and event["kind"] == "session.expired" and seconds(event["at"]) < until:
            yield f"{session} was told to last until {until:.3f}, and expired at {seconds(event['at']):.3f}"
    for beat in record.heartbeats:
        event = history.ended.get(beat.session)
        if beat.is_ended and event is None:
            yield f"a heartbeat of {beat.session} was told that it has ended, and it has not"
        if beat.expires_at and event and seconds(event["at"]) < beat.asked_at - CLOCK_S:
            yield f"{beat.session} ended at {seconds(event['at']):.3f}, a heartbeat of {beat.asked_at:.3f} was acknowledged"


def effects(record, history):
    """(seq, asked_at, answered_at, what) of all that the record knows of in the history, in its order."""
    found = []
    for grant in record.grants:
        for session in history.sessions.get(grant.machine, []):
            found.append((history.began[session]["seq"], grant.asked_at, grant.effect_by, f"grant of {session}"))
    returned = {}
    for each in record.returns:
        first = returned.get(each.session)
        returned[each.session] = (min(each.asked_at, first[0]), min(each.answered_at, first[1])) if first else (
            each.asked_at, each.answered_at)
    for session, (asked_at, answered_at) in returned.items():
        event = history.ended.get(session)
        if event and event["kind"] == "session.released":
            found.append((event["seq"], asked_at, answered_at, f"return of {session}"))
    return sorted(found)


def check_real_time(record, history):
    """What was answered before another was asked stands before it."""
    latest = (0, 0.0, "nothing")
    for seq, asked_at, answered_at, what in effects(record, history):
        if answered_at < latest[1]:
            yield f"{what} (event {seq}) was answered before {latest[2]} (event {latest[0]}) was asked, and stands after it"
        if asked_at > latest[1]:
            latest = (seq, asked_at, what)


def check_denials(record, history, account):
    """For each denial there is a state that it could have seen in which no candidate pool had enough."""
    known = effects(record, history)
    by_answer = sorted((answered_at, seq) for seq, _, answered_at, _ in known)
    by_asking = sorted((asked_at, seq) for seq, asked_at, _, _ in known)
    answers, first_after = prefix(by_answer, max), suffix(by_asking, min)
    for grant in record.grants:
        if grant.denied_from is None:
            continue
        lowest = answers(grant.denied_from) or 0
        highest = first_after(grant.answered_at) or float("inf")
        if not any(too_little(history, held, grant, account) for held in states(history, lowest, highest)):
            yield (f"{grant.machine} ({grant.count} units, {grant.organization}) was denied between events {lowest} and {highest}, "
                   "and at each moment a pool had enough")


def too_little(history, held, grant, account):
    return all(history.pools[level] - held[level] < grant.count for level in (grant.organization, account))


def states(history, lowest, highest):
    """What was held after each event from the last one up to `lowest` to the last before `highest`."""
    first = bisect.bisect_right(history.steps, lowest, key=lambda step: step[0]) - 1
    for seq, held in history.steps[first:]:
        if seq >= highest:
            return
        yield held


def prefix(pairs, pick):
    """A function of a moment: the pick of the values of all pairs whose moment is before it, or None."""
    best = []
    for _, value in pairs:
        best.append(pick(best[-1], value) if best else value)
    moments = [moment for moment, _ in pairs]

    def find(moment):
        at = bisect.bisect_left(moments, moment)
        return best[at - 1] if at else None
    return find


def suffix(pairs, pick):
    """The same of all pairs whose moment is after it."""
    find = prefix([(-moment, value) for moment, value in reversed(pairs)], pick)
    return lambda moment: find(-moment)


def check_holders(record, history):
    """Without the history's order: who surely held what, from the answer to the return or the end of the lease."""
    until = {}
    for beat in record.heartbeats:
        if beat.expires_at:
            until[beat.session] = max(until.get(beat.session, 0), beat.expires_at)
    returned = {}
    for each in record.returns:
        returned[each.session] = min(each.asked_at, returned.get(each.session, each.asked_at))
    changes = collections.defaultdict(list)
    for grant in record.grants:
        if not grant.session or grant.session not in history.began:
            continue
        end = min(max(grant.expires_at, until.get(grant.session, 0)), returned.get(grant.session, float("inf")))
        if end > grant.answered_at:
            level = history.began[grant.session]["after"]["level"]
            changes[level] += [(end, -grant.count), (grant.answered_at, grant.count)]
    for level, moves in changes.items():
        held = 0
        for moment, units in sorted(moves):
            held += units
            if held > history.pools[level]:
                yield f"OVER-ISSUE: at {moment:.3f} {held} units of {level} are in hands, of {history.pools[level]}"


def judge(record, events, pools, account):
    """All faults. `pools`: the licenses of each level, `account` is the one that all may fall back to."""
    history = History(events, pools)
    return [*history.faults, *check_grants(record, history), *check_returns(record, history), *check_leases(record, history),
            *check_real_time(record, history), *check_denials(record, history, account), *check_holders(record, history),
            *record.strange]
