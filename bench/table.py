# SPDX-License-Identifier: Apache-2.0
"""What a run prints: rates by round, and ratios beside what is wanted."""
import statistics


class Table:
    """What was reached, beside what is wanted."""

    def __init__(self):
        self.rows = []

    def add(self, what, measured, unit, reach, aim, less_is_better=False):
        met = [measured <= bound if less_is_better else measured >= bound for bound in (reach, aim)]
        verdict = "aim" if met[1] else "reach" if met[0] else "short"
        self.rows.append((what, f"{measured:.3g} {unit}".strip(), f"{reach:g}", f"{aim:g}", verdict))

    def tell(self, what, measured, unit=""):
        """A figure of which nothing is wanted."""
        self.rows.append((what, f"{measured:.3g} {unit}".strip(), "", "", ""))

    def show(self):
        print(f"\n{'figure':64} {'measured':>12} {'reach':>8} {'aim':>8}")
        for what, measured, reach, aim, verdict in self.rows:
            print(f"{what:64} {measured:>12} {reach:>8} {aim:>8}  {verdict}".rstrip())


class Rounds:
    """What each did in each round, by what was measured and who."""

    def __init__(self, rounds):
        self.rounds, self.rates = rounds, {}

    def measure(self, name, measures):
        """Each measure once a round, in turns; a measure is a name and a function that tells a rate."""
        for _ in range(self.rounds):
            for who, measure in measures.items():
                self.rates.setdefault((name, who), []).append(measure())
        print(f"\n{name}: operations a second, in each round")
        for who in measures:
            rates = self.rates[name, who]
            print(f"  {who:34} {statistics.median(rates):9.0f}   {' '.join(f'{rate:.0f}' for rate in rates)}", flush=True)

    def ratio(self, name, who, of):
        """The median of the rounds' ratios, for others may use the machine, too."""
        return statistics.median(mine / theirs for mine, theirs in zip(self.rates[name, who], self.rates[name, of]))
