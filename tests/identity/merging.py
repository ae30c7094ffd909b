"""Merges and what is said of people, in a line each."""

from datetime import timedelta
from typing import Any

import polars as pl

from evals.faults.world import START
from graph.opening import open_run, pins_of
from graph.seeing import judge_grid, see_contacts
from graph.tower import Tower
from tools.ledger import consents, identities

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def merge(tower: Tower, *contacts: str) -> None:
    """All but the first stand under the first."""
    first, *others = contacts
    rows = pl.DataFrame({"contact_id": others, "survivor_id": first, "why": "email"})
    with tower.write() as session:
        identities.merge(session, rows, "olivia", tower.clock.now())


def split(tower: Tower, contact: str) -> None:
    with tower.write() as session:
        identities.split(session, contact, "olivia", tower.clock.now(), "two people")


def say(tower: Tower, contact: str, state: str, channel: str = "email") -> None:
    """The contact's newest word of marketing on the channel; `suppressed`: of everything."""
    at = tower.clock.now()
    with tower.write() as session:
        if state == "suppressed":
            consents.suppress(session, contact, at, "asked for it", "letter")
            return
        said = {"contact_id": contact, "channel": channel, "purpose": "marketing", "state": state}
        consents.record(session, pl.DataFrame([{**said, "at": at, "source": "made up"}]))


def touched(tower: Tower, contact: str, number: int = 1, **change: Any) -> None:
    """Another tool wrote to the contact lately, in the name of nobody's account."""
    row = {
        "touch_id": f"t-{contact}-{number}",
        "contact_id": contact,
        "channel": "email",
        "treatment_id": "of_theirs",
        "class": "marketing",
        "at": START - DAY,
        "source": "other_tool",
    }
    tower.warehouse.merge("touches", pl.DataFrame([{**row, **change}]))


def told(tower: Tower, contact: str, kind: str, **change: Any) -> None:
    """An outcome of the contact."""
    row = {"outcome_id": f"o-{contact}-{kind}", "contact_id": contact, "kind": kind, "at": START}
    tower.warehouse.merge("outcomes", pl.DataFrame([{**row, "at": START - DAY, **change}]))


def about(tower: Tower, contact: str, **change: Any) -> None:
    """What the contact's row says, changed."""
    rows = tower.warehouse.table("contacts")
    own = rows.filter(pl.col("contact_id") == contact)
    changed = own.with_columns(**{name: pl.lit(said) for name, said in change.items()})
    tower.warehouse.merge("contacts", changed)


def grid_of(tower: Tower, slot: str) -> pl.DataFrame:
    """GRID of a run of its own, with contact_id."""
    run_id = open_run(tower, "law", slot)
    pins = pins_of(tower, run_id)
    see_contacts(tower, pins)
    judge_grid(tower, pins)
    folder = tower.folder(run_id)
    people = folder.read("observations").select("contact", "contact_id")
    return folder.read("grid").join(people, on="contact", how="left", maintain_order="left")
