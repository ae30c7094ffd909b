"""How far an agent goes by itself: judged with everything else, ordered, and never said twice."""

from itertools import product
from typing import Any

import polars as pl
import pytest

from domain.names import AGENTS, CHANNELS
from domain.reasons import findings_of
from policies import autonomy, sense
from policies.autonomy import LEVELS, level_of
from policies.judging import judge, judge_autonomy
from policies.lint import remarks
from policies.named import of_cells
from policies.review_limits import Autonomy
from policies.schema import Policy
from policies.strictness import compare
from tests.policies.worlds import NOON, SAID, facts_of, sample_policy


def entry(agent: str, level: str, *channels: str, **fields: Any) -> Autonomy:
    said = {**SAID, "agent": agent, "level": level, "channels": channels}
    return Autonomy.model_validate({**said, **fields})


def of(*entries: Autonomy, **changes: Any) -> Policy:
    return sample_policy(autonomy=entries, **changes)


def found(policy: Policy, **change: Any) -> set[str]:
    bits = judge(facts_of(change), policy, NOON)
    return set(findings_of(bits[0]))


def said_of(policy: Policy) -> list[tuple[str | int, ...]]:
    return [one.key for one in sense.problems(policy)]


def test_nothing_of_an_agent_that_only_watches_goes_out() -> None:
    policy = of(entry("email", "watch"))

    assert found(policy) == {"only_watching"}
    assert found(policy, **{"class": "mandatory"}) == {"only_watching"}
    assert found(policy, agent="sales", channel="call") == set()


@pytest.mark.parametrize("level", ["act", "ask"])
def test_who_may_act_or_asks_is_closed_nowhere(level: str) -> None:
    assert found(of(entry("email", level))) == set()


def test_an_agent_watches_only_on_the_channels_that_are_named() -> None:
    policy = of(entry("email", "watch", "sms", "push"))

    assert found(policy) == set()
    assert "only_watching" in found(policy, channel="sms")


def test_what_nobody_knows_the_agent_of_does_not_go_out_where_one_watches() -> None:
    row: dict[str, Any] = {"agent": None, "channel": "email", "class": "marketing"}
    rows = pl.DataFrame([row], schema_overrides={"agent": pl.String})

    everywhere, on_calls = of(entry("sales", "watch")), of(entry("sales", "watch", "call"))
    assert findings_of(judge_autonomy(rows, everywhere)[0]) == ("only_watching",)
    assert findings_of(judge_autonomy(rows, on_calls)[0]) == ()
    assert findings_of(judge_autonomy(rows, of())[0]) == ()


def test_a_person_is_taken_out_of_a_paid_audience_though_the_agent_watches() -> None:
    policy = of(entry("ads", "watch"))
    leaving: dict[str, Any] = {"agent": "ads", "channel": "ads", "class": "transactional"}

    assert "only_watching" not in found(policy, **leaving)
    assert "only_watching" in found(policy, **{**leaving, "class": "marketing"})


def test_the_grid_stays_open_for_who_watches_and_its_candidates_are_closed() -> None:
    policy, facts = of(entry("email", "watch")), facts_of({})

    assert judge(facts, of_cells(policy), NOON).to_list() == [0]
    rows = pl.DataFrame({"agent": ["email"], "channel": ["email"], "class": ["marketing"]})
    assert findings_of(judge_autonomy(rows, policy)[0]) == ("only_watching",)


def test_the_strictest_entry_that_fits_counts_in_whatever_order() -> None:
    for first, second in product(LEVELS, LEVELS):
        expected = max(first, second, key=LEVELS.index)
        policy = of(entry("email", first), entry("email", second, "sms"))

        assert level_of(policy, "email", "sms") == expected
        assert level_of(policy, "email", "email") == first
        assert level_of(policy, "sales", "sms") == "act"


def test_all_levels_at_once_are_what_each_is_by_itself() -> None:
    policy = of(entry("email", "ask"), entry("email", "watch", "sms"), entry("ads", "watch", "ads"))

    found = autonomy.levels_of(policy.autonomy)
    assert found == {(a, c): level_of(policy, a, c) for a in AGENTS for c in CHANNELS}


@pytest.mark.parametrize(
    ("looser", "stricter", "changes"),
    [
        (of(), of(entry("email", "ask", "sms")), {"autonomy.email.sms"}),
        (of(), of(entry("email", "watch", "sms")), {"autonomy.email.sms"}),
        (
            of(entry("email", "ask", "sms")),
            of(entry("email", "watch", "sms")),
            {"autonomy.email.sms"},
        ),
        (
            of(entry("email", "ask", "sms")),
            of(entry("email", "ask", "sms", "push")),
            {"autonomy.email.push"},
        ),
        (
            of(entry("email", "ask", "sms", "email")),
            of(entry("email", "ask")),
            {f"autonomy.email.{one}" for one in CHANNELS if one not in ("sms", "email")},
        ),
    ],
)
def test_an_entry_tightens_and_taking_it_away_loosens(
    looser: Policy, stricter: Policy, changes: set[str]
) -> None:
    assert compare(looser, stricter).direction == "tighter"
    assert compare(stricter, looser).direction == "looser"
    assert {one.key for one in compare(looser, stricter).changes} == changes


def test_one_channel_let_go_for_another_counts_as_looser() -> None:
    old, new = of(entry("email", "ask", "sms")), of(entry("email", "ask", "push"))

    assert compare(old, new).direction == "looser"


def test_the_same_levels_said_otherwise_are_the_same() -> None:
    old = of(entry("email", "ask", "sms", "push"))
    new = of(entry("email", "ask", "push"), entry("email", "ask", "sms", reason="other words"))

    assert compare(old, new).direction == "same"
    assert compare(of(), of(entry("email", "act"))).direction == "same"


def test_an_agent_is_named_once_for_a_channel() -> None:
    twice = of(entry("email", "ask", "sms"), entry("email", "watch", "push", "sms"))
    both_for_all = of(entry("email", "ask"), entry("email", "watch"))

    assert said_of(twice) == [("autonomy", 1, "channels")]
    assert said_of(both_for_all) == [("autonomy", 1, "channels")]
    assert said_of(of(entry("email", "ask", "sms", "sms"))) == [("autonomy", 0, "channels")]
    assert said_of(of(entry("email", "ask", "sms"), entry("sales", "watch", "sms"))) == []


def test_an_entry_that_never_counts_is_refused_and_one_that_is_stricter_stands() -> None:
    assert said_of(of(entry("email", "watch"), entry("email", "ask", "sms"))) == [
        ("autonomy", 1, "channels")
    ]
    assert said_of(of(entry("email", "ask"), entry("email", "watch", "sms"))) == []


def test_who_may_not_act_at_all_is_remarked_upon() -> None:
    policy = of(entry("sales", "ask"), agents=("email", "ads"))

    assert [one.key for one in remarks(policy) if one.key[0] == "autonomy"] == [
        ("autonomy", 0, "agent")
    ]
