"""Sales: chances to win by stage and age, the next step where one is known, people's minutes."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import DataError
from tools.prediction.capacity import capacities, ranked
from tools.prediction.deal_stays import OPENED, stays_of
from tools.prediction.next_step import next_steps
from tools.prediction.winning import Winning, fit_winning

AT = datetime(2026, 9, 1, tzinfo=UTC)
INSTANT = pl.Datetime("us", "UTC")
Frames = tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]


def market(seed: int, count: int = 400, *, lift: float = 0.0, calls: float = 0.3) -> Frames:
    """Deals that open at `first`, go to `second`, and close from either; a call in a week makes a
    step forward likelier by `lift` in the next four weeks."""
    draws = np.random.default_rng(seed)
    deals: list[tuple[str, str, datetime, datetime | None, bool | None]] = []
    stages: list[tuple[str, str, datetime]] = []
    touches: list[tuple[str, str, datetime]] = []
    for i in range(count):
        opened = AT - timedelta(days=float(draws.uniform(30, 500)))
        name, now, stage, warm = f"D{i:04d}", opened, "first", 0
        stages.append((name, stage, now))
        closed: datetime | None = None
        while closed is None and now + timedelta(days=7) <= AT:
            leaves = draws.random() < (0.12 + (lift if warm else 0.0))
            warm = max(warm - 1, 0)
            if draws.random() < calls:
                touches.append((f"P{i:04d}", "call", now + timedelta(days=3)))
                warm = 4
            now += timedelta(days=7)
            if not leaves:
                continue
            if stage == "first" and draws.random() < 0.6:
                stage = "second"
                stages.append((name, stage, now - timedelta(hours=1)))
            else:
                closed = now - timedelta(hours=1)
                deals.append((name, f"P{i:04d}", opened, closed, bool(draws.random() < 0.5)))
        if closed is None:
            deals.append((name, f"P{i:04d}", opened, None, None))
    return (
        pl.DataFrame(
            deals,
            schema={
                "deal_id": pl.String,
                "contact_id": pl.String,
                "opened_at": INSTANT,
                "closed_at": INSTANT,
                "won": pl.Boolean,
            },
            orient="row",
        ).with_columns(amount=pl.lit(100_000)),
        pl.DataFrame(
            stages,
            schema={"deal_id": pl.String, "stage": pl.String, "at": INSTANT},
            orient="row",
        ),
        pl.DataFrame(
            touches,
            schema={"contact_id": pl.String, "channel": pl.String, "at": INSTANT},
            orient="row",
        ),
    )


def fitted(seed: int = 1, count: int = 400) -> tuple[Winning, Frames]:
    frames = market(seed, count)
    return fit_winning(frames[0], frames[1], AT, 182), frames


def deal(
    *stages: tuple[str, float], closed: float | None = None, won: bool | None = None
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """One deal opened 50 days ago, its stages by days ago, closed so many days ago."""
    deals = pl.DataFrame(
        {
            "deal_id": ["D"],
            "opened_at": [AT - timedelta(days=50)],
            "closed_at": [None if closed is None else AT - timedelta(days=closed)],
            "won": [won],
        },
        schema_overrides={"opened_at": INSTANT, "closed_at": INSTANT, "won": pl.Boolean},
    )
    rows = [("D", stage, AT - timedelta(days=days)) for stage, days in stages]
    schema: dict[str, Any] = {
        "deal_id": pl.String,
        "stage": pl.String,
        "at": INSTANT,
    }
    return deals, pl.DataFrame(rows, schema=schema, orient="row")


def test_a_deals_stays_follow_one_another_and_the_last_ends_as_the_deal_did() -> None:
    told = stays_of(*deal(("a", 40), ("b", 20), ("won", 6), closed=6, won=True), at=AT)

    assert told.select("stage", "ended", "moved_to", "weeks").rows() == [
        (OPENED, "moved", "a", 1),
        ("a", "moved", "b", 2),
        ("b", "won", None, 2),
    ]


def test_an_open_deals_last_stay_goes_on_and_a_stage_said_twice_is_one_stay() -> None:
    told = stays_of(*deal(("a", 50), ("a", 30), ("b", 20), ("later", -3)), at=AT)

    assert told.select("stage", "ended", "weeks").rows() == [("a", "moved", 4), ("b", None, 2)]


def test_a_close_after_the_instant_is_not_yet_known() -> None:
    told = stays_of(*deal(("a", 40), closed=-2, won=True), at=AT)

    assert told.get_column("ended").to_list() == ["moved", None]


def test_the_chance_to_win_is_about_that_of_the_market_it_was_learned_from() -> None:
    winning, _ = fitted(count=1500)
    # By hand: from `second` half of those who leave win; 26 weeks at 0.12 a week leave 0.96.
    second = winning.draws[:, winning.stages.index("second"), 0]
    first = winning.draws[:, winning.stages.index("first"), 0]
    truth = 0.5 * (1.0 - 0.88**26)

    assert np.quantile(second, 0.05) < truth < np.quantile(second, 0.95)
    assert second.mean() == pytest.approx(truth, abs=0.05)
    assert first.mean() == pytest.approx(0.4 * truth + 0.6 * 0.42, abs=0.06)


def test_open_deals_have_a_chance_an_interval_and_a_value() -> None:
    winning, (deals, stages, _) = fitted()

    told = winning.open_deals(deals, stages)

    assert told.height == deals.get_column("closed_at").is_null().sum()
    assert told.select((pl.col("low") < pl.col("chance")).all()).item()
    assert told.select((pl.col("chance") < pl.col("high")).all()).item()
    assert told.get_column("value").to_numpy() == pytest.approx(
        100_000 * told.get_column("chance").to_numpy()
    )
    assert set(told.get_column("model")) == {winning.model}


def test_below_the_least_evidence_what_is_usual_speaks_and_it_says_so() -> None:
    winning, _ = fitted(count=20)

    assert (winning.evidence, winning.model) == ("prior", "prior:usual")
    assert "30 are needed" in winning.words
    assert set(winning.stays.get_column("evidence")) == {"prior"}


def test_more_deals_narrow_the_interval() -> None:
    few, many = fitted(3, 100)[0], fitted(3, 1500)[0]

    def width(one: Winning) -> float:
        return float(one.draws[:, one.stages.index("second"), 0].std())

    assert width(many) < width(few)


def test_the_same_deals_give_the_same_bytes() -> None:
    assert fitted(5)[0].draws.tobytes() == fitted(5)[0].draws.tobytes()


def over_for_years() -> tuple[pl.DataFrame, pl.DataFrame]:
    """Forty deals that were won, or put at `Lost`, long ago, and nobody said when."""
    ids = [f"X{i:02d}" for i in range(40)]
    years = AT - timedelta(days=900)
    deals = pl.DataFrame({"deal_id": ids}).with_columns(
        contact_id=pl.lit("P"),
        opened_at=pl.lit(years, INSTANT),
        closed_at=pl.lit(None, INSTANT),
        won=pl.when(pl.int_range(pl.len()) < 20).then(True),
        amount=pl.lit(100_000),
    )
    stages = pl.concat(
        [
            deals.select("deal_id", stage=pl.lit("first"), at=pl.lit(years, INSTANT)),
            deals.tail(20).select(
                "deal_id", stage=pl.lit("Lost"), at=pl.lit(years + timedelta(days=9), INSTANT)
            ),
        ]
    )
    return deals, stages


def test_deals_that_are_over_on_a_day_nobody_said_teach_nothing_and_are_counted() -> None:
    deals, stages, touches = market(1)
    plain = fit_winning(deals, stages, AT, 182)
    more = [
        pl.concat([one, other])
        for one, other in zip((deals, stages), over_for_years(), strict=True)
    ]

    winning = fit_winning(more[0], more[1], AT, 182)

    assert winning.draws.tobytes() == plain.draws.tobytes()
    assert (
        winning.open_deals(*more)
        .drop("model")
        .equals(plain.open_deals(deals, stages).drop("model"))
    )
    assert (
        next_steps(winning, *more, touches)
        .table.drop("model")
        .equals(next_steps(plain, deals, stages, touches).table.drop("model"))
    )
    assert winning.words == f"{plain.words} 40 deals are over with no closed_at: left out."


@pytest.mark.parametrize("other", ["proposal", "zeal"])
def test_a_deal_that_closed_on_the_day_of_another_step_is_over(other: str) -> None:
    """A source that tells days alone has both at the same instant."""
    told = stays_of(*deal(("a", 40), (other, 20), ("lost", 20)), at=AT)

    assert told.is_empty()


def test_a_horizon_of_less_than_a_week_is_refused() -> None:
    deals, stages, _ = market(1, 10)
    with pytest.raises(DataError, match="at least 7 days, found 3"):
        fit_winning(deals, stages, AT, 3)


def test_where_steps_change_nothing_no_difference_is_known() -> None:
    winning, (deals, stages, touches) = fitted()

    found = next_steps(winning, deals, stages, touches)

    assert found.best.get_column("step").null_count() >= len(winning.stages) - 1
    assert "seen, not caused" in found.words
    assert set(found.table.filter(step="task").get_column("evidence")) == {"prior"}


def test_a_step_that_helps_is_named_with_its_interval() -> None:
    deals, stages, touches = market(2, 2000, lift=0.25, calls=0.08)
    winning = fit_winning(deals, stages, AT, 84)

    found = next_steps(winning, deals, stages, touches)

    best = dict(found.best.select("stage", "step").iter_rows())
    assert best["first"] == "call"
    assert "A call goes with +" in found.best.filter(stage="first").get_column("words")[0]


def asks(values: list[float], minutes: float = 15.0, owner: str = "ana") -> pl.DataFrame:
    return pl.DataFrame(
        {"owner": owner, "minutes": minutes, "value": values, "value_se": 1.0},
        schema_overrides={"value": pl.Float64},
    )


PEOPLE = pl.DataFrame({"person_id": ["ana", "bo"], "minutes_per_day": [45.0, 60.0]})


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(-100, 1000), min_size=1, max_size=30))
def test_what_fits_is_worth_at_least_as_much_a_minute_as_what_does_not(values: list[float]) -> None:
    told = ranked(asks(values), PEOPLE, timedelta(days=1))

    assert told.height == len(values)
    assert told.filter("fits").get_column("minutes").sum() <= 45.0
    within = told.filter("fits").get_column("value_per_minute").to_list()
    beyond = told.filter(~pl.col("fits")).get_column("value_per_minute").to_list()
    assert min(within, default=float("inf")) >= max(beyond, default=-float("inf"))


def test_capacity_tells_the_load_and_what_one_more_minute_would_earn() -> None:
    told = capacities(asks([50.0, 40.0, 30.0, 15.0, -5.0]), PEOPLE, timedelta(days=1))

    ana, bo = told.to_dicts()
    assert (ana["minutes"], ana["needed"], ana["value"]) == (45.0, 60.0, 120.0)
    assert (ana["load"], ana["minute_price"]) == (pytest.approx(60 / 45), 1.0)
    assert (bo["needed"], bo["load"], bo["minute_price"]) == (0.0, 0.0, 0.0)


def test_an_owner_whose_minutes_nobody_declared_fits_nothing() -> None:
    told = ranked(asks([50.0], owner="nobody"), PEOPLE, timedelta(days=1))

    assert told.get_column("fits").to_list() == [False]
