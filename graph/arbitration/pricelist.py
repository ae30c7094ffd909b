"""The price list: what each limit costs, and what another limit would change."""

from dataclasses import dataclass
from typing import Literal

import polars as pl

from domain.errors import UsageError
from graph.arbitration.plan import Plan
from graph.arbitration.problem import Limits, Problem
from graph.arbitration.solving import solve

Kind = Literal["most", "least", "share", "account", "cap"]


@dataclass(frozen=True)
class Difference:
    """A problem under other limits, beside the same problem under its own; money in minor units."""

    value_before: float
    value_after: float
    bound_before: float
    bound_after: float
    touches_before: int
    touches_after: int

    @property
    def value(self) -> float:
        return self.value_after - self.value_before


def price_list(plan: Plan, problem: Problem) -> pl.DataFrame:
    """limit, kind, price, amount, cost of every priced limit, dearest first.

    price: value that one more unit would bring, minor units, exact for small changes; cost:
    price x amount of the limit, what the limit costs beside having as much as one likes of it at
    that price. Account caps are summed to one row per cap. Caps of a contact, exclusions and
    spacing have no price of their own: `what_if` solves again.
    """
    amounts = {one.name: one.at_most for one in problem.limits.resources}
    least = {f"{one.name} (least)": one.at_least for one in problem.limits.resources}
    rows = [
        (name, _kind(name, amounts, least), price, amounts.get(name, least.get(name)))
        for name, price in plan.prices.items()
    ]
    schema = {"limit": pl.String, "kind": pl.String, "price": pl.Float64, "amount": pl.Float64}
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    caps = [cap.name for cap in problem.limits.caps if cap.per == "account"]
    free = pl.DataFrame([(f"{cap}:", "account", 0.0, None) for cap in caps], schema, orient="row")
    frame = pl.concat([frame, free])
    accounts = frame.filter(pl.col("kind") == "account").with_columns(
        limit=pl.col("limit").str.replace(r":[^:]*$", "")
    )
    summed = accounts.group_by("limit", "kind").agg(
        pl.col("price").sum(), amount=pl.lit(None, dtype=pl.Float64)
    )
    return (
        pl.concat([frame.filter(pl.col("kind") != "account"), summed])
        .with_columns(cost=pl.col("price") * pl.col("amount").fill_null(1.0))
        .sort("cost", "limit", descending=[True, False])
    )


def _kind(name: str, amounts: dict[str, float | None], least: dict[str, float | None]) -> Kind:
    if name in amounts:
        return "most"
    if name in least:
        return "least"
    return "share" if name.endswith(" (share)") else "account"


def what_if(problem: Problem, limits: Limits, plan: Plan) -> tuple[Plan, Difference]:
    """The plan under other limits, started from this plan's prices, and the difference."""
    other = Problem(problem.candidates, problem.uses, problem.remaining, limits)
    after = solve(other, plan.prices)
    return after, Difference(
        plan.value,
        after.value,
        plan.bound,
        after.bound,
        int(plan.chosen.sum()),
        int(after.chosen.sum()),
    )


def relaxed(problem: Problem, cap: str) -> Problem:
    """The problem with one unit more of a cap, for everyone. Raises UsageError for none such."""
    if cap not in {one.name for one in problem.limits.caps}:
        known = ", ".join(one.name for one in problem.limits.caps)
        raise UsageError(f"There is no cap called {cap!r}.", f"Known caps: {known}.")
    caps = tuple(
        one.model_copy(update={"at_most": one.at_most + 1}) if one.name == cap else one
        for one in problem.limits.caps
    )
    remaining = problem.remaining.with_columns(
        remaining=pl.col("remaining") + (pl.col("cap") == cap).cast(pl.Int64)
    )
    limits = problem.limits.model_copy(update={"caps": caps})
    return Problem(problem.candidates, problem.uses, remaining, limits)
