"""Send times: a real curve is found, a flat world is called flat, thin evidence changes little."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from tools.prediction.local_time import with_local_time
from tools.prediction.send_time import HOURS_TOGETHER, SendTimes, fit_send_times

AT = datetime(2026, 9, 1, tzinfo=UTC)
BLOCKS = 24 // HOURS_TOGETHER
REAL = np.array([0.5, 0.5, 0.8, 1.4, 1.2, 1.0, 1.5, 0.9])
ZONES = np.array(["Europe/Berlin", "America/New_York", "Asia/Kolkata"])


def world(
    seed: int,
    curve: np.ndarray,
    *,
    touches: int = 8000,
    contacts: int = 800,
    apart: float = 0.0,
    rate: float = 0.15,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Touches at random instants of half a year, answered by a curve over local hours; `apart`
    tells how far each contact's own curve lies from it."""
    draws = np.random.default_rng(seed)
    people = pl.DataFrame(
        {
            "contact_id": [f"C{number:05d}" for number in range(contacts)],
            "timezone": ZONES[draws.integers(0, 3, contacts)],
        }
    )
    who = draws.integers(0, contacts, touches)
    minutes = draws.integers(1, 180 * 1440, touches)
    rows = (
        people[who]
        .with_columns(
            touched_at=pl.lit(AT, pl.Datetime("us", "UTC"))
            - pl.Series(minutes * 60_000_000).cast(pl.Duration("us")),
            channel=pl.lit("email"),
            treatment_id=pl.Series(np.where(draws.random(touches) < 0.5, "one", "two")),
        )
        .pipe(with_local_time, "touched_at")
    )
    block = rows.get_column("local_hour").to_numpy() // HOURS_TOGETHER
    # Without the second treatment's lower rate a mix of treatments would look like a curve.
    level = rate * np.where(rows.get_column("treatment_id").to_numpy() == "one", 1.3, 0.7)
    own = draws.gamma(1 / apart**2, apart**2, (contacts, BLOCKS)) if apart else 1.0
    chance = level * curve[block] * (own[who, block] if apart else 1.0)
    answered = draws.random(touches) < np.minimum(chance, 1.0)
    return rows.drop("timezone", "local_hour", "local_weekday").with_columns(
        answered=pl.Series(answered)
    ), people


def fitted(seed: int, curve: np.ndarray, **options: float) -> SendTimes:
    rows, people = world(seed, curve, **options)  # type: ignore[arg-type]
    return fit_send_times(rows, people, AT)


def test_a_real_curve_is_found_within_its_intervals() -> None:
    found = fitted(1, REAL, touches=20_000)

    assert found.hours.matters
    assert not found.weekday.matters
    assert np.corrcoef(found.hours.multiplier, REAL)[0, 1] > 0.95
    assert found.hours.multiplier == pytest.approx(REAL / REAL.mean(), rel=0.2)


def test_ninety_per_cent_intervals_hold_about_ninety_per_cent_of_true_multipliers() -> None:
    inside = []
    for seed in range(120):
        truth = np.random.default_rng(1000 + seed).gamma(10.0, 0.1, BLOCKS)
        curve = fitted(seed, truth, touches=6000).hours
        if curve.matters:
            off = np.abs(np.log(curve.multiplier) - np.log(truth / truth.mean()))
            inside.append(off <= 1.645 * np.sqrt(curve.variance))

    assert len(inside) > 100
    assert 0.86 <= np.mean(inside) <= 0.94


def test_where_the_hour_does_not_matter_it_is_called_flat_in_nineteen_worlds_of_twenty() -> None:
    flat = [fitted(seed, np.ones(BLOCKS), touches=2000) for seed in range(200)]

    silent = [not (one.hours.matters or one.weekday.matters) for one in flat]
    assert np.mean(silent) >= 0.92
    assert all((one.hours.multiplier == 1.0).all() for one in flat if not one.hours.matters)
    assert sum(one.own.height > 0 for one in flat) <= 14


def test_who_has_little_evidence_gets_the_curve_of_all() -> None:
    rows, people = world(3, REAL, touches=30_000, contacts=300, apart=0.7)
    stranger = pl.DataFrame({"contact_id": ["new"], "timezone": ["Europe/Berlin"]})
    found = fit_send_times(rows, people, AT)

    slots = pl.DataFrame({"slot": [0], "slot_at": [datetime(2026, 9, 2, 8, tzinfo=UTC)]})
    new = found.multipliers(stranger, slots).row(0, named=True)
    assert found.own.height > 0
    block = 10 // HOURS_TOGETHER
    weekday = found.weekday.multiplier[2]
    assert new["multiplier"] == pytest.approx(found.hours.multiplier[block] * weekday)
    assert new["support"] == 0.0


def test_contacts_who_differ_move_towards_their_own_curve() -> None:
    rows, people = world(3, REAL, touches=60_000, contacts=300, apart=0.7)

    found = fit_send_times(rows, people, AT).own.filter(pl.col("touches") >= 20)
    assert found.get_column("own").to_numpy().std() > 0.2


def test_contacts_with_one_curve_have_none_of_their_own() -> None:
    assert fitted(4, REAL, touches=20_000).own.height == 0


def test_a_contact_without_zone_gets_one_as_wide_as_the_curve() -> None:
    found = fitted(1, REAL, touches=20_000)
    people = pl.DataFrame(
        {"contact_id": ["none", "odd", "home"], "timezone": [None, "Mars/Olympus", "Europe/Berlin"]}
    )
    slots = pl.DataFrame({"slot": [0], "slot_at": [datetime(2026, 9, 2, 1, tzinfo=UTC)]})

    none, odd, home = found.multipliers(people, slots).iter_rows(named=True)
    assert none["multiplier"] == odd["multiplier"] == 1.0
    assert none["low"] < 0.7 < 1.4 < none["high"]
    assert home["multiplier"] < 0.8


def test_below_the_least_evidence_every_time_counts_alike_and_it_says_so() -> None:
    found = fitted(1, REAL, touches=150)

    assert (found.evidence, found.model) == ("prior", "prior:flat")
    assert "Every time counts alike" in found.words
    assert (found.hours.multiplier == 1.0).all()


def test_more_answers_to_what_was_sent_at_one_hour_alone_are_no_curve() -> None:
    rows, people = world(5, np.ones(BLOCKS), touches=6000)
    early = rows.with_columns(
        treatment_id=pl.when(pl.col("touched_at").dt.hour() < 8)
        .then(pl.lit("loved"))
        .otherwise(pl.lit("plain")),
    )
    draws = np.random.default_rng(1).random(rows.height)
    loved = early.get_column("treatment_id").to_numpy() == "loved"
    answered = early.with_columns(answered=pl.Series(draws < np.where(loved, 0.4, 0.1)))

    assert not fit_send_times(answered, people, AT).hours.matters
    assert fit_send_times(
        answered.with_columns(treatment_id=pl.lit("same")), people, AT
    ).hours.matters


def test_local_hours_follow_summer_time() -> None:
    instants = [datetime(2026, 3, 28, 8, tzinfo=UTC) + timedelta(days=day) for day in range(2)]
    rows = pl.DataFrame({"timezone": ["Europe/Berlin"] * 2, "at": instants})

    assert with_local_time(rows, "at").get_column("local_hour").to_list() == [9, 10]


def test_a_touch_after_the_instant_tells_nothing() -> None:
    rows, people = world(1, REAL)
    future = rows.with_columns(pl.col("touched_at") + timedelta(days=365), answered=pl.lit(True))

    found = fit_send_times(pl.concat([rows, future]), people, AT)
    assert found.touches == rows.height
    assert (found.hours.multiplier == fit_send_times(rows, people, AT).hours.multiplier).all()


def test_what_the_hour_explains_is_not_counted_again_for_the_weekday() -> None:
    draws = np.random.default_rng(6)
    people = pl.DataFrame({"contact_id": ["one"], "timezone": ["UTC"]})
    day = draws.integers(1, 180, 20_000)
    start = datetime(2026, 3, 2, tzinfo=UTC)  # a Monday
    weekend = (day % 7) >= 5
    evening = np.where(draws.random(day.size) < 0.7, weekend, draws.random(day.size) < 0.3)
    hour = np.where(evening, draws.integers(18, 21, day.size), draws.integers(6, 18, day.size))
    minutes = pl.Series((day * 24 + hour) * 60_000_000 * 60).cast(pl.Duration("us"))
    rows = people[np.zeros(day.size, dtype=int)].with_columns(
        touched_at=pl.lit(start, pl.Datetime("us", "UTC")) + minutes,
        channel=pl.lit("email"),
        treatment_id=pl.lit("offer"),
        answered=pl.Series(draws.random(day.size) < np.where(evening, 0.24, 0.06)),
    )

    found = fit_send_times(rows, people, AT)

    late, early = found.hours.multiplier[6], found.hours.multiplier[3]
    saturday, monday = found.weekday.multiplier[5], found.weekday.multiplier[0]
    assert late * saturday / (early * monday) == pytest.approx(4.0, rel=0.15)
    assert not found.weekday.matters


def test_hour_and_weekday_that_both_matter_are_told_apart() -> None:
    rows, people = world(7, np.ones(BLOCKS), touches=40_000)
    local = rows.join(people, on="contact_id", maintain_order="left").pipe(
        with_local_time, "touched_at"
    )
    late = (local.get_column("local_hour") >= 18).to_numpy()
    weekend = (local.get_column("local_weekday") >= 6).to_numpy()
    # Most evening touches on workdays are left out, so that evenings and weekends come together.
    kept = ~late | weekend | (np.random.default_rng(1).random(rows.height) < 0.2)
    chance = 0.05 * np.where(late, 2.0, 1.0) * np.where(weekend, 3.0, 1.0)
    answered = np.random.default_rng(2).random(rows.height) < chance

    found = fit_send_times(
        rows.with_columns(answered=pl.Series(answered)).filter(pl.Series(kept)), people, AT
    )

    hours, weekday = found.hours.multiplier, found.weekday.multiplier
    assert hours[6:].mean() / hours[:6].mean() == pytest.approx(2.0, rel=0.15)
    assert weekday[5:].mean() / weekday[:5].mean() == pytest.approx(3.0, rel=0.15)


def test_the_same_touches_in_another_order_of_contacts_give_the_same_curves_to_the_last_bit() -> (
    None
):
    rows, people = world(3, REAL, touches=30_000, contacts=300, apart=0.7)

    one, other = (fit_send_times(rows, some, AT) for some in (people, people[::-1]))

    assert (one.hours.multiplier == other.hours.multiplier).all()
    assert one.own.equals(other.own)


@pytest.mark.parametrize("seed", range(6))
def test_who_was_touched_once_shows_no_hours_of_its_own(seed: int) -> None:
    rows, people = world(seed, REAL, touches=3000, contacts=3000)
    once = rows.unique("contact_id", keep="first", maintain_order=True).with_columns(
        # Rounding differs from touch to touch where each is foreseen apart.
        foreseen=pl.Series(
            np.random.default_rng(seed).uniform(0.05, 0.3, rows["contact_id"].n_unique())
        )
    )

    assert fit_send_times(once, people, AT).own.is_empty()


def test_an_outcome_that_nearly_every_touch_meets_leaves_a_wide_curve_and_no_impossible_one() -> (
    None
):
    rows, people = world(3, np.ones(BLOCKS), touches=600, contacts=100)
    draws = np.random.default_rng(3)
    sure = rows.with_columns(
        answered=pl.Series(draws.random(rows.height) < 0.98),
        foreseen=pl.Series(draws.uniform(0.5, 1.0, rows.height)),
    )

    told = fit_send_times(sure, people, AT)

    for curve in (told.hours, told.weekday):
        assert (curve.variance > 0.0).all()


def test_who_was_left_alone_by_chance_tells_nothing_of_when_people_answer() -> None:
    rows, people = world(4, REAL, touches=2000)
    alone = rows.with_columns(treatment_id=pl.lit("nothing"), answered=pl.lit(True))

    told = fit_send_times(pl.concat([rows, alone]), people, AT)

    assert told.touches == rows.height
    assert (told.hours.multiplier == fit_send_times(rows, people, AT).hours.multiplier).all()
