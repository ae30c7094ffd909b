"""What a kind of data is: its columns, their types and meanings, and its key."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import polars as pl

INSTANT: Final = pl.Datetime("us", "UTC")


@dataclass(frozen=True)
class Field:
    """One column of a kind."""

    dtype: pl.DataType | type[pl.DataType]
    meaning: str
    required: bool = False
    among: tuple[str, ...] = ()
    """The values it may take; empty: any."""
    money: bool = False
    """Decimal major units in files, whole minor units inside."""
    origin: bool = False
    """Says how we came by the person: a list that was scraped, harvested or bought is refused."""


@dataclass(frozen=True)
class Kind:
    """What a file of this kind may hold; `key` names one row."""

    name: str
    fields: Mapping[str, Field]
    key: tuple[str, ...]
    attributes: bool = False
    """Further columns are kept, as attributes."""
    person: tuple[str, ...] = field(default=())
    """At least one of these must be there: whom the row is about."""

    @property
    def schema(self) -> pl.Schema:
        return pl.Schema({name: one.dtype for name, one in self.fields.items()})

    @property
    def has_money(self) -> bool:
        return any(one.money for one in self.fields.values())
