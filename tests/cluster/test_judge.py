# SPDX-License-Identifier: Apache-2.0
"""The judge sees what he is there for: in a small true story, one thing at a time is made false."""

import copy
import datetime

import pytest

from judge import judge
from record import Grant, Heartbeat, Record, Return

ACCOUNT, FILM = "AC-1", "OG-1"
POOLS = {ACCOUNT: 1, FILM: 1}
BEGIN = 1_700_000_000.0


def stamp(second):
    return datetime.datetime.utcfromtimestamp(BEGIN + second).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


class Story:
    def __init__(self):
        self.events, self.record = [], Record()

    def event(self, kind, second, number, level, ends):
        session = {"id": f"SN-{number}", "machine": f"m{number}", "level": level, "count": 1, "expires_at": stamp(ends)}
        self.events.append({"seq": len(self.events) + 1, "kind": f"session.{kind}", "at": stamp(second), "before": session,
                            "after": session})

    def grant(self, second, number, level, ends=60):
        self.event("acquired", second, number, level, ends)
        self.record.grants.append(Grant(f"m{number}", FILM, 1, BEGIN + second - 0.1, BEGIN + second + 0.1, f"SN-{number}", BEGIN + ends,
                                        tries=1))

    def give_back(self, second, number, level):
        self.event("released", second, number, level, 60)
        self.record.returns.append(Return(f"SN-{number}", BEGIN + second - 0.1, BEGIN + second + 0.1, "released"))

    def deny(self, second, number):
        asked = BEGIN + second - 0.1
        self.record.grants.append(Grant(f"m{number}", FILM, 1, asked, BEGIN + second + 0.1, denied_from=asked, tries=1))

    def faults(self):
        return judge(self.record, self.events, POOLS, ACCOUNT)


@pytest.fixture
def story():
    made = Story()
    made.grant(1, 1, FILM)
    made.grant(2, 2, ACCOUNT, ends=10)
    made.deny(3, 3)
    made.give_back(4, 1, FILM)
    made.grant(5, 4, FILM)
    made.event("expired", 10, 2, ACCOUNT, 10)
    made.record.heartbeats.append(Heartbeat("SN-4", BEGIN + 11, BEGIN + 11.1, BEGIN + 70))
    made.record.heartbeats.append(Heartbeat("SN-2", BEGIN + 12, BEGIN + 12.1, is_ended=True))
    return made


def drop(story, at):
    del story.events[at]
    for seq, event in enumerate(story.events, 1):
        event["seq"] = seq


def one_too_many(story):
    story.grant(11, 5, FILM)


def the_same_unseen_by_the_clients(story):
    story.event("acquired", 11, 5, FILM, 60)
    story.record.grants.append(Grant("m5", FILM, 1, BEGIN + 10, tries=1))


def a_grant_is_gone(story):
    drop(story, 4)


def a_return_is_gone(story):
    drop(story, 3)
    drop(story, 3)


def one_key_two_grants(story):
    story.event("acquired", 10.5, 6, ACCOUNT, 60)
    story.events[-1]["after"] = {**story.events[-1]["after"], "machine": "m4"}


def a_grant_of_nobody(story):
    story.event("acquired", 10.5, 6, ACCOUNT, 60)


def denied_and_granted(story):
    story.event("acquired", 10.5, 3, ACCOUNT, 60)


def a_return_of_nobody(story):
    del story.record.returns[0]


def a_lease_cut_short(story):
    story.record.heartbeats.append(Heartbeat("SN-2", BEGIN + 6, BEGIN + 6.1, BEGIN + 16))


def an_expiry_before_its_time(story):
    story.events[-1]["before"] = {**story.events[-1]["before"], "expires_at": stamp(20)}


def a_heartbeat_of_the_dead(story):
    story.record.heartbeats[1] = Heartbeat("SN-2", BEGIN + 12, BEGIN + 12.1, BEGIN + 22)


def told_to_be_dead(story):
    story.record.heartbeats[0] = Heartbeat("SN-4", BEGIN + 11, BEGIN + 11.1, is_ended=True)


def an_answer_before_the_question_of_the_one_before(story):
    story.record.grants[0].asked_at += 1.5


def a_denial_without_cause(story):
    story.deny(4.5, 7)


def time_goes_back(story):
    story.events[1]["at"] = stamp(0.5)


def a_gap(story):
    story.events[-1]["seq"] += 1


def ended_twice(story):
    story.event("expired", 11, 2, ACCOUNT, 10)


def test_a_true_story_has_no_fault(story):
    assert story.faults() == []


@pytest.mark.parametrize("lie", [
    one_too_many, the_same_unseen_by_the_clients, a_grant_is_gone, a_return_is_gone, one_key_two_grants, a_grant_of_nobody,
    denied_and_granted, a_return_of_nobody, a_lease_cut_short, an_expiry_before_its_time, a_heartbeat_of_the_dead, told_to_be_dead,
    an_answer_before_the_question_of_the_one_before, a_denial_without_cause, time_goes_back, a_gap, ended_twice], ids=lambda lie: lie.__name__)
def test_a_lie_is_seen(story, lie):
    lie(story)
    assert story.faults(), lie.__name__


def test_what_is_in_hands_counts_though_the_history_were_silent(story):
    """Returned in the history before anybody asked for it: the next holder has it while the first still does."""
    story.record.returns[0].asked_at = BEGIN + 5.5
    story.record.returns[0].answered_at = BEGIN + 5.6
    assert any("in hands" in fault for fault in story.faults())


def test_a_try_that_was_lost_may_be_granted_after_a_denial(story):
    late = copy.copy(next(grant for grant in story.record.grants if grant.denied_from))
    late.machine, late.tries = "m8", 2
    story.record.grants.append(late)
    story.event("acquired", 10.5, 8, ACCOUNT, 60)
    assert story.faults() == []
