"""Fatigue: rising in earlier touches where the rows allow it, priced only by declared losses."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.fatigue import Losses
from tools.prediction.fatigue import STEPS_7D, STEPS_28D, USUAL, Fatigue, fit_fatigue
from tools.prediction.fatigue_cost import losses_said, touch_costs
from tools.prediction.recent_touches import touches_before, touches_with_answers
from tools.prediction.rising import rising

AT = datetime(2026, 9, 1, tzinfo=UTC)
INSTANT = pl.Datetime("us", "UTC")


def world(
    seed: int, count: int = 40_000, *, rate: float = 0.01, step: float = 0.3, channel: str = "email"
) -> pl.DataFrame:
    """Touches after so many earlier ones; each step of 7 days adds `step` to the log odds."""
    draws = np.random.default_rng(seed)
    week = draws.poisson(1.5, count)
    month = week + draws.poisson(2.5, count)
    reached = np.searchsorted(np.array(STEPS_7D[1:]), week, side="right")
    odds = rate / (1.0 - rate) * np.exp(step * reached)
    chance = odds / (1.0 + odds)
    return pl.DataFrame(
        {
            "channel": np.full(count, channel),
            "touches_7d": week,
            "touches_28d": month,
            "ignored": draws.random(count) < 0.85,
            "unsubscribed": draws.random(count) < chance,
            "complained": draws.random(count) < chance / 8.0,
        }
    )


def curve(found: Fatigue, outcome: str, channel: str = "email") -> np.ndarray:
    rows = found.table.filter((pl.col("outcome") == outcome) & (pl.col("channel") == channel))
    return rows.get_column("chance").to_numpy().reshape(len(STEPS_7D), len(STEPS_28D))


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(-5, 5), min_size=2, max_size=6), st.integers(0, 99))
def test_the_nearest_rising_curve_rises_and_a_rising_one_stays(
    values: list[float], seed: int
) -> None:
    weight = np.random.default_rng(seed).uniform(0.1, 5.0, (1, len(values)))

    found = rising(np.array(values)[None, None], weight)[0, 0]
    again = rising(np.sort(values)[None, None], weight)[0, 0]

    assert (np.diff(found) >= -1e-9).all()
    assert again == pytest.approx(np.sort(values), abs=1e-9)
    assert (found * weight[0]).sum() == pytest.approx((np.array(values) * weight[0]).sum())


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 1000))
def test_more_earlier_touches_never_cost_less(seed: int) -> None:
    found = fit_fatigue(world(seed, 8000, step=0.1), AT)

    for outcome in ("unsubscribed", "complained"):
        assert (np.diff(curve(found, outcome), axis=0) >= -1e-9).all()
        assert (np.diff(curve(found, outcome), axis=1) >= -1e-9).all()


def test_where_more_touches_surely_go_with_less_the_curve_is_left_as_seen() -> None:
    found = fit_fatigue(world(1, step=-0.8, rate=0.05), AT)

    rows = found.table.filter(
        (pl.col("outcome") == "unsubscribed") & (pl.col("channel") == "email")
    )
    assert rows.get_column("shape").unique().to_list() == ["as seen"]
    assert curve(found, "unsubscribed")[-1, 2] < curve(found, "unsubscribed")[0, 2]
    assert "More touches go with less on email" in found.words


def test_a_rising_risk_is_found_and_the_interval_holds_the_truth() -> None:
    found = fit_fatigue(world(2, 100_000), AT)

    told = found.risks(
        pl.DataFrame({"channel": "email", "touches_7d": [0, 6], "touches_28d": [2, 8]})
    )
    odds = 0.01 / 0.99 * np.exp([0.0, 1.2])
    truth = odds / (1.0 + odds)
    assert told.get_column("unsubscribed").to_numpy() == pytest.approx(truth, rel=0.15)
    assert told["unsubscribed_low"][1] < truth[1] < told["unsubscribed_high"][1]
    assert told.get_column("evidence").to_list() == ["measured", "measured"]


def test_a_channel_with_little_of_its_own_rests_on_the_others_and_says_so() -> None:
    rows = pl.concat([world(3, rate=0.03), world(4, 100, channel="sms")])

    found = fit_fatigue(rows, AT)

    told = (
        found.table.filter(pl.col("outcome") == "unsubscribed")
        .group_by("channel")
        .agg(pl.col("evidence").first(), wide=(pl.col("high") - pl.col("low")).mean())
    )
    evidence = dict(told.select("channel", "evidence").iter_rows())
    wide = dict(told.select("channel", "wide").iter_rows())
    assert (evidence["email"], evidence["sms"], evidence["push"]) == ("measured", "prior", "prior")
    assert wide["email"] < wide["sms"] < wide["push"]


def test_below_the_least_evidence_what_is_usual_speaks_and_it_says_so() -> None:
    found = fit_fatigue(world(5, 50), AT)

    assert found.model == "prior:usual"
    assert found.table.get_column("evidence").unique().to_list() == ["prior"]
    assert "what is usual anywhere speaks" in found.words
    assert curve(found, "ignored")[0, 0] == pytest.approx(USUAL["ignored"], abs=0.15)


def test_the_same_rows_give_the_same_bytes() -> None:
    one, other = (fit_fatigue(world(6, 5000), AT).table.write_csv() for _ in range(2))

    assert one == other


def asked() -> pl.DataFrame:
    return pl.DataFrame(
        {
            "contact_id": ["A", "B"],
            "channel": ["email", "email"],
            "touches_7d": [0, 5],
            "touches_28d": [0, 9],
        }
    )


def test_nothing_is_priced_that_nobody_declared() -> None:
    found = fit_fatigue(world(7), AT)

    told = touch_costs(asked(), found, Losses())

    assert told.get_column("fatigue_cost").to_list() == [None, None]
    assert told.get_column("unpriced").to_list() == ["ignored, unsubscribed, complained"] * 2
    assert "told and not priced" in losses_said(Losses())


def test_a_declared_loss_prices_its_outcome_and_the_others_stay_unpriced() -> None:
    found = fit_fatigue(world(7), AT)
    losses = Losses(unsubscribed=5000)

    told = touch_costs(asked(), found, losses)

    cost, chance = told.get_column("fatigue_cost"), told.get_column("unsubscribed")
    assert cost.to_numpy() == pytest.approx(5000 * chance.to_numpy())
    assert cost[1] > cost[0]
    assert told.get_column("unpriced").to_list() == ["ignored, complained"] * 2
    assert losses_said(losses) == (
        "Not priced, since nobody declared what it costs: ignored, complained."
    )


def test_what_a_contact_would_yet_buy_is_lost_where_it_is_known() -> None:
    found = fit_fatigue(world(7), AT)
    future = pl.DataFrame({"contact_id": ["A"], "value": [100_000.0]})

    told = touch_costs(asked(), found, Losses(unsubscribed=10, share_of_future=0.5), future)

    row = told.row(0, named=True)
    assert row["fatigue_cost"] == pytest.approx(50_000 * (row["unsubscribed"] + row["complained"]))
    assert told["fatigue_cost"][1] == pytest.approx(10 * told["unsubscribed"][1])


def touch(name: str, contact: str, days: float, treatment: str = "T") -> dict[str, object]:
    return {
        "touch_id": name,
        "contact_id": contact,
        "channel": "email",
        "treatment_id": treatment,
        "at": AT - timedelta(days=days),
    }


def frames(*outcomes: tuple[str, str | None, str, float]) -> tuple[pl.DataFrame, pl.DataFrame]:
    touches = pl.DataFrame(
        [
            touch("a1", "A", 40),
            touch("a2", "A", 15),
            touch("a3", "A", 10),
            touch("a4", "A", 10, "nothing"),
            touch("b1", "B", 10),
            touch("a5", "A", 2),
        ],
        schema_overrides={"at": INSTANT},
    )
    rows = [
        {"contact_id": who, "touch_id": name, "kind": kind, "at": AT - timedelta(days=days)}
        for who, name, kind, days in outcomes
    ]
    schema: dict[str, Any] = {
        "contact_id": pl.String,
        "touch_id": pl.String,
        "kind": pl.String,
        "at": INSTANT,
    }
    return touches, pl.DataFrame(rows, schema=schema)


def test_earlier_touches_are_counted_by_contact_and_window() -> None:
    found = touches_with_answers(*frames(), AT)

    told = found.select("touch_id", "touches_7d", "touches_28d").rows()
    assert told == [("a1", 0, 0), ("a2", 0, 1), ("a3", 1, 1), ("b1", 0, 0)]


def test_an_answer_belongs_to_the_newest_touch_unless_it_names_one() -> None:
    touches, outcomes = frames(
        ("A", None, "unsubscribe", 9.0), ("A", "a2", "click", 9.5), ("B", None, "bounce", 9.0)
    )

    found = touches_with_answers(touches, outcomes, AT)

    told = {row["touch_id"]: row for row in found.iter_rows(named=True)}
    assert told["a3"]["unsubscribed"]
    assert told["a3"]["ignored"]
    assert not told["a2"]["ignored"]
    assert not told["a2"]["unsubscribed"]
    assert told["b1"]["ignored"]
    assert told["a1"]["ignored"]


def test_a_touch_that_a_mail_program_opened_was_ignored_all_the_same() -> None:
    touches, outcomes = frames(("B", "b1", "open", 9.0))

    found = touches_with_answers(touches, outcomes, AT)

    assert found.filter(touch_id="b1").get_column("ignored").to_list() == [True]


def test_a_touch_whose_window_still_runs_teaches_nothing_and_still_counts_as_earlier() -> None:
    touches, outcomes = frames()

    found = touches_with_answers(touches, outcomes, AT)
    ahead = touches_before(touches, pl.DataFrame({"contact_id": ["A", "B", "C"]}), AT)

    assert "a5" not in found.get_column("touch_id").to_list()
    assert ahead.rows() == [("A", 1, 3), ("B", 0, 1), ("C", 0, 0)]
