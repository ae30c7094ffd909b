"""An older ledger becomes one of this version, in place and in one transaction.

So far every version only added tables, columns and indexes, and widened integers. What is missing
is found by comparing the database with the models (Alembic's comparison) and added; rows stay as
they are (but for the hashes of payloads: `rehashing`), a new column holds the model's default. A
difference of any other kind is refused, not guessed at: it needs a step of its own here.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Integer,
    inspect,
    literal_column,
    text,
)
from sqlmodel import SQLModel

from domain.errors import WorkspaceError
from tools.ledger import model_rows, models
from tools.ledger.rehashing import rehash_payloads

SCHEMA_VERSION = "8"
PERMITS_SINCE = "permits_since"
"""In `meta`: what was handed over no later than that is older than permits."""
OLDER = ("1", "2", "3", "4", "5", "6", "7")
"""Versions that this one can bring up."""
TABLES = (models, model_rows)
"""Where the tables are declared: what is not imported is neither made nor compared."""
UNHASHED = ("1", "2", "3", "4")
"""Versions from before payloads were hashed as now and handed over under permits."""


def is_current(connection: Connection) -> bool:
    """Whether the ledger is of this very version; reads only."""
    return _version(connection) == SCHEMA_VERSION


def bring_up(connection: Connection) -> None:
    """Make or upgrade the tables, inside a write. Raises WorkspaceError for a newer version."""
    found = _version(connection)
    if found == SCHEMA_VERSION:
        return  # another process was faster
    if found is not None and found not in OLDER:
        raise WorkspaceError(
            f"This ledger has schema {found}; this version reads {SCHEMA_VERSION}.",
            "Use the version of Clearance that made it, or a newer one.",
        )
    if found is None:
        SQLModel.metadata.create_all(connection)
    else:
        _add_what_is_missing(connection)
        if found in UNHASHED:
            rehash_payloads(connection)
            _say_since_when(connection)
    _stamp(connection)


def _say_since_when(connection: Connection) -> None:
    """Permits exist since schema 4: what was handed over before has none, and needs none."""
    last = "SELECT max(coalesce(last_sent_at, first_sent_at)) FROM effect"
    said = connection.execute(text(last)).scalar()
    if said is not None:
        connection.execute(
            text("INSERT INTO meta (key, value) VALUES (:key, :value)"),
            {"key": PERMITS_SINCE, "value": str(said)},
        )


def _version(connection: Connection) -> str | None:
    """The ledger's schema; None where it has none yet."""
    if not inspect(connection).has_table(models.MetaRow.__tablename__):
        return None
    asked = text("SELECT value FROM meta WHERE key = 'schema_version'")
    found: str | None = connection.execute(asked).scalar()
    return found


def _stamp(connection: Connection) -> None:
    connection.execute(text("DELETE FROM meta WHERE key = 'schema_version'"))
    connection.execute(
        text("INSERT INTO meta (key, value) VALUES ('schema_version', :version)"),
        {"version": SCHEMA_VERSION},
    )


def _add_what_is_missing(connection: Connection) -> None:
    from alembic.migration import MigrationContext
    from alembic.operations import Operations

    operations = Operations(MigrationContext.configure(connection))
    for kind, *what in missing(connection):
        if kind == "add_table":
            what[0].create(connection)
        elif kind == "add_column":
            operations.add_column(what[1], _with_default(what[2]))
        elif kind == "modify_type":
            operations.alter_column(what[1], what[2], type_=what[-1])
        else:
            what[0].create(connection, checkfirst=True)


def missing(connection: Connection) -> list[tuple[Any, ...]]:
    """What the models have and the database has not, in Alembic's words.

    Tables of somebody else in the same database are none of ours. Raises WorkspaceError where
    something would have to change or go.
    """
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    compared = compare_metadata(MigrationContext.configure(connection), SQLModel.metadata)
    found = [one for many in compared for one in (many if isinstance(many, list) else [many])]
    if connection.dialect.name == "sqlite":
        found = [one for one in found if not _widens(one)]  # its integers are wide anyway
    ours = [one for one in found if not _is_foreign(one)]
    other = [one for one in ours if not _adds(one)]
    if other:
        raise WorkspaceError(
            f"This ledger differs from its version's tables: {other[0]}.",
            "Restore it from a backup, or use the version of Clearance that made it.",
        )
    return ours


def _adds(difference: tuple[Any, ...]) -> bool:
    return difference[0] in ("add_table", "add_column", "add_index") or _widens(difference)


def _widens(difference: tuple[Any, ...]) -> bool:
    """An integer column that takes larger numbers now; what stands in it stays."""
    if difference[0] != "modify_type":
        return False
    before, after = difference[-2:]
    return isinstance(before, Integer) and isinstance(after, BigInteger)


def _is_foreign(difference: tuple[Any, ...]) -> bool:
    kind, what = difference[0], difference[1]
    table = what if kind == "remove_table" else getattr(what, "table", None)
    return kind.startswith("remove_") and table is not None and _unknown(table.name)


def _unknown(name: str) -> bool:
    return name not in SQLModel.metadata.tables


def _with_default(column: Column[Any]) -> Column[Any]:
    """The column with its model's default for the rows that are there already."""
    default = column.default.arg if column.default is not None else None  # type: ignore[attr-defined]
    said = None if default is None else _literal(column, default)
    return Column(column.name, column.type, nullable=column.nullable, server_default=said)


def _literal(column: Column[Any], default: Any) -> Any:
    if isinstance(column.type, Boolean):
        return text("true" if default else "false")
    return literal_column(repr(default))
