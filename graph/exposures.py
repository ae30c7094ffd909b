"""Exposures: which touches count for one, and what the arbitration holds of its minimum and
maximum.

Whose segment can't be told, and what has no theme, counts for the maximum, which is there to
protect, and not for the minimum: a minimum is served by what is of it for sure. So the two are
resources of their own. Who leaves an audience is sent nothing, which counts for neither.
"""

from collections.abc import Iterator

import polars as pl

from graph.arbitration.limits import ResourceLimit
from policies.judging import leaves_audience
from policies.money_limits import Exposure
from policies.schema import Policy
from policies.segments import column_of, memberships


def least_of(rule: Exposure) -> str:
    """The resource that the minimum counts."""
    return f"exposure:{rule.name}"


def most_of(rule: Exposure) -> str:
    """The resource that the maximum counts."""
    return f"maximum:{rule.name}"


def called(rule: Exposure) -> str:
    """What it counts, in words: `care`, `care by email`, `touches to vips`."""
    by = f" by {rule.channel}" if rule.channel else ""
    to = f" to {rule.segment}" if rule.segment else ""
    return f"{rule.theme or 'touches'}{by}{to}"


def counts(rule: Exposure, unknown: bool = False) -> pl.Expr:
    """Rows that all it names match; columns theme, channel, class and, where it names a segment,
    in_SEGMENT. unknown: whether those count whose theme or segment can't be told."""
    matches = ~leaves_audience()
    if rule.theme is not None:
        matches = matches & (pl.col("theme") == rule.theme).fill_null(unknown)
    if rule.channel is not None:
        matches = matches & (pl.col("channel") == rule.channel)
    if rule.segment is not None:
        matches = matches & pl.col(column_of(rule.segment)).fill_null(unknown)
    return matches


def with_segments(rows: pl.DataFrame, observations: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """The rows with in_SEGMENT for each segment that an exposure names, null where it can't be
    told. rows: contact; observations: OBSERVATIONS with the attributes behind."""
    named = sorted({column_of(one.segment) for one in policy.exposures if one.segment})
    if not named:
        return rows
    members = memberships(policy, observations).select(named)
    known = observations.select("contact").hstack(members)
    return rows.join(known, on="contact", how="left", maintain_order="left")


def exposure_uses(
    candidates: pl.DataFrame, observations: pl.DataFrame, policy: Policy
) -> Iterator[pl.DataFrame]:
    """candidate, resource, amount: one of each exposure that the candidate counts for."""
    rows = with_segments(candidates, observations, policy)
    for rule in policy.exposures:
        if rule.at_least is not None:
            yield _uses(rows.filter(counts(rule)), least_of(rule))
        if rule.at_most is not None:
            yield _uses(rows.filter(counts(rule, unknown=True)), most_of(rule))


def _uses(rows: pl.DataFrame, resource: str) -> pl.DataFrame:
    return rows.select(
        pl.col("candidate").cast(pl.Int64), resource=pl.lit(resource), amount=pl.lit(1.0)
    )


def exposure_limits(policy: Policy) -> Iterator[ResourceLimit]:
    """The minimum has its price; the maximum is hard."""
    for rule in policy.exposures:
        if rule.at_least is not None:
            least = float(rule.at_least)
            yield ResourceLimit(name=least_of(rule), at_least=least, ceiling=rule.ceiling)
        if rule.at_most is not None:
            yield ResourceLimit(name=most_of(rule), at_most=float(rule.at_most))
