"""Quarter pacing: how far each quarter budget is, and whether it runs ahead or lags behind."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from graph.quarter_budgets import quarters_of, touches_by
from policies.money_limits import QuarterBudget
from policies.quarters import elapsed, least_by, most_by

if TYPE_CHECKING:
    from app.compose import House


def pacing(house: "House") -> list[dict[str, Any]]:
    """The quarter budgets that run now: money in minor units, spent to date (touches that were
    due by now, and campaigns), least and most by now, `pace`: `on pace`, `ahead` or `behind`."""
    tower, now = house.tower, house.tower.clock.now()
    return [
        _paced(one.rule, round(touches_by(tower, one.rule, now) + one.spent), now)
        for one in quarters_of(tower, tower.loaded.policy, (), now)
        if elapsed(one.rule, now) > 0
    ]


def _paced(rule: QuarterBudget, spent: int, now: datetime) -> dict[str, Any]:
    least, most = round(least_by(rule, now)), round(most_by(rule, now))
    return {
        "pool": rule.pool,
        "quarter": rule.quarter,
        "at_most": rule.at_most,
        "floor": rule.floor,
        "elapsed": round(elapsed(rule, now), 4),
        "spent": spent,
        "least": least,
        "most": most,
        "pace": "ahead" if spent > most else "behind" if spent < least else "on pace",
    }
