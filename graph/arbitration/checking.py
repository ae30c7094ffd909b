"""Checking: whether a choice holds every limit, recomputed from the frames alone.

Shares no code with the solver: a mistake there must not excuse itself here.
"""

from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt
import polars as pl

from graph.arbitration.problem import Limits, Problem

SLACK = 1e-6
"""Share of a limit that rounding may take."""


def violations(
    problem: Problem, chosen: npt.NDArray[np.bool_], budgets: Mapping[str, float]
) -> tuple[str, ...]:
    """One sentence for each rule that does not hold; none where all do.

    chosen: by row of the candidates. budgets: spend by campaign. A minimum with a price ceiling
    may fall short; one without may not.
    """
    sums = sums_of(problem, chosen)
    return (
        *violations_inside(problem, chosen),
        *violations_together(problem.limits, sums, budgets),
    )


def violations_inside(problem: Problem, chosen: npt.NDArray[np.bool_]) -> tuple[str, ...]:
    """Rules of contacts and accounts that do not hold."""
    taken = problem.candidates.filter(pl.Series(chosen))
    return (
        *_caps(problem, taken),
        *_pairs(problem, taken),
        *_requires(problem, taken),
        *_bundles(problem, taken),
    )


def sums_of(problem: Problem, chosen: npt.NDArray[np.bool_]) -> dict[str, float]:
    """What the chosen candidates use of each resource; the sums of partitions add up."""
    taken = problem.candidates.filter(pl.Series(chosen))
    used = problem.uses.join(taken.select("candidate"), on="candidate", how="semi")
    sums = dict(used.group_by("resource").agg(pl.col("amount").sum()).iter_rows())
    return {**sums, "touches": float(taken.height)}


def violations_together(
    limits: Limits, sums: Mapping[str, float], budgets: Mapping[str, float]
) -> tuple[str, ...]:
    """Shared limits and campaign steps that do not hold."""
    return (*_resources(limits, sums, budgets), *_campaigns(limits, budgets))


def _caps(problem: Problem, taken: pl.DataFrame) -> Iterator[str]:
    for cap in problem.limits.caps:
        counted = taken
        for column, value in cap.where.items():
            counted = counted.filter(pl.col(column).cast(pl.String) == value)
        rest = problem.remaining.filter(pl.col("cap") == cap.name).select(
            pl.col("id").cast(pl.Int64), "remaining"
        )
        over = (
            counted.filter(pl.col(cap.per).is_not_null())
            .group_by(pl.col(cap.per).cast(pl.Int64).alias("id"))
            .agg(count=pl.len())
            .join(rest, on="id", how="left")
            .filter(pl.col("count") > pl.min_horizontal(pl.lit(cap.at_most), "remaining"))
        )
        if over.height:
            yield f"Cap {cap.name} is exceeded for {over.height} of kind {cap.per}."


def _pairs(problem: Problem, taken: pl.DataFrame) -> Iterator[str]:
    both = taken.join(taken, on="contact", suffix="_other").filter(
        pl.col("candidate") != pl.col("candidate_other")
    )
    limits = problem.limits
    for column in limits.alternatives:
        same = both.filter(pl.col(column) == pl.col(f"{column}_other"))
        if same.height:
            yield f"Two chosen for one contact have the same {column}."
    for left, a, right, b in limits.exclusions:
        clash = both.filter(
            (pl.col(left).cast(pl.String) == a) & (pl.col(f"{right}_other").cast(pl.String) == b)
        )
        if clash.height:
            yield f"{left} {a} and {right} {b} were chosen for one contact."
    apart = (pl.col("slot") - pl.col("slot_other")).abs().dt.total_microseconds() / 3.6e9
    for first, second, hours in limits.spacing_hours:
        near = both.filter(
            (pl.col("channel") == first) & (pl.col("channel_other") == second) & (apart < hours)
        )
        if near.height:
            yield f"A {first} and a {second} lie closer than {hours} hours."


def _requires(problem: Problem, taken: pl.DataFrame) -> Iterator[str]:
    for left, a, right, b in problem.limits.requires:
        needy = taken.filter(pl.col(left).cast(pl.String) == a)
        met = taken.filter(pl.col(right).cast(pl.String) == b)
        if needy.join(met, on="contact", how="anti").height:
            yield f"{left} {a} was chosen without {right} {b}."


def _bundles(problem: Problem, taken: pl.DataFrame) -> Iterator[str]:
    if "bundle" not in problem.candidates.columns:
        return
    key = ["contact", "bundle"]
    whole = problem.candidates.filter(pl.col("bundle").is_not_null()).group_by(key).len()
    parts = taken.filter(pl.col("bundle").is_not_null()).group_by(key).len()
    torn = parts.join(whole, on=key, suffix="_whole").filter(pl.col("len") != pl.col("len_whole"))
    if torn.height:
        yield f"{torn.height} bundles were chosen in part."


def _resources(
    limits: Limits, touched: Mapping[str, float], budgets: Mapping[str, float]
) -> Iterator[str]:
    sums = dict(touched)
    for campaign in limits.campaigns:
        sums[campaign.resource] = sums.get(campaign.resource, 0.0) + budgets[campaign.name]
    for one in limits.resources:
        total = sums.get(one.name, 0.0)
        if one.at_most is not None and total > one.at_most + SLACK * max(1.0, one.at_most):
            yield f"Resource {one.name} uses {total:g} of at most {one.at_most:g}."
        least = 0.0 if one.at_least is None or one.ceiling is not None else one.at_least
        if total < least - SLACK * max(1.0, least):
            yield f"Resource {one.name} reaches {total:g} of at least {least:g}."
        if one.at_most_share is not None:
            top = one.at_most_share.share * sums.get(one.at_most_share.of, 0.0)
            if total > top + SLACK * max(1.0, top):
                yield f"Resource {one.name} uses {total:g}; its share allows {top:g}."


def _campaigns(limits: Limits, budgets: Mapping[str, float]) -> Iterator[str]:
    for one in limits.campaigns:
        moved, allowed = abs(budgets[one.name] - one.now), one.max_step * one.now
        if moved > allowed + SLACK * max(1.0, one.now):
            yield f"Campaign {one.name} moves by {moved:g}; its step allows {allowed:g}."
