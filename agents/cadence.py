"""The cadence: where each enrolled contact stands in its sequence, and what is due next."""

from datetime import datetime

import polars as pl

from agents.desk import Desk, Programme

ACTIVE = "active"


def next_steps(programme: Programme) -> pl.DataFrame:
    """contact_id, sequence_id, step, channel, treatment_id, due_at of every active enrolment.

    An enrolment names a step and when it is due. A step whose treatment the contact got since then
    is done; the step after it is due its `wait_hours` later. A held or exited enrolment has no
    next step, nor has one whose last step is done. due_at is null where nobody said when.
    """
    enrolled = programme.enrolments.filter(pl.col("state") == ACTIVE).select(
        "contact_id", "sequence_id", "next_at", first="step"
    )
    steps = programme.sequences.select(
        "sequence_id", "step", "channel", "treatment_id", "wait_hours"
    )
    ahead = enrolled.join(steps, on="sequence_id", how="inner").filter(
        pl.col("step") >= pl.col("first")
    )
    last = programme.touched.group_by("contact_id", "treatment_id").agg(got_at=pl.col("at").max())
    progress = (
        ahead.join(last, on=["contact_id", "treatment_id"], how="left")
        .with_columns(done_at=pl.when(pl.col("got_at") >= pl.col("next_at")).then("got_at"))
        .sort("contact_id", "sequence_id", "step")
        .with_columns(before_at=pl.col("done_at").shift().over("contact_id", "sequence_id"))
    )
    waited = pl.col("before_at") + pl.duration(hours=pl.col("wait_hours"))
    return (
        progress.filter(pl.col("done_at").is_null())
        .group_by("contact_id", "sequence_id", maintain_order=True)
        .first()
        .select(
            "contact_id",
            "sequence_id",
            "step",
            "channel",
            "treatment_id",
            due_at=pl.when(pl.col("step") == pl.col("first")).then("next_at").otherwise(waited),
        )
    )


def due_steps(desk: Desk) -> pl.DataFrame:
    """contact, channel, treatment_id, due_at of the e-mail agent's steps due in this run.

    Steps on another agent's channels are that agent's to do: a call in a sequence takes a
    person's minutes, which a cadence does not have.
    """
    own = [one.channel for one in desk.channels_of("email")]
    people = desk.folder.read("observations").select("contact", "contact_id")
    return (
        next_steps(desk.programme)
        .filter(pl.col("channel").is_in(own) & (pl.col("due_at") <= _last_slot(desk)))
        .join(people, on="contact_id", how="inner")
        .group_by("contact", "channel", "treatment_id")
        .agg(pl.col("due_at").min())
    )


def _last_slot(desk: Desk) -> datetime:
    last: datetime = desk.folder.read("slots").get_column("slot_at").to_list()[-1]
    return last
