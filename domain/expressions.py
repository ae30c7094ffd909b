"""SQL expressions that people write: read into a tree, and held to a list of what is allowed.

Every part is checked before an engine sees it: the engine's own refusals differ from release to
release. What is no part of the list can't be reached: other tables, files, functions.
"""

from collections.abc import Callable
from typing import Final

from sqlglot import errors, exp, parse_one

from domain.errors import ConfigurationError

LONGEST: Final = 2000
"""Characters of an expression. What is longer is for nobody to read, or meant to hurt."""
MOST_PARTS: Final = 200
DIALECT: Final = "duckdb"
"""The dialect that the engine's own parser reads as we write it."""

CONDITIONS: Final = (
    exp.Column,
    exp.Identifier,
    exp.Literal,
    exp.Boolean,
    exp.Null,
    exp.Paren,
    exp.And,
    exp.Or,
    exp.Not,
    exp.EQ,
    exp.NEQ,
    exp.GT,
    exp.GTE,
    exp.LT,
    exp.LTE,
    exp.In,
    exp.Between,
    exp.Is,
    exp.Like,
    exp.Add,
    exp.Sub,
    exp.Mul,
    exp.Neg,
    exp.Coalesce,
)
"""What every condition may be made of; who needs more names it beside."""

Refusal = Callable[[str], ConfigurationError]
"""Makes the error from a reason: it says what the expression should have been."""


def parsed(text: str, refused: Refusal) -> exp.Expr:
    """The tree of one expression. Raises what `refused` makes where the text can't be read, or is
    longer or deeper than anybody reads."""
    if len(text) > LONGEST:
        raise refused(f"it has {len(text):,} characters, and {LONGEST:,} are allowed")
    if not text.strip():
        raise refused("it is empty")
    try:
        tree = parse_one(text, into=exp.Condition, dialect=DIALECT)
    except RecursionError:
        raise refused("it is nested too deeply") from None
    except errors.SqlglotError as error:
        raise refused(f"it can't be read{_where(error)}") from None
    if sum(1 for _ in tree.walk()) > MOST_PARTS:
        raise refused(f"it has more than {MOST_PARTS} parts")
    return tree


def _where(error: errors.SqlglotError) -> str:
    """The word at which reading stopped, where the parser says so; its own text is coloured."""
    found = error.errors[0] if isinstance(error, errors.ParseError) and error.errors else {}
    word = str(found.get("highlight") or "").strip()
    return f" at `{word}`" if word else ""


def expect_allowed(
    node: exp.Expr, allowed: tuple[type[exp.Expr], ...], in_words: str, refused: Refusal
) -> None:
    """Raises what `refused` makes where the part is none of the allowed, or more than it says."""
    if not isinstance(node, allowed) or _is_disguised(node):
        raise refused(f"`{shown(node)}` is not allowed; allowed are {in_words}")


def shown(node: exp.Expr) -> str:
    """The beginning of a part, as a message repeats it."""
    return node.sql(dialect=DIALECT, comments=False)[:60]


def _is_disguised(node: exp.Expr) -> bool:
    """An allowed part that carries more than its name says: a column of a table, a list that is a
    query."""
    if isinstance(node, exp.Column):
        return bool(node.table) or not isinstance(node.this, exp.Identifier)
    if isinstance(node, exp.In):
        return not node.expressions
    return isinstance(node, exp.Trim) and node.expression is not None
