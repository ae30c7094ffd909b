"""The price list: what each limit costs, found by solving the run again without it binding."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from app.reading import newest_run
from graph.choosing import PlanRecord
from graph.opening import pins_of
from graph.taken import policy_of
from graph.what_if import changed, limits_of, replay
from policies.limit import Limit
from policies.schema import Policy

if TYPE_CHECKING:
    from app.compose import House

WEEK: Final = timedelta(days=7)
UNBOUND = {
    "cap": 50.0,
    "budget": 1e12,
    "quarter": 1e15,
    "spacing": 1.0,
    "exposure": 0.0,
    "maximum": 1e12,
    "touches": 3.0,
    "priority": 1.0,
    "floor": 0.0,
}
"""A value of each kind of limit at which it no longer binds."""
EXPOSED: Final = ("exposure", "maximum")
"""The two sides of an exposure, as limits are asked about by name."""


def price_list(house: "House", run_id: str | None) -> dict[str, Any]:
    """Each limit's cost as a whole (value without it less value with it) and per further unit.

    The unit's value is the shared limit's price from the arbitration where it has one, else zero.
    A week's cost is that of the run, which decides for so many days, at the same rate. Under the
    policy that the run was made under. Nothing is written.
    """
    run = newest_run(house, run_id)
    policy = policy_of(house.tower, pins_of(house.tower, run)) or house.tower.loaded.policy
    weeks = house.tower.horizon / WEEK
    _, base = replay(house.tower, run, policy)
    plan = house.tower.folder(run).read_records("plan", PlanRecord)[0]
    rows = []
    for name, now in limits_of(policy).items():
        free = unbound(name)
        if free is None or free == now:
            continue
        _, without = replay(house.tower, run, changed(policy, name, free), base.prices)
        cost = max(without.value - base.value, 0.0)
        owner = owner_of(policy, name)
        rows.append(
            {
                "limit": name,
                "now": now,
                "cost": round(cost, 2),
                "cost_per_week": round(cost / weeks, 2),
                "unit_value": round(_unit(plan, name), 4),
                "owner": owner.owner,
                "since": owner.since.isoformat(),
                "last_review": owner.last_review.isoformat(),
                "reason": owner.reason,
            }
        )
    rows.sort(key=lambda row: (-float(str(row["cost"])), str(row["limit"])))
    return {
        "run_id": run,
        "currency": house.tower.config.currency,
        "days": house.tower.horizon / timedelta(days=1),
        "prices": rows,
    }


def unbound(name: str) -> float | None:
    """The value that unbinds a limit of this name; None where asking makes no sense."""
    if name == "capacity":
        return 1.0
    if name == "budget step":
        return None
    return UNBOUND.get(name.split(" ")[0])


def _unit(plan: PlanRecord, name: str) -> float:
    kind, _, subject = name.partition(" ")
    shared = {
        "budget": [f"pool:{subject}"],
        "quarter": [f"quarter:{subject}"],
        "exposure": [f"exposure:{subject} (least)"],
        "maximum": [f"maximum:{subject}"],
        "capacity": [one for one in plan.prices if one.startswith("minutes:")],
        "cap": [one for one in plan.prices if one.startswith(f"{subject}:")],
    }.get(kind, [])
    return max((plan.prices.get(one, 0.0) for one in shared), default=0.0)


def owner_of(policy: Policy, name: str) -> Limit:
    """The policy's entry behind a limit's name."""
    named: dict[str, Limit] = {
        **{f"cap {one.name}": one for one in policy.caps},
        **{f"budget {one.pool}": one for one in policy.budgets},
        **{f"quarter {one.key}": one for one in policy.quarter_budgets},
        **{f"spacing {one.name}": one for one in policy.spacing},
        **{f"{kind} {one.name}": one for one in policy.exposures for kind in EXPOSED},
        **{f"priority {one.name}": one for one in policy.priorities},
        **{f"floor {one.name}": one for one in policy.value_floors},
        "capacity": policy.capacity,
        "touches per run": policy.run,
        "budget step": policy.budget_step,
    }
    return named[name]
