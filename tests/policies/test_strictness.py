"""Which policy is stricter: never told tighter where anything may go out that could not before."""

import json
from datetime import date, time
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.account_limits import Attribute, Segment, SegmentHold
from policies.judging import judge
from policies.limit import Limit
from policies.money_limits import Exposure, QuarterBudget
from policies.quiet import is_quiet
from policies.schema import Policy
from policies.stricter_limits import ORDERS, SAID
from policies.strictness import NAMED_BY, compare
from policies.touch_limits import Blackout, IgnorePause, Prerequisite, ReplyPause, Separation
from tests.policies.test_orders import prerequisite, separation
from tests.policies.worlds import NOON, cap, facts_of, quiet, sample_policy, spacing
from tests.policies.worlds import SAID as OWNED

PLAIN = sample_policy()


REST = Blackout.model_validate(
    {
        **OWNED,
        "name": "rest",
        "channels": ("email",),
        "first": date(2026, 12, 24),
        "last": date(2026, 12, 26),
    }
)


SILENCE = IgnorePause.model_validate(
    {
        **OWNED,
        "name": "silence",
        "channels": ("email",),
        "after": 3,
        "within_days": 30,
        "pause_days": 60,
    }
)
QUARTER = QuarterBudget.model_validate(
    {**OWNED, "pool": "media", "quarter": "2026Q4", "at_most": 9, "deviation": 0.1}
)
MOST = Exposure.model_validate({**OWNED, "name": "most", "channel": "sms", "at_most": 5})
ANSWER = ReplyPause.model_validate({**OWNED, "name": "answer", "channels": ("email",), "days": 7})


def changed(table: str, **fields: Any) -> Policy:
    """The sample with fields of one limit changed; of several, of the first."""
    limit = getattr(PLAIN, table)
    if isinstance(limit, tuple):
        return PLAIN.model_copy(update={table: (limit[0].model_copy(update=fields), *limit[1:])})
    return PLAIN.model_copy(update={table: limit.model_copy(update=fields)})


def directions(old: Policy, new: Policy) -> dict[str, str]:
    return {one.key: one.direction for one in compare(old, new).changes}


def test_every_field_of_every_limit_has_its_order() -> None:
    """A limit that is new must be ordered, or be named here as one that can't."""
    held = {
        kind
        for field in Policy.model_fields.values()
        for kind in (field.annotation, *get_args(field.annotation))
        if isinstance(kind, type) and issubclass(kind, Limit)
    }
    unordered = {kind.__name__ for kind in held} - {kind.__name__ for kind in ORDERS}
    missing = {
        f"{kind.__name__}.{name}"
        for kind in ORDERS
        for name in kind.model_fields
        if name not in ORDERS[kind] and name not in SAID
    }

    assert unordered == {"QuietHours", "Segment", "AccountOwner", "Autonomy"}
    assert missing == set()


def test_a_policy_is_as_strict_as_itself() -> None:
    assert compare(PLAIN, PLAIN).changes == ()
    assert compare(PLAIN, PLAIN).direction == "same"


@pytest.mark.parametrize(
    ("tighter", "key"),
    [
        (changed("caps", at_most=1), "caps.day.at_most"),
        (changed("caps", window_hours=48), "caps.day.window_hours"),
        (changed("caps", channels=("email", "call", "sms")), "caps.day.channels"),
        (changed("caps", exempt_classes=("mandatory",)), "caps.day.exempt_classes"),
        (changed("consent", exempt_classes=("mandatory",)), "consent.exempt_classes"),
        (changed("consent", strict_after_days=365), "consent.strict_after_days"),
        (changed("deal_hold", stages=("contract", "offer")), "deal_hold.stages"),
        (changed("spacing", hours=48), "spacing.call_after_email.hours"),
        (changed("budgets", at_most=50_000), "budgets.media.at_most"),
        (changed("budgets", overshoot=2.0), "budgets.media.overshoot"),
        (changed("budget_step", rest_days=7), "budget_step.rest_days"),
        (changed("exposures", at_most=5), "exposures.floor.at_most"),
        (PLAIN.model_copy(update={"exposures": (*PLAIN.exposures, MOST)}), "exposures.most"),
        (changed("holdout", share=0.1), "holdout.share"),
        (changed("escalation", deal_owners=True), "escalation.deal_owners"),
        (changed("review", four_eyes_above=1), "review.four_eyes_above"),
        (PLAIN.model_copy(update={"agents": ("email",)}), "agents"),
        (
            PLAIN.model_copy(update={"quiet_hours": (quiet(time(20), time(9), "email", "call"),)}),
            "quiet_hours.email",
        ),
        (
            PLAIN.model_copy(update={"caps": (*PLAIN.caps, cap("ads", "ads"))}),
            "caps.ads",
        ),
        (PLAIN.model_copy(update={"blackouts": (REST,)}), "blackouts.rest"),
        (
            PLAIN.model_copy(update={"quarter_budgets": (QUARTER,)}),
            "quarter_budgets.media 2026Q4",
        ),
        (PLAIN.model_copy(update={"reply_pauses": (ANSWER,)}), "reply_pauses.answer"),
        (PLAIN.model_copy(update={"ignore_pauses": (SILENCE,)}), "ignore_pauses.silence"),
        (PLAIN.model_copy(update={"separations": (separation(),)}), "separations.calm"),
        (PLAIN.model_copy(update={"prerequisites": (prerequisite(),)}), "prerequisites.taught"),
        (
            PLAIN.model_copy(update={"spacing": (*PLAIN.spacing, spacing("s", "sms", "call", 2))}),
            "spacing.s",
        ),
    ],
    ids=lambda said: said if isinstance(said, str) else "",
)
def test_one_way_it_is_tighter_and_the_other_way_looser(tighter: Policy, key: str) -> None:
    assert directions(PLAIN, tighter)[key] == "tighter"
    assert compare(PLAIN, tighter).direction == "tighter"
    assert directions(tighter, PLAIN)[key] == "looser"
    assert compare(tighter, PLAIN).direction == "looser"


def test_a_day_of_the_calendar_is_looser_than_its_week_or_month_and_a_window_is_another_thing() -> (
    None
):
    def by(period: str) -> Policy:
        return changed("caps", window_hours=None, calendar=period)

    day, week, month = by("day"), by("week"), by("month")
    assert compare(day, week).direction == compare(day, month).direction == "tighter"
    others = [(week, day), (month, day), (week, month), (month, week), (PLAIN, day), (day, PLAIN)]
    assert {compare(*pair).direction for pair in others} == {"looser"}


@pytest.mark.parametrize("field", ["agents", "themes"])
def test_a_cap_for_fewer_agents_or_themes_is_looser_and_one_for_all_the_strictest(
    field: str,
) -> None:
    one, two, key = ("email",), ("email", "sales"), f"caps.day.{field}"
    some, more = changed("caps", **{field: one}), changed("caps", **{field: two})
    others = changed("caps", **{field: ("ads", "sales")})

    assert directions(PLAIN, some)[key] == directions(more, some)[key] == "looser"
    assert directions(some, PLAIN)[key] == directions(some, more)[key] == "tighter"
    assert directions(some, others)[key] == directions(others, more)[key] == "looser"


def test_a_deal_hold_that_ends_earlier_or_at_all_is_looser() -> None:
    soon, late = (changed("deal_hold", expires=date(2026, 6, day)) for day in (1, 2))
    key = "deal_hold.expires"

    assert directions(PLAIN, soon)[key] == directions(late, soon)[key] == "looser"
    assert directions(soon, PLAIN)[key] == directions(soon, late)[key] == "tighter"


@pytest.mark.parametrize(
    ("loose", "tight", "key"),
    [
        (separation(days=3), separation(days=4), "days"),
        (separation(days=3), separation(days=None), "days"),
        (separation(either_order=False), separation(), "either_order"),
        (separation(), separation(other_treatments=("guide", "more")), "other_treatments"),
        (prerequisite(), prerequisite(after_days=2), "after_days"),
        (prerequisite(within_days=None), prerequisite(), "within_days"),
        (prerequisite(first_themes=("teach",)), prerequisite(), "first_themes"),
        (prerequisite(), prerequisite(then_themes=("price",)), "then_themes"),
    ],
    ids=lambda said: said if isinstance(said, str) else "",
)
def test_further_apart_or_more_of_it_is_tighter_and_more_firsts_are_looser(
    loose: Separation | Prerequisite, tight: Separation | Prerequisite, key: str
) -> None:
    table = "separations" if isinstance(loose, Separation) else "prerequisites"
    wide, narrow = (PLAIN.model_copy(update={table: (one,)}) for one in (loose, tight))

    assert directions(wide, narrow) == {f"{table}.{loose.name}.{key}": "tighter"}
    assert directions(narrow, wide) == {f"{table}.{loose.name}.{key}": "looser"}


def segment(where: str) -> dict[str, Any]:
    one = Segment.model_validate({**OWNED, "name": "kept", "where": where})
    hold = SegmentHold.model_validate({**OWNED, "segment": "kept", "channels": ("email",)})
    return {"segments": (one,), "segment_holds": (hold,)}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (PLAIN, changed("caps", at_most=1, window_hours=1)),
        (PLAIN, changed("caps", per="account")),
        (PLAIN, changed("caps", name="another")),
        (PLAIN, changed("exposures", at_least=2)),
        (PLAIN, PLAIN.model_copy(update={"exposures": ()})),
        (PLAIN.model_copy(update={"exposures": ()}), PLAIN),
        (PLAIN, changed("exposures", channel="email")),
        (PLAIN, changed("exploration", temperature=1.0)),
        (PLAIN, changed("consent", channels=("email", "call", "sms"))),
        (
            PLAIN,
            PLAIN.model_copy(update={"quiet_hours": (quiet(time(22), time(9), "email", "call"),)}),
        ),
        (
            sample_policy(**segment("is_customer")),
            sample_policy(**segment("not is_customer")),
        ),
    ],
)
def test_what_can_not_be_ordered_counts_as_looser(old: Policy, new: Policy) -> None:
    assert compare(old, new).direction == "looser"


def test_how_old_a_spam_rate_may_be_can_not_be_ordered() -> None:
    """A bad rate that is too old stops nobody where an unknown one lets email go on; a good one
    that is too old lets nobody through where an unknown one waits."""
    for unknown in ("go_on", "wait"):
        plain = changed("spam_rate", unknown=unknown)
        for days in (1, 9):
            rule = plain.spam_rate.model_copy(update={"known_days": days})
            assert compare(plain, plain.model_copy(update={"spam_rate": rule})).direction == (
                "looser"
            )


def test_a_quarter_with_less_money_or_nearer_to_its_pace_is_stricter() -> None:
    """A floor forces nothing."""
    plain = PLAIN.model_copy(update={"quarter_budgets": (QUARTER,)})
    other = {
        field: plain.model_copy(
            update={"quarter_budgets": (QUARTER.model_copy(update={field: value}),)}
        )
        for field, value in (("at_most", 8), ("deviation", 0.05), ("floor", 3))
    }

    assert [compare(plain, one).direction for one in other.values()] == [
        "tighter",
        "tighter",
        "same",
    ]
    assert compare(other["at_most"], plain).direction == "looser"


def test_quiet_hours_that_drop_are_stricter_than_those_that_let_wait() -> None:
    def asleep_from(hour: int, then: str) -> Policy:
        return sample_policy(quiet_hours=(quiet(time(hour), time(8), "email", then=then),))

    queue, drop = asleep_from(21, "queue"), asleep_from(21, "drop")

    assert directions(queue, drop) == {"quiet_hours.email.then": "tighter"}
    assert directions(drop, queue) == {"quiet_hours.email.then": "looser"}
    assert compare(queue, asleep_from(22, "drop")).direction == "looser"
    assert compare(drop, asleep_from(20, "queue")).direction == "looser"


def test_words_change_nothing() -> None:
    reworded = changed("caps", owner="bob", reason="another", reviewed=OWNED["since"])
    named = PLAIN.model_copy(update={"name": "other", "version": 9})
    declared = sample_policy(attributes=(Attribute(name="age", kind="number"),))

    assert compare(PLAIN, reworded).direction == "same"
    assert compare(PLAIN, named).direction == "same"
    assert compare(PLAIN, declared).direction == "same"


CHANNELS = st.lists(st.sampled_from(["email", "call", "ads", "sms"]), unique=True).map(tuple)
CLASSES = st.lists(
    st.sampled_from(["mandatory", "transactional", "one_to_one", "marketing"]), unique=True
).map(tuple)
HOURS = st.integers(0, 23).map(time)


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    """Policies that differ in what the judge looks at, but in no window: facts count by those."""
    start, end = draw(HOURS), draw(HOURS)
    held, counted = draw(CHANNELS), draw(CHANNELS)
    return sample_policy(
        consent=PLAIN.consent.model_copy(
            update={"channels": draw(CHANNELS), "exempt_classes": draw(CLASSES)}
        ),
        caps=(
            PLAIN.caps[0].model_copy(
                update={
                    "channels": counted,
                    "at_most": draw(st.integers(0, 3)),
                    "exempt_classes": draw(CLASSES),
                }
            ),
        ),
        quiet_hours=(quiet(start, end, *draw(CHANNELS)),),
        deal_hold=PLAIN.deal_hold.model_copy(update={"channels": held}),
        complaint_hold=PLAIN.complaint_hold.model_copy(update={"channels": draw(CHANNELS)}),
        agents=draw(st.sampled_from([("email",), ("email", "ads"), ("email", "ads", "sales")])),
    )


@st.composite
def cells(draw: st.DrawFn) -> dict[str, Any]:
    return {
        "channel": draw(st.sampled_from(["email", "call", "ads", "sms"])),
        "class": draw(st.sampled_from(["marketing", "transactional", "one_to_one"])),
        "agent": draw(st.sampled_from(["email", "ads", "sales"])),
        "at": NOON.replace(hour=draw(st.integers(12, 23))),
        "consent_state": draw(st.sampled_from(["granted", "withdrawn", None])),
        "deal_stage": draw(st.sampled_from([None, "contract"])),
        "open_complaint": draw(st.booleans()),
        "used_day": draw(st.integers(0, 3)),
    }


NIGHT = st.builds(
    time,
    st.integers(20, 23) | st.integers(0, 3),
    st.sampled_from([0, 59]),
    st.sampled_from([0, 59]),
    st.sampled_from([0, 1, 999_999]),
)


@settings(max_examples=500)
@given(st.tuples(NIGHT, NIGHT), st.tuples(NIGHT, NIGHT))
def test_quiet_hours_told_tighter_are_quiet_at_every_instant_they_were(
    was: tuple[time, time], now: tuple[time, time]
) -> None:
    old, new = (sample_policy(quiet_hours=(quiet(*one, "email"),)) for one in (was, now))
    left, right = old.quiet_hours[0], new.quiet_hours[0]
    asked = [
        time(hour, 59, second, part)
        for hour in (20, 23, 0, 3)
        for second in (0, 59)
        for part in (0, 1, 999_999)
    ]

    woken = [at for at in (*asked, *was, *now) if is_quiet(left, at) and not is_quiet(right, at)]

    assert not woken or compare(old, new).direction == "looser"
    if compare(old, new).direction == "tighter":
        assert compare(new, old).direction == "looser"


@settings(deadline=None, max_examples=300)
@given(policies(), policies(), st.lists(cells(), min_size=1, max_size=12))
def test_what_is_told_tighter_opens_no_cell_that_was_closed(
    old: Policy, new: Policy, said: list[dict[str, Any]]
) -> None:
    facts = facts_of(*said)
    before, after = judge(facts, old, NOON) == 0, judge(facts, new, NOON) == 0

    if compare(old, new).direction != "looser":
        assert not (after & ~before).any()


@settings(deadline=None, max_examples=200)
@given(policies(), policies())
def test_what_is_tighter_one_way_is_looser_the_other(old: Policy, new: Policy) -> None:
    if compare(old, new).direction == "tighter":
        assert compare(new, old).direction == "looser"


def test_each_table_of_several_is_told_apart_by_something_that_it_has() -> None:
    for table, name in NAMED_BY.items():
        (kind, *_) = get_args(Policy.model_fields[table].annotation)
        assert name in kind.model_fields or isinstance(getattr(kind, name), property)


@pytest.mark.parametrize(
    ("table", "limit", "direction"),
    [
        ("soft_opt_in", {"countries": ["GB"], "channels": ["email"], "purposes": ["x"]}, "looser"),
        (
            "inferred_consent",
            {"countries": ["AU"], "channels": ["email"], "purposes": ["x"], "for_days": 30},
            "looser",
        ),
        ("do_not_call", {"countries": ["US"]}, "tighter"),
        (
            "wrong_sends",
            {"countries": ["US"], "channels": ["sms"], "damages": 150_000},
            "tighter",
        ),
    ],
)
def test_what_lets_a_consent_count_loosens_and_what_a_country_forbids_tightens(
    table: str, limit: dict[str, Any], direction: str
) -> None:
    said = PLAIN.model_dump(mode="json") | {table: [{**OWNED, **limit, "since": "2026-01-01"}]}
    ruled = Policy.model_validate_json(json.dumps(said))

    assert compare(PLAIN, ruled).direction == direction
    assert compare(ruled, PLAIN).direction == ("looser" if direction == "tighter" else "tighter")
