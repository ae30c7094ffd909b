"""A campaign on two platforms: an ordinary thing, and one budget all the same."""

import polars as pl

from app.compose import House
from domain.packet import BudgetChange, Packet
from domain.proposal import BudgetCandidate
from tests.known_failures.worlds import run


def on_two_platforms(house: House) -> House:
    """All that campaigns spent, once more on another platform."""
    spend = house.tower.warehouse.table("spend")
    house.tower.warehouse.merge("spend", spend.with_columns(platform=pl.lit("other")))
    return house


def asked(house: House, run_id: str) -> dict[str, BudgetCandidate]:
    rows = house.tower.folder(run_id).read_records("budgets_ads", BudgetCandidate)
    assert len({one.campaign_id for one in rows}) == len(rows)
    return {one.campaign_id: one for one in rows}


def moved(house: House, run_id: str) -> list[BudgetChange]:
    packets = house.tower.folder(run_id).read_records("packets", Packet)
    return [one.budget for one in packets if one.budget is not None]


def test_a_run_asks_once_for_a_campaign_on_two_platforms_and_names_both(house: House) -> None:
    run_id = run(on_two_platforms(house), "one")

    campaigns = asked(house, run_id)
    assert sorted(campaigns) == ["search_ads", "social_ads"]
    assert all(" and " in one.platform for one in campaigns.values())
    budgets = moved(house, run_id)
    assert budgets
    assert all(" and " in one.platform for one in budgets)
    assert len({one.campaign_id for one in budgets}) == len(budgets)


def test_it_spends_on_both_what_one_platform_spent_alone_twice(house: House) -> None:
    alone = asked(house, run(house, "one"))
    both = asked(house, run(on_two_platforms(house), "two"))

    for name, one in alone.items():
        assert both[name].spend_now == 2 * one.spend_now
        at_both = float(both[name].curve.value(both[name].spend_now))
        assert at_both > float(one.curve.value(one.spend_now))
