"""Rows: every shared limit as `used <= limit`, over the sums of what candidates use."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix

from graph.arbitration.compiled import Bools, Floats, Ints
from graph.arbitration.problem import CampaignLimit, Limits


@dataclass(frozen=True)
class Rows:
    """R limits over U summed amounts: `weights.T @ amounts <= limit`.

    A share limit weighs two amounts, so that it costs no entry per candidate. A minimum stands
    with its signs turned; `ceiling` bounds its price. column: the amount each campaign spends of.
    """

    names: tuple[str, ...]
    weights: csr_matrix
    limit: Floats
    ceiling: Floats
    minimum: Bools
    campaigns: tuple[CampaignLimit, ...]
    column: Ints
    amounts: tuple[str, ...]

    def rates(self, prices: Floats) -> Floats:
        """Price of one unit of each amount, (U,)."""
        return np.asarray(self.weights @ prices, dtype=np.float64).ravel()

    @property
    def hard(self) -> Bools:
        """Limits that no price buys free."""
        return np.asarray(~self.minimum | np.isinf(self.ceiling))


def rows_of(limits: Limits) -> Rows:
    """The shared limits of a problem's resources."""
    names, terms, tops, ceilings = _terms(limits)
    weighed = {amount for term in terms for amount in term}
    amounts = sorted(weighed | {one.resource for one in limits.campaigns})
    place = {amount: number for number, amount in enumerate(amounts)}
    entries = [
        (place[amount], row, weight)
        for row, term in enumerate(terms)
        for amount, weight in term.items()
    ]
    columns, rows, weights = zip(*entries, strict=True) if entries else ((), (), ())
    shape = (len(amounts), len(terms))
    return Rows(
        names=tuple(names),
        weights=csr_matrix((weights, (columns, rows)), shape=shape, dtype=np.float64),
        limit=np.array(tops, dtype=np.float64),
        ceiling=np.array(ceilings, dtype=np.float64),
        minimum=np.array([name.endswith(LEAST) for name in names], dtype=np.bool_),
        campaigns=limits.campaigns,
        column=np.array([place[one.resource] for one in limits.campaigns], dtype=np.int64),
        amounts=tuple(amounts),
    )


LEAST, SHARE = " (least)", " (share)"
"""How a resource's second and third limit are named, after its name."""


def resource_of(name: str) -> str:
    """The resource that a limit of this name is about."""
    return name.removesuffix(LEAST).removesuffix(SHARE)


def _terms(limits: Limits) -> tuple[list[str], list[dict[str, float]], list[float], list[float]]:
    """Names, weighed amounts, limits and price ceilings of the resources' limits."""
    names: list[str] = []
    terms: list[dict[str, float]] = []
    tops: list[float] = []
    ceilings: list[float] = []

    def add(name: str, weighed: dict[str, float], top: float, ceiling: float = np.inf) -> None:
        names.append(name)
        terms.append(weighed)
        tops.append(top)
        ceilings.append(ceiling)

    for one in limits.resources:
        if one.at_most is not None:
            add(one.name, {one.name: 1.0}, one.at_most)
        if one.at_least is not None:
            ceiling = np.inf if one.ceiling is None else one.ceiling
            add(one.name + LEAST, {one.name: -1.0}, -one.at_least, ceiling)
        if one.at_most_share is not None:
            of, share = one.at_most_share.of, one.at_most_share.share
            own = {one.name: 1.0 - share} if of == one.name else {one.name: 1.0, of: -share}
            add(one.name + SHARE, own, 0.0)
    return names, terms, tops, ceilings
