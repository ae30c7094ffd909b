"""Charging: which binding rules a candidate meets, and what each of them charges it."""

from domain.record import Record
from graph.arbitration.hindering import Place, caps_in_the_way, place_of, uses_by_limit
from graph.arbitration.plan import Plan
from graph.arbitration.problem import Problem


class Charge(Record):
    """A rule that binds where the candidate stands.

    use: units of the limit that choosing it takes; below nothing for a minimum that it serves.
    price: value of one more unit to the others, minor units; null for a cap of its contact, which
    nobody else can use. charged: use x price.
    """

    rule: str
    use: float
    price: float | None
    charged: float


def charges(problem: Problem, plan: Plan, row: int) -> tuple[Charge, ...]:
    """Binding rules of the candidate in this row of the problem; what charges it most comes first.

    A shared limit binds where it has a price, an account's cap likewise; a contact's cap where it
    leaves the candidate no room.
    """
    place = place_of(plan, row)
    found = [*_limits(plan, place), *_caps(problem, plan, place)]
    return tuple(sorted(found, key=lambda one: (-one.charged, one.rule)))


def _limits(plan: Plan, place: Place) -> list[Charge]:
    prices, uses = plan.solution.draft.prices.tolist(), uses_by_limit(plan, place).tolist()
    return [
        Charge(rule=name, use=use, price=price, charged=use * price)
        for name, price, use in zip(plan.solution.draft.field.rows.names, prices, uses, strict=True)
        if price > 0 and use != 0
    ]


def _caps(problem: Problem, plan: Plan, place: Place) -> list[Charge]:
    """Priced ones of its account, and full ones of its contact."""
    account = problem.candidates.item(place.row, "account")
    full = {one.cap for one in caps_in_the_way(problem, plan, place)}
    found = []
    for cap in problem.limits.caps:
        price = plan.prices.get(f"{cap.name}:{account}") if cap.per == "account" else None
        if price and problem.counted(cap)[place.row]:
            found.append(Charge(rule=cap.name, use=1.0, price=price, charged=price))
        elif cap.name in full:
            found.append(Charge(rule=cap.name, use=1.0, price=None, charged=0.0))
    return found
