"""Taking one person out of the warehouse: their rows go, and their words in anybody else's rows."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import polars as pl

from tools.erasure.frames import veiled
from tools.erasure.veil import Veil
from tools.warehouse.kinds import KINDS
from tools.warehouse.store import Warehouse

KEPT = ("deals",)
"""Kinds whose rows are an account's: they stay, and name nobody."""
LAST = "contacts"
"""Says who the person is, so it goes when all else is gone: an erasure that was broken off still
knows what to look for."""


def erase_behaviour(warehouse: Warehouse, veil: Veil) -> dict[str, int]:
    """Every kind but `contacts`; rows that went or changed, by kind."""
    return dict(_erased(warehouse, veil, [kind for kind in KINDS if kind != LAST]))


def erase_contact(warehouse: Warehouse, veil: Veil) -> dict[str, int]:
    """The person's own row."""
    return dict(_erased(warehouse, veil, [LAST]))


def _erased(warehouse: Warehouse, veil: Veil, kinds: list[str]) -> Iterator[tuple[str, int]]:
    """Another row may tell of somebody of the same name: names are looked for in their rows only,
    and those go whole."""
    nameless = replace(veil, names=())
    for kind in kinds:
        if warehouse.table(kind).is_empty():
            continue
        before, rows = warehouse.change(kind, partial(_of_others, kind, veil, nameless))
        if not rows.equals(before, null_equal=True):
            yield kind, _differing(before, rows)


def _of_others(kind: str, veil: Veil, nameless: Veil, before: pl.DataFrame) -> pl.DataFrame:
    return _others(kind, _without(kind, before, veil), nameless)


def _without(kind: str, rows: pl.DataFrame, veil: Veil) -> pl.DataFrame:
    if "contact_id" not in rows.columns:
        return rows
    theirs = (pl.col("contact_id") == veil.contact_id).fill_null(False)
    if kind in KEPT:
        return rows.with_columns(contact_id=pl.when(~theirs).then("contact_id"))
    return rows.filter(~theirs)


def _others(kind: str, rows: pl.DataFrame, veil: Veil) -> pl.DataFrame:
    """Rows of others. Their own address or number is theirs, also where it is the same."""
    own = ("contact_id", "name", "email", "phone") if kind == LAST else ()
    told = veiled(rows.drop(own), veil)
    return rows.with_columns(told.get_columns())


def _differing(before: pl.DataFrame, after: pl.DataFrame) -> int:
    if before.height != after.height:
        return before.height - after.height
    same = after.join(before, on=before.columns, how="semi", nulls_equal=True)
    return before.height - same.height
