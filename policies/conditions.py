"""Conditions of segments: SQL boolean expressions over declared columns, and nothing else of SQL.

A condition is parsed and every part of it is checked against a list of what is allowed, before an
engine sees it: the engine's own refusals differ from release to release. It is then evaluated over
whole tables. What stands in a column that may be empty has to be said in the condition itself, so
that no rule opens or closes by what nobody thought of.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

import polars as pl
from sqlglot import exp

from domain.errors import ConfigurationError
from domain.expressions import CONDITIONS, DIALECT, expect_allowed, parsed

ALLOWED: Final = (*CONDITIONS, exp.Div, exp.Lower, exp.Upper, exp.Trim)
IN_WORDS: Final = (
    "comparisons, and, or, not, in, between, like, is null, + - * /, coalesce, lower, upper, trim"
)


@dataclass(frozen=True)
class Field:
    """A column that conditions may name; `empty`: whether it may be null."""

    dtype: pl.DataType | type[pl.DataType]
    empty: bool


@dataclass(frozen=True)
class Condition:
    """A condition that was checked. `text`: it, written out anew; `columns`: those it names."""

    text: str
    columns: tuple[str, ...]

    def holds(self, frame: pl.DataFrame) -> pl.Series:
        """Boolean, one for each row of a frame that has the columns; null where it can't be
        told."""
        return frame.select(pl.sql_expr(self.text).alias("holds")).get_column("holds")


def read_condition(text: str, fields: Mapping[str, Field]) -> Condition:
    """The condition of a text. Raises ConfigurationError with one sentence about what is off."""
    tree = parsed(text, _refused)
    for node in tree.walk():
        expect_allowed(node, ALLOWED, IN_WORDS, _refused)
    columns = sorted({column.name for column in tree.find_all(exp.Column)})
    _expect_known(columns, fields)
    _expect_said(tree, columns, fields)
    condition = Condition(tree.sql(dialect=DIALECT, comments=False), tuple(columns))
    _try(condition, fields)
    return condition


def _expect_known(columns: list[str], fields: Mapping[str, Field]) -> None:
    for name in columns:
        if name not in fields:
            near = get_close_matches(name, fields, n=1)
            hint = f"; did you mean `{near[0]}`?" if near else ""
            raise _refused(f"there is no column `{name}`{hint}")
    if not columns:
        raise _refused("it names no column, so it says the same of everybody")


def _expect_said(tree: exp.Expr, columns: list[str], fields: Mapping[str, Field]) -> None:
    said = set(_told_when_empty(tree))
    for name in columns:
        if fields[name].empty and name not in said:
            raise _refused(
                f"`{name}` may be empty, and it does not say what that means: add "
                f"`{name} is null`, `{name} is not null` or `coalesce({name}, ...)`"
            )


def _told_when_empty(tree: exp.Expr) -> Iterator[str]:
    for test in tree.find_all(exp.Is):
        if isinstance(test.this, exp.Column) and isinstance(test.expression, exp.Null):
            yield test.this.name
    for filled in tree.find_all(exp.Coalesce):
        yield from (column.name for column in filled.this.find_all(exp.Column))


def _try(condition: Condition, fields: Mapping[str, Field]) -> None:
    """Evaluate it on no rows: the engine's word on types."""
    nobody = pl.DataFrame(schema={name: fields[name].dtype for name in condition.columns})
    try:
        dtype = condition.holds(nobody).dtype
    except (pl.exceptions.PolarsError, OverflowError) as error:
        raise _refused(f"it does not fit its columns: {str(error).splitlines()[0]}") from None
    if dtype != pl.Boolean:
        raise _refused(f"it gives {dtype}, expected true or false")


def _refused(why: str) -> ConfigurationError:
    return ConfigurationError(f"This is no condition: {why}.")
