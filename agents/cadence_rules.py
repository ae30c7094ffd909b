"""The e-mail strategist's rule about sequences: the step that works best should not come last."""

from collections.abc import Iterator

import polars as pl

from agents.desk import Desk
from agents.figures import Z95, treatment_figures
from agents.filing import line, proposal
from domain.proposal import ProgrammeProposal


def misplaced_steps(desk: Desk) -> Iterator[ProgrammeProposal]:
    """reorder: a later step is measured to cause more than an earlier one, beyond chance.

    More of the leading outcome, that is, and by all objectives it must not be worth less.

    Everybody who enters sees the first step, fewer see each later one. The difference must exceed
    1.96 times the two standard errors taken together; one proposal per sequence, about the pair
    that differs most. Its value is the most it can bring: if nobody ever got to the later step.
    """
    measured = (
        treatment_figures(desk, "email")
        .filter(pl.col("evidence") == "measured")
        .select("treatment_id", "effect", "effect_se", "value", "value_se", "people")
    )
    steps = desk.programme.sequences.select("sequence_id", "step", "treatment_id").join(
        measured, on="treatment_id", how="inner"
    )
    pairs = steps.join(steps, on="sequence_id", how="inner", suffix="_later").filter(
        pl.col("step") < pl.col("step_later")
    )
    apart = pairs.with_columns(
        gain=pl.col("effect_later") - pl.col("effect"),
        error=(pl.col("effect_se") ** 2 + pl.col("effect_se_later") ** 2).sqrt(),
        more=pl.col("value_later") - pl.col("value"),
        more_se=(pl.col("value_se") ** 2 + pl.col("value_se_later") ** 2).sqrt(),
    ).filter((pl.col("gain") > Z95 * pl.col("error")) & (pl.col("more") >= 0))
    widest = (
        apart.sort("sequence_id", "gain", "step", descending=[False, True, False])
        .group_by("sequence_id", maintain_order=True)
        .first()
    )
    enrolled = _enrolled(desk)
    for row in widest.iter_rows(named=True):
        people = enrolled.get(row["sequence_id"], 0)
        yield proposal(
            desk,
            "email",
            "reorder",
            row["sequence_id"],
            f"Send {row['treatment_id_later']} before {row['treatment_id']} in "
            f"{row['sequence_id']}.",
            f"Step {row['step_later']} causes more than step {row['step']}, and fewer get to it; "
            "the value is what that costs if nobody does.",
            (
                line(f"effect of step {row['step']}", row["effect"], "probability", "uplift model"),
                line(
                    f"effect of step {row['step_later']}",
                    row["effect_later"],
                    "probability",
                    "uplift model",
                ),
            ),
            (row["more"] * people, row["more_se"] * people),
            "misplaced_steps",
        )


def _enrolled(desk: Desk) -> dict[str, int]:
    """Active enrolments by sequence: who would meet the better step first."""
    active = desk.programme.enrolments.filter(pl.col("state") == "active")
    return dict(active.group_by("sequence_id").len().iter_rows())
