"""Solving: prices, best response, exploration, repair, and how far from the bound that is."""

from dataclasses import dataclass, field
from time import perf_counter

import numpy as np

from graph.arbitration.campaigns import best_spends
from graph.arbitration.compiled import Floats, Masks
from graph.arbitration.deciding import tolls_at
from graph.arbitration.draft import Draft
from graph.arbitration.exploring import Drawn, explore
from graph.arbitration.grouping import Groups
from graph.arbitration.newton import Dual, minimise
from graph.arbitration.packing import pack
from graph.arbitration.plan import Plan, plan_of
from graph.arbitration.polishing import polish
from graph.arbitration.problem import Exploration, Problem
from graph.arbitration.repair import repair
from graph.arbitration.replaying import Replays, replayed
from graph.arbitration.response import Field
from graph.arbitration.rows import rows_of
from graph.arbitration.ties import ties_of
from graph.arbitration.tightening import tightened


@dataclass(frozen=True)
class Solution:
    """What was decided over all partitions: the draft, the bound it stands under, what it took.

    best: everybody's best response at the final prices, before draws and repair.
    """

    draft: Draft
    best: tuple[Masks, ...]
    drawn: Drawn
    replays: tuple[Replays, ...]
    bound: float
    dual: Dual | None
    seconds: dict[str, float] = field(default_factory=dict, compare=False)

    @property
    def gap(self) -> float:
        """(bound - value less charges) / |bound|."""
        gap = (self.bound - (self.draft.value - self.draft.charged)) / max(abs(self.bound), 1e-9)
        return float(gap) if np.isfinite(gap) else float("inf")


def solve(problem: Problem, warm: dict[str, float] | None = None, polished: bool = False) -> Plan:
    """The plan of a problem. `warm`: prices of an earlier run, to start from.

    Very small problems are solved exactly, by HiGHS. polished: up to 20,000 contacts, an integer
    program also improves what the repair left; it takes seconds, where the rest takes tenths.
    """
    watch = perf_counter()
    packed = field_of(problem)
    start = None
    if warm is not None:
        start = np.array([warm.get(name, 0.0) for name in packed.rows.names])
    packing = perf_counter() - watch
    found = solve_field(packed, problem.limits.exploration, start, polished)
    return plan_of(problem, found, {"pack": packing, **found.seconds})


def field_of(problem: Problem) -> Field:
    """One problem as one partition."""
    rows = rows_of(problem.limits)
    groups = Groups(rows.amounts)
    return Field((pack(problem, groups),), rows, groups)


def solve_field(
    whole: Field,
    rule: Exploration | None = None,
    warm: Floats | None = None,
    polished: bool = False,
) -> Solution:
    """Arbitrate all partitions under their shared limits."""
    watch = [perf_counter()]
    whole = tightened(whole)
    dual = minimise(whole, warm)
    watch.append(perf_counter())
    draft, drawn = drafted(whole, rule, dual)
    watch.append(perf_counter())
    bound = polish(draft, dual.bound, polished)
    watch.append(perf_counter())

    def settle(again: Exploration) -> tuple[Draft, Drawn]:
        other, drawn_then = drafted(whole, again, dual)
        polish(other, dual.bound, polished)
        return other, drawn_then

    replays = replayed(rule, draft.masks, settle)
    watch.append(perf_counter())
    stages = ("dual", "repair", "polish", "replays")
    seconds = dict(zip(stages, np.diff(watch).tolist(), strict=True))
    return Solution(draft, dual.response.masks, drawn, replays, bound, dual, seconds)


def drafted(whole: Field, rule: Exploration | None, dual: Dual) -> tuple[Draft, Drawn]:
    """Draw by this rule and repair, at the dual's prices."""
    drawn = explore(rule, whole, dual.prices, dual.response)
    draft = Draft(
        whole,
        dual.prices,
        dual.response.tolls,
        tuple(masks.copy() for masks in drawn.masks),
        drawn.explored,
        dual.response.spends,
    )
    repair(draft, dual.natural)
    return draft, drawn


def respond(problem: Problem, prices: dict[str, float]) -> Plan:
    """What each contact would choose by itself at given prices: no limit but its own binds.

    This is the ghost of a holdout contact. An account's cap is charged at its price, if it has one.
    """
    rows = rows_of(problem.limits)
    groups = Groups(rows.amounts)
    part = pack(problem, groups, every_cap=True)
    whole = Field((part,), rows, groups)
    given = np.array([prices.get(name, 0.0) for name in rows.names])
    tolls = tolls_at(part, prices)
    own = ties_of(part, whole.rates(given), tolls, None).best
    spends, _ = best_spends(rows, given)
    nobody = np.zeros(part.contacts, dtype=np.bool_)
    draft = Draft(whole, given, (tolls,), (own,), (nobody,), spends)
    draft.measure()
    drawn = Drawn((own,), (own,), (nobody,), (nobody,))
    replays = replayed(None, (own,), lambda _: (draft, drawn))
    return plan_of(problem, Solution(draft, (own,), drawn, replays, draft.value, None), {})
