"""The desk of identities: who is found to be one person, and what somebody decides about it."""

from typing import TYPE_CHECKING, Any

import polars as pl

from domain.errors import RefusedError
from graph.people import person_of
from tools.ledger import identities
from tools.warehouse.identity import accounts
from tools.warehouse.identity.keys import KNOWN
from tools.warehouse.identity.matching import REASONS, Found, find

if TYPE_CHECKING:
    from app.compose import House


def found(house: "House") -> Found:
    """What is to be merged by the contacts as they are now, and what is doubtful."""
    ledger = house.tower.ledger
    contacts = house.tower.warehouse.table("contacts").select(list(KNOWN))
    return find(contacts, identities.survivors(ledger), identities.taken_back(ledger))


def finding(house: "House") -> dict[str, Any]:
    """The same as `clearance identity find` tells it."""
    told = found(house)
    counted = told.suspects.group_by("reason").len().sort("reason")
    return {
        "merges": told.merges.to_dicts(),
        "suspects": told.suspects.to_dicts(),
        "people": told.merges.get_column("survivor_id").n_unique(),
        "doubtful": dict(counted.iter_rows()),
        "reasons": REASONS,
    }


def merge(house: "House", contact_ids: list[str], by: str) -> dict[str, Any]:
    """Merge what is found, or, of contacts named, these: they are one person, whatever they share.

    Raises RefusedError where a contact is not known, or somebody merged one of them meanwhile.
    """
    merges = _by_hand(house, contact_ids) if contact_ids else found(house).merges
    with house.tower.ledger.write() as session:
        made = identities.merge(session, merges, by, house.tower.clock.now())
    return {"merged": made, "merges": merges.to_dicts()}


def _by_hand(house: "House", contact_ids: list[str]) -> pl.DataFrame:
    """Under the one that is known longest, of those who stand for the contacts named."""
    contacts = house.tower.warehouse.table("contacts")
    survivors = dict(identities.survivors(house.tower.ledger).iter_rows())
    roots = sorted({survivors.get(one, one) for one in contact_ids})
    known = contacts.filter(pl.col("contact_id").is_in(roots)).sort("created_at", "contact_id")
    lost = sorted(set(roots) - set(known.get_column("contact_id")))
    if lost:
        raise RefusedError(f"Nobody is known as {', '.join(lost)}.", "Give contacts' ids.")
    if known.height < 2:
        raise RefusedError("Expected two people or more, found one.", "They are merged already.")
    first, *others = known.get_column("contact_id").to_list()
    return pl.DataFrame(
        {"contact_id": others, "survivor_id": first, "why": identities.BY_HAND},
        schema={**identities.SURVIVORS, "why": pl.String},
    )


def split(house: "House", contact_id: str, by: str, why: str) -> dict[str, Any]:
    """Take back the merge of a contact, or every merge into it. Raises RefusedError where there is
    none."""
    with house.tower.ledger.write() as session:
        ended = identities.split(session, contact_id, by, house.tower.clock.now(), why)
    return {"split": ended.height, "merges": _pairs(ended)}


def _pairs(record: pl.DataFrame) -> list[dict[str, Any]]:
    return record.select("contact_id", "survivor_id", "why").to_dicts()


def shown(house: "House", contact_id: str) -> dict[str, Any]:
    """Who is one person with a contact, and every merge that any of them was ever in. Raises
    RefusedError where nobody is known by that id."""
    tower = house.tower
    together = person_of(tower, [contact_id])
    record = identities.record(tower.ledger)
    named = pl.col("contact_id").is_in(together) | pl.col("survivor_id").is_in(together)
    theirs = record.filter(named)
    contacts = tower.warehouse.table("contacts").filter(pl.col("contact_id").is_in(together))
    if contacts.is_empty() and theirs.is_empty():
        raise RefusedError(f"Nobody is known as {contact_id}.", "Give a contact's id.")
    survivors = dict(identities.survivors(tower.ledger).iter_rows())
    return {
        "contact_id": contact_id,
        "survivor_id": survivors.get(contact_id, contact_id),
        "contacts": contacts.select(
            "contact_id", "name", "email", "phone", "account_id"
        ).to_dicts(),
        "record": theirs.to_dicts(),
    }


def account_graph(house: "House") -> dict[str, Any]:
    """Which accounts contacts seem to be of, and which accounts seem to be one: told, not done."""
    warehouse = house.tower.warehouse
    contacts = warehouse.table("contacts").select("contact_id", "account_id", "email")
    return {
        "suggested": accounts.suggested(contacts).to_dicts(),
        "same_domain": accounts.maybe_one(contacts).to_dicts(),
        "parents": accounts.parents(warehouse.table("accounts")).to_dicts(),
    }
