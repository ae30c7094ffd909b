"""The program: constraints and worth of a problem as one mixed integer program.

Fatigue: a touch takes a rank, each rank but the last is taken once, and the best ranks go to the
best touches by themselves since the factors do not rise. A campaign's concave curve lies under
tangents, which makes the program's optimum an upper bound; tangents where it spends make it tight.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.sparse import block_array, coo_array, csr_array

from graph.arbitration.problem import CampaignLimit, Problem
from graph.arbitration.program.constraints import SOFT, Constraints, constraints_of
from graph.arbitration.program.highs import Model

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

TANGENTS: Final = 17
HAIR: Final = 1e-9
"""Share of the highest spend: the first tangent, where a curve of shape under 1 is upright at 0."""


@dataclass(frozen=True)
class Program:
    """`model` and where to read its answer.

    Its columns: candidates, spends, totals, ranks, the campaigns' terms, shortfalls. Its objective
    is the value less the charges of shortfalls.
    """

    model: Model
    candidates: int
    spends: slice


@dataclass(frozen=True)
class Ranks:
    """What each candidate brings at least, and what a better rank adds.

    base: by candidate. extra: what a rank adds to its candidate, (Y,). candidate: by rank, (Y,).
    seat: ranks of one number are one seat, taken once.
    """

    base: Floats
    extra: Floats
    candidate: Ints
    seat: Ints


def program_of(
    problem: Problem,
    spends: dict[str, list[float]] | None = None,
    fixed: npt.NDArray[np.int8] | None = None,
) -> Program:
    """The program of a problem; exploration plays no part in it.

    spends: by campaign, where to lay further tangents. fixed: by candidate, 1 or 0 where it must
    or may not be chosen, -1 where it is free.
    """
    constraints = constraints_of(problem, merged=True)
    ranks = ranks_of(problem)
    campaigns, soft = problem.limits.campaigns, constraints.soft
    slopes, heights, whose = _tangents(campaigns, spends or {})
    width = constraints.matrix.shape[1]
    first_spend = constraints.candidates
    counts = (width, len(ranks.extra), len(campaigns), len(soft))
    total = sum(counts)
    at = np.concatenate(([0], np.cumsum(counts)))

    gain = np.zeros(total)
    gain[:first_spend] = ranks.base
    gain[first_spend : first_spend + len(campaigns)] = -1.0
    gain[at[1] : at[2]] = ranks.extra
    gain[at[2] : at[3]] = 1.0
    gain[at[3] :] = [-(one.ceiling or 0.0) for one in soft]
    low, high = np.zeros(total), np.full(total, np.inf)
    high[:first_spend] = 1.0
    high[at[1] : at[2]] = 1.0
    if fixed is not None:
        low[:first_spend] = fixed == 1
        high[:first_spend] = fixed != 0
    matrix, top = _rows(constraints, ranks, counts, (slopes, heights, whose))
    return Program(
        model=Model(
            gain=gain,
            low=low,
            high=high,
            whole=np.arange(total) < first_spend,
            matrix=matrix,
            row_low=np.concatenate((constraints.low, np.full(len(top), -np.inf))),
            row_top=np.concatenate((constraints.top, top)),
        ),
        candidates=first_spend,
        spends=slice(first_spend, first_spend + len(campaigns)),
    )


def ranks_of(problem: Problem) -> Ranks:
    """Fatigue by rank. A contact with p positive candidates can fill p ranks and no more."""
    factors = np.asarray(problem.limits.fatigue)
    value = problem.candidates.get_column("value").to_numpy().astype(np.float64)
    positive = value > 0
    own = pl.DataFrame({"contact": problem.candidates.get_column("contact"), "good": positive})
    many = own.select(pl.col("good").sum().over("contact")).to_series().to_numpy()
    last = np.clip(many, 1, len(factors)).astype(np.int64) - 1
    base = np.where(positive, value * factors[last], value)
    _, person = np.unique(own.get_column("contact").to_numpy(), return_inverse=True)
    candidates, extras, seats = [], [], []
    for rank in range(len(factors) - 1):
        gain = value * (factors[rank] - factors[last])
        mine = np.flatnonzero(positive & (rank < last) & (gain > 0))
        candidates.append(mine)
        extras.append(gain[mine])
        seats.append(person[mine] * len(factors) + rank)
    nothing = np.zeros(0, dtype=np.int64)
    return Ranks(
        base=base,
        extra=np.concatenate([np.zeros(0), *extras]),
        candidate=np.concatenate([nothing, *candidates]),
        seat=np.unique(np.concatenate([nothing, *seats]), return_inverse=True)[1],
    )


def _rows(
    constraints: Constraints,
    ranks: Ranks,
    counts: tuple[int, int, int, int],
    tangents: tuple[Floats, Floats, Ints],
) -> tuple[csr_array, Floats]:
    """All rows over all columns, and the tops of those below the constraints."""
    width, count, campaigns, soft = counts
    each = np.arange(count)
    taken, links = np.unique(ranks.candidate, return_inverse=True)
    seats = int(ranks.seat.max()) + 1 if count else 0
    chosen = _sparse(np.full(len(taken), -1.0), np.arange(len(taken)), taken, (len(taken), width))
    linked = _sparse(np.ones(count), links, each, (len(taken), count))
    seated = _sparse(np.ones(count), ranks.seat, each, (seats, count))
    slopes, heights, whose = tangents
    lines = np.arange(len(whose))
    spent = _sparse(-slopes, lines, constraints.candidates + whose, (len(whose), width))
    brought = _sparse(np.ones(len(whose)), lines, whose, (len(whose), campaigns))
    short = np.flatnonzero(constraints.rule == SOFT)
    shortfall = _sparse(np.full(soft, -1.0), short, np.arange(soft), (len(constraints.rule), soft))
    nobody = csr_array((seats, width))
    blocks = [
        [constraints.matrix, None, None, shortfall],
        [chosen, linked, None, None],
        [nobody, seated, None, None],
        [spent, None, brought, None],
    ]
    top = np.concatenate((np.zeros(len(taken)), np.ones(seats), heights))
    return csr_array(block_array(blocks)), top


def _sparse(weights: Floats, rows: Ints, columns: Ints, shape: tuple[int, int]) -> csr_array:
    return csr_array(coo_array((weights, (rows, columns)), shape=shape))


def _tangents(
    campaigns: tuple[CampaignLimit, ...], spends: dict[str, list[float]]
) -> tuple[Floats, Floats, Ints]:
    """Slope and height of lines above the curves, and whose each is."""
    slopes, heights, whose = [], [], []
    for number, one in enumerate(campaigns):
        hair = max(HAIR * one.most, 1e-12)
        low, high = max(one.least, hair), max(one.most, hair)
        points = {*np.linspace(low, high, TANGENTS), *np.geomspace(low, high, TANGENTS)}
        points |= {max(spend, hair) for spend in spends.get(one.name, ())}
        for spend in sorted(float(point) for point in points):
            slope = one.curve.slope(spend)
            slopes.append(slope)
            heights.append(float(one.curve.value(spend)) - slope * spend)
            whose.append(number)
    return np.array(slopes), np.array(heights), np.array(whose, dtype=np.int64)
