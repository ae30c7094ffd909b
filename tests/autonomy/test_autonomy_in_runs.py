"""In a run: who asks is asked about everything, and who watches proposes and does nothing."""

from typing import Any

import polars as pl
import pytest

from domain.packet import Packet
from domain.reasons import BIT
from graph.tower import Tower
from graph.watching import keep_watched, watched_by_agent, watched_in, would_choose
from policies.review_limits import Autonomy
from tests.deals.worlds import decided, under
from tests.policies.worlds import SAID


def entry(agent: str, level: str, *channels: str) -> Autonomy:
    said: dict[str, Any] = {**SAID, "agent": agent, "level": level, "channels": channels}
    return Autonomy.model_validate(said)


def with_nothing_to_ask(tower: Tower, *entries: Autonomy) -> Tower:
    """The tower under a policy whose thresholds lay nothing before anybody."""
    rule = tower.loaded.policy.escalation
    high = dict.fromkeys(("value_at_stake", "audience", "cumulative_value_per_day"), 10**12)
    off = dict.fromkeys(("first_use", "prior_evidence", "deal_owners"), False)
    shares = {"relative_uncertainty": 1e9, "spend_step": 1.0}
    none: dict[str, Any] = {"vip_tiers": (), "late_stages": ()}
    mild = rule.model_copy(update={**high, **off, **shares, **none})
    return under(tower, escalation=mild, autonomy=entries)


def packets_of(tower: Tower) -> tuple[tuple[Packet, ...], pl.DataFrame]:
    pins, rows = decided(tower)
    return tuple(tower.folder(pins.run_id).read_records("packets", Packet)), rows


def test_without_an_entry_nothing_is_asked_that_no_threshold_asks(tower: Tower) -> None:
    packets, _ = packets_of(with_nothing_to_ask(tower))

    assert {one.agent for one in packets} == {"email", "sales", "ads"}
    assert {one.disposition for one in packets} == {"cleared"}
    assert {one.kind for one in packets} == {"touches", "budget"}


@pytest.mark.parametrize("agent", ["email", "sales", "ads"])
def test_every_packet_of_an_agent_that_asks_is_laid_before_a_reviewer(
    tower: Tower, agent: str
) -> None:
    packets, rows = packets_of(with_nothing_to_ask(tower, entry(agent, "ask")))

    asked = [one for one in packets if one.disposition == "escalated"]
    assert {one.agent for one in asked} == {agent}
    assert [one.agent for one in packets if one not in asked].count(agent) == 0
    assert {one.rule for packet in asked for one in packet.triggers} == {"autonomy"}
    assert all(one.triggers[0].sentence.endswith("says ann: because") for one in asked)
    waiting = rows.filter(pl.col("fate") == "waiting")
    assert set(waiting.get_column("agent")) <= {agent}


def test_an_agent_asks_only_on_the_channels_that_are_named(tower: Tower) -> None:
    packets, _ = packets_of(with_nothing_to_ask(tower, entry("email", "ask", "sms")))

    assert {one.disposition for one in packets if one.channel != "sms"} == {"cleared"}


def test_who_watches_proposes_and_nothing_of_it_is_chosen(tower: Tower) -> None:
    packets, rows = packets_of(with_nothing_to_ask(tower, entry("email", "watch")))

    ours = rows.filter(pl.col("agent") == "email")
    alone = ours.filter(pl.col("findings") == BIT["only_watching"])
    assert {one.agent for one in packets} == {"sales", "ads"}
    assert set(ours.get_column("fate")) == {"refused"}
    assert alone.height > 0
    assert set(alone.get_column("reason")) == {"only_watching"}


def test_the_run_keeps_what_who_watches_would_have_chosen(tower: Tower) -> None:
    watching = with_nothing_to_ask(tower, entry("email", "watch"), entry("ads", "watch"))
    pins, rows = decided(watching)
    folder = watching.folder(pins.run_id)

    keep_watched(watching, pins)

    found = watched_in(folder)
    told = watched_by_agent(folder)
    picked = rows.filter(pl.col("candidate").is_in(found.get_column("candidate").to_list()))
    assert set(picked.get_column("reason")) == {"only_watching"}
    assert told["email"]["touches"] > 0
    assert told["email"]["value"] > 0
    assert told["ads"]["budgets"] > 0
    assert "sales" not in told
    per_contact = picked.group_by("contact_id").len().get_column("len").max()
    assert per_contact <= watching.loaded.policy.run.touches_per_contact
    refused = rows.filter(pl.col("reason") == "only_watching")
    would = [would_choose(folder, row) for row in refused.iter_rows(named=True)]
    assert would.count(True) == picked.height
    assert would_choose(folder, {"reason": "cleared", "candidate": 0}) is None


def test_a_run_in_which_everybody_acts_keeps_nothing_of_the_kind(tower: Tower) -> None:
    pins, _ = decided(tower)

    keep_watched(tower, pins)

    assert not tower.folder(pins.run_id).has("watched")
    assert watched_by_agent(tower.folder(pins.run_id)) == {}


def test_an_ads_agent_that_watches_moves_no_budget(tower: Tower) -> None:
    watching = with_nothing_to_ask(tower, entry("ads", "watch"))
    pins, _ = decided(watching)

    folder = watching.folder(pins.run_id)
    packets = folder.read_records("packets", Packet)
    assert [one for one in packets if one.kind == "budget"] == []
    told = folder.read("budget_decisions")
    assert told.get_column("spend_new").to_list() == told.get_column("spend_now").to_list()
    assert set(told.get_column("fate")) == {"refused"}
    assert set(told.get_column("reason")) == {"only_watching"}
