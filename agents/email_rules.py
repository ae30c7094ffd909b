"""The e-mail strategist's rules: what the figures say about messages, each rule by its name."""

from collections.abc import Iterator
from typing import Any, Final

import polars as pl

from agents.cadence_rules import misplaced_steps
from agents.desk import Desk
from agents.figures import Z95, least_share, sample_size, treatment_figures
from agents.filing import line, proposal
from agents.pricing import standing_approval
from domain.proposal import ProgrammeProposal

WEARY: Final = 0.01
"""Share of touches answered by an unsubscribe above which a message wears people out."""
COMPLAINED: Final = 0.001
"""Share answered by a complaint above which mailbox providers begin to refuse a sender (they ask
bulk senders to stay below 0.1% and never to reach 0.3%)."""


class EmailStrategist:
    """Deterministic: the same desk files the same proposals."""

    def file(self, desk: Desk) -> tuple[ProgrammeProposal, ...]:
        return (
            *wearing_treatments(desk),
            *complained_treatments(desk),
            *harmful_treatments(desk),
            *misplaced_steps(desk),
            *unproven_treatments(desk),
            *unapproved_treatments(desk),
        )


def wearing_treatments(desk: Desk) -> Iterator[ProgrammeProposal]:
    """pause: more than one touch in a hundred, beyond chance, ended in an unsubscribe."""
    for row in _answered(desk, "unsubscribed", WEARY):
        share = row["unsubscribed"] / row["sent"]
        yield proposal(
            desk,
            "email",
            "pause",
            row["treatment_id"],
            f"Pause {row['treatment_id']} until its text is new.",
            f"{share:.1%} of its touches ended in an unsubscribe, above {WEARY:.0%}.",
            (
                line("touches", row["sent"], "touches", "warehouse touches"),
                line("unsubscribes", row["unsubscribed"], "contacts", "warehouse outcomes"),
            ),
            (0.0, 0.0),
            "wearing_treatments",
        )


def complained_treatments(desk: Desk) -> Iterator[ProgrammeProposal]:
    """pause: complaints about it, beyond chance, put the delivery of everything else at risk."""
    for row in _answered(desk, "complained", COMPLAINED):
        share = row["complained"] / row["sent"]
        yield proposal(
            desk,
            "email",
            "pause",
            row["treatment_id"],
            f"Pause {row['treatment_id']} and find out who gets it and why.",
            f"{share:.2%} of its touches ended in a complaint, above {COMPLAINED:.1%}.",
            (
                line("touches", row["sent"], "touches", "warehouse touches"),
                line("complaints", row["complained"], "contacts", "warehouse outcomes"),
            ),
            (0.0, 0.0),
            "complained_treatments",
        )


def _answered(desk: Desk, answer: str, limit: float) -> Iterator[dict[str, Any]]:
    """Rows of `sent`, for the agent's own messages whose share of such answers is above the
    limit with its whole 95% interval."""
    own = [one.channel for one in desk.channels_of("email")]
    messages = desk.programme.treatments.filter(pl.col("channel").is_in(own))
    sent = desk.programme.sent.filter(pl.col("sent") > 0)
    rows = sent.join(messages, on="treatment_id", how="semi").filter(
        least_share(answer, "sent") > limit
    )
    return rows.sort("treatment_id").iter_rows(named=True)


def harmful_treatments(desk: Desk) -> Iterator[ProgrammeProposal]:
    """pause: its measured effect on the leading outcome lies below zero with its whole 95%
    interval, and what it does for the other objectives does not make up for it."""
    rows = treatment_figures(desk, "email").filter(
        (pl.col("evidence") == "measured")
        & (pl.col("effect") + Z95 * pl.col("effect_se") < 0)
        & (pl.col("value") <= 0)
    )
    for row in rows.iter_rows(named=True):
        yield proposal(
            desk,
            "email",
            "pause",
            row["treatment_id"],
            f"Stop {row['treatment_id']}: people do better without it.",
            f"Sent to everybody once, it would cost {-row['effect']:.2%} of them their outcome.",
            (
                line("mean effect", row["effect"], "probability", "uplift model"),
                line("its standard error", row["effect_se"], "probability", "uplift model"),
                line("contacts", row["people"], "contacts", "predictions"),
            ),
            (-row["value"] * row["people"], row["value_se"] * row["people"]),
            "harmful_treatments",
        )


def unproven_treatments(desk: Desk) -> Iterator[ProgrammeProposal]:
    """experiment: its value is a declared prior, and enough contacts are there to measure it;
    gather_data: there are not."""
    rows = treatment_figures(desk, "email").filter(
        (pl.col("evidence") == "prior") & (pl.col("effect") != 0) & pl.col("approved")
    )
    for row in rows.iter_rows(named=True):
        needed = sample_size(row["base"], row["effect"])
        enough = 2 * needed <= row["people"]
        name, touched = row["treatment_id"], needed if enough else row["people"]
        yield proposal(
            desk,
            "email",
            "experiment" if enough else "gather_data",
            name,
            f"Try {name} on {needed:,} contacts against {needed:,} left alone."
            if enough
            else f"Send {name} to half of those who may get it, by chance, until it shows.",
            "Nothing measured says what it causes; its value is a declared prior."
            + ("" if enough else f" One round on {row['people']:,} contacts is too few to tell."),
            (
                line("prior effect", row["effect"], "probability", "declared prior"),
                line("contacts per arm", needed, "contacts", "two-proportion formula, 80% power"),
            ),
            (
                (row["value"] - row["cost"]) * touched,
                row["value_se"] * touched,
            ),
            "unproven_treatments",
        )


def unapproved_treatments(desk: Desk) -> Iterator[ProgrammeProposal]:
    """new_treatment: a message lies ready, or ran, and lacks an approval that stands."""
    own = [one.channel for one in desk.channels_of("email")]
    rows = desk.programme.treatments.filter(
        pl.col("channel").is_in(own) & (pl.col("class") == "marketing") & ~standing_approval(desk)
    )
    contacts = desk.folder.read("observations").height
    for row in rows.sort("treatment_id").iter_rows(named=True):
        ended = row["approval"] == "approved"
        said = (
            f"its approval ended on {row['approved_until']:%d %B %Y}"
            if ended
            else (f"its approval says: {row['approval'] or 'nothing'}")
        )
        yield proposal(
            desk,
            "email",
            "new_treatment",
            row["treatment_id"],
            f"Approve {row['treatment_id']} (again), or take it out of the programme.",
            f"It can't be sent: {said}.",
            (line("contacts it is kept from", contacts, "contacts", "observations"),),
            (0.0, 0.0),
            "unapproved_treatments",
        )
