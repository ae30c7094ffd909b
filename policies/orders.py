"""Orders: what one contact gets only apart from something else, or only after it.

What a past touch carried is known by its treatment. A touch whose treatment nobody knows could be
anything: it keeps nothing away, and it is nobody's first.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import polars as pl

from domain.reasons import BIT
from domain.tables import FINDINGS
from policies.judging import promotional
from policies.problem import Problem
from policies.schema import Policy
from policies.touch_limits import Prerequisite, Separation

HELD_LATER = "intent"
"""State of what is scheduled and has not gone: of two at the door the later one gives way."""


def judge_orders(
    rows: pl.DataFrame,
    given: pl.DataFrame,
    treatments: pl.DataFrame,
    policy: Policy,
    at: datetime,
) -> pl.Series:
    """Findings (bits of domain.reasons.BIT) against rows by what else their contacts got.

    rows: contact_id, treatment_id, class, slot_at; optional decision_id: then they are at the door,
    and what is scheduled behind them does not count. given: domain.tables.GIVEN. treatments:
    treatment_id, theme. Judged at the later of slot_at and `at`.
    """
    placed = _placed(rows, at)
    bits = pl.lit(0, dtype=FINDINGS)
    for rule in policy.separations:
        bits = bits | _bit(_too_near(rule, placed, given, treatments), "kept_apart")
    for one in policy.prerequisites:
        known = given.filter(pl.col("at") <= at)
        bits = bits | _bit(_unprepared(one, placed, known, treatments), "first_missing")
    return placed.select("row", bits=bits).get_column("bits")


def asks_history(policy: Policy) -> bool:
    """Whether anything of the policy asks what a contact got."""
    return bool(policy.separations or policy.prerequisites)


def named(policy: Policy, treatments: pl.DataFrame) -> frozenset[str]:
    """Every treatment that a rule of the policy is about."""
    found: set[str] = set()
    for one in policy.separations:
        found |= {*firsts(one, treatments), *others(one, treatments)}
    for rule in policy.prerequisites:
        found |= {*firsts(rule, treatments)}
    return frozenset(found)


def firsts(rule: Separation | Prerequisite, treatments: pl.DataFrame) -> list[str]:
    """Treatments of the rule's first side."""
    return _among(treatments, rule.first_treatments, rule.first_themes)


def others(rule: Separation, treatments: pl.DataFrame) -> list[str]:
    """Treatments of the rule's other side."""
    return _among(treatments, rule.other_treatments, rule.other_themes)


def thens(rule: Prerequisite, treatments: pl.DataFrame) -> list[str]:
    """Treatments that may go only after the rule's first side."""
    return _among(treatments, rule.then_treatments, rule.then_themes)


def in_time(rule: Prerequisite, age: pl.Expr) -> pl.Expr:
    """Whether what came first went so long before that the rule is met."""
    late_enough = age >= timedelta(days=rule.after_days)
    if rule.within_days is None:
        return late_enough
    return late_enough & (age <= timedelta(days=rule.within_days))


def forbidden(rule: Separation, gap: pl.Expr) -> pl.Expr:
    """Whether the other may not come so long after the first (before it: less than nothing)."""
    orderly = pl.lit(True) if rule.either_order else gap >= timedelta(0)
    if rule.days is None:
        return orderly & gap.is_not_null()
    return orderly & (gap.abs() <= timedelta(days=rule.days))


def _among(treatments: pl.DataFrame, names: Sequence[str], themes: Sequence[str]) -> list[str]:
    themed = treatments.filter(pl.col("theme").is_in(list(themes))).get_column("treatment_id")
    return sorted({*names, *themed})


def _placed(rows: pl.DataFrame, at: datetime) -> pl.DataFrame:
    own = pl.col("decision_id") if "decision_id" in rows.columns else pl.lit(None, dtype=pl.String)
    when = pl.max_horizontal("slot_at", pl.lit(at).dt.convert_time_zone("UTC"))
    known = rows.select("contact_id", "treatment_id", "class", "slot_at", own=own, when=when)
    return known.with_row_index("row")


def _bit(rows: pl.Series, code: str) -> pl.Expr:
    found = pl.col("row").is_in(rows.unique().implode())
    return pl.when(found).then(BIT[code]).otherwise(0).cast(FINDINGS)


def _too_near(
    rule: Separation, placed: pl.DataFrame, given: pl.DataFrame, treatments: pl.DataFrame
) -> pl.Series:
    """Rows of which the contact got, or is to get, the other side too near."""
    first, other = firsts(rule, treatments), others(rule, treatments)
    sides = pl.col("treatment_id").is_in([*first, *other])
    theirs = given.filter(sides).rename({"treatment_id": "of"})
    pairs = (
        placed.filter(promotional() & sides)
        .join(theirs, on="contact_id", how="inner")
        .filter(~(pl.col("own") == pl.col("decision_id")).fill_null(False), ~_behind())
    )
    gap = pl.col("when") - pl.col("at")
    is_other = pl.col("treatment_id").is_in(other) & pl.col("of").is_in(first)
    is_first = pl.col("treatment_id").is_in(first) & pl.col("of").is_in(other)
    near = (is_other & forbidden(rule, gap)) | (is_first & forbidden(rule, -gap))
    return pairs.filter(near).get_column("row")


def _behind() -> pl.Expr:
    """Scheduled behind a row that is at the door: it will be judged there in its turn."""
    later = (pl.col("at") > pl.col("slot_at")) | (
        (pl.col("at") == pl.col("slot_at")) & (pl.col("decision_id") > pl.col("own"))
    )
    at_door = pl.col("own").is_not_null() & (pl.col("state") == HELD_LATER)
    return (at_door & later).fill_null(False)


def _unprepared(
    rule: Prerequisite, placed: pl.DataFrame, given: pl.DataFrame, treatments: pl.DataFrame
) -> pl.Series:
    """Rows that ask for what came first, of contacts to whom it did not surely go in time."""
    then = pl.col("treatment_id").is_in(thens(rule, treatments))
    asking = placed.filter(promotional() & then)
    went = given.filter(
        (pl.col("state") == "accepted") & pl.col("treatment_id").is_in(firsts(rule, treatments))
    )
    age = pl.col("when") - pl.col("at")
    both = asking.join(went.select("contact_id", "at"), on="contact_id")
    prepared = both.filter(in_time(rule, age))
    return asking.join(prepared, on="row", how="anti").get_column("row")


def problems(policy: Policy) -> Iterator[Problem]:
    """Rules with a side that names nothing, and those that nobody can meet."""
    for way, rule in _rules(policy):
        if isinstance(rule, Separation):
            yield from _nothing(way, rule, "first", "other")
            continue
        yield from _nothing(way, rule, "first", "then")
        if rule.within_days is not None and rule.within_days < rule.after_days:
            said = (
                f"`prerequisites` {rule.name} ends after {rule.within_days} days and begins after "
                f"{rule.after_days}, so nobody meets it."
            )
            yield Problem((*way, "within_days"), said)


def _nothing(
    way: tuple[str, int], rule: Separation | Prerequisite, *sides: str
) -> Iterator[Problem]:
    for side in sides:
        if not getattr(rule, f"{side}_treatments") and not getattr(rule, f"{side}_themes"):
            said = (
                f"`{way[0]}` {rule.name} names nothing on its side `{side}`; say "
                f"`{side}_treatments` or `{side}_themes`."
            )
            yield Problem((*way, f"{side}_treatments"), said)


def strangers(policy: Policy, treatments: pl.DataFrame) -> Iterator[Problem]:
    """Names that no treatment of the programme bears: a separation of them holds nothing, and after
    a first of that name nothing ever goes. treatments: treatment_id, theme."""
    known = {
        kind: set(treatments.get_column(column).drop_nulls())
        for kind, column in (("treatments", "treatment_id"), ("themes", "theme"))
    }
    for way, rule in _rules(policy):
        for key, names in _names_of(rule):
            for name in sorted(set(names) - known[key.partition("_")[2]]):
                said = f"`{way[0]}` {rule.name} names {name}, which no treatment bears or is of."
                yield Problem((*way, key), said)


def _rules(policy: Policy) -> Iterator[tuple[tuple[str, int], Separation | Prerequisite]]:
    for place, one in enumerate(policy.separations):
        yield ("separations", place), one
    for place, rule in enumerate(policy.prerequisites):
        yield ("prerequisites", place), rule


def _names_of(rule: Separation | Prerequisite) -> Iterator[tuple[str, tuple[str, ...]]]:
    for key in type(rule).model_fields:
        if key.endswith(("_treatments", "_themes")):
            yield key, getattr(rule, key)
