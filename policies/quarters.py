"""Quarters: when each begins and ends, and what of its budget may be spent by when."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from policies.money_limits import QuarterBudget
from policies.problem import Problem, twice
from policies.schema import Policy


def bounds(quarter: str) -> tuple[datetime, datetime]:
    """The first instant of a quarter such as `2026Q4`, and the first that is no longer in it; both
    in UTC."""
    year, number = int(quarter[:4]), int(quarter[-1])
    month = 3 * number - 2
    start = datetime(year, month, 1, tzinfo=UTC)
    end = datetime(year + 1, 1, 1, tzinfo=UTC) if number == 4 else start.replace(month=month + 3)
    return start, end


def elapsed(rule: QuarterBudget, at: datetime) -> float:
    """How much of the quarter is over, from 0.0 to 1.0."""
    start, end = bounds(rule.quarter)
    return min(max((at - start) / (end - start), 0.0), 1.0)


def most_by(rule: QuarterBudget, at: datetime) -> float:
    """Minor units that may be spent by then: the even pace and the deviation, never more than the
    quarter's."""
    return min(rule.at_most, elapsed(rule, at) * rule.at_most * (1 + rule.deviation))


def least_by(rule: QuarterBudget, at: datetime) -> float:
    """Minor units below which the spend lags behind the floor's pace by then; 0.0 without one."""
    pace = elapsed(rule, at) * (rule.floor or 0)
    return pace if elapsed(rule, at) == 1.0 else pace * (1 - rule.deviation)


def problems(policy: Policy) -> Iterator[Problem]:
    """Each with its key and one sentence."""
    yield from twice("quarter_budgets", [one.key for one in policy.quarter_budgets], "quarter")
    pools = {one.pool for one in policy.budgets}
    for place, one in enumerate(policy.quarter_budgets):
        if one.pool not in pools:
            said = f"`quarter_budgets` names the pool {one.pool}, which has no `budgets`."
            yield Problem(("quarter_budgets", place, "pool"), said)
        if one.floor is not None and one.floor > one.at_most:
            said = f"`quarter_budgets` {one.key} has a floor of {one.floor} above {one.at_most}."
            yield Problem(("quarter_budgets", place, "floor"), said)


def remarks(policy: Policy) -> Iterator[Problem]:
    """Floors that the pool's own window never lets anybody reach."""
    windows = {one.pool: one for one in policy.budgets}
    for place, one in enumerate(policy.quarter_budgets):
        start, end = bounds(one.quarter)
        window = windows.get(one.pool)
        if window is None:
            continue
        most = window.to_plan * ((end - start) / timedelta(days=window.window_days))
        if one.floor is not None and one.floor > most:
            said = (
                f"`quarter_budgets` {one.key} wants {one.floor} spent; `budgets` of "
                f"{window.window_days} days let {most:.0f} through in the quarter."
            )
            yield Problem(("quarter_budgets", place, "floor"), said)
