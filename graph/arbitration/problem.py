"""The problem: candidates, what each uses, and the limits on all of them together."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl

from domain.errors import DataError
from graph.arbitration.limits import (
    CampaignLimit,
    CapLimit,
    Exploration,
    Limits,
    Pair,
    ResourceLimit,
    Share,
)

COLUMNS = ("candidate", "contact", "account", "channel", "treatment", "slot", "value")
"""Columns that every problem has; rules may name further ones."""
TOUCHES = "touches"
"""The name by which a share limit means all chosen candidates."""
INSTANT = pl.Datetime("us", "UTC")


def nothing_used() -> pl.DataFrame:
    return pl.DataFrame(schema={"candidate": pl.Int64, "resource": pl.String, "amount": pl.Float64})


def all_remaining() -> pl.DataFrame:
    return pl.DataFrame(schema={"cap": pl.String, "id": pl.Int64, "remaining": pl.Int64})


@dataclass(frozen=True)
class Problem:
    """Frames and limits; nothing of ledger or policy. Raises DataError where they contradict.

    candidates: candidate Int64 (unique), contact Int64, account Int64 (nullable), channel,
    treatment, slot (nullable instant), value Float64 (minor units, net of direct cost), every
    column a rule names, and `bundle` where candidates stand or fall together. uses: candidate,
    resource, amount >= 0. remaining: cap, id (contact or account), remaining; what is left of a
    cap for one id, and the lower binds.
    """

    candidates: pl.DataFrame
    uses: pl.DataFrame = field(default_factory=nothing_used)
    remaining: pl.DataFrame = field(default_factory=all_remaining)
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        for complaint in _complaints(self):
            raise DataError(complaint)

    def mask(self, column: str, value: str) -> pl.Series:
        """Candidates whose column holds the value; a null holds none."""
        return self.candidates.get_column(column).cast(pl.String).eq_missing(value)

    def counted(self, cap: CapLimit) -> pl.Series:
        """Candidates that the cap counts."""
        found = pl.repeat(True, self.candidates.height, dtype=pl.Boolean, eager=True)
        for column, value in cap.where.items():
            found = found & self.mask(column, value)
        return found


def left_of(problem: Problem, cap: CapLimit, ids: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """What is left of a cap for each contact or account: the limit, or less where less remains."""
    left = (
        problem.remaining.filter(pl.col("cap") == cap.name)
        .group_by(pl.col("id").cast(pl.Int64))
        .agg(pl.col("remaining").min())
    )
    if left.is_empty():
        return np.full(len(ids), cap.at_most, dtype=np.int64)
    joined = pl.DataFrame({"id": ids}).join(left, on="id", how="left", maintain_order="left")
    known = joined.get_column("remaining").fill_null(cap.at_most).cast(pl.Int64).to_numpy()
    return np.asarray(np.minimum(known, cap.at_most), dtype=np.int64)


def _complaints(problem: Problem) -> Iterator[str]:
    """What contradicts itself, one sentence each; later checks rely on earlier ones."""
    frame = problem.candidates
    missing = [name for name in COLUMNS if name not in frame.columns]
    if missing:
        yield f"The candidates lack the column {', '.join(missing)}."
    for name in ("candidate", "contact", "value"):
        if frame.get_column(name).null_count():
            yield f"A candidate has no {name}."
    if not _all_different(frame.get_column("candidate")):
        yield "Two candidates have the same number."
    if not frame.get_column("value").is_finite().all():
        yield "A candidate's value is not finite."
    if any(cap.per == "account" for cap in problem.limits.caps):
        yield from _split_contacts(frame)
    yield from _unknown_columns(problem)
    yield from _unclear_resources(problem)
    yield from _unclear_uses(problem)
    if (problem.remaining.get_column("remaining") < 0).any():
        yield "Less than nothing remains of a cap."


def _split_contacts(frame: pl.DataFrame) -> Iterator[str]:
    pairs = frame.select("contact", "account").unique()
    split = pairs.filter(pl.col("contact").is_duplicated())
    if split.height:
        yield f"Contact {split.item(0, 'contact')} stands under two accounts."


def _unknown_columns(problem: Problem) -> Iterator[str]:
    limits = problem.limits
    named = [
        *((f"Cap {cap.name}", column) for cap in limits.caps for column in cap.where),
        *(("A rule of alternatives", column) for column in limits.alternatives),
        *(("An exclusion", one[side]) for one in limits.exclusions for side in (0, 2)),
        *(("A rule of requires", one[side]) for one in limits.requires for side in (0, 2)),
    ]
    for rule, column in named:
        if column not in problem.candidates.columns:
            yield f"{rule} names a column that the candidates lack: {column}."


def _unclear_resources(problem: Problem) -> Iterator[str]:
    resources, campaigns = problem.limits.resources, problem.limits.campaigns
    for kind, names in (
        ("caps", [one.name for one in problem.limits.caps]),
        ("resources", [one.name for one in resources]),
        ("campaigns", [one.name for one in campaigns]),
    ):
        if len(set(names)) < len(names):
            yield f"Two {kind} have the same name."
    known = {one.name for one in resources} | {one.resource for one in campaigns} | {TOUCHES}
    known |= set(problem.uses.get_column("resource").unique())
    for one in resources:
        if one.name == TOUCHES:
            yield "A resource can't be called touches: that word means all chosen candidates."
        if one.at_most_share is not None and one.at_most_share.of not in known:
            yield f"Resource {one.name} is a share of the unknown {one.at_most_share.of}."


def _unclear_uses(problem: Problem) -> Iterator[str]:
    amounts = problem.uses.get_column("amount")
    if amounts.null_count() or not amounts.is_finite().all() or (amounts < 0).any():
        yield "A candidate uses less than nothing, or no number, of a resource."
    stranger = _stranger(problem.candidates.get_column("candidate"), problem.uses)
    if stranger is not None:
        yield f"The uses name candidate {stranger}, which does not exist."


def _all_different(numbers: pl.Series) -> bool:
    """Numbers that rise are different; only others need to be counted."""
    if numbers.is_sorted() and bool((numbers.diff().drop_nulls() > 0).all()):
        return True
    return not bool(numbers.is_duplicated().any())


def _stranger(numbers: pl.Series, uses: pl.DataFrame) -> int | None:
    """A candidate that the uses name and that is not there; a table of all numbers where dense."""
    used = uses.get_column("candidate").cast(pl.Int64)
    known = numbers.cast(pl.Int64)
    if used.is_empty():
        return None
    if known.is_empty():
        return int(used[0])
    low, high = int(known.min()), int(known.max())  # type: ignore[arg-type]
    if high - low > 4 * len(known) + 1024:
        missing = used.to_frame().join(known.to_frame(), on="candidate", how="anti")
        return None if missing.is_empty() else int(missing.item(0, 0))
    there = np.zeros(high - low + 2, dtype=np.bool_)
    there[known.to_numpy() - low] = True
    places = used.to_numpy()
    inside = (places >= low) & (places <= high)
    found = there[np.where(inside, places - low, -1)]
    return None if found.all() else int(places[int(found.argmin())])


__all__ = [
    "COLUMNS",
    "INSTANT",
    "TOUCHES",
    "CampaignLimit",
    "CapLimit",
    "Exploration",
    "Limits",
    "Pair",
    "Problem",
    "ResourceLimit",
    "Share",
    "all_remaining",
    "nothing_used",
]
