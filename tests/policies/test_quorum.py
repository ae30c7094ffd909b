"""Every step that a value reaches must be met, and a further one asks for more."""

from typing import Any

import pytest

from domain.packet import OWNER, Trigger
from graph.thresholds import approvals_for
from policies.quorum import Quorum, asked
from policies.review_limits import QuorumStep
from policies.schema import Policy
from policies.sense import problems
from policies.strictness import compare
from tests.ledger_storage.worlds import packet
from tests.policies.worlds import SAID, sample_policy


def step(from_value: int, people: int, *roles: str) -> QuorumStep:
    said = {**SAID, "from_value": from_value, "people": people, "roles": roles}
    return QuorumStep.model_validate(said)


def ruled(*steps: QuorumStep) -> Policy:
    review = sample_policy().review.model_copy(update={"quorum": steps})
    return sample_policy(review=review)


THREE = step(100, 3, "csm", "ae")
FOUR = step(1_000, 4, "operator")


@pytest.mark.parametrize(
    ("value", "people", "roles"),
    [
        (99.9, 1, ()),
        (100, 3, (("ae", "csm"),)),
        (1_000, 4, (("ae", "csm"), ("operator",))),
    ],
)
@pytest.mark.parametrize("steps", [(THREE, FOUR), (FOUR, THREE)])
def test_every_step_that_a_value_reaches_must_be_met(
    steps: tuple[QuorumStep, ...], value: float, people: int, roles: Any
) -> None:
    assert asked(steps, value) == Quorum(people, roles)


@pytest.mark.parametrize(
    "stricter",
    [
        (THREE, FOUR),
        (step(99, 3, "csm", "ae"),),
        (step(100, 4, "csm", "ae"),),
        (step(100, 3, "csm"),),
    ],
)
def test_more_people_or_fewer_roles_or_a_lower_value_is_stricter(
    stricter: tuple[QuorumStep, ...],
) -> None:
    assert compare(ruled(THREE), ruled(*stricter)).direction == "tighter"
    assert compare(ruled(*stricter), ruled(THREE)).direction == "looser"


@pytest.mark.parametrize(
    "other", [(step(200, 4, "csm"),), (step(50, 2, "csm"),), (step(100, 3, "csm", "sdr"),)]
)
def test_what_asks_for_more_here_and_for_less_there_counts_as_looser(
    other: tuple[QuorumStep, ...],
) -> None:
    assert compare(ruled(THREE), ruled(*other)).direction == "looser"
    assert compare(ruled(*other), ruled(THREE)).direction == "looser"


def test_fewer_groups_of_roles_count_as_looser_though_one_of_them_stands_for_all() -> None:
    """A packet's owners take no place of a role, so that more groups take more people."""
    two = (step(100, 2, "csm", "ae"), step(200, 2, "ae"))
    one = (step(100, 2, "ae"),)

    assert needed(*two) > needed(*one)
    assert compare(ruled(*two), ruled(*one)).direction == "looser"


def needed(*steps: QuorumStep) -> int:
    """How many must approve a packet of the value 300 whose owner is asked first."""
    asks = (Trigger(rule=f"{OWNER}ann", sentence="Ann is asked first."),)
    owned = packet().model_copy(update={"triggers": asks, "damages": 300})
    return approvals_for(owned, ruled(*steps))


def test_other_words_of_a_step_change_nothing() -> None:
    reworded = THREE.model_copy(update={"reason": "another"})

    assert compare(ruled(THREE), ruled(reworded)).direction == "same"


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ((step(100, 2), step(100, 3)), "names 100 twice"),
        ((step(100, 3), step(200, 2)), "more at stake takes no fewer people"),
        ((step(100, 1),), "asks for one person, as any packet does"),
        ((step(50, 1, "csm"), step(100, 1, "ae")), "asks 1 for 2 groups of roles"),
    ],
)
def test_steps_that_contradict_each_other_or_ask_nothing_are_refused(
    steps: tuple[QuorumStep, ...], said: str
) -> None:
    found = [one for one in problems(ruled(*steps)) if said in one.said]

    assert [one.key[:2] for one in found] == [("review", "quorum")]
    assert list(problems(ruled(THREE, FOUR))) == []
