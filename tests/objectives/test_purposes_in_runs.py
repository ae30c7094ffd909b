"""A run takes each contact's worth from the warehouse, and what counts with it."""

from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from agents.figures import treatment_figures
from agents.pricing import UNKNOWN_EFFECT_SE, priced
from domain.errors import DataError
from domain.tables import INSTANT
from graph.opening import open_run, pins_of
from graph.seeing import foresee, see_contacts
from graph.tower import Tower
from graph.worth import worths_at
from tests.agents.worlds import VISITS, desk_in, foreseen
from tests.identity.merging import merge
from tests.objectives.worlds import MAILS, POOR, RICH, TWO, bought, objective, run_for, shoppers
from tests.prediction.test_predicting import AT as SEEN_AT
from tests.prediction.test_predicting import OFFER, VISIT, World
from tools.prediction.predicting import predict
from tools.prediction.worths import Worths


def test_a_run_without_any_price_is_refused_before_it_is_opened(tower: Tower) -> None:
    unpriced = run_for(tower, objective("lifetime_value"))

    for _ in range(2):
        with pytest.raises(DataError, match="for lifetime_value, which the data don't bear"):
            open_run(unpriced, "morning", "one")
    assert open_run(run_for(tower, objective("lifetime_value", worth=5)), "morning", "one")


def test_a_run_that_was_opened_before_goes_on_by_what_it_is_pinned_to(tower: Tower) -> None:
    run_id = open_run(tower, "morning", "one")

    assert open_run(run_for(tower, objective("revenue")), "morning", "one") == run_id


def test_a_run_takes_each_worth_from_the_warehouse_by_its_outcome(tower: Tower) -> None:
    orders, _ = shoppers(seed=8)
    at = tower.clock.now()
    rows = orders.with_columns(
        at=pl.lit(at - timedelta(days=1), INSTANT),
        outcome_id=pl.int_range(pl.len()).cast(pl.String),
    )
    tower.warehouse.merge("outcomes", rows)

    (priced_for,) = worths_at(tower, (objective("revenue"), objective("conversion")), at).items()

    assert priced_for[0] == "visit"
    assert priced_for[1].rest == pytest.approx(5000, rel=0.1)


def test_what_merged_contacts_bought_counts_for_their_person(tower: Tower) -> None:
    orders, _ = shoppers(seed=10)
    at = tower.clock.now()
    rows = orders.with_columns(
        at=pl.lit(at - timedelta(days=1), INSTANT),
        contact_id=pl.col("contact_id").replace({"c001": "c00", "c002": "c01"}),
        outcome_id=pl.int_range(pl.len()).cast(pl.String),
    )
    tower.warehouse.merge("outcomes", rows)
    apart = worths_at(tower, (objective("revenue"),), at)["visit"]

    merge(tower, "c00", "c01")

    together = worths_at(tower, (objective("revenue"),), at)["visit"]
    known = pl.Series(["c00", "c01"])
    assert together.of(known)[0] not in apart.of(known).tolist()
    assert "c01" not in together.own.get_column("contact_id")
    assert together.own.height == apart.own.height - 1


def test_what_a_run_foresees_is_worth_to_each_contact_what_it_ordered(tower: Tower) -> None:
    lead = tower.config.objective.model_copy(update={"purpose": "revenue"})
    bought_twice = ["c00", "c01"] * 20
    rows = bought(bought_twice, [1000, 9000] * 20, at=tower.clock.now() - timedelta(days=1))
    names = pl.int_range(pl.len()).cast(pl.String)
    tower.warehouse.merge("outcomes", rows.with_columns(outcome_id=names))
    here = run_for(tower, lead)
    pins = pins_of(here, open_run(here, "morning", "one"))

    see_contacts(here, pins)
    foresee(here, pins)

    people = here.folder(pins.run_id).read("observations").select("contact", "contact_id")
    told = here.folder(pins.run_id).read("predictions").join(people, on="contact")
    each = dict(told.select("contact_id", "worth").unique().iter_rows())
    assert lead.worth is not None
    assert each["c00"] == each["c01"] != lead.worth, "two contacts are too few to be told apart"
    assert each["c00"] == each["c02"] == pytest.approx(5000)


def test_predictions_carry_each_contacts_worth_and_one_alone_is_told_the_same() -> None:
    world = World(3000, 0.2, 0.05)
    own = pl.DataFrame({"contact_id": ["c0", "c7"], "worth": [900.0, 100.0]})
    worths = Worths(own, 300.0, "Worth by orders.")

    told = predict(
        world.observations(),
        world.touches(),
        world.outcomes(),
        OFFER,
        (VISIT,),
        (),
        SEEN_AT,
        worths={"visit": worths},
    )

    each = told.predictions.sort("contact").get_column("worth")
    assert (each[0], each[1], each[7]) == (900.0, 300.0, 100.0)
    assert told.cards[0].worth == pytest.approx((900 + 100 + 300 * 2998) / 3000)
    assert told.cards[0].words.count("Worth by orders.") == 1
    alone = told.fitted.score(world.observations()[[7]])
    assert alone.get_column("worth").to_list() == [100.0]
    plain = world.forecast().predictions
    assert told.predictions.drop("worth").equals(plain.drop("worth")), "effects are as without"


def test_a_purpose_changes_no_model_of_an_effect_and_not_its_version() -> None:
    world = World(1000, 0.2, 0.05)
    meant = VISIT.model_copy(update={"purpose": "lifetime_value", "worth_days": 90})
    given = (world.observations(), world.touches(), world.outcomes(), OFFER)

    told = predict(*given, (meant,), (), SEEN_AT).predictions

    assert told.equals(predict(*given, (VISIT,), (), SEEN_AT).predictions)


# Who counts with it


def test_options_gain_by_their_own_contacts_worth_and_doubt_by_it_too(tmp_path: Path) -> None:
    told = (foreseen(0, "mail", worth=RICH), foreseen(1, "mail", worth=POOR))
    meant = (VISITS.model_copy(update={"purpose": "revenue"}),)
    desk = desk_in(tmp_path, TWO, predictions=told, programme=MAILS, objectives=meant)
    asked = pl.DataFrame(
        {
            "contact": [0, 1, 1],
            "channel": ["email"] * 3,
            "treatment_id": ["mail", "mail", "other"],
        },
        schema_overrides={"contact": pl.UInt32},
    )

    rows = priced(asked, desk)

    assert rows.get_column("gain").to_list() == pytest.approx([0.1 * RICH, 0.1 * POOR, 0.0])
    unforeseen = rows.get_column("value_se")[2]
    assert unforeseen == pytest.approx(POOR * UNKNOWN_EFFECT_SE), "not by the richest contact's"


def test_a_treatment_that_moves_the_rich_brings_more_than_the_means_multiplied(
    tmp_path: Path,
) -> None:
    told = (foreseen(0, "mail", 0.2, worth=RICH), foreseen(1, "mail", 0.0, worth=POOR))
    desk = desk_in(tmp_path, TWO, predictions=told, programme=MAILS)

    (row,) = treatment_figures(desk, "email").to_dicts()

    assert row["value"] == pytest.approx((0.2 * RICH + 0.0) / 2)
    assert row["value_se"] == pytest.approx(0.01 * (RICH + POOR) / 2)
