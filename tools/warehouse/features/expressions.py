"""A feature's SQL: one expression over counts, sums and the like of rows, and nothing else of SQL.

It is taken apart into its aggregates, which whole numbers make exact in any order and on any
engine, and what is made of them. When a row counts is not the author's to say: the filter is put
around every aggregate by `compiling`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

import polars as pl
from sqlglot import exp

from domain.errors import ConfigurationError
from domain.expressions import CONDITIONS, DIALECT, expect_allowed, parsed, shown
from tools.warehouse.features.relations import Columns

DAYS_AGO: Final = "days_ago"
"""Whole days from a row to the instant that is asked about; only in min and max."""
DAY: Final = 86_400_000_000
"""Microseconds."""

AGGREGATES: Final = (exp.Count, exp.Sum, exp.Avg, exp.Min, exp.Max, exp.First, exp.Last)
ADDED: Final = (exp.Sum, exp.Avg, exp.Min, exp.Max)
OUTSIDE: Final = (
    exp.Column,
    exp.Identifier,
    exp.Literal,
    exp.Paren,
    exp.Add,
    exp.Sub,
    exp.Mul,
    exp.Div,
    exp.Neg,
    exp.Coalesce,
)
OUTSIDE_WORDS: Final = (
    "count, sum, avg, min, max, first, last, each with filter (where ...), and of them + - * /, "
    "coalesce and numbers"
)
INSIDE_WORDS: Final = (
    "comparisons, and, or, not, in, between, like, is null, + - * and coalesce of the row's columns"
)
ORDERED: Final = (exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Between)


@dataclass(frozen=True)
class Aggregate:
    """One aggregate over rows. `how`: count, count_distinct, sum, min, max, first or last; `of`:
    SQL of the row (empty: the row itself); `where`: SQL of the rows that count (empty: all)."""

    how: str
    of: str
    where: str


@dataclass(frozen=True)
class Expression:
    """`made`: what is made of the aggregates, which it names s0, s1 and so on; `text`: whether it
    gives words rather than a number."""

    aggregates: tuple[Aggregate, ...]
    made: exp.Expr
    text: bool


def read_expression(text: str, columns: Columns) -> Expression:
    """The expression of a text over rows with such columns. Raises ConfigurationError with one
    sentence about what is off."""
    tree = exp.Paren(this=parsed(text, _refused))
    units = list(_units(tree))
    if not units:
        raise _refused("it counts, adds up or picks nothing of the rows")
    aggregates = tuple(made for unit in units for made in _aggregates(unit, columns))
    texts = sum(_is_text(unit, columns) for unit in units)
    _expect_numbers(tree, units, texts)
    _divide_by_something(tree)
    _put_places(units, texts > 0)
    return Expression(aggregates, tree.this, texts > 0)


def _units(tree: exp.Expr) -> Iterator[exp.Expr]:
    """Aggregates with their filters, none inside another, in the order of the text."""
    for node in tree.walk(bfs=False, prune=lambda one: isinstance(one, (*AGGREGATES, exp.Filter))):
        if isinstance(node, (*AGGREGATES, exp.Filter)):
            yield node


def _aggregates(unit: exp.Expr, columns: Columns) -> tuple[Aggregate, ...]:
    """What is kept of a unit: a mean is a sum and a count, days ago are an instant."""
    call, where = _parts(unit)
    _expect_plain(call)
    said = "" if where is None else _sql(where)
    if where is not None and _dtype(where, columns) != pl.Boolean:
        raise _refused(f"`{shown(where)}` is neither true nor false, so it filters nothing")
    if isinstance(call, exp.Count):
        return (_count(call, said, columns),)
    if isinstance(call, exp.First | exp.Last):
        return (Aggregate(type(call).__name__.lower(), _column(call, columns), said),)
    if _is_days_ago(call):
        return (Aggregate("max" if isinstance(call, exp.Min) else "min", '"at"', said),)
    of = _whole(call.this, columns)
    if isinstance(call, exp.Avg):
        return Aggregate("sum", of, said), Aggregate("count", of, said)
    return (Aggregate(type(call).__name__.lower(), of, said),)


def _parts(unit: exp.Expr) -> tuple[exp.Expr, exp.Expr | None]:
    if not isinstance(unit, exp.Filter):
        return unit, None
    if not isinstance(unit.this, AGGREGATES):
        raise _refused(f"`{shown(unit)}` is not allowed; allowed are {OUTSIDE_WORDS}")
    return unit.this, unit.expression.this


def _expect_plain(call: exp.Expr) -> None:
    """No second argument, no order, no aggregate in an aggregate."""
    more = [name for name, given in call.args.items() if given and name not in ("this", "big_int")]
    if more or any(isinstance(one, AGGREGATES) for one in call.walk() if one is not call):
        raise _refused(f"`{shown(call)}` is not allowed; allowed are {OUTSIDE_WORDS}")


def _count(call: exp.Count, where: str, columns: Columns) -> Aggregate:
    if isinstance(call.this, exp.Star):
        return Aggregate("count", "", where)
    if isinstance(call.this, exp.Distinct):
        if len(call.this.expressions) != 1 or call.this.args.get("on"):
            raise _refused(f"`{shown(call)}` does not count one column")
        return Aggregate("count_distinct", _inside(call.this.expressions[0], columns), where)
    return Aggregate("count", _inside(call.this, columns), where)


def _column(call: exp.Expr, columns: Columns) -> str:
    if not isinstance(call.this, exp.Column):
        raise _refused(f"`{shown(call)}` does not pick a column")
    if _dtype(call.this, columns) == pl.Boolean:
        raise _refused(f"`{shown(call)}` picks true or false; count what is true instead")
    return _inside(call.this, columns)


def _whole(node: exp.Expr, columns: Columns) -> str:
    sql = _inside(node, columns)
    if not _dtype(node, columns).is_integer():
        raise _refused(
            f"`{shown(node)}` is no whole number; sums are exact where whole numbers are added, "
            "so multiply or divide what comes of them"
        )
    return sql


def _inside(node: exp.Expr, columns: Columns) -> str:
    _dtype(node, columns)
    return _sql(node)


def _dtype(node: exp.Expr, columns: Columns) -> pl.DataType:
    """The type of what is said of a row, by the engine's own word; it has to fit its columns."""
    for part in node.walk():
        _expect_inside(part, columns)
    nothing = pl.DataFrame(schema=dict(columns))
    text = _sql(node)
    try:
        return nothing.select(pl.sql_expr(text).alias("said")).get_column("said").dtype
    except (pl.exceptions.PolarsError, OverflowError) as error:
        why = str(error).splitlines()[0]
        raise _refused(f"`{shown(node)}` does not fit its columns: {why}") from None


def _expect_inside(part: exp.Expr, columns: Columns) -> None:
    expect_allowed(part, CONDITIONS, INSIDE_WORDS, _refused)
    if isinstance(part, exp.Column) and part.name not in columns:
        raise _unknown(part.name, columns)
    if isinstance(part, ORDERED) and _names_text(part, columns):
        raise _refused(f"`{shown(part)}` puts texts in order, which engines do differently")
    if isinstance(part, exp.Literal) and part.is_string and not _is_plain(part.name):
        raise _refused("a text holds a backslash, or what can't be printed")


def _names_text(part: exp.Expr, columns: Columns) -> bool:
    return any(
        (isinstance(one, exp.Literal) and one.is_string)
        or (isinstance(one, exp.Column) and columns.get(one.name) == pl.String)
        for one in part.walk()
    )


def _is_plain(text: str) -> bool:
    return "\\" not in text and text.isprintable()


def _unknown(name: str, columns: Mapping[str, object]) -> ConfigurationError:
    if name == DAYS_AGO:
        return _refused(
            "`days_ago` stands elsewhere than in min(days_ago) or max(days_ago): which rows count "
            "is said by `days`"
        )
    near = get_close_matches(name, columns, n=1)
    hint = f"; did you mean `{near[0]}`?" if near else f"; there are {', '.join(columns) or 'none'}"
    return _refused(f"its rows have no column `{name}`{hint}")


def _is_days_ago(call: exp.Expr) -> bool:
    named = isinstance(call.this, exp.Column) and not call.this.table
    return isinstance(call, exp.Min | exp.Max) and named and call.this.name == DAYS_AGO


def _is_text(unit: exp.Expr, columns: Columns) -> bool:
    call, _ = _parts(unit)
    return isinstance(call, exp.First | exp.Last) and columns[call.this.name] == pl.String


def _expect_numbers(tree: exp.Expr, units: list[exp.Expr], texts: int) -> None:
    """Around the aggregates stand numbers; around a picked word coalesce alone."""
    inner = {id(part) for unit in units for part in unit.walk()}
    outer = [one for one in tree.walk() if id(one) not in inner]
    for part in outer:
        expect_allowed(part, OUTSIDE, OUTSIDE_WORDS, _refused)
        if isinstance(part, exp.Column):
            raise _refused(f"`{part.name}` stands outside of any aggregate")
        words = isinstance(part, exp.Literal) and part.is_string
        if words and not (texts and _is_plain(part.name)):
            raise _refused(f"`{shown(part)}` is no number")
        if texts and not (words or isinstance(part, exp.Paren | exp.Coalesce)):
            raise _refused(f"`{shown(part)}` calculates with a word")
    if 0 < texts < len(units):
        raise _refused("it makes one thing of words and of numbers")


def _divide_by_something(tree: exp.Expr) -> None:
    """Dividing by nothing gives null: so does every engine then."""
    for node in list(tree.find_all(exp.Div)):
        node.set("expression", exp.Nullif(this=node.expression, expression=_number(0)))


def _put_places(units: list[exp.Expr], text: bool) -> None:
    """Put the names of its aggregates where each unit stands, as floating numbers unless words."""
    place = 0
    for unit in units:
        call, _ = _parts(unit)
        named = exp.column(f"s{place}")
        if isinstance(call, exp.Avg):
            count = exp.Nullif(this=_floating(exp.column(f"s{place + 1}")), expression=_number(0))
            made: exp.Expr = exp.Div(this=_floating(named), expression=count)
        elif _is_days_ago(call):
            ago = exp.Paren(this=exp.Sub(this=exp.column("as_of"), expression=named))
            made = _floating(exp.IntDiv(this=ago, expression=_number(DAY)))
        else:
            made = named if text else _floating(named)
        place += 2 if isinstance(call, exp.Avg) else 1
        unit.replace(exp.Paren(this=made))


def _floating(node: exp.Expr) -> exp.Expr:
    return exp.cast(node, "DOUBLE")


def _number(value: int) -> exp.Expr:
    return exp.Literal.number(value)


def _sql(node: exp.Expr) -> str:
    return node.sql(dialect=DIALECT, comments=False, identify=True)


def _refused(why: str) -> ConfigurationError:
    return ConfigurationError(f"This is no feature: {why}.")
