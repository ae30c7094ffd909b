"""Conflicts: two sides that could not both have their way, by name, with what giving way costs."""

from typing import Final

import polars as pl

from domain.reasons import BIT
from domain.tables import CONFLICTS

TYPES: Final[dict[int, tuple[str, str]]] = {
    1: ("cap collision", "the candidate worth more takes the touch; the other is offered again"),
    4: ("send time against quiet hours", "the next best slot that the hours allow"),
    5: ("class order", "what a person asked for comes before what we would like to say"),
    6: ("marketing during an open deal", "the deal's owner has the account to herself"),
    7: ("two reps at one account", "the rep with the better action leads; the other is named"),
    8: ("promotion during an open complaint", "no marketing until the complaint is closed"),
    9: ("contradictory offers", "one offer per contact: the one worth more"),
    10: ("shared capacity", "the limit goes to whom it brings most"),
    11: ("paid ads to an existing customer", "the person leaves the audience; the money moves"),
    15: ("exploration against the best known", "a policy-bounded share is drawn by chance"),
    17: ("holdout touched by another tool", "we leave the person alone; the leak is logged"),
}
HUMAN_CLASSES = ("mandatory", "inbound_response", "one_to_one")


def detect(placed: pl.DataFrame) -> pl.DataFrame:
    """CONFLICTS of a run, by type and candidate.

    placed: CANDIDATES with findings, choice (chosen, ghost, reason, winner, resource; null where
    findings kept the candidate out) and the contact's facts deal_id, deal_stage and touches_28d.
    Stake: the value of what gave way, minor units, zero where it was worth less than nothing.
    """
    winners = placed.select(
        winner="candidate", winner_class="class", winner_offer="offer", winner_channel="channel"
    )
    rows = placed.join(winners, on="winner", how="left", maintain_order="left")
    found = [
        _held(rows, "deal_hold", 6, _deal_fact()),
        _held(rows, "open_complaint", 8, pl.lit("the contact has an open complaint")),
        _held(rows, "existing_customer", 11, pl.lit("the contact is a customer already")),
        _held(rows, "cap_reached", 1, pl.lit("touches by any tool have used up the cap")),
        _retimed(rows),
        _beaten(rows),
        _side(rows.filter(pl.col("reason") == "priced_out"), pl.lit(10), "resource"),
        _side(rows.filter(pl.col("reason") == "explored"), pl.lit(15), None),
        _two_reps(rows),
        _leaks(rows),
    ]
    return CONFLICTS.conform(pl.concat(found).sort("type", "candidate"))


def _side(rows: pl.DataFrame, number: pl.Expr, fact: str | pl.Expr | None) -> pl.DataFrame:
    words = pl.lit(None, dtype=pl.String) if fact is None else fact
    return rows.select(
        type=number.cast(pl.Int8),
        contact="contact",
        account_id="account_id",
        candidate="candidate",
        against="winner",
        fact=words,
        stake=pl.max_horizontal("value", pl.lit(0.0)),
    )


def _best_of(rows: pl.DataFrame) -> pl.DataFrame:
    """One row per contact and treatment, its best slot: slots are alternatives, not conflicts."""
    keys = ["contact", "agent", "treatment_id"]
    ordered = rows.sort("value", "candidate", descending=[True, False])
    return ordered.unique(keys, keep="first", maintain_order=True)


def _held(rows: pl.DataFrame, code: str, number: int, fact: pl.Expr) -> pl.DataFrame:
    """Candidates that a fact of the other side holds back."""
    held = rows.filter((pl.col("findings") & BIT[code]) != 0)
    return _side(_best_of(held), pl.lit(number), fact)


def _deal_fact() -> pl.Expr:
    return pl.concat_str(
        pl.lit("deal "), pl.col("deal_id"), pl.lit(" is at "), "deal_stage", ignore_nulls=True
    )


def _retimed(rows: pl.DataFrame) -> pl.DataFrame:
    """A slot was closed by quiet hours alone, and another slot of the same treatment was chosen."""
    closed = _best_of(rows.filter(pl.col("findings") == BIT["quiet_hours"]))
    keys = ["contact", "agent", "treatment_id"]
    chosen = rows.filter("chosen").select(*keys, taken="candidate")
    moved = closed.drop("winner").join(chosen, on=keys, how="inner", maintain_order="left")
    return _side(moved.rename({"taken": "winner"}), pl.lit(4), None)


def _beaten(rows: pl.DataFrame) -> pl.DataFrame:
    """Outranked by the contact's chosen candidate: by class, by offer, or by the cap."""
    keys = ["contact", "agent", "treatment_id"]
    chosen = rows.filter("chosen").select(keys)
    lost = rows.filter(pl.col("reason") == "outranked").join(chosen, on=keys, how="anti")
    number = (
        pl.when(pl.col("winner_class").is_in(HUMAN_CLASSES) & (pl.col("class") == "marketing"))
        .then(5)
        .when(pl.col("winner_offer").is_not_null() & (pl.col("offer") != pl.col("winner_offer")))
        .then(9)
        .otherwise(1)
    )
    return _side(_best_of(lost), number, None)


def _two_reps(rows: pl.DataFrame) -> pl.DataFrame:
    """A second rep asks for an account that another rep reaches through a colleague."""
    asked = rows.filter(
        (pl.col("findings") == 0) & pl.col("owner").is_not_null(),
        pl.col("account_id").is_not_null(),
    ).sort("value", "candidate", descending=[True, False])
    leads = (
        asked.filter("chosen")
        .unique("account_id", keep="first", maintain_order=True)
        .select("account_id", leader="owner", lead="candidate", lead_contact="contact")
    )
    second = (
        asked.join(leads, on="account_id", maintain_order="left")
        .filter(pl.col("owner") != pl.col("leader"), pl.col("contact") != pl.col("lead_contact"))
        .unique(["account_id", "owner"], keep="first", maintain_order=True)
    )
    words = (
        pl.when("chosen")
        .then(pl.format("{} reaches out too: no rule gives the account to one", "owner"))
        .otherwise(pl.format("{} reaches this account in the same run", "leader"))
    )
    return _side(second.drop("winner").rename({"lead": "winner"}), pl.lit(7), words)


def _leaks(rows: pl.DataFrame) -> pl.DataFrame:
    """Holdout contacts whom another tool touched: they no longer measure being left alone."""
    leaked = rows.filter(pl.col("ghost") & (pl.col("touches_28d") > 0))
    return _side(_best_of(leaked), pl.lit(17), pl.lit("another tool touched this holdout contact"))
