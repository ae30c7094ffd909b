"""A reply of anybody of an account stops what sells to all of it; a note of absence is none."""

from datetime import datetime, timedelta
from typing import Any

import polars as pl
import pytest

from domain.reasons import findings_of
from policies.judging import judge
from policies.sense import problems
from policies.touch_limits import ReplyPause
from tests.graph_facts.guarding import CALL, against
from tests.policies.worlds import NOON, SAID, facts_of, sample_policy


def pause(*channels: str) -> ReplyPause:
    return ReplyPause.model_validate({**SAID, "name": "answer", "channels": channels, "days": 7})


POLICY = sample_policy(reply_pauses=(pause("email"),))
WEEK, MOMENT = timedelta(days=7), timedelta(seconds=1)
Reply = tuple[str | None, str | None, datetime]


def found(*replies: Reply, **cell: Any) -> set[str]:
    return against(cell, POLICY, replies=[*replies])


def test_a_reply_of_a_colleague_pauses_the_account_for_so_many_days() -> None:
    assert found() == set()
    assert found(("bob", "acme", NOON - WEEK + MOMENT)) == {"reply_pause"}
    assert found(("bob", "acme", NOON - WEEK)) == set()
    assert found((None, "acme", NOON - MOMENT)) == {"reply_pause"}
    assert found(("zoe", "other", NOON - MOMENT)) == set()


def test_the_newest_reply_counts_and_the_pause_is_judged_for_the_slot() -> None:
    replies = (("bob", "acme", NOON - 3 * WEEK), ("eve", "acme", NOON - MOMENT))

    assert found(*replies) == {"reply_pause"}
    assert found(*replies, at=NOON + WEEK) == set()


def test_without_an_account_only_the_contacts_own_reply_counts() -> None:
    assert found(("ada", None, NOON - MOMENT), account_id=None) == {"reply_pause"}
    assert found(("bob", None, NOON - MOMENT), account_id=None) == set()


def test_conversation_goes_on_and_so_do_other_channels() -> None:
    reply = ("ada", "acme", NOON - MOMENT)

    for spared in ("mandatory", "transactional", "inbound_response", "one_to_one"):
        assert found(reply, **{"class": spared}) == set()
    assert found(reply, **CALL) == set()


def test_where_nobody_looked_for_replies_nothing_that_sells_goes() -> None:
    unlooked = facts_of({})

    bits = judge(unlooked, POLICY, NOON)
    looked = judge(unlooked.with_columns(replied_answer=pl.lit(False)), POLICY, NOON)

    assert set(findings_of(bits[0])) == {"reply_pause", "fact_missing"}
    assert looked[0] == 0


@pytest.mark.parametrize(("rules", "wrong"), [((pause(),), True), ((pause("email"),), False)])
def test_a_pause_of_no_channel_is_refused(rules: tuple[ReplyPause, ...], wrong: bool) -> None:
    said = [one.said for one in problems(sample_policy(reply_pauses=rules))]

    assert any("names no channel, so it stops nothing" in one for one in said) is wrong
