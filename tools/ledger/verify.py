"""The record against itself: chain, tables, states, approvals, consents, doubles."""

import json
from collections import Counter
from pathlib import Path

import polars as pl
from sqlmodel import Session, select

from domain.record import Record
from tools.ledger import audit, feedback_states, policies, runs
from tools.ledger.database import INSTANT, Ledger
from tools.ledger.models import (
    EffectRow,
    FeedbackRow,
    PacketRow,
    ReviewRow,
    SuppressionRow,
    VoteRow,
)
from tools.runs import sha256_of


class Finding(Record):
    """One check: what was checked, whether it holds, and what was found."""

    check: str
    ok: bool
    detail: str


def verify(ledger: Ledger, runs_folder: Path) -> tuple[Finding, ...]:
    """Every check of the record; nothing is changed."""
    with ledger.read() as session:
        chain = audit.verify_chain(session)
        tables = _tables(session, runs_folder)
        states = _states(session)
        told = _told(session)
        limits = policies.altered(session)
        approvals = _approvals(session)
        doubles = _doubles(session)
    return (
        _finding("The audit chain is whole", chain),
        _finding("Every run's tables are as they were committed", tables),
        _finding("Every effect stands as its newest audit line says", states),
        _finding("Every event of a provider stands as its newest audit line says", told),
        _finding("Every policy that was in force is as it was activated", limits),
        _finding("Every approved packet had the approvals it needed", approvals),
        _finding("No treatment reached a contact twice on one day", doubles),
        _finding("Every marketing touch had a consent when it was handed over", _consents(ledger)),
        _finding("Nothing reached a suppressed contact", _suppressed(ledger)),
    )


def _finding(check: str, problems: list[str]) -> Finding:
    detail = "; ".join(problems[:3]) + (f" (and {len(problems) - 3} more)" * (len(problems) > 3))
    return Finding(check=check, ok=not problems, detail=detail)


def _tables(session: Session, folder: Path) -> list[str]:
    problems = []
    for row in runs.tables(session):
        file = folder / row.run_id / f"{row.name}.parquet"
        if not file.exists():
            problems.append(f"{row.run_id}/{row.name} is gone.")
        elif sha256_of(file) != row.sha256:
            problems.append(f"{row.run_id}/{row.name} was altered.")
    return problems


def _states(session: Session) -> list[str]:
    said = audit.effect_states(session)
    found = dict(session.exec(select(EffectRow.effect_id, EffectRow.state)).all())
    wrong = [
        f"Effect {key} is {state}, the audit says {said.get(key, 'nothing')}."
        for key, state in sorted(found.items())
        if said.get(key) != state
    ]
    gone = [f"Effect {key} is gone." for key in sorted(said.keys() - found.keys())]
    return wrong + gone


def _told(session: Session) -> list[str]:
    said = feedback_states.audited(session)
    wanted = select(FeedbackRow.provider, FeedbackRow.event_id, FeedbackRow.state)
    found = {(provider, event): state for provider, event, state in session.exec(wanted)}
    wrong = [
        f"Event {event} of {provider} is {state}, the audit says "
        f"{said.get((provider, event), 'nothing')}."
        for (provider, event), state in sorted(found.items())
        if said.get((provider, event)) != state
    ]
    lost = sorted(said.keys() - found.keys())
    return wrong + [f"Event {event} of {provider} is gone." for provider, event in lost]


def _approvals(session: Session) -> list[str]:
    problems = []
    for review in session.exec(select(ReviewRow).where(ReviewRow.state == "approved")):
        votes = session.exec(
            select(VoteRow.person_id).where(
                VoteRow.packet_id == review.packet_id,
                VoteRow.version == review.version,
                VoteRow.verdict == "approve",
            )
        ).all()
        packet = session.get(PacketRow, (review.packet_id, review.version))
        editors = set(json.loads(packet.payload)["edited_by"]) if packet else set(votes)
        if len(set(votes) - editors) < review.approvals_needed:
            problems.append(f"{review.packet_id} was approved by {', '.join(votes) or 'nobody'}.")
    return problems


def _doubles(session: Session) -> list[str]:
    rows = session.exec(
        select(
            EffectRow.contact_id, EffectRow.channel, EffectRow.treatment, EffectRow.local_day
        ).where(EffectRow.state == "accepted")
    ).all()
    counts = Counter(row for row in rows if row[0] is not None)
    return [f"{row[0]} got {row[2]} twice on {row[3]}." for row, n in counts.items() if n > 1]


ACCEPTED = {
    "effect_id": pl.String,
    "contact_id": pl.String,
    "channel": pl.String,
    "purpose": pl.String,
    "at": INSTANT,
}


def _accepted(ledger: Ledger) -> pl.DataFrame:
    """`at`: when it was handed over last; that it was accepted may have been heard much later."""
    named = ", ".join(name for name in ACCEPTED if name != "at")
    return ledger.frame(
        f"SELECT {named}, coalesce(last_sent_at, at) FROM effect WHERE state = 'accepted' "
        "AND contact_id IS NOT NULL AND action_class = 'marketing'",
        ACCEPTED,
    )


def _consents(ledger: Ledger) -> list[str]:
    """Statements newer than the effect prove nothing against it; the newest before it must be a
    grant that had not expired."""
    statements = ledger.frame(
        "SELECT contact_id, channel, purpose, state, at, expires_at FROM consent",
        {
            "contact_id": pl.String,
            "channel": pl.String,
            "purpose": pl.String,
            "state": pl.String,
            "said_at": INSTANT,
            "expires_at": INSTANT,
        },
    )
    keys = ["contact_id", "channel", "purpose"]
    joined = _accepted(ledger).join(statements, on=keys, how="left")
    before = joined.filter(pl.col("said_at").is_null() | (pl.col("said_at") <= pl.col("at")))
    newest = before.sort("said_at", nulls_last=False).group_by("effect_id").last()
    proven = newest.filter(
        (pl.col("state") == "granted")
        & (pl.col("expires_at").is_null() | (pl.col("expires_at") > pl.col("at")))
    )
    wrong = _accepted(ledger).join(proven, on="effect_id", how="anti")
    return [f"Effect {key} had no consent." for key in wrong.get_column("effect_id").sort()]


def _suppressed(ledger: Ledger) -> list[str]:
    with ledger.read() as session:
        since = {row.contact_id: row.at for row in session.exec(select(SuppressionRow))}
    wrong = _accepted(ledger).filter(pl.col("contact_id").is_in(sorted(since)))
    return [
        f"{row['contact_id']} was suppressed and got effect {row['effect_id']}."
        for row in wrong.iter_rows(named=True)
        if row["at"] > since[row["contact_id"]]
    ]
