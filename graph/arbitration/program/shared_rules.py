"""What all share: resources and campaigns' steps, as rows of the sheet."""

from collections.abc import Mapping

import numpy as np
import polars as pl

from graph.arbitration.problem import TOUCHES, ResourceLimit
from graph.arbitration.program.rules import Rule
from graph.arbitration.program.sheet import DEFINITION, SOFT, Sheet


def add_step(sheet: Sheet, owner: int, place: int) -> None:
    one = sheet.problem.limits.campaigns[place]
    column = sheet.candidates + place
    tops = np.array([one.most, -one.least])
    sheet.add(owner, [0, 1], [column, column], [1.0, -1.0], tops, one.now)


def add_resources(sheet: Sheet, rules: tuple[Rule, ...]) -> tuple[ResourceLimit, ...]:
    """Maxima, minima and shares, and the totals that shares are taken of."""
    limits = sheet.problem.limits.resources
    terms: list[tuple[str, int, float]] = []
    tops: list[float] = []
    owners: list[int] = []
    units: list[float] = []

    def row(owner: int, weighed: Mapping[str, float], top: float, unit: float) -> int:
        terms.extend((name, len(tops), weight) for name, weight in weighed.items())
        tops.append(top)
        owners.append(owner)
        units.append(unit)
        return len(tops) - 1

    columns: list[tuple[int, int, float]] = []
    for number, rule in enumerate(rules):
        one = limits[rule.place] if rule.kind in ("at_most", "at_least", "share") else None
        if one is None:
            continue
        if rule.kind == "at_most" and one.at_most is not None:
            row(number, {one.name: 1.0}, one.at_most, 1.0)
        elif rule.kind == "at_least" and one.at_least is not None:
            row(number, {one.name: -1.0}, -one.at_least, 1.0)
        elif rule.kind == "share" and one.at_most_share is not None:
            at = row(number, {one.name: 1.0}, 0.0, 0.0)
            share = one.at_most_share
            columns.append((at, sheet.column_of_total(share.of), -share.share))
    soft = tuple(one for one in limits if one.at_least is not None and one.ceiling is not None)
    for one in soft:
        row(SOFT, {one.name: -1.0}, -(one.at_least or 0.0), 0.0)
    for name, column in sheet.totals.items():
        columns.append((row(DEFINITION, {name: -1.0}, 0.0, 0.0), column, 1.0))
    _amounts(sheet, terms, columns, (owners, tops, units))
    return soft


def _amounts(
    sheet: Sheet,
    terms: list[tuple[str, int, float]],
    columns: list[tuple[int, int, float]],
    ends: tuple[list[int], list[float], list[float]],
) -> None:
    """Join what candidates and campaigns use to the rows that weigh it.

    terms: resource, row, weight. columns: further entries as row, column, weight. ends: owner, top
    and unit of each row.
    """
    problem = sheet.problem
    weighed = pl.DataFrame(
        terms,
        schema={"resource": pl.String, "number": pl.Int64, "weight": pl.Float64},
        orient="row",
    )
    place = problem.candidates.select(pl.col("candidate").cast(pl.Int64)).with_row_index("row")
    used = (
        problem.uses.filter(pl.col("resource") != TOUCHES)
        .with_columns(pl.col("candidate").cast(pl.Int64))
        .join(weighed, on="resource")
        .join(place, on="candidate")
        .select("number", "row", weight=pl.col("amount") * pl.col("weight"))
        .sort("number", "row", "weight")
    )
    parts = [tuple(used.get_column(name).to_numpy() for name in ("number", "row", "weight"))]
    for resource, number, weight in terms:
        if resource == TOUCHES:
            every = np.arange(sheet.candidates)
            parts.append((np.full(len(every), number), every, np.full(len(every), weight)))
    spending = [
        (number, sheet.candidates + i, weight)
        for i, one in enumerate(problem.limits.campaigns)
        for resource, number, weight in terms
        if one.resource == resource != TOUCHES
    ]
    extra = np.array([*spending, *columns], dtype=np.float64).reshape(-1, 3)
    parts.append(tuple(extra.T))
    at, places, weights = (np.concatenate(part) for part in zip(*parts, strict=True))
    owners, tops, units = ends
    sheet.add(owners, at, places, weights, tops, units)
