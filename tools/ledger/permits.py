"""Permits as the ledger keeps them: written in the transaction in which handing over begins."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

import polars as pl
from sqlmodel import Session

from domain.permit import Seal, Sheet, signed_bytes
from tools.ledger import audit, meta
from tools.ledger.bulk import insert_new, insert_new_row
from tools.ledger.database import Ledger
from tools.ledger.migrating import PERMITS_SINCE
from tools.ledger.models import PermitRow, PermitSheetRow
from tools.proving import MESSAGES, PERMITS


@dataclass(frozen=True)
class Kept:
    """A permit's text, its place on its sheet, and the sheet's signature."""

    effect_id: str
    body: str
    place: int
    seal: Seal


def record(session: Session, sheet: Sheet, at: datetime) -> None:
    """Keep a sheet. The very same one again changes nothing."""
    sheet_id = sha256(signed_bytes(sheet.seal.leaves)).hexdigest()
    insert_new_row(
        session,
        PermitSheetRow(
            sheet_id=sheet_id,
            key=sheet.seal.key,
            leaves="\n".join(sheet.seal.leaves),
            signature=sheet.seal.signature,
            at=at,
        ),
    )
    said = {"effect_id": list(sheet.bodies), "body": list(sheet.bodies.values())}
    rows = pl.DataFrame(said, schema={"effect_id": pl.String, "body": pl.String})
    placed = rows.with_columns(sheet_id=pl.lit(sheet_id), place=pl.int_range(pl.len()))
    insert_new(session, PermitRow, placed)


def refuse(session: Session, refused: Mapping[str, str], at: datetime) -> None:
    """One audit line for those that the gate gave no permit: effect -> reason."""
    if refused:
        said = {"reasons": dict(refused)}
        audit.append(session, at, "gate", "permits_refused", f"{len(refused)} effects", said)


def of_effect(ledger: Ledger, effect_id: str) -> list[Kept]:
    """The permits an effect was handed over under, the newest last."""
    return _read(ledger, "WHERE permit.effect_id = :effect", {"effect": effect_id})


def every(ledger: Ledger) -> list[Kept]:
    """All permits, the newest last."""
    return _read(ledger, "", {})


def _read(ledger: Ledger, condition: str, parameters: dict[str, str]) -> list[Kept]:
    sql = (
        "SELECT permit.effect_id, permit.body, permit.place, permit_sheet.sheet_id, "
        "permit_sheet.key, permit_sheet.signature "
        "FROM permit JOIN permit_sheet ON permit_sheet.sheet_id = permit.sheet_id "
        f"{condition} ORDER BY permit_sheet.at, permit_sheet.sheet_id, permit.place"
    )
    texts = ("effect_id", "body", "place", "sheet_id", "key", "signature")
    schema = {name: pl.Int64 if name == "place" else pl.String for name in texts}
    rows = ledger.frame(sql, schema, parameters)
    seals = _seals(ledger, rows)
    return [
        Kept(effect_id, body, place, seals[sheet_id])
        for effect_id, body, place, sheet_id in rows.select(texts[:4]).iter_rows()
    ]


def _seals(ledger: Ledger, rows: pl.DataFrame) -> dict[str, Seal]:
    """The seals of these sheets; leaves are read once a sheet, not once a permit."""
    wanted = ledger.among("sheet_id", rows.get_column("sheet_id").unique().sort().to_list())
    sql = f"SELECT sheet_id, key, leaves, signature FROM permit_sheet WHERE {wanted.clause}"
    texts = dict.fromkeys(("sheet_id", "key", "leaves", "signature"), pl.String)
    return {
        sheet_id: Seal(key=key, leaves=tuple(leaves.split("\n")), signature=signature)
        for sheet_id, key, leaves, signature in ledger.frame(
            sql, texts, wanted.parameters
        ).iter_rows()
    }


def messages(ledger: Ledger, since: datetime | None) -> pl.DataFrame:
    """MESSAGES of `tools.proving`: what was handed over later than `since`."""
    named = ", ".join(MESSAGES)
    later = "" if since is None else " AND last_sent_at > :since"
    sql = f"SELECT {named} FROM effect WHERE last_sent_at IS NOT NULL{later} ORDER BY effect_id"
    return ledger.frame(sql, MESSAGES, {} if since is None else {"since": since})


def message(ledger: Ledger, effect_id: str) -> pl.DataFrame:
    """MESSAGES of one effect, handed over or not."""
    sql = f"SELECT {', '.join(MESSAGES)} FROM effect WHERE effect_id = :effect"
    return ledger.frame(sql, MESSAGES, {"effect": effect_id})


def frame(ledger: Ledger) -> pl.DataFrame:
    """PERMITS of `tools.proving`: all permits, the leaves of a sheet beside its first one."""
    sql = (
        "SELECT permit.effect_id, permit.body, permit.place, permit.sheet_id, permit_sheet.key, "
        "CASE WHEN permit.place = (SELECT min(place) FROM permit AS other "
        "WHERE other.sheet_id = permit.sheet_id) THEN permit_sheet.leaves END, "
        "permit_sheet.signature FROM permit "
        "JOIN permit_sheet ON permit_sheet.sheet_id = permit.sheet_id "
        "ORDER BY permit_sheet.at, permit.sheet_id, permit.place"
    )
    return ledger.frame(sql, PERMITS)


def as_frame(kept: Sequence[Kept]) -> pl.DataFrame:
    """PERMITS of `tools.proving` of a few."""
    rows = [
        {
            "effect_id": one.effect_id,
            "body": one.body,
            "place": one.place,
            "sheet_id": one.seal.signature,
            "key": one.seal.key,
            "leaves": "\n".join(one.seal.leaves),
            "signature": one.seal.signature,
        }
        for one in kept
    ]
    return pl.DataFrame(rows, schema=PERMITS)


def since(session: Session) -> datetime | None:
    """What was handed over no later than that is older than permits; None: nothing is."""
    said = meta.get(session, PERMITS_SINCE)
    return None if said is None else datetime.fromisoformat(said).replace(tzinfo=UTC)
