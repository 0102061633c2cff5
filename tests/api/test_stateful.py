# SPDX-License-Identifier: Apache-2.0
"""A random walk: hypothesis sends commands to the live server, a naive model predicts each answer, and after each step the
laws of section 1 are checked by reading everything back. USHER_WALKS=n walks longer."""

import os

import hypothesis
import hypothesis.strategies as st
import pytest
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

import api
from model import DENIED, Claim, Model
from server import OPERATOR_KEY

WALKS = int(os.environ.get("USHER_WALKS", "20"))
STEPS = 50
DEPTH = 3
TTL_S = 86400


def outcome(answer, success):
    """The problem's name, or the word for success."""
    return answer.problem or (answer.ok() and success)


class Walk(RuleBasedStateMachine):
    server = None

    @initialize()
    def begin(self):
        operator = api.Client(self.server, OPERATOR_KEY)
        self.account = api.Account(operator)
        self.admin = self.account.admin
        self.kre, self.fou = self.account.product(), self.account.product(model="seat")
        self.model = Model(self.account.id, {self.kre: "session", self.fou: "seat"})
        for product in (self.kre, self.fou):
            self._purchase(product, 6)
        top = self._organization(None)
        for organization in (top, self._organization(None), self._organization(top)):
            self._user(organization)
        self._user(None)

    def _purchase(self, product, quantity):
        self.model.purchases[self.account.purchase(product, quantity)] = [product, quantity]

    def _organization(self, parent):
        organization = self.account.organization(parent=parent)
        self.model.parent[organization] = parent or self.account.id
        return organization

    def _user(self, organization):
        user = self.account.user(organization)
        self.model.users[user] = organization

    def pick(self, data, choices, label):
        return data.draw(st.sampled_from(sorted(choices, key=str)), label)

    def organizations(self):
        return list(self.model.parent)

    def claims(self, kind):
        return [claim.id for claim in self.model.claims.values() if claim.kind == kind]

    # What was bought.

    @rule(data=st.data(), quantity=st.integers(1, 5))
    @precondition(lambda self: len(self.model.purchases) < 4)
    def buy(self, data, quantity):
        self._purchase(self.pick(data, self.model.products, "product"), quantity)

    @rule(data=st.data(), quantity=st.integers(1, 10))
    @precondition(lambda self: self.model.purchases)
    def change_a_purchase(self, data, quantity):
        purchase = self.pick(data, self.model.purchases, "purchase")
        self.account.operator.patch(f"/purchases/{purchase}", {"quantity": quantity}).ok(200)
        self.model.purchases[purchase][1] = quantity

    @rule(data=st.data())
    @precondition(lambda self: len(self.model.purchases) > 2)
    def end_a_purchase(self, data):
        purchase = self.pick(data, self.model.purchases, "purchase")
        self.account.operator.delete(f"/purchases/{purchase}").ok(204)
        del self.model.purchases[purchase]

    # The tree.

    @rule(data=st.data())
    @precondition(lambda self: len(self.model.parent) < 7)
    def make_an_organization(self, data):
        parents = [None] + [each for each in self.organizations() if self.model.depth(each) <= DEPTH]
        self._organization(self.pick(data, parents, "parent"))

    @rule(data=st.data())
    @precondition(lambda self: self.model.parent)
    def delete_an_organization(self, data):
        organization = self.pick(data, self.organizations(), "organization")
        predicted = self.model.delete_organization(organization)
        assert outcome(self.admin.delete(f"/organizations/{organization}"), "ok") == predicted

    @rule(data=st.data())
    @precondition(lambda self: self.model.users)
    def move_a_user(self, data):
        user = self.pick(data, self.model.users, "user")
        organization = self.pick(data, [None, *self.organizations()], "organization")
        self.admin.patch(f"/users/{user}", {"organization": organization}).ok(200)
        self.model.move_user(user, organization)

    @rule(data=st.data())
    @precondition(lambda self: len(self.model.users) < 6)
    def make_a_user(self, data):
        self._user(self.pick(data, [None, *self.organizations()], "organization"))

    @rule(data=st.data())
    @precondition(lambda self: len(self.model.users) > 3)
    def delete_a_user(self, data):
        user = self.pick(data, self.model.users, "user")
        self.admin.delete(f"/users/{user}").ok(204)
        self.model.delete_user(user)

    @rule(data=st.data())
    @precondition(lambda self: self.model.parent and len(self.model.projects) < 3)
    def make_a_project(self, data):
        organization = self.pick(data, self.organizations(), "organization")
        self.model.projects[self.account.project(organization)] = (organization, set())

    @rule(data=st.data())
    @precondition(lambda self: self.model.projects)
    def join_or_leave_a_project(self, data):
        project = self.pick(data, self.model.projects, "project")
        user = self.pick(data, self.model.users, "user")
        members = self.model.projects[project][1]
        if user in members:
            self.account.leave(project, user)
            members.remove(user)
        else:
            self.account.join(project, user)
            members.add(user)

    @rule(policy=st.sampled_from(["unrestricted", "member_based", "strict"]), fallback=st.booleans())
    def set_the_policy(self, policy, fallback):
        self.account.policy(policy, fallback)
        self.model.policy = (policy, fallback)

    # Dedications and claims.

    @rule(data=st.data(), count=st.integers(0, 8), reclaim=st.sampled_from(["refuse", "refuse", "drain", "move"]))
    @precondition(lambda self: self.model.parent)
    def dedicate(self, data, count, reclaim):
        organization = self.pick(data, self.organizations(), "organization")
        product = self.pick(data, self.model.products, "product")
        predicted = self.model.dedicate(organization, product, count, reclaim)
        assert outcome(self.admin.dedicate(organization, product, count, reclaim=reclaim), "ok") == predicted

    @rule(data=st.data(), count=st.sampled_from([1, 1, 1, 2, 3]), named=st.sampled_from([False, False, True]),
          in_project=st.booleans())
    def acquire(self, data, count, named, in_project):
        user = self.pick(data, self.model.users, "user")
        request = {}
        if named and self.model.parent:
            request["organization"] = self.pick(data, self.organizations(), "organization")
        if in_project and self.model.projects:
            request["project"] = self.pick(data, self.model.projects, "project")
        predicted = self.model.acquire(user, self.kre, count, **request)

        told = self.admin.explain(self.kre, user, count=count, **request).ok(200)
        answer = self.admin.acquire(self.kre, user, count=count, ttl_s=TTL_S, **request)
        if predicted[0] == "granted":
            session = answer.ok(201)
            assert (session["level"], session["via"]) == predicted[1:]
            assert (told["would"], told["level"], told["via"]) == ("grant", *predicted[1:])
            self.model.claim(Claim(session["id"], "session", self.kre, user, session["level"], count))
            return
        assert answer.problem == predicted[0], answer
        assert (told["would"], told["error"]) == ("deny", predicted[0])
        if predicted[0] == DENIED:
            for tried in (answer["tried"], told["tried"]):
                assert [(each["level"], each["rule"]) for each in tried] == [each[:2] for each in predicted[1]]
                for each, (_, _, reasons) in zip(tried, predicted[1]):
                    assert each["reason"] in reasons, (each, reasons)

    @rule(data=st.data())
    @precondition(lambda self: self.claims("session"))
    def release(self, data):
        session = self.pick(data, self.claims("session"), "session")
        self.admin.end(session).ok(200)
        self.model.give_back(session)

    @rule(data=st.data())
    @precondition(lambda self: self.claims("session"))
    def heartbeat(self, data):
        session = self.pick(data, self.claims("session"), "session")
        assert self.admin.heartbeat(session).ok(200)["level"] == self.model.claims[session].level

    @rule(data=st.data())
    def assign_a_seat(self, data):
        user = self.pick(data, self.model.users, "user")
        level = self.pick(data, self.model.levels(), "level")
        predicted = self.model.assign(user, self.fou, level)
        answer = self.admin.assign(self.fou, user, level)
        assert outcome(answer, "granted") == predicted
        if predicted == "granted":
            self.model.claim(Claim(answer["id"], "seat", self.fou, user, level))

    @rule(data=st.data())
    @precondition(lambda self: self.claims("seat"))
    def take_a_seat_back(self, data):
        seat = self.pick(data, self.claims("seat"), "seat")
        self.admin.delete(f"/seats/{seat}").ok(204)
        self.model.give_back(seat)

    @invariant()
    def the_laws_hold_and_the_figures_are_as_predicted(self):
        if not hasattr(self, "model"):
            return
        rows = self.account.check_laws()
        served = {(row["level"], row["product"]): {name: value for name, value in row.items()
                                                   if name not in ("level", "name", "parent", "product")} for row in rows}
        predicted = {(level, product): self.model.row(level, product)
                     for level in self.model.levels() for product in self.model.products}
        # A product of which nothing is bought any more, and nothing stands, is not listed.
        listed = {product for (_, product), row in predicted.items() if any(row.values())}
        listed |= {product for product, _ in self.model.purchases.values()}
        assert served == {key: row for key, row in predicted.items() if key[1] in listed}

    def teardown(self):
        self.server.check_alive()


@pytest.mark.usefixtures("operator")
def test_a_random_walk_is_predicted_by_the_model(server):
    machine = type("WalkOnServer", (Walk,), {"server": server})
    run_state_machine_as_test(machine, settings=hypothesis.settings(
        max_examples=WALKS, stateful_step_count=STEPS, deadline=None, database=None,
        suppress_health_check=list(hypothesis.HealthCheck)))
