"""Open deals: the stages at which what sells waits, and what goes out all the same by name."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import reduce
from operator import or_

import polars as pl

from policies.account_limits import DealException, DealHold
from policies.problem import Problem, twice
from policies.schema import Policy

NAMED = ("treatment_id", "theme")
"""What an exception goes by: columns that cells have only once it is said what goes out."""


def held_at_deal(hold: DealHold, sells: pl.Expr, undecided: bool) -> pl.Expr:
    """Rows that the deal's stage holds and no exception names; never null.

    sells: rows that holds are made for. undecided: nothing says yet what would go out, so that a
    cell in which an exception could name something stays open.
    """
    named = [_lets_through(one, undecided) for one in hold.exceptions]
    return (
        sells
        & pl.col("channel").is_in(list(hold.channels))
        & pl.col("deal_stage").is_in(list(hold.stages)).fill_null(False)
        & _before(hold.expires)
        & ~reduce(or_, named, pl.lit(False))
    )


def may_be_held(hold: DealHold, sells: pl.Expr) -> pl.Expr:
    """Rows of an open deal whose stage nobody knows: it may be one that holds; never null."""
    covered = pl.col("channel").is_in(list(hold.channels)) & pl.lit(bool(hold.stages))
    return sells & covered & at_unknown_stage() & _before(hold.expires)


def stages_unknown(contacts: pl.DataFrame) -> bool:
    """Whether any of the contacts has an open deal without a known stage."""
    if "deal_id" not in contacts.columns:
        return False
    return bool(contacts.select(at_unknown_stage().any()).item())


def at_unknown_stage() -> pl.Expr:
    """Rows of an open deal whose stage nobody knows; never null."""
    return pl.col("deal_id").is_not_null() & pl.col("deal_stage").is_null()


def _lets_through(one: DealException, undecided: bool) -> pl.Expr:
    """Rows of the exception; one that nobody can tell is none of it."""
    covered = _among("deal_stage", one.stages) & _among("channel", one.channels)
    named = _among("treatment_id", one.treatments) | _among("theme", one.themes)
    return covered & _before(one.expires) & (pl.lit(True) if undecided else named)


def _among(column: str, names: Sequence[str]) -> pl.Expr:
    return pl.col(column).is_in(list(names)).fill_null(False)


def _before(expires: date | None) -> pl.Expr:
    """Whether it has not ended at the slot."""
    return pl.lit(True) if expires is None else pl.col("at").dt.date() < expires


def later_of(at: datetime) -> pl.Expr:
    """When a choice is judged: at its slot, or now where that has passed."""
    return pl.max_horizontal("slot_at", pl.lit(at.astimezone(UTC)))


def problems(policy: Policy) -> Iterator[Problem]:
    """Exceptions that let nothing through, or of what nothing holds."""
    hold = policy.deal_hold
    names = [one.name for one in hold.exceptions]
    for again in twice("deal_hold.exceptions", names, "name"):
        yield replace(again, key=("deal_hold", "exceptions", *again.key[1:]))
    for place, one in enumerate(hold.exceptions):
        key, name = ("deal_hold", "exceptions", place), f"`deal_hold.exceptions` {one.name}"
        if not one.themes and not one.treatments:
            said = f"{name} names neither `themes` nor `treatments`, so it lets nothing through."
            yield Problem((*key, "themes"), said)
        for field, said in _idle(one, hold):
            yield Problem((*key, field), f"{name} {said}")


def _idle(one: DealException, hold: DealHold) -> Iterator[tuple[str, str]]:
    """Field and fault of stages and channels that the hold does not hold."""
    pairs = (("stages", one.stages, hold.stages), ("channels", one.channels, hold.channels))
    for field, theirs, held in pairs:
        if not theirs:
            yield field, f"names none of `{field}`, so it lets nothing through."
        if beyond := sorted({*theirs} - {*held}):
            yield field, f"names {beyond[0]} in `{field}`, which the hold does not hold."
