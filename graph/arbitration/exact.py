"""Exact: few contacts' sets as one integer program, everybody else's fixed, solved by HiGHS.

Prices leave a gap of up to a few percent where contacts are few, since a limit then holds only a
few whole touches. One variable per contact and feasible set keeps fatigue linear; a campaign's
concave curve stands under its tangents.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import block_array, coo_array, csr_array, csr_matrix

from graph.arbitration.aside import aside
from graph.arbitration.campaigns import funded
from graph.arbitration.compiled import Floats, Ints, Masks, compiled
from graph.arbitration.draft import Draft
from graph.arbitration.packing import Units
from graph.arbitration.problem import CampaignLimit
from graph.arbitration.response import Field
from graph.arbitration.sets import MOST_SETS, Table, count_bits, has, list_sets, scratch
from graph.arbitration.ties import tolled

MOST_COLUMNS = 1_500
NODES = 2_000
"""A limit in nodes, not in seconds: the same problem gives the same answer on any machine."""
TANGENTS = 65


@dataclass(frozen=True)
class Columns:
    """C sets of some contacts of the one part: contact, mask, worth, and regret at the prices."""

    contact: Ints
    mask: Masks
    worth: Floats
    regret: Floats

    def where(self, some: np.typing.NDArray[np.bool_]) -> "Columns":
        return Columns(self.contact[some], self.mask[some], self.worth[some], self.regret[some])


def columns_of(draft: Draft, who: Ints, most: int) -> Columns:
    """All feasible sets of these contacts; one above `most` where there are more."""
    part = draft.field.parts[0]
    found = sets_of(part.table, part.units, draft.rates, draft.tolls[0], who, most)
    return Columns(*found)


@compiled
def sets_of(
    table: Table, units: Units, rates: Floats, tolls: Floats, who: Ints, most: int
) -> tuple[Ints, Masks, Floats, Floats]:
    masks, worth, room = np.empty(MOST_SETS + 2, np.uint64), np.empty(MOST_SETS + 2), scratch()
    contact, mask = np.empty(most + 1, np.int64), np.empty(most + 1, np.uint64)
    value, regret = np.empty(most + 1), np.empty(most + 1)
    at = 0
    for i in who:
        count = tolled(table, units, rates, tolls, i, room.charge)
        sets, first, best = list_sets(table, i, masks, worth, room), at, 0.0
        for n in range(sets):
            if at > most:
                return contact, mask, value, regret
            contact[at], mask[at], value[at], regret[at] = i, masks[n], worth[n], worth[n]
            for k in range(count):
                if has(masks[n], k):
                    regret[at] -= room.charge[k]
            best = max(best, regret[at])
            at += 1
        for place in range(first, at):
            regret[place] = best - regret[place]
    return contact[:at], mask[:at], value[:at], regret[:at]


def improve(draft: Draft, columns: Columns, gap: float = 1e-7, nodes: int = NODES) -> float:
    """Let these contacts choose anew among these sets, all limits held; everybody else stays.

    The draft changes only for the better. Returns the bound HiGHS proved of the whole value less
    charges, true if these are all sets of all contacts; infinite where it proved none.
    """
    answer = _solved(draft, columns, gap, nodes)
    if answer is None:
        return np.inf
    chosen, spends, proven = answer
    before = _standing(draft)
    part = draft.field.parts[0]
    kept, money = draft.masks[0].copy(), draft.spends
    draft.masks[0][np.unique(columns.contact)] = 0
    draft.masks[0][columns.contact[chosen]] = columns.mask[chosen]
    draft.spends = spends
    draft.measure()
    if len(spends):
        draft.spends = funded(draft.field.rows, draft.prices, draft.left, draft.spends)
        draft.measure()
    over = part.by_account and bool((draft.taken[0] > part.units.left).any())
    if over or not _standing(draft) > before:
        draft.masks[0][:] = kept
        draft.spends = money
        draft.measure()
    return proven


def _standing(draft: Draft) -> tuple[float, float]:
    """Drafts in order: first what hard limits lack, then value less charges."""
    rows = draft.field.rows
    broken = draft.broken
    lack = float((-draft.left[broken] / np.maximum(np.abs(rows.limit[broken]), 1.0)).sum())
    soft = draft.short & np.isfinite(rows.ceiling)
    charged = float((-draft.left[soft] * rows.ceiling[soft]).sum())
    return -lack, draft.value - charged


def _solved(
    draft: Draft, columns: Columns, gap: float, nodes: int
) -> tuple[Ints, Floats, float] | None:
    """Chosen columns, spends and the proven bound; None where HiGHS found no plan."""
    rows, campaigns = draft.field.rows, draft.field.rows.campaigns
    uses, person, limit, others = _rows_of(draft, columns)
    soft = np.flatnonzero(rows.minimum & np.isfinite(rows.ceiling))
    count, funds = len(columns.mask), len(campaigns)
    objective = np.concatenate(
        (-columns.worth, rows.ceiling[soft], np.ones(funds), -np.ones(funds))
    )
    shortfall = csr_array(
        (-np.ones(len(soft)), (soft, np.arange(len(soft)))), (len(limit), len(soft))
    )
    spending = csr_array(
        (np.ones(funds), (rows.column, np.arange(funds))), (len(rows.amounts), funds)
    )
    shared = csr_array(rows.weights.T) @ spending
    shared.resize((len(limit), funds))
    slope, height = _tangents(campaigns)
    each = csr_array(np.kron(np.eye(funds), np.ones((TANGENTS, 1))))
    blocks = [[uses, shortfall], [person, None]]
    if funds:
        blocks = [
            [uses, shortfall, shared, csr_array((len(limit), funds))],
            [person, None, None, None],
            [None, None, each.multiply(-slope[:, None]), each],
        ]
    top = np.concatenate((limit, np.ones(person.shape[0]), height if funds else []))
    least = [c.least for c in campaigns]
    low = np.concatenate((np.zeros(count + len(soft)), least, np.full(funds, -np.inf)))
    most = [c.most for c in campaigns]
    high = np.concatenate(
        (np.ones(count), np.full(len(soft), np.inf), most, np.full(funds, np.inf))
    )
    with aside():
        answer = milp(
            objective,
            integrality=np.concatenate((np.ones(count), np.zeros(len(objective) - count))),
            bounds=Bounds(low, high),
            constraints=LinearConstraint(csr_array(block_array(blocks)), -np.inf, top),
            options={"node_limit": nodes, "mip_rel_gap": gap},
        )
    if answer.x is None:
        return None
    at = count + len(soft)
    spends = np.clip(answer.x[at : at + funds], low[at : at + funds], high[at : at + funds])
    proven = others - float(answer.mip_dual_bound)
    return np.flatnonzero(answer.x[:count] > 0.5), spends, proven


def _rows_of(draft: Draft, columns: Columns) -> tuple[csr_array, csr_array, Floats, float]:
    """Use of each limit and account cap, each contact's row, limits less what the others use.

    Last, what the others are worth.
    """
    field, part = draft.field, draft.field.parts[0]
    row, group, amount = used_by(part.table, columns.contact, columns.mask)
    shape = (len(columns.mask), field.incidence.shape[0])
    uses = csr_array(csr_matrix((amount, (row, group)), shape) @ field.weights).T
    who, place = np.unique(columns.contact, return_inverse=True)
    person = csr_array(coo_array((np.ones(len(place)), (place, np.arange(len(place))))))
    rest = draft.masks[0].copy()
    rest[who] = 0
    others = Draft(
        field, draft.prices, draft.tolls, (rest,), draft.fixed, np.zeros_like(draft.spends)
    )
    others.measure()
    if not part.by_account:
        return uses, person, others.left, others.touches_value
    taken = _taken(part.units, part.unit_of, columns)
    left = (part.units.left - others.taken[0]).T.ravel()
    used = np.asarray(np.abs(taken).sum(axis=1)).ravel() > 0
    stacked = csr_array(block_array([[uses], [csr_array(taken[used])]]))
    return stacked, person, np.concatenate((others.left, left[used])), others.touches_value


def _taken(units: Units, unit_of: Ints, columns: Columns) -> csr_array:
    """What each column takes of each account cap, cap by cap: (A x units, C)."""
    count, caps = len(units.start) - 1, units.mask.shape[1]
    parts = [
        (_bits(columns.mask & units.mask[columns.contact, a]), unit_of[columns.contact] + a * count)
        for a in range(caps)
    ]
    data = np.concatenate([bits for bits, _ in parts])
    row = np.concatenate([rows for _, rows in parts])
    column = np.tile(np.arange(len(columns.mask)), caps)
    return csr_array((data, (row, column)), (caps * count, len(columns.mask)))


@compiled
def _bits(masks: Masks) -> Floats:
    found = np.empty(len(masks))
    for n in range(len(masks)):
        found[n] = count_bits(masks[n])
    return found


@compiled
def used_by(table: Table, contact: Ints, mask: Masks) -> tuple[Ints, Ints, Floats]:
    """What each column uses of each group: column, group, amount."""
    room = 0
    for i in contact:
        room += table.use_start[i + 1] - table.use_start[i]
    row, group, amount = np.empty(room, np.int64), np.empty(room, np.int64), np.empty(room)
    at = 0
    for n in range(len(contact)):
        i = contact[n]
        for use in range(table.use_start[i], table.use_start[i + 1]):
            if has(mask[n], table.use_of[use]):
                row[at], group[at], amount[at] = n, table.use_group[use], table.use_amount[use]
                at += 1
    return row[:at], group[:at], amount[:at]


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


__all__ = ["MOST_COLUMNS", "NODES", "Columns", "Field", "columns_of", "improve"]
