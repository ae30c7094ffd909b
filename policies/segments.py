"""Segments: whom a condition of the policy names, worked out for a whole table of contacts."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final

import polars as pl

from domain.errors import ConfigurationError
from domain.special import Personal, category_of
from domain.tables import OBSERVATIONS
from policies.account_limits import Attribute
from policies.conditions import Condition, Field, read_condition
from policies.problem import Problem
from policies.schema import Policy

NAMED: Final = (
    "account_id",
    "country",
    "timezone",
    "tier",
    "is_customer",
    "open_complaint",
    "deal_stage",
    "deal_amount",
    "touches_28d",
)
"""Columns of OBSERVATIONS that conditions may name; names, addresses and instants are none."""
FIELDS: Final[dict[str, Field]] = {
    name: Field(OBSERVATIONS.columns[name].dtype, OBSERVATIONS.columns[name].nullable)
    for name in NAMED
}
KINDS: Final = {"number": pl.Float64, "text": pl.String}


def column_of(segment: str) -> str:
    """The column of the facts that says who is in it."""
    return f"in_{segment}"


def memberships(policy: Policy, contacts: pl.DataFrame) -> pl.DataFrame:
    """One Boolean column `in_SEGMENT` for each of the policy's segments, one row for each contact;
    null where it can't be told. contacts: FIELDS' columns that the conditions name, attributes as
    `attr_NAME`; one that no contact has, or that is not of its kind, is empty."""
    typed = contacts.with_columns(_attribute(one, contacts.columns) for one in policy.attributes)
    return pl.DataFrame(
        [
            _condition(one.where, policy.attributes).holds(typed).alias(column_of(one.name))
            for one in policy.segments
        ]
    )


def _attribute(one: Attribute, columns: Sequence[str]) -> pl.Expr:
    name, kind = f"attr_{one.name}", KINDS[one.kind]
    if name not in columns:
        return pl.lit(None, dtype=kind).alias(name)
    return pl.col(name).cast(kind, strict=False)


def problems(policy: Policy) -> Iterator[Problem]:
    """Segments that are none, and holds of segments that nobody named."""
    for place, segment in enumerate(policy.segments):
        try:
            _condition(segment.where, policy.attributes)
        except ConfigurationError as error:
            said = f"`segments` {segment.name}: {error.message}"
            yield Problem(("segments", place, "where"), said)
        for name, what in _special(segment.where, policy.attributes):
            said = (
                f"`segments` {segment.name} asks for attr_{name}, which holds {what}: nobody is "
                'chosen by that. Where it does not, declare it `personal = "ordinary"`.'
            )
            yield Problem(("segments", place, "where"), said)
    names = {segment.name for segment in policy.segments}
    for place, hold in enumerate(policy.segment_holds):
        if hold.segment not in names:
            said = f"`segment_holds` names the segment {hold.segment}, which is not declared."
            yield Problem(("segment_holds", place, "segment"), said)
        if not hold.channels:
            said = f"`segment_holds` of {hold.segment} name no channel, so they hold nobody."
            yield Problem(("segment_holds", place, "channels"), said)


def _special(where: str, attributes: Sequence[Attribute]) -> Iterator[tuple[str, str]]:
    """Attributes of a special category that a condition names, each with the category."""
    declared: dict[str, Personal | None] = {one.name: one.personal for one in attributes}
    for name in sorted(set(re.findall(r"attr_([a-z0-9_]+)", where.lower()))):
        if what := category_of(name, declared):
            yield name, what


@lru_cache(maxsize=256)
def _condition(where: str, attributes: tuple[Attribute, ...]) -> Condition:
    """Read once: a judging of one effect has no time for it."""
    theirs = {f"attr_{one.name}": Field(KINDS[one.kind], empty=True) for one in attributes}
    return read_condition(where, {**FIELDS, **theirs})
