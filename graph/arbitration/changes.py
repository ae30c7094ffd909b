"""Changes: one thing about a problem made otherwise, and the problem as it would then be."""

from typing import Annotated, Literal, assert_never

import polars as pl
from pydantic import Field

from domain.errors import UsageError
from domain.record import Record
from graph.arbitration.problem import CapLimit, Limits, Problem, ResourceLimit, Share
from graph.arbitration.rows import LEAST, SHARE


class ValueChange(Record):
    """A candidate is worth so much more; minor units, negative for less."""

    kind: Literal["value"] = "value"
    candidate: int
    by: float


class CapChange(Record):
    """One contact or account may get so many more of what a cap counts; others as before."""

    kind: Literal["cap"] = "cap"
    cap: str
    holder: int
    """Number of the contact or account, as the cap is per one or the other."""
    by: int = 1


class LimitChange(Record):
    """A shared limit is wider: more for a maximum or a share, less for a minimum."""

    kind: Literal["limit"] = "limit"
    limit: str
    """As prices name it: NAME, `NAME (least)` or `NAME (share)`."""
    by: Annotated[float, Field(gt=0)]
    """In units of the resource; of a share in its own, so that 0.01 makes 5% to 6%."""


RuleChange = CapChange | LimitChange
Change = Annotated[ValueChange | CapChange | LimitChange, Field(discriminator="kind")]


def changed(problem: Problem, change: ValueChange | CapChange | LimitChange) -> Problem:
    """The problem with the change made. Raises UsageError where it names nothing of the problem."""
    match change:
        case ValueChange():
            return _revalued(problem, change)
        case CapChange():
            return _with_room(problem, change)
        case LimitChange():
            if room_of(problem.limits, change.limit) is None:
                raise UsageError(f"There is no limit called {change.limit!r} to widen.")
            resources = tuple(
                _widened(one, change) if _is_of(one, change.limit) else one
                for one in problem.limits.resources
            )
            return _under(problem, problem.remaining, resources=resources)
        case _:
            assert_never(change)


def cap_of(limits: Limits, name: str) -> CapLimit:
    """The cap of that name. Raises UsageError for none such."""
    for cap in limits.caps:
        if cap.name == name:
            return cap
    known = ", ".join(one.name for one in limits.caps)
    raise UsageError(f"There is no cap called {name!r}.", f"Known caps: {known}.")


def room_of(limits: Limits, name: str) -> float | None:
    """What the limit of that name says: units of the resource, or a share; None for none such."""
    for one in limits.resources:
        if name == one.name:
            return one.at_most
        if name == one.name + LEAST:
            return one.at_least
        if name == one.name + SHARE and one.at_most_share is not None:
            return one.at_most_share.share
    return None


def _revalued(problem: Problem, change: ValueChange) -> Problem:
    frame = problem.candidates
    here = frame.get_column("candidate").cast(pl.Int64) == change.candidate
    if not here.any():
        raise UsageError(f"There is no candidate {change.candidate}.")
    value = pl.col("value") + pl.lit(here).cast(pl.Float64) * change.by
    return Problem(frame.with_columns(value=value), problem.uses, problem.remaining, problem.limits)


def _with_room(problem: Problem, change: CapChange) -> Problem:
    """The cap is wider for all, and what remains of it as before for all but the holder."""
    cap = cap_of(problem.limits, change.cap)
    holders = problem.candidates.select(id=pl.col(cap.per).cast(pl.Int64)).drop_nulls().unique()
    own = problem.remaining.select(
        "cap", pl.col("id").cast(pl.Int64), pl.col("remaining").cast(pl.Int64)
    )
    known = own.filter(pl.col("cap") == cap.name).group_by("id").agg(pl.col("remaining").min())
    left = pl.min_horizontal(pl.col("remaining").fill_null(cap.at_most), pl.lit(cap.at_most))
    more = (pl.col("id") == change.holder).cast(pl.Int64) * change.by
    told = (
        holders.join(known, on="id", how="left")
        .sort("id")
        .select(cap=pl.lit(cap.name), id="id", remaining=(left + more).cast(pl.Int64))
    )
    caps = tuple(
        one.model_copy(update={"at_most": one.at_most + change.by}) if one.name == cap.name else one
        for one in problem.limits.caps
    )
    return _under(problem, pl.concat([own.filter(pl.col("cap") != cap.name), told]), caps=caps)


def _is_of(one: ResourceLimit, limit: str) -> bool:
    return limit in (one.name, one.name + LEAST, one.name + SHARE)


def _widened(one: ResourceLimit, change: LimitChange) -> ResourceLimit:
    if change.limit == one.name and one.at_most is not None:
        return one.model_copy(update={"at_most": one.at_most + change.by})
    if change.limit == one.name + LEAST and one.at_least is not None:
        return one.model_copy(update={"at_least": max(0.0, one.at_least - change.by)})
    if change.limit == one.name + SHARE and one.at_most_share is not None:
        share = Share(of=one.at_most_share.of, share=min(1.0, one.at_most_share.share + change.by))
        return one.model_copy(update={"at_most_share": share})
    return one


def _under(problem: Problem, remaining: pl.DataFrame, **updates: object) -> Problem:
    limits = problem.limits.model_copy(update=updates)
    return Problem(problem.candidates, problem.uses, remaining, limits)
