"""Newton: the prices of the shared limits, and the bound that they prove.

D(prices) = sum over contacts of the best set's worth less its charges, plus each campaign's best
term, plus prices x limits. It is convex, and an upper bound of the optimum at every price
(Lagrangian duality; Geoffrion, "Lagrangean Relaxation for Integer Programming", 1974). Each step
minimises a quadratic model, whose curvature is the density of contacts near a tie, inside a box
that widens while a price keeps its direction and shrinks when it turns (a trust region by row, as
in Rprop; Riedmiller and Braun 1993). A sample of the contacts gives the first prices.
"""

from dataclasses import dataclass, replace

import numpy as np

from graph.arbitration.boxes import box_minimum
from graph.arbitration.campaigns import bend
from graph.arbitration.compiled import Floats, Ints
from graph.arbitration.draws import draws_of
from graph.arbitration.response import Field, Response, respond
from graph.arbitration.ties import curvature, ties_over, worth_by_group

LEVELS = (0.01, 0.1)
LEAST_SAMPLE = 10_000
"""Contacts below which a sample's prices say too little."""
TIED_SAMPLE = 300_000
"""Contacts among whom ties are counted."""
WIDE, NARROW = 0.25, 0.2
"""How far a first step may go, in natural prices: from nothing, and from a sample's prices."""
STEPS = 60
STEPS_SAMPLED = 14
ENOUGH, ENOUGH_MANY, ENOUGH_SAMPLED = 1e-6, 1e-6, 1e-4
"""A step that promises less than this share of the bound, twice, ends the search."""
MANY = 300_000
"""Contacts from which on one such step suffices, since their ties make the dual smooth."""
SAMPLES, TIED = 3, 4
"""Streams of the draws: who is in a sample, and among whom ties are counted."""
GOOD, POOR = 0.6, 0.25
"""Share of what the model promised that a step must bring for the box to widen, or to narrow."""
TIED_LEAST, TIED_MOST = 0.03, 0.10


@dataclass(frozen=True)
class Dual:
    """The best prices found, the bound they prove, the response there, and what it took.

    natural: for each limit the price at which candidates would be charged what they are worth.

    trace: bound and passes in units of one pass over everybody, after each full pass.
    """

    prices: Floats
    bound: float
    response: Response
    natural: Floats
    passes: int
    trace: tuple[tuple[float, float], ...] = ()


def minimise(field: Field, warm: Floats | None = None) -> Dual:
    """Search the prices of the least bound. Every price visited proves one; the least counts.

    warm: prices to start from, such as those of the last run.
    """
    rows = field.rows
    if not rows.names:
        response = respond(field, np.zeros(0))
        nothing = np.zeros(0)
        return Dual(nothing, response.worth + response.campaign_worth, response, nothing, 1)
    prices = np.zeros(len(rows.names)) if warm is None else np.clip(warm, 0.0, rows.ceiling)
    effort, wide = 0.0, WIDE
    for share in [*_levels(field, warm is not None), 1.0]:
        search = _Search(field, share, prices, wide, effort)
        search.run()
        prices, effort, wide = search.prices, search.effort, NARROW
    return Dual(
        search.prices,
        search.bound,
        search.response,
        search.natural,
        search.passes,
        tuple(search.trace),
    )


def _levels(field: Field, warm: bool) -> list[float]:
    return [
        share
        for share in (LEVELS[1:] if warm else LEVELS)
        if share * field.contacts >= LEAST_SAMPLE
    ]


class _Search:
    """One level of the search: its contacts, and where it stands."""

    def __init__(
        self, field: Field, share: float, prices: Floats, wide: float, effort: float = 0.0
    ) -> None:
        self.field, self.share, self.rows = field, share, field.rows
        self.who = None if share == 1.0 else _sample(field, share, SAMPLES)
        self.masks = tuple(np.zeros(part.contacts, np.uint64) for part in field.parts)
        self.passes, self.effort = 0, effort
        self.trace: list[tuple[float, float]] = []
        self.prices = prices
        self.bound, self.slack, self.response = self.ask(prices)
        self.tied = TIED_MOST
        self.tied_who = self._tied_who()
        self.natural = self._natural()
        self.usage = np.maximum(np.abs(self.slack), share * np.abs(self.rows.limit))
        self.box, self.least = wide * self.natural, 1e-7 * self.natural

    def ask(self, prices: Floats) -> tuple[float, Floats, Response]:
        """Bound, slack of each limit (its gradient) and response at these prices."""
        masks = None if self.share == 1.0 else self.masks
        response = respond(self.field, prices, self.who, masks=masks)
        self.passes += 1
        self.effort += self.share
        shared = response.campaign_worth + float(prices @ self.rows.limit)
        bound = response.worth + self.share * shared
        slack = self.field.left(response.used, response.spends, self.share)
        if self.share == 1.0:
            self.trace.append((bound, self.effort))
        return bound, slack, response

    def run(self) -> None:
        idle, steps = 0, STEPS if self.share == 1.0 else STEPS_SAMPLED
        many = self.field.contacts >= MANY
        enough = (ENOUGH_MANY if many else ENOUGH) if self.share == 1.0 else ENOUGH_SAMPLED
        for _ in range(steps):
            low = np.maximum(-self.prices, -self.box)
            high = np.minimum(self.rows.ceiling - self.prices, self.box)
            bend_of = self._curvature()
            step = box_minimum(bend_of, self.slack, low, high)
            promised = -float(self.slack @ step + 0.5 * step @ bend_of @ step)
            idle = idle + 1 if promised < enough * max(abs(self.bound), 1e-9) else 0
            if promised <= 0:
                return
            self._take(step, promised)
            if idle >= (1 if many else 2):
                return

    def _take(self, step: Floats, promised: float) -> None:
        """Go there if the bound falls; fit the box to how well the model foretold it."""
        prices = np.clip(self.prices + step, 0.0, self.rows.ceiling)
        bound, slack, response = self.ask(prices)
        moved = np.abs(step)
        kept = (self.bound - bound) / promised
        turned, at_edge = slack * self.slack < 0, moved >= 0.99 * self.box
        if kept >= GOOD:
            self.box = np.where(at_edge, 2 * self.box, self.box)
        elif kept > 0:
            self.box = np.where(at_edge & ~turned, 1.5 * self.box, self.box)
            self.box = np.where(turned & (kept < POOR), np.maximum(moved / 2, self.least), self.box)
        else:
            self.box = np.maximum(
                np.minimum(self.box, np.maximum(moved, self.least)) / 2, self.least
            )
        if bound < self.bound:
            mean = float(np.mean(moved / np.maximum(self.prices, 0.02 * self.natural)))
            self.tied = float(np.clip(2 * mean, TIED_LEAST, TIED_MOST))
            self.prices, self.bound, self.slack, self.response = prices, bound, slack, response

    def _curvature(self) -> Floats:
        """Second derivative by rows, with a ridge where few contacts tell."""
        rates = self.field.rates(self.prices)
        found = ties_over(self.field.parts, rates, self.response.tolls, self.tied_who)
        count = sum(len(one.contact) for one in found)
        by_amount = curvature(self.field, found, self.tied).toarray()
        by_amount *= self.share * self.field.contacts / max(count, 1)
        column = self.rows.column
        bends = bend(self.rows, self.rows.rates(self.prices)[column])
        np.add.at(by_amount, (column, column), self.share * bends)
        by_row = self.rows.weights.T @ (self.rows.weights.T @ by_amount).T
        by_row = np.asarray(by_row, dtype=np.float64)
        ridge = 0.003 * self.usage / self.natural
        by_row[np.diag_indices_from(by_row)] += np.maximum(ridge, 1e-12)
        return by_row

    def _natural(self) -> Floats:
        """A price of the right size for each limit: at it, a candidate is charged what it is worth.

        The least squares fit of candidates' values by price x use, row by row.
        """
        shape = (2, len(self.field.groups.members))
        sums = np.zeros(shape)
        for part, asked in zip(self.field.parts, self.tied_who, strict=True):
            worth_by_group(part.table, np.arange(part.contacts) if asked is None else asked, sums)
        weights = np.abs(self.field.weights)
        worth, size = weights.T @ sums[0], weights.multiply(weights).T @ sums[1]
        by_amount = np.abs(self.rows.weights)
        money, spend = self._campaign_sums()
        worth, size = worth + by_amount.T @ money, size + by_amount.multiply(by_amount).T @ spend
        typical = float(worth.sum() / max(size.sum(), 1e-12))
        found = np.where(size > 0, worth / np.maximum(size, 1e-12), max(typical, 1e-9))
        return np.minimum(np.maximum(found, 1e-9), self.rows.ceiling)

    def _campaign_sums(self) -> tuple[Floats, Floats]:
        """Spend x what it brings, and spend squared, by amount."""
        money, spend = np.zeros(len(self.rows.amounts)), np.zeros(len(self.rows.amounts))
        for one, column in zip(self.rows.campaigns, self.rows.column, strict=True):
            money[column] += one.now * float(one.curve.value(one.now))
            spend[column] += one.now**2
        return money, spend

    def _tied_who(self) -> list[Ints | None]:
        """Contacts among whom ties are counted: those asked, or a sample of them."""
        share = min(self.share, TIED_SAMPLE / max(1, self.field.contacts))
        if share >= 1.0:
            return [None for _ in self.field.parts]
        found: list[Ints | None] = []
        for part, units in zip(self.field.parts, _sample(self.field, share, SAMPLES), strict=True):
            found.append(units if not part.by_account else _contacts_in(part.units.start, units))
        return found


def _contacts_in(start: Ints, units: Ints) -> Ints:
    """Contacts of these units."""
    counts = start[units + 1] - start[units]
    offset = np.repeat(start[units] - np.concatenate(([0], np.cumsum(counts)[:-1])), counts)
    return np.asarray(offset + np.arange(counts.sum()), dtype=np.int64)


def _sample(field: Field, share: float, stream: int) -> tuple[Ints, ...]:
    """A share of each part's units, by a stable hash; a smaller share is part of a larger one."""
    return tuple(
        np.flatnonzero(
            draws_of(part.accounts if part.by_account else part.contact, 0, stream) < share
        )
        for part in field.parts
    )


__all__ = ["Dual", "minimise", "replace"]
