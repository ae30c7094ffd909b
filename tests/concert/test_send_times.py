"""Send times in the agents: who loves evenings gets one, and a flat curve changes nothing."""

import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents import ads, email, sales
from agents.desk import Desk
from tests.agents.worlds import (
    NOON,
    VISITS,
    WORTH,
    Row,
    asked,
    desk_in,
    enrolled,
    foreseen,
    sequence,
    slots_of,
    treatment,
)
from tests.objectives.test_weighing import SALE, both
from tools.prediction.local_time import with_local_time
from tools.prediction.send_time import fit_send_times
from tools.prediction.timing import Timing, interval, time_outcomes, with_multiplier

MAIL = {"treatments": [treatment("offer")]}
CHANNELS = ("email", "call")
EVENING = (18, 21)
ZONES = ("Europe/London", "Asia/Tokyo", None)


def past(seed: int, people: pl.DataFrame, *, evening: float, touches: int = 6000) -> pl.DataFrame:
    """E-mails at random hours of half a year, answered `evening` times as often from six to nine
    where the contact lives."""
    draws = np.random.default_rng(seed)
    rows = people[draws.integers(0, people.height, touches)].with_columns(
        touched_at=pl.lit(NOON)
        - pl.duration(minutes=pl.lit(pl.Series(draws.integers(1, 180 * 1440, touches)))),
        channel=pl.lit("email"),
        treatment_id=pl.lit("offer"),
    )
    hour = with_local_time(rows, "touched_at").get_column("local_hour").to_numpy()
    late = (hour >= EVENING[0]) & (hour < EVENING[1])
    answered = draws.random(touches) < np.where(late, 0.1 * evening, 0.1)
    return rows.with_columns(answered=pl.Series(answered))


def crowd(count: int = 300) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "contact": pl.Series(range(count), dtype=pl.UInt32),
            "contact_id": [f"c{i}" for i in range(count)],
            "timezone": ["Europe/London"] * count,
        }
    )


def timed(desk: Desk, *told: tuple[str, pl.DataFrame]) -> Desk:
    """The desk of a run that fitted send times, from these answers by outcome."""
    keep(desk, timing_of(desk, *told))
    return desk


def timing_of(desk: Desk, *told: tuple[str, pl.DataFrame]) -> Timing:
    read = desk.folder.read
    return time_outcomes(dict(told), read("observations"), read("slots"), CHANNELS, NOON)


def keep(desk: Desk, timing: Timing) -> None:
    desk.folder.write("own_send_times", timing.own)
    desk.folder.write("send_times", timing.by_zone)


def evening_desk(path: Path, evening: float, contacts: list[Row], **changes: Any) -> Desk:
    """A desk whose contacts, and a crowd, answer in the evening so many times as often."""
    rows = [{**one} for one in contacts] + [{"contact_id": f"c{i}"} for i in range(300)]
    changes = {
        "predictions": [foreseen(i, "offer") for i in range(len(rows))],
        "programme": MAIL,
        **changes,
    }
    desk = desk_in(path, rows, **changes)
    known = desk.folder.read("observations").select("contact_id", "timezone")
    return timed(desk, ("visit", past(1, known, evening=evening)))


def of(rows: pl.DataFrame, contact_id: str) -> pl.DataFrame:
    return rows.filter(contact_id=contact_id)


def test_who_answers_in_the_evening_is_asked_in_the_evening_where_they_live(tmp_path: Path) -> None:
    contacts: list[Row] = [
        {"contact_id": "ada"},
        {"contact_id": "ken", "timezone": "Asia/Tokyo"},
        {"contact_id": "who", "timezone": None},
    ]
    rows = asked(email.build(), evening_desk(tmp_path, 4.0, contacts))

    best = rows.sort("value", descending=True).unique("contact_id", maintain_order=True)
    at = dict(best.select("contact_id", "slot_at").iter_rows())
    assert at["ada"].astimezone(ZoneInfo("Europe/London")).hour == 18
    assert at["ken"].astimezone(ZoneInfo("Asia/Tokyo")).hour == 18
    assert slots_of(of(rows, "who"), "offer") == [0, 1, 2]


def test_a_closed_evening_stays_closed(tmp_path: Path) -> None:
    desk = evening_desk(tmp_path, 4.0, [{"contact_id": "ada"}], closed=[{"slot": 2}])

    assert 2 not in slots_of(of(asked(email.build(), desk), "ada"), "offer")


def test_value_and_error_are_those_of_the_multiplier_of_contact_and_slot(tmp_path: Path) -> None:
    desk = evening_desk(tmp_path, 4.0, [{"contact_id": "ada"}])
    rows = of(asked(email.build(), desk), "ada").sort("slot")

    assert rows.height == 3
    told = desk.folder.read("send_times").filter(channel="email", timezone="Europe/London")
    for row in rows.iter_rows(named=True):
        one = told.filter(slot=row["slot"]).row(0, named=True)
        left = 0.9 ** (row["slot"] * 3 / 24)
        m, error = one["multiplier"], one["multiplier"] * one["variance"] ** 0.5
        assert row["value"] == pytest.approx(0.1 * WORTH * m * left - 1)
        assert row["value_se"] == pytest.approx((0.01 * WORTH * m + 0.1 * WORTH * error) * left)
        assert one["low"] < m < one["high"]
        assert interval(m, error) == pytest.approx((one["low"], one["high"]))


@settings(max_examples=20, deadline=None)
@given(
    effects=st.lists(st.floats(-0.3, 0.3).map(lambda x: round(x, 3)), min_size=1, max_size=4),
    shut=st.sets(st.integers(0, 7)),
    zones=st.lists(st.sampled_from(ZONES), min_size=2, max_size=2),
)
def test_where_the_hour_does_not_matter_every_value_is_what_it_was(
    effects: list[float], shut: set[int], zones: list[str | None]
) -> None:
    contacts: list[Row] = [
        {"contact_id": name, "timezone": zone} for name, zone in zip("ab", zones, strict=True)
    ]
    names = [f"mail_{i}" for i in range(len(effects))]
    world: dict[str, Any] = {
        "contacts": contacts,
        "predictions": [
            foreseen(contact, name, effect)
            for contact in range(2)
            for name, effect in zip(names, effects, strict=True)
        ],
        "closed": [{"slot": slot} for slot in sorted(shut)],
        "programme": {"treatments": [treatment(name) for name in names]},
    }
    with tempfile.TemporaryDirectory() as place:
        plain = desk_in(Path(place) / "plain", **world)
        flat = timed(
            desk_in(Path(place) / "flat", **world),
            ("visit", past(1, crowd(), evening=1.0, touches=100)),
        )
        before, after = asked(email.build(), plain), asked(email.build(), flat)

    assert before.drop("value_se").equals(after.drop("value_se"))
    assert (after.get_column("value_se") >= before.get_column("value_se")).all()


def test_a_curve_of_one_channel_says_nothing_of_another(tmp_path: Path) -> None:
    programme = {"treatments": [treatment("offer"), treatment("intro", channel="call")]}
    contacts: list[Row] = [{"contact_id": "ada", "sdr": "sam"}]
    predictions = [foreseen(0, "offer"), foreseen(0, "intro", channel="call")]
    desk = evening_desk(tmp_path, 4.0, contacts, predictions=predictions, programme=programme)

    rows = asked(sales.build(), desk)

    assert slots_of(of(rows, "ada"), "intro") == [0, 1, 2]
    assert of(rows, "ada").get_column("value")[0] == pytest.approx(0.1 * WORTH)


def test_each_objective_has_its_own_times(tmp_path: Path) -> None:
    predictions = both("offer", 0.1, 0.01)
    desk = desk_in(tmp_path, predictions=predictions, programme=MAIL, objectives=(VISITS, SALE))
    late = past(1, crowd(), evening=4.0)
    flat = late.with_columns(answered=pl.int_range(pl.len()) % 10 == 0)
    timing = timing_of(desk, ("visit", flat), ("purchase", late))
    keep(desk, timing)

    rows = asked(email.build(), desk)

    curve = timing.by_zone.filter(outcome="purchase", channel="email", slot=2)
    assert rows.filter(slot=2).get_column("value").to_list() == pytest.approx(
        [(0.1 * 1000 + 0.01 * 5000 * curve.item(0, "multiplier")) * 0.9 ** (6 / 24) - 1]
    )


def test_being_in_an_audience_has_no_hour(tmp_path: Path) -> None:
    programme = {
        "treatments": [treatment("follow_ad", channel="ads")],
        "members": [{"contact_id": "ada", "campaign_id": "follow"}],
    }
    predictions = [foreseen(0, "follow_ad", channel="ads")]
    plain = desk_in(tmp_path / "a", predictions=predictions, programme=programme)
    desk = desk_in(tmp_path / "b", predictions=predictions, programme=programme)
    timed(desk, ("visit", past(1, crowd(), evening=4.0).with_columns(channel=pl.lit("ads"))))

    assert asked(ads.build(), desk).equals(asked(ads.build(), plain))


def test_a_table_of_one_contact_says_what_the_table_of_all_says() -> None:
    known = crowd(60).with_columns(
        timezone=pl.Series(["Europe/London", "Asia/Tokyo", None] * 20, dtype=pl.String)
    )
    slots = pl.DataFrame(
        {"slot": range(8), "slot_at": [NOON + timedelta(hours=3 * i) for i in range(8)]}
    )
    rows = past(2, known, evening=3.0, touches=20_000)
    # Some of them answer in the morning only: these get a curve of their own.
    hour = with_local_time(rows, "touched_at").get_column("local_hour")
    mine = pl.Series(rows.get_column("contact_id").is_in([f"c{i}" for i in range(20)]))
    rows = rows.with_columns(
        answered=pl.when(mine).then(hour.is_between(6, 11)).otherwise("answered")
    )
    timing = time_outcomes({"visit": rows}, known, slots, ["email"], NOON)
    asked_of = known.join(slots.select(pl.col("slot").cast(pl.Int8)), how="cross").with_columns(
        channel=pl.lit("email")
    )

    whole = with_multiplier(asked_of, timing.by_zone, timing.own)

    assert timing.own.height > 0
    for contact in (0, 21, 2):
        one = with_multiplier(asked_of.filter(contact=contact), timing.by_zone, timing.own)
        assert one.equals(whole.filter(contact=contact))


def test_a_contact_of_its_own_curve_gets_it_as_the_model_itself_says() -> None:
    known = crowd(40)
    slots = pl.DataFrame(
        {"slot": range(8), "slot_at": [NOON + timedelta(hours=3 * i) for i in range(8)]}
    )
    rows = past(3, known, evening=1.0, touches=16_000)
    hour = with_local_time(rows, "touched_at").get_column("local_hour")
    mine = rows.get_column("contact_id").is_in([f"c{i}" for i in range(20)])
    rows = rows.with_columns(
        answered=pl.when(mine).then(hour.is_between(6, 11)).otherwise("answered")
    )
    timing = time_outcomes({"visit": rows}, known, slots, ["email"], NOON)
    model = fit_send_times(rows, known, NOON).multipliers(known, slots)
    asked_of = known.join(slots.select(pl.col("slot").cast(pl.Int8)), how="cross").with_columns(
        channel=pl.lit("email")
    )

    told = with_multiplier(asked_of, timing.by_zone, timing.own)

    assert timing.own.height > 0
    assert told.get_column("times").to_list() == pytest.approx(model["multiplier"].to_list())
    assert told.get_column("own_support").to_list() == model["support"].to_list()
    ends = [interval(*row) for row in told.select("times", "times_se").iter_rows()]
    assert [high for _, high in ends] == pytest.approx(model["high"].to_list())


def test_a_sequence_step_waits_for_its_due_time_whatever_the_hour_is_worth(tmp_path: Path) -> None:
    programme = {
        "treatments": [treatment("offer")],
        "sequences": sequence("offer"),
        "enrolments": [enrolled("ada", 1, 9)],
    }
    desk = evening_desk(tmp_path, 4.0, [{"contact_id": "ada"}], programme=programme)

    assert min(slots_of(of(asked(email.build(), desk), "ada"), "offer")) >= 3
