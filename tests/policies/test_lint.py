"""Remarks on policies that may stand: what says less, or other, than it seems to."""

from typing import Any

import pytest

from policies.account_limits import Attribute, Segment, SegmentHold
from policies.consent_limits import ConsentRule
from policies.lint import remarks
from policies.schema import Policy
from tests.policies.worlds import PLAIN, SAID, cap, sample_policy, spacing


def said(**changes: Any) -> list[str]:
    return [one.said for one in remarks(sample_policy(**changes))]


def test_a_policy_that_means_what_it_says_gets_no_remark() -> None:
    assert said() == []
    assert said(caps=(cap("email_week", "email", at_most=3, hours=168),)) == []


@pytest.mark.parametrize(
    ("name", "hours", "words"),
    [
        ("email_week", 160, "is called by the week and holds in any 160 hours"),
        ("per_day", 48, "is called by the day and holds in any 48 hours"),
        ("email_month", 720, "does not begin anew with a month of the calendar"),
        ("often", 167, "an hour off whole days"),
    ],
)
def test_a_window_rolls_whatever_its_name_says_of_the_calendar(
    name: str, hours: int, words: str
) -> None:
    (only,) = said(caps=(cap(name, "email", hours=hours),))

    assert words in only


def test_a_cap_that_a_tighter_one_keeps_from_being_reached_is_named_once() -> None:
    tight, wide = cap("tight", "email", "call", at_most=2), cap("wide", "email", at_most=2)

    (only,) = said(caps=(tight, wide))

    assert only.startswith("`caps` wide is never reached: tight lets 2 through")
    assert said(caps=(wide, tight)) == [only]
    assert len(said(caps=(tight, cap("same", "email", "call", at_most=2)))) == 1


def test_daily_windows_add_up_and_one_more_would_not_be_idle() -> None:
    daily = cap("one", "email", at_most=1, hours=24)

    assert len(said(caps=(daily, cap("seven", "email", at_most=7, hours=168)))) == 1
    assert said(caps=(daily, cap("six", "email", at_most=6, hours=168))) == []
    assert said(caps=(daily, cap("seven", "email", at_most=7, hours=169 + 23))) == []


def test_a_cap_that_counts_more_is_not_idle() -> None:
    tight = cap("tight", "email", at_most=1)

    assert said(caps=(tight, cap("both", "email", "call", at_most=2))) == []
    assert said(caps=(tight, cap("account", "email", at_most=5, per="account"))) == []
    strict = cap("strict", "email", at_most=2).model_copy(update={"exempt_classes": PLAIN})
    assert said(caps=(tight, strict)) == []


def test_spacing_that_never_holds_back_is_told_with_what_comes_first() -> None:
    wide, narrow = spacing("wide", "call", "email", 24), spacing("narrow", "email", "call", 12)
    assert said(spacing=(wide, narrow)) == [
        "`spacing` narrow never holds back: wide asks 24 hours of the same channels."
    ]

    alone = cap("one_touch", "email", "call", at_most=1, hours=24)
    assert said(caps=(alone,), spacing=(wide,)) == [
        "`spacing` wide never holds back: one_touch allows one touch of both channels in 24 hours."
    ]
    assert said(caps=(alone,), spacing=(spacing("wider", "call", "email", 25),)) == []


def test_marketing_that_is_exempt_is_told() -> None:
    policy: Policy = sample_policy()
    free = policy.caps[0].model_copy(update={"exempt_classes": (*PLAIN, "marketing")})
    consent = ConsentRule(channels=("email",), exempt_classes=(*PLAIN, "marketing"), **SAID)

    assert said(consent=consent) == [
        "`consent` exempts marketing: nobody is asked for consent to it."
    ]
    assert said(caps=(free,)) == ["`caps` day exempts marketing, so it holds no promotion back."]


def test_what_is_declared_and_never_used_is_told() -> None:
    age = Attribute(name="age", kind="number")
    minors = Segment(name="minors", where="attr_age < 18", **SAID)
    hold = SegmentHold(segment="minors", channels=("email",), **SAID)

    assert said(attributes=(age,), segments=(minors,), segment_holds=(hold,)) == []
    assert said(attributes=(age,), segments=(minors,)) == [
        "`segments` minors is named, and no hold or exposure uses it."
    ]
    assert said(attributes=(age,)) == ["`attributes` age is declared, and no segment asks for it."]
