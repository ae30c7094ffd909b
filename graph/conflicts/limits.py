"""Conflicts between limits: minima that the maxima leave short, and plans that cannot hold both."""

from collections.abc import Iterator

import polars as pl

from domain.money import format_minor
from domain.reasons import SENTENCES
from graph.conflicts.scene import Scene, minimum_of
from graph.conflicts.sides import Claim, best_of, claims, first_finding
from graph.exposures import called, counts
from policies.money_limits import Exposure


def contradictory(scene: Scene) -> pl.DataFrame:
    """14: a minimum lacks something, a plan's floor lies above the policy's maximum, or a limit
    holds in no plan."""
    return claims(14, (*_short_minima(scene), *_floors(scene), *_broken(scene)))


def _short_minima(scene: Scene) -> Iterator[Claim]:
    """Stake: what it lacks, at the most that the policy pays for a touch of it."""
    for rule in scene.policy.exposures:
        lack = scene.outcome.shortfalls.get(minimum_of(rule), 0.0)
        if lack > 0:
            people, most, why = _left_out(scene.placed, rule)
            told = f"it lacks {lack:,.0f}; {people:,} people were asked for and have none"
            cause = f", most of them ({most:,}) since {why}" if people else ""
            yield Claim(
                f"at least {rule.at_least or 0:,} of {called(rule)} ({rule.name})",
                told + cause,
                lack * (rule.ceiling or 0.0),
                people,
            )


def _left_out(placed: pl.DataFrame, rule: Exposure) -> tuple[int, int, str]:
    """How many contacts were asked for and got nothing of it; the reason most of them have,
    by their best option, with how many have it."""
    asked = placed.filter(counts(rule))
    reached = asked.filter(pl.col("chosen") | pl.col("ghost")).select("contact")
    left = best_of(asked.join(reached, on="contact", how="anti"))
    reasons = (
        left.sort("value", "candidate", descending=[True, False])
        .unique("contact", keep="first", maintain_order=True)
        .group_by(why=_why())
        .len()
        .sort("len", "why", descending=[True, False])
    )
    if reasons.is_empty():
        return 0, 0, ""
    why, most = reasons.row(0)
    return int(reasons.get_column("len").sum()), most, SENTENCES[why]


def _why() -> pl.Expr:
    """The first finding, or else why it lost."""
    return pl.coalesce(first_finding(), "reason", pl.lit("nothing"))


def _floors(scene: Scene) -> Iterator[Claim]:
    """A pool's floor, spread over its period, against what the policy lets it spend in a window."""
    days = (pl.col("period_end") - pl.col("period_start")).dt.total_days()
    rows = scene.pools.select("pool", "floor", days).iter_rows()
    plans = {pool: (floor, period) for pool, floor, period in rows}
    for budget in scene.policy.budgets:
        floor, period = plans.get(budget.pool, (0, 1))
        least = floor * budget.window_days / max(period, budget.window_days)
        if least > budget.at_most:
            shown = format_minor(least, scene.currency)
            allowed = format_minor(budget.at_most, scene.currency)
            yield Claim(
                f"the plan's floor of {budget.pool}",
                f"it takes {shown} in {budget.window_days} days; the policy allows {allowed}",
                least - budget.at_most,
            )


def _broken(scene: Scene) -> Iterator[Claim]:
    """What it costs that no plan holds them, nobody knows: the stake is zero."""
    for name in scene.outcome.violations:
        yield Claim(f"the limit {name}", "no plan holds it beside the others", 0.0)
