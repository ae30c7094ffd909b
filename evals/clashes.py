"""`python -m evals.clashes`: certificates of random infeasible problems, judged independently.

The judge alters each problem in its own way and asks an integer program over all sets that each
contact may get, which shares no line with the certificate's solvers.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import track

from domain.curve import HillCurve
from evals.altered import after, only
from evals.exact_plan import exact
from evals.random_problems import random_problem
from evals.trying import tried_sets
from graph.arbitration.certificate import Certificate, Clash
from graph.arbitration.clashes import find_clashes
from graph.arbitration.problem import Problem, ResourceLimit

SIZE = (30, 1_500, 10)
"""How many sets, and about how many contacts."""
MOST_SECONDS = 60.0
"""For one certificate, and for one answer of the judge."""


@dataclass(frozen=True)
class Judged:
    """One infeasible problem. None stands for what the judge did not settle in time.

    certified: it got a certificate. minimal: all of its clashes can't hold, and can without any one
    of their rules. relaxed: so many relaxations, and whether the problem holds after each.
    """

    seed: int
    certified: bool
    clashes: int
    minimal: bool | None
    relaxations: int
    relaxed: bool | None
    kinds: tuple[str, ...]
    seconds: float


def can_hold(problem: Problem) -> bool | None:
    """Whether some plan holds all rules, whatever it is worth; None where that took too long."""
    began = perf_counter()
    flat = HillCurve(scale=0.0, half=1.0, shape=1.0)
    campaigns = tuple(one.model_copy(update={"curve": flat}) for one in problem.limits.campaigns)
    plain = replace(problem, limits=problem.limits.model_copy(update={"campaigns": campaigns}))
    sets = [replace(one, worth=0.0) for one in tried_sets(plain)]
    found = exact(plain, sets, MOST_SECONDS)
    late = perf_counter() - began >= MOST_SECONDS
    return True if found is not None else None if late else False


def infeasible_problem(seed: int) -> Problem:
    """A random problem whose minima were raised until the judge found no plan."""
    random = np.random.default_rng([seed, 2])
    while True:
        problem = random_problem(int(random.integers(1 << 40)), *SIZE).problem
        for theme in random.permutation(5)[: random.integers(1, 4)]:
            problem = _demanding(problem, f"theme_{theme}", float(random.uniform(0.2, 0.9)))
            if can_hold(problem) is False:
                return problem


def _demanding(problem: Problem, name: str, share: float) -> Problem:
    """The problem with a hard minimum of this share of all that could be used of the resource."""
    uses = problem.uses.filter(problem.uses.get_column("resource") == name)
    least = float(np.ceil(share * uses.get_column("amount").to_numpy().sum()))
    known = [one for one in problem.limits.resources if one.name == name]
    one = known[0] if known else ResourceLimit(name=name)
    asked = one.model_copy(update={"at_least": least, "ceiling": None})
    others = tuple(other for other in problem.limits.resources if other.name != name)
    limits = problem.limits.model_copy(update={"resources": (*others, asked)})
    return replace(problem, limits=limits)


def judged(seed: int) -> Judged:
    problem, began = infeasible_problem(seed), perf_counter()
    found = find_clashes(problem, MOST_SECONDS)
    seconds = perf_counter() - began
    if not isinstance(found, Certificate):
        return Judged(seed, False, 0, False, 0, False, (), seconds)
    after_each = [can_hold(after(problem, one.changes)) for one in found.relaxations]
    return Judged(
        seed=seed,
        certified=True,
        clashes=len(found.clashes),
        minimal=_all([_minimal(problem, clash) for clash in found.clashes]),
        relaxations=len(found.relaxations),
        relaxed=bool(after_each) and _all(after_each),
        kinds=tuple(one.rule.kind for clash in found.clashes for one in clash.members),
        seconds=seconds,
    )


def _minimal(problem: Problem, clash: Clash) -> bool | None:
    rules = {(one.rule.kind, one.rule.place) for one in clash.members}
    whole = can_hold(only(problem, rules))
    return _all(
        [
            None if whole is None else not whole,
            *(can_hold(only(problem, rules - {one})) for one in rules),
        ]
    )


def _all(answers: list[bool | None]) -> bool | None:
    """False where one is, None where one is unknown."""
    return False if False in answers else None if None in answers else True


def report(found: list[Judged]) -> dict[str, Any]:
    """What the command prints."""
    seconds = [one.seconds for one in found]
    return {
        "infeasible": len(found),
        "certified": sum(one.certified for one in found),
        "minimal": sum(one.minimal is True for one in found),
        "relaxations_suffice": sum(one.relaxed is True for one in found),
        "not_settled_by_the_judge": sum(
            one.minimal is None or one.relaxed is None for one in found
        ),
        "clashes": sum(one.clashes for one in found),
        "relaxations": sum(one.relaxations for one in found),
        "rules_of_a_clash": sum(len(one.kinds) for one in found)
        / max(1, sum(one.clashes for one in found)),
        "kinds": dict(sorted(Counter(kind for one in found for kind in one.kinds).items())),
        "failed": [
            one.seed for one in found if not (one.certified and one.minimal and one.relaxed)
        ],
        "certificate_seconds": {
            "least": min(seconds),
            "median": float(np.median(seconds)),
            "most": max(seconds),
        },
    }


def seeds(count: int, seed: int) -> Iterator[int]:
    """A seed for each problem: `seed` x 1,000,000 + number."""
    return (1_000_000 * seed + number for number in range(count))


def main() -> int:
    """Print JSON. Exit code 1 where a certificate is missing, not minimal, or does not suffice."""
    parser = argparse.ArgumentParser(prog="python -m evals.clashes", description=__doc__)
    parser.add_argument("--problems", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="JSON alone, without progress")
    asked = parser.parse_args()
    started, told = perf_counter(), Console(stderr=True, quiet=asked.json)
    each = track(seeds(asked.problems, asked.seed), "certifying", asked.problems, console=told)
    found = [judged(seed) for seed in each]
    data = {"problems": asked.problems, "seed": asked.seed, **report(found)}
    data["seconds"] = perf_counter() - started
    sys.stdout.write(json.dumps(data, indent=1) + "\n")
    return int(bool(data["failed"]))


if __name__ == "__main__":
    sys.exit(main())
