"""The record of merges: who was said to be one person, by whom, when and why, and what was taken
back. No row of a contact is ever changed: a merge is looked up when contacts are read."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

import polars as pl
from sqlmodel import Session, col, select, update

from domain.errors import RefusedError
from tools.ledger import audit, doormark
from tools.ledger.bulk import chunks, insert_new
from tools.ledger.database import INSTANT, Ledger
from tools.ledger.frames import frame_in
from tools.ledger.models import AuditRow, MergeRow

SURVIVORS: Final[dict[str, Any]] = {"contact_id": pl.String, "survivor_id": pl.String}
"""Who stands for whom; contacts that stand for themselves are left out."""
RECORD: Final[dict[str, Any]] = {
    "merge_id": pl.Int64,
    "contact_id": pl.String,
    "survivor_id": pl.String,
    "why": pl.String,
    "by": pl.String,
    "at": INSTANT,
    "ended_by": pl.String,
    "ended_at": INSTANT,
    "ended_why": pl.String,
}
BY_HAND: Final = "by hand"
"""Why two were merged whom no key joins: somebody says so."""
PER_LINE: Final = 1_000
"""Merges that one line of the audit tells of."""
NAMED: Final = ", ".join(f'"{name}"' for name in RECORD)
LIVE_SQL: Final = f"SELECT {NAMED} FROM identity_merge WHERE ended_at IS NULL"


def survivors(ledger: Ledger, at: datetime | None = None) -> pl.DataFrame:
    """SURVIVORS as they stood at an instant; None: as they stand now."""
    if at is None:
        return resolved(ledger.frame(LIVE_SQL, RECORD))
    then = "at <= :at AND (ended_at IS NULL OR ended_at > :at)"
    sql = f"SELECT {NAMED} FROM identity_merge WHERE {then}"
    return resolved(ledger.frame(sql, RECORD, {"at": at}))


def resolved(merges: pl.DataFrame) -> pl.DataFrame:
    """SURVIVORS of merges in force (contact_id once each): who was merged into one that was merged
    later stands under the last of them."""
    found = merges.select("contact_id", "survivor_id").sort("contact_id")
    above = found.select(survivor_id="contact_id", above="survivor_id")
    while True:
        joined = found.join(above, on="survivor_id", how="left", maintain_order="left")
        if joined.get_column("above").null_count() == joined.height:
            return found
        found = joined.select("contact_id", survivor_id=pl.coalesce("above", "survivor_id"))


def taken_back(ledger: Ledger) -> pl.DataFrame:
    """contact_id, survivor_id of merges that somebody took back, but for those made again."""
    everything = record(ledger)
    keys = ["contact_id", "survivor_id"]
    live = everything.filter(pl.col("ended_at").is_null())
    return everything.join(live, on=keys, how="anti").select(keys).unique(maintain_order=True)


def record(ledger: Ledger) -> pl.DataFrame:
    """RECORD, the oldest merge first."""
    return ledger.frame(f"SELECT {NAMED} FROM identity_merge ORDER BY merge_id", RECORD)


def merge(session: Session, merges: pl.DataFrame, by: str, at: datetime) -> int:
    """Put contacts under their survivors (contact_id, survivor_id, why), all or none; how many.

    Compared and set: each contact and each survivor must stand for itself as this transaction sees
    it. Raises RefusedError where one does not any more.
    """
    _stand_alone(session, merges)
    rows = merges.select("contact_id", "survivor_id", "why", by=pl.lit(by), at=pl.lit(at))
    added = insert_new(session, MergeRow, rows)
    if added != rows.height:
        raise RefusedError(f"Expected {rows.height} merges, {added} are new.", AGAIN)
    for part in rows.iter_slices(PER_LINE):
        audit.append(session, at, by, "contacts_merged", "identity", _said(part))
    if added:
        doormark.raise_mark(session)
    return added


AGAIN: Final = "Ask `clearance identity find` again, and merge what it finds."


def _stand_alone(session: Session, merges: pl.DataFrame) -> None:
    under = frame_in(session, LIVE_SQL, RECORD).get_column("contact_id")
    moved = pl.concat([merges.get_column("contact_id"), under])
    both = merges.filter(pl.col("contact_id").is_in(under.implode()))
    lost = merges.filter(pl.col("survivor_id").is_in(moved.implode()))
    doubled = merges.filter(pl.col("contact_id").is_duplicated())
    wrong = pl.concat([both, lost, doubled])
    if not wrong.is_empty():
        one, other = wrong.select("contact_id", "survivor_id").row(0)
        raise RefusedError(
            f"Expected {one} and {other} to stand for themselves; one of them was merged.", AGAIN
        )


def split(session: Session, contact_id: str, by: str, at: datetime, why: str) -> pl.DataFrame:
    """Take back the merge of a contact; of a survivor, every merge into its person. RECORD of what
    ended, so that who stands for whom is as it was before.

    Raises RefusedError where the contact is nobody's and nobody is merged into it.
    """
    live = frame_in(session, LIVE_SQL, RECORD)
    own = live.filter(pl.col("contact_id") == contact_id)
    under = resolved(live).filter(pl.col("survivor_id") == contact_id)
    ended = own if own.height else live.join(under.select("contact_id"), on="contact_id")
    if ended.is_empty():
        raise RefusedError(
            f"{contact_id} is merged with nobody.", "`clearance identity show CONTACT` says who is."
        )
    _end(session, ended.get_column("merge_id").to_list(), by, at, why)
    for part in ended.iter_slices(PER_LINE):
        audit.append(session, at, by, "contacts_split", "identity", _said(part) | {"reason": why})
    doormark.raise_mark(session)
    return ended.sort("merge_id")


def _end(session: Session, merge_ids: list[int], by: str, at: datetime, why: str) -> None:
    for part in chunks(merge_ids):
        done: Any = session.connection().execute(
            update(MergeRow)
            .where(col(MergeRow.merge_id).in_(part), col(MergeRow.ended_at).is_(None))
            .values(ended_by=by, ended_at=at, ended_why=why)
        )
        if done.rowcount != len(part):
            raise RefusedError("Somebody else took a merge back meanwhile.", "Ask again.")


def _said(merges: pl.DataFrame) -> dict[str, Any]:
    """By keys whose values an erasure knows for contacts' ids."""
    return {
        "contacts": merges.get_column("contact_id").to_list(),
        "people": merges.get_column("survivor_id").to_list(),
        "why": merges.get_column("why").to_list(),
    }


def problems(session: Session) -> Iterator[str]:
    """Merges in force that the audit does not tell of, in a sentence each."""
    said: dict[str, str | None] = {}
    kinds = ("contacts_merged", "contacts_split")
    lines = select(AuditRow).where(col(AuditRow.kind).in_(kinds)).order_by(col(AuditRow.seq))
    for line in session.exec(lines):
        told = json.loads(line.payload)
        merged = line.kind == "contacts_merged"
        for one, survivor in zip(told["contacts"], told["people"], strict=True):
            said[one] = survivor if merged else None
    live = frame_in(session, LIVE_SQL, RECORD).select("contact_id", "survivor_id")
    found = dict(live.iter_rows())
    for one in sorted(found.keys() | {name for name, other in said.items() if other}):
        if found.get(one) != said.get(one):
            yield f"{one} stands under {found.get(one)}, the audit says {said.get(one)}."
