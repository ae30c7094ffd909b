"""What one contact, or one account, may get together, as rows of the sheet."""

import numpy as np
import numpy.typing as npt
import polars as pl

from graph.arbitration.problem import INSTANT, CapLimit, Pair, Problem
from graph.arbitration.program.cliques import cliques
from graph.arbitration.program.rules import Rule
from graph.arbitration.program.sheet import Sheet

Ints = npt.NDArray[np.int64]


def pairs_of(problem: Problem, rule: Rule) -> tuple[Ints, Ints]:
    """Rows of the candidates that a rule of alternatives, exclusion or spacing keeps apart."""
    limits = problem.limits
    frame = problem.candidates.select("contact", slot=pl.col("slot").cast(INSTANT)).with_row_index(
        "row"
    )
    if rule.kind == "alternatives":
        same = frame.with_columns(key=problem.candidates.get_column(rule.name)).drop_nulls("key")
        both = same.join(same, on=["contact", "key"], suffix="_other")
        both = both.filter(pl.col("row") < pl.col("row_other"))
    else:
        if rule.kind == "exclusion":
            left, a, right, b = limits.exclusions[rule.place]
        else:
            a, b, _ = limits.spacing_hours[rule.place]
            left = right = "channel"
        one, other = frame.filter(problem.mask(left, a)), frame.filter(problem.mask(right, b))
        both = one.join(other, on="contact", suffix="_other")
        both = both.filter(pl.col("row") != pl.col("row_other"))
    if rule.kind == "spacing":
        both = both.filter(apart() < limits.spacing_hours[rule.place][2])
    return (
        both.get_column("row").cast(pl.Int64).to_numpy(),
        both.get_column("row_other").cast(pl.Int64).to_numpy(),
    )


def apart() -> pl.Expr:
    """Hours between `slot` and `slot_other`; null where one of them has no slot."""
    return (pl.col("slot") - pl.col("slot_other")).abs().dt.total_microseconds() / 3.6e9


def _grouped(members: pl.DataFrame, keys: list[str]) -> tuple[Ints, Ints, pl.DataFrame]:
    """Number of each entry's group and its candidate, and the groups that exceed `left`."""
    groups = (
        members.group_by(keys, maintain_order=True)
        .agg("row", left=pl.col("left").first())
        .filter(pl.col("row").list.len() > pl.col("left"))
        .with_row_index("number")
    )
    entries = groups.select("number", "row").explode("row")
    number = entries.get_column("number").cast(pl.Int64).to_numpy()
    return number, entries.get_column("row").cast(pl.Int64).to_numpy(), groups


def add_cap(sheet: Sheet, owner: int, cap: CapLimit) -> None:
    members = _counted(sheet.problem, cap).with_columns(left=pl.lit(cap.at_most, pl.Int64))
    number, row, groups = _grouped(members, ["id"])
    sheet.add(owner, number, row, 1.0, groups.get_column("left").to_numpy(), 1.0)


def add_remaining(sheet: Sheet, owner: int, cap: CapLimit) -> None:
    rest = (
        sheet.problem.remaining.filter(pl.col("cap") == cap.name)
        .group_by(id=pl.col("id").cast(pl.Int64))
        .agg(left=pl.col("remaining").min())
    )
    members = _counted(sheet.problem, cap).join(rest, on="id", maintain_order="left")
    number, row, groups = _grouped(members, ["id"])
    sheet.add(owner, number, row, 1.0, groups.get_column("left").to_numpy(), 1.0)


def _counted(problem: Problem, cap: CapLimit) -> pl.DataFrame:
    """Rows that the cap counts, with the contact or account they count for."""
    return (
        problem.candidates.select(id=pl.col(cap.per).cast(pl.Int64))
        .with_row_index("row")
        .filter(problem.counted(cap))
        .drop_nulls("id")
    )


def add_alternatives(sheet: Sheet, owner: int, column: str) -> None:
    frame = sheet.problem.candidates.select("contact", key=pl.col(column))
    members = frame.with_row_index("row").drop_nulls("key").with_columns(left=pl.lit(1, pl.Int64))
    number, row, groups = _grouped(members, ["contact", "key"])
    sheet.add(owner, number, row, 1.0, np.ones(groups.height), 0.0)


def add_cliques(sheet: Sheet, owner: int, pairs: tuple[Ints, Ints]) -> None:
    contact = sheet.problem.candidates.get_column("contact").cast(pl.Int64).to_numpy()
    number, row = cliques(contact, *pairs)
    count = int(number.max()) + 1 if len(number) else 0
    sheet.add(owner, number, row, 1.0, np.ones(count), 0.0)


def add_requires(sheet: Sheet, owner: int, rule: Pair) -> None:
    """`x <= sum of those that it may stand with`; who is of both kinds needs no other."""
    left, a, right, b = rule
    problem = sheet.problem
    frame = problem.candidates.select("contact").with_row_index("row")
    meets = problem.mask(right, b)
    needy = frame.filter(problem.mask(left, a) & ~meets).with_row_index("number")
    pairs = needy.join(frame.filter(meets), on="contact", suffix="_met")
    number = pl.concat([needy.get_column("number"), pairs.get_column("number")])
    row = pl.concat([needy.get_column("row"), pairs.get_column("row_met")])
    weight = np.repeat([1.0, -1.0], [needy.height, pairs.height])
    sheet.add(owner, number.to_numpy(), row.to_numpy(), weight, np.zeros(needy.height), 0.0)


def add_bundles(sheet: Sheet, owner: int) -> None:
    """Each member needs the next, the last the first: all or none."""
    members = (
        sheet.problem.candidates.select("contact", "bundle")
        .with_row_index("row")
        .drop_nulls("bundle")
        .filter(pl.len().over("contact", "bundle") > 1)
        .with_columns(
            needs=pl.col("row")
            .shift(-1, fill_value=pl.col("row").first())
            .over("contact", "bundle")
        )
    )
    count = members.height
    columns = np.concatenate((members["row"].to_numpy(), members["needs"].to_numpy()))
    number = np.tile(np.arange(count), 2)
    sheet.add(owner, number, columns, np.repeat([1.0, -1.0], count), np.zeros(count), 0.0)
