"""Fitting: which of many asks still go under their limits, first come first served.

Asks stand in units (a choice, or the parts of a bundle) that go whole or not at all, and a unit is
only measured against what is taken already and against the units before it. The answer is that of
one pass in order; it is worked out on whole tables, in the few rounds in which what surely fits and
what surely does not is told apart.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from domain.periods import DAYS, Calendar, same_period
from domain.periods import theirs as period_of

SLACK = 1e-6
"""Amounts are sums of floats: far below a minor unit and a second of anybody's time."""

Flags = npt.NDArray[np.bool_]
HOLDER = {"contact": "holder", "account": "account_id"}
Side = Literal["either", "before", "after"]


@dataclass(frozen=True)
class Window:
    """Whoever asks for one of `asks` finds at most so much of `counts`, its own ask included, in
    any window of so long.

    What lies less than a window away, on either side, is counted together: any window that holds
    the ask lies within. agents, themes: only these ask and count, and what is of unknown ones; none
    named: all. calendar: of what is so near, only what may be of the same day, week or month.
    side: `before` counts only what lies at the ask or before it, `after` only what lies there or
    after it.
    """

    per: Literal["contact", "account"]
    asks: tuple[str, ...]
    counts: tuple[str, ...]
    at_most: float
    window: timedelta
    agents: tuple[str, ...] = ()
    themes: tuple[str, ...] = ()
    calendar: Calendar | None = None
    side: Side = "either"


@dataclass(frozen=True)
class Span:
    """At most so much of one resource between two instants, whoever holds it; what is asked for
    counts wherever it lies."""

    resource: str
    at_most: float
    since: datetime
    until: datetime


@dataclass(frozen=True)
class Room:
    """So much more of one resource, of what is asked for from one instant until before another,
    whoever holds it; what is taken was counted by who says so."""

    resource: str
    at_most: float
    since: datetime
    until: datetime


Limit = Window | Span | Room


@dataclass(frozen=True)
class _Crowd:
    """Asks whose neighbours might fill a window: by line the unit that asks and the room it finds,
    by pair the line and a unit that stands before it there."""

    units: int
    unit: npt.NDArray[np.int64]
    room: npt.NDArray[np.float64]
    line: npt.NDArray[np.int64]
    before: npt.NDArray[np.int64]
    amount: npt.NDArray[np.float64]

    def overfull(self, counted: Flags) -> Flags:
        weights = self.amount * counted[self.before]
        demand = np.bincount(self.line, weights=weights, minlength=len(self.room))
        found = np.zeros(self.units, dtype=np.bool_)
        found[self.unit[demand > self.room + SLACK]] = True
        return found


@dataclass(frozen=True)
class _Queue:
    """What each unit asks of one resource, and the room there is for all of them."""

    asked: npt.NDArray[np.float64]
    room: float

    def overfull(self, counted: Flags) -> Flags:
        going = self.asked * counted
        before = np.cumsum(going) - going
        found: Flags = (self.asked > 0) & (before + self.asked > self.room + SLACK)
        return found


def refused(asked: pl.DataFrame, taken: pl.DataFrame, limits: Sequence[Limit]) -> Flags:
    """By unit, whether it does not fit.

    asked: unit (0 goes first), resource, holder, account_id, amount, at, optional agent, theme and
    DAYS. taken: the same without unit, held or spent by others. An ask without an account is under
    no account's limit.
    """
    asked, taken = named(asked), named(taken)
    last = asked.select(pl.col("unit").max()).item()
    units = 0 if last is None else int(last) + 1
    rules = [*_rules(asked.with_row_index("ask"), taken, limits, units)]
    out, goes = np.zeros(units, dtype=np.bool_), np.zeros(units, dtype=np.bool_)
    while not (out | goes).all():
        open_ones = ~(out | goes)
        goes |= open_ones & ~_any(rules, ~out)
        out |= open_ones & _any(rules, goes) & ~goes
    return out


def named(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows with agent, theme and DAYS; empty where they say nothing of them."""
    columns = {"agent": pl.String, "theme": pl.String, **dict.fromkeys(DAYS, pl.Date)}
    lacking = {name: dtype for name, dtype in columns.items() if name not in rows.columns}
    return rows.with_columns(pl.lit(None, dtype=lacking[name]).alias(name) for name in lacking)


def _theirs(rule: Window) -> pl.Expr:
    """Of the rule's agents and themes, or of ones that nobody knows."""
    found = pl.lit(True)
    for column, names in (("agent", rule.agents), ("theme", rule.themes)):
        if names:
            found = found & pl.col(column).is_in(list(names)).fill_null(True)
    return found


def _any(rules: Sequence[_Crowd | _Queue], counted: Flags) -> Flags:
    found = np.zeros(len(counted), dtype=np.bool_)
    for rule in rules:
        found |= rule.overfull(counted)
    return found


def _rules(
    asked: pl.DataFrame, taken: pl.DataFrame, limits: Sequence[Limit], units: int
) -> Iterator[_Crowd | _Queue]:
    for limit in limits:
        if isinstance(limit, Span):
            yield _queue(asked, taken, limit, units)
        elif isinstance(limit, Room):
            yield _Queue(_by_unit(_inside(asked, limit), units), limit.at_most)
        else:
            yield from _crowd(asked, taken, limit, units)


def _queue(asked: pl.DataFrame, taken: pl.DataFrame, span: Span, units: int) -> _Queue:
    mine = asked.filter(pl.col("resource") == span.resource)
    theirs = taken.filter(
        pl.col("resource") == span.resource, pl.col("at").is_between(span.since, span.until)
    )
    return _Queue(_by_unit(mine, units), span.at_most - float(theirs.get_column("amount").sum()))


def _inside(asked: pl.DataFrame, room: Room) -> pl.DataFrame:
    return asked.filter(
        pl.col("resource") == room.resource,
        pl.col("at").is_between(room.since, room.until, closed="left"),
    )


def _by_unit(mine: pl.DataFrame, units: int) -> npt.NDArray[np.float64]:
    asked = np.bincount(
        mine.get_column("unit").to_numpy(),
        weights=mine.get_column("amount").to_numpy(),
        minlength=units,
    )
    return asked.astype(np.float64)


def _crowd(asked: pl.DataFrame, taken: pl.DataFrame, rule: Window, units: int) -> Iterator[_Crowd]:
    """Only holders of whom all together might be too much are looked at closely, if any."""
    key = HOLDER[rule.per]
    ours = _counted(asked, rule, key)
    theirs = _counted(taken, rule, key)
    names = [key, "amount"]
    crowded = (
        pl.concat([ours.select(names), theirs.select(names)])
        .group_by(key)
        .agg(pl.col("amount").sum())
        .filter(pl.col("amount") > rule.at_most + SLACK)
    )
    asks = asked.filter(
        pl.col("resource").is_in(list(rule.asks)) & pl.col(key).is_not_null() & _theirs(rule)
    )
    lines = (
        asks.join(crowded.select(key), on=key, how="semi", maintain_order="left")
        .with_columns(own=_own(rule))
        .with_row_index("line")
    )
    if not lines.is_empty():
        asks = lines.select("line", "ask", "unit", key, "at", "own", *DAYS)
        yield _measured(asks, ours, theirs, rule, units)


def _counted(rows: pl.DataFrame, rule: Window, key: str) -> pl.DataFrame:
    return rows.filter(
        pl.col("resource").is_in(list(rule.counts)) & pl.col(key).is_not_null() & _theirs(rule)
    )


def _own(rule: Window) -> pl.Expr:
    counts = pl.col("resource").is_in(list(rule.counts))
    return pl.when(counts).then("amount").otherwise(0.0)


def _measured(
    asks: pl.DataFrame, ours: pl.DataFrame, theirs: pl.DataFrame, rule: Window, units: int
) -> _Crowd:
    """asks: line, ask, unit, the holder, at, own (what it counts for itself), DAYS."""
    key = HOLDER[rule.per]
    beside = _near(asks, theirs.select(key, "amount", other_at="at", **period_of(theirs)), rule)
    named = ours.select(key, "amount", other_at="at", other="ask", before="unit", **period_of(ours))
    pairs = _near(asks, named, rule).filter(
        (pl.col("other") != pl.col("ask")) & (pl.col("before") <= pl.col("unit"))
    )
    together = pl.col("before") == pl.col("unit")
    fixed = pl.concat(
        [beside.select("line", "amount"), pairs.filter(together).select("line", "amount")]
    )
    used = asks.select("line").join(
        fixed.group_by("line").agg(pl.col("amount").sum()),
        on="line",
        how="left",
        maintain_order="left",
    )
    room = rule.at_most - asks.get_column("own") - used.get_column("amount").fill_null(0.0)
    rivals = pairs.filter(~together)
    return _Crowd(
        units=units,
        unit=asks.get_column("unit").cast(pl.Int64).to_numpy(),
        room=room.to_numpy(),
        line=rivals.get_column("line").cast(pl.Int64).to_numpy(),
        before=rivals.get_column("before").cast(pl.Int64).to_numpy(),
        amount=rivals.get_column("amount").to_numpy(),
    )


def _near(asks: pl.DataFrame, others: pl.DataFrame, rule: Window) -> pl.DataFrame:
    return asks.join(others, on=HOLDER[rule.per], how="inner").filter(*_nearness(rule))


def _nearness(rule: Window) -> Iterator[pl.Expr]:
    gap = pl.col("at") - pl.col("other_at")
    yield gap.abs() < rule.window
    if rule.calendar is not None:
        yield same_period(rule.calendar)
    if rule.side == "before":
        yield gap >= timedelta(0)
    if rule.side == "after":
        yield gap <= timedelta(0)
