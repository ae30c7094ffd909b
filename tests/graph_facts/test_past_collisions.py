"""Past collisions: touches of any tool held against what had happened before them."""

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tests.graph_facts.past_touches import found, only, touch
from tests.policies.worlds import NOON, cap, sample_policy, spacing

HOUR = timedelta(hours=1)


def test_the_touch_beyond_a_cap_is_told_with_who_came_before_it() -> None:
    policy = only(caps=(cap("day", "email", at_most=2),))

    assert found(
        policy,
        touch("1", NOON),
        touch("2", NOON + HOUR, source="crm"),
        touch("3", NOON + 2 * HOUR),
    ) == [("3", "cap day", "crm")]


def test_W4_a_cap_of_one_a_day_is_broken_by_an_hour_before_and_an_hour_after_midnight() -> None:
    policy = only(caps=(cap("day", "email", at_most=1),))
    night = datetime(2026, 3, 2, 23, tzinfo=NOON.tzinfo)

    assert found(policy, touch("1", night), touch("2", night + 2 * HOUR)) == [
        ("2", "cap day", "mailer")
    ]
    assert found(policy, touch("1", night), touch("2", night + 24 * HOUR)) == []


def test_of_touches_at_one_instant_only_those_beyond_the_cap_are_told() -> None:
    policy = only(caps=(cap("day", "email", at_most=1),))

    assert found(policy, touch("1", NOON), touch("2", NOON), touch("3", NOON)) == [
        ("2", "cap day", "mailer"),
        ("3", "cap day", "mailer"),
    ]


def test_an_account_shares_its_cap_and_another_does_not_count() -> None:
    policy = only(caps=(cap("account", "email", at_most=1, per="account"),))

    assert found(
        policy,
        touch("1", NOON),
        touch("2", NOON + HOUR, contact_id="bob"),
        touch("3", NOON + HOUR, contact_id="eve", account_id="other"),
    ) == [("2", "cap account", "mailer")]


def test_a_receipt_breaks_nothing_and_counts_for_nothing() -> None:
    policy = only(caps=(cap("day", "email", at_most=1),), quiet_hours=())

    assert (
        found(
            policy,
            touch("1", NOON, **{"class": "transactional"}),
            touch("2", NOON + HOUR),
            touch("3", NOON + 2 * HOUR, **{"class": "transactional"}),
        )
        == []
    )


def test_a_touch_without_a_class_counts_as_marketing() -> None:
    policy = only(caps=(cap("day", "email", at_most=1),))

    assert found(policy, touch("1", NOON, **{"class": None}), touch("2", NOON + HOUR)) == [
        ("2", "cap day", "mailer")
    ]


def test_the_later_of_two_channels_too_close_is_told_whichever_it_is() -> None:
    policy = only(spacing=(spacing("apart", "call", "email", 24),))
    call = {"channel": "call", "source": "crm"}

    assert found(policy, touch("1", NOON), touch("2", NOON + HOUR, **call)) == [
        ("2", "spacing apart", "mailer")
    ]
    assert found(policy, touch("1", NOON, **call), touch("2", NOON + HOUR)) == [
        ("2", "spacing apart", "crm")
    ]
    assert found(policy, touch("1", NOON), touch("2", NOON + 24 * HOUR, **call)) == []
    assert found(policy, touch("1", NOON), touch("2", NOON, **call)) == [
        ("2", "spacing apart", "mailer")
    ]


def test_a_touch_in_quiet_hours_is_told_and_is_nobodys_fault_but_its_own() -> None:
    policy = only(quiet_hours=sample_policy().quiet_hours)

    assert found(policy, touch("1", NOON), touch("2", NOON + 11 * HOUR)) == [
        ("2", "quiet hours email", None)
    ]


def test_no_touches_collide_with_nothing() -> None:
    assert found(sample_policy()) == []


@given(
    st.lists(st.tuples(st.integers(0, 60), st.sampled_from(["ada", "bob"])), max_size=12),
    st.integers(1, 3),
)
def test_a_slow_count_finds_the_same_touches_beyond_a_cap(
    when: list[tuple[int, str]], most: int
) -> None:
    touches = [
        touch(f"{number:02d}", NOON + hours * HOUR, contact_id=who)
        for number, (hours, who) in enumerate(when)
    ]
    ordered = sorted(touches, key=lambda one: (one["at"], one["touch_id"]))
    slow = {
        late["touch_id"]
        for place, late in enumerate(ordered)
        if sum(
            one["contact_id"] == late["contact_id"] and late["at"] - one["at"] < 24 * HOUR
            for one in ordered[: place + 1]
        )
        > most
    }

    policy = only(caps=(cap("day", "email", at_most=most),))

    assert {row[0] for row in found(policy, *touches)} == slow
