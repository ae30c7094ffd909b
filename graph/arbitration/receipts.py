"""Receipts: why each candidate that was not chosen lost, and to whom."""

import numpy as np
import polars as pl

from graph.arbitration.duals import uses_of
from graph.arbitration.problem import Problem
from graph.arbitration.solving import Plan


def receipts(problem: Problem, plan: Plan) -> pl.DataFrame:
    """candidate, reason, winner, resource, price, in the candidates' order.

    reason is null where it was chosen. winner: the contact's chosen candidate of most value, where
    it has one. resource: the dearest shared limit the candidate would use.
    """
    rows = problem.candidates.select(
        pl.col("candidate").cast(pl.UInt32), "contact", "value"
    ).with_columns(
        chosen=pl.Series(plan.chosen),
        explored=pl.Series(plan.explored),
        price=pl.Series(plan.price),
        resource=_dearest(problem, plan),
    )
    winners = (
        rows.filter("chosen")
        .sort("value", "candidate", descending=[True, False])
        .group_by("contact", maintain_order=True)
        .agg(winner=pl.col("candidate").first())
    )
    told = rows.join(winners, on="contact", how="left", maintain_order="left")
    return told.select(
        "candidate",
        reason=_reason(),
        winner=pl.when(~pl.col("chosen") & (_reason() != "nothing")).then("winner"),
        resource=pl.when(~pl.col("chosen") & (_reason() == "priced_out")).then("resource"),
        price="price",
    )


def _reason() -> pl.Expr:
    """Worth nothing by itself; or beaten; or worth less than the limits it uses would bring."""
    return (
        pl.when("chosen")
        .then(pl.lit(None, dtype=pl.String))
        .when(pl.col("value") <= 0)
        .then(pl.lit("nothing"))
        .when(pl.col("explored"))
        .then(pl.lit("explored"))
        .when((pl.col("price") > 0) & (pl.col("value") <= pl.col("price")))
        .then(pl.lit("priced_out"))
        .when(pl.col("winner").is_not_null())
        .then(pl.lit("outranked"))
        .otherwise(pl.lit("priced_out"))
    )


def _dearest(problem: Problem, plan: Plan) -> pl.Series:
    """The limit that charges each candidate most; null where none does."""
    best = np.zeros(problem.candidates.height)
    names = np.full(problem.candidates.height, None, dtype=object)
    for resource in problem.limits.resources:
        price = plan.prices.get(resource.name, 0.0)
        charge = price * uses_of(problem, resource.name)
        dearer = charge > best
        best[dearer], names[dearer] = charge[dearer], resource.name
    return pl.Series("resource", names.tolist(), dtype=pl.String)
