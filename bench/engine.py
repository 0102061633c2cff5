# SPDX-License-Identifier: Apache-2.0
"""The engine by itself, from what bench/engine prints: a name, how often a second, microseconds."""
import re

import rig

OWN = "acquire and release: the own organization"
OTHERS = "acquire and release: strangers' licenses, no fallback"


def run(options, organizations):
    out = rig.output_of(options.build / "bench/engine", organizations)
    print(f"\n{out.rstrip()}")
    rows = re.findall(r"^(.*?)\s+(\d+) / s", out, re.MULTILINE)
    return {name: float(rate) for name, rate in rows}


def measure(options, _, table):
    small, middle, large = (run(options, organizations) for organizations in (10, 1000, 100_000))
    table.add("engine alone, acquires and releases, millions a second", 2 * middle[OWN] / 1e6, "", 2, 5)
    table.add("engine alone, an acquire at 100,000 organizations / at 10: cost", small[OWN] / large[OWN], "", 1.5, 1.1,
              True)
    table.add("the same, unrestricted policy, licenses of strangers", small[OTHERS] / large[OTHERS], "", 1.5, 1.1, True)
