"""The optimum of a small problem, proven, in this process."""

from dataclasses import dataclass, replace
from time import perf_counter
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from graph.arbitration.problem import Problem
from graph.arbitration.program.highs import Fate, Solution, solve
from graph.arbitration.program.program import Program, program_of

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

ROUNDS: Final = 12
"""Most times that tangents are laid anew where campaigns spend."""


@dataclass(frozen=True)
class Optimum:
    """The best plan found, and what no plan exceeds.

    chosen: by row of the candidates; None where no plan was found. value: of the plan, as a plan's
    value is counted. charges: shortfalls at their ceilings. bound: of value less charges; -inf
    where the problem is proven infeasible. gap = (bound - (value - charges)) / |bound|. fate:
    `optimal` within the asked gap, `infeasible` (proven), or `stopped` by seconds or nodes.
    """

    fate: Fate
    chosen: Bools | None
    budgets: dict[str, float]
    value: float
    charges: float
    shortfalls: dict[str, float]
    bound: float

    @property
    def gap(self) -> float:
        if not np.isfinite(self.bound) or not np.isfinite(self.value):
            return np.inf
        return (self.bound - (self.value - self.charges)) / max(abs(self.bound), 1e-9)


def exact_plan(
    problem: Problem,
    gap: float = 1e-6,
    seconds: float = 60.0,
    *,
    nodes: int | None = None,
    fixed: npt.NDArray[np.int8] | None = None,
) -> Optimum:
    """The optimum of a problem within a relative gap; exploration plays no part in it.

    nodes: a limit of the search that, unlike seconds, gives the same answer on every machine.
    fixed: by candidate, 1 or 0 where it must or may not be chosen, -1 where it is free.
    """
    end = perf_counter() + seconds
    spends: dict[str, list[float]] = {one.name: [] for one in problem.limits.campaigns}
    best = Optimum("stopped", None, {}, -np.inf, 0.0, {}, np.inf)
    for _ in range(ROUNDS):
        program = program_of(problem, spends, fixed)
        solution = solve(program.model, end - perf_counter(), gap / 2, nodes)
        found = appraised(problem, solution, program)
        best = _better(best, found)
        open_value = best.bound - (best.value - best.charges)
        if best.fate != "optimal" or open_value <= gap * max(1.0, abs(best.bound)):
            break
        for name, spend in found.budgets.items():
            spends[name].append(spend)
    else:
        best = replace(best, fate="stopped")
    return best


def appraised(problem: Problem, solution: Solution, program: Program) -> Optimum:
    """The plan in a solution, counted again from the frames."""
    if solution.columns is None:
        return Optimum(solution.fate, None, {}, -np.inf, 0.0, {}, solution.bound)
    chosen = solution.columns[: program.candidates] > 0.5
    spent = solution.columns[program.spends]
    budgets = {
        one.name: float(np.clip(spend, one.least, one.most))
        for one, spend in zip(problem.limits.campaigns, spent, strict=True)
    }
    short = shortfalls(problem, chosen, budgets)
    charges = sum(
        amount * (one.ceiling or 0.0)
        for one in problem.limits.resources
        if (amount := short.get(one.name, 0.0))
    )
    value = worth(problem, chosen, budgets)
    bound = max(solution.bound, value - charges)
    return Optimum(solution.fate, chosen, budgets, value, charges, short, bound)


def worth(problem: Problem, chosen: Bools, budgets: dict[str, float]) -> float:
    """Fatigued value of the chosen plus the campaigns' terms."""
    factors = np.asarray(problem.limits.fatigue)
    taken = problem.candidates.filter(pl.Series(chosen)).select("contact", "value")
    good = taken.filter(pl.col("value") > 0)
    rank = good.select(
        (pl.col("value").rank("ordinal", descending=True).over("contact") - 1).cast(pl.Int64)
    )
    place = np.minimum(rank.to_series().to_numpy(), len(factors) - 1)
    touches = float(good.get_column("value").to_numpy() @ factors[place])
    touches += float(taken.filter(pl.col("value") <= 0).get_column("value").sum())
    return touches + sum(
        float(one.curve.value(budgets[one.name])) - budgets[one.name]
        for one in problem.limits.campaigns
    )


def shortfalls(problem: Problem, chosen: Bools, budgets: dict[str, float]) -> dict[str, float]:
    """What minima with a price ceiling lack, by resource."""
    taken = problem.candidates.filter(pl.Series(chosen)).select(pl.col("candidate").cast(pl.Int64))
    used = problem.uses.with_columns(pl.col("candidate").cast(pl.Int64)).join(
        taken, on="candidate", how="semi"
    )
    sums = dict(used.group_by("resource").agg(pl.col("amount").sum()).iter_rows())
    for one in problem.limits.campaigns:
        sums[one.resource] = sums.get(one.resource, 0.0) + budgets[one.name]
    return {
        one.name: lack
        for one in problem.limits.resources
        if one.at_least is not None
        and one.ceiling is not None
        and (lack := one.at_least - sums.get(one.name, 0.0)) > 1e-6 * max(1.0, one.at_least)
    }


def _better(before: Optimum, now: Optimum) -> Optimum:
    """The plan that is worth more, under the lower bound."""
    best = before if before.value - before.charges > now.value - now.charges else now
    bound = max(min(before.bound, now.bound), best.value - best.charges)
    return replace(best, bound=bound, fate=now.fate)
