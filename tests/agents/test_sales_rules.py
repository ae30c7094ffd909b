"""The sales strategist: each rule files where its figures say so, and keeps quiet where not."""

from pathlib import Path
from typing import Any

import pytest

from agents.sales_rules import (
    faceless_deals,
    idle_people,
    overbooked_people,
    unmeasured_calls,
)
from tests.agents.worlds import Row, desk_in, foreseen, said, treatment


def team(**minutes: float) -> list[Row]:
    return [
        {"person_id": name, "role": "sdr", "minutes_per_day": each}
        for name, each in minutes.items()
    ]


def prospects(**counts: int) -> list[Row]:
    return [
        {"contact_id": f"{owner}{i}", "sdr": owner}
        for owner, count in counts.items()
        for i in range(count)
    ]


@pytest.mark.parametrize(
    ("counts", "overbooked", "idle"),
    [
        ({"sam": 40, "suri": 1}, ["sam"], ["suri"]),
        ({"sam": 40, "suri": 40}, [], []),  # nobody could help
        ({"sam": 8, "suri": 1}, [], []),  # nobody has too much
        ({"sam": 25, "suri": 2}, [], ["suri"]),  # not several times too much
    ],
)
def test_who_has_too_many_calls_shares_with_who_has_minutes_to_spare(
    tmp_path: Path, counts: dict[str, int], overbooked: list[str], idle: list[str]
) -> None:
    programme = {"people": team(sam=100.0, suri=100.0)}
    desk = desk_in(tmp_path, prospects(**counts), programme=programme)

    assert said(overbooked_people, desk) == [("reorder", name) for name in overbooked]
    assert said(idle_people, desk) == [("reorder", name) for name in idle]


def test_a_workspace_that_calls_nobody_says_nothing_of_minutes(tmp_path: Path) -> None:
    programme = {"people": team(sam=100.0, suri=100.0)}
    desk = desk_in(tmp_path, prospects(sam=40, suri=1), programme=programme, channels=())

    assert said(overbooked_people, desk) == said(idle_people, desk) == []


@pytest.mark.parametrize(
    ("changes", "fires"),
    [({}, True), ({"evidence": "measured"}, False), ({"effect": 0.0}, True)],
)
def test_calls_nobody_measured_should_leave_some_people_uncalled(
    tmp_path: Path, changes: dict[str, Any], fires: bool
) -> None:
    row = {**foreseen(0, "intro", 0.1, channel="call", evidence="prior"), **changes}
    desk = desk_in(
        tmp_path,
        predictions=[row],
        programme={"treatments": [treatment("intro", channel="call")]},
    )

    assert said(unmeasured_calls, desk) == ([("gather_data", "intro")] if fires else [])


def test_nobody_whose_deal_is_open_is_left_uncalled_for_a_figure(tmp_path: Path) -> None:
    row = foreseen(0, "talk", 0.1, channel="call", evidence="prior")
    script = treatment("talk", channel="call", **{"class": "one_to_one"})
    desk = desk_in(tmp_path, predictions=[row], programme={"treatments": [script]})

    assert said(unmeasured_calls, desk) == []


@pytest.mark.parametrize("known", [True, False])
def test_an_open_deal_that_names_nobody_is_asked_about(tmp_path: Path, known: bool) -> None:
    people = [
        {"contact_id": name, "account_id": "acme", "deal_id": "d1", "deal_amount": 700}
        for name in ("ada", "bob")
    ]
    deals = [{"deal_id": "d1", "contact_id": "ada"}] if known else []
    desk = desk_in(tmp_path, people, programme={"deals": deals})

    proposals = list(faceless_deals(desk))

    assert [one.kind for one in proposals] == ([] if known else ["gather_data"])
    assert [line.figure for one in proposals for line in one.evidence] == (
        [] if known else [1.0, 700.0]
    )
