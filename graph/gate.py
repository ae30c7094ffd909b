"""The gate: one judge before arbitration, after an edit, and at the door."""

from datetime import datetime, timedelta

import polars as pl
from policies.judging import judge, judge_treatments
from tools.warehouse.observing import touch_log

from domain.reasons import BIT
from graph.facts import Sources, assemble
from graph.reserving import local_days
from graph.tower import Tower
from tools.ledger import consents, controls, effects, reservations


def sources_at(
    tower: Tower, contacts: pl.DataFrame, at: datetime, watermark: int | None = None
) -> Sources:
    """What the judge needs to know at an instant, from warehouse and ledger.

    contacts: rows with the standing facts of a contact, such as a run's observations.
    watermark: the newest consent statement that counts; None: all that stand now.
    """
    theirs = touch_log(tower.warehouse, at - timedelta(hours=_longest_window(tower)))
    ours = reservations.touch_log(tower.ledger)
    columns = ["contact_id", "account_id", "channel", "at"]
    return Sources(
        contacts=contacts,
        consents=consents.standing(tower.ledger, watermark),
        objections=consents.objections(tower.ledger, watermark),
        suppressions=consents.suppressed(tower.ledger),
        touches=pl.concat(
            [theirs.select(columns), ours.select(*columns, "decision_id")], how="diagonal"
        ),
        pauses=controls.active(tower.ledger),
    )


def _longest_window(tower: Tower) -> int:
    policy = tower.loaded.policy
    caps = [cap.window_hours for cap in policy.caps]
    return max(*caps, *(rule.hours for rule in policy.spacing), 24)


def cells_of(rows: pl.DataFrame, at: pl.Expr) -> pl.DataFrame:
    """Cells to judge from DECISIONS or CANDIDATES rows; `at` is the instant that is judged."""
    return rows.select(
        "contact_id",
        "account_id",
        "agent",
        "channel",
        "class",
        "purpose",
        "campaign_id",
        *(("decision_id",) if "decision_id" in rows.columns else ()),
        at=at,
    )


def findings_now(tower: Tower, rows: pl.DataFrame, contacts: pl.DataFrame) -> pl.Series:
    """Findings against DECISIONS rows with what is known now, at the later of slot and now.

    contacts: standing facts as of now; the ledger (consents, pauses, reservations) is read anew
    at each call, so that a withdrawal stops the very next message.
    """
    at = tower.clock.now()
    policy = tower.loaded.policy
    sources = sources_at(tower, contacts, at)
    cells = cells_of(rows, pl.max_horizontal("slot_at", pl.lit(at)))
    return judge(assemble(cells, sources, policy), policy, at) | judge_treatments(
        rows,
        tower.warehouse.table("treatments"),
        tower.warehouse.table("campaigns"),
        policy,
        at,
    )


def repeated(tower: Tower, rows: pl.DataFrame, observations: pl.DataFrame) -> pl.Series:
    """The bit of those CANDIDATES rows whose treatment the contact gets that day already."""
    zones = observations.select("contact", "timezone")
    placed = rows.join(zones, on="contact", how="left", maintain_order="left")
    days = placed.select(
        "contact_id", "channel", treatment="treatment_id", local_day=local_days(placed)
    )
    taken = effects.taken_days(tower.ledger).with_columns(taken=pl.lit(True))
    marked = days.join(
        taken,
        on=["contact_id", "channel", "treatment", "local_day"],
        how="left",
        maintain_order="left",
    )
    bit = pl.when(pl.col("taken")).then(BIT["repeated"]).otherwise(0).cast(pl.UInt32)
    return marked.select(bit=bit).get_column("bit")
