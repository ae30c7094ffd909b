"""Rows: every shared limit as `used <= limit`, over the sums of what candidates use."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy.sparse import csr_matrix

from graph.arbitration.compatibility import left_of
from graph.arbitration.packing import Bools, Floats, Ints, Packed
from graph.arbitration.problem import TOUCHES, CampaignLimit, Problem


@dataclass(frozen=True)
class Rows:
    """R limits over U summed amounts: `weights.T @ (uses.T @ chosen + spends) <= limit`.

    uses: packed position x amount. A share limit weighs two amounts, so that it costs no entry per
    candidate. A minimum stands with its signs turned; `ceiling` bounds its price. column: the
    amount that each campaign spends of.
    """

    names: tuple[str, ...]
    uses: csr_matrix
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

    def charge(self, prices: Floats) -> Floats:
        """What each candidate is charged at these prices of the limits, by packed position."""
        return np.asarray(self.uses @ self.rates(prices), dtype=np.float64).ravel()

    def dearest(self, prices: Floats) -> Ints:
        """By packed position, the amount that is charged most; -1 where nothing is."""
        entries = self.uses.tocoo()
        charged = entries.data * self.rates(prices)[entries.col]
        order = np.lexsort((entries.col, -charged, entries.row))
        order = order[charged[order] > 0]
        position, first = np.unique(entries.row[order], return_index=True)
        found = np.full(self.uses.shape[0], -1, dtype=np.int64)
        found[position] = entries.col[order][first]
        return found

    def left(self, chosen: Bools, spends: Floats) -> Floats:
        """What is left of each limit; negative where it is exceeded."""
        sums = np.asarray(self.uses.T @ chosen.astype(np.float64)).ravel()
        np.add.at(sums, self.column, spends)
        return np.asarray(self.limit - self.weights.T @ sums, dtype=np.float64)

    def change(self, moves: csr_matrix) -> Floats:
        """What each of m moves (m x positions, +1 in, -1 out) adds to each limit's use."""
        return np.asarray(((moves @ self.uses) @ self.weights).toarray(), dtype=np.float64)

    @property
    def hard(self) -> Bools:
        """Limits that no price buys free."""
        return np.asarray(~self.minimum | np.isinf(self.ceiling))


def rows_of(problem: Problem, packed: Packed) -> Rows:
    """The shared limits of a problem: resources, and accounts that could exceed their cap."""
    rooms = _account_rooms(problem, packed)
    names, terms, limits, ceilings = _terms(problem)
    amounts = _amounts(problem, terms)
    labels = [*amounts, *rooms.get_column("label").unique(maintain_order=True)]
    place = {label: number for number, label in enumerate(labels)}
    accounts = labels[len(amounts) :]
    left = dict(rooms.select("label", "left").unique().iter_rows())
    entries = [
        (place[amount], row, weight)
        for row, weighed in enumerate([*terms, *({label: 1.0} for label in accounts)])
        for amount, weight in weighed.items()
    ]
    count = len(terms) + len(accounts)
    columns, rows, weights = zip(*entries, strict=True) if entries else ((), (), ())
    return Rows(
        names=(*names, *accounts),
        uses=_uses(problem, packed, place, rooms),
        weights=csr_matrix((weights, (columns, rows)), shape=(len(labels), count), dtype=float),
        limit=np.array([*limits, *(left[label] for label in accounts)], dtype=np.float64),
        ceiling=np.array([*ceilings, *(np.inf for _ in accounts)], dtype=np.float64),
        minimum=np.array(
            [*(name.endswith(" (least)") for name in names), *(False for _ in accounts)],
            dtype=np.bool_,
        ),
        campaigns=problem.limits.campaigns,
        column=np.array([place[one.resource] for one in problem.limits.campaigns], dtype=np.int64),
        amounts=tuple(labels),
    )


def _terms(problem: Problem) -> tuple[list[str], list[dict[str, float]], list[float], list[float]]:
    """Names, weighed amounts, limits and price ceilings of the resources' limits."""
    names: list[str] = []
    terms: list[dict[str, float]] = []
    limits: list[float] = []
    ceilings: list[float] = []

    def add(name: str, weighed: dict[str, float], limit: float, ceiling: float = np.inf) -> None:
        names.append(name)
        terms.append(weighed)
        limits.append(limit)
        ceilings.append(ceiling)

    for one in problem.limits.resources:
        if one.at_most is not None:
            add(one.name, {one.name: 1.0}, one.at_most)
        if one.at_least is not None:
            ceiling = np.inf if one.ceiling is None else one.ceiling
            add(f"{one.name} (least)", {one.name: -1.0}, -one.at_least, ceiling)
        if one.at_most_share is not None:
            of, share = one.at_most_share.of, one.at_most_share.share
            own = {one.name: 1.0 - share} if of == one.name else {one.name: 1.0, of: -share}
            add(f"{one.name} (share)", own, 0.0)
    return names, terms, limits, ceilings


def _amounts(problem: Problem, terms: list[dict[str, float]]) -> list[str]:
    """The amounts that any limit weighs or any campaign spends."""
    weighed = {amount for term in terms for amount in term}
    return sorted(weighed | {one.resource for one in problem.limits.campaigns})


def _uses(
    problem: Problem, packed: Packed, place: dict[str, int], rooms: pl.DataFrame
) -> csr_matrix:
    numbers = problem.candidates.get_column("candidate").cast(pl.Int64).to_numpy()
    position = pl.DataFrame(
        {"candidate": numbers[packed.order], "position": np.arange(len(packed.order))}
    )
    labels = pl.DataFrame(
        {"resource": list(place), "column": list(place.values())},
        schema={"resource": pl.String, "column": pl.Int64},
    )
    used = (
        problem.uses.select(pl.col("candidate").cast(pl.Int64), "resource", "amount")
        .join(position, on="candidate")
        .join(labels, on="resource")
        .select("position", "column", pl.col("amount").cast(pl.Float64))
    )
    parts = [used, rooms.join(labels, left_on="label", right_on="resource").select(used.columns)]
    if TOUCHES in place:
        each = position.select("position", column=pl.lit(place[TOUCHES], pl.Int64), amount=1.0)
        parts.append(each.select(used.columns))
    # sorted, so that repeated entries sum in one order whatever the order of the rows
    every = pl.concat(parts, how="vertical_relaxed").sort("position", "column", "amount")
    return csr_matrix(
        (every.get_column("amount").to_numpy(), (every["position"], every["column"])),
        shape=(len(packed.order), len(place)),
    )


def _account_rooms(problem: Problem, packed: Packed) -> pl.DataFrame:
    """Counted candidates of accounts that could exceed a cap: label, position, amount, left."""
    schema = {"label": pl.String, "position": pl.Int64, "amount": pl.Float64, "left": pl.Int64}
    found = [pl.DataFrame(schema=schema)]
    account = problem.candidates.get_column("account").cast(pl.Int64)[packed.order]
    for cap in problem.limits.caps:
        if cap.per == "account":
            counted = problem.counted(cap)[packed.order]
            frame = pl.DataFrame(
                {"account": account, "position": np.arange(len(packed.order)), "counted": counted}
            ).filter(pl.col("counted") & pl.col("account").is_not_null())
            left = left_of(problem, cap, frame.get_column("account").to_numpy())
            binding = frame.with_columns(left=pl.Series(left, dtype=pl.Int64)).filter(
                pl.len().over("account") > pl.col("left")
            )
            found.append(
                binding.sort("account", "position").select(
                    label=pl.concat_str(pl.lit(f"{cap.name}:"), "account"),
                    position="position",
                    amount=pl.lit(1.0),
                    left="left",
                )
            )
    return pl.concat(found)
