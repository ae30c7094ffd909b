"""Compatibility: which candidates of one contact may be chosen together."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from graph.arbitration.problem import INSTANT, CapLimit, Problem

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Compatibility:
    """The rules inside one contact, as masks by packed position.

    caps: (counted, left for the position's contact). alternatives: codes of which no two may be
    equal, -1 for none. exclusions, requires: pairs of masks. spacing: two channel masks and
    hours; hours: the slot, NaN where any time will do. bundle: code, -1 for none; bundle_size:
    how many candidates of the contact it has.
    """

    caps: tuple[tuple[Bools, Ints], ...]
    alternatives: tuple[Ints, ...]
    exclusions: tuple[tuple[Bools, Bools], ...]
    requires: tuple[tuple[Bools, Bools], ...]
    spacing: tuple[tuple[Bools, Bools, float], ...]
    hours: Floats
    bundle: Ints
    bundle_size: Ints

    def single(self, one: Ints) -> Bools:
        """Positions that a cap leaves room for, alone."""
        return self.within_caps(one[None, :])

    def within_caps(self, rows: Ints) -> Bools:
        """Contacts whose caps all leave room for these candidates together; rows: (m, n)."""
        allowed = np.ones(rows.shape[1], dtype=np.bool_)
        for counted, left in self.caps:
            allowed &= counted[rows].sum(axis=0) <= left[rows[0]]
        return allowed

    def together(self, one: Ints, other: Ints) -> Bools:
        """Contacts for whom the two candidates do not exclude each other."""
        clash = np.zeros(len(one), dtype=np.bool_)
        for codes in self.alternatives:
            clash |= (codes[one] == codes[other]) & (codes[one] >= 0)
        for first, second in self.exclusions:
            clash |= (first[one] & second[other]) | (first[other] & second[one])
        apart = np.abs(self.hours[one] - self.hours[other])
        for first, second, hours in self.spacing:
            pair = (first[one] & second[other]) | (first[other] & second[one])
            clash |= pair & (apart < hours)
        return ~clash

    def complete(self, rows: Ints, bundle: Sequence[int]) -> Bools:
        """Contacts for whom the set holds all it requires and no bundle in part."""
        chosen = rows[list(bundle)]
        allowed = np.ones(rows.shape[1], dtype=np.bool_)
        for first, second in self.requires:
            allowed &= ~first[chosen].any(axis=0) | second[chosen].any(axis=0)
        if self.bundle_size.any():
            codes = self.bundle[chosen]
            for mine, position in zip(codes, chosen, strict=True):
                held = (codes == mine).sum(axis=0)
                allowed &= (mine < 0) | (held == self.bundle_size[position])
        return allowed


def compatibility_of(problem: Problem, order: Ints, contact: Ints) -> Compatibility:
    """The rules of a problem by packed position."""
    frame, limits = problem.candidates, problem.limits

    def mask(column: str, value: str) -> Bools:
        return problem.mask(column, value).to_numpy()[order]

    hours = frame.get_column("slot").cast(INSTANT).dt.epoch("us").cast(pl.Float64) / 3.6e9
    bundle = (
        _codes(frame, "bundle")[order] if "bundle" in frame.columns else np.full(len(order), -1)
    )
    return Compatibility(
        caps=tuple(
            (problem.counted(cap).to_numpy()[order], left_of(problem, cap, contact))
            for cap in limits.caps
            if cap.per == "contact"
        ),
        alternatives=tuple(_codes(frame, column)[order] for column in limits.alternatives),
        exclusions=tuple((mask(c, a), mask(d, b)) for c, a, d, b in limits.exclusions),
        requires=tuple((mask(c, a), mask(d, b)) for c, a, d, b in limits.requires),
        spacing=tuple(
            (mask("channel", a), mask("channel", b), float(apart))
            for a, b, apart in limits.spacing_hours
        ),
        hours=np.asarray(hours.fill_null(np.nan).to_numpy()[order], dtype=np.float64),
        bundle=bundle,
        bundle_size=_sizes(contact, bundle),
    )


def _codes(frame: pl.DataFrame, column: str) -> Ints:
    """Numbers for a column's values, -1 for null."""
    ranks = frame.get_column(column).rank("dense").cast(pl.Int64)
    return np.asarray(ranks.fill_null(-1).to_numpy(), dtype=np.int64)


def _sizes(contact: Ints, bundle: Ints) -> Ints:
    """How many candidates of the same contact share each position's bundle; 0 for none."""
    named = pl.DataFrame({"contact": contact, "bundle": bundle})
    size = pl.when(pl.col("bundle") >= 0).then(pl.len().over("contact", "bundle")).otherwise(0)
    return np.asarray(named.select(size.cast(pl.Int64)).to_series().to_numpy(), dtype=np.int64)


def left_of(problem: Problem, cap: CapLimit, ids: Ints) -> Ints:
    """What is left of a cap for each contact or account: the limit, or less where less remains."""
    left = (
        problem.remaining.filter(pl.col("cap") == cap.name)
        .group_by(pl.col("id").cast(pl.Int64))
        .agg(pl.col("remaining").min())
    )
    joined = pl.DataFrame({"id": ids}).join(left, on="id", how="left", maintain_order="left")
    known = joined.get_column("remaining").fill_null(cap.at_most).cast(pl.Int64).to_numpy()
    return np.asarray(np.minimum(known, cap.at_most), dtype=np.int64)
