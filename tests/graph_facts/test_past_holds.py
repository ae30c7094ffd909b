"""Past touches that went although a reply, a silence, a complaint or a date held them back."""

from datetime import date, datetime, timedelta
from typing import Any

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from domain.tables import INSTANT
from graph.facts import REPLIES
from graph.ignoring import ignored
from graph.past_collisions import looks_back
from graph.past_known import WHEN, Past
from tests.graph_facts.past_touches import found, only, touch
from tests.graph_facts.test_ignore_pauses import pause as silence
from tests.graph_facts.test_reply_pauses import pause as answer
from tests.policies.test_blackouts import blackout
from tests.policies.worlds import NOON

DAY, MOMENT = timedelta(days=1), timedelta(microseconds=1)
REPLIED = only(reply_pauses=(answer("email"),))
SILENT = only(ignore_pauses=(silence(),))
TALK = {"class": "one_to_one"}


def sent(days: float, **change: Any) -> dict[str, Any]:
    """A touch of ada so many days from noon, called by them."""
    return touch(f"{days:g}", NOON + days * DAY, **change)


def replied(*who: tuple[str | None, str | None, float]) -> Past:
    rows = [(contact, account, NOON + days * DAY) for contact, account, days in who]
    return Past(replies=pl.DataFrame(rows, schema=REPLIES, orient="row"))


def when(*days: float) -> pl.DataFrame:
    """ada, so many days from noon."""
    return pl.DataFrame([("ada", NOON + each * DAY) for each in days], schema=WHEN, orient="row")


def test_a_touch_to_an_account_that_a_reply_had_paused_is_told() -> None:
    past = replied(("bob", "acme", 0))
    told = [("1", "reply pause answer", None), ("6.9", "reply pause answer", None)]
    touches = (sent(-1), sent(1, source="crm"), sent(6.9), sent(7), sent(2, channel="call"))

    assert found(REPLIED, *touches, sent(3, **TALK), past=past) == told
    assert found(only(), *touches, past=past) == []


def test_a_reply_pauses_its_contact_without_an_account_and_no_other_account() -> None:
    own, other = replied(("ada", None, 0)), replied(("zoe", "other", 0), (None, None, 0))

    assert len(found(REPLIED, sent(1, account_id=None), past=own)) == 1
    assert found(REPLIED, sent(1), past=other) == []


def test_a_reply_at_the_very_instant_of_a_touch_may_be_the_answer_to_it() -> None:
    assert found(REPLIED, sent(0), past=replied(("ada", "acme", 0))) == []


def test_a_touch_in_the_rest_after_ignored_ones_is_told_with_whose_began_it() -> None:
    touches = (sent(0), sent(1), sent(2, source="crm"), sent(5), sent(36))

    assert found(SILENT, *touches) == [("5", "ignore pause silence", "crm")]
    assert found(only(), *touches) == []


def test_a_reaction_that_came_before_the_touch_had_lifted_the_rest_and_a_later_one_not() -> None:
    touches = (sent(0), sent(1), sent(2), sent(5))

    assert found(SILENT, *touches, past=Past(reactions=when(4))) == []
    assert found(SILENT, *touches, past=Past(reactions=when(5))) == []
    assert len(found(SILENT, *touches, past=Past(reactions=when(0)))) == 1
    assert len(found(SILENT, *touches, past=Past(reactions=when(6)))) == 1


def test_conversation_is_not_counted_among_ignored_touches_and_goes_on_in_the_rest() -> None:
    assert found(SILENT, sent(0), sent(1, **TALK), sent(2), sent(5)) == []
    assert found(SILENT, sent(0), sent(1), sent(2), sent(5, **TALK)) == []


def test_touches_are_read_as_far_back_as_a_rest_may_have_begun() -> None:
    assert looks_back(SILENT) == 40 * DAY


@given(st.lists(st.integers(0, 40), max_size=12), st.lists(st.integers(0, 40), max_size=3))
def test_resting_are_those_that_the_pause_as_of_each_touch_would_have_held(
    days: list[int], reacted: list[int]
) -> None:
    touches = [touch(f"{place:02d}", NOON + day * DAY) for place, day in enumerate(days)]
    rule = silence(after=2, within_days=3, pause_days=6)

    told = found(only(ignore_pauses=(rule,)), *touches, past=Past(reactions=when(*reacted)))

    slow = {one["touch_id"] for one in touches if _rests(rule, one["at"], days, reacted)}
    assert {row[0] for row in told} == slow


def _rests(rule: Any, at: datetime, days: list[int], reacted: list[int]) -> bool:
    before = when(*days).filter(pl.col("at") < at).with_columns(channel=pl.lit("email"))
    known = when(*reacted).filter(pl.col("at") <= at)
    rows = ignored(rule, before, known)
    return not rows.filter(pl.col("until").cast(INSTANT) > at).is_empty()


def test_a_touch_while_a_complaint_was_open_is_told() -> None:
    past = Past(opened=when(0), closed=when(5))
    touches = (sent(-1), sent(1, source="crm"), sent(4), sent(5), sent(6), sent(3, **TALK))
    told = [("1", "complaint hold", None), ("4", "complaint hold", None)]

    assert found(only(), *touches, past=past) == told
    assert found(only(), *touches) == []


def test_a_complaint_that_nobody_closed_holds_and_so_does_a_second_one() -> None:
    assert len(found(only(), sent(99), past=Past(opened=when(0)))) == 1
    assert len(found(only(), sent(9), past=Past(opened=when(0, 7), closed=when(5)))) == 1


def test_a_touch_on_a_closed_date_is_told_by_the_dates_name() -> None:
    day = NOON.date()
    policy = only(blackouts=(blackout("email", first=day, last=day),))

    assert found(policy, sent(0), sent(1), sent(0.1, channel="call"), sent(0.2, **TALK)) == [
        ("0", "blackout rest", None)
    ]
    later = blackout("email", first=date(2030, 1, 1), last=date(2030, 1, 1))
    assert found(only(blackouts=(later,)), sent(0)) == []
