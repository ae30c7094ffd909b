"""What if a limit were another: the same run, from what is kept of it, solved again.

Nothing is written and nothing learned: asking changes no state.
"""

from dataclasses import dataclass, replace
from typing import Any, TypeVar

import polars as pl

from domain.errors import UsageError
from domain.proposal import BudgetCandidate
from domain.reasons import BIT
from graph.arbitration.plan import Plan
from graph.arbitration.solving import solve
from graph.bidding import bid, measured_value
from graph.bundles import bundles_in, torn
from graph.choosing import cell_findings, held_out_rows
from graph.grid import build_cells, grid
from graph.members import choices_of_people, kept_members
from graph.opening import objectives_of, pins_of
from graph.taken import policy_of
from graph.themes import theme_findings
from graph.tower import Tower
from policies.judging import judge, judge_autonomy
from policies.money_limits import Priority, ValueFloor
from policies.named import of_cells
from policies.schema import Policy
from tools.prediction.stored import only, predictions_of


@dataclass(frozen=True)
class Answer:
    """A run as it was, and as it would have been."""

    limit: str
    before: float
    after: float
    value_before: float
    """Expected incremental value, minor units."""
    value_after: float
    touches_before: int
    touches_after: int
    outcomes_before: float
    """Expected incremental outcomes of the chosen touches, by the leading objective."""
    outcomes_after: float
    others: tuple["Counted", ...]
    """The same by each other objective."""


@dataclass(frozen=True)
class Counted:
    """Expected incremental outcomes of one objective."""

    noun: str
    before: float
    after: float


def limits_of(policy: Policy) -> dict[str, float]:
    """Every limit that may be asked about by name, with its present value."""
    return {
        **{f"cap {cap.name}": float(cap.at_most) for cap in policy.caps},
        **{f"budget {one.pool}": float(one.at_most) for one in policy.budgets},
        **{f"quarter {one.key}": float(one.at_most) for one in policy.quarter_budgets},
        **{f"spacing {one.name}": float(one.hours) for one in policy.spacing},
        **{
            f"exposure {one.name}": float(one.at_least)
            for one in policy.exposures
            if one.at_least is not None
        },
        **{
            f"maximum {one.name}": float(one.at_most)
            for one in policy.exposures
            if one.at_most is not None
        },
        **{f"priority {one.name}": one.weight for one in policy.priorities},
        **{f"floor {one.name}": float(one.at_least) for one in policy.value_floors},
        "capacity": policy.capacity.share_of_minutes,
        "touches per run": float(policy.run.touches_per_contact),
        "budget step": policy.budget_step.max_step,
    }


def changed(policy: Policy, limit: str, value: float) -> Policy:
    """The policy with one limit at another value. Raises UsageError for an unknown name."""
    kind, _, name = limit.partition(" ")
    updates: dict[str, Any]
    match kind:
        case "cap":
            caps = tuple(
                cap.model_copy(update={"at_most": int(value)}) if cap.name == name else cap
                for cap in policy.caps
            )
            updates = {"caps": caps}
        case "spacing":
            spacing = tuple(
                one.model_copy(update={"hours": int(value)}) if one.name == name else one
                for one in policy.spacing
            )
            updates = {"spacing": spacing}
        case "exposure" | "maximum":
            field = "at_least" if kind == "exposure" else "at_most"
            exposures = tuple(
                one.model_copy(update={field: int(value)}) if one.name == name else one
                for one in policy.exposures
            )
            updates = {"exposures": exposures}
        case "priority":
            updates = {"priorities": _with(policy.priorities, name, weight=value)}
        case "floor":
            updates = {"value_floors": _with(policy.value_floors, name, at_least=int(value))}
        case "budget" if name == "step":
            updates = {"budget_step": policy.budget_step.model_copy(update={"max_step": value})}
        case "budget":
            budgets = tuple(
                one.model_copy(update={"at_most": int(value)}) if one.pool == name else one
                for one in policy.budgets
            )
            updates = {"budgets": budgets}
        case "quarter":
            quarters = tuple(
                one.model_copy(update={"at_most": int(value)}) if one.key == name else one
                for one in policy.quarter_budgets
            )
            updates = {"quarter_budgets": quarters}
        case "capacity":
            updates = {"capacity": policy.capacity.model_copy(update={"share_of_minutes": value})}
        case "touches":
            updates = {"run": policy.run.model_copy(update={"touches_per_contact": int(value)})}
        case _:
            updates = {}
    if limit not in limits_of(policy):
        known = ", ".join(limits_of(policy))
        raise UsageError(f"There is no limit called {limit!r}.", f"Known limits: {known}.")
    return policy.model_copy(update=updates)


Named = TypeVar("Named", Priority, ValueFloor)


def _with(rules: tuple[Named, ...], name: str, **update: float) -> tuple[Named, ...]:
    return tuple(one.model_copy(update=update) if one.name == name else one for one in rules)


def what_if(tower: Tower, run_id: str, limit: str, value: float) -> Answer:
    """What the run would have chosen with one limit at another value."""
    policy = policy_of(tower, pins_of(tower, run_id)) or tower.loaded.policy
    other = changed(policy, limit, value)
    open_now, plan_now = replay(tower, run_id, policy)
    open_then, plan_then = replay(tower, run_id, other, plan_now.prices)
    before = chosen_of(open_now, plan_now)
    after = chosen_of(open_then, plan_then)
    objectives = objectives_of(tower, pins_of(tower, run_id))
    predictions = predictions_of(tower.folder(run_id), objectives[0])
    leading, *others = (
        Counted(
            one.noun,
            outcomes_of(before, only(predictions, one, len(objectives))),
            outcomes_of(after, only(predictions, one, len(objectives))),
        )
        for one in objectives
    )
    return Answer(
        limit=limit,
        before=limits_of(policy)[limit],
        after=value,
        value_before=plan_now.value,
        value_after=plan_then.value,
        touches_before=before.height,
        touches_after=after.height,
        outcomes_before=leading.before,
        outcomes_after=leading.after,
        others=tuple(others),
    )


def replay(
    tower: Tower, run_id: str, policy: Policy, warm: dict[str, float] | None = None
) -> tuple[pl.DataFrame, Plan]:
    """The run's open candidates under this policy, and the plan it gives.

    Under the run's own policy (`taken.policy_of`) and from no warm prices, the run's choice. The
    plan's value is the measured one, whatever the policy declares.
    warm: prices to start from, such as those of the run itself.
    """
    folder = tower.folder(run_id)
    candidates, observations = folder.read("candidates"), folder.read("observations")
    opened = findings_under(tower, run_id, policy) == 0
    open_ones = candidates.filter(opened & ~held_out_rows(candidates, observations))
    budgets = folder.read_records("budgets_ads", BudgetCandidate)
    problem = bid(tower, pins_of(tower, run_id), open_ones, budgets, policy).problem
    plan = solve(problem, warm)
    return open_ones, replace(plan, value=measured_value(problem, plan))


def findings_under(tower: Tower, run_id: str, policy: Policy) -> pl.Series:
    """Findings against each of the run's candidates under this policy."""
    folder = tower.folder(run_id)
    candidates, observations = folder.read("candidates"), folder.read("observations")
    at, facts = pins_of(tower, run_id).at, folder.read("facts")
    cells = build_cells(observations, folder.read("slots"), tower.config.channels)
    judged = grid(cells, judge(facts, of_cells(policy), at, undecided=True))
    of_treatment = candidates.get_column("findings") & TREATMENT_BITS
    chosen = choices_of_people(candidates, observations, kept_members(folder), policy, at)
    of_themes = theme_findings(candidates, facts, policy)
    found = cell_findings(candidates, judged) | chosen | of_treatment | of_themes
    found = found | judge_autonomy(candidates, policy)
    return found | torn(candidates.with_columns(findings=found), bundles_in(folder))


PROGRAMME_BITS = sum(
    BIT[code]
    for code in (
        "treatment_not_approved",
        "treatment_approval_expired",
        "not_disclosed",
        "blackout",
        "repeated",
    )
)
"""What the programme says of treatments, and of days that are taken."""
TREATMENT_BITS = PROGRAMME_BITS | BIT["kept_apart"] | BIT["first_missing"]
"""Findings that do not come from the grid: they stand whatever limit is asked about."""


def chosen_of(open_ones: pl.DataFrame, plan: Plan) -> pl.DataFrame:
    return open_ones.filter(pl.Series(plan.chosen))


def outcomes_of(chosen: pl.DataFrame, predictions: pl.DataFrame) -> float:
    """Expected incremental outcomes: the sum of the chosen touches' effects, as one objective's
    predictions say them."""
    effects = predictions.select("contact", "treatment_id", "effect")
    joined = chosen.join(effects, on=["contact", "treatment_id"], how="left")
    return float(joined.get_column("effect").fill_null(0.0).sum())
