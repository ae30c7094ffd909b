"""Declared worth: what people say counts for more, or less, than was measured, and who said it."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from functools import reduce
from operator import mul

import polars as pl

from policies.money_limits import Priority, ValueFloor
from policies.problem import Problem, twice
from policies.schema import Policy


def declared_worth(
    candidates: pl.DataFrame, contacts: pl.DataFrame, policy: Policy, at: datetime
) -> pl.DataFrame:
    """worth (minor units) and declared (names of what made it so; null where it is the measured
    value), by row of the candidates.

    candidates: CANDIDATES that compete. contacts: contact, deal_stage. A priority multiplies. A
    floor lifts a contact's options together until the best is worth the floor, so that their order
    stays, and none that is worth nothing is lifted at all.
    """
    today = at.date()
    priorities = [one for one in policy.priorities if _stands(one, today)]
    floors = [one for one in policy.value_floors if _stands(one, today)]
    stages = contacts.select("contact", "deal_stage")
    rows = candidates.select("contact", "campaign_id", "theme", "value").join(
        stages, on="contact", how="left", maintain_order="left"
    )
    weighted = rows.with_columns(worth=pl.col("value") * _weight(priorities))
    lifted = weighted.with_columns(best=pl.col("worth").max().over("contact"), floor=_floor(floors))
    below = (pl.col("worth") > 0) & (pl.col("best") < pl.col("floor")).fill_null(False)
    return lifted.select(
        worth=pl.when(below)
        .then(pl.col("worth") / pl.col("best") * pl.col("floor"))
        .otherwise("worth"),
        declared=_names(priorities, floors, below),
    )


def _stands(one: Priority | ValueFloor, today: date) -> bool:
    return one.expires is None or today < one.expires


def _covers(one: Priority) -> pl.Expr:
    """Rows of its campaign or theme; who names neither covers nothing."""
    named = [
        (pl.col(column) == name).fill_null(False)
        for column, name in (("campaign_id", one.campaign_id), ("theme", one.theme))
        if name is not None
    ]
    return pl.all_horizontal(named) if named else pl.lit(False)


def _weight(priorities: Sequence[Priority]) -> pl.Expr:
    weights = [pl.when(_covers(one)).then(one.weight).otherwise(1.0) for one in priorities]
    return reduce(mul, weights, pl.lit(1.0))


def _at(one: ValueFloor) -> pl.Expr:
    return pl.col("deal_stage").is_in(list(one.stages)).fill_null(False)


def _floor(floors: Sequence[ValueFloor]) -> pl.Expr:
    """The highest floor of the contact's stage; null where there is none."""
    found = [pl.when(_at(one)).then(float(one.at_least)) for one in floors]
    return pl.max_horizontal(pl.lit(None, dtype=pl.Float64), *found)


def _names(priorities: Sequence[Priority], floors: Sequence[ValueFloor], below: pl.Expr) -> pl.Expr:
    highest = [below & _at(one) & (pl.col("floor") == float(one.at_least)) for one in floors]
    said = [
        *(pl.when(_covers(one)).then(pl.lit(f"priority {one.name}")) for one in priorities),
        *(
            pl.when(lifts).then(pl.lit(f"floor {one.name}"))
            for one, lifts in zip(floors, highest, strict=True)
        ),
    ]
    nothing = pl.lit(None, dtype=pl.String)
    joined = pl.concat_str([nothing, *said], separator=", ", ignore_nulls=True)
    return pl.when(joined != "").then(joined)


def problems(policy: Policy) -> Iterator[Problem]:
    """Worth that is declared of nothing."""
    yield from twice("priorities", [one.name for one in policy.priorities], "name")
    yield from twice("value_floors", [one.name for one in policy.value_floors], "name")
    for place, one in enumerate(policy.priorities):
        if one.campaign_id is None and one.theme is None:
            said = f"`priorities` {one.name} names no `campaign_id` and no `theme`: nothing counts."
            yield Problem(("priorities", place, "weight"), said)
    for place, floor in enumerate(policy.value_floors):
        if not floor.stages:
            said = f"`value_floors` {floor.name} names no stage, so it lifts nobody."
            yield Problem(("value_floors", place, "stages"), said)
