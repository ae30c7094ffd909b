"""A receipt tells each objective's share as it is at the hour, by that outcome's own curve."""

from dataclasses import replace

import polars as pl
import pytest

from app.compose import House
from app.explaining import explain
from domain.model_tables import OWN_SEND_TIMES, SEND_TIMES
from domain.objective import Prior
from graph.committing import commit
from graph.tower import Tower
from tests.deals.worlds import decided
from tests.objectives.test_weighing import SALE
from tests.objectives.worlds import run_for

BELIEVED = Prior(
    channel="email",
    outcome="purchase",
    share_of_propensity=0.0,
    flat=0.01,
    relative_se=0.5,
    basis="made up",
)
TIMES = 2.0


def with_sales(tower: Tower) -> Tower:
    """Purchases count beside the leading outcome, and somebody believes that e-mail brings some."""
    meant = run_for(tower, tower.config.objective, SALE)
    config = meant.config.model_copy(update={"priors": (*meant.config.priors, BELIEVED)})
    return replace(meant, config=config)


def curve_of(tower: Tower, run_id: str) -> None:
    """Put beside the run that purchases are twice as likely at every slot; of visits nothing."""
    folder = tower.folder(run_id)
    zones = folder.read("observations").select("timezone").unique()
    rows = zones.join(folder.read("slots").select("slot"), how="cross").with_columns(
        outcome=pl.lit("purchase"),
        channel=pl.lit("email"),
        hours=pl.lit(3),
        multiplier=pl.lit(TIMES),
        low=pl.lit(1.5),
        high=pl.lit(2.5),
        variance=pl.lit(0.01),
        evidence=pl.lit("measured"),
        support=pl.lit(900.0),
        model=pl.lit("made"),
        as_of=pl.lit(tower.clock.now()),
    )
    folder.write("own_send_times", OWN_SEND_TIMES.empty())
    folder.write("send_times", SEND_TIMES.conform(rows))


def test_the_share_of_an_objective_beside_the_leading_one_is_that_of_its_own_hour(
    house: House,
) -> None:
    meant = with_sales(house.tower)
    pins, rows = decided(meant)
    commit(meant, pins)
    mail = rows.filter(channel="email").item(0, "decision_id")
    told = replace(house, tower=meant)

    (before,) = explain(told, mail, pins.run_id, confirm=False)["receipts"]
    curve_of(meant, pins.run_id)
    (after,) = explain(told, mail, pins.run_id, confirm=False)["receipts"]

    plain, timed = (one["objectives"][1]["value"] for one in (before, after))
    assert plain > 0
    assert timed == pytest.approx(TIMES * plain, abs=0.02)
    whole = [sum(share["value"] for share in one["objectives"]) for one in (before, after)]
    assert whole[0] == pytest.approx(whole[1]), "the run's value is what it was"
