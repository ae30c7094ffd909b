"""The exact optimum of a small problem: one variable for each tried set, solved by HiGHS.

Its own formulation, over `trying`'s sets: it shares no line with the solver that it judges.
"""

from dataclasses import dataclass

import highspy
import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from evals.trying import TriedSet, counts_for
from graph.arbitration.aside import aside
from graph.arbitration.problem import TOUCHES, Problem

Floats = npt.NDArray[np.float64]
TANGENTS = 129
GAP = 1e-6
Row = tuple[dict[int, float] | Floats, float]
"""Weights of the variables, sparse or whole, and what their sum may not exceed."""


@dataclass(frozen=True)
class Exact:
    """The best plan HiGHS found, and what none can exceed; minor units, shortfalls charged.

    bound: the optimum lies at or under it. A campaign's curve stands under its tangents, so that
    the bound may be a little too high, and a ratio to it a little too low.
    """

    value: float
    bound: float


def exact(problem: Problem, sets: list[TriedSet], seconds: float) -> Exact | None:
    """Solve it, for at most so long; None where HiGHS found no plan."""
    limits, count = problem.limits, len(sets)
    soft = [one for one in limits.resources if one.at_least is not None and one.ceiling]
    campaigns = limits.campaigns
    width = count + len(soft) + 2 * len(campaigns)
    spend_at, height_at = count + len(soft), count + len(soft) + len(campaigns)
    rows: list[Row] = []
    sums = _sums(problem, sets, width, spend_at)

    def sum_of(name: str) -> Floats:
        return sums.get(name, np.zeros(width))

    for one in limits.resources:
        own = sum_of(one.name)
        if one.at_most is not None:
            rows.append((own, one.at_most))
        if one.at_least is not None:
            served = -own
            if one.ceiling:
                served[count + soft.index(one)] = -1.0
            rows.append((served, -one.at_least))
        if one.at_most_share is not None:
            rows.append((own - one.at_most_share.share * sum_of(one.at_most_share.of), 0.0))
    rows += _one_each(sets)
    rows += _account_caps(problem, sets)
    for number, one_campaign in enumerate(campaigns):
        for spend in np.linspace(max(one_campaign.least, 1e-6), one_campaign.most, TANGENTS):
            slope = one_campaign.curve.slope(float(spend))
            height = float(one_campaign.curve.value(spend)) - slope * float(spend)
            rows.append(({height_at + number: 1.0, spend_at + number: -slope}, height))
    low, high = _bounds(problem, spend_at, width)
    cost = np.concatenate(
        (
            [-one.worth for one in sets],
            [float(one.ceiling or 0.0) for one in soft],
            np.ones(len(campaigns)),
            -np.ones(len(campaigns)),
        )
    )
    with aside():
        return _solved(cost, low, high, count, rows, seconds)


def _bounds(problem: Problem, spend_at: int, width: int) -> tuple[Floats, Floats]:
    """Lowest and highest value of each variable."""
    campaigns = problem.limits.campaigns
    low, high = np.zeros(width), np.full(width, np.inf)
    low[spend_at + len(campaigns) :] = -np.inf
    for place, one in enumerate(campaigns, start=spend_at):
        low[place], high[place] = one.least, one.most
    return low, high


def _solved(
    cost: Floats, low: Floats, high: Floats, integers: int, rows: list[Row], seconds: float
) -> Exact | None:
    """Least cost under these rows; the first `integers` variables are zero or one."""
    high = high.copy()
    high[:integers] = 1.0
    model = highspy.Highs()  # type: ignore[no-untyped-call]
    program = highspy.HighsLp()
    matrix = _stacked(rows, len(cost))
    program.num_col_, program.num_row_ = len(cost), len(rows)
    program.col_cost_, program.col_lower_, program.col_upper_ = cost, low, high
    program.row_lower_ = np.full(len(rows), -np.inf)
    program.row_upper_ = np.array([top for _, top in rows])
    program.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    program.a_matrix_.start_ = matrix.indptr
    program.a_matrix_.index_, program.a_matrix_.value_ = matrix.indices, matrix.data
    kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
    program.integrality_ = [kinds[number < integers] for number in range(len(cost))]
    for option, value in {
        "output_flag": False,
        "threads": 1,
        "time_limit": seconds,
        "mip_rel_gap": GAP,
    }.items():
        model.setOptionValue(option, value)
    model.passModel(program)
    model.run()
    said = model.getInfo()
    if said.primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
        return None
    return Exact(-float(said.objective_function_value), -float(said.mip_dual_bound))


def _sums(problem: Problem, sets: list[TriedSet], width: int, spend_at: int) -> dict[str, Floats]:
    """What each variable adds to each resource."""
    number = problem.candidates.get_column("candidate").to_list()
    by_candidate: dict[int, list[tuple[str, float]]] = {}
    for candidate, resource, amount in problem.uses.iter_rows():
        by_candidate.setdefault(candidate, []).append((resource, amount))
    sums: dict[str, Floats] = {}
    for column, one in enumerate(sets):
        for place in one.members:
            for resource, amount in [(TOUCHES, 1.0), *by_candidate.get(number[place], [])]:
                sums.setdefault(resource, np.zeros(width))[column] += amount
    for place, campaign in enumerate(problem.limits.campaigns):
        sums.setdefault(campaign.resource, np.zeros(width))[spend_at + place] += 1.0
    return sums


def _one_each(sets: list[TriedSet]) -> list[Row]:
    """One set for each contact; none is the empty one."""
    by_contact: dict[int, dict[int, float]] = {}
    for column, one in enumerate(sets):
        by_contact.setdefault(one.contact, {})[column] = 1.0
    return [(own, 1.0) for own in by_contact.values()]


def _account_caps(problem: Problem, sets: list[TriedSet]) -> list[Row]:
    rows = problem.candidates.to_dicts()
    found: list[Row] = []
    for cap in problem.limits.caps:
        if cap.per == "contact":
            continue
        rest = {
            number: remaining
            for name, number, remaining in problem.remaining.sort("remaining", descending=True)
            .select("cap", "id", "remaining")
            .iter_rows()
            if name == cap.name
        }
        by_account: dict[int, dict[int, float]] = {}
        for column, one in enumerate(sets):
            counted = sum(counts_for(rows[place], cap) for place in one.members)
            if one.account is not None and counted:
                by_account.setdefault(one.account, {})[column] = float(counted)
        found += [
            (own, float(min(cap.at_most, rest.get(account, cap.at_most))))
            for account, own in by_account.items()
        ]
    return found


def _stacked(rows: list[Row], width: int) -> csr_array:
    starts, columns = [0], list[int]()
    weights = list[float]()
    for row, _ in rows:
        whole = row if isinstance(row, np.ndarray) else None
        own = row if isinstance(row, dict) else {}
        places = list(own) if whole is None else np.flatnonzero(whole).tolist()
        columns += places
        weights += list(own.values()) if whole is None else whole[places].tolist()
        starts.append(len(columns))
    return csr_array((weights, columns, starts), shape=(len(rows), width))
