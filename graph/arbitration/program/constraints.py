"""Constraints: a problem's rules as linear rows over its candidates, each row with its rule."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from graph.arbitration.problem import Problem, ResourceLimit
from graph.arbitration.program.contact_rules import (
    add_alternatives,
    add_bundles,
    add_cap,
    add_cliques,
    add_remaining,
    add_requires,
    pairs_of,
)
from graph.arbitration.program.rules import Rule, rules_of
from graph.arbitration.program.shared_rules import add_resources, add_step
from graph.arbitration.program.sheet import DEFINITION, MERGED, SOFT, Sheet

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

ROUNDING = 1e-9
"""Share of a limit that sums of floats may take, so that 30 x 0.1 reaches 3."""


@dataclass(frozen=True)
class Constraints:
    """`low <= matrix @ columns <= top`, R rows.

    columns: the candidates in the order of their frame (0 or 1), the campaigns' spends, then
    totals (>= 0) of what shares are taken of. rule: place in `rules` by row, or one of DEFINITION,
    SOFT, MERGED. unit: by how much one unit more of its rule's amount moves the row's top; 0 where
    that is not linear. soft: the limit of each SOFT row, in their order.
    """

    rules: tuple[Rule, ...]
    matrix: csr_array
    low: Floats
    top: Floats
    rule: Ints
    unit: Floats
    candidates: int
    campaigns: int
    soft: tuple[ResourceLimit, ...]

    def of(self, kept: Bools) -> Bools:
        """Rows of the rules that are kept, and those that define totals."""
        own = np.zeros(len(self.rule), dtype=np.bool_)
        ruled = self.rule >= 0
        own[ruled] = kept[self.rule[ruled]]
        return np.asarray(own | (self.rule == DEFINITION))


def constraints_of(problem: Problem, merged: bool = False) -> Constraints:
    """The rows of a problem.

    merged: alternatives, exclusions and spacing share their rows (fewer, and nearer to whole
    choices); their rules then have none of their own.
    """
    rules = rules_of(problem)
    sheet = Sheet(problem)
    beside: list[tuple[Ints, Ints]] = []
    for number, rule in enumerate(rules):
        match rule.kind:
            case "cap":
                add_cap(sheet, number, problem.limits.caps[rule.place])
            case "remaining":
                add_remaining(sheet, number, problem.limits.caps[rule.place])
            case "requires":
                add_requires(sheet, number, problem.limits.requires[rule.place])
            case "bundles":
                add_bundles(sheet, number)
            case "step":
                add_step(sheet, number, rule.place)
            case "alternatives" | "exclusion" | "spacing" if merged:
                beside.append(pairs_of(problem, rule))
            case "alternatives":
                add_alternatives(sheet, number, rule.name)
            case "exclusion" | "spacing":
                add_cliques(sheet, number, pairs_of(problem, rule))
            case "at_most" | "at_least" | "share":
                pass  # joined below, all at once
    if beside:
        first, second = (np.concatenate(side) for side in zip(*beside, strict=True))
        add_cliques(sheet, MERGED, (first, second))
    soft = add_resources(sheet, rules)
    return _read(sheet, rules, soft)


def _read(sheet: Sheet, rules: tuple[Rule, ...], soft: tuple[ResourceLimit, ...]) -> Constraints:
    exact = np.concatenate([np.zeros(0), *sheet.tops])
    rule = np.concatenate([np.zeros(0, dtype=np.int64), *sheet.owners])
    defined = rule == DEFINITION
    return Constraints(
        rules=rules,
        matrix=sheet.matrix,
        low=np.where(defined, exact, -np.inf),
        top=np.where(defined, exact, exact + ROUNDING * np.maximum(1.0, np.abs(exact))),
        rule=rule,
        unit=np.concatenate([np.zeros(0), *sheet.units]),
        candidates=sheet.candidates,
        campaigns=len(sheet.problem.limits.campaigns),
        soft=soft,
    )


__all__ = ["DEFINITION", "MERGED", "SOFT", "Constraints", "constraints_of"]
