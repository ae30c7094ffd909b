"""The email strategist's rules: what the figures say about treatments, each rule by its name."""

import math
from collections.abc import Iterator

import polars as pl

from agents.desk import Desk
from agents.filing import line, proposal
from domain.proposal import ProgrammeProposal

WEARY = 0.01
"""Share of touches answered by an unsubscribe above which a treatment wears people out."""
LEAST_SENT = 200
POWER_Z = 1.96 + 0.84
"""Two-sided 5% and 80% power (Fleiss, Levin and Paik, Statistical Methods for Rates, 2003)."""


class EmailStrategist:
    """Deterministic: the same desk files the same proposals."""

    def file(self, desk: Desk) -> tuple[ProgrammeProposal, ...]:
        return (*wearing_treatments(desk), *harmful_treatments(desk), *unproven_treatments(desk))


def wearing_treatments(desk: Desk) -> Iterator[ProgrammeProposal]:
    """A treatment that makes more than one in a hundred unsubscribe should rest."""
    sent = desk.programme.sent.filter(
        (pl.col("sent") >= LEAST_SENT) & (pl.col("unsubscribed") / pl.col("sent") > WEARY)
    )
    for row in sent.sort("treatment_id").iter_rows(named=True):
        rate = row["unsubscribed"] / row["sent"]
        yield proposal(
            desk,
            "email",
            "pause",
            row["treatment_id"],
            f"Pause {row['treatment_id']} until its text is new.",
            f"{rate:.1%} of its touches ended in an unsubscribe, above {WEARY:.0%}.",
            (
                line("touches", row["sent"], "touches", "warehouse touches"),
                line("unsubscribes", row["unsubscribed"], "contacts", "warehouse outcomes"),
            ),
            (0.0, 0.0),
            "wearing_treatments",
        )


def _by_treatment(desk: Desk) -> pl.DataFrame:
    predictions = desk.folder.read("predictions").filter(
        pl.col("channel").is_in([one.channel for one in desk.channels_of("email")])
    )
    return (
        predictions.group_by("treatment_id")
        .agg(
            pl.col("effect").mean(),
            pl.col("effect_se").mean(),
            pl.col("base").mean(),
            pl.col("worth").first(),
            pl.col("support").first(),
            pl.col("evidence").first(),
            people=pl.len(),
        )
        .sort("treatment_id")
    )


def harmful_treatments(desk: Desk) -> Iterator[ProgrammeProposal]:
    """A treatment measured to do harm, beyond chance, should stop."""
    rows = _by_treatment(desk).filter(
        (pl.col("evidence") == "measured") & (pl.col("effect") + 1.96 * pl.col("effect_se") < 0)
    )
    for row in rows.iter_rows(named=True):
        saved = -row["effect"] * row["worth"] * row["people"]
        yield proposal(
            desk,
            "email",
            "pause",
            row["treatment_id"],
            f"Stop {row['treatment_id']}: people do better without it.",
            "Its measured effect lies below zero with its whole 95% interval.",
            (line("mean effect", row["effect"], "probability", "uplift model"),),
            (saved, row["effect_se"] * row["worth"] * row["people"]),
            "harmful_treatments",
        )


def unproven_treatments(desk: Desk) -> Iterator[ProgrammeProposal]:
    """A treatment that rests on a prior should be tried on a measured number of people."""
    rows = _by_treatment(desk).filter(
        (pl.col("evidence") == "prior") & (pl.col("effect").abs() > 0)
    )
    for row in rows.iter_rows(named=True):
        needed = sample_size(row["base"], row["effect"])
        yield proposal(
            desk,
            "email",
            "experiment",
            row["treatment_id"],
            f"Try {row['treatment_id']} on {needed:,} contacts against {needed:,} left alone.",
            "Nothing measured says what it causes; its value is a declared prior.",
            (
                line("prior effect", row["effect"], "probability", "declared prior"),
                line("contacts per arm", needed, "contacts", "two-proportion formula, 80% power"),
            ),
            (row["effect"] * row["worth"] * needed, row["effect_se"] * row["worth"] * needed),
            "unproven_treatments",
        )


def sample_size(base: float, effect: float) -> int:
    """Contacts per arm that show a change of `effect` from `base`: (z_a + z_b)^2 * 2 p q / d^2."""
    mean = min(max(base + effect / 2, 1e-4), 1 - 1e-4)
    return math.ceil(POWER_Z**2 * 2 * mean * (1 - mean) / effect**2)
