"""Past touches in a wrong order: too near to what they are kept from, or before what comes first.

As at the door, a touch whose treatment nobody knows keeps nothing away and is nobody's first.
"""

from collections.abc import Iterator

import polars as pl

from graph.past_known import found
from policies.judging import promotional
from policies.orders import firsts, forbidden, in_time, others, thens
from policies.schema import Policy
from policies.touch_limits import Prerequisite, Separation


def disordered(
    touches: pl.DataFrame, policy: Policy, treatments: pl.DataFrame
) -> Iterator[pl.DataFrame]:
    """FOUND of each separation and prerequisite. touches: of `collide`, by instant and id;
    treatments: treatment_id, theme."""
    named = touches.filter(pl.col("contact_id").is_not_null(), pl.col("treatment_id").is_not_null())
    placed = named.with_row_index("place")
    for rule in policy.separations:
        first, other = firsts(rule, treatments), others(rule, treatments)
        yield _too_near(rule, placed, first, other)
    for one in policy.prerequisites:
        yield _unprepared(one, placed, firsts(one, treatments), thens(one, treatments))


def _too_near(
    rule: Separation, placed: pl.DataFrame, first: list[str], other: list[str]
) -> pl.DataFrame:
    """Touches of either side that came too near after the other; the nearest before decides, since
    what lies further back is forbidden no sooner."""
    gap = pl.col("at") - pl.col("before_at")
    near = [
        _after(placed, other, first).filter(forbidden(rule, gap)),
        _after(placed, first, other).filter(forbidden(rule, -gap)),
    ]
    return pl.concat(near).unique("touch_id").select(found(f"separation {rule.name}", "before"))


def _after(placed: pl.DataFrame, mine: list[str], theirs: list[str]) -> pl.DataFrame:
    """What sells of some treatments, with the nearest touch of other treatments before it."""
    earlier = placed.filter(pl.col("treatment_id").is_in(theirs)).select(
        "contact_id", "place", before="source", before_at="at"
    )
    sells = placed.filter(promotional() & pl.col("treatment_id").is_in(mine))
    return sells.join_asof(
        earlier, on="place", by="contact_id", allow_exact_matches=False, check_sortedness=False
    )


def _unprepared(
    rule: Prerequisite, placed: pl.DataFrame, first: list[str], then: list[str]
) -> pl.DataFrame:
    """What asks for something before it, of contacts to whom that had not gone in time; the newest
    that went early enough decides. What went at the same instant counts, but not the touch itself.
    """
    is_first = pl.col("treatment_id").is_in(first)
    at_once = is_first.sum().over("contact_id", "at") - is_first.cast(pl.UInt32) > 0
    went = placed.filter(is_first).select(
        "contact_id", ready=pl.col("at").dt.offset_by(f"{rule.after_days * 24}h"), first_at="at"
    )
    asking = placed.with_columns(at_once=at_once & (rule.after_days == 0)).filter(
        promotional() & pl.col("treatment_id").is_in(then)
    )
    told = asking.join_asof(
        went,
        left_on="at",
        right_on="ready",
        by="contact_id",
        allow_exact_matches=rule.after_days > 0,
        check_sortedness=False,
    )
    met = in_time(rule, pl.col("at") - pl.col("first_at")).fill_null(False) | pl.col("at_once")
    return told.filter(~met).select(found(f"prerequisite {rule.name}"))
