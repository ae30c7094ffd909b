"""Purposes: which objectives the data bear, and what speaks where they don't."""

from collections.abc import Iterator
from typing import Any

from domain.objective import Objective
from tools.data_audit.findings import Area, Data, Finding
from tools.prediction.worths import Money, Unborne, borne


def purposes(data: Data) -> tuple[dict[str, Any], ...]:
    """outcome, purpose, borne, words and do of each objective, in their order."""
    return tuple(_purpose(one, data) for one in data.objectives)


def unborne(data: Data, told: tuple[dict[str, Any], ...]) -> Iterator[Finding]:
    """A finding for each objective whose purpose the data don't bear."""
    for objective, one in zip(data.objectives, told, strict=True):
        if not one["borne"]:
            yield _finding(objective, one, data)


def _purpose(objective: Objective, data: Data) -> dict[str, Any]:
    plain = {"outcome": objective.outcome, "purpose": objective.purpose or "conversion"}
    if not objective.of_each:
        return {**plain, "borne": True, "words": _one_worth(objective), "do": ""}
    found = borne(objective, _money(data))
    if isinstance(found, Unborne):
        return {**plain, "borne": False, "words": found.why, "do": found.do}
    return {**plain, "borne": True, "words": found.words, "do": ""}


def _one_worth(objective: Objective) -> str:
    if objective.worth is not None:
        return "Worth of an outcome as declared."
    return "Worth of an outcome: mean purchases after one of them; none is declared."


def _finding(objective: Objective, one: dict[str, Any], data: Data) -> Finding:
    of_deals: Area = "CRM feedback"
    people = data.observations.height
    return Finding(
        area=of_deals if objective.purpose == "pipeline" else "contact behaviour",
        dimension="completeness",
        check=f"objective {objective.outcome} for {one['purpose']}",
        found=people,
        of=people,
        words=f"Expected data that say what a {objective.noun} of each contact is worth; "
        f"{one['words']}",
        forbids=_forbids(objective),
        do=one["do"],
    )


def _forbids(objective: Objective) -> str:
    if objective.worth is None:
        return "no run starts, since nobody gives an outcome a price"
    return "agents value every contact's outcome at the declared worth"


def _money(data: Data) -> Money:
    tables = {**data.tables, **data.of_people}
    return Money(
        outcomes=tables["outcomes"],
        touches=tables["touches"],
        deals=tables["deals"],
        stages=tables["deal_stages"],
        at=data.at,
    )
