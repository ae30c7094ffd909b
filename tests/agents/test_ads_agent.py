"""The ads agent: who stays in an audience, who leaves it, and which campaigns ask for money."""

from pathlib import Path

import polars as pl
import pytest

from agents import ads
from domain.proposal import BudgetCandidate
from tests.agents.worlds import (
    CHANNELS,
    WORTH,
    Row,
    asked,
    curve,
    desk_in,
    foreseen,
    names,
    treatment,
)
from tools.workspace_config import AudienceConfig

PEOPLE: list[Row] = [
    {"contact_id": "ada"},
    {"contact_id": "cus", "is_customer": True},
    {"contact_id": "out"},
]
MEMBERS = [{"contact_id": name, "campaign_id": "follow"} for name in ("ada", "cus")]
PROGRAMME = {
    "treatments": [treatment("follow_ad", channel="ads", campaign_id="brand")],
    "members": MEMBERS,
}
SEEN = [foreseen(i, "follow_ad", 0.05, channel="ads", evidence="prior") for i in range(3)]


def test_members_are_kept_for_what_the_ad_causes_less_what_it_costs(tmp_path: Path) -> None:
    desk = desk_in(tmp_path, PEOPLE, SEEN, programme=PROGRAMME)

    rows = asked(ads.build(), desk)

    kept = rows.filter(pl.col("treatment_id") == "follow_ad")
    assert kept.get_column("contact_id").to_list() == ["ada", "cus"]
    assert kept.get_column("value").to_list() == pytest.approx([0.05 * WORTH - 8] * 2)
    assert kept.select("class", "purpose", "campaign_id", "evidence", "cost").unique().row(0) == (
        "marketing",
        "marketing",
        "follow",
        "prior",
        8,
    )


def test_customers_and_only_they_may_leave_for_the_cost_it_saves(tmp_path: Path) -> None:
    desk = desk_in(tmp_path, PEOPLE, SEEN, programme=PROGRAMME)

    rows = asked(ads.build(), desk)

    leaving = rows.filter(pl.col("treatment_id") == "follow_ad:exclude").to_dicts()
    assert [row["contact_id"] for row in leaving] == ["cus"]
    assert leaving[0]["class"] == "transactional"
    assert leaving[0]["purpose"] == "suppression"
    assert (leaving[0]["value"], leaving[0]["value_se"], leaving[0]["cost"]) == (8.0, 0.0, 0)


def test_a_membership_has_no_time_of_day(tmp_path: Path) -> None:
    desk = desk_in(tmp_path, PEOPLE, SEEN, programme=PROGRAMME)

    rows = asked(ads.build(), desk)

    assert set(rows.get_column("slot")) == {0}


def test_a_member_told_twice_or_in_two_audiences_is_asked_for_once_per_ad(tmp_path: Path) -> None:
    audiences = tuple(
        AudienceConfig(campaign_id=name, treatment_id="follow_ad", note="x")
        for name in ("follow", "again")
    )
    members = [*MEMBERS, *MEMBERS, {"contact_id": "ada", "campaign_id": "again"}]
    programme = {**PROGRAMME, "members": members}
    desk = desk_in(tmp_path, PEOPLE, SEEN, programme=programme, audiences=audiences)

    rows = asked(ads.build(), desk)

    assert rows.select("contact_id", "treatment_id", "campaign_id").rows() == [
        ("ada", "follow_ad", "again"),
        ("cus", "follow_ad", "follow"),
        ("cus", "follow_ad:exclude", "follow"),
    ]


def test_a_channel_that_declares_no_transactional_class_takes_nobody_out(tmp_path: Path) -> None:
    channels = tuple(
        one.model_copy(update={"classes": ("marketing",)}) if one.channel == "ads" else one
        for one in CHANNELS
    )
    desk = desk_in(tmp_path, PEOPLE, SEEN, programme=PROGRAMME, channels=channels)

    rows = asked(ads.build(), desk)

    assert names(rows) == {"follow_ad"}


def test_campaigns_ask_for_money_along_their_curves(tmp_path: Path) -> None:
    curves = (curve("search_ads", 50_000), curve("social_ads", 90_000, evidence="prior"))
    desk = desk_in(tmp_path, PEOPLE, curves=curves)

    asked(ads.build(), desk)

    assert desk.folder.read_records("budgets_ads", BudgetCandidate) == curves


def test_what_nobody_follows_asks_for_nobody(tmp_path: Path) -> None:
    desk = desk_in(tmp_path, PEOPLE, SEEN, programme=PROGRAMME, audiences=())

    rows = asked(ads.build(), desk)

    assert rows.is_empty()
