"""Receipts: why each candidate that was not chosen lost, to whom, and what would have saved it."""

import numpy as np
import polars as pl

from graph.arbitration.compiled import Ints, Masks, compiled
from graph.arbitration.plan import Plan
from graph.arbitration.problem import Problem
from graph.arbitration.sets import NONE, Table, has


def receipts(problem: Problem, plan: Plan) -> pl.DataFrame:
    """candidate, reason, winner, resource, price, flip_by, in the candidates' order.

    reason is null where it was chosen; `explored`: its contact drew by chance; `cap_reached`: no
    cap leaves it room; `nothing`: its own value is not above zero; `priced_out`: not above what
    the shared limits it uses are worth to others, the dearest of which is `resource`;
    `outranked`: another candidate of the contact, `winner`, stood in its way, first one that
    excludes it, then one under the same cap, then the best. flip_by: value it would need more for
    its contact to choose it at these prices, minor units; null where chosen, drawn or capped out.
    """
    names = pl.Series([*plan.rates], dtype=pl.String)
    rows = problem.candidates.select(pl.col("candidate").cast(pl.UInt32), "value").with_columns(
        chosen=pl.Series(plan.chosen),
        explored=pl.Series(plan.explored),
        open=pl.Series(plan.open),
        price=pl.Series(plan.price),
        flip=pl.Series(plan.flip),
        resource=_named(names, plan.dearest),
        winner=_winners(plan),
    )
    return rows.with_columns(reason=_reason()).select(
        "candidate",
        "reason",
        winner=pl.when(pl.col("reason").is_in(["outranked", "priced_out", "explored"])).then(
            "winner"
        ),
        resource=pl.when(pl.col("reason") == "priced_out").then("resource"),
        price="price",
        flip_by=pl.when(pl.col("reason").is_in(["outranked", "priced_out", "nothing"])).then(
            "flip"
        ),
    )


def _named(names: pl.Series, numbers: Ints) -> pl.Series:
    """The name of each number; null for -1."""
    padded = pl.concat([names, pl.Series([None], dtype=names.dtype)])
    return padded.gather(pl.Series(np.where(numbers < 0, len(names), numbers)))


def _reason() -> pl.Expr:
    return (
        pl.when("chosen")
        .then(pl.lit(None, dtype=pl.String))
        .when("explored")
        .then(pl.lit("explored"))
        .when(~pl.col("open"))
        .then(pl.lit("cap_reached"))
        .when(pl.col("value") <= 0)
        .then(pl.lit("nothing"))
        .when((pl.col("price") > 0) & (pl.col("value") <= pl.col("price")))
        .then(pl.lit("priced_out"))
        .when(pl.col("winner").is_not_null())
        .then(pl.lit("outranked"))
        .otherwise(pl.lit("priced_out"))  # a shared limit had no room left for a whole touch
    )


def _winners(plan: Plan) -> pl.Series:
    """For each candidate that was not chosen, the chosen one of its contact in its way."""
    part, masks = plan.part, plan.solution.draft.masks[0]
    rows = part.unpack(np.append(part.order, -1)[in_the_way(part.table, masks)])
    numbers = plan.problem.candidates.get_column("candidate").cast(pl.UInt32)
    return _named(numbers, rows)


@compiled
def in_the_way(table: Table, masks: Masks) -> Ints:
    """By position, the position of the chosen candidate that stands in its way; -1 for none.

    First one that excludes it, then one under the same cap, then the one of most value.
    """
    found = np.full(len(table.value), -1, dtype=np.int64)
    for i in range(len(masks)):
        first, count, mask = table.start[i], table.start[i + 1] - table.start[i], masks[i]
        for k in range(count):
            if has(mask, k):
                continue
            same_cap = NONE
            for c in range(table.cap_mask.shape[1]):
                if has(table.cap_mask[i, c], k):
                    same_cap |= table.cap_mask[i, c]
            for rivals in (mask & table.clash[first + k], mask & same_cap, mask):
                if rivals != NONE:
                    for other in range(count):
                        if has(rivals, other):
                            found[first + k] = first + other
                            break
                    break
    return found
