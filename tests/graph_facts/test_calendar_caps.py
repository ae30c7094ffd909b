"""Caps of the calendar: a day, a week, a month, as it is where the contact lives."""

from datetime import UTC, datetime, timedelta
from itertools import combinations
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.tables import INSTANT
from graph.facts import assemble, remaining
from graph.gate import longest_window
from graph.limits_at_commit import dated, windows_of
from policies.judging import judge
from policies.schema import Policy
from policies.zones import candidate_zones
from tests.graph_facts.company import cells_of, good_standing, sources_of, touch
from tests.graph_facts.test_past_collisions import found as found_past
from tests.graph_facts.test_past_collisions import touch as past_touch
from tests.policies.worlds import NOON, cap, sample_policy
from tests.reservations.worlds import ask, asks, ledger_in
from tools.ledger.reservations import hold_within

HOUR = timedelta(hours=1)


def policy_of(calendar: str, at_most: int = 1, per: str = "contact") -> Policy:
    one = cap("span", "email", "call", at_most=at_most, hours=None, per=per, calendar=calendar)
    return sample_policy(caps=(one,), quiet_hours=(), spacing=())


def homes(timezone: str | None, country: str | None = None, **others: str) -> pl.DataFrame:
    """Everybody lives there, but for those who are named with their zone."""
    return good_standing().with_columns(
        timezone=pl.col("contact_id").replace_strict(
            others, default=timezone, return_dtype=pl.String
        ),
        country=pl.lit(country, dtype=pl.String),
    )


def used(
    calendar: str, at: datetime, *touches: datetime, zone: str | None, country: str | None = None
) -> int:
    sources = sources_of(contacts=homes(zone, country), touches=[touch(one) for one in touches])
    facts = assemble(cells_of({"at": at}), sources, policy_of(calendar))
    return int(facts["used_span"][0])


LATE = datetime(2026, 3, 2, 23, 0, tzinfo=UTC)
"""A Monday's late evening in London, and Tuesday's morning in Tokyo."""


def test_a_day_begins_anew_at_midnight_where_the_contact_lives() -> None:
    assert used("day", LATE + 2 * HOUR, LATE, zone="Europe/London") == 0
    assert used("day", LATE + 2 * HOUR, LATE, zone="Asia/Tokyo") == 1
    assert used("day", LATE, LATE - 22 * HOUR, zone="Europe/London") == 1
    assert used("day", LATE, LATE - 22 * HOUR, zone="Asia/Tokyo") == 0


def test_a_week_begins_on_monday_and_a_month_on_its_first() -> None:
    sunday, monday = LATE - 24 * HOUR, LATE

    assert used("week", monday, sunday, zone="Europe/London") == 0
    assert used("week", monday, monday + 5 * 24 * HOUR, zone="Europe/London") == 1
    assert used("month", monday, sunday, monday + 28 * 24 * HOUR, zone="Europe/London") == 2
    assert used("month", monday, monday - 70 * HOUR, zone="Europe/London") == 0


def test_the_night_in_which_clocks_go_back_is_one_long_day() -> None:
    """2026-10-25 has 25 hours in Berlin."""
    first = datetime(2026, 10, 24, 22, 30, tzinfo=UTC)

    assert used("day", first + 24 * HOUR, first, zone="Europe/Berlin") == 1
    assert used("day", first + 25 * HOUR, first, zone="Europe/Berlin") == 0


def test_without_a_zone_what_may_be_the_same_day_in_the_country_counts() -> None:
    """Seven in the evening in Los Angeles is ten in New York."""
    evening = datetime(2026, 3, 3, 3, 0, tzinfo=UTC)

    assert used("day", evening + 3 * HOUR, evening, zone="America/New_York") == 0
    assert used("day", evening + 3 * HOUR, evening, zone=None, country="US") == 1
    assert used("day", evening + 3 * HOUR, evening, zone=None, country="IE") == 1
    assert used("day", evening + 26 * HOUR, evening, zone=None, country="US") == 0


def test_without_zone_and_country_no_midnight_opens_anything() -> None:
    for hours in range(1, 24):
        assert used("day", LATE + hours * HOUR, LATE, zone=None) == 1


def test_each_of_an_account_s_people_counts_by_their_own_calendar() -> None:
    """It is Tuesday for bob in Tokyo, when it is Monday for ada in London."""
    contacts = homes("Europe/London", bob="Asia/Tokyo")
    policy = policy_of("day", per="account")
    touches = [touch(LATE, contact_id="bob")]
    cells = cells_of({"at": LATE}, {"at": LATE + 8 * HOUR}, {"at": LATE, "contact_id": "bob"})

    facts = assemble(cells, sources_of(contacts=contacts, touches=touches), policy)

    assert facts["used_span"].to_list() == [0, 1, 1]


def test_a_reservation_of_a_day_is_not_counted_against_itself() -> None:
    own, other = touch(NOON, decision_id="d1"), touch(NOON, decision_id="d2")
    facts = assemble(
        cells_of({"decision_id": "d1"}, {"decision_id": None}),
        sources_of(touches=[own, other]),
        policy_of("day"),
    )

    assert facts["used_span"].to_list() == [1, 2]


def test_touches_are_read_as_far_back_as_a_month_may_reach() -> None:
    assert longest_window(policy_of("month")) > timedelta(days=31)


ZONES = st.sampled_from(
    ["Europe/London", "America/New_York", "Asia/Tokyo", "Australia/Lord_Howe", "Pacific/Kiritimati"]
)
HOURS = st.integers(-60, 60)


def local_day(at: datetime, zone: str) -> Any:
    return at.astimezone(ZoneInfo(zone)).date()


@settings(deadline=None, max_examples=50)
@given(HOURS, st.lists(HOURS, max_size=8), ZONES)
def test_a_slow_count_by_the_contact_s_clock_finds_the_same(
    cell: int, touches: list[int], zone: str
) -> None:
    at = NOON + cell * HOUR
    instants = [NOON + hour * HOUR for hour in touches]

    same = [one for one in instants if local_day(one, zone) == local_day(at, zone)]
    assert used("day", at, *instants, zone=zone) == len(same)


@settings(deadline=None, max_examples=50)
@given(HOURS, st.lists(HOURS, max_size=6), st.sampled_from([None, "US", "RU", "AU", "KI"]))
def test_without_a_zone_it_counts_at_least_what_any_place_would(
    cell: int, touches: list[int], country: str | None
) -> None:
    at = NOON + cell * HOUR
    instants = [NOON + hour * HOUR for hour in touches]

    counted = used("day", at, *instants, zone=None, country=country)
    for zone in candidate_zones(None, country):
        assert counted >= sum(local_day(one, zone) == local_day(at, zone) for one in instants)


@settings(deadline=None, max_examples=50)
@given(
    st.lists(HOURS, max_size=6),
    st.lists(st.integers(0, 40), min_size=1, max_size=5, unique=True),
    st.integers(1, 3),
    ZONES,
)
def test_choices_within_what_is_left_never_overflow_a_day(
    history: list[int], slots: list[int], at_most: int, zone: str
) -> None:
    policy = policy_of("day", at_most=at_most)
    before = [NOON + hour * HOUR for hour in history]
    sources = sources_of(contacts=homes(zone), touches=[touch(one) for one in before])
    facts = assemble(cells_of(*({"at": NOON + slot * HOUR} for slot in slots)), sources, policy)
    findings = judge(facts, policy, NOON)
    room = int(remaining(facts, findings, policy)["remaining"][0])

    def overfull(touched: list[datetime]) -> set[Any]:
        days = [local_day(one, zone) for one in touched]
        return {day for day in days if days.count(day) > at_most}

    open_ones = [NOON + s * HOUR for s, bits in zip(slots, findings, strict=True) if bits == 0]
    for count in range(1, min(room, len(open_ones)) + 1):
        for chosen in combinations(open_ones, count):
            assert overfull([*before, *chosen]) == overfull(before)


@pytest.mark.parametrize(("zone", "out"), [("Europe/London", set()), ("Asia/Tokyo", {1})])
def test_what_a_run_holds_is_fitted_by_the_contact_s_day(
    tmp_path: Path, zone: str, out: set[int]
) -> None:
    policy = policy_of("day")
    rows = asks(ask("a", 0, holder="ada"), ask("b", 1, holder="ada")).with_columns(
        at=pl.Series([LATE, LATE + 2 * HOUR], dtype=INSTANT)
    )
    ledger = ledger_in(tmp_path)
    with ledger.write() as session:
        days = dated(policy, homes(zone))
        assert hold_within(session, rows, windows_of(policy), "run", None, days) == out


def test_a_run_is_fitted_against_what_others_hold_of_the_day(tmp_path: Path) -> None:
    policy, ledger = policy_of("day"), ledger_in(tmp_path)
    days = dated(policy, homes("Asia/Tokyo"))
    first, second = asks(ask("a", 0, holder="ada")), asks(ask("b", 0, holder="ada", hours=5))
    next_day = asks(ask("c", 0, holder="ada", hours=6))
    with ledger.write() as session:
        for rows, out in ((first, set()), (second, {0}), (next_day, set())):
            limits = windows_of(policy)
            assert hold_within(session, rows, limits, "run", None, days) == out


def test_past_touches_beyond_a_day_are_told_by_the_contact_s_clock() -> None:
    touches = [past_touch("t1", LATE), past_touch("t2", LATE + HOUR / 2)]
    far = [past_touch("t1", LATE), past_touch("t2", LATE + 2 * HOUR)]

    assert found_past(policy_of("day"), *touches) == [("t2", "cap span", "mailer")]
    assert found_past(policy_of("day"), *far) == []
