"""People: who stands for whom at an instant, and the warehouse read by person."""

from collections.abc import Sequence
from datetime import datetime

import polars as pl

from graph.tower import Tower
from tools.ledger import identities
from tools.warehouse.identity.people import PeopleWarehouse, with_members
from tools.warehouse.store import Warehouse


def survivors_at(tower: Tower, at: datetime) -> pl.DataFrame:
    """contact_id, survivor_id as the record of merges stood then; mostly nobody."""
    return identities.survivors(tower.ledger, at)


def by_person(tower: Tower, at: datetime, survivors: pl.DataFrame | None = None) -> Warehouse:
    """The warehouse as it is read where people count; the plain one where nobody was merged."""
    known = survivors_at(tower, at) if survivors is None else survivors
    if known.is_empty():
        return tower.warehouse
    return PeopleWarehouse(tower.warehouse.folder, tower.warehouse, known, at)


def person_of(tower: Tower, contact_ids: Sequence[str]) -> list[str]:
    """The contacts, with everybody who is one person with any of them now."""
    return with_members(identities.survivors(tower.ledger), contact_ids)


def asked_of(survivors: pl.DataFrame, contact_ids: Sequence[str] | None) -> list[str] | None:
    """Whose rows are to be read where these contacts are asked about; None: everybody's."""
    return None if contact_ids is None else with_members(survivors, contact_ids)
