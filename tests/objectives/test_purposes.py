"""An outcome is worth to each contact what the objective's purpose says, where the data bear it."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from agents.figures import treatment_figures
from agents.pricing import UNKNOWN_EFFECT_SE, priced
from domain.errors import DataError
from domain.objective import Objective
from domain.tables import INSTANT
from evals.order_values import judge
from graph.opening import open_run, pins_of
from graph.seeing import foresee, see_contacts
from graph.tower import Tower
from graph.worth import worths_at
from tests.agents.worlds import VISITS, desk_in, foreseen, treatment
from tests.identity.merging import merge
from tests.prediction.buyers import AT as BOUGHT_UNTIL
from tests.prediction.buyers import simulate
from tests.prediction.test_deals import AT, market
from tests.prediction.test_lifetime import BUSY
from tests.prediction.test_predicting import AT as SEEN_AT
from tests.prediction.test_predicting import OFFER, VISIT, World
from tools.prediction.lifetime import lifetimes
from tools.prediction.order_values import LEAST_ORDERS
from tools.prediction.predicting import predict
from tools.prediction.winning import fit_winning
from tools.prediction.worths import Money, Unborne, Worths, borne, worths_of

PLAIN: dict[str, Any] = {"outcome": "visit", "horizon_days": 14, "currency": "USD", "noun": "visit"}
NO_DEALS, NO_STAGES = (frame.clear() for frame in market(1, 5)[:2])
TOUCHES = pl.DataFrame(schema={"touch_id": pl.String, "contact_id": pl.String})
OUTCOMES: dict[str, Any] = {
    "contact_id": pl.String,
    "touch_id": pl.String,
    "kind": pl.String,
    "value": pl.Int64,
    "currency": pl.String,
    "at": INSTANT,
}


def objective(purpose: str, **said: Any) -> Objective:
    return Objective.model_validate({**PLAIN, "purpose": purpose, **said})


def bought(contact_ids: list[str], values: list[int], **changes: Any) -> pl.DataFrame:
    """One purchase each, a day before the instant."""
    plain = {"touch_id": None, "kind": "purchase", "currency": None, "at": AT - timedelta(days=1)}
    rows = {"contact_id": contact_ids, "value": values, **plain, **changes}
    return pl.DataFrame(rows, schema_overrides=OUTCOMES).select(
        pl.col(name).cast(kind) for name, kind in OUTCOMES.items()
    )


def money(outcomes: pl.DataFrame | None = None, **changes: Any) -> Money:
    seen = pl.DataFrame(schema=OUTCOMES) if outcomes is None else outcomes
    return replace(Money(seen, TOUCHES, NO_DEALS, NO_STAGES, AT), **changes)


def shoppers(seed: int, count: int = 300) -> tuple[pl.DataFrame, dict[str, float]]:
    """Purchases of contacts who each spend around a mean of their own, and those means."""
    draws = np.random.default_rng(seed)
    means = 5000 * draws.gamma(4.0, 0.25, count)
    often = draws.integers(1, 6, count)
    ids = np.repeat([f"c{i:03}" for i in range(count)], often)
    values = np.repeat(means, often) * draws.gamma(2.0, 0.5, len(ids))
    return bought(ids.tolist(), np.maximum(values, 1).astype(int).tolist()), {
        f"c{i:03}": float(mean) for i, mean in enumerate(means)
    }


def found(one: Objective, about: Money) -> Worths:
    told = borne(one, about)
    assert isinstance(told, Worths)
    return told


def refused(one: Objective, about: Money) -> str:
    told = borne(one, about)
    assert isinstance(told, Unborne)
    return told.why


# Revenue


def test_a_contacts_expected_order_is_nearer_the_truth_than_its_own_mean_or_that_of_all() -> None:
    orders, truth = shoppers(seed=1)
    told = found(objective("revenue"), money(orders))

    own = orders.group_by("contact_id").agg(own=pl.col("value").mean()).join(told.own, "contact_id")
    real = np.array([truth[one] for one in own.get_column("contact_id")])
    misses = [
        float(((guess - real) ** 2).mean())
        for guess in (
            own.get_column("worth").to_numpy(),
            own.get_column("own").to_numpy(),
            told.rest,
        )
    ]
    assert misses[0] < 0.9 * min(misses[1:])


def test_who_never_ordered_counts_at_the_mean_of_all_and_margin_takes_its_share() -> None:
    orders, _ = shoppers(seed=2)
    whole = found(objective("revenue"), money(orders))
    half = found(objective("revenue", margin=0.5), money(orders))

    (stranger,) = whole.of(pl.Series(["nobody"]))
    assert stranger == whole.rest == pytest.approx(5000, rel=0.1)
    known = pl.Series(["c000", "nobody", "c001"])
    assert half.of(known).tolist() == pytest.approx((whole.of(known) / 2).tolist())


def test_where_nobody_ordered_twice_each_counts_at_the_mean() -> None:
    orders = bought([f"c{i}" for i in range(40)], [1000 + 100 * i for i in range(40)])

    told = found(objective("revenue"), money(orders))

    assert told.own.get_column("worth").to_list() == pytest.approx([2950.0] * 40)
    assert "0 ordered again" in told.words


def test_contacts_who_differ_by_chance_alone_all_count_at_the_mean() -> None:
    twice = [f"c{i}" for i in range(30) for _ in range(2)]
    told = found(objective("revenue"), money(bought(twice, [1000, 3000] * 30)))

    assert told.own.get_column("worth").to_list() == pytest.approx([2000.0] * 30)
    assert "by no more than chance" in told.words


def test_an_order_that_names_only_its_touch_counts_for_whom_was_touched() -> None:
    orders, _ = shoppers(seed=3)
    touched = bought(["x"], [9000]).with_columns(
        contact_id=pl.lit(None, pl.String), touch_id=pl.lit("t")
    )
    sent = pl.DataFrame({"touch_id": ["t"], "contact_id": ["late"]})

    told = found(objective("revenue"), money(pl.concat([orders, touched]), touches=sent))

    assert "late" in told.own.get_column("contact_id")


# Pipeline


def deals(seed: int = 1, **changes: Any) -> Money:
    frames = market(seed, 300)
    return money(deals=frames[0], stages=frames[1], **changes)


def test_a_contact_with_an_open_deal_counts_at_its_amount_times_the_chance_to_win_it() -> None:
    about = deals()
    told = found(objective("pipeline", worth_days=182, worth=700), about)

    model = fit_winning(about.deals, about.stages, AT, 182).open_deals(about.deals, about.stages)
    expected = dict(
        model.join(about.deals.select("deal_id", "contact_id"), on="deal_id")
        .select("contact_id", pl.col("chance") * 100_000)
        .iter_rows()
    )
    assert dict(told.own.iter_rows()) == pytest.approx(expected)
    assert len(expected) > 20
    assert told.rest == 700


def test_of_two_open_deals_of_a_contact_the_better_one_counts_alone() -> None:
    about = deals()
    both = found(objective("pipeline"), about).own.head(2).get_column("contact_id").to_list()
    merged = about.deals.with_columns(contact_id=pl.col("contact_id").replace({both[1]: both[0]}))

    apart = found(objective("pipeline"), about).of(pl.Series(both))
    (together,) = found(objective("pipeline"), replace(about, deals=merged)).of(pl.Series(both[:1]))
    assert together == max(apart)


def test_without_a_declared_worth_who_has_no_open_deal_brings_no_pipeline() -> None:
    told = found(objective("pipeline"), deals())

    assert told.of(pl.Series(["nobody"])).tolist() == [0.0]
    assert "who has none counts at nothing" in told.words


# Lifetime value


def test_a_customer_counts_at_its_lifetime_value_times_the_declared_margin() -> None:
    rows = simulate(BUSY, 400, 300, 0, seed=5)
    about = money(bought_by(rows), at=BOUGHT_UNTIL)

    told = found(objective("lifetime_value", worth_days=180, margin=0.4), about)

    table = lifetimes(rows.filter(pl.col("value") > 0), BOUGHT_UNTIL, 180).table
    ids, value = table.get_column("contact_id"), table.get_column("value").to_numpy()
    assert told.of(ids).tolist() == pytest.approx((0.4 * value).tolist())
    assert told.rest == pytest.approx(0.4 * value.mean())
    assert found(objective("lifetime_value", worth=9, worth_days=180), about).rest == 9.0


def bought_by(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.select(
        "contact_id",
        touch_id=pl.lit(None, pl.String),
        kind=pl.lit("purchase"),
        value=pl.col("value").cast(pl.Int64),
        currency=pl.lit(None, pl.String),
        at=pl.col("at").cast(INSTANT),
    )


# Nothing later


def later_orders() -> Money:
    orders, _ = shoppers(seed=4)
    ahead = orders.with_columns(
        at=pl.lit(AT + timedelta(hours=1), INSTANT), value=pl.lit(10**9, pl.Int64)
    )
    return money(pl.concat([orders, ahead]))


def test_orders_after_the_instant_change_nobodys_worth() -> None:
    with_later = later_orders()
    until = replace(with_later, outcomes=with_later.outcomes.filter(pl.col("at") <= AT))
    let_in = replace(with_later, at=AT + timedelta(days=1))

    told = found(objective("revenue"), with_later)
    assert told.own.equals(found(objective("revenue"), until).own)
    assert told.rest < 10_000 < found(objective("revenue"), let_in).rest


def test_lifetime_value_knows_no_purchase_after_the_instant() -> None:
    outcomes = bought_by(simulate(BUSY, 400, 300, 0, seed=6))
    early = BOUGHT_UNTIL - timedelta(days=60)
    one = objective("lifetime_value", worth_days=100)

    told = found(one, money(outcomes, at=early))

    seen = outcomes.filter(pl.col("at") <= early)
    assert told.own.equals(found(one, money(seen, at=early)).own)
    assert not told.own.equals(found(one, money(outcomes, at=BOUGHT_UNTIL)).own)


def test_a_deal_that_opens_or_closes_after_the_instant_is_as_it_was_then() -> None:
    about = deals()
    early = AT - timedelta(days=60)
    told = found(objective("pipeline"), replace(about, at=early))

    then = about.deals.filter(pl.col("opened_at") <= early).with_columns(
        closed_at=pl.when(pl.col("closed_at") <= early).then("closed_at"),
        won=pl.when(pl.col("closed_at") <= early).then("won"),
    )
    stages = about.stages.filter(pl.col("at") <= early)
    as_then = replace(about, deals=then, stages=stages, at=early)
    assert told.own.equals(found(objective("pipeline"), as_then).own)
    assert told.own.height != found(objective("pipeline"), about).own.height


# What the data don't bear


def test_too_few_orders_leave_the_declared_worth_to_speak_and_say_why() -> None:
    orders, _ = shoppers(seed=5)
    few = money(orders.head(LEAST_ORDERS - 1))

    told = worths_of(objective("revenue", worth=4200, margin=0.5), few)

    assert told is not None
    assert told.of(pl.Series(["c000", "nobody"])).tolist() == [4200.0, 4200.0]
    assert f"{LEAST_ORDERS - 1} purchases with a contact and a value were seen" in told.words
    assert "The declared worth speaks for all" in told.words
    assert isinstance(borne(objective("revenue"), money(orders.head(LEAST_ORDERS))), Worths)


def test_what_neither_data_nor_people_price_is_refused_with_what_to_do() -> None:
    with pytest.raises(DataError) as error:
        worths_of(objective("revenue"), money())

    assert "is for revenue, which the data don't bear" in str(error.value)
    assert "Or declare its `worth`" in error.value.hint


@pytest.mark.parametrize("purpose", ["revenue", "lifetime_value"])
def test_one_purchase_in_another_currency_leaves_the_declared_worth_to_speak(purpose: str) -> None:
    orders = bought_by(simulate(BUSY, 400, 300, 0, seed=6))
    francs = orders.head(1).with_columns(currency=pl.lit("CHF"))
    ours = orders.tail(-1).with_columns(currency=pl.lit("USD"))
    about = money(pl.concat([francs, ours]), at=BOUGHT_UNTIL)

    assert "are in CHF, and the workspace counts in USD" in refused(objective(purpose), about)
    assert isinstance(borne(objective(purpose), replace(about, outcomes=ours)), Worths)


def test_open_deals_in_another_currency_leave_the_declared_worth_to_speak() -> None:
    about = deals()
    in_francs = replace(about, deals=about.deals.with_columns(currency=pl.lit("CHF")))

    assert "open deals are in CHF" in refused(objective("pipeline"), in_francs)


def test_deals_without_contact_or_amount_or_too_few_closed_ones_bear_no_pipeline() -> None:
    about = deals()
    unknown = about.deals.with_columns(amount=pl.lit(None, pl.Int64))
    going = about.deals.filter(pl.col("closed_at").is_null())

    assert "No open deal" in refused(objective("pipeline"), replace(about, deals=unknown))
    assert "0 deals won and 0 lost" in refused(objective("pipeline"), replace(about, deals=going))


def test_a_lifetime_longer_than_five_times_what_was_watched_is_not_foretold() -> None:
    about = money(bought_by(simulate(BUSY, 400, 300, 0, seed=6)), at=BOUGHT_UNTIL)

    said = refused(objective("lifetime_value", worth_days=3650), about)

    assert "Expected a horizon of" in said


def test_conversion_has_one_worth_for_all_as_without_a_purpose() -> None:
    orders, _ = shoppers(seed=7)

    assert worths_of(objective("conversion", worth=100), money(orders)) is None
    assert worths_of(Objective(**PLAIN, worth=100), money(orders)) is None


# In a run


def run_for(tower: Tower, *objectives: Objective) -> Tower:
    config = tower.config.model_copy(update={"single": None, "several": objectives})
    return replace(tower, config=config)


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


RICH, POOR = 9000.0, 100.0
TWO = ({"contact_id": "ada"}, {"contact_id": "bob"})
MAILS = {"treatments": [treatment("mail"), treatment("other")]}


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


# How near it comes


def test_the_evaluation_finds_it_nearer_to_later_orders_than_either_other_guess() -> None:
    draws, count = np.random.default_rng(9), 600
    means = 5000 * draws.gamma(4.0, 0.25, count)
    days = [-3, -2, 2, 3]
    orders = pl.concat(
        pl.DataFrame(
            {
                "contact_id": [f"c{i:03}" for i in range(count)],
                "at": pl.Series([AT + timedelta(days=day)] * count, dtype=INSTANT),
                "value": (means * draws.gamma(2.0, 0.5, count)).astype(np.int64) + 1,
            }
        )
        for day in days
    )

    told = {one.name: one for one in judge("made", orders, AT, AT + timedelta(days=9))}

    for guess in ("made_own", "made_all"):
        between = told[guess].interval
        assert between is not None
        assert between[0] > 1.0
    assert told["made_own"].words.endswith("1200 later orders of 600 contacts")
