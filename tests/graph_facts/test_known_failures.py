"""Holes of other products, closed at the gate. Each name begins with the failure's number."""

from datetime import UTC, datetime, timedelta

import pytest

from domain.reasons import findings_of
from policies.judging import judge
from tests.graph_facts.company import touch
from tests.graph_facts.guarding import CALL, against, living, statements
from tests.policies.worlds import NOON, cap, facts_of, sample_policy

HOUR = timedelta(hours=1)
ELEVEN = datetime(2026, 3, 2, 23, tzinfo=UTC)


def test_W3_a_consent_that_is_empty_is_none() -> None:
    nobody = statements([]).clear()

    assert against(consents=nobody) == {"consent_missing"}
    assert against(consents=statements([{"state": None}])) == {"consent_missing"}
    assert against(consents=statements([{"state": "yes"}])) == {"consent_missing"}


@pytest.mark.parametrize("hours", [1, 2, 23])
def test_W4_one_a_day_is_one_in_any_day_so_that_midnight_opens_nothing(hours: int) -> None:
    policy = sample_policy(caps=(cap("day", "email", at_most=1),), quiet_hours=())
    later = {"at": ELEVEN + hours * HOUR}

    assert against(later, policy, ELEVEN, touches=[touch(ELEVEN)]) == {"cap_reached"}
    assert against({"at": ELEVEN + 24 * HOUR}, policy, ELEVEN, touches=[touch(ELEVEN)]) == set()


def test_W6_a_wider_cap_opens_nothing_that_a_narrower_one_closed() -> None:
    narrow, wide = cap("mails", "email", at_most=1), cap("all", "email", "call", at_most=9)
    touches = [touch(NOON - HOUR)]

    for caps in ((narrow, wide), (wide, narrow)):
        assert against(policy=sample_policy(caps=caps), touches=touches) == {"cap_reached"}


def test_W9_every_agent_and_channel_passes_the_same_gate() -> None:
    full = [touch(NOON - HOUR), touch(NOON - 2 * HOUR, channel="call")]
    policy = sample_policy(spacing=())

    assert against({}, policy, touches=full) == {"cap_reached"}
    assert against(CALL, policy, touches=full) == {"cap_reached"}
    assert against({"agent": "sales"}, policy, touches=full) == {"cap_reached"}


def test_W10_a_receipt_is_not_held_back_by_caps_or_quiet_hours() -> None:
    full = [touch(ELEVEN - hours * HOUR) for hours in range(5)]
    receipt = {"class": "transactional"}

    assert against(receipt, now=ELEVEN, touches=full) == set()
    assert against({}, now=ELEVEN, touches=full) == {"cap_reached", "quiet_hours"}


def test_W11_a_count_that_could_not_be_taken_closes_the_cell() -> None:
    bits = judge(facts_of({"used_day": None}), sample_policy(), NOON)

    assert set(findings_of(bits[0])) == {"cap_reached", "fact_missing"}


def test_W12_without_a_zone_every_zone_where_the_person_may_live_must_be_awake() -> None:
    """23:00 UTC is 18:00 in New York and 15:00 in Los Angeles; 03:00 UTC is 22:00 in New York."""
    late = datetime(2026, 3, 3, 3, tzinfo=UTC)
    mainland = living("US", "America/Los_Angeles")

    assert against({}, now=late, contacts=mainland) == set()
    assert against({}, now=late, contacts=living("US", None)) == {"quiet_hours"}
    assert against({}, now=late, contacts=living(None, None)) == {"quiet_hours"}
    assert against({}, now=late, contacts=living("US", "not a zone")) == {"quiet_hours"}


def test_W13_a_window_has_no_hour_at_which_it_starts_anew() -> None:
    """Three mails on Sunday evening leave nothing on Monday morning, whatever week it is."""
    week = cap("week", "email", at_most=3, hours=168)
    sunday = datetime(2026, 3, 1, 18, tzinfo=UTC)
    touches = [touch(sunday + minutes * timedelta(minutes=1)) for minutes in range(3)]
    policy = sample_policy(caps=(week,))

    for days in range(1, 7):
        at = sunday + timedelta(days=days)
        assert against({}, policy, at, touches=touches) == {"cap_reached"}
    assert against({}, policy, sunday + timedelta(days=8), touches=touches) == set()
