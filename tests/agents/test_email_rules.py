"""The e-mail strategist: each rule files where its figures say so, and keeps quiet where not."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from agents.cadence_rules import misplaced_steps
from agents.email_rules import (
    complained_treatments,
    harmful_treatments,
    unapproved_treatments,
    unproven_treatments,
    wearing_treatments,
)
from agents.figures import sample_size
from tests.agents.worlds import (
    NOON,
    WORTH,
    Row,
    desk_in,
    enrolled,
    foreseen,
    said,
    sequence,
    treatment,
)


def answers(sent: int, unsubscribed: int = 0, complained: int = 0) -> Row:
    return {
        "treatment_id": "offer",
        "sent": sent,
        "unsubscribed": unsubscribed,
        "complained": complained,
    }


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ((5000, 100), [("pause", "offer")]),
        ((5000, 50), []),  # one in a hundred is the limit, not above it
        ((100, 2), []),  # two in a hundred by chance
        ((0, 0), []),
    ],
)
def test_a_message_that_wears_people_out_should_rest(
    tmp_path: Path, counts: tuple[int, int], expected: list[tuple[str, str]]
) -> None:
    programme = {"treatments": [treatment("offer")], "sent": [answers(*counts)]}
    desk = desk_in(tmp_path, programme=programme)

    assert said(wearing_treatments, desk) == expected


@pytest.mark.parametrize(("complaints", "fires"), [(20, True), (5, False)])
def test_a_message_people_complain_of_should_rest(
    tmp_path: Path, complaints: int, fires: bool
) -> None:
    programme = {
        "treatments": [treatment("offer")],
        "sent": [answers(5000, complained=complaints)],
    }
    desk = desk_in(tmp_path, programme=programme)

    assert said(complained_treatments, desk) == ([("pause", "offer")] if fires else [])


def test_the_email_agent_does_not_judge_another_agent_s_calls(tmp_path: Path) -> None:
    programme = {"treatments": [treatment("offer", channel="call")], "sent": [answers(5000, 900)]}
    desk = desk_in(tmp_path, programme=programme)

    assert said(wearing_treatments, desk) == []


@pytest.mark.parametrize(
    ("effect", "evidence", "fires"),
    [(-0.03, "measured", True), (-0.01, "measured", False), (-0.03, "prior", False)],
)
def test_a_message_measured_to_do_harm_should_stop(
    tmp_path: Path, effect: float, evidence: str, fires: bool
) -> None:
    row = foreseen(0, "offer", effect, effect_se=0.01, evidence=evidence)
    desk = desk_in(tmp_path, predictions=[row], programme={"treatments": [treatment("offer")]})

    proposals = list(harmful_treatments(desk))

    assert [(one.kind, one.subject) for one in proposals] == ([("pause", "offer")] if fires else [])
    if fires:
        assert proposals[0].expected_value == pytest.approx(0.03 * WORTH)
        assert proposals[0].expected_se == pytest.approx(0.01 * WORTH)


@pytest.mark.parametrize(
    ("contacts", "effect", "changes", "expected"),
    [
        (40, 0.7, {"evidence": "prior"}, [("experiment", "offer")]),
        (4, 0.7, {"evidence": "prior"}, [("gather_data", "offer")]),
        (40, 0.7, {"evidence": "measured"}, []),
        (40, 0.0, {"evidence": "prior"}, []),
    ],
)
def test_an_unproven_message_is_tried_on_as_many_as_it_takes(
    tmp_path: Path,
    contacts: int,
    effect: float,
    changes: dict[str, Any],
    expected: list[tuple[str, str]],
) -> None:
    people = [{"contact_id": f"c{i}"} for i in range(contacts)]
    predictions = [foreseen(i, "offer", effect, **changes) for i in range(contacts)]
    programme = {"treatments": [treatment("offer")]}
    desk = desk_in(tmp_path, people, predictions, programme=programme)

    assert said(unproven_treatments, desk) == expected


def test_an_experiment_is_worth_what_its_touches_bring_less_their_cost(tmp_path: Path) -> None:
    people = [{"contact_id": f"c{i}"} for i in range(40)]
    predictions = [foreseen(i, "offer", 0.7, effect_se=0.7, evidence="prior") for i in range(40)]
    desk = desk_in(
        tmp_path, people, predictions, programme={"treatments": [treatment("offer", cost=50)]}
    )

    one = next(unproven_treatments(desk))

    needed = sample_size(0.2, 0.7)
    assert one.expected_value == pytest.approx((0.7 * WORTH - 50) * needed)
    assert one.expected_se == pytest.approx(0.7 * WORTH * needed)
    assert one.evidence[1].figure == needed


@pytest.mark.parametrize(
    ("changes", "named", "tried"),
    [
        ({"approval": "waiting for legal"}, True, False),
        ({"approved_until": NOON}, True, False),
        ({"approved_until": NOON + timedelta(days=1)}, False, True),
        ({"approval": "draft", "class": "transactional"}, False, False),
        ({"approval": "draft", "channel": "call"}, False, False),
    ],
)
def test_a_message_without_standing_approval_is_named_and_not_tried(
    tmp_path: Path, changes: dict[str, Any], named: bool, tried: bool
) -> None:
    programme = {"treatments": [treatment("offer", **changes)]}
    channel = changes.get("channel", "email")
    row = foreseen(0, "offer", 0.7, evidence="prior", channel=channel)
    desk = desk_in(tmp_path, predictions=[row], programme=programme)

    assert said(unapproved_treatments, desk) == ([("new_treatment", "offer")] if named else [])
    assert bool(said(unproven_treatments, desk)) == tried


@pytest.mark.parametrize(
    ("effects", "evidence", "fires"),
    [
        ((0.02, 0.08), "measured", True),
        ((0.08, 0.02), "measured", False),
        ((0.02, 0.04), "measured", False),  # within 1.96 standard errors of the difference
        ((0.02, 0.08), "prior", False),
    ],
)
def test_the_step_that_works_best_should_not_come_last(
    tmp_path: Path, effects: tuple[float, float], evidence: str, fires: bool
) -> None:
    predictions = [
        foreseen(0, name, effect, effect_se=0.01, evidence=evidence)
        for name, effect in zip(("first", "second"), effects, strict=True)
    ]
    programme = {
        "treatments": [treatment("first"), treatment("second")],
        "sequences": sequence("first", "second"),
        "enrolments": [enrolled("ada", 1, 0), enrolled("bob", 1, 0, state="exited")],
    }
    desk = desk_in(tmp_path, predictions=predictions, programme=programme)

    proposals = list(misplaced_steps(desk))

    assert [(one.kind, one.subject) for one in proposals] == (
        [("reorder", "nurture")] if fires else []
    )
    if fires:
        assert proposals[0].expected_value == pytest.approx(0.06 * WORTH)
