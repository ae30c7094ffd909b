"""Observations: what is known of every contact at an instant, and nothing later."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import polars as pl

from domain.names import OWN_SOURCE
from domain.tables import OBSERVATIONS
from tools.keys import shares_of
from tools.warehouse.kinds import KINDS
from tools.warehouse.store import Warehouse

NOTHING = "nothing"
"""Treatment of a touch that left the contact alone by chance: a control, no touch for any cap."""
RECENT = timedelta(days=28)


def observe(
    warehouse: Warehouse,
    at: datetime,
    study: str,
    holdout_share: float,
    evaluation_share: float,
    purchase_makes_customer: bool = True,
    held_stages: Sequence[str] = (),
) -> pl.DataFrame:
    """OBSERVATIONS at an instant, by contact_id; attributes behind, as attr_NAME.

    Holdout and evaluation depend on the contact and the study alone. held_stages: stages of a deal
    that hold marketing; of several open deals one there is the account's.
    """
    contacts = warehouse.table("contacts").filter(pl.col("created_at") <= at)
    deals = _deals(warehouse, at, held_stages)
    facts = (
        contacts.sort("contact_id")
        .select("contact_id", "account_id", "country", "timezone", *_attributes(contacts))
        .join(_accounts(warehouse), on="account_id", how="left", maintain_order="left")
        .join(deals, on="account_id", how="left", maintain_order="left")
        .join(_touched(warehouse, at), on="contact_id", how="left", maintain_order="left")
        .join(_complaints(warehouse, at), on="contact_id", how="left", maintain_order="left")
        .join(_won_accounts(warehouse, at), on="account_id", how="left", maintain_order="left")
        .join(
            _buyers(warehouse, at, purchase_makes_customer),
            on="contact_id",
            how="left",
            maintain_order="left",
        )
    )
    shares = {
        "holdout": shares_of(facts, ["contact_id"], study) < holdout_share,
        "evaluation": shares_of(facts, ["contact_id"], "evaluation") < evaluation_share,
    }
    return OBSERVATIONS.conform(
        facts.with_columns(
            contact=pl.int_range(pl.len(), dtype=pl.UInt32),
            is_customer=pl.col("account_won").fill_null(False) | pl.col("bought").fill_null(False),
            open_complaint=pl.col("open_complaint").fill_null(False),
            touches_28d=pl.col("touches_28d").fill_null(0),
            **{name: pl.Series(values) for name, values in shares.items()},
        ).drop("account_won", "bought")
    )


def _attributes(contacts: pl.DataFrame) -> list[pl.Expr]:
    """Attributes; text that is all numbers becomes a number."""
    names = [name for name in contacts.columns if name not in KINDS["contacts"].fields]
    return [_attribute(contacts.get_column(name)) for name in names]


def _attribute(values: pl.Series) -> pl.Expr:
    column = pl.col(values.name)
    if values.dtype == pl.String:
        numbers = values.cast(pl.Float64, strict=False)
        if numbers.null_count() == values.null_count():
            column = column.cast(pl.Float64)
    return column.alias(f"attr_{values.name}")


def _accounts(warehouse: Warehouse) -> pl.DataFrame:
    return warehouse.table("accounts").select("account_id", "tier", "sdr", "ae", "csm")


def _deals(warehouse: Warehouse, at: datetime, held_stages: Sequence[str]) -> pl.DataFrame:
    """One open deal of each account, at its newest stage: one at a stage that holds marketing, else
    one that may be at such a stage, since nobody knows its own; of several the largest. Of stages
    that came at one instant, as those of one day do where a source tells days alone, one that holds
    marketing counts as the newest."""
    opened = warehouse.table("deals").filter(
        (pl.col("opened_at") <= at) & (pl.col("closed_at").is_null() | (pl.col("closed_at") > at))
    )
    stages = (
        warehouse.table("deal_stages")
        .filter(pl.col("at") <= at)
        .sort("at", pl.col("stage").is_in(list(held_stages)), "stage")
        .group_by("deal_id", maintain_order=True)
        .agg(deal_stage=pl.col("stage").last())
    )
    holds = pl.col("deal_stage").is_in(list(held_stages)).cast(pl.Int8) * 2
    return (
        opened.join(stages, on="deal_id", how="left")
        .with_columns(holds=holds.fill_null(int(bool(held_stages))))
        .sort("holds", "amount", "deal_id", nulls_last=False)
        .group_by("account_id", maintain_order=True)
        .last()
        .select("account_id", "deal_id", "deal_stage", deal_amount="amount")
    )


def _won_accounts(warehouse: Warehouse, at: datetime) -> pl.DataFrame:
    deals = warehouse.table("deals")
    won = deals.filter(pl.col("won").fill_null(False) & (pl.col("closed_at") <= at))
    return won.select("account_id").unique().with_columns(account_won=pl.lit(True))


def _buyers(warehouse: Warehouse, at: datetime, purchase_makes_customer: bool) -> pl.DataFrame:
    kinds = ["won", "purchase"] if purchase_makes_customer else ["won"]
    bought = warehouse.table("outcomes").filter(
        pl.col("kind").is_in(kinds) & (pl.col("at") <= at) & pl.col("contact_id").is_not_null()
    )
    return bought.select("contact_id").unique().with_columns(bought=pl.lit(True))


def _complaints(warehouse: Warehouse, at: datetime) -> pl.DataFrame:
    """Contacts whose newest complaint was not closed since."""
    opened, closed = complaints(warehouse)
    return (
        _newest(opened, at, "opened")
        .join(_newest(closed, at, "closed"), on="contact_id", how="left")
        .filter(not_closed())
        .select("contact_id", open_complaint=pl.lit(True))
    )


def complaints(warehouse: Warehouse) -> tuple[pl.DataFrame, pl.DataFrame]:
    """When whose complaints were opened, and when closed: contact_id, at."""
    outcomes = warehouse.table("outcomes").filter(pl.col("kind") == "complaint")
    events = warehouse.table("events")
    opened = pl.concat(
        [
            outcomes.select("contact_id", "at"),
            events.filter(pl.col("kind") == "complaint_opened").select("contact_id", "at"),
        ]
    )
    closed = events.filter(pl.col("kind") == "complaint_closed")
    return opened, closed.select("contact_id", "at")


def not_closed() -> pl.Expr:
    """Whether the newest complaint (opened) was not closed since (closed)."""
    return pl.col("closed").is_null() | (pl.col("closed") < pl.col("opened"))


def _newest(rows: pl.DataFrame, at: datetime, name: str) -> pl.DataFrame:
    known = rows.filter((pl.col("at") <= at) & pl.col("contact_id").is_not_null())
    return known.group_by("contact_id").agg(pl.col("at").max().alias(name))


def _touched(warehouse: Warehouse, at: datetime) -> pl.DataFrame:
    touches = real_touches(warehouse).filter(
        (pl.col("at") <= at) & pl.col("contact_id").is_not_null()
    )
    newest = pl.col("at")
    return touches.group_by("contact_id").agg(
        touched_at_email=newest.filter(pl.col("channel") == "email").max(),
        touched_at_call=newest.filter(pl.col("channel") == "call").max(),
        touches_28d=(newest > at - RECENT).sum().cast(pl.UInt32),
    )


def real_touches(warehouse: Warehouse) -> pl.DataFrame:
    """Touches that reached somebody, of any tool."""
    return warehouse.table("touches").filter(pl.col("treatment_id").ne_missing(NOTHING))


def touch_log(warehouse: Warehouse, since: datetime) -> pl.DataFrame:
    """Touches of other tools since an instant: contact_id, account_id, channel, at.

    Our own are counted from the ledger, where they stand as soon as they are scheduled.
    """
    others = real_touches(warehouse).filter(
        (pl.col("at") >= since)
        & pl.col("source").ne_missing(OWN_SOURCE)
        & pl.col("contact_id").is_not_null()
    )
    accounts = warehouse.table("contacts").select("contact_id", known="account_id")
    return others.join(accounts, on="contact_id", how="left").select(
        "contact_id", account_id=pl.coalesce("account_id", "known"), channel="channel", at="at"
    )
