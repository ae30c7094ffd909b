"""`clearance deals`: what open deals may bring, as it was known, and whose minutes are short."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from rich.console import Console

from app.compose import House
from app.deal_desk import deals_told
from app.story.deals import show_deals
from domain.errors import UsageError
from evals.faults.world import START, open_at, plant
from tests.app.commands import clearance
from tests.app.worlds import ran
from tests.prediction.test_deals import AT, market
from tools.clock import FrozenClock

DAY = timedelta(days=1)
ASKED_FOR = 0.6
"""Share of people's minutes that the made-up company's policy lets automation ask for."""


@pytest.fixture
def house(tmp_path: Path) -> House:
    """A company with one open deal, at negotiation, and no closed one."""
    plant(tmp_path / "company")
    return open_at(tmp_path / "company", FrozenClock(START))


def with_market(house: House, **how: Any) -> None:
    """Deals, most of them closed, as they went until START."""
    deals, stages, touches = market(2, **how)
    later = START - AT
    house.tower.warehouse.merge(
        "deals",
        deals.with_columns(
            pl.col("opened_at", "closed_at") + later,
            account_id=pl.lit("deal"),
            owner=pl.lit("anna"),
            source=pl.lit("test"),
        ),
    )
    house.tower.warehouse.merge(
        "deal_stages", stages.with_columns(pl.col("at") + later, source=pl.lit("test"))
    )
    rows = touches.with_columns(
        pl.col("at") + later,
        touch_id=pl.concat_str(pl.lit("t"), pl.int_range(pl.len())),
        treatment_id=pl.lit("call_deal"),
        source=pl.lit("test"),
        **{"class": pl.lit("one_to_one")},
    )
    house.tower.warehouse.merge("touches", rows)


def deal(house: House, deal_id: str, **said: Any) -> None:
    plain = {"account_id": "deal", "contact_id": "c12", "owner": "anna", "source": "test"}
    opened = {"opened_at": START - 20 * DAY, "closed_at": None, "won": None, "amount": 1_000_000}
    row = {"deal_id": deal_id, **plain, **opened, **said}
    house.tower.warehouse.merge(
        "deals",
        pl.DataFrame(
            [row],
            schema_overrides={
                "closed_at": pl.Datetime("us", "UTC"),
                "won": pl.Boolean,
                "amount": pl.Int64,
            },
        ),
    )


def told(house: House, deal_id: str) -> dict[str, Any] | None:
    rows = deals_told(house, 90)["deals"]
    return next((row for row in rows if row["deal_id"] == deal_id), None)


def test_with_few_closed_deals_what_is_usual_speaks_and_says_so(house: House) -> None:
    data = deals_told(house, 90)

    assert data["evidence"] == "prior"
    (row,) = data["deals"]
    assert (row["deal_id"], row["stage"], row["model"]) == ("D1", "negotiation", "prior:usual")
    assert row["low"] < row["chance"] < row["high"]
    assert row["value"] == pytest.approx(row["chance"] * row["amount"])


def test_closed_deals_make_it_measured_and_its_interval_narrower(house: House) -> None:
    before = told(house, "D1")
    with_market(house)
    deal(house, "D2", opened_at=START - 30 * DAY)
    after = told(house, "D2")

    assert before is not None
    assert after is not None
    assert deals_told(house, 90)["evidence"] == "measured"
    assert after["high"] - after["low"] < before["high"] - before["low"]


def test_what_is_closed_later_is_not_known_yet(house: House) -> None:
    with_market(house)
    deal(house, "D8")
    as_open = told(house, "D8")
    deal(house, "D8", closed_at=START + DAY, won=True)
    house.tower.warehouse.merge(
        "deal_stages",
        pl.DataFrame([{"deal_id": "D8", "stage": "second", "at": START + DAY, "source": "test"}]),
    )

    assert as_open is not None
    assert told(house, "D8") == as_open
    then = replace(house, tower=replace(house.tower, clock=FrozenClock(START + 2 * DAY)))
    assert told(then, "D8") is None


def test_the_dearest_comes_first_and_a_deal_without_an_amount_last(house: House) -> None:
    deal(house, "D2", amount=None)
    deal(house, "D3", amount=90_000_000)
    rows = deals_told(house, 90)["deals"]

    assert [row["deal_id"] for row in rows] == ["D3", "D1", "D2"]
    assert rows[-1]["value"] is None


def test_an_owner_sees_their_own_deals_alone_and_a_stranger_is_told_who_there_is(
    house: House,
) -> None:
    deal(house, "D2", owner="olga")

    assert [row["deal_id"] for row in deals_told(house, 90, "olga")["deals"]] == ["D2"]
    with pytest.raises(UsageError, match=r"found 'nina'.*Owners are: anna, olga"):
        deals_told(house, 90, "nina")


def test_a_step_that_goes_with_winning_is_told_as_seen_and_not_as_caused(house: House) -> None:
    with_market(house, count=2000, lift=0.25, calls=0.08)
    data = deals_told(house, 90)

    assert {row["step"] for row in data["best_steps"] if row["stage"] == "first"} == {"call"}
    assert "seen, not caused" in data["steps_words"]


def test_who_was_left_alone_by_chance_was_taken_no_step_with(house: House) -> None:
    with_market(house, count=2000, lift=0.25, calls=0.08)
    before = deals_told(house, 90)
    calls = house.tower.warehouse.table("touches").filter(pl.col("channel") == "call")
    alone = calls.with_columns(
        touch_id=pl.concat_str(pl.lit("alone-"), "touch_id"),
        treatment_id=pl.lit("nothing"),
        channel=pl.lit("email"),
    )
    house.tower.warehouse.merge("touches", alone)

    assert calls.height > 100
    assert deals_told(house, 90) == before


def test_each_person_is_asked_for_one_call_a_contact_however_many_slots_it_is_filed_at() -> None:
    data = clearance("deals", "--json", workspace=ran("company")).json

    filed = pl.read_parquet(ran("company") / "runs" / data["run_id"] / "candidates_sales.parquet")
    people = {row["person_id"]: row for row in data["people"]}
    known = pl.read_parquet(ran("company") / "warehouse" / "people.parquet")
    declared = dict(known.select("person_id", "minutes_per_day").iter_rows())
    for owner in ("suri", "ada"):
        asked = filed.filter(pl.col("owner") == owner)
        assert asked.height > asked.get_column("contact_id").n_unique()
        minutes = asked.group_by("contact_id").agg(pl.col("minutes").max())
        assert people[owner]["needed"] <= minutes.get_column("minutes").sum()
        assert people[owner]["minutes"] == declared[owner] * ASKED_FOR, "of one day"
        assert people[owner]["load"] == people[owner]["needed"] / people[owner]["minutes"]


def test_where_every_deal_is_over_on_a_day_nobody_said_the_screen_says_so(house: House) -> None:
    deal(house, "D1", won=True)
    with (screen := Console(width=100)).capture() as seen:
        show_deals(screen, deals_told(house, 90))

    assert "No deal is open." in seen.get()
    assert "1 deal is over with no closed_at: left out." in " ".join(seen.get().split())


def test_the_screen_shows_chance_interval_worth_and_hides_no_markup(house: House) -> None:
    deal(house, "[red]D2[/]", amount=None)
    with (screen := Console(width=100)).capture() as seen:
        show_deals(screen, deals_told(house, 90))
    shown = seen.get()

    assert "[red]D2[/]" in shown
    assert "no amount" in shown
    assert all(len(line) <= 100 for line in shown.splitlines())
