"""`python -m evals.small_problems`: random small problems against their exact optimum.

Problems of two sizes: those that the solver hands to an integer program, which are also solved
without it, and larger ones, which it never does.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from time import perf_counter
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
from rich.console import Console
from rich.progress import track

from evals.exact_plan import exact
from evals.random_problems import RandomProblem, random_problem
from evals.trying import worth_of
from graph.arbitration.checking import violations
from graph.arbitration.exact import MOST_COLUMNS
from graph.arbitration.newton import minimise
from graph.arbitration.problem import Problem
from graph.arbitration.solving import drafted, field_of, solve
from graph.arbitration.tightening import tightened

TARGET = 0.99
SIZES = {"exact": (30, MOST_COLUMNS, 16), "priced": (MOST_COLUMNS + 1, 6_000, 90)}
"""By group: how many sets, and about how many contacts."""
MOST_SECONDS = 60.0
"""For one exact optimum."""
WORST = 8


@dataclass(frozen=True)
class Answer:
    """One plan: its share of the exact optimum, and the rules that it broke."""

    ratio: float
    broken: tuple[str, ...]


@dataclass(frozen=True)
class Judged:
    """One problem with its answers. shipped: as `solve` gives it; repaired: without any integer
    program; polished: with one for the contacts nearest to a tie. proven: HiGHS proved its optimum;
    below: by how much the solver's bound lay below the optimum, as a share of it (a bound never
    should)."""

    seed: int
    group: str
    contacts: int
    sets: int
    kinds: tuple[str, ...]
    proven: bool
    below: float
    shipped: Answer
    repaired: Answer
    polished: Answer


def judged(one: RandomProblem, group: str, seconds: float) -> Judged | None:
    """Solve the problem four ways; None where HiGHS found no plan in that time."""
    best = exact(one.problem, one.sets, seconds)
    if best is None:
        return None
    plan = solve(one.problem)
    polished = solve(one.problem, polished=True)
    chosen, budgets = repaired(one.problem)
    return Judged(
        seed=one.seed,
        group=group,
        contacts=one.problem.candidates.get_column("contact").n_unique(),
        sets=len(one.sets),
        kinds=one.kinds,
        proven=best.bound - best.value <= 1e-4 * abs(best.bound),
        below=max(0.0, (best.value - plan.bound) / _size(best.bound)),
        shipped=_answer(one.problem, plan.chosen, plan.budgets, best.bound),
        repaired=_answer(one.problem, chosen, budgets, best.bound),
        polished=_answer(one.problem, polished.chosen, polished.budgets, best.bound),
    )


def repaired(problem: Problem) -> tuple[npt.NDArray[np.bool_], dict[str, float]]:
    """What prices and repair alone choose and spend."""
    whole = tightened(field_of(problem))
    draft, _ = drafted(whole, None, minimise(whole))
    part = whole.parts[0]
    names = [one.name for one in problem.limits.campaigns]
    spends = dict(zip(names, draft.spends.tolist(), strict=True))
    return part.unpack(part.chosen(draft.masks[0])), spends


def _answer(
    problem: Problem, chosen: npt.NDArray[np.bool_], budgets: dict[str, float], bound: float
) -> Answer:
    earned = earned_by(problem, chosen, budgets)
    ratio = 1 - (bound - earned) / _size(bound)
    return Answer(ratio, violations(problem, chosen, budgets))


def _size(bound: float) -> float:
    """What shares are taken of: the optimum, or one minor unit where it is less."""
    return max(abs(bound), 1.0)


def earned_by(problem: Problem, chosen: npt.NDArray[np.bool_], budgets: dict[str, float]) -> float:
    """Value less what shortfalls cost at their ceilings, from the frames."""
    rows, limits = problem.candidates.to_dicts(), problem.limits
    by_contact: dict[int, list[int]] = {}
    for place in np.flatnonzero(chosen).tolist():
        by_contact.setdefault(rows[place]["contact"], []).append(place)
    total = sum(worth_of(rows, tuple(own), limits) for own in by_contact.values())
    total += sum(
        float(one.curve.value(budgets[one.name])) - budgets[one.name] for one in limits.campaigns
    )
    taken = problem.candidates.filter(pl.Series(chosen)).select("candidate")
    used = problem.uses.join(taken, on="candidate", how="semi")
    sums = dict(used.group_by("resource").agg(pl.col("amount").sum()).iter_rows())
    for one in limits.resources:
        if one.at_least is not None and one.ceiling is not None:
            total -= one.ceiling * max(0.0, one.at_least - sums.get(one.name, 0.0))
    return total


def report(found: list[Judged], unsolved: int) -> dict[str, Any]:
    """What the command prints."""
    return {
        "problems": len(found),
        "without_an_optimum": unsolved,
        "optimum_proven_to_1e-4": sum(one.proven for one in found),
        "bound_below_the_optimum_by_at_most": max((one.below for one in found), default=0.0),
        "as_shipped": _summary([one.shipped for one in found]),
        "by_size": {
            group: {
                "problems": len(some),
                "contacts": _range([one.contacts for one in some]),
                "sets": _range([one.sets for one in some]),
                "as_shipped": _summary([one.shipped for one in some]),
                "repair_alone": _summary([one.repaired for one in some]),
                "polished": _summary([one.polished for one in some]),
            }
            for group in SIZES
            if (some := [one for one in found if one.group == group])
        },
        "worst_as_shipped": _worst(found, "shipped"),
        "worst_of_repair_alone": _worst(found, "repaired"),
        "kinds": {
            kind: sum(kind in one.kinds for one in found)
            for kind in sorted({kind for one in found for kind in one.kinds})
        },
    }


def _range(numbers: list[int]) -> dict[str, float]:
    return {"least": min(numbers), "median": float(np.median(numbers)), "most": max(numbers)}


def _summary(answers: list[Answer]) -> dict[str, Any]:
    ratios = np.array([one.ratio for one in answers if not one.broken])
    return {
        "least": float(ratios.min()) if len(ratios) else None,
        "median": float(np.median(ratios)) if len(ratios) else None,
        "most": float(ratios.max()) if len(ratios) else None,
        "below_99_percent": int((ratios < TARGET).sum()),
        "with_violations": sum(bool(one.broken) for one in answers),
    }


def _worst(found: list[Judged], which: str) -> list[dict[str, Any]]:
    def rank(one: Judged) -> tuple[bool, float]:
        answer: Answer = getattr(one, which)
        return not answer.broken, answer.ratio

    return [asdict(one) for one in sorted(found, key=rank)[:WORST]]


def problems(count: int, seed: int) -> Iterator[tuple[str, RandomProblem]]:
    """So many, of both sizes in turn, each with a seed of its own: `seed` x 1,000,000 + number."""
    for number in range(count):
        group = [*SIZES][number % len(SIZES)]
        yield group, random_problem(1_000_000 * seed + number, *SIZES[group])


def main() -> int:
    """Print JSON. Exit code 1 where a plan as shipped breaks a rule or lies under 99%."""
    parser = argparse.ArgumentParser(prog="python -m evals.small_problems", description=__doc__)
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="JSON alone, without progress")
    asked = parser.parse_args()
    started, told = perf_counter(), Console(stderr=True, quiet=asked.json)
    found, unsolved = [], 0
    for group, one in track(
        problems(asked.count, asked.seed), "solving", asked.count, console=told
    ):
        answer = judged(one, group, MOST_SECONDS)
        unsolved += answer is None
        if answer is not None:
            found.append(answer)
    data = {
        "count": asked.count,
        "seed": asked.seed,
        **report(found, unsolved),
        "seconds": perf_counter() - started,
    }
    sys.stdout.write(json.dumps(data, indent=1) + "\n")
    shipped = data["as_shipped"]
    return int(unsolved + shipped["below_99_percent"] + shipped["with_violations"] > 0)


if __name__ == "__main__":
    sys.exit(main())
