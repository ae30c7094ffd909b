"""Consent: statements are added, never changed. Of each system the newest counts, of a tie the
strictest; and where systems contradict each other, the no stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

import polars as pl
from sqlmodel import Session, func, select

from tools.ledger import audit, doormark
from tools.ledger.bulk import insert_new
from tools.ledger.database import INSTANT, Ledger
from tools.ledger.frames import frame_in
from tools.ledger.models import ConsentRow, SuppressionRow

COLUMNS = (
    "contact_id",
    "channel",
    "purpose",
    "state",
    "basis",
    "text_version",
    "source",
    "external_id",
    "at",
    "expires_at",
)
STANDING: dict[str, Any] = {
    "consent_id": pl.Int64,
    "contact_id": pl.String,
    "channel": pl.String,
    "purpose": pl.String,
    "state": pl.String,
    "at": INSTANT,
    "expires_at": INSTANT,
    "basis": pl.String,
}
SAID = {**STANDING, "source": pl.String, "text_version": pl.String}
"""What is read of a statement, so that it can be told which stands."""
KEY = ("contact_id", "channel", "purpose")
OWN_ACT: Final = "the contact's own act"
STRICTNESS = {"granted": 0, "withdrawn": 1, "objected": 2}


@dataclass(frozen=True)
class Recorded:
    """What a bulk of statements changed; the same statements again change nothing."""

    added: int
    changed: int
    unchanged: int


def record(session: Session, frame: pl.DataFrame) -> Recorded:
    """Add statements; columns as COLUMNS, those that are missing are empty."""
    given = frame.with_columns(
        pl.lit(None).alias(name) for name in COLUMNS if name not in frame.columns
    ).select(COLUMNS)
    added = insert_new(session, ConsentRow, given)
    if added:
        doormark.raise_mark(session)
    return Recorded(added=added, changed=0, unchanged=frame.height - added)


def record_told(session: Session, frame: pl.DataFrame, at: datetime, by: str) -> Recorded:
    """`record`, and how many there were, in the audit."""
    said = record(session, frame)
    if said.added:
        audit.append(session, at, by, "consents_recorded", "consents", {"added": said.added})
    return said


def withdraw(
    session: Session,
    contact_id: str,
    channel: str,
    purpose: str,
    at: datetime,
    source: str,
    state: Literal["withdrawn", "objected"] = "withdrawn",
    basis: str = OWN_ACT,
) -> None:
    """The contact takes consent back, or objects, in force for every delivery from now on. The very
    same statement again changes nothing."""
    key: dict[str, Any] = {
        "contact_id": contact_id,
        "channel": channel,
        "purpose": purpose,
        "state": state,
        "at": at,
        "source": source,
    }
    if session.exec(select(ConsentRow).filter_by(**key)).first() is not None:
        return
    session.add(ConsentRow(**key, basis=basis))
    doormark.raise_mark(session)
    said = {"channel": channel, "purpose": purpose, "source": source}
    audit.append(session, at, source, f"consent_{state}", contact_id, said)


def opt_out(
    session: Session,
    contact_id: str,
    channels: Sequence[str],
    purposes: Sequence[str],
    state: Literal["withdrawn", "objected"],
    at: datetime,
    source: str,
    basis: str = OWN_ACT,
) -> int:
    """The contact wants no more of this, in force for every delivery from now on; how many
    statements that took. What stands as a no already is left as it is, so that the same word
    again, whenever it comes, changes nothing."""
    said = _standing_of(session, contact_id).select("channel", "purpose", "state")
    stands = {(channel, purpose): STRICTNESS[state] for channel, purpose, state in said.iter_rows()}
    fresh = [
        (channel, purpose)
        for channel in channels
        for purpose in sorted(set(purposes))
        if stands.get((channel, purpose), 0) < STRICTNESS[state]
    ]
    for channel, purpose in fresh:
        withdraw(session, contact_id, channel, purpose, at, source, state, basis)
    return len(fresh)


def purposes_of(session: Session, contact_id: str) -> list[str]:
    """Every purpose the contact ever said something about."""
    wanted = select(ConsentRow.purpose).where(ConsentRow.contact_id == contact_id).distinct()
    return sorted(session.exec(wanted))


def _standing_of(session: Session, contact_id: str) -> pl.DataFrame:
    sql = f"SELECT {', '.join(SAID)} FROM consent WHERE contact_id = :contact"
    return _standing(frame_in(session, sql, SAID, {"contact": contact_id}))


def is_suppressed(session: Session, contact_id: str) -> bool:
    """Whether nothing reaches this contact already, for whatever reason."""
    return session.get(SuppressionRow, contact_id) is not None


def suppress(session: Session, contact_id: str, at: datetime, reason: str, source: str) -> None:
    """Nothing of ours reaches this contact any more: since the first word of it, whatever the
    newest one gives as its reason. The very same word again changes nothing."""
    known = session.get(SuppressionRow, contact_id)
    if known is not None and (known.reason, known.source) == (reason, source):
        return
    since = at if known is None else min(known.at, at)
    session.merge(SuppressionRow(contact_id=contact_id, reason=reason, source=source, at=since))
    doormark.raise_mark(session)
    audit.append(session, at, source, "suppressed", contact_id, {"reason": reason})


def watermark(session: Session) -> int:
    """Number of the newest statement: what a run pins."""
    return session.exec(select(func.max(ConsentRow.consent_id))).one() or 0


def standing(
    ledger: Ledger, watermark: int | None = None, contact_ids: Sequence[str] | None = None
) -> pl.DataFrame:
    """The statement that stands per contact, channel and purpose (STANDING's columns)."""
    return _standing(_statements(ledger, watermark, contact_ids)).select(list(STANDING))


def standing_in(session: Session, ledger: Ledger, contact_ids: Sequence[str]) -> pl.DataFrame:
    """The statement that stands of these contacts, as this transaction sees it: STANDING's columns
    and text_version."""
    wanted = ledger.among("contact_id", contact_ids)
    sql = f"SELECT {', '.join(SAID)} FROM consent WHERE {wanted.clause}"
    rows = _standing(frame_in(session, sql, SAID, wanted.parameters))
    return rows.select(*STANDING, "text_version")


def _standing(rows: pl.DataFrame) -> pl.DataFrame:
    """Of each system (`source`) its newest statement, and of those the strictest, then the newest.

    A system that was never told of a no goes on saying yes, and says so with a newer date at every
    export. So another system's no is lifted only by a later grant that names the text which was
    agreed to: that is an act of the person and no copy of a field.
    """
    strict = pl.col("state").replace_strict(STRICTNESS, return_dtype=pl.Int8)
    agreed = (pl.col("state") == "granted") & (pl.col("text_version").fill_null("") != "")
    by_system = (
        rows.with_columns(strict=strict, agreed_at=pl.col("at").filter(agreed).max().over(KEY))
        .sort(*KEY, "at", "strict", "consent_id")
        .group_by(*KEY, "source", maintain_order=True)
        .last()
    )
    lifted = (pl.col("strict") > 0) & (pl.col("at") < pl.col("agreed_at")).fill_null(False)
    return (
        by_system.filter(~lifted)
        .sort(*KEY, "strict", "at", "consent_id")
        .group_by(*KEY, maintain_order=True)
        .last()
    )


def objections_among(stand: pl.DataFrame) -> pl.DataFrame:
    """Contacts who object, of statements that stand (contact_id)."""
    return stand.filter(pl.col("state") == "objected").select("contact_id").unique()


def suppressed(ledger: Ledger) -> pl.DataFrame:
    """Suppressed contacts (contact_id, at)."""
    sql = "SELECT contact_id, at FROM suppression"
    return ledger.frame(sql, {"contact_id": pl.String, "at": INSTANT})


def _statements(
    ledger: Ledger, watermark: int | None, contact_ids: Sequence[str] | None
) -> pl.DataFrame:
    names = ", ".join(SAID)
    newest = "" if watermark is None else f" AND consent_id <= {int(watermark)}"
    if contact_ids is None:
        return ledger.frame(f"SELECT {names} FROM consent WHERE 1 = 1{newest}", SAID)
    wanted = ledger.among("contact_id", contact_ids)
    sql = f"SELECT {names} FROM consent WHERE {wanted.clause}{newest}"
    return ledger.frame(sql, SAID, wanted.parameters)
