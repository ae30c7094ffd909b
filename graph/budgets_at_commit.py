"""Budgets at commit: what campaigns may spend a week, together with the touches of their pool.

A budget is set to an absolute amount, so a campaign counts once: with the most that is decided and
not settled yet, else with what was last set, else with what it spends today.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import polars as pl
from sqlmodel import Session

from domain.packet import BudgetChange, Packet
from domain.proposal import BudgetCandidate
from domain.tables import INSTANT
from graph.budget_packets import budget_decision_id
from graph.quarter_budgets import Quarter, touches_of, weekly_room
from graph.taken import WEEK
from policies.schema import Policy
from tools.ledger import reservations
from tools.ledger.fitting import SLACK, Limit, Span


@dataclass(frozen=True)
class Pool:
    """A pool as it stands in a transaction: a week's minor units it may give, what its touches
    took, and what each campaign counts with."""

    allowed: float
    touches: float
    campaigns: Mapping[str, float]
    room: float = float("inf")
    """A week's minor units that its quarters leave to its campaigns."""

    @property
    def budgets(self) -> float:
        return sum(self.campaigns.values())

    def takes(self, change: BudgetChange, held: Mapping[str, float]) -> "Pool | None":
        """The pool after the change; None where it does not fit. Giving money back always fits.

        held: what of each campaign is decided and not settled by others: it is not undone here.
        """
        name = change.campaign_id
        amount = max(float(change.spend_new), held.get(name, 0.0))
        after = replace(self, campaigns={**self.campaigns, name: amount})
        less = amount <= self.campaigns.get(name, 0.0)
        fits = after.budgets + after.touches <= after.allowed + SLACK
        fits = fits and after.budgets <= after.room + SLACK
        return after if less or fits else None


def pools_now(
    session: Session,
    policy: Policy,
    candidates: Sequence[BudgetCandidate],
    at: datetime,
    quarters: Sequence[Quarter],
) -> dict[str, Pool]:
    """The pools that fund campaigns. candidates: the run's, with what each spends today."""
    touches = {one.rule.key: touches_of(session, one.rule) for one in quarters}
    found = {}
    for budget in policy.budgets:
        today = {one.campaign_id: one.spend_now for one in candidates if one.pool == budget.pool}
        if today:
            week = timedelta(days=WEEK)
            found[budget.pool] = Pool(
                allowed=budget.to_plan * WEEK / budget.window_days,
                touches=reservations.used_in(session, f"pool:{budget.pool}", at - week, at + week),
                campaigns={**today, **_in_force(session, budget.pool)},
                room=weekly_room(budget.pool, quarters, touches),
            )
    return found


def _in_force(session: Session, pool: str) -> dict[str, float]:
    rows = reservations.budgets_of(session, pool)
    spent = rows.filter(pl.col("state") == "spent").group_by("campaign_id", maintain_order=True)
    newest = dict(spent.agg(pl.col("amount").last()).iter_rows())
    return {**newest, **_held(session, pool)}


def _held(session: Session, pool: str, but: Sequence[str] = ()) -> dict[str, float]:
    rows = reservations.budgets_of(session, pool)
    held = rows.filter((pl.col("state") == "held") & ~pl.col("decision_id").is_in(list(but)))
    return dict(held.group_by("campaign_id").agg(pl.col("amount").max()).iter_rows())


def hold_budgets(
    session: Session, pools: dict[str, Pool], moves: Sequence[Packet], run_id: str
) -> list[Packet]:
    """Hold what fits, money given back first, then what is worth most; those that do not fit.
    `pools` is brought up to date."""
    left_out = []
    for packet in sorted(moves, key=_turn):
        change = packet.budget
        if change is None or change.pool not in pools:
            continue
        key = budget_decision_id(run_id, change.campaign_id)
        if not hold_for(session, pools, change, packet, key, packet.first_at):
            left_out.append(packet)
    return left_out


def hold_for(
    session: Session,
    pools: dict[str, Pool],
    change: BudgetChange,
    packet: Packet,
    decision_id: str,
    at: datetime,
) -> bool:
    """Hold one change where its pool has room; whether it had. `pools` is brought up to date."""
    pool = pools.get(change.pool)
    if pool is None:
        return True
    after = pool.takes(change, _held(session, change.pool))
    if after is None:
        return False
    pools[change.pool] = after
    reservations.hold(session, _row(packet, change, decision_id, at), packet.run_id)
    return True


def _turn(packet: Packet) -> tuple[bool, float, str]:
    change = packet.budget
    rises = change is not None and change.spend_new > change.spend_now
    return rises, -packet.value, packet.packet_id


def _row(packet: Packet, change: BudgetChange, decision_id: str, at: datetime) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "decision_id": [decision_id],
            "packet_id": [packet.packet_id],
            "account_id": pl.Series([None], dtype=pl.String),
            "resource": [f"budget:{change.pool}"],
            "holder": [change.campaign_id],
            "amount": [float(change.spend_new)],
            "at": pl.Series([at], dtype=INSTANT),
        }
    )


def beside_budgets(limits: Sequence[Limit], pools: Mapping[str, Pool]) -> Iterator[Limit]:
    """The limits, where a pool that funds campaigns leaves to touches what its budgets leave."""
    for limit in limits:
        pool = pools.get(limit.resource.removeprefix("pool:")) if isinstance(limit, Span) else None
        if pool is not None and isinstance(limit, Span):
            scale = limit.at_most / pool.allowed if pool.allowed else 1.0
            yield replace(limit, at_most=limit.at_most - scale * pool.budgets)
        else:
            yield limit


def resize(
    session: Session,
    policy: Policy,
    candidates: Sequence[BudgetCandidate],
    packet: Packet,
    at: datetime,
    quarters: Sequence[Quarter],
) -> bool:
    """Let a waiting packet hold its new amount instead; False where the pool has no room for it."""
    change = packet.budget
    pools = pools_now(session, policy, candidates, at, quarters)
    if change is None or change.pool not in pools:
        return True
    key = budget_decision_id(packet.run_id, change.campaign_id)
    others = _held(session, change.pool, but=[key])
    if pools[change.pool].takes(change, others) is None:
        return False
    reservations.resize(session, key, float(change.spend_new))
    return True
