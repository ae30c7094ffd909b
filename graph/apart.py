"""Apart: what a separation of the policy means among one run's choices, and when they are held."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

import polars as pl

from graph.arbitration.limits import Pair
from policies.judging import promotional
from policies.orders import firsts, forbidden, others
from policies.schema import Policy
from policies.touch_limits import Separation
from tools.ledger.fitting import Side, Window
from tools.ledger.given import TREATMENT

ANY = "any"
"""Stands for the slot where all slots of a run exclude each other."""


def sides(candidates: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """The candidates with first_RULE and other_RULE: their slot where they are on that side."""
    treatments = _themes(candidates)
    return candidates.with_columns(
        pl.when(promotional() & pl.col("treatment_id").is_in(side))
        .then(_slot(rule, candidates))
        .alias(f"{name}_{rule.name}")
        for rule in policy.separations
        for name, side in (("first", firsts(rule, treatments)), ("other", others(rule, treatments)))
    )


def exclusions(candidates: pl.DataFrame, policy: Policy) -> tuple[Pair, ...]:
    """Pairs of slots in which one contact does not get both sides."""
    return tuple(
        (f"first_{rule.name}", one, f"other_{rule.name}", other)
        for rule in policy.separations
        for one, other in _slots_near(rule, candidates)
    )


def _slot(rule: Separation, candidates: pl.DataFrame) -> pl.Expr:
    if _always(rule, candidates):
        return pl.lit(ANY)
    return pl.col("slot").cast(pl.String)


def _slots_near(rule: Separation, candidates: pl.DataFrame) -> Sequence[tuple[str, str]]:
    return [(ANY, ANY)] if _always(rule, candidates) else [*_near(rule, candidates)]


def _always(rule: Separation, candidates: pl.DataFrame) -> bool:
    slots = candidates.get_column("slot").n_unique()
    return len(_near(rule, candidates)) == slots * slots


def _near(rule: Separation, candidates: pl.DataFrame) -> list[tuple[str, str]]:
    slots = candidates.select(pl.col("slot").cast(pl.String), "slot_at").unique()
    pairs = slots.join(slots, how="cross", suffix="_other")
    near = pairs.filter(forbidden(rule, pl.col("slot_at_other") - pl.col("slot_at")))
    return sorted(near.select("slot", "slot_other").iter_rows())


def _themes(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.select("treatment_id", "theme").unique()


def held_apart(choices: pl.DataFrame, treatments: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """Reservations of the choices that a separation is about: what they give, so that no other run
    holds the other side meanwhile. choices: DECISIONS rows."""
    about = {
        one
        for rule in policy.separations
        for one in (*firsts(rule, treatments), *others(rule, treatments))
    }
    mine = choices.filter(promotional() & pl.col("treatment_id").is_in(sorted(about)))
    return mine.select(
        "decision_id",
        "packet_id",
        "account_id",
        resource=pl.concat_str(pl.lit(TREATMENT), "treatment_id"),
        holder="contact_id",
        amount=pl.lit(1.0),
        at="slot_at",
    )


def windows_apart(policy: Policy, treatments: pl.DataFrame, horizon: timedelta) -> Iterator[Window]:
    """The separations, as asks are fitted under them. What was held before the run chose it has
    seen, and what others held since lies within two horizons of it: no window looks further."""
    for rule in policy.separations:
        first, other = (_resources(side(rule, treatments)) for side in (firsts, others))
        yield from _windows(other, first, _length(rule, horizon), _side(rule, "before"))
        yield from _windows(first, other, _length(rule, horizon), _side(rule, "after"))


def _windows(
    asks: Sequence[str], counts: Sequence[str], length: timedelta, side: Side
) -> Iterator[Window]:
    """What is on both sides finds itself there, and nothing besides."""
    for at_most in (0, 1):
        mine = tuple(one for one in asks if (one in counts) == bool(at_most))
        if mine and counts:
            yield Window("contact", mine, tuple(counts), at_most, length, side=side)


def _length(rule: Separation, horizon: timedelta) -> timedelta:
    """A hair more than the days, which are forbidden themselves."""
    days = 2 * horizon if rule.days is None else timedelta(days=rule.days)
    return min(days, 2 * horizon) + timedelta(microseconds=1)


def _side(rule: Separation, side: Side) -> Side:
    return "either" if rule.either_order else side


def _resources(treatments: Sequence[str]) -> tuple[str, ...]:
    return tuple(f"{TREATMENT}{one}" for one in treatments)
