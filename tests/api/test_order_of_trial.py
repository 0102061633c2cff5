# SPDX-License-Identifier: Apache-2.0
"""Section 4: which pool. The order of trial under the three policies, with fallback on and off."""

import pytest

POLICIES = ["unrestricted", "member_based", "strict"]


class Studio:
    """A user with its own organization, a project in one organization, memberships in two more, and strangers."""

    def __init__(self, account):
        self.account = account
        self.kre = account.product(1000)
        self.parent = account.organization("Parent")
        self.own = account.organization("Own", self.parent)
        self.film = account.organization("Film")
        self.first = account.organization("First")
        self.second = account.organization("Second")
        self.other = account.organization("Other")
        self.more = account.organization("More")
        self.user = account.user(self.own)
        self.project = account.project(self.film, self.user)
        for organization in (self.first, self.second):
            account.project(organization, self.user)
        self.filler = account.user()

    def give(self, **counts):
        """Dedications by name; the account keeps `keep` and the parent organization what it gives to `own` besides."""
        keep = counts.pop("keep", 0)
        parent = counts.pop("parent", 0)
        own = counts.pop("own", 0)
        self.account.dedicate(self.parent, self.kre, parent + own)
        self.account.dedicate(self.own, self.kre, own)
        for name, count in counts.items():
            self.account.dedicate(getattr(self, name), self.kre, count)
        spare = self.account.organization("Spare")
        self.account.dedicate(spare, self.kre, 1000 - parent - own - sum(counts.values()) - keep)
        self.spare = spare
        available = self.account.four(self.kre, spare)[3]
        for _ in range(available // 1000):
            self.account.acquire(self.kre, self.filler, organization=spare, count=1000)
        if available % 1000:
            self.account.acquire(self.kre, self.filler, organization=spare, count=available % 1000)

    def grants(self, times, **members):
        """Where so many sessions come from, one after another."""
        sessions = [self.account.acquire(self.kre, self.user, **members) for _ in range(times)]
        return [(session["level"], session["via"]) for session in sessions]

    def denied(self, **members):
        """(level, rule, reason) of each that was tried."""
        denied = self.account.admin.acquire(self.kre, self.user, **members).refused(409, "no-license-available")
        return [(tried["level"], tried["rule"], tried["reason"]) for tried in denied["tried"]]


@pytest.fixture
def studio(account):
    return Studio(account)


def exhausted(*pairs):
    return [(level, rule, "exhausted") for level, rule in pairs]


# Without a named organization.


def test_unrestricted_goes_through_all_in_order(account, studio):
    studio.give(own=1, film=1, first=1, second=2, other=1, more=2, parent=1, keep=1)
    assert studio.grants(10, project=studio.project) == [
        (studio.film, "project"), (studio.own, "own"),
        (studio.second, "member"), (studio.first, "member"), (studio.second, "member"),
        (account.id, "fallback"),
        (studio.more, "other"), (studio.parent, "other"), (studio.other, "other"), (studio.more, "other")]
    denied = studio.denied(project=studio.project)
    assert denied[:5] == exhausted((studio.film, "project"), (studio.own, "own"), (studio.first, "member"),
                                   (studio.second, "member"), (account.id, "fallback"))
    assert set(denied[5:]) == set(exhausted(*((level, "other") for level in (studio.parent, studio.other, studio.more,
                                                                             studio.spare))))
    account.check_laws()


def test_without_a_project_its_organization_is_one_of_the_users(account, studio):
    studio.give(own=1, film=3, first=1, second=2)
    assert studio.grants(7) == [
        (studio.own, "own"),
        (studio.film, "member"),
        (studio.film, "member"), (studio.second, "member"),
        (studio.film, "member"), (studio.first, "member"), (studio.second, "member")]


def test_equal_pools_go_by_id_lowest_first(account, studio):
    studio.give(film=1, first=2, second=2)
    assert [level for level, _ in studio.grants(4)] == [studio.first, studio.second, studio.film, studio.first]


def test_strangers_come_last_and_only_those_that_have_a_dedication(account, studio):
    studio.give(other=1)
    assert studio.grants(1) == [(studio.other, "other")]
    tried = {level for level, rule, _ in studio.denied() if rule == "other"}
    assert tried == {studio.other, studio.spare}, "More and Parent have nothing dedicated"


def test_member_based_uses_the_own_organization_and_those_of_the_users_projects(account, studio):
    studio.give(own=1, film=1, first=1, second=2, other=1, more=1, parent=1, keep=1)
    account.policy("member_based", True)
    assert studio.grants(6, project=studio.project) == [
        (studio.film, "project"), (studio.own, "own"), (studio.second, "member"), (studio.first, "member"),
        (studio.second, "member"), (account.id, "fallback")]
    assert studio.denied() == exhausted((studio.own, "own"), (studio.film, "member"), (studio.first, "member"),
                                        (studio.second, "member"), (account.id, "fallback"))


def test_strict_uses_the_own_organization_only(account, studio):
    studio.give(own=1, film=1, first=1, other=1, parent=1, keep=1)
    account.policy("strict", True)
    assert studio.grants(2, project=studio.project) == [(studio.own, "own"), (account.id, "fallback")], \
        "the project's organization is not in E"
    assert studio.denied() == exhausted((studio.own, "own"), (account.id, "fallback"))


@pytest.mark.parametrize("policy", POLICIES)
def test_with_fallback_off_the_accounts_pool_is_closed_to_sessions(account, studio, policy):
    studio.give(own=1, keep=5)
    account.policy(policy, False)
    assert studio.grants(1) == [(studio.own, "own")]
    assert (account.id, "fallback", "fallback_off") in studio.denied()
    assert account.four(studio.kre)[3] == 5


def test_a_closed_account_stands_in_its_place_among_those_tried(account, studio):
    studio.give()
    account.policy("unrestricted", False)
    denied = studio.denied()
    assert [rule for _, rule, _ in denied] == ["own", "member", "member", "member", "fallback", "other"]
    assert denied[4] == (account.id, "fallback", "fallback_off")


def test_unrestricted_without_fallback_still_uses_strangers(account, studio):
    studio.give(other=1, keep=5)
    account.policy("unrestricted", False)
    assert studio.grants(1) == [(studio.other, "other")]


@pytest.mark.parametrize("policy", ["member_based", "strict"])
def test_levels_between_the_organization_and_the_account_are_not_tried(account, studio, policy):
    studio.give(own=1, parent=5)
    account.policy(policy, True)
    assert studio.grants(1) == [(studio.own, "own")]
    assert studio.parent not in {level for level, _, _ in studio.denied()}


def test_a_level_between_is_tried_where_the_policy_lets_the_user(account, studio):
    studio.give(own=1, parent=1)
    account.policy("member_based", False)
    account.project(studio.parent, studio.user)
    assert studio.grants(2) == [(studio.own, "own"), (studio.parent, "member")]


def test_the_own_organization_is_tried_even_when_it_has_nothing(account, studio):
    studio.give()
    account.policy("strict", False)
    assert studio.denied() == [(studio.own, "own", "exhausted"), (account.id, "fallback", "fallback_off")]


def test_the_projects_organization_may_be_the_users_own_and_is_tried_once(account, studio):
    studio.give(own=1)
    project = account.project(studio.own, studio.user)
    account.policy("strict", False)
    assert studio.grants(1, project=project) == [(studio.own, "project")]
    assert [level for level, _, _ in studio.denied(project=project)] == [studio.own, account.id]


def test_the_first_with_enough_for_all_units_grants(account, studio):
    studio.give(own=2, first=2, second=3, keep=9)
    assert studio.grants(1, count=3) == [(studio.second, "member")]
    assert studio.grants(1, count=4) == [(account.id, "fallback")]
    assert studio.grants(1, count=2) == [(studio.own, "own")]


# A user without an organization.


@pytest.fixture
def wanderer(account, studio):
    studio.user = account.user()
    account.project(studio.first, studio.user)
    return studio


def test_a_user_without_organization_uses_what_its_projects_give(account, wanderer):
    wanderer.give(first=1, other=1, keep=1)
    account.policy("member_based", True)
    assert wanderer.grants(2) == [(wanderer.first, "member"), (account.id, "fallback")]
    assert [rule for _, rule, _ in wanderer.denied()] == ["member", "fallback"]


def test_a_user_without_organization_uses_all_when_unrestricted(account, wanderer):
    wanderer.give(first=1, other=1, keep=1)
    assert wanderer.grants(3) == [(wanderer.first, "member"), (account.id, "fallback"), (wanderer.other, "other")]


def test_a_user_without_organization_has_only_the_fallback_when_strict(account, wanderer):
    wanderer.give(first=1, other=1, keep=1)
    account.policy("strict", True)
    assert wanderer.grants(1) == [(account.id, "fallback")]
    account.policy("strict", False)
    assert wanderer.denied() == [(account.id, "fallback", "fallback_off")]


# A named organization.


def test_a_named_organization_is_used_then_the_accounts_pool_and_no_other(account, studio):
    studio.give(own=5, other=1, more=5, keep=1)
    assert studio.grants(2, organization=studio.other) == [(studio.other, "named"), (account.id, "fallback")]
    assert studio.denied(organization=studio.other) == exhausted((studio.other, "named"), (account.id, "fallback"))


def test_a_named_organization_without_fallback_is_the_only_one(account, studio):
    studio.give(own=5, other=1, keep=1)
    account.policy("unrestricted", False)
    assert studio.grants(1, organization=studio.other) == [(studio.other, "named")]
    assert studio.denied(organization=studio.other) == [
        (studio.other, "named", "exhausted"), (account.id, "fallback", "fallback_off")]


def test_the_own_organization_can_be_named(account, studio):
    studio.give(own=1)
    account.policy("strict", False)
    assert studio.grants(1, organization=studio.own) == [(studio.own, "named")]


def test_an_organization_outside_the_policy_may_not_be_named(account, studio):
    studio.give(other=5, first=5)
    account.policy("member_based", True)
    refused = account.admin.acquire(studio.kre, studio.user, organization=studio.other).refused(403, "not-eligible")
    assert (refused["product"], refused["organization"]) == (studio.kre, studio.other)
    assert studio.grants(1, organization=studio.first) == [(studio.first, "named")]
    account.policy("strict", True)
    account.admin.acquire(studio.kre, studio.user, organization=studio.first).refused(403, "not-eligible")


def test_a_name_outside_the_policy_is_told_before_an_empty_pool(account, studio):
    studio.give()
    account.policy("strict", False)
    account.admin.acquire(studio.kre, studio.user, organization=studio.other).refused(403, "not-eligible")


# Projects.


@pytest.mark.parametrize("policy", POLICIES)
def test_a_project_of_others_is_refused_under_every_policy(account, studio, policy):
    studio.give(own=5, other=5)
    account.policy(policy, True)
    project = account.project(studio.other, studio.filler)
    refused = account.admin.acquire(studio.kre, studio.user, project=project).refused(403, "not-a-member")
    assert (refused["product"], refused["project"]) == (studio.kre, project)


def test_membership_is_told_before_eligibility(account, studio):
    studio.give()
    account.policy("strict", True)
    project = account.project(studio.other)
    account.admin.acquire(studio.kre, studio.user, project=project, organization=studio.more).refused(403, "not-a-member")


def test_an_ended_membership_counts_no_more(account, studio):
    studio.give(film=5)
    account.policy("member_based", False)
    assert studio.grants(1, project=studio.project) == [(studio.film, "project")]
    account.leave(studio.project, studio.user)
    account.admin.acquire(studio.kre, studio.user, project=studio.project).refused(403, "not-a-member")
    assert studio.film not in {level for level, _, _ in studio.denied()}


def test_two_projects_of_one_organization_count_once_and_the_last_to_go_takes_it_along(account, studio):
    studio.give(first=5)
    account.policy("member_based", False)
    second_project = account.project(studio.first, studio.user)
    assert [level for level, _, _ in studio.denied(count=100)].count(studio.first) == 1
    account.leave(second_project, studio.user)
    assert studio.grants(1) == [(studio.first, "member")]


# The policy itself.


def test_a_policy_holds_at_once_for_later_requests_and_ends_no_session(account, studio):
    studio.give(own=0, other=2, keep=0)
    session = account.acquire(studio.kre, studio.user)
    assert session["level"] == studio.other
    account.policy("strict", False)
    account.admin.acquire(studio.kre, studio.user).refused(409, "no-license-available")
    assert account.admin.heartbeat(session["id"]).ok(200)["level"] == studio.other


def test_the_default_is_unrestricted_with_fallback_and_can_be_restored(account):
    assert account.admin.get("/usage-policy").ok(200).body == {"policy": "unrestricted", "fallback": True}
    assert account.policy("strict", False).body == {"policy": "strict", "fallback": False}
    assert account.admin.get("/usage-policy").body == {"policy": "strict", "fallback": False}
    assert account.admin.delete("/usage-policy").ok(200).body == {"policy": "unrestricted", "fallback": True}
    assert account.admin.get("/usage-policy").body == {"policy": "unrestricted", "fallback": True}


@pytest.mark.parametrize("body, pointer", [
    ({"policy": "strict"}, "/fallback"), ({"fallback": True}, "/policy"), ({"policy": "lax", "fallback": True}, "/policy"),
    ({"policy": "strict", "fallback": "off"}, "/fallback"), ({"policy": "strict", "fallback": 0}, "/fallback")])
def test_a_policy_needs_both_members_well_formed(account, body, pointer):
    assert account.admin.put("/usage-policy", body).refused(400, "invalid-request")["pointer"] == pointer


@pytest.mark.parametrize("plan", ["free", "premium"])
def test_a_policy_needs_the_plan_true_enterprise(new_account, plan):
    account = new_account(plan=plan)
    account.admin.put("/usage-policy", {"policy": "strict", "fallback": True}).refused(403, "subscription-required")
    assert account.admin.get("/usage-policy").ok(200)["policy"] == "unrestricted"


# Sessions of the platform.


def test_the_platforms_sessions_are_outside_the_policy(account, studio):
    studio.give(own=1, other=1, keep=1)
    account.policy("strict", False)
    platform = account.key("platform")
    grants = [platform.acquire(studio.kre, studio.user).ok(201) for _ in range(3)]
    assert [(session["level"], session["via"]) for session in grants] == [
        (studio.own, "own"), (account.id, "fallback"), (studio.other, "other")]
    assert {session["origin"] for session in grants} == {"platform"}


def test_the_platform_may_name_any_organization(account, studio):
    studio.give(other=1)
    account.policy("strict", False)
    platform = account.key("platform")
    session = platform.acquire(studio.kre, studio.user, organization=studio.other, origin="platform").ok(201)
    assert (session["level"], session["via"]) == (studio.other, "named")


def test_only_the_platform_may_call_itself_so_and_it_may_not_call_itself_otherwise(account, studio):
    studio.give(keep=5)
    member = account.member(studio.user)
    for client in (account.operator, account.admin, member):
        client.acquire(studio.kre, studio.user, origin="platform").refused(403, "forbidden")
    account.key("platform").acquire(studio.kre, studio.user, origin="external").refused(403, "forbidden")
    assert member.acquire(studio.kre, studio.user, origin="external").ok(201)["origin"] == "external"


# The denial.


def test_a_denial_tells_policy_and_figures_of_each_level_tried(account, studio):
    studio.give(own=2)
    account.policy("strict", True)
    session = account.acquire(studio.kre, studio.user, ttl_s=300, count=2)
    denied = account.admin.acquire(studio.kre, studio.user).refused(409, "no-license-available")
    assert (denied["product"], denied["count"], denied["policy"], denied["fallback"]) == (studio.kre, 1, "strict", True)
    own, fallback = denied["tried"]
    assert {**own, "retry_after_s": None} == {"level": studio.own, "rule": "own", "dedicated": 2, "pool": 2, "assigned": 2,
                                              "available": 0, "reason": "exhausted", "retry_after_s": None}
    assert 290 <= own["retry_after_s"] <= 300
    assert {**fallback} == {"level": account.id, "rule": "fallback", "dedicated": 1000, "pool": 0, "assigned": 0,
                            "available": 0, "reason": "exhausted", "retry_after_s": None}
    assert (denied["tried_total"], denied["reasons"]) == (2, {"exhausted": 2})
    assert session["level"] == studio.own


def test_retry_after_is_when_the_next_lease_there_ends(account, studio):
    studio.give(own=3)
    account.policy("strict", False)
    for ttl_s in (400, 100, 200):
        account.acquire(studio.kre, studio.user, ttl_s=ttl_s)
    denied = account.admin.acquire(studio.kre, studio.user).refused(409, "no-license-available")
    assert 90 <= denied["tried"][0]["retry_after_s"] <= 100


def test_a_long_denial_lists_the_first_twenty_and_counts_the_rest(account):
    kre = account.product(25)
    user = account.user()
    organizations = [account.organization() for _ in range(25)]
    body = {"dedications": [{"organization": organization, "product": kre, "count": 1} for organization in organizations]}
    account.admin.post("/dedications:apply", body).ok(200)
    ops = [{"op": "acquire", "product": kre, "user": user, "organization": organization} for organization in organizations]
    account.admin.post("/sessions:batch", {"ops": ops}).ok(200)

    denied = account.admin.acquire(kre, user).refused(409, "no-license-available")
    assert (len(denied["tried"]), denied["tried_total"], denied["reasons"]) == (20, 26, {"exhausted": 26})
    assert [tried["level"] for tried in denied["tried"]] == [account.id] + organizations[:19]


def test_a_member_sees_the_figures_of_its_own_its_projects_and_the_accounts_pools_only(account, studio):
    studio.give(own=1, first=1, other=1)
    studio.grants(3)
    denied = account.member(studio.user).acquire(studio.kre).refused(409, "no-license-available")
    figures = {tried["level"]: "available" in tried for tried in denied["tried"]}
    assert figures == {studio.own: True, studio.film: True, studio.first: True, studio.second: True, account.id: True,
                       studio.parent: False, studio.other: False, studio.spare: False}
    for tried in denied["tried"]:
        if not figures[tried["level"]]:
            assert tried == {"level": tried["level"], "rule": "other", "reason": "exhausted"}
    seen = account.admin.acquire(studio.kre, studio.user).refused(409, "no-license-available")
    assert all("available" in tried for tried in seen["tried"]), "an admin sees them all"


def test_the_first_reason_that_holds_is_given(account, studio):
    """fallback_off before cooldown before draining before exhausted."""
    studio.give(own=2, first=1)
    account.policy("member_based", False)
    sessions = [account.acquire(studio.kre, studio.user)["id"] for _ in range(3)]
    account.dedicate(studio.own, studio.kre, 0, reclaim="drain")
    reasons = {level: reason for level, _, reason in studio.denied()}
    assert reasons[studio.own] == "draining"
    assert reasons[studio.first] == "exhausted"
    assert reasons[account.id] == "fallback_off"

    account.admin.end(sessions[2], reason="make room", cooldown_s=60).ok()
    reasons = {level: reason for level, _, reason in studio.denied()}
    assert reasons[studio.own] == reasons[studio.first] == "cooldown"
    assert reasons[account.id] == "fallback_off"
