"""Taking one person out of every row of the ledger, whatever table it is in.

What a message proves is kept (that it went, when, on which consent); whom it went to is not: a
token stands in their place. A table that is added later is gone through like the others.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, String, Table, delete, func, or_, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import AutoString, Session, SQLModel
from sqlmodel import select as selected

from tools.erasure.veil import OF_CONTACTS, Veil
from tools.ledger import audit
from tools.ledger.bulk import table_of
from tools.ledger.models import AuditRow, ConsentRow, RunTableRow

FREE_TEXT = {"consent": ("external_id",)}
"""Columns that another tool filled with a name of its own for the person: nothing stays of them."""


def veil_rows(session: Session, veil: Veil, by: str, at: datetime) -> dict[str, int]:
    """Take the person out of the ledger; the number of rows changed, by table."""
    changed = {"audit": _veil_audit(session, veil, by, at)}
    for table in SQLModel.metadata.sorted_tables:
        if table is not table_of(AuditRow):
            changed[table.name] = sum(
                _veil_row(session, table, row, veil) for row in _rows(session, table, veil)
            )
    return {name: count for name, count in changed.items() if count}


def _texts(table: Table) -> list[Any]:
    return [column for column in table.columns if isinstance(column.type, String | AutoString)]


def _rows(session: Session, table: Table, veil: Veil) -> Sequence[Any]:
    """Rows that hold any of the person's words."""
    columns = _texts(table)
    if not columns:
        return ()
    meant = or_(*(_holds(column, needle) for column in columns for needle in veil.needles))
    return session.connection().execute(table.select().where(meant)).mappings().all()


def _holds(column: Any, needle: str) -> ColumnElement[bool]:
    found: ColumnElement[bool] = func.lower(column).contains(needle, autoescape=True)
    return found


def _veil_row(session: Session, table: Table, row: Any, veil: Veil) -> bool:
    """Put other words in; a row that then says the same as another one goes."""
    values = dict(_veiled(table, row, veil))
    if not values:
        return False
    connection = session.connection()
    this = [column == row[column.name] for column in table.primary_key.columns]
    try:
        with connection.begin_nested():
            connection.execute(update(table).where(*this).values(values))
    except IntegrityError:
        connection.execute(delete(table).where(*this))
    return True


def _veiled(table: Table, row: Any, veil: Veil) -> Iterator[tuple[str, str | None]]:
    theirs = row.get("contact_id") == veil.contact_id
    for column in _texts(table):
        before = row[column.name]
        if before is None:
            continue
        after: str | None = veil.text(before, column.name in OF_CONTACTS)
        if theirs and column.name in FREE_TEXT.get(table.name, ()):
            after = None
        if after != before:
            yield column.name, after


def _veil_audit(session: Session, veil: Veil, by: str, at: datetime) -> int:
    lines = {}
    for row in _rows(session, table_of(AuditRow), veil):
        said = (veil.text(row["subject"], of_contacts=True), veil.text(row["payload"]))
        if said != (row["subject"], row["payload"]):
            lines[row["seq"]] = said
    audit.blank(session, at, by, veil.token, lines)
    return len(lines)


def rewritten(
    session: Session,
    tables: Mapping[tuple[str, str], tuple[str, str]],
    token: str,
    by: str,
    at: datetime,
) -> None:
    """A run's tables are about to hold a token in the person's place: (run, table) -> SHA-256
    before and after. A table that was not as it was committed keeps its old hash, so that `verify`
    goes on saying so."""
    said = {}
    for (run_id, name), (before, after) in sorted(tables.items()):
        row = session.exec(
            selected(RunTableRow).where(RunTableRow.run_id == run_id, RunTableRow.name == name)
        ).first()
        if row is None or row.sha256 not in (before, after) or row.sha256 == after:
            continue
        row.sha256 = after
        session.add(row)
        said[f"{run_id}/{name}"] = [before, after]
    if said:
        audit.append(session, at, by, "tables_rewritten", token, {"sha256": said})


def is_known(session: Session, contact_id: str) -> bool:
    """Whether a statement of consent names the contact."""
    wanted = selected(ConsentRow.consent_id).where(ConsentRow.contact_id == contact_id)
    return session.exec(wanted).first() is not None
