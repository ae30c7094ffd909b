"""What a run sees: observations, slots, predictions, and the grid of open cells."""

from dataclasses import replace
from datetime import timedelta

import polars as pl

from domain.run import Pins
from domain.tables import (
    FACTS,
    GRID,
    INSTANT,
    MEMBERS,
    OBSERVATIONS,
    PREDICTIONS,
    SLOTS,
    TOUCHES_SEEN,
)
from graph.featuring import features_in_use, features_of, ordinary
from graph.gate import contacts_at, longest_window, members_at, sources_at
from graph.grid import build_cells, grid
from graph.members import facts_of_people, kept_members
from graph.modelling import appointed, file_models
from graph.opening import objectives_of
from graph.people import by_person
from graph.timing import keep_send_times
from graph.tiring import keep_touch_losses
from graph.tower import Tower
from graph.worth import worths_at
from policies.judging import judge
from policies.named import of_cells
from policies.schema import Policy
from tools.prediction.predicting import predict


def see_contacts(tower: Tower, pins: Pins) -> None:
    """Write the run's observations and slots, and of people who are several contacts each."""
    folder = tower.folder(pins.run_id)
    members = members_at(tower, pins.at)
    if not members.is_empty():
        folder.once(MEMBERS, lambda: members)
    folder.once(OBSERVATIONS, lambda: contacts_at(tower, pins.at))
    folder.once(SLOTS, lambda: slots_from(tower, pins))


def slots_from(tower: Tower, pins: Pins) -> pl.DataFrame:
    cycle = tower.config.cycle
    instants = [pins.at + timedelta(hours=i * cycle.slot_hours) for i in range(cycle.slots)]
    return pl.DataFrame({"slot": range(cycle.slots), "slot_at": pl.Series(instants, dtype=INSTANT)})


def foresee(tower: Tower, pins: Pins) -> None:
    """Write what each treatment would cause for each contact, with model cards beside it, what the
    hour changes of it and what a touch may lose. The predictions come last: once they are there all
    of it is."""
    folder = tower.folder(pins.run_id)
    if folder.has(PREDICTIONS.name):
        return
    people, known = by_person(tower, pins.at), features_in_use(tower)
    forecast = predict(
        folder.read("observations"),
        people.table("touches"),
        people.table("outcomes"),
        tower.warehouse.table("treatments"),
        objectives_of(tower, pins),
        tower.config.priors,
        pins.at,
        {one.name: one.personal for one in tower.loaded.policy.attributes} | ordinary(known),
        features_of(people, known),
        appointed(tower, pins),
        worths_at(tower, objectives_of(tower, pins), pins.at),
    )
    file_models(tower, pins, forecast)
    folder.write_records("model_cards", forecast.cards)
    keep_send_times(tower, pins, forecast.fits)
    keep_touch_losses(tower, pins, people)
    folder.write(PREDICTIONS.name, PREDICTIONS.conform(forecast.predictions))


def judge_grid(tower: Tower, pins: Pins) -> None:
    """Write the facts of every contact x channel x class x slot, and which cells are open."""
    folder = tower.folder(pins.run_id)
    observations, slots = folder.read("observations"), folder.read("slots")
    cells = build_cells(observations, slots, tower.config.channels)
    facts = folder.once(FACTS, lambda: _facts(tower, pins, observations, cells))
    bits = judge(facts, of_cells(tower.loaded.policy), pins.at, undecided=True)
    folder.once(GRID, lambda: grid(cells, bits))


def _facts(
    tower: Tower, pins: Pins, observations: pl.DataFrame, cells: pl.DataFrame
) -> pl.DataFrame:
    policy = tower.loaded.policy
    back = looking_back(policy)
    sources = sources_at(tower, observations, pins.at, pins.ledger_watermark, back=back)
    since = pins.at - back
    seen = tower.folder(pins.run_id).once(
        TOUCHES_SEEN, lambda: sources.touches.filter(pl.col("at") >= since)
    )
    known = replace(sources, touches=seen)
    theirs = kept_members(tower.folder(pins.run_id))
    return facts_of_people(cells, known, theirs, policy, pins.at, of_cells(policy))


def looking_back(policy: Policy) -> timedelta:
    """How far back the touches are kept that a run counted: further than its own limits look, for
    the day somebody asks what another limit would have done."""
    return max(longest_window(policy), KEPT)


KEPT = timedelta(days=35)
