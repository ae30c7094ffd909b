"""Predictions: measured where chance assigned, declared where it did not, the same bytes always."""

import hashlib
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from domain.objective import Objective, Prior
from domain.tables import PREDICTIONS
from tools.prediction.predicting import Forecast, predict
from tools.prediction.worths import Worths

SENT = datetime(2026, 3, 1, 12, tzinfo=UTC)
AT = SENT + timedelta(days=30)
VISIT = Objective(outcome="visit", horizon_days=14, worth=500, currency="USD", noun="visit")
CALLS = Prior(
    channel="call",
    treatment_id=None,
    share_of_propensity=0.5,
    flat=0.0,
    relative_se=0.5,
    basis="nobody was left uncalled",
)


def treatments_of(*rows: tuple[str, str, str]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=["treatment_id", "channel", "approval"], orient="row")


OFFER = treatments_of(("offer", "email", "approved"))
CALL = treatments_of(("ring", "call", "approved"))


class World:
    """`count` contacts, half of them `keen`; an even experiment with `offer`, or one touch each."""

    def __init__(self, count: int, effect_keen: float, effect_other: float, seed: int = 1) -> None:
        draws = np.random.default_rng(seed)
        self.keen = draws.random(count) < 0.5
        self.treated = draws.random(count) < 0.5
        chance = 0.1 + self.treated * np.where(self.keen, effect_keen, effect_other)
        self.answered = draws.random(count) < chance
        self.evaluation = draws.random(count) < 0.3
        self.noise = draws.normal(size=count)
        self.ids = [f"c{i}" for i in range(count)]

    def observations(self) -> pl.DataFrame:
        return pl.DataFrame(
            {
                "contact": np.arange(len(self.ids), dtype=np.uint32),
                "contact_id": self.ids,
                "evaluation": self.evaluation,
                "attr_kind": np.where(self.keen, "keen", "other").tolist(),
                "attr_noise": self.noise,
            }
        )

    def touches(self, channel: str = "email", name: str = "offer") -> pl.DataFrame:
        return pl.DataFrame(
            {
                "touch_id": [f"t-{one}" for one in self.ids],
                "contact_id": self.ids,
                "channel": channel,
                "treatment_id": np.where(self.treated, name, "nothing").tolist(),
                "at": pl.Series([SENT] * len(self.ids), dtype=pl.Datetime("us", "UTC")),
                "propensity": 0.5,
                "source": "file",
            }
        )

    def calls_without_control(self) -> pl.DataFrame:
        return self.touches("call").with_columns(
            treatment_id=pl.lit("ring"), propensity=pl.lit(None, pl.Float64)
        )

    def outcomes(self) -> pl.DataFrame:
        touched = [one for one, yes in zip(self.ids, self.answered, strict=True) if yes]
        return pl.DataFrame(
            {
                "contact_id": touched,
                "touch_id": [f"t-{one}" for one in touched],
                "kind": "visit",
                "value": pl.Series([None] * len(touched), dtype=pl.Int64),
                "at": pl.Series(
                    [SENT + timedelta(days=2)] * len(touched), dtype=pl.Datetime("us", "UTC")
                ),
            }
        )

    def forecast(self) -> Forecast:
        return predict(
            self.observations(), self.touches(), self.outcomes(), OFFER, (VISIT,), (), AT
        )


def test_a_measured_treatment_gets_the_experiments_effect_and_its_error() -> None:
    world = World(8000, 0.1, 0.1)

    forecast = world.forecast()

    (card,) = forecast.cards
    assert card.evidence == "measured"
    assert abs(card.average_effect - 0.1) < 3 * card.average_effect_se < 0.05
    assert forecast.predictions.schema == PREDICTIONS.schema
    assert forecast.predictions.height == 8000
    assert forecast.predictions.get_column("evidence").unique().to_list() == ["measured"]


def test_contacts_whom_the_treatment_moves_more_are_told_apart() -> None:
    world = World(12_000, 0.25, 0.0)

    effect = world.forecast().predictions.get_column("effect").to_numpy()

    assert abs(effect[world.keen].mean() - 0.25) < 0.04
    assert abs(effect[~world.keen].mean()) < 0.04


def test_without_confirmed_differences_everyone_gets_nearly_the_average() -> None:
    spreads = [
        np.ptp(World(6000, 0.1, 0.1, seed).forecast().predictions.get_column("effect").to_numpy())
        for seed in range(3)
    ]

    assert min(spreads) == 0.0
    assert max(spreads) < 0.1


def test_a_channel_where_nobody_was_left_alone_rests_on_the_declared_prior() -> None:
    world = World(3000, 0.1, 0.1)

    forecast = predict(
        world.observations(),
        world.calls_without_control(),
        world.outcomes(),
        CALL,
        (VISIT,),
        (CALLS,),
        AT,
    )

    found = forecast.predictions
    chance = found.get_column("base") + found.get_column("effect")
    assert found.get_column("evidence").unique().to_list() == ["prior"]
    assert found.get_column("model").unique().to_list() == ["prior:call"]
    np.testing.assert_allclose(found.get_column("effect"), 0.5 * chance)
    np.testing.assert_allclose(found.get_column("effect_se"), 0.5 * found.get_column("effect"))
    assert "nobody was left uncalled" in forecast.cards[0].words


def test_without_evidence_or_prior_the_effect_is_nothing_and_not_certain() -> None:
    world = World(1000, 0.1, 0.1)

    forecast = predict(
        world.observations(), world.touches().clear(), world.outcomes(), CALL, (VISIT,), (), AT
    )

    assert forecast.predictions.get_column("effect").unique().to_list() == [0.0]
    assert forecast.predictions.get_column("effect_se").to_numpy().min() >= 0.05
    assert "no prior is declared" in forecast.cards[0].words


def test_a_thin_experiment_moves_the_prior_without_replacing_it() -> None:
    world = World(150, 0.5, 0.5)
    prior = CALLS.model_copy(update={"channel": "email", "share_of_propensity": 0.0, "flat": 0.02})

    forecast = predict(
        world.observations(), world.touches(), world.outcomes(), OFFER, (VISIT,), (prior,), AT
    )

    (card,) = forecast.cards
    effect = forecast.predictions.get_column("effect").to_numpy()
    assert card.evidence == "prior"
    assert np.all((effect > 0.02) & (effect < 0.4))
    assert np.all(forecast.predictions.get_column("effect_se").to_numpy() < 0.01)


def test_what_evaluation_contacts_did_teaches_nothing() -> None:
    world = World(4000, 0.1, 0.1)
    before = world.forecast().predictions
    world.answered = np.where(world.evaluation, ~world.answered, world.answered)

    after = world.forecast().predictions

    assert before.equals(after)
    world.answered = np.where(world.evaluation, world.answered, ~world.answered)
    assert not before.equals(world.forecast().predictions)


def test_a_touch_whose_horizon_still_runs_teaches_nothing() -> None:
    world = World(2000, 0.1, 0.1)

    early = predict(
        world.observations(),
        world.touches(),
        world.outcomes(),
        OFFER,
        (VISIT,),
        (),
        SENT + timedelta(days=13),
    )

    assert early.cards[0].touches == 0
    assert early.cards[0].evidence == "prior"


def test_columns_that_are_no_attribute_are_never_features() -> None:
    world = World(2000, 0.1, 0.1)
    leaky = world.observations().with_columns(
        is_customer=pl.Series(world.answered), touches_28d=pl.Series(world.answered).cast(pl.UInt32)
    )

    with_leak = predict(leaky, world.touches(), world.outcomes(), OFFER, (VISIT,), (), AT)

    assert with_leak.predictions.equals(world.forecast().predictions)


def test_the_order_in_which_rows_arrived_changes_nothing() -> None:
    world = World(2000, 0.2, 0.0)

    turned = predict(
        world.observations(),
        world.touches().reverse(),
        world.outcomes().sample(fraction=1.0, shuffle=True, seed=3),
        OFFER,
        (VISIT,),
        (),
        AT,
    )

    straight = world.forecast()
    assert turned.predictions.equals(straight.predictions)
    assert turned.cards == straight.cards


def test_only_approved_treatments_are_predicted() -> None:
    world = World(500, 0.1, 0.1)
    both = treatments_of(("draft", "email", "pending"), ("offer", "email", "approved"))

    forecast = predict(
        world.observations(), world.touches(), world.outcomes(), both, (VISIT,), (), AT
    )

    assert [card.treatment_id for card in forecast.cards] == ["offer"]


def test_an_undeclared_worth_is_the_mean_purchase_after_the_outcome() -> None:
    world = World(2000, 0.1, 0.1)
    bought = world.outcomes().with_columns(kind=pl.lit("purchase"), value=pl.lit(1200, pl.Int64))
    half = bought.filter(pl.int_range(pl.len()) % 2 == 0)
    objective = VISIT.model_copy(update={"worth": None})
    outcomes = pl.concat([world.outcomes(), half])

    found = predict(world.observations(), world.touches(), outcomes, OFFER, (objective,), (), AT)
    unpriced = predict(
        world.observations(), world.touches(), world.outcomes(), OFFER, (objective,), (), AT
    )

    assert found.cards[0].worth == pytest.approx(600, rel=0.1)
    assert unpriced.cards[0].worth == 0.0


def test_each_treatment_tells_of_each_contact_that_contacts_own_worth() -> None:
    world = World(600, 0.2, 0.2)
    each = Worths(pl.DataFrame({"contact_id": ["c7"], "worth": [900.0]}), 300.0, "By orders.")
    two = pl.concat([OFFER, OFFER.with_columns(treatment_id=pl.lit("another"))])
    given = (world.observations(), world.touches(), world.outcomes(), two, (VISIT,), (), AT)

    told = predict(*given, worths={"visit": each}).predictions

    dear = told.filter(pl.col("worth") == 900.0)
    assert dear.select("contact", "treatment_id").rows() == [(7, "another"), (7, "offer")]
    assert told.height == 1200
    assert (told.get_column("worth") == 300.0).sum() == 1198


def test_of_nobody_the_mean_worth_is_the_declared_one_and_no_missing_number() -> None:
    world = World(600, 0.2, 0.2)
    each = Worths(pl.DataFrame({"contact_id": ["c0"], "worth": [900.0]}), 300.0, "By orders.")
    nobody = world.observations().clear()

    told = predict(
        nobody,
        world.touches(),
        world.outcomes(),
        OFFER,
        (VISIT,),
        (),
        AT,
        worths={"visit": each},
    )

    assert told.predictions.is_empty()
    assert told.cards[0].worth == VISIT.worth


def test_cards_grade_the_models_on_contacts_they_never_saw() -> None:
    metrics = {one.name: one for one in World(8000, 0.25, 0.0).forecast().cards[0].metrics}

    assert metrics["auc"].value > 0.5 + 2 * metrics["auc"].se
    assert set(metrics) == {"auc", "policy_value", "policy_gain"}


def test_probabilities_stay_probabilities() -> None:
    found = World(3000, 0.9, -0.1).forecast().predictions

    after = (found.get_column("base") + found.get_column("effect")).to_numpy()
    assert after.min() >= 0.0
    assert after.max() <= 1.0


DIGEST = """
import sys
sys.path.insert(0, {folder!r})
from test_predicting import digest_of, World
sys.stdout.write(digest_of(World(2000, 0.2, 0.0)))
"""


def digest_of(world: World) -> str:
    found = world.forecast()
    rows = hashlib.sha256(found.predictions.write_csv().encode()).hexdigest()
    return f"{rows} {found.cards[0].model}"


def test_another_process_predicts_the_same_bytes() -> None:
    folder = str(Path(__file__).parent)

    other = subprocess.run(
        [sys.executable, "-c", DIGEST.format(folder=folder)],
        check=True,
        capture_output=True,
        text=True,
    ).stdout

    assert other == digest_of(World(2000, 0.2, 0.0))
    assert other != digest_of(World(2000, 0.2, 0.0, seed=2))
