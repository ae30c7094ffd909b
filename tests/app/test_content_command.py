"""`clearance content`: who answers which treatment, as it was known, and on what that rests."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import polars as pl
import pytest
from rich.console import Console

from app.compose import House, open_house
from app.content_desk import content_told
from app.story.content import show_content
from domain.errors import DataError, UsageError
from graph.gate import contacts_at
from policies.account_limits import Attribute
from tests.app.commands import clearance
from tests.app.worlds import copy_of, fresh
from tests.identity.merging import merge
from tests.reviews.worlds import with_policy

NEW = "autumn_offer_mail"


@pytest.fixture(scope="module")
def house() -> House:
    """The made-up company, which is only read."""
    return open_house(fresh("company"))


def row(data: dict[str, Any], treatment_id: str) -> dict[str, Any]:
    return next(one for one in data["treatments"] if one["treatment_id"] == treatment_id)


def test_a_treatment_that_was_sent_speaks_for_itself_and_a_new_one_is_wider(house: House) -> None:
    data = content_told(house, "email")
    sent, new = row(data, "nurture_3"), row(data, NEW)

    assert (sent["evidence"], new["evidence"], new["touches"]) == ("measured", "prior", 0)
    assert sent["low"] < sent["chance"] < sent["high"]
    assert new["high"] - new["low"] > 2.0 * (sent["high"] - sent["low"])
    chances = [one["chance"] for one in data["treatments"]]
    assert chances == sorted(chances, reverse=True)


def test_odds_are_told_with_a_floor_alone_and_starve_nobody(house: House) -> None:
    plain, drawn = content_told(house, "email"), content_told(house, "email", floor=0.03)

    assert all("odds" not in one for one in plain["treatments"])
    odds = [one["odds"] for one in drawn["treatments"]]
    assert min(odds) >= 0.03
    assert sum(odds) == pytest.approx(1.0)
    assert row(drawn, NEW)["odds"] > 0.03
    with pytest.raises(DataError, match="Declare a smaller floor"):
        content_told(house, "email", floor=0.5)


def test_contacts_differ_and_one_of_several_contacts_is_told_of_its_person() -> None:
    house = open_house(copy_of(fresh("company")))
    known = house.tower.warehouse.table("contacts").get_column("contact_id").sort().to_list()
    one, other = (content_told(house, "email", contact)["treatments"] for contact in known[:2])
    assert one != other

    merge(house.tower, known[0], known[1])
    first, second = (content_told(house, "email", contact)["treatments"] for contact in known[:2])
    assert first == second


def test_an_attribute_of_a_special_category_is_no_feature(house: House) -> None:
    used = content_told(house, "email")["features"]
    names = [name.removeprefix("attr_") for name in used if name.startswith("attr_")]
    assert names
    special = [Attribute(name=name, kind="text", personal="special") for name in names]
    careful = replace(house, tower=with_policy(house.tower, attributes=tuple(special)))

    assert not set(content_told(careful, "email")["features"]) & set(used)


def test_what_comes_later_tells_nothing_yet() -> None:
    house = open_house(copy_of(fresh("company")))
    before = content_told(house, "email")
    warehouse, now = house.tower.warehouse, house.tower.clock.now()
    touched = warehouse.table("touches").filter(pl.col("treatment_id") == "nurture_3").head(500)
    later = touched.with_columns(
        touch_id=pl.concat_str(pl.lit("later-"), "touch_id"), at=pl.lit(now + timedelta(days=1))
    )
    answered = later.select(
        "contact_id",
        "source",
        outcome_id="touch_id",
        kind=pl.lit(house.tower.config.objective.outcome),
        at=pl.lit(now + timedelta(days=2)),
    )
    warehouse.merge("touches", later)
    warehouse.merge("outcomes", answered)

    assert content_told(house, "email") == before


@pytest.mark.parametrize("judged_by", [True, False])
def test_whom_models_are_judged_by_teaches_no_chance(judged_by: bool) -> None:
    """Each of them answers; of as many others it would show."""
    house = open_house(copy_of(fresh("company")))
    before = content_told(house, "email")["treatments"]
    warehouse, now = house.tower.warehouse, house.tower.clock.now()
    people = contacts_at(house.tower, now).filter(evaluation=judged_by).select("contact_id")
    touched = warehouse.table("touches").filter(
        (pl.col("treatment_id") == "nurture_3") & (pl.col("at") < now - timedelta(days=60))
    )
    answered = touched.join(people, on="contact_id", how="semi").select(
        "contact_id",
        outcome_id=pl.concat_str(pl.lit("answer-"), "touch_id"),
        kind=pl.lit(house.tower.config.objective.outcome),
        at=pl.col("at") + timedelta(hours=1),
        source=pl.lit("test"),
    )
    assert answered.height > 20
    warehouse.merge("outcomes", answered)

    assert (content_told(house, "email")["treatments"] == before) is judged_by


def test_who_or_what_is_not_there_is_refused_with_what_to_do(house: House) -> None:
    with pytest.raises(UsageError, match="no contact 'nobody'"):
        content_told(house, "email", "nobody")
    with pytest.raises(UsageError, match="found none"):
        content_told(house, "push")
    refused = clearance("content", "--channel", "pigeon", workspace=fresh("company"))
    assert refused.code == 2
    assert "found 'pigeon'" in refused.error


def test_the_screen_fits_a_hundred_columns_and_says_on_what_it_rests(house: House) -> None:
    with (screen := Console(width=100)).capture() as seen:
        show_content(screen, content_told(house, "email", floor=0.02))
    shown = seen.get()

    assert "seen, not caused" in shown.lower()
    assert NEW in shown
    assert all(len(line) <= 100 for line in shown.splitlines())
