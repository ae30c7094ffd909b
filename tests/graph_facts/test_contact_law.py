"""Contact law at the gate, as a test specification. Each name begins with the rule's number."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.graph_facts.company import touch
from tests.graph_facts.guarding import CALL, against, living, statements
from tests.policies.worlds import NOON, PLAIN, sample_policy

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def test_L1_consent_is_of_a_purpose_and_a_channel_and_of_no_other() -> None:
    mail = statements([]).filter(statements([])["channel"] == "email")

    assert against({}, consents=mail) == set()
    assert against(CALL, consents=mail) == {"consent_missing"}
    assert against({"purpose": "newsletter"}, consents=mail) == {"consent_missing"}


def test_L3_what_was_taken_back_is_gone_for_every_later_sending() -> None:
    assert against(consents=statements([{"state": "withdrawn"}])) == {"consent_withdrawn"}


def test_L3_a_consent_that_is_yet_to_be_given_is_none() -> None:
    later = statements([{"at": NOON + HOUR}])

    assert against({"at": NOON + 2 * HOUR}, consents=later) == {"consent_missing"}


@pytest.mark.parametrize("cell", [{}, CALL, {"channel": "ads", "agent": "ads"}])
def test_L4_an_objection_stops_what_sells_on_every_channel_ads_included(
    cell: dict[str, str],
) -> None:
    assert against(cell, objections=["ada"]) == {"objected"}


def test_L4_an_objection_stops_no_receipt_and_no_removal_from_an_audience() -> None:
    removal = {"channel": "ads", "agent": "ads", "class": "transactional"}

    assert against({"class": "transactional"}, objections=["ada"]) == set()
    assert against(removal, objections=["ada"], suppressions=["ada"]) == set()


def test_L12_an_implied_consent_ends_at_the_instant_of_sending_and_not_of_planning() -> None:
    """Two years after a purchase, for one; who imports it says until when."""
    until = statements([{"expires_at": NOON + DAY}])

    assert against({"at": NOON + 23 * HOUR}, consents=until) == set()
    assert against({"at": NOON + DAY}, consents=until) == {"consent_expired"}


@pytest.mark.parametrize(
    ("utc", "zone", "closed"),
    [
        (datetime(2026, 7, 1, 12, 59, tzinfo=UTC), "America/New_York", False),
        (datetime(2026, 7, 1, 11, 59, tzinfo=UTC), "America/New_York", True),
        (datetime(2026, 7, 2, 0, 59, tzinfo=UTC), "America/New_York", False),
        (datetime(2026, 7, 2, 1, 0, tzinfo=UTC), "America/New_York", True),
        (datetime(2026, 7, 1, 14, 0, tzinfo=UTC), "America/Los_Angeles", True),
        (datetime(2026, 7, 1, 14, 0, tzinfo=UTC), None, True),
        (datetime(2026, 7, 1, 19, 0, tzinfo=UTC), None, False),
    ],
)
def test_L14_a_person_in_the_us_is_called_from_8_to_21_where_they_are(
    utc: datetime, zone: str | None, closed: bool
) -> None:
    """Of who lives nobody knows where, every zone of the country must be awake."""
    found = against(CALL, now=utc, contacts=living("US", zone))

    assert found == ({"quiet_hours"} if closed else set())


def test_L23_a_receipt_is_a_class_of_its_own_and_a_mail_that_sells_is_not_one() -> None:
    nobody = statements([]).clear()

    assert against({"class": "transactional"}, consents=nobody) == set()
    assert against({"class": "marketing"}, consents=nobody) == {"consent_missing"}
    assert against({"class": "newsletter"}, consents=nobody) == {"consent_missing"}
    assert "marketing" not in PLAIN


def test_L24_the_same_hour_is_night_in_winter_and_day_in_summer() -> None:
    """07:30 UTC is 07:30 in London in winter, and 08:30 in summer."""
    winter, summer = (datetime(2026, month, 1, 7, 30, tzinfo=UTC) for month in (2, 7))

    assert against({}, now=winter) == {"quiet_hours"}
    assert against({}, now=summer) == set()


def test_L25_what_other_agents_and_other_tools_sent_counts_for_the_same_person() -> None:
    policy = sample_policy(spacing=())
    ours = touch(NOON - HOUR, channel="call", decision_id="d1")
    theirs = touch(NOON - 2 * HOUR)

    assert against({}, policy, touches=[ours]) == set()
    assert against({}, policy, touches=[ours, theirs]) == {"cap_reached"}
    assert against({"contact_id": "bob"}, policy, touches=[ours, theirs]) == set()


def test_L29_a_call_to_a_business_of_an_unknown_country_needs_consent_like_any() -> None:
    nobody = statements([]).clear()
    noon_for_all = living(None, "Europe/London")

    assert against(CALL, consents=nobody, contacts=noon_for_all) == {"consent_missing"}
