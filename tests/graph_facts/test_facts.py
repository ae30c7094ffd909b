"""Facts are gathered whole: what is counted, what is near, what is known and what is not."""

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from domain.errors import IntegrityError
from domain.reasons import findings_of
from domain.tables import FACTS
from graph.facts import assemble, remaining
from policies.judging import judge
from policies.schema import Policy
from tests.graph_facts.company import cells_of, sources_of, touch
from tests.policies.worlds import NOON, cap, sample_policy, spacing

WEEK = 168


def facts_of(cells: pl.DataFrame, policy: Policy | None = None, **sources: Any) -> pl.DataFrame:
    return assemble(cells, sources_of(**sources), policy or sample_policy())


def used(touches: list[dict[str, Any]], at: datetime, hours: int = 24, **cell: Any) -> int:
    policy = sample_policy(caps=(cap("day", "email", "call", hours=hours),))
    facts = facts_of(cells_of({"at": at, **cell}), policy, touches=touches)
    return int(facts["used_day"][0])


def test_facts_have_their_declared_columns_and_one_per_limit() -> None:
    policy = sample_policy(
        caps=(cap("day", "email"), cap("team", "email", "call", per="account")),
        spacing=(spacing("apart", "call", "email", 2),),
    )

    facts = facts_of(cells_of({}, {"channel": "call"}), policy)

    assert facts.columns == [*FACTS.columns, "used_day", "used_team", "near_apart"]
    assert facts.schema["used_team"] == pl.UInt32
    assert facts.schema["near_apart"] == pl.Boolean


def test_a_contact_in_good_standing_is_open_at_both_gates() -> None:
    facts = facts_of(cells_of({}))

    assert judge(facts, sample_policy(), NOON).to_list() == [0]


def test_a_cap_is_rolling_so_that_midnight_opens_nothing() -> None:
    """23:00 and 01:00 lie on two calendar days and in one window of 24 hours."""
    late = datetime(2026, 3, 2, 23, 0, tzinfo=UTC)
    policy = sample_policy(caps=(cap("day", "email", at_most=1),), quiet_hours=())
    cells = cells_of({"at": late + timedelta(hours=2)}, {"at": late + timedelta(hours=24)})

    facts = facts_of(cells, policy, touches=[touch(late)])
    bits = judge(facts, policy, late)

    assert facts["used_day"].to_list() == [1, 0]
    assert [findings_of(bit) for bit in bits] == [("cap_reached",), ()]


def test_touches_count_on_both_sides_within_the_window_and_not_on_its_edge() -> None:
    for hours in (-24, 24):
        assert used([touch(NOON + timedelta(hours=hours))], NOON) == 0
    for seconds in (-86_399, 0, 86_399):
        assert used([touch(NOON + timedelta(seconds=seconds))], NOON) == 1


def test_only_touches_of_the_same_contact_on_the_caps_channels_count() -> None:
    others = [touch(NOON, contact_id="bob"), touch(NOON, channel="push")]

    assert used(others, NOON) == 0
    assert used([*others, touch(NOON, channel="call")], NOON) == 1


def test_other_tools_and_our_own_reservations_count_alike() -> None:
    before = NOON - timedelta(hours=1)

    assert used([touch(before), touch(before, decision_id="d1")], NOON) == 2


def test_a_reservation_is_not_counted_against_itself() -> None:
    own, other = touch(NOON, decision_id="d1"), touch(NOON, decision_id="d2")

    assert used([own, other], NOON, decision_id="d1") == 1
    assert used([own, other], NOON, decision_id="d3") == 2
    assert used([touch(NOON), own], NOON, decision_id=None) == 2


def test_a_reservation_that_lies_outside_the_window_takes_nothing_off() -> None:
    """A delivery that comes late is judged now, far from where it was reserved."""
    own = touch(NOON - timedelta(hours=30), decision_id="d1")

    assert used([own, touch(NOON)], NOON, decision_id="d1") == 1


def test_an_account_cap_counts_what_its_other_contacts_got() -> None:
    policy = sample_policy(caps=(cap("team", "email", "call", per="account"),))
    touches = [
        touch(NOON, contact_id="bob", account_id="acme"),
        touch(NOON, contact_id="ada", account_id="acme", decision_id="d1"),
        touch(NOON, contact_id="eve", account_id="other"),
        touch(NOON, contact_id="joe", account_id=None),
    ]
    cells = cells_of(
        {"decision_id": None},
        {"decision_id": "d1"},
        {"account_id": None, "decision_id": None},
    )

    facts = facts_of(cells, policy, touches=touches)

    assert facts["used_team"].to_list() == [2, 1, 0]


def test_two_contacts_of_one_window_do_not_mix_their_counts() -> None:
    policy = sample_policy(caps=(cap("day", "email"), cap("week", "email", hours=WEEK)))
    touches = [touch(NOON - timedelta(hours=h)) for h in (1, 30, 100, 167, 168)]
    cells = cells_of({"contact_id": "bob"}, {}, {"contact_id": "bob", "channel": "call"})

    facts = facts_of(cells, policy, touches=touches)

    assert facts["used_day"].to_list() == [0, 1, 0]
    assert facts["used_week"].to_list() == [0, 4, 0]


@pytest.mark.parametrize("hours", [-23, 0, 23])
def test_a_call_and_an_email_keep_apart_whichever_comes_first(hours: int) -> None:
    there = NOON + timedelta(hours=hours)
    cells = cells_of({"channel": "call"}, {"channel": "email"}, {"channel": "ads"})

    after_email = facts_of(cells, touches=[touch(there, channel="email")])
    after_call = facts_of(cells, touches=[touch(there, channel="call")])

    assert after_email["near_call_after_email"].to_list() == [True, False, False]
    assert after_call["near_call_after_email"].to_list() == [False, True, False]


@pytest.mark.parametrize("hours", [-24, 24])
def test_a_touch_as_far_away_as_the_spacing_asks_is_far_enough(hours: int) -> None:
    there = touch(NOON + timedelta(hours=hours), channel="email")

    facts = facts_of(cells_of({"channel": "call"}), touches=[there])

    assert facts["near_call_after_email"].to_list() == [False]


def test_consent_is_looked_up_by_contact_channel_and_purpose() -> None:
    cells = cells_of(
        {}, {"channel": "sms"}, {"purpose": "research"}, {"contact_id": "bob"}, {"channel": "call"}
    )

    facts = facts_of(cells)

    assert facts["consent_state"].to_list() == ["granted", None, None, "granted", "granted"]


def test_suppression_and_objection_are_told_of_their_contact_only() -> None:
    facts = facts_of(cells_of({}, {"contact_id": "bob"}), suppressions=["bob"], objections=["ada"])

    assert facts["suppressed"].to_list() == [False, True]
    assert facts["objected"].to_list() == [True, False]


def test_of_a_contact_nobody_knows_nothing_is_assumed() -> None:
    facts = facts_of(cells_of({"contact_id": "ghost"}, {"contact_id": "ghost", "channel": "task"}))

    bits = judge(facts, sample_policy(), NOON)

    assert facts["suppressed"].to_list() == [None, None]
    for bit in bits:
        assert {"erased_or_suppressed", "objected", "fact_missing"} <= set(findings_of(bit))


@pytest.mark.parametrize(
    ("pause", "paused"),
    [
        (("all", "all"), [True, True]),
        (("agent", "sales"), [False, True]),
        (("channel", "email"), [True, False]),
        (("campaign", "spring"), [True, False]),
        (("campaign", "autumn"), [False, False]),
    ],
)
def test_a_pause_covers_what_it_names(pause: tuple[str, str], paused: list[bool]) -> None:
    cells = cells_of(
        {"campaign_id": "spring"},
        {"campaign_id": None, "channel": "call", "agent": "sales"},
    )

    facts = facts_of(cells, pauses=[pause])

    assert facts["paused"].to_list() == paused


def test_a_contact_or_a_consent_told_twice_is_refused() -> None:
    sources = sources_of()
    twice = pl.concat([sources.contacts, sources.contacts])
    said_twice = pl.concat([sources.consents, sources.consents])

    with pytest.raises(IntegrityError, match="one contact per contact_id"):
        assemble(cells_of({}), sources_of(contacts=twice), sample_policy())
    with pytest.raises(IntegrityError, match="one statement of consent per"):
        assemble(cells_of({}), sources_of(consents=said_twice), sample_policy())


def test_facts_keep_the_order_of_their_cells() -> None:
    changes = [
        {"contact_id": one, "at": NOON + timedelta(hours=hour), "channel": channel}
        for hour in (5, 0, 9)
        for channel in ("call", "email")
        for one in ("eve", "ada", "bob")
    ]
    cells = cells_of(*changes)

    facts = facts_of(cells, touches=[touch(NOON + timedelta(hours=20))])

    kept = ["contact_id", "channel", "at"]
    assert facts.select(kept).rows() == cells.select(kept).rows()


def test_no_cells_give_no_facts() -> None:
    facts = facts_of(cells_of({}).clear(), touches=[touch(NOON)])

    assert facts.height == 0
    assert judge(facts, sample_policy(), NOON).len() == 0
    assert remaining(facts, judge(facts, sample_policy(), NOON), sample_policy()).height == 0


def left(touches: list[dict[str, Any]], *slots: int, at_most: int = 2, hours: int = 24) -> int:
    """What one contact may still take of a cap whose cells are these hours after noon."""
    policy = sample_policy(
        caps=(cap("day", "email", at_most=at_most, hours=hours),), quiet_hours=(), spacing=()
    )
    facts = facts_of(
        cells_of(*({"at": NOON + timedelta(hours=slot)} for slot in slots)),
        policy,
        touches=touches,
    )
    rows = remaining(facts, judge(facts, policy, NOON), policy)
    assert rows.select("id", "cap").rows() == [("ada", "day")]
    return int(rows["remaining"][0])


def test_what_is_left_is_the_cap_less_what_the_fullest_window_holds() -> None:
    an_hour_ago, ahead = touch(NOON - timedelta(hours=1)), touch(NOON + timedelta(hours=2))

    assert left([], 0, 3) == 2
    assert left([an_hour_ago], 0, 3) == 1
    assert left([an_hour_ago, ahead], 0, 3) == 0


def test_one_choice_is_left_where_a_later_slot_lies_past_the_full_window() -> None:
    just_now = [touch(NOON - timedelta(hours=1)), touch(NOON - timedelta(hours=2))]

    assert left(just_now, 0, 3) == 0
    assert left(just_now, 0, 23) == 1


def test_exempt_and_bound_classes_are_left_out_of_what_a_cap_counts() -> None:
    policy = sample_policy(caps=(cap("day", "email"),))
    facts = facts_of(cells_of({"class": "transactional"}, {"class": "one_to_one"}), policy)

    assert remaining(facts, judge(facts, policy, NOON), policy).height == 0


def test_an_account_shares_what_is_left() -> None:
    policy = sample_policy(caps=(cap("team", "email", at_most=3, per="account"),))
    cells = cells_of({}, {"contact_id": "bob"}, {"contact_id": "eve", "account_id": None})
    facts = facts_of(cells, policy, touches=[touch(NOON, contact_id="bob")])

    rows = remaining(facts, judge(facts, policy, NOON), policy)

    assert rows.rows() == [("acme", "team", 2)]
