# SPDX-License-Identifier: Apache-2.0
"""A naive model of one account: what the contract says, without a thought for speed. Everything is counted afresh.

A command answers what the server should: a word for success or the problem's name. Time does not pass here: leases are
long, purchases have no bounds, nobody waits."""

import dataclasses

DENIED = "no-license-available"


@dataclasses.dataclass
class Claim:
    """A seat or an active session."""
    id: str
    kind: str
    product: str
    user: str
    level: str
    count: int = 1

    @property
    def age(self):
        return int(self.id.split("-")[1])


def number(identifier):
    return int(identifier.split("-")[1])


class Model:
    def __init__(self, account, products):
        self.account = account
        self.products = products  # code to model
        self.purchases = {}  # id to [product, quantity]
        self.parent = {}  # organization to its parent level
        self.users = {}  # user to its organization or None
        self.projects = {}  # project to (organization, set of users)
        self.dedicated = {}  # (organization, product) to count
        self.draining = {}  # (organization, product) to target
        self.claims = {}  # id to claim
        self.policy = ("unrestricted", True)

    # The tree.

    def levels(self):
        return [self.account, *self.parent]

    def children(self, level):
        return [organization for organization, parent in self.parent.items() if parent == level]

    def chain(self, level):
        """The level and all above it."""
        while level != self.account:
            yield level
            level = self.parent[level]
        yield self.account

    def contains(self, level, organization):
        return level == self.account or (organization is not None and level in self.chain(organization))

    def depth(self, level):
        return len(list(self.chain(level)))

    # The figures.

    def given(self, level, product):
        if level == self.account:
            return sum(quantity for bought, quantity in self.purchases.values() if bought == product)
        return self.dedicated.get((level, product), 0)

    def below(self, level, product):
        return sum(self.given(child, product) for child in self.children(level))

    def assigned(self, level, product):
        return sum(claim.count for claim in self.claims.values() if (claim.level, claim.product) == (level, product))

    def in_use(self, level, product):
        return self.below(level, product) + self.assigned(level, product)

    def pool(self, level, product):
        return max(0, self.given(level, product) - self.below(level, product))

    def available(self, level, product):
        return max(0, self.given(level, product) - self.in_use(level, product))

    def over_committed(self, level, product):
        return max(0, self.in_use(level, product) - self.given(level, product))

    def subtree_use(self, level, product):
        return sum(claim.count for claim in self.claims.values()
                   if claim.product == product and level in self.chain(claim.level))

    def lawful(self, level, product, count):
        """Law 2: no subtree that holds the level may use more than it was given."""
        return all(self.subtree_use(above, product) + count <= self.given(above, product) for above in self.chain(level))

    def row(self, level, product):
        figures = {"dedicated": self.given(level, product), "pool": self.pool(level, product),
                   "assigned": self.assigned(level, product), "available": self.available(level, product)}
        if self.over_committed(level, product):
            figures["over_committed"] = self.over_committed(level, product)
        if (level, product) in self.draining:
            figures["draining_to"] = self.draining[level, product]
        return figures

    def settle(self):
        """Drains give back what has come back, the deepest first."""
        for level, product in sorted(self.draining, key=lambda place: -self.depth(place[0])):
            target = self.draining[level, product]
            self.dedicated[level, product] = max(target, self.in_use(level, product))
            if self.dedicated[level, product] == target:
                del self.draining[level, product]

    # Dedications.

    def dedicate(self, organization, product, count, reclaim):
        place = organization, product
        present, used, parent = self.given(*place), self.in_use(*place), self.parent[organization]
        if self.draining.get(place) == count:
            return "ok"
        if count >= present:
            if count - present > self.available(parent, product):
                return "insufficient-pool"
        elif count < used and reclaim == "drain":
            self.draining[place] = count
            self.settle()
            return "ok"
        elif count < used and reclaim == "refuse":
            return "dedication-in-use"
        elif count < used:
            refusal = self._move(organization, product, count)
            if refusal:
                return refusal
        self.dedicated[place] = count
        self.draining.pop(place, None)
        self.settle()
        return "ok"

    def _move(self, organization, product, count):
        below, parent = self.below(organization, product), self.parent[organization]
        if below > count:
            return "dedication-in-use"
        claims = sorted((claim for claim in self.claims.values() if (claim.level, claim.product) == (organization, product)),
                        key=lambda claim: -claim.age)
        kept, moved = self.assigned(organization, product), []
        while below + kept > count:
            moved.append(claims[len(moved)])
            kept -= moved[-1].count
        units = sum(claim.count for claim in moved)
        if units - (self.given(organization, product) - count) > self.available(parent, product):
            return "insufficient-pool"
        for claim in moved:
            claim.level = parent
        return None

    # Sessions.

    def member_organizations(self, user):
        return {organization for organization, members in self.projects.values() if user in members}

    def eligible(self, user):
        own = {self.users[user]} - {None}
        return {"unrestricted": set(self.parent), "member_based": own | self.member_organizations(user),
                "strict": own}[self.policy[0]]

    def trial(self, user, product, organization=None, project=None):
        """[(level, rule)] in order, or the name of the refusal."""
        allowed, fallback = self.eligible(user), (self.account, "fallback")
        if project is not None and user not in self.projects[project][1]:
            return "not-a-member"
        if organization is not None:
            return [(organization, "named"), fallback] if organization in allowed else "not-eligible"

        def most_first(organizations):
            return sorted(organizations, key=lambda each: (-self.available(each, product), number(each)))

        order = []
        if project is not None and self.projects[project][0] in allowed:
            order.append((self.projects[project][0], "project"))
        if self.users[user] is not None:
            order.append((self.users[user], "own"))
        order += [(each, "member") for each in most_first(self.member_organizations(user) & allowed)]
        order.append(fallback)
        order += [(each, "other") for each in most_first(allowed) if self.given(each, product) > 0]
        seen = set()
        return [(level, rule) for level, rule in order if not (level in seen or seen.add(level))]

    def reasons(self, level, product, count):
        """The reasons that a denial may give for the level; none: it grants."""
        if level == self.account and not self.policy[1]:
            return {"fallback_off"}
        if (level, product) in self.draining:
            return {"draining"}
        if self.over_committed(level, product):
            return {"over_committed"}
        if self.available(level, product) < count:
            # Where a level above is over-committed as well, both are true.
            above = any(self.over_committed(each, product) for each in self.chain(level))
            return {"exhausted", "over_committed"} if above else {"exhausted"}
        return set() if self.lawful(level, product, count) else {"over_committed"}

    def acquire(self, user, product, count=1, organization=None, project=None):
        """("granted", level, rule), or (problem, [(level, rule, reasons)])."""
        order = self.trial(user, product, organization, project)
        if isinstance(order, str):
            return order, []
        tried = []
        for level, rule in order:
            reasons = self.reasons(level, product, count)
            if not reasons:
                return "granted", level, rule
            tried.append((level, rule, reasons))
        return DENIED, tried

    def assign(self, user, product, level):
        if not self.contains(level, self.users[user]):
            return "not-eligible"
        if any((claim.user, claim.product) == (user, product) for claim in self.claims.values()):
            return "conflict"
        # A closed account is closed to sessions only.
        if (level, product) in self.draining or self.available(level, product) < 1 or not self.lawful(level, product, 1):
            return DENIED
        return "granted"

    def claim(self, claim):
        self.claims[claim.id] = claim

    def give_back(self, identifier):
        del self.claims[identifier]
        self.settle()

    # Structure.

    def _lose_seats(self, user):
        """Seats whose level the user no longer belongs to."""
        return [claim.id for claim in self.claims.values() if claim.kind == "seat" and claim.user == user
                and not self.contains(claim.level, self.users[user])]

    def move_user(self, user, organization):
        self.users[user] = organization
        for seat in self._lose_seats(user):
            del self.claims[seat]
        self.settle()

    def delete_user(self, user):
        for claim in [claim.id for claim in self.claims.values() if claim.user == user]:
            del self.claims[claim]
        for _, members in self.projects.values():
            members.discard(user)
        del self.users[user]
        self.settle()

    def delete_organization(self, organization):
        empty = not (self.children(organization) or organization in self.users.values()
                     or any(place == organization for place, _ in self.projects.values())
                     or any(claim.level == organization for claim in self.claims.values()))
        if not empty:
            return "not-empty"
        del self.parent[organization]
        for table in (self.dedicated, self.draining):
            for place in [place for place in table if place[0] == organization]:
                del table[place]
        self.settle()
        return "ok"
