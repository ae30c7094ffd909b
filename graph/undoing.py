"""Taking a budget back: an effect of its own, with a key, a state and the pool's room."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl
from sqlmodel import Session

from domain.packet import BudgetChange, Packet
from domain.payload import payload_hashes
from domain.proposal import BudgetCandidate
from domain.tables import INSTANT
from graph.budgets_at_commit import hold_for, pools_now
from graph.quarter_budgets import quarters_of
from graph.tower import Tower
from tools.ledger import audit, effects, packets

GIVEN = (
    "run_id",
    "packet_id",
    "candidate",
    "contact_id",
    "account_id",
    "agent",
    "channel",
    "campaign_id",
    "purpose",
    "treatment",
    "action_class",
)
"""What the effect that takes back has of the one it takes back."""
OVER = ("failed", "skipped", "expired")
"""States of an attempt to take back that came to nothing: it may be tried again."""
UNDER_WAY = ("intent", "sending", "unknown")


@dataclass(frozen=True)
class Undoing:
    """The effect that will take it back."""

    effect_id: str


@dataclass(frozen=True)
class CannotUndo:
    reason: str


def undo(tower: Tower, effect_id: str, person: str) -> Undoing | CannotUndo:
    """Have a campaign's budget set back to what its platform showed before. It is delivered like
    any effect, and only where the platform still shows what we set. Raises RefusedError where no
    such effect is."""
    row = effects.read(tower.ledger, effect_id)
    if row["amount"] is None:
        return CannotUndo("What was sent can not be taken back.")
    packet = packets.newest(tower.ledger, row["packet_id"])
    campaigns = tower.folder(packet.run_id).read_records("budgets_ads", BudgetCandidate)
    with tower.ledger.write() as session:
        tries = effects.budgets_of(session, row["campaign_id"])
        reason = _against(row, tries)
        if reason is not None:
            return CannotUndo(reason)
        key = f"undo-{1 + tries.filter(pl.col('undoes') == effect_id).height}-{effect_id}"
        if not _hold(session, tower, packet, campaigns, key, row["seen_amount"]):
            return CannotUndo("Its pool has no room any more for the amount that was there before.")
        _write(session, row, key, person, tower.clock.now())
    return Undoing(key)


def _against(row: dict[str, Any], budgets: pl.DataFrame) -> str | None:
    """budgets: all effects on the campaign's budget, oldest first."""
    mine = budgets.filter(pl.col("undoes") == row["effect_id"])
    standing = mine.filter(~pl.col("state").is_in(OVER))
    if row["state"] != "accepted":
        return f"It is {row['state']}; only what was done can be taken back."
    if row["seen_amount"] is None:
        return "What the platform showed before is not known."
    if not standing.is_empty():
        return f"It is being taken back already, by {standing.item(0, 'effect_id')}."
    others = budgets.filter(pl.col("effect_id") != row["effect_id"])
    since = (pl.col("state") == "accepted") & (pl.col("at") > row["at"])
    newer = others.filter(since | pl.col("state").is_in(UNDER_WAY))
    if not newer.is_empty():
        return f"{newer.item(-1, 'effect_id')} sets this campaign's budget since."
    return None


def _hold(
    session: Session,
    tower: Tower,
    packet: Packet,
    campaigns: tuple[BudgetCandidate, ...],
    key: str,
    amount: int,
) -> bool:
    change = packet.budget
    if change is None:
        return False
    back = BudgetChange(
        campaign_id=change.campaign_id,
        platform=change.platform,
        pool=change.pool,
        spend_now=change.spend_new,
        spend_new=amount,
    )
    now, policy = tower.clock.now(), tower.loaded.policy
    quarters = quarters_of(tower, policy, campaigns, now)
    pools = pools_now(session, policy, campaigns, now, quarters)
    return hold_for(session, pools, back, packet, key, now)


def _write(session: Session, row: dict[str, Any], key: str, person: str, at: datetime) -> None:
    types: dict[str, Any] = {"contact_id": pl.String, "account_id": pl.String, "slot_at": INSTANT}
    said = {
        "effect_id": key,
        **{name: row[name] for name in GIVEN},
        "slot_at": at,
        "local_day": at.date().isoformat(),
        "amount": row["seen_amount"],
        "undoes": row["effect_id"],
    }
    rows = pl.DataFrame([said], schema_overrides=types)
    effects.insert_intents(session, rows.with_columns(payload_hash=payload_hashes(rows)), at)
    audit.append(session, at, person, "undo_asked", row["effect_id"], {"by": key})
