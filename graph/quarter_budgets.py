"""Quarter budgets: what a pool may still plan, so that its spend stays with the quarter's pace.

Touches count by their slot. At no instant may what is spent, held and planned exceed what the pace
allows at the instant of planning: so nothing is planned for a quarter that has not begun. Campaigns
spend evenly, so a week's budgets are held against what the pace allows when the week is over.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl
from sqlmodel import Session

from domain.proposal import BudgetCandidate
from graph.arbitration.limits import ResourceLimit
from graph.quarter_spend import spent_by_campaigns
from graph.tower import Tower
from policies.money_limits import QuarterBudget
from policies.quarters import bounds, most_by
from policies.schema import Policy
from tools.ledger import reservations
from tools.ledger.fitting import Room

WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Quarter:
    """A quarter budget as it stands at an instant. spent: what campaigns really spent of it."""

    rule: QuarterBudget
    overshoot: float
    spent: float
    at: datetime

    @property
    def resource(self) -> str:
        """As the arbitration names it."""
        return f"quarter:{self.rule.key}"

    @property
    def week(self) -> float:
        """How much of the week from now lies in the quarter."""
        start, end = bounds(self.rule.quarter)
        return max((min(self.at + WEEK, end) - max(self.at, start)) / WEEK, 0.0)

    def room(self, touches: float) -> float:
        """Minor units of touches that may be planned now beside those that are taken."""
        return self._left(self.at, touches)

    def weekly(self, touches: float) -> float:
        """Minor units a week that all campaigns and new touches may take together."""
        _, end = bounds(self.rule.quarter)
        return self._left(min(self.at + WEEK, end), touches) / self.week

    def _left(self, by: datetime, touches: float) -> float:
        """The worst case counts: what is told a platform may be spent so many times."""
        return max((most_by(self.rule, by) - self.spent) / self.overshoot - touches, 0.0)


def quarters_of(
    tower: Tower,
    policy: Policy,
    candidates: Sequence[BudgetCandidate],
    at: datetime,
    spent: Mapping[str, float] | None = None,
) -> tuple[Quarter, ...]:
    """Those that run now or begin while what is planned now lasts. candidates: the campaigns that
    ask for money, with what each spends today; spent: what campaigns spent of a quarter, by the
    rule's key, where that was kept."""
    overshoots = {one.pool: one.overshoot for one in policy.budgets}
    found = []
    for one in policy.quarter_budgets:
        if _near(one, at, at + max(WEEK, tower.horizon)):
            overshoot, known = overshoots.get(one.pool, 1.0), (spent or {}).get(one.key)
            if known is None:
                known = _spent(tower, one, candidates, overshoot, at)
            found.append(Quarter(one, overshoot, known, at))
    return tuple(found)


def _near(rule: QuarterBudget, since: datetime, until: datetime) -> bool:
    start, end = bounds(rule.quarter)
    return start <= until and since < end


def _spent(
    tower: Tower,
    rule: QuarterBudget,
    candidates: Sequence[BudgetCandidate],
    overshoot: float,
    at: datetime,
) -> float:
    if rule.pool != tower.config.ads.pool:
        return 0.0
    start, _ = bounds(rule.quarter)
    weekly = {one.campaign_id: overshoot * one.spend_now for one in candidates}
    return spent_by_campaigns(tower.warehouse.table("spend"), weekly, start, at)


def touches_of(session: Session, rule: QuarterBudget) -> float:
    """Minor units of the pool that touches of the quarter hold or spent."""
    start, end = bounds(rule.quarter)
    last = end - timedelta(microseconds=1)
    return reservations.used_in(session, f"pool:{rule.pool}", start, last)


def touches_by(tower: Tower, rule: QuarterBudget, at: datetime) -> float:
    """Minor units of the pool that touches of the quarter spent, or hold, with a slot by then."""
    start, end = bounds(rule.quarter)
    last = min(at, end - timedelta(microseconds=1))
    return reservations.pool_used(tower.ledger, rule.pool, start, last)


def touches_now(tower: Tower, rule: QuarterBudget) -> float:
    """`touches_of`, in the ledger as it stands now."""
    with tower.ledger.read() as session:
        return touches_of(session, rule)


def quarter_uses(candidates: pl.DataFrame, quarters: Sequence[Quarter]) -> Iterator[pl.DataFrame]:
    """candidate, resource, amount: the cost of each candidate that lies in the quarter."""
    for one in quarters:
        start, end = bounds(one.rule.quarter)
        inside = (pl.col("slot_at") >= start) & (pl.col("slot_at") < end)
        paid = (pl.col("pool") == one.rule.pool) & (pl.col("cost") > 0)
        yield candidates.filter(paid & inside).select(
            pl.col("candidate").cast(pl.Int64),
            resource=pl.lit(one.resource),
            amount=pl.col("cost").cast(pl.Float64),
        )


def quarter_limits(
    quarters: Sequence[Quarter], touches: Mapping[str, float]
) -> Iterator[ResourceLimit]:
    """touches: what those of the quarter hold or spent, by the rule's key."""
    for one in quarters:
        yield ResourceLimit(name=one.resource, at_most=one.room(touches.get(one.rule.key, 0.0)))


def weekly_room(pool: str, quarters: Sequence[Quarter], touches: Mapping[str, float]) -> float:
    """Minor units a week that the pool's quarters leave to its campaigns; infinite without one."""
    return min(
        (
            one.weekly(touches.get(one.rule.key, 0.0))
            for one in quarters
            if one.rule.pool == pool and one.week > 0
        ),
        default=float("inf"),
    )


def rooms(
    session: Session, quarters: Sequence[Quarter], budgets: Mapping[str, float]
) -> Iterator[Room]:
    """What a run's touches may take of each quarter in this transaction. budgets: a week's minor
    units of each pool's campaigns as they are held now."""
    for one in quarters:
        start, end = bounds(one.rule.quarter)
        taken = touches_of(session, one.rule)
        left = one.room(taken)
        if one.rule.pool in budgets and one.week > 0:
            beside = one.weekly(taken) - budgets[one.rule.pool]
            left = min(left, max(beside, 0.0) * one.week)
        yield Room(f"pool:{one.rule.pool}", left, start, end)
