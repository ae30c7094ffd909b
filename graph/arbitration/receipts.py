"""Receipts: why each candidate that was not chosen lost, to whom, and what would have saved it."""

import numpy as np
import polars as pl

from graph.arbitration.compatibility import compatibility_of
from graph.arbitration.packing import Ints
from graph.arbitration.problem import Problem
from graph.arbitration.solving import Plan


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
        winner=_winners(problem, plan),
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
    padded = pl.concat([names, pl.Series([None], dtype=pl.String)])
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


def _winners(problem: Problem, plan: Plan) -> pl.Series:
    """For each candidate that was not chosen, the chosen one of its contact in its way."""
    frame = problem.candidates.select("contact", "candidate", "value").with_row_index("row")
    chosen = pl.Series(plan.chosen)
    pairs = frame.filter(~chosen).join(frame.filter(chosen), on="contact", suffix="_winner")
    rows, others = pairs.get_column("row").to_numpy(), pairs.get_column("row_winner").to_numpy()
    order = np.arange(frame.height)
    contact = frame.get_column("contact").to_numpy().astype(np.int64)
    rules = compatibility_of(problem, order, contact)
    excludes = ~rules.together(rows, others)
    under_one_cap = np.zeros(len(rows), dtype=np.bool_)
    for counted, _ in rules.caps:
        under_one_cap |= counted[rows] & counted[others]
    best = (
        pairs.with_columns(excludes=pl.Series(excludes), same_cap=pl.Series(under_one_cap))
        .sort(
            ["row", "excludes", "same_cap", "value_winner", "candidate_winner"],
            descending=[False, True, True, True, False],
        )
        .unique("row", keep="first", maintain_order=True)
        .select("row", winner=pl.col("candidate_winner").cast(pl.UInt32))
    )
    return frame.join(best, on="row", how="left", maintain_order="left").get_column("winner")
