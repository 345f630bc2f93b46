"""How often Holm's correction lets through any false finding, by the number of resamples, groups and tests.

    python benchmarks/families.py --output docs/results/families.csv

Differences whose truth is 0, normal between groups, go through the variance, p and correction of the tables; all tests
of a family share the resamples, as the rows of a table do. Were more tests to need more resamples, large families would
show far less than 5 %: no p could become small enough.
"""

from __future__ import annotations

import argparse
import itertools
import math
from pathlib import Path

import numpy as np
from harness import write_csv

from conclugen.evaluation.inference import Groups, combine, holm
from conclugen.evaluation.intervals import group_weights

LEVEL, RESAMPLES, GROUPS, TESTS = 0.95, (50, 1000), (10, 60, 180), (1, 28, 100)


def p_values(resamples: int, count: int, tests: int, number: int) -> np.ndarray:
    """Return the p (M,) of tests of differences that are none, on `count` groups of one utterance."""
    generator, groups = np.random.default_rng([resamples, count, tests, number]), Groups(count, float(count))
    differences = generator.normal(size=(count, tests))
    drawn = (group_weights(count, resamples, number) @ differences / count).T
    pairs = zip(differences.mean(0), drawn, strict=True)
    return np.array([combine(one, groups).p(float(value)) for value, one in pairs])


def main() -> None:
    """Write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--families", type=int, default=1000)
    parser.add_argument("--output", type=Path, required=True)
    given = parser.parse_args()
    found = []
    for resamples, groups, tests in itertools.product(RESAMPLES, GROUPS, TESTS):
        least = [holm(p_values(resamples, groups, tests, number)).min() for number in range(given.families)]
        row = {"resamples": resamples, "groups": groups, "tests": tests, "families": given.families}
        row["any_false"] = f"{float((np.array(least) <= 1 - LEVEL).mean()):.4f}"
        found.append(row | {"standard_error": f"{math.sqrt(LEVEL * (1 - LEVEL) / given.families):.4f}"})
    write_csv(given.output, found)


if __name__ == "__main__":
    main()
