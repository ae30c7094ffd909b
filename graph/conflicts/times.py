"""Conflicts of when: one trigger that fires many, and slots at which nobody may be woken."""

from datetime import timedelta
from typing import Final

import polars as pl

from domain.reasons import BIT
from domain.tables import FINDINGS
from graph.conflicts.scene import Scene
from graph.conflicts.sides import OPTION, best_of, gave_way, lost_for

SAME_TRIGGER: Final = timedelta(minutes=5)
"""Workflows of one contact started this close behind one another had the same trigger: tools
stamp what one event sets off with seconds between."""
QUIET, CAP = BIT["quiet_hours"], BIT["cap_reached"]
DROPPED, ALL = BIT["quiet_dropped"], sum(BIT.values())


def simultaneous(scene: Scene) -> pl.DataFrame:
    """2: what one trigger started asks for several touches at once, and not all were chosen."""
    started = _by_trigger(scene.triggers)
    asked = (
        scene.placed.filter(pl.col("findings") == 0)
        .join(started, on=["contact", "treatment_id"], how="inner", maintain_order="left")
        .with_columns(many=pl.col("treatment_id").n_unique().over("contact", "trigger"))
        .filter(pl.col("many") > 1)
    )
    leads = (
        asked.filter("chosen")
        .sort("value", "candidate", descending=[True, False])
        .unique(["contact", "trigger"], keep="first", maintain_order=True)
        .select("contact", "trigger", lead="candidate")
    )
    lost = (
        lost_for(asked, "outranked", "cap_reached")
        .join(leads, on=["contact", "trigger"], how="inner", maintain_order="left")
        .with_columns(winner="lead")
    )
    fact = pl.format(
        "one trigger on {} asks for {} touches", pl.col("at").dt.strftime("%Y-%m-%d %H:%M"), "many"
    )
    return gave_way(lost, 2, fact)


def _by_trigger(triggers: pl.DataFrame) -> pl.DataFrame:
    """contact, treatment_id, at, trigger: numbered per contact, newest start of a treatment."""
    newest = triggers.group_by("contact", "treatment_id").agg(pl.col("at").max())
    return newest.sort("contact", "at", "treatment_id").with_columns(
        trigger=(pl.col("at").diff().over("contact") > SAME_TRIGGER)
        .fill_null(False)
        .cum_sum()
        .over("contact")
    )


def quiet_hours(scene: Scene) -> pl.DataFrame:
    """4: a slot closed by quiet hours alone, and another of the same treatment was chosen; or
    quiet hours, with the cap, close every slot, and another channel speaks instead, or none."""
    rows = scene.placed.with_columns(findings=_without_dropping(pl.col("findings")))
    return pl.concat([_later_slot(rows), _other_channel(rows)])


def _without_dropping(findings: pl.Expr) -> pl.Expr:
    """What quiet hours do with who waits at the door is no other reason against a slot."""
    return findings & pl.lit(~DROPPED & ALL, dtype=FINDINGS)


def _later_slot(rows: pl.DataFrame) -> pl.DataFrame:
    closed = best_of(rows.filter(pl.col("findings") == QUIET))
    chosen = rows.filter("chosen").select(*OPTION, other="candidate")
    moved = closed.join(chosen, on=OPTION, how="inner", maintain_order="left")
    return gave_way(moved.with_columns(winner="other"), 4)


def _other_channel(rows: pl.DataFrame) -> pl.DataFrame:
    awake = (pl.col("findings") & (QUIET | CAP) == 0) | (pl.col("findings") & ~(QUIET | CAP) != 0)
    asleep = rows.filter((pl.col("findings") & QUIET) != 0).join(
        rows.filter(awake).select(OPTION).unique(), on=OPTION, how="anti"
    )
    spoken = (
        rows.filter("chosen")
        .sort("value", "candidate", descending=[True, False])
        .select("contact", other="candidate", other_channel="channel")
    )
    switched = (
        best_of(asleep)
        .join(spoken, on="contact", how="left", maintain_order="left")
        .with_columns(
            winner=pl.when(pl.col("other_channel") != pl.col("channel")).then(pl.col("other"))
        )
        .sort("candidate", "winner", nulls_last=True)
        .unique("candidate", keep="first", maintain_order=True)
    )
    fact = (
        pl.when(pl.col("winner").is_null())
        .then(pl.lit("every slot falls into quiet hours, and no other channel was chosen"))
        .otherwise(pl.lit("every slot falls into quiet hours; another channel speaks instead"))
    )
    return gave_way(switched, 4, fact)
