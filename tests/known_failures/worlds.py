"""The whole house around a dozen people, and what else befalls one of them."""

from datetime import datetime
from typing import Any

import polars as pl

from app import running
from app.compose import House
from evals.faults.world import SCHEDULE, START
from graph.standing import standing
from tests.relay.conftest import Hands

ANN = "c01"
"""In New York, where it is nine in the morning at START; enrolled in `spring`."""


def at(house: House, instant: datetime) -> House:
    """The house, when it is so late."""
    assert isinstance(house.tower.clock, Hands)
    house.tower.clock.at = instant
    return house


def run(house: House, slot: str) -> str:
    """One whole run for the slot; its id."""
    return running.run(house, SCHEDULE, slot, lambda _: None).run_id


def mailed(house: House, instant: datetime, contact: str = ANN) -> None:
    """Another tool sent the contact an e-mail."""
    row = {
        "touch_id": f"other-{contact}-{instant:%d%H%M}",
        "contact_id": contact,
        "channel": "email",
        "treatment_id": "newsletter",
        "class": "marketing",
        "at": instant,
    }
    house.tower.warehouse.merge("touches", pl.DataFrame([row]))


def alone(house: House, instant: datetime, contact: str = ANN) -> None:
    """Everybody else was just mailed by another tool: nobody competes with the contact."""
    for one in house.tower.warehouse.table("contacts").get_column("contact_id"):
        if one != contact:
            mailed(house, instant, one)


def enrolled(house: House, sequence: str, instant: datetime, contact: str = ANN) -> None:
    """The contact enters a journey."""
    row = {
        "contact_id": contact,
        "sequence_id": sequence,
        "step": 1,
        "state": "active",
        "entered_at": instant,
        "next_at": instant,
    }
    house.tower.warehouse.merge("enrolments", pl.DataFrame([row]))


def mails(house: House, run_id: str, contact: str = ANN) -> list[dict[str, Any]]:
    """How the run's proposed e-mails to the contact stand: treatment, slot, fate and reason."""
    rows = standing(house.tower, run_id).filter(
        (pl.col("contact_id") == contact) & (pl.col("channel") == "email")
    )
    return rows.select("treatment_id", "slot_at", "fate", "reason").sort("slot_at").to_dicts()


def touches(house: House, contact: str = ANN) -> list[str]:
    """Decisions that hold or spent an e-mail of the contact."""
    rows = house.tower.ledger.frame(
        "SELECT decision_id, holder FROM reservation WHERE resource = 'touch:email' "
        "AND state IN ('held', 'spent')",
        {"decision_id": pl.String, "holder": pl.String},
    )
    return rows.filter(pl.col("holder") == contact)["decision_id"].to_list()


__all__ = ["ANN", "START", "alone", "at", "enrolled", "mailed", "mails", "run", "touches"]
