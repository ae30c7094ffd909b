"""Segments: people named by a condition, and what the policy keeps from them."""

from typing import Any

import polars as pl
import pytest

from domain.reasons import findings_of
from graph.facts import assemble
from policies.account_limits import Attribute, Segment, SegmentHold
from policies.judging import judge
from policies.schema import Policy
from policies.sense import problems
from tests.graph_facts.company import PEOPLE, cells_of, good_standing, sources_of
from tests.policies.worlds import NOON, SAID, facts_of, sample_policy

MINORS = "attr_age is null or attr_age < 18"
AGE = Attribute(name="age", kind="number")


def keeping(where: str, *channels: str, attributes: tuple[Attribute, ...] = (AGE,)) -> Policy:
    """A policy that keeps these channels from whom the condition names."""
    segment = Segment.model_validate({**SAID, "name": "kept", "where": where})
    hold = SegmentHold.model_validate({**SAID, "segment": "kept", "channels": channels})
    return sample_policy(attributes=attributes, segments=(segment,), segment_holds=(hold,))


def found(policy: Policy, contacts: pl.DataFrame, *changes: dict[str, Any]) -> list[set[str]]:
    """Reasons against a cell of each of PEOPLE, or against those given."""
    cells = cells_of(*(changes or [{"contact_id": one} for one in PEOPLE]))
    facts = assemble(cells, sources_of(contacts), policy)
    return [set(findings_of(bits)) for bits in judge(facts, policy, NOON)]


def aged(*ages: Any) -> pl.DataFrame:
    return good_standing().with_columns(attr_age=pl.Series(ages))


def test_L9_a_minor_gets_no_marketing_and_neither_does_who_may_be_one() -> None:
    policy = keeping(MINORS, "email")

    assert found(policy, aged(17.0, 18.0, None)) == [{"segment_hold"}, set(), {"segment_hold"}]


def test_an_attribute_that_nobody_has_is_empty_for_everybody() -> None:
    assert found(keeping(MINORS, "email"), good_standing()) == [{"segment_hold"}] * 3


def test_a_value_that_is_not_of_its_kind_is_empty() -> None:
    assert found(keeping(MINORS, "email"), aged("forty", "40", "7")) == [
        {"segment_hold"},
        set(),
        {"segment_hold"},
    ]


def test_a_hold_is_of_its_channels_and_of_marketing_only() -> None:
    mail = {"contact_id": "ada"}
    call = {"contact_id": "ada", "channel": "call", "agent": "sales"}
    receipt = {"contact_id": "ada", "class": "transactional"}

    assert found(keeping(MINORS, "email"), aged(9.0, 9.0, 9.0), mail, call, receipt) == [
        {"segment_hold"},
        set(),
        set(),
    ]


def test_who_can_not_be_told_counts_as_in() -> None:
    """Facts without the membership, or a contact that nobody knows."""
    policy = keeping("is_customer", "email")
    bits = judge(facts_of({}), policy, NOON)
    stranger = found(policy, good_standing(), {"contact_id": "nobody"})

    assert set(findings_of(bits[0])) == {"segment_hold", "fact_missing"}
    assert {"segment_hold", "fact_missing"} <= stranger[0]


def test_a_segment_without_a_hold_closes_nothing() -> None:
    policy = keeping(MINORS, "email").model_copy(update={"segment_holds": ()})

    assert found(policy, aged(9.0, 9.0, 9.0)) == [set()] * 3


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        (keeping("attr_age < 18 or attr_age is null", "email", attributes=()), "no column"),
        (keeping("attr_age < 18", "email"), "may be empty"),
        (keeping("email like '%@example.com'", "email"), "no column `email`"),
        (keeping(MINORS), "name no channel"),
        (keeping(MINORS, "email").model_copy(update={"segments": ()}), "not declared"),
        (sample_policy(attributes=(AGE, AGE)), "`attributes` names age 2 times"),
    ],
)
def test_a_segment_that_is_none_stops_the_start_with_one_sentence(
    policy: Policy, said: str
) -> None:
    assert any(said in problem.said for problem in problems(policy))
