"""Exact: a small problem as one integer program over bundles, solved by HiGHS inside SciPy.

Prices leave a gap of up to a few percent where contacts are few, since a limit then holds only a
few whole touches. One variable per contact and feasible bundle keeps fatigue linear; a campaign's
concave curve stands under its tangents.
"""

from dataclasses import replace

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import block_array, coo_array, csr_array, csr_matrix

from graph.arbitration.campaigns import funded
from graph.arbitration.draft import Draft
from graph.arbitration.packing import Floats, Ints, Packed
from graph.arbitration.problem import CampaignLimit
from graph.arbitration.worth import charged, value_of

MOST_COLUMNS = 1_500
NODES = 2_000
"""A limit in nodes, not in seconds: the same problem gives the same answer on any machine."""
TANGENTS = 65


def is_small(packed: Packed) -> bool:
    """Whether the contacts' feasible bundles are few enough."""
    return sum(int(np.isfinite(block.values).sum()) for block in packed.blocks) <= MOST_COLUMNS


def exact(draft: Draft, bound: float) -> tuple[Draft, float]:
    """The better of the draft and the integer optimum, and the lower of the two bounds.

    Drawn bundles stay as they are; a bound under that condition is none for the whole problem.
    """
    columns = _columns(draft)
    answer = _solved(draft, columns) if len(columns) else None
    if answer is None:
        return draft, bound
    chosen, spends, proven = answer
    free = not any(own.any() for own in draft.frozen)
    bound = min(bound, proven) if free else bound
    bundles = [np.zeros_like(own) for own in draft.bundles]
    for number, contact, bundle in columns[chosen]:
        bundles[number][contact] = bundle
    other = replace(draft, bundles=bundles, spends=spends)
    other.measure()
    if len(spends):
        other.spends = funded(other.rows, other.prices, other.left, other.spends)
        other.measure()
    worse = value_of(other) - charged(other) <= value_of(draft) - charged(draft)
    best = draft if other.exceeded.any() or (worse and not _breaks(draft)) else other
    return best, max(bound, value_of(best) - charged(best))


def _breaks(draft: Draft) -> bool:
    return bool(((draft.left < -draft.slop) & draft.rows.hard).any())


def _columns(draft: Draft) -> Ints:
    """Block, contact and bundle of every feasible bundle that is not empty, (C, 3)."""
    found = [np.zeros((0, 3), dtype=np.int64)]
    for number, block, bundles, frozen in draft.blocks():
        open_ones = np.isfinite(block.values)
        own = np.arange(len(block.bundles))[:, None] == bundles[None, :]
        open_ones &= ~frozen[None, :] | own
        bundle, contact = np.nonzero(open_ones[1:])
        found.append(np.column_stack((np.full(len(contact), number), contact, bundle + 1)))
    return np.concatenate(found)


def _solved(draft: Draft, columns: Ints) -> tuple[Ints, Floats, float] | None:
    """Chosen columns, spends and the proven bound; None where HiGHS found no plan."""
    rows, campaigns = draft.rows, draft.rows.campaigns
    worth, uses, person, fixed = _contacts(draft, columns)
    soft = np.flatnonzero(rows.minimum & np.isfinite(rows.ceiling))
    count, funds = len(worth), len(campaigns)
    objective = np.concatenate((-worth, rows.ceiling[soft], np.ones(funds), -np.ones(funds)))
    shortfall = csr_array(
        (-np.ones(len(soft)), (soft, np.arange(len(soft)))), (len(rows.limit), len(soft))
    )
    spending = csr_array(
        (np.ones(funds), (rows.column, np.arange(funds))), (len(rows.amounts), funds)
    )
    shared = csr_array(rows.weights.T) @ spending
    slope, height = _tangents(campaigns)
    each = csr_array(np.kron(np.eye(funds), np.ones((TANGENTS, 1))))
    matrix = block_array(
        [
            [uses, shortfall, shared, csr_array((len(rows.limit), funds))],
            [person, None, None, None],
            [None, None, each.multiply(-slope[:, None]), each],
        ]
        if funds
        else [[uses, shortfall], [person, None]]
    )
    top = np.concatenate((rows.limit, np.ones(person.shape[0]), height))
    low = np.concatenate(
        (fixed, np.zeros(len(soft)), [c.least for c in campaigns], np.full(funds, -np.inf))
    )
    high = np.concatenate(
        (
            np.ones(count),
            np.full(len(soft), np.inf),
            [c.most for c in campaigns],
            np.full(funds, np.inf),
        )
    )
    answer = milp(
        objective,
        integrality=np.concatenate((np.ones(count), np.zeros(len(objective) - count))),
        bounds=Bounds(low, high),
        constraints=LinearConstraint(csr_array(matrix), -np.inf, top),
        options={"node_limit": NODES, "mip_rel_gap": 1e-7},
    )
    if answer.x is None:
        return None
    at = count + len(soft)
    spends = np.clip(answer.x[at : at + funds], low[at : at + funds], high[at : at + funds])
    return np.flatnonzero(answer.x[:count] > 0.5), spends, -float(answer.mip_dual_bound)


def _contacts(draft: Draft, columns: Ints) -> tuple[Floats, csr_array, csr_array, Floats]:
    """Worth of each column, its use of each limit, its contact's row, and 1 where it is drawn."""
    worth, fixed = np.zeros(len(columns)), np.zeros(len(columns))
    rows, positions, people = [], [], np.zeros(len(columns), dtype=np.int64)
    for number, block, _, frozen in draft.blocks():
        mine = np.flatnonzero(columns[:, 0] == number)
        contact, bundle = columns[mine, 1], columns[mine, 2]
        worth[mine], fixed[mine] = block.values[bundle, contact], frozen[contact]
        people[mine] = block.rows[0, contact]
        inside = block.members[bundle]
        rows.append(mine[np.nonzero(inside)[0]])
        positions.append(block.rows.T[contact][inside])
    at = (np.concatenate(rows), np.concatenate(positions))
    moves = csr_matrix((np.ones(len(at[0])), at), (len(columns), len(draft.packed.order)))
    uses = csr_array((moves @ draft.rows.uses @ draft.rows.weights).T)
    _, place = np.unique(people, return_inverse=True)
    person = coo_array((np.ones(len(columns)), (place, np.arange(len(columns)))))
    return worth, uses, csr_array(person), fixed


def _tangents(campaigns: tuple[CampaignLimit, ...]) -> tuple[Floats, Floats]:
    """Slopes and heights of lines above each curve, TANGENTS a campaign.

    From a hair above zero, where a curve of shape under one is upright.
    """
    slopes, heights = [], []
    for one in campaigns:
        for spend in np.linspace(
            max(one.least, 1e-6 * one.most, 1e-9), max(one.most, 1e-9), TANGENTS
        ):
            slope = one.curve.slope(float(spend))
            slopes.append(slope)
            heights.append(float(one.curve.value(spend)) - slope * spend)
    return np.array(slopes), np.array(heights)
