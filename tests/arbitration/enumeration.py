"""Trying every subset: what an exact solver must find, and whether any plan exists at all.

Written apart from the product's code and without its shortcuts; for up to a dozen candidates and
two campaigns. Spends are settled exactly: the region that the limits leave is a polygon, and the
curves are concave.
"""

from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np
import numpy.typing as npt

from graph.arbitration.problem import CampaignLimit, Problem

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

SLACK = 1e-7
GOLDEN = (5**0.5 - 1) / 2


@dataclass(frozen=True)
class Trial:
    """All S subsets of the candidates: which hold every rule, and what the best of them is worth.

    subsets: (S, n). feasible: some spends hold the shared limits too. worth: value less charges at
    the best spends, -inf where it is not feasible.
    """

    problem: Problem
    subsets: Bools
    feasible: Bools
    worth: Floats

    @property
    def best(self) -> float:
        return float(self.worth.max())

    def used(self, resource: str) -> Floats:
        """What each subset uses, with as much spend as the campaigns' steps allow."""
        most = sum(one.most for one in self.problem.limits.campaigns if one.resource == resource)
        return self.amounts.get(resource, np.zeros(len(self.subsets))) + most

    @cached_property
    def amounts(self) -> dict[str, Floats]:
        return _amounts(self.problem, self.subsets)


def tried(problem: Problem) -> Trial:
    """Try every subset of a problem's candidates."""
    count = problem.candidates.height
    subsets = np.array(list(product([False, True], repeat=count)), dtype=np.bool_)
    subsets = subsets[_local(problem, subsets)]
    amounts = _amounts(problem, subsets)
    region = _region(problem, amounts)
    value = _touches(problem, subsets) - _charges(problem, amounts)
    term, feasible = _spending(problem.limits.campaigns, *region)
    worth = np.where(feasible, value + term, -np.inf)
    return Trial(problem, subsets, feasible, worth)


def _local(problem: Problem, subsets: Bools) -> Bools:
    """Subsets that hold every rule of one contact or account."""
    rows = problem.candidates.to_dicts()
    limits = problem.limits
    good = np.ones(len(subsets), dtype=np.bool_)

    def has(row: dict[str, object], column: str, value: str) -> bool:
        return row[column] is not None and str(row[column]) == value

    left = {(cap, one): rest for cap, one, rest in sorted(problem.remaining.rows(), reverse=True)}
    for cap in limits.caps:
        counted = [all(has(row, *pair) for pair in cap.where.items()) for row in rows]
        for one in {row[cap.per] for row in rows} - {None}:
            mine = [i for i, row in enumerate(rows) if counted[i] and row[cap.per] == one]
            top = min(cap.at_most, left.get((cap.name, one), cap.at_most))
            good &= subsets[:, mine].sum(axis=1) <= top
    for i, one in enumerate(rows):
        mates = [j for j, other in enumerate(rows) if other["contact"] == one["contact"]]
        for left_column, a, right, b in limits.requires:
            if has(one, left_column, a):
                met = [j for j in mates if has(rows[j], right, b)]
                good &= ~subsets[:, i] | subsets[:, met].any(axis=1)
        for j in mates:
            if i != j and _apart(problem, one, rows[j]):
                good &= ~(subsets[:, i] & subsets[:, j])
            if one.get("bundle") is not None and one["bundle"] == rows[j]["bundle"]:
                good &= subsets[:, i] == subsets[:, j]
    return good


def _apart(problem: Problem, one: dict[str, object], other: dict[str, object]) -> bool:
    """Whether some rule keeps two candidates of one contact apart."""
    limits = problem.limits
    for column in limits.alternatives:
        if one[column] is not None and one[column] == other[column]:
            return True
    for left, a, right, b in limits.exclusions:
        if str(one[left]) == a and str(other[right]) == b:
            return True
    for first, second, hours in limits.spacing_hours:
        if (one["channel"], other["channel"]) == (first, second):
            slots = one["slot"], other["slot"]
            if None not in slots and abs((slots[0] - slots[1]).total_seconds()) < 3600 * hours:  # type: ignore[operator]
                return True
    return False


def _amounts(problem: Problem, subsets: Bools) -> dict[str, Floats]:
    """What each subset uses of each resource, without campaigns."""
    place = {number: i for i, number in enumerate(problem.candidates["candidate"].to_list())}
    found = {"touches": subsets.sum(axis=1).astype(np.float64)}
    for number, resource, amount in problem.uses.iter_rows():
        found.setdefault(resource, np.zeros(len(subsets)))
        found[resource] += subsets[:, place[number]] * amount
    return found


def _touches(problem: Problem, subsets: Bools) -> Floats:
    """Value of each subset after fatigue."""
    contact = problem.candidates["contact"].to_numpy()
    value = problem.candidates["value"].to_numpy()
    factors = problem.limits.fatigue
    total = np.zeros(len(subsets))
    for one in np.unique(contact):
        mine = np.where(subsets[:, contact == one], value[contact == one], 0.0)
        total += np.minimum(mine, 0.0).sum(axis=1)
        ranked = -np.sort(-np.maximum(mine, 0.0), axis=1)
        each = [factors[min(rank, len(factors) - 1)] for rank in range(ranked.shape[1])]
        total += ranked @ np.array(each)
    return total


def _charges(problem: Problem, amounts: dict[str, Floats]) -> Floats:
    """Charges of shortfalls; resources of campaigns have no price ceiling in these problems."""
    size = len(amounts["touches"])
    total = np.zeros(size)
    for one in problem.limits.resources:
        if one.at_least is not None and one.ceiling is not None:
            assert one.name not in {c.resource for c in problem.limits.campaigns}
            lack = one.at_least - amounts.get(one.name, np.zeros(size))
            total += one.ceiling * np.maximum(lack, 0.0)
    return total


def _region(problem: Problem, amounts: dict[str, Floats]) -> tuple[Floats, Floats]:
    """The shared limits as `weights @ spends <= room`: (R, campaigns), (S, R)."""
    campaigns = problem.limits.campaigns
    weights, rooms = [], []
    nothing = np.zeros(len(amounts["touches"]))

    def add(weighed: dict[str, float], top: float) -> None:
        spending = [weighed.get(one.resource, 0.0) for one in campaigns]
        used = sum((w * amounts.get(name, nothing) for name, w in weighed.items()), nothing)
        weights.append(spending)
        rooms.append(top - used)

    for number, one in enumerate(campaigns):
        for sign, top in ((1.0, one.most), (-1.0, -one.least)):
            weights.append([sign * (i == number) for i in range(len(campaigns))])
            rooms.append(np.full(len(nothing), top))
    for limit in problem.limits.resources:
        if limit.at_most is not None:
            add({limit.name: 1.0}, limit.at_most)
        if limit.at_least is not None and limit.ceiling is None:
            add({limit.name: -1.0}, -limit.at_least)
        if limit.at_most_share is not None:
            of, share = limit.at_most_share.of, limit.at_most_share.share
            own = {limit.name: 1.0 - share} if of == limit.name else {limit.name: 1.0, of: -share}
            add(own, 0.0)
    if not rooms:
        return np.zeros((0, len(campaigns))), np.zeros((len(nothing), 0))
    return np.array(weights).reshape(len(rooms), len(campaigns)), np.column_stack(rooms)


def _spending(
    campaigns: tuple[CampaignLimit, ...], weights: Floats, rooms: Floats
) -> tuple[Floats, Bools]:
    """Worth of the best spends of each subset, and whether any spends hold; up to two campaigns."""
    if not campaigns:
        return np.zeros(len(rooms)), (rooms >= -SLACK).all(axis=1)
    if len(campaigns) == 1:
        low, high = _interval(weights[:, 0], rooms)
        spend = np.clip(_peak(campaigns[0]), low, high)
        return _term(campaigns[0], spend), low <= high
    first, second = campaigns
    low, high = _interval(*_without_first(weights, rooms))
    feasible = low <= high
    low, high = np.where(feasible, low, 0.0), np.where(feasible, high, 0.0)
    peak = _peak(first)

    def at(spend: Floats) -> Floats:
        inner_low, inner_high = _interval(weights[:, 0], rooms - weights[:, 1] * spend[:, None])
        own = np.clip(peak, inner_low, np.maximum(inner_low, inner_high))
        return _term(first, own) + _term(second, spend)

    for _ in range(70):
        one, other = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
        left = at(one) >= at(other)
        low, high = np.where(left, low, one), np.where(left, other, high)
    return np.where(feasible, at((low + high) / 2), 0.0), feasible


def _interval(weights: Floats, rooms: Floats) -> tuple[Floats, Floats]:
    """What one spend may be: lower and upper end; crossed where nothing may."""
    low, high = np.full(len(rooms), -np.inf), np.full(len(rooms), np.inf)
    for weight, room in zip(weights, rooms.T, strict=True):
        if weight > 0:
            high = np.minimum(high, room / weight)
        elif weight < 0:
            low = np.maximum(low, room / weight)
        else:
            low = np.where(room < -SLACK, np.inf, low)
    crossed = low > high + SLACK
    return np.where(crossed, 1.0, low), np.where(crossed, 0.0, np.maximum(low, high))


def _without_first(weights: Floats, rooms: Floats) -> tuple[Floats, Floats]:
    """The limits on the second spend that remain when the first may be anything (Fourier 1826)."""
    found = [(w[1], room) for w, room in zip(weights, rooms.T, strict=True) if w[0] == 0]
    for up, up_room in zip(weights, rooms.T, strict=True):
        for down, down_room in zip(weights, rooms.T, strict=True):
            if up[0] > 0 > down[0]:
                scaled = up[1] / up[0] - down[1] / down[0]
                found.append((scaled, up_room / up[0] - down_room / down[0]))
    return np.array([w for w, _ in found]), np.column_stack([room for _, room in found])


def _peak(campaign: CampaignLimit) -> float:
    """The spend whose next unit brings what it costs."""
    low, high = 1e-12, 1e9
    for _ in range(200):
        middle = (low * high) ** 0.5
        low, high = (middle, high) if campaign.curve.slope(middle) > 1 else (low, middle)
    return low


def _term(campaign: CampaignLimit, spend: Floats) -> Floats:
    return np.asarray(campaign.curve.value(spend)) - spend
