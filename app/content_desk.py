"""What `clearance content` tells: which treatment is answered, by whom, and how sure that is."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from domain.errors import UsageError
from domain.names import Channel
from graph.gate import contacts_at
from graph.people import by_person, survivors_at
from graph.tower import Tower
from tools.prediction.content import Affinity, fit_content
from tools.prediction.content_draws import odds
from tools.prediction.context import Context, context_of
from tools.prediction.features import learn_encoding
from tools.prediction.predicting import APPROVED
from tools.prediction.training import learn_from
from tools.warehouse.identity.people import as_person

if TYPE_CHECKING:
    from app.compose import House

TRIED = "content"
"""Of whom odds are drawn: the same each time the same past is asked."""


def content_told(
    house: "House", channel: Channel, contact_id: str | None = None, floor: float | None = None
) -> dict[str, Any]:
    """Per approved treatment of the channel its chance of an answer given a touch, with its 90%
    interval, for a contact or for one like the mean; with a floor also the odds that a draw would
    give it. In the documented keys. Nothing changes.

    Raises UsageError where nobody or nothing is there to ask about, DataError for a floor that
    can't hold.
    """
    tower, now = house.tower, house.tower.clock.now()
    observations, treatments = contacts_at(tower, now), _treatments(tower, channel)
    affinity, context = _fitted(tower, observations, treatments, channel, now)
    asked = _asked(tower, observations, context, contact_id, now)
    told = affinity.chances(asked).drop("contact", "support", "as_of", "evidence")
    if floor is not None:
        drawn = odds(affinity, asked, TRIED, floor=floor)[0]
        told = told.with_columns(odds=pl.Series(drawn))
    known = affinity.treatments.select("treatment_id", "touches", "answers", "evidence")
    rows = told.join(known, on="treatment_id", how="left", maintain_order="left")
    return {
        "as_of": now,
        "objective": tower.config.objective.outcome,
        "channel": channel,
        "contact_id": contact_id,
        "features": sorted({name.split("=")[0] for name in affinity.names}),
        "evidence": affinity.evidence,
        "words": affinity.words,
        "treatments": rows.sort("chance", "treatment_id", descending=[True, False]).to_dicts(),
    }


def _treatments(tower: Tower, channel: Channel) -> pl.DataFrame:
    every = tower.warehouse.table("treatments")
    found = every.filter((pl.col("approval") == APPROVED) & (pl.col("channel") == channel))
    if found.is_empty():
        raise UsageError(
            f"Expected approved treatments on {channel}, found none.",
            "Ask for another channel: `clearance content --channel NAME`.",
        )
    return found.select("treatment_id", "theme")


def _fitted(
    tower: Tower, observations: pl.DataFrame, treatments: pl.DataFrame, channel: str, at: datetime
) -> tuple[Affinity, Context]:
    """From touches of contacts that models may learn from; attributes of a special category are
    no features."""
    people = by_person(tower, at)
    touches, outcomes = people.table("touches"), people.table("outcomes")
    rows = learn_from(observations, touches, outcomes, tower.config.objective, at).training.filter(
        channel=channel
    )
    declared = {one.name: one.personal for one in tower.loaded.policy.attributes}
    context = context_of(
        learn_encoding(observations, declared).of(observations),
        rows.get_column("contact").to_numpy(),
        rows.get_column("answered").to_numpy(),
    )
    return fit_content(rows, context, treatments, at), context


def _asked(
    tower: Tower, observations: pl.DataFrame, context: Context, contact_id: str | None, at: datetime
) -> Context:
    """Of the contact's person; of one like the mean where nobody is named."""
    if contact_id is None:
        return Context(context.names, np.zeros((1, len(context.names))))
    person = as_person(pl.DataFrame({"contact_id": [contact_id]}), survivors_at(tower, at)).item()
    place = observations.filter(pl.col("contact_id") == person)
    if place.is_empty():
        raise UsageError(
            f"There is no contact {contact_id!r}.", "Name one as `clearance export` does."
        )
    return Context(context.names, context.matrix[place.get_column("contact").to_numpy()])
