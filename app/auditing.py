"""`audit-data`: the workspace's data held against what the house needs of them."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

import polars as pl

from graph.gate import contacts_at
from graph.people import by_person
from graph.tower import Tower
from tools.data_audit.auditing import audit
from tools.data_audit.findings import Data
from tools.ledger import consents
from tools.warehouse.kinds import KINDS

if TYPE_CHECKING:
    from app.compose import House


def audit_data(house: "House") -> dict[str, Any]:
    """The data audit as of now; keys as documented. Nothing is written."""
    tower = house.tower
    at = tower.clock.now()
    data = Data(
        tables={kind: tower.warehouse.table(kind) for kind in KINDS},
        consents=consents.standing(tower.ledger),
        observations=contacts_at(tower, at),
        channels=tuple(one.channel for one in tower.config.channels),
        objectives=tower.config.objectives,
        at=at,
        of_people=_of_people(tower, at),
    )
    return {**audit(data), "note": tower.config.note}


def _of_people(tower: Tower, at: datetime) -> Mapping[str, pl.DataFrame]:
    """What says of a purpose whether it is borne, as a run reads it: by person."""
    people = by_person(tower, at)
    return {kind: people.table(kind) for kind in ("outcomes", "touches", "deals")}
