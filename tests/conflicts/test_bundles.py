"""Conflicts about bundles: part of one is allowed, and part is not."""

from dataclasses import replace
from typing import Any

import polars as pl

from domain.reasons import BIT
from domain.run import Pins
from domain.tables import BUNDLES
from graph.bundles import bundles_in, torn
from graph.choosing import choose, judge_candidates
from graph.in_force import Fixed
from graph.tower import Tower
from tests.conflicts.runs import house_after_a_run, newest
from tests.conflicts.worlds import SCHEMA, asked, conflicts

WELCOME = pl.DataFrame(
    [("letter", "welcome"), ("gift", "welcome")], schema=BUNDLES.schema, orient="row"
)
"""A letter that says that a gift is on its way."""
TORN, WITHDRAWN = BIT["torn_bundle"], BIT["consent_withdrawn"]


def part(number: int, treatment: str, contact: int = 0, **what: Any) -> dict[str, Any]:
    return asked(number, contact, treatment_id=treatment, **what)


def findings(*rows: dict[str, Any]) -> list[int]:
    return torn(pl.DataFrame(list(rows), schema=SCHEMA, orient="row"), WELCOME).to_list()


def test_a_letter_stays_back_where_the_gift_it_announces_may_not_go() -> None:
    assert findings(part(0, "letter"), part(1, "gift", findings=WITHDRAWN)) == [TORN, 0]


def test_a_letter_stays_back_in_a_slot_for_which_nobody_asked_for_the_gift() -> None:
    assert findings(part(0, "letter"), part(1, "gift", slot=1)) == [TORN, TORN]


def test_a_whole_bundle_and_what_belongs_to_none_are_let_be() -> None:
    rows = [part(0, "letter"), part(1, "gift"), part(2, "offer"), part(3, "offer", 1)]

    assert findings(*rows) == [0, 0, 0, 0]


def test_the_gift_of_another_person_makes_no_bundle_whole() -> None:
    assert findings(part(0, "letter"), part(1, "gift", 1)) == [TORN, TORN]


def test_the_allowed_part_of_a_torn_bundle_is_told_with_what_is_missing() -> None:
    letter = part(0, "letter", findings=TORN)
    gift = part(1, "gift", findings=WITHDRAWN)

    told = conflicts(letter, gift, bundles=WELCOME)

    (conflict,) = [one for one in told if one["type"] == 25]
    assert (conflict["candidate"], conflict["stake"]) == (0, 10.0)
    assert conflict["fact"] == (
        "bundle welcome: not gift, the contact withdrew consent for this channel and purpose"
    )


def test_a_part_that_nobody_asked_for_is_told_as_such() -> None:
    told = conflicts(part(0, "letter", findings=TORN), bundles=WELCOME)

    assert [one["fact"] for one in told] == [
        "bundle welcome: not gift, nobody asked for it in that slot"
    ]


def test_a_bundle_that_goes_whole_in_a_later_slot_is_no_conflict() -> None:
    today = part(0, "letter", findings=TORN)
    tomorrow = [part(1, "letter", slot=1, chosen=True), part(2, "gift", slot=1, chosen=True)]

    assert conflicts(today, *tomorrow, bundles=WELCOME) == []


def test_a_run_sends_both_parts_of_a_bundle_in_one_slot_or_neither() -> None:
    house = house_after_a_run()
    tower, pins = house.tower, newest(house)
    folder = tower.folder(pins.run_id)
    treatments = tower.warehouse.table("treatments")
    pair = treatments.filter(pl.col("treatment_id").is_in(["case_study_mail", "nurture_1"]))
    tower.warehouse.merge("treatments", pair.with_columns(bundle=pl.lit("proof")))
    (folder.path / "bundles.parquet").unlink(missing_ok=True)
    (folder.path / "candidates.parquet").unlink()

    judge_candidates(tower, pins)

    assert (folder.read("candidates").get_column("findings") & TORN != 0).any()
    both = parts_chosen(tower, pins, touches=2)
    assert both.height > 0
    assert both.get_column("len").unique().to_list() == [2]
    assert parts_chosen(tower, pins, touches=1).is_empty()


def parts_chosen(tower: Tower, pins: Pins, touches: int) -> pl.DataFrame:
    """contact, slot, len: parts of bundles, where a contact gets at most so many touches."""
    policy = tower.loaded.policy
    run = policy.run.model_copy(update={"touches_per_contact": touches})
    loaded = replace(tower.loaded, policy=policy.model_copy(update={"run": run}))
    choices, _ = choose(replace(tower, policies=Fixed(loaded)), pins)
    folder = tower.folder(pins.run_id)
    chosen = folder.read("candidates").join(choices.filter("chosen"), on="candidate")
    return chosen.join(bundles_in(folder), on="treatment_id").group_by("contact", "slot").len()
