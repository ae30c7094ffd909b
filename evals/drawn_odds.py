"""`python -m evals.drawn_odds`: draws over many seeds against the softmax, by chi-square.

The odds are worked out anew, from the frames and the plan's prices, over sets that code of its own
has listed. What is counted is what each contact drew or chose by itself, before the repair.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from time import perf_counter
from typing import Any

import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.progress import track
from scipy.stats import chi2

from evals.random_problems import RandomProblem, random_problem
from evals.trying import TriedSet, counts_for
from graph.arbitration.compiled import Masks
from graph.arbitration.exploring import explore
from graph.arbitration.newton import minimise
from graph.arbitration.problem import Exploration, Problem
from graph.arbitration.response import Field
from graph.arbitration.solving import field_of, solve
from graph.arbitration.tightening import tightened

SHARE, TEMPERATURE = 0.5, 40.0
LEAST_EXPECTED = 5.0
"""Sets expected less often are counted together, as the test's approximation wants."""
SIGNIFICANT = 0.001
Counts = dict[tuple[int, ...], int]


def charges(problem: Problem, rates: dict[str, float]) -> npt.NDArray[np.float64]:
    """What shared limits and account caps charge each row, from the frames."""
    rows = problem.candidates.to_dicts()
    found = {row["candidate"]: rates.get("touches", 0.0) for row in rows}
    for number, resource, amount in problem.uses.iter_rows():
        found[number] += rates.get(resource, 0.0) * amount
    for row in rows:
        for cap in problem.limits.caps:
            if cap.per == "account" and counts_for(row, cap):
                found[row["candidate"]] += rates.get(f"{cap.name}:{row['account']}", 0.0)
    return np.array([found[row["candidate"]] for row in rows])


def mixture(
    sets: list[TriedSet], charge: npt.NDArray[np.float64]
) -> dict[int, dict[tuple[int, ...], float]]:
    """By contact: the probability of each set, exploring or not."""
    by_contact: dict[int, list[TriedSet]] = {}
    for one in sets:
        by_contact.setdefault(one.contact, []).append(one)
    found = {}
    for contact, own in by_contact.items():
        gain = np.array([one.worth - charge[list(one.members)].sum() for one in own])
        weight = np.exp((gain - gain.max()) / TEMPERATURE)
        odds = SHARE * weight / weight.sum()
        odds[int(gain.argmax())] += 1.0 - SHARE
        found[contact] = {one.members: float(p) for one, p in zip(own, odds, strict=True)}
    return found


def drawn(problem: Problem, seeds: range) -> Iterator[dict[int, tuple[int, ...]]]:
    """By seed: what each contact drew or chose by itself, as rows of the candidates."""
    whole = tightened(field_of(problem))
    dual = minimise(whole)
    for seed in seeds:
        rule = Exploration(share=SHARE, temperature=TEMPERATURE, seed=seed)
        yield _members(whole, explore(rule, whole, dual.prices, dual.response).own[0])


def _members(whole: Field, masks: Masks) -> dict[int, tuple[int, ...]]:
    part = whole.parts[0]
    positions = np.flatnonzero(part.chosen(masks))
    found: dict[int, list[int]] = {int(contact): [] for contact in part.contact}
    for position in positions:
        found[int(part.contact[part.owner[position]])].append(int(part.order[position]))
    return {contact: tuple(sorted(rows)) for contact, rows in found.items()}


def statistic(odds: dict[tuple[int, ...], float], seen: Counts, count: int) -> tuple[float, int]:
    """Chi-square and degrees of freedom of one contact; infinite where an impossible set came."""
    if any(members not in odds for members in seen):
        return float("inf"), 1
    ranked = sorted(odds, key=lambda members: odds[members])
    groups: list[list[tuple[int, ...]]] = [[]]
    for members in ranked:
        groups[-1].append(members)
        if sum(odds[one] for one in groups[-1]) * count >= LEAST_EXPECTED:
            groups.append([])
    groups = [group for group in groups if group]
    expected = np.array([sum(odds[one] for one in group) * count for group in groups])
    counted = np.array([sum(seen.get(one, 0) for one in group) for group in groups])
    return float(((counted - expected) ** 2 / expected).sum()), len(groups) - 1


def judged(one: RandomProblem, seeds: range, told: Console) -> dict[str, Any]:
    """One problem: the statistic over all its contacts, and each contact's own."""
    odds = mixture(one.sets, charges(one.problem, solve(one.problem).rates))
    seen: dict[int, Counts] = {contact: {} for contact in odds}
    for found in track(drawn(one.problem, seeds), "drawing", len(seeds), console=told):
        for contact, members in found.items():
            seen[contact][members] = seen[contact].get(members, 0) + 1
    tests = [statistic(odds[contact], seen[contact], len(seeds)) for contact in odds]
    total, freedom = sum(value for value, _ in tests), sum(degrees for _, degrees in tests)
    least = min(float(chi2.sf(value, max(1, degrees))) for value, degrees in tests)
    return {
        "problem": one.seed,
        "contacts": len(odds),
        "sets": len(one.sets),
        "kinds": list(one.kinds),
        "chi_square": total,
        "degrees_of_freedom": freedom,
        "p_value": float(chi2.sf(total, freedom)),
        "least_p_value_of_a_contact": least,
        "that_of_so_many_by_chance": 1.0 - (1.0 - least) ** len(tests),
    }


def main() -> int:
    """Print JSON. Exit code 1 where the draws do not match."""
    parser = argparse.ArgumentParser(prog="python -m evals.drawn_odds", description=__doc__)
    parser.add_argument("--seeds", type=int, default=10_000)
    parser.add_argument("--problems", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1, help="of the first problem")
    parser.add_argument("--json", action="store_true", help="JSON alone, without progress")
    asked = parser.parse_args()
    started, told = perf_counter(), Console(stderr=True, quiet=asked.json)
    found = [
        judged(random_problem(asked.seed + n, 100, 1_500, 16), range(asked.seeds), told)
        for n in range(asked.problems)
    ]
    data = {"seeds": asked.seeds, "problems": found, "seconds": perf_counter() - started}
    sys.stdout.write(json.dumps(data, indent=1) + "\n")
    worst = min(min(one["p_value"], one["that_of_so_many_by_chance"]) for one in found)
    return int(worst < SIGNIFICANT)


if __name__ == "__main__":
    sys.exit(main())
