"""Budgets as their platforms showed them last: what an edit compares before it sets a new one."""

from datetime import datetime

import polars as pl
from sqlmodel import Session, select

from tools.ledger import audit
from tools.ledger.models import BudgetSeenRow


def see(session: Session, campaign_id: str, amount: int, at: datetime) -> None:
    """Keep what the platform shows; the audit tells only of a change."""
    row = session.get(BudgetSeenRow, campaign_id)
    if row is None or row.amount != amount:
        said = {"amount": amount, "before": None if row is None else row.amount}
        audit.append(session, at, "relay", "budget_seen", campaign_id, said)
    session.merge(BudgetSeenRow(campaign_id=campaign_id, amount=amount, at=at))


def with_seen(session: Session, rows: pl.DataFrame) -> pl.DataFrame:
    """Effects with `seen_amount`: for a budget what its platform showed last, else null."""
    known = dict(session.exec(select(BudgetSeenRow.campaign_id, BudgetSeenRow.amount)).all())
    seen = pl.col("campaign_id").replace_strict(
        list(known), list(known.values()), default=None, return_dtype=pl.Int64
    )
    return rows.with_columns(seen_amount=pl.when(pl.col("amount").is_not_null()).then(seen))
