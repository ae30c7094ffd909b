"""The dual: prices of the shared limits, the bound they prove, and the best response to them.

D(prices) = sum over contacts of the best bundle's value less its price, plus each campaign's best
term, plus prices x limits. It is convex, and an upper bound of the optimum at every price
(Lagrangian duality; Geoffrion, "Lagrangean Relaxation for Integer Programming", 1974). It is
minimised by L-BFGS-B over price bounds (Byrd, Lu, Nocedal and Zhu 1995).
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy.optimize import minimize
from scipy.sparse import csr_matrix

from graph.arbitration.packing import Bools, Floats, Ints, Packed, left_of, matching
from graph.arbitration.problem import CampaignLimit, Problem

PASSES = 90
"""Evaluations of the dual for one search; a search that stops early at a kink starts afresh."""


@dataclass(frozen=True)
class Rows:
    """Shared limits as `matrix.T @ chosen <= limit`, one column each.

    A minimum stands with its signs turned; `ceiling` bounds its price. `campaign_uses[r]`: the
    campaigns that spend of row r.
    """

    names: tuple[str, ...]
    matrix: csr_matrix
    limit: Floats
    ceiling: Floats
    minimum: Bools
    campaigns: tuple[tuple[CampaignLimit, int], ...]


@dataclass(frozen=True)
class Response:
    """Best bundle of every contact at given prices, block by block."""

    bundles: tuple[Ints, ...]
    chosen: Bools
    spends: Floats
    worth: float
    """Value less prices, campaigns included."""


def rows_of(problem: Problem) -> Rows:
    """The shared limits as rows. A campaign's resource must be a limited one."""
    columns: list[Floats] = []
    names: list[str] = []
    limits: list[float] = []
    ceilings: list[float] = []
    minimum: list[bool] = []

    def add(name: str, uses: Floats, limit: float, ceiling: float, least: bool) -> None:
        names.append(name)
        columns.append(uses)
        limits.append(limit)
        ceilings.append(ceiling)
        minimum.append(least)

    for resource in problem.limits.resources:
        uses = uses_of(problem, resource.name)
        if resource.at_most is not None:
            add(resource.name, uses, resource.at_most, np.inf, False)
        if resource.at_least is not None:
            ceiling = np.inf if resource.ceiling is None else resource.ceiling
            add(f"{resource.name} (least)", -uses, -resource.at_least, ceiling, True)
        if resource.at_most_share is not None:
            of = resource.at_most_share.of
            whole = np.ones(len(uses)) if of == "touches" else uses_of(problem, of)
            share = resource.at_most_share.share
            add(f"{resource.name} (share)", uses - share * whole, 0.0, np.inf, False)
    for name, uses, limit in _account_rows(problem):
        add(name, uses, limit, np.inf, False)
    stacked = np.column_stack(columns) if columns else np.zeros((problem.candidates.height, 0))
    return Rows(
        tuple(names),
        csr_matrix(stacked),
        np.asarray(limits, dtype=np.float64),
        np.asarray(ceilings, dtype=np.float64),
        np.asarray(minimum, dtype=np.bool_),
        tuple((one, names.index(one.resource)) for one in problem.limits.campaigns),
    )


def uses_of(problem: Problem, resource: str) -> Floats:
    """What each candidate uses of a resource, in the candidates' order."""
    used = (
        problem.uses.filter(pl.col("resource") == resource)
        .group_by("candidate")
        .agg(pl.col("amount").sum())
    )
    ids = problem.candidates.select(pl.col("candidate"))
    joined = ids.join(used, on="candidate", how="left", maintain_order="left")
    return np.asarray(joined.get_column("amount").fill_null(0.0).to_numpy(), dtype=np.float64)


def _account_rows(problem: Problem) -> list[tuple[str, Floats, float]]:
    """One row for each account that could exceed its cap."""
    frame = problem.candidates
    strings = [name for name in frame.columns if frame.schema[name] == pl.String]
    columns = {name: frame.get_column(name).to_numpy() for name in strings}
    found = []
    for cap in problem.limits.caps:
        if cap.per != "account":
            continue
        counted = frame.filter(pl.Series(matching(columns, cap, frame.height)))
        accounts = counted.get_column("account").drop_nulls().unique().sort().to_numpy()
        left = left_of(problem, cap, accounts)
        people = dict(counted.group_by("account").agg(pl.len()).iter_rows())
        account_of = frame.get_column("account").fill_null(-1).to_numpy()
        match = matching(columns, cap, frame.height)
        found += [
            (f"{cap.name}:{account}", (match & (account_of == account)) * 1.0, float(room))
            for account, room in zip(accounts.tolist(), left.tolist(), strict=True)
            if people[account] > room
        ]
    return found


def respond(packed: Packed, rows: Rows, prices: Floats) -> Response:
    """Every contact's best bundle and every campaign's best spend at these prices."""
    price = np.asarray(rows.matrix @ prices).ravel()
    chosen = np.zeros(packed.candidates, dtype=np.bool_)
    bundles, worth = [], 0.0
    for block in packed.blocks:
        reduced = block.values - price[block.rows] @ block.members.T.astype(np.float64)
        best = np.argmax(reduced, axis=1)
        worth += float(np.take_along_axis(reduced, best[:, None], axis=1).sum())
        chosen[block.rows[block.members[best]]] = True
        bundles.append(best)
    spends = np.array([best_spend(one, prices[row]) for one, row in rows.campaigns])
    for (one, row), spend in zip(rows.campaigns, spends, strict=True):
        worth += campaign_term(one, spend) - prices[row] * spend
    return Response(tuple(bundles), chosen, spends, worth)


def campaign_term(campaign: CampaignLimit, spend: float) -> float:
    """What a campaign's spend brings net of itself, minor units."""
    return float(campaign.curve.value(spend)) - spend


def best_spend(campaign: CampaignLimit, price: float) -> float:
    """The spend within the step whose next unit brings what it costs: slope = 1 + price."""
    low, high = campaign.least, campaign.most
    if campaign.curve.slope(high) >= 1 + price:
        return high
    if campaign.curve.slope(low) <= 1 + price:
        return low
    for _ in range(60):
        middle = (low + high) / 2
        if campaign.curve.slope(middle) > 1 + price:
            low = middle
        else:
            high = middle
    return low


@dataclass(frozen=True)
class Dual:
    """The best prices found, and the bound they prove."""

    prices: Floats
    bound: float
    passes: int


def minimise(packed: Packed, rows: Rows, warm: Floats | None = None) -> Dual:
    """Search the prices of the least bound. Every price visited proves one; the least counts."""
    if not rows.names:
        return Dual(np.zeros(0), respond(packed, rows, np.zeros(0)).worth, 1)
    scale = _scale(rows)
    best = Dual(np.zeros(len(rows.names)), np.inf, 0)
    passes = 0

    def bound(scaled: Floats) -> tuple[float, Floats]:
        nonlocal best, passes
        prices = scaled / scale
        response = respond(packed, rows, prices)
        passes += 1
        value = response.worth + float(prices @ rows.limit)
        if value < best.bound:
            best = Dual(prices.copy(), value, passes)
        return value, slack(rows, response.chosen, response.spends) / scale

    start = np.zeros(len(rows.names)) if warm is None else np.minimum(warm, rows.ceiling) * scale
    bounds = [(0.0, top) for top in rows.ceiling * scale]
    options = {"maxfun": PASSES, "maxcor": 30, "ftol": 1e-12, "gtol": 1e-9}
    for _ in range(3):  # a kinked dual stops the line search early; a fresh start goes on
        before = best.bound
        minimize(bound, start, jac=True, method="L-BFGS-B", bounds=bounds, options=options)
        start = best.prices * scale
        if before - best.bound < 1e-4 * abs(best.bound):
            break
    return Dual(best.prices, best.bound, passes)


def _scale(rows: Rows) -> Floats:
    """Rows of like size: each by the root of its summed squared uses."""
    squares: Floats = np.asarray(rows.matrix.multiply(rows.matrix).sum(axis=0)).ravel()
    for one, row in rows.campaigns:
        squares[row] += one.now**2
    return np.where(squares > 0, np.sqrt(squares), 1.0)


def slack(rows: Rows, chosen: Bools, spends: Floats) -> Floats:
    """What is left of each row; negative where it is exceeded."""
    used: Floats = np.asarray(rows.matrix.T @ chosen.astype(np.float64)).ravel()
    for (_, row), spend in zip(rows.campaigns, spends, strict=True):
        used[row] += spend
    left: Floats = rows.limit - used
    return left
