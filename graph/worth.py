"""What an outcome of each contact is worth in a run, which does not start where nobody knows."""

from collections.abc import Sequence
from datetime import datetime

from domain.names import OutcomeKind
from domain.objective import Objective
from graph.people import by_person
from graph.tower import Tower
from tools.prediction.worths import Money, Worths, worths_of
from tools.warehouse.store import Warehouse


def money_in(warehouse: Warehouse, at: datetime) -> Money:
    """What the warehouse says of purchases and deals, by the instant."""
    return Money(
        outcomes=warehouse.table("outcomes"),
        touches=warehouse.table("touches"),
        deals=warehouse.table("deals"),
        stages=warehouse.table("deal_stages"),
        at=at,
    )


def worths_at(
    tower: Tower, objectives: Sequence[Objective], at: datetime
) -> dict[OutcomeKind, Worths]:
    """By outcome, of the objectives whose purpose gives each contact a worth of its own. Raises
    UnpricedError where one has neither data nor a declared worth."""
    asked = [one for one in objectives if one.of_each]
    if not asked:
        return {}
    money = money_in(by_person(tower, at), at)
    found = {one.outcome: worths_of(one, money) for one in asked}
    return {outcome: worths for outcome, worths in found.items() if worths is not None}


def unpriced(objectives: Sequence[Objective]) -> tuple[Objective, ...]:
    """Those whose price the data alone can say."""
    return tuple(one for one in objectives if one.of_each and one.worth is None)


def expect_worth(tower: Tower, at: datetime) -> None:
    """Raises UnpricedError where an objective that declares no worth has a purpose that the data
    don't bear: a run would choose by a price that nobody gave."""
    worths_at(tower, unpriced(tower.config.objectives), at)
