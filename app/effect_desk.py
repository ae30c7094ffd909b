"""The effect desk: what stands where, what nobody heard of again, and what a person can do."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import polars as pl

from app import feedback_desk
from app.review_desk import roles_of
from domain.errors import RefusedError
from domain.reasons import SENTENCES
from graph.undoing import CannotUndo, undo
from tools.ledger import effects, feedback, moves, providers
from tools.ledger.moves import Told

if TYPE_CHECKING:
    from app.compose import House

STATES = effects.EVERY
OPEN = STATES[:3]
LONG_UNKNOWN = timedelta(hours=1)
"""After this an unknown effect is shown as trouble: by then its provider was asked."""
SHOWN = 50
COLUMNS = (
    "effect_id",
    "state",
    "reason",
    "parked",
    "channel",
    "contact_id",
    "campaign_id",
    "treatment",
    "amount",
    "slot_at",
    "at",
    "attempts",
    "not_before",
    "undoes",
)


def listing(house: "House", states: list[str], parked: bool) -> dict[str, Any]:
    """Counts by state, and the effects asked for, newest change first."""
    counts = effects.counts(house.tower.ledger)
    wanted = states or list(OPEN)
    rows = effects.newest(house.tower.ledger, wanted, parked, SHOWN)
    found = counts["parked"] if parked else sum(counts.get(state, 0) for state in wanted)
    return {
        "counts": {state: counts.get(state, 0) for state in STATES},
        "parked": counts["parked"],
        "found": found,
        "effects": [_said(row) for row in rows.select(COLUMNS).iter_rows(named=True)],
    }


def page(house: "House", effect_id: str) -> dict[str, Any]:
    """One effect: all the ledger holds of it, what was told of it, and attempts to take it back."""
    ledger = house.tower.ledger
    row = effects.read(ledger, effect_id)
    return {
        **_said(row),
        "sentence": SENTENCES.get(row["reason"] or "", None),
        "taken_back_by": _taken_back(house, row),
        "told": [_said(one) for one in feedback.about(ledger, effect_id).iter_rows(named=True)],
    }


def _taken_back(house: "House", row: dict[str, Any]) -> list[dict[str, Any]]:
    """Attempts to take a budget back, oldest first; what failed is not undone, and says so."""
    if row["amount"] is None:
        return []
    with house.tower.ledger.read() as session:
        every = effects.budgets_of(session, row["campaign_id"])
    tries = every.filter(pl.col("undoes") == row["effect_id"])
    undone = (
        pl.when(pl.col("state") == "accepted")
        .then(pl.lit("undone"))
        .otherwise(pl.lit("not undone"))
    )
    return tries.select("effect_id", "state", "reason", undone=undone).to_dicts()


def _said(row: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in row.items()
    }


def resolve(house: "House", effect_id: str, happened: bool, person: str) -> dict[str, Any]:
    """Take a person's word for what became of an unknown effect. Raises RefusedError where there
    is no such effect or the person is no reviewer."""
    _reviewer(house, person)
    effects.read(house.tower.ledger, effect_id)
    told = Told(effect_id, "accepted" if happened else "failed")
    with house.tower.ledger.write() as session:
        was = moves.tell(session, told, person, house.tower.clock.now())
    done = was == "unknown"
    sentence = f"{effect_id} {'happened' if happened else 'did not happen'}, says {person}."
    if not done:
        sentence = f"{effect_id} is {was}: only an unknown effect asks for a person's word."
    return {"effect_id": effect_id, "accepted": done, "sentence": sentence}


def take_back(house: "House", effect_id: str, person: str) -> dict[str, Any]:
    """Have a budget set back. Raises RefusedError as `resolve` does."""
    _reviewer(house, person)
    done = undo(house.tower, effect_id, person)
    if isinstance(done, CannotUndo):
        return {"effect_id": effect_id, "accepted": False, "by": None, "sentence": done.reason}
    sentence = f"{done.effect_id} will set the budget back; `clearance effects show` tells when."
    return {"effect_id": effect_id, "accepted": True, "by": done.effect_id, "sentence": sentence}


def _reviewer(house: "House", person: str) -> None:
    if "reviewer" not in roles_of(house, person):
        raise RefusedError(f"{person} is no reviewer of this workspace.", "Use --as REVIEWER.")


def troubles(house: "House") -> list[str]:
    """What an operator must know of deliveries, one sentence each; nothing where all is well."""
    ledger, now = house.tower.ledger, house.tower.clock.now()
    lost = effects.in_states(ledger, ("unknown",))
    parked = lost.filter("parked").height
    long = lost.filter(~pl.col("parked") & (pl.col("at") < now - LONG_UNKNOWN)).height
    said = [
        f"Nothing goes to {name} until {until:%Y-%m-%d %H:%M:%S} UTC: {why}."
        for name, until, why in providers.closed(ledger, now).iter_rows()
    ]
    if long:
        said.append(f"{long:,} effects are unknown for more than an hour.")
    if parked:
        said.append(
            f"{parked:,} effects are parked: a person must say what became of them, "
            "`clearance effects list --parked`."
        )
    return said + feedback_desk.troubles(house.tower)
