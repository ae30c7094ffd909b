"""The record of erasures: who asked, how far each is, and by which keyed hashes a person who comes
back is known again."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, select

from tools.ledger import audit, consents, doormark, moves
from tools.ledger.bulk import insert_new_row
from tools.ledger.database import Ledger
from tools.ledger.models import EffectRow, ErasedKeyRow, ErasureRow

SUPPRESSED = "erased"
"""Why, and by whose word, an erased contact is suppressed."""


def begin(
    session: Session,
    contact_id: str,
    token: str,
    keys: Sequence[tuple[str, str]],
    by: str,
    at: datetime,
) -> int:
    """Before anything is erased: the person is suppressed for good, and what waits for them is
    refused. keys: (kind, hash). The number of effects refused; the same again changes nothing."""
    for kind, key in keys:
        insert_new_row(session, ErasedKeyRow(hash=key, kind=kind, token=token))
    if insert_new_row(session, ErasureRow(token=token, state="begun", by=by, at=at)):
        audit.append(session, at, by, "erasure_begun", token, {"keys": len(keys)})
    consents.suppress(session, token, at, SUPPRESSED, SUPPRESSED)
    waiting = session.exec(
        select(EffectRow.effect_id).where(
            col(EffectRow.contact_id).in_((contact_id, token)), EffectRow.state == "intent"
        )
    ).all()
    moves.skip(session, dict.fromkeys(waiting, "erased_or_suppressed"), at)
    doormark.raise_mark(session)
    return len(waiting)


def finish(session: Session, token: str, at: datetime) -> None:
    """Nothing of the person is left."""
    row = session.get(ErasureRow, token)
    if row is None or row.state == "done":
        return
    row.state, row.done_at = "done", at
    session.add(row)
    audit.append(session, at, row.by, "erasure_done", token, {})


def take_up(
    session: Session, token: str, keys: Sequence[tuple[str, str]], by: str, at: datetime
) -> None:
    """An erasure that this ledger does not know, since it was put back from before it."""
    if session.get(ErasureRow, token) is None:
        begin(session, token, token, keys, by, at)


def keys_by_token(session: Session) -> dict[str, list[tuple[str, str]]]:
    """(kind, hash) of every erasure that the ledger knows."""
    found: dict[str, list[tuple[str, str]]] = {}
    for row in session.exec(select(ErasedKeyRow)):
        found.setdefault(row.token, []).append((row.kind, row.hash))
    return found


def hashes(ledger: Ledger) -> frozenset[str]:
    """Every keyed hash that the ledger knows of."""
    with ledger.read() as session:
        return frozenset(session.exec(select(ErasedKeyRow.hash)))


def unfinished(session: Session) -> list[str]:
    """Tokens of erasures that were begun and are not done."""
    wanted = select(ErasureRow.token).where(ErasureRow.state != "done").order_by(ErasureRow.token)
    return list(session.exec(wanted))
