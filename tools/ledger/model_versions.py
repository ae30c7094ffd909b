"""Versions of models: which decides what, which challenges it, and which did before.

One champion per name at most (a unique key), each change of state compared and set, and a line of
the audit in the same transaction. See docs/decisions/registry.md.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import update
from sqlmodel import Session, col, select

from domain.errors import IntegrityError
from domain.run import ModelPin
from tools.ledger import audit, meta
from tools.ledger.model_rows import ModelVersionRow

CHALLENGERS: Final = "model_challengers"
"""In `meta`: families that were told to challenge, as JSON."""
NotNow = Literal[
    "unknown",
    "no_challenger",
    "compared_with_another",
    "needs_another_person",
    "no_champion",
    "no_earlier",
    "moved",
]
SENTENCES: dict[NotNow, str] = {
    "unknown": "There is no such version.",
    "no_challenger": "Only a challenger can be promoted, and this version is none (any more).",
    "compared_with_another": "It was compared with a version that does not decide any more; let a "
    "run compare it with the champion of now.",
    "needs_another_person": "A promotion takes two people: somebody else than who proposed it must "
    "promote it.",
    "no_champion": "No version decides this yet: there is nothing to roll back.",
    "no_earlier": "No other version decided this before: there is nothing to go back to.",
    "moved": "Somebody else changed which version decides at this moment; look again.",
}


def listed(session: Session, name: str | None = None) -> list[ModelVersionRow]:
    """Every version (of a name), by name, the newest first."""
    found = select(ModelVersionRow)
    if name is not None:
        found = found.where(ModelVersionRow.name == name)
    order = (col(ModelVersionRow.name), col(ModelVersionRow.at).desc(), ModelVersionRow.version_id)
    return list(session.exec(found.order_by(*order)))


def find(session: Session, version_id: str) -> ModelVersionRow | None:
    return session.get(ModelVersionRow, version_id)


def champion(session: Session, name: str) -> ModelVersionRow | None:
    """Who decides, or None where nothing was fitted yet."""
    found = select(ModelVersionRow).where(
        ModelVersionRow.name == name, ModelVersionRow.state == "champion"
    )
    return session.exec(found).first()


def pinned(session: Session) -> tuple[ModelPin, ...]:
    """The champions of now, by name: what a run that begins is bound to."""
    found = select(ModelVersionRow).where(ModelVersionRow.state == "champion")
    rows = session.exec(found.order_by(col(ModelVersionRow.name)))
    return tuple(
        ModelPin(name=one.name, version_id=one.version_id, family=one.family, held=one.held)
        for one in rows
    )


def file_champion(session: Session, row: ModelVersionRow, pinned_to: str | None) -> str:
    """Note what decides in this run; its state. The champion that the run was pinned to makes room.
    Where another was put in its place meanwhile that one stays, and this fit is retired at once."""
    known = session.get(ModelVersionRow, row.version_id)
    now = champion(session, row.name)
    moved_on = now is not None and now.version_id != pinned_to
    if known is not None and (known.state == "champion" or moved_on):
        return known.state
    if not moved_on and now is not None:
        _move(session, now, "champion", "retired", row.run_id, row.at)
    state = "retired" if moved_on else "champion"
    reigned = 0 if moved_on else (now.reigned if now is not None else 0) + 1
    if known is not None:
        _move(session, known, known.state, state, row.run_id, row.at, reigned=reigned)
        return state
    row.state, row.reigned = state, reigned
    session.add(row)
    session.flush()
    return state


def file_challenger(session: Session, row: ModelVersionRow) -> str:
    """Note a challenger's fit, or of a known one how it compares now; its state. Older fits of its
    family retire. The very fit that was rolled back does not challenge again; one on other rows
    does."""
    known = session.get(ModelVersionRow, row.version_id)
    if known is not None and known.state in ("champion", "rolled back"):
        return known.state
    older = select(ModelVersionRow).where(
        ModelVersionRow.name == row.name,
        ModelVersionRow.family == row.family,
        ModelVersionRow.state == "challenger",
        ModelVersionRow.version_id != row.version_id,
    )
    for one in session.exec(older).all():
        _move(session, one, "challenger", "retired", row.run_id, row.at)
    if known is None:
        row.state = "challenger"
        session.add(row)
        return row.state
    if known.state != "challenger":
        _move(session, known, known.state, "challenger", row.run_id, row.at)
    known.compared = row.compared
    session.add(known)
    return "challenger"


def promote(
    session: Session, version_id: str, by: str, at: datetime, against: str
) -> ModelVersionRow | NotNow | Literal["proposed"]:
    """The first person proposes, another one puts it in force; `against`: the champion that the
    checks were made beside. From then on it decides, in runs that begin later."""
    row = session.get(ModelVersionRow, version_id)
    if row is None:
        return "unknown"
    if row.state != "challenger":
        return "no_challenger"
    now = champion(session, row.name)
    if now is None or now.version_id != against:
        return "compared_with_another"
    if row.proposed_by is None or row.proposed_against != against:
        return _propose(session, row, by, at, against)
    if row.proposed_by == by:
        return "needs_another_person"
    if not _move(session, now, "champion", "retired", by, at):
        return "moved"
    if not _move(session, row, "challenger", "champion", by, at, reigned=now.reigned + 1):
        raise IntegrityError(f"{version_id} changed while it was promoted.", "Do it again.")
    said = {"name": row.name, "was": now.version_id, "proposed_by": row.proposed_by}
    audit.append(session, at, by, "model_promoted", version_id, said)
    return row


def _propose(
    session: Session, row: ModelVersionRow, by: str, at: datetime, against: str
) -> Literal["proposed"]:
    row.proposed_by, row.proposed_against = by, against
    session.add(row)
    said = {"name": row.name, "against": against}
    audit.append(session, at, by, "model_proposed", row.version_id, said)
    return "proposed"


def roll_back(
    session: Session, name: str, to: str | None, by: str, at: datetime
) -> ModelVersionRow | NotNow:
    """An earlier champion decides again, as it was fitted, in runs that begin later. It did pass
    once, so one person may. Without `to`: the last of another family, else the last before."""
    now = champion(session, name)
    if now is None:
        return "no_champion"
    target = _earlier(session, now) if to is None else session.get(ModelVersionRow, to)
    if target is None:
        return "no_earlier" if to is None else "unknown"
    if target.name != name or target.reigned == 0 or target.state == "champion":
        return "no_earlier"
    if not _move(session, now, "champion", "rolled back", by, at):
        return "moved"
    reigned = now.reigned + 1
    if not _move(session, target, target.state, "champion", by, at, reigned=reigned, held=True):
        raise IntegrityError(f"{target.version_id} changed while it came back.", "Do it again.")
    said = {"name": name, "was": now.version_id}
    audit.append(session, at, by, "model_rolled_back", target.version_id, said)
    return target


def _earlier(session: Session, now: ModelVersionRow) -> ModelVersionRow | None:
    found = select(ModelVersionRow).where(
        ModelVersionRow.name == now.name,
        ModelVersionRow.reigned > 0,
        ModelVersionRow.state == "retired",
    )
    before = list(session.exec(found.order_by(col(ModelVersionRow.reigned).desc())))
    others = [one for one in before if one.family != now.family]
    return next(iter((*others, *before)), None)


def challengers(session: Session) -> tuple[str, ...]:
    """Families that were told to challenge, beside those of clearance.toml."""
    return tuple(json.loads(meta.get(session, CHALLENGERS) or "[]"))


def set_challengers(session: Session, families: Sequence[str], by: str, at: datetime) -> None:
    meta.put(session, CHALLENGERS, json.dumps(sorted(families)))
    audit.append(session, at, by, "model_challengers", "models", {"families": sorted(families)})


def _move(
    session: Session,
    row: ModelVersionRow,
    was: str,
    state: str,
    by: str,
    at: datetime,
    **more: Any,
) -> bool:
    """Compare and set; whether the row stood as expected. What was proposed of it is over."""
    session.flush()
    moved = session.execute(
        update(ModelVersionRow)
        .where(col(ModelVersionRow.version_id) == row.version_id, col(ModelVersionRow.state) == was)
        .values(state=state, changed_by=by, changed_at=at, **{"held": False, **more})
    )
    session.refresh(row)
    return bool(moved.rowcount == 1)  # type: ignore[attr-defined]
