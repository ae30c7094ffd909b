"""People: contacts as the merges of the record say, applied when rows are read.

No row that came in is changed: with no merge, or after it was taken back, every table is what it
was, to the byte.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Never

import polars as pl

from domain.errors import IntegrityError
from tools.warehouse.store import MergeReport, Warehouse

OWN: Final = ("account_id", "email", "phone", "source", "external_id", "basis")
"""Of a contact: what belongs to where the survivor is reached and whose it is; another member's
counts only where the survivor has none."""
SEQUENCE: Final = ("active", "held", "done", "exited")
"""States of an enrolment, the strictest last."""


def as_person(
    rows: pl.DataFrame, survivors: pl.DataFrame, column: str = "contact_id"
) -> pl.DataFrame:
    """The rows with each contact's survivor in its place, in their order."""
    if survivors.is_empty() or rows.is_empty():
        return rows
    stands = survivors.select(pl.col("contact_id").alias(column), _stands="survivor_id")
    joined = rows.join(stands, on=column, how="left", maintain_order="left")
    return joined.with_columns(pl.coalesce("_stands", column).alias(column)).select(rows.columns)


def members(survivors: pl.DataFrame) -> pl.DataFrame:
    """survivor_id, contact_id: everybody of each person of several, the survivor too."""
    people = survivors.select("survivor_id", "contact_id")
    itself = people.select("survivor_id", contact_id="survivor_id").unique()
    return pl.concat([people, itself]).sort("survivor_id", "contact_id")


def persons(survivors: pl.DataFrame, asked: pl.Series) -> dict[str, tuple[str, ...]]:
    """contact -> the contacts of its person, for each contact of a person of several. asked: the
    survivors that count."""
    known = members(survivors.filter(pl.col("survivor_id").is_in(asked.unique().implode())))
    theirs = known.group_by("survivor_id", maintain_order=True).agg("contact_id")
    found = theirs.get_column("contact_id").to_list()
    return {one: tuple(person) for person in found for one in person}


def with_members(survivors: pl.DataFrame, contact_ids: Collection[str]) -> list[str]:
    """The contacts, with everybody who is one person with any of them."""
    known = set(contact_ids)
    everybody = members(survivors)
    named = everybody.filter(pl.col("contact_id").is_in(sorted(known))).get_column("survivor_id")
    theirs = everybody.filter(pl.col("survivor_id").is_in(named.unique().implode()))
    return sorted(known | set(theirs.get_column("contact_id")))


def spread(rows: pl.DataFrame, survivors: pl.DataFrame) -> pl.DataFrame:
    """Rows of people, once for each member, so that each of them sees what any of them got. Copies
    name no account: what an account got is counted once."""
    everybody = members(survivors)
    theirs = rows.join(
        everybody.rename({"contact_id": "_member"}),
        left_on="contact_id",
        right_on="survivor_id",
        how="inner",
        maintain_order="left",
    )
    copies = theirs.filter(pl.col("_member") != pl.col("contact_id"))
    nowhere = [pl.lit(None, pl.String).alias(n) for n in ("account_id",) if n in rows.columns]
    copied = copies.with_columns(nowhere).with_columns(contact_id="_member").select(rows.columns)
    return pl.concat([rows, copied])


@dataclass(frozen=True, eq=False)
class PeopleWarehouse(Warehouse):
    """The warehouse read by person: one row of contacts each, and whatever names a contact names
    its survivor. It can't be written to."""

    of: Warehouse
    """What is read so; a view of it may know less than there is."""
    survivors: pl.DataFrame
    """contact_id, survivor_id; who stands for itself is left out."""
    at: datetime
    """Contacts that became known later say nothing."""

    def table(self, kind: str) -> pl.DataFrame:
        """All rows of a kind, by person."""
        rows = self.of.table(kind)
        if kind == "contacts":
            return one_each(rows, self.survivors, self.at)
        if "contact_id" not in rows.columns:
            return rows
        named = self._with_account(rows) if "account_id" in rows.columns else rows
        told = as_person(named, self.survivors)
        return once_in_a_sequence(told) if kind == "enrolments" else told

    def _with_account(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Rows of a merged contact keep the account it had, which its survivor may not have."""
        theirs = self.survivors.select("contact_id").join(
            self.of.table("contacts").select("contact_id", _theirs="account_id"), on="contact_id"
        )
        joined = rows.join(theirs, on="contact_id", how="left", maintain_order="left")
        told = joined.with_columns(account_id=pl.coalesce("account_id", "_theirs"))
        return told.select(rows.columns)

    def merge(self, kind: str, frame: pl.DataFrame) -> MergeReport:
        self._refuse(kind, frame)

    def change(
        self, kind: str, how: Callable[[pl.DataFrame], pl.DataFrame]
    ) -> tuple[pl.DataFrame, pl.DataFrame]:
        self._refuse(kind, how)

    def replace(self, kind: str, rows: pl.DataFrame) -> None:
        self._refuse(kind, rows)

    def _refuse(self, kind: str, _: object) -> Never:
        raise IntegrityError(
            f"Expected {kind} to be written as it came in, found a view by person.",
            "Write through the workspace's own warehouse.",
        )


def one_each(contacts: pl.DataFrame, survivors: pl.DataFrame, at: datetime) -> pl.DataFrame:
    """One row for each person, by contact_id: what the newest of its members that was known by then
    says; of what belongs to the survivor's own address (OWN), first what the survivor says."""
    if survivors.is_empty():
        return contacts
    told = contacts.join(survivors, on="contact_id", how="left", maintain_order="left")
    known = told.filter(pl.col("survivor_id").is_null() | (pl.col("created_at") <= at))
    named = known.with_columns(_person=pl.coalesce("survivor_id", "contact_id"))
    several = named.filter(pl.col("_person").is_in(survivors["survivor_id"].unique().implode()))
    alone = contacts.join(several.select("contact_id"), on="contact_id", how="anti")
    alone = alone.join(survivors, on="contact_id", how="anti")
    filled = _filled(several, contacts.columns)
    return pl.concat([alone, filled]).sort("contact_id")


def _filled(several: pl.DataFrame, columns: list[str]) -> pl.DataFrame:
    newest = several.with_columns(_own=pl.col("contact_id") == pl.col("_person")).sort(
        "created_at", "contact_id", descending=[True, False]
    )
    first = {name: _first(name) for name in columns if name not in ("contact_id", "created_at")}
    grouped = newest.group_by("_person", maintain_order=True).agg(
        contact_id=pl.col("_person").first(), created_at=pl.col("created_at").min(), **first
    )
    return grouped.select(columns)


def _first(name: str) -> pl.Expr:
    """The first that says anything, of the survivor before the others where it is its own."""
    column = pl.col(name)
    ordered = column.sort_by("_own", descending=True, maintain_order=True)
    return (ordered if name in OWN else column).drop_nulls().first()


def once_in_a_sequence(enrolments: pl.DataFrame) -> pl.DataFrame:
    """One place of a person in each sequence: the strictest, then the furthest."""
    keys = ["contact_id", "sequence_id"]
    if not enrolments.select(keys).is_duplicated().any():
        return enrolments
    strict = pl.col("state").replace_strict(
        {one: place for place, one in enumerate(SEQUENCE)}, default=len(SEQUENCE)
    )
    ordered = enrolments.with_columns(_strict=strict).sort(*keys, "_strict", "step")
    return ordered.group_by(keys, maintain_order=True).last().select(enrolments.columns)


@dataclass(frozen=True, eq=False)
class FewWarehouse(Warehouse):
    """The warehouse as if it knew no contacts but these; to be read."""

    of: Warehouse
    contact_ids: frozenset[str]

    def table(self, kind: str) -> pl.DataFrame:
        """Rows of a kind that name one of them, or name no contact at all."""
        rows = self.of.table(kind)
        if "contact_id" not in rows.columns:
            return rows
        return rows.filter(pl.col("contact_id").is_in(sorted(self.contact_ids)))
