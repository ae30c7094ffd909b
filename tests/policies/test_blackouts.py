"""Blackout dates: by the calendar where the contact lives, and for what sells alone."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from domain.reasons import findings_of
from policies.judging import judge
from policies.sense import problems
from policies.touch_limits import Blackout
from tests.policies.worlds import SAID, facts_of, sample_policy


def blackout(*channels: str, first: date, last: date) -> Blackout:
    said = {**SAID, "name": "rest", "channels": channels, "first": first, "last": last}
    return Blackout.model_validate(said)


CHRISTMAS = blackout("email", first=date(2026, 12, 24), last=date(2026, 12, 26))
POLICY = sample_policy(blackouts=(CHRISTMAS,), quiet_hours=())


def closed(at: datetime, **change: Any) -> bool:
    """Whether the date stands against the plain cell, changed; nothing else may."""
    found = set(findings_of(judge(facts_of({"at": at, **change}), POLICY, at)[0]))
    assert found <= {"blackout_date"}
    return bool(found)


def utc(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 12, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "last_open", "first_closed", "last_closed", "open_again"),
    [
        ("Europe/London", utc(23, 23, 59), utc(24, 0), utc(26, 23, 59), utc(27, 0)),
        ("Pacific/Kiritimati", utc(23, 9, 59), utc(23, 10), utc(26, 9, 59), utc(26, 10)),
        ("Pacific/Pago_Pago", utc(24, 10, 59), utc(24, 11), utc(27, 10, 59), utc(27, 11)),
    ],
)
def test_both_ends_count_by_the_calendar_where_the_contact_lives(
    zone: str,
    last_open: datetime,
    first_closed: datetime,
    last_closed: datetime,
    open_again: datetime,
) -> None:
    assert [closed(at, timezone=zone) for at in (last_open, open_again)] == [False, False]
    assert [closed(at, timezone=zone) for at in (first_closed, last_closed)] == [True, True]


def test_without_a_zone_the_date_in_any_place_of_the_country_counts() -> None:
    early, late = utc(24, 6), utc(27, 7)

    assert not closed(early, timezone="America/Los_Angeles", country="US")
    assert closed(early, timezone=None, country="US")
    assert not closed(late, timezone="America/New_York", country="US")
    assert closed(late, timezone=None, country="US")


def test_without_a_country_either_the_date_anywhere_counts() -> None:
    assert closed(utc(23, 10), timezone=None, country=None)
    assert closed(utc(27, 10), timezone=None, country=None)
    assert not closed(utc(22, 12), timezone=None, country=None)


def test_dates_may_be_the_first_and_the_last_of_all() -> None:
    """Who writes 9999-12-31 means until further notice."""
    noon, before = utc(25, 12), utc(22, 12)
    since = sample_policy(
        blackouts=(blackout("email", first=date(2026, 12, 24), last=date.max),), quiet_hours=()
    )
    until = sample_policy(
        blackouts=(blackout("email", first=date.min, last=date(2026, 12, 24)),), quiet_hours=()
    )

    for policy, shut, free in ((since, noon, before), (until, before, noon)):
        found = [findings_of(judge(facts_of({"at": at}), policy, at)[0]) for at in (shut, free)]
        assert found == [("blackout_date",), ()]


def test_only_what_sells_rests_and_only_on_the_channels_named() -> None:
    at = utc(25, 12)

    assert closed(at)
    assert not closed(at, channel="call", agent="sales")
    for spared in ("mandatory", "transactional", "inbound_response", "one_to_one"):
        assert not closed(at, **{"class": spared})


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (blackout(first=date(2026, 1, 1), last=date(2026, 1, 1)), "names no channel"),
        (blackout("email", first=date(2026, 1, 2), last=date(2026, 1, 1)), "before its first day"),
    ],
)
def test_dates_that_close_nothing_are_refused(rule: Blackout, said: str) -> None:
    assert any(said in one.said for one in problems(sample_policy(blackouts=(rule,))))
    assert not any(said in one.said for one in problems(POLICY))


def test_a_name_twice_is_refused() -> None:
    twice = sample_policy(blackouts=(CHRISTMAS, CHRISTMAS))

    assert any("`blackouts` names rest 2 times" in one.said for one in problems(twice))
