"""The email agent: what it may send, at which times, and the few that could win."""

import tempfile
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents import email
from agents.pricing import UNKNOWN_EFFECT_SE
from domain.tables import CANDIDATES
from tests.agents.worlds import (
    NOON,
    WORTH,
    Row,
    asked,
    desk_in,
    foreseen,
    names,
    slots_of,
    treatment,
)


def test_a_message_is_filed_at_its_three_earliest_slots_when_all_are_open(tmp_path: Path) -> None:
    programme = {"treatments": [treatment("offer")]}
    desk = desk_in(tmp_path, predictions=[foreseen(0, "offer")], programme=programme)

    rows = asked(email.build(), desk)

    assert slots_of(rows, "offer") == [0, 1, 2]
    assert rows.schema == CANDIDATES.schema
    assert rows.get_column("candidate").to_list() == [0, 1, 2]
    assert rows.row(0, named=True) == {
        **rows.row(0, named=True),
        "contact_id": "ada",
        "agent": "email",
        "campaign_id": "spring",
        "class": "marketing",
        "purpose": "marketing",
        "slot_at": NOON,
        "cost": 1,
        "pool": "messages",
        "evidence": "measured",
        "owner": None,
        "minutes": 0.0,
        "findings": 0,
    }


def test_value_is_effect_times_worth_less_what_waiting_and_sending_cost(tmp_path: Path) -> None:
    programme = {"treatments": [treatment("offer", cost=5)]}
    shut = [{"slot": slot} for slot in range(7)]
    predictions = [foreseen(0, "offer", 0.1, effect_se=0.02)]
    desk = desk_in(tmp_path, predictions=predictions, closed=shut, programme=programme)

    rows = asked(email.build(), desk).sort("slot")

    left = 0.9 ** (21 / 24)
    now, later = rows.row(0, named=True), rows.row(2, named=True)
    assert later["slot"] == 7
    assert (now["value"], now["value_se"]) == pytest.approx((0.1 * WORTH - 5, 0.02 * WORTH))
    assert later["value"] == pytest.approx(0.1 * WORTH * left - 5)
    assert later["value_se"] == pytest.approx(0.02 * WORTH * left)


def test_open_slots_go_before_closed_ones(tmp_path: Path) -> None:
    programme = {"treatments": [treatment("offer")]}
    shut = [{"slot": slot} for slot in (0, 1, 2, 4)]
    desk = desk_in(tmp_path, predictions=[foreseen(0, "offer")], closed=shut, programme=programme)

    rows = asked(email.build(), desk)

    assert slots_of(rows, "offer") == [3, 5, 6]


def test_where_nothing_is_open_it_is_filed_all_the_same_to_be_refused_on_record(
    tmp_path: Path,
) -> None:
    programme = {"treatments": [treatment("offer")]}
    shut: list[Row] = [{"channel": "email"}]
    desk = desk_in(tmp_path, predictions=[foreseen(0, "offer")], closed=shut, programme=programme)

    rows = asked(email.build(), desk)

    assert slots_of(rows, "offer") == [0, 1, 2]
    assert rows.get_column("findings").to_list() == [0, 0, 0]  # the judge's to say, not the agent's


def test_a_contact_gets_its_four_best_messages_and_no_more(tmp_path: Path) -> None:
    effects = {"a": 0.05, "b": 0.01, "c": 0.04, "d": 0.03, "e": 0.02}
    programme = {"treatments": [treatment(name) for name in effects]}
    predictions = [foreseen(0, name, effect) for name, effect in effects.items()]
    desk = desk_in(tmp_path, predictions=predictions, programme=programme)

    rows = asked(email.build(), desk)

    assert names(rows) == {"a", "c", "d", "e"}


def test_the_best_messages_are_the_best_after_their_cost(tmp_path: Path) -> None:
    costs = {"dear": 90, "b": 1, "c": 1, "d": 1, "e": 1}
    programme = {"treatments": [treatment(name, cost=cost) for name, cost in costs.items()]}
    predictions = [foreseen(0, name, 0.1 if name == "dear" else 0.05) for name in costs]
    desk = desk_in(tmp_path, predictions=predictions, programme=programme)

    rows = asked(email.build(), desk)

    assert names(rows) == {"b", "c", "d", "e"}


def test_a_message_nobody_approved_takes_no_place_of_one_that_may_be_sent(tmp_path: Path) -> None:
    draft = treatment("draft", approval="waiting for legal")
    lapsed = treatment("lapsed", approved_until=NOON)
    others = [treatment(name) for name in "abcd"]
    effects = {"draft": 0.5, "lapsed": 0.5, **dict.fromkeys("abcd", 0.01)}
    predictions = [foreseen(0, name, effect) for name, effect in effects.items()]
    full = desk_in(
        tmp_path / "full",
        predictions=predictions,
        programme={"treatments": [draft, lapsed, *others]},
    )
    room = desk_in(
        tmp_path / "room",
        predictions=predictions,
        programme={"treatments": [draft, lapsed, *others[:2]]},
    )

    crowded, roomy = asked(email.build(), full), asked(email.build(), room)

    assert names(crowded) == set("abcd")
    assert names(roomy) == {"a", "b", "draft", "lapsed"}


def test_a_channel_that_is_shut_takes_no_place_of_one_that_is_open(tmp_path: Path) -> None:
    mails = [treatment(f"mail_{i}") for i in range(4)]
    programme = {"treatments": [*mails, treatment("text", channel="sms")]}
    predictions = [
        *(foreseen(0, f"mail_{i}", 0.3) for i in range(4)),
        foreseen(0, "text", 0.01, channel="sms"),
    ]
    shut: list[Row] = [{"channel": "email"}]
    desk = desk_in(tmp_path, predictions=predictions, closed=shut, programme=programme)

    rows = asked(email.build(), desk)

    assert "text" in names(rows)
    assert len(names(rows)) == 4


def test_a_treatment_nothing_is_foreseen_of_gains_nothing_and_is_as_unsure_as_can_be(
    tmp_path: Path,
) -> None:
    programme = {"treatments": [treatment("offer")]}
    contacts = [{"contact_id": "ada"}, {"contact_id": "bob"}]
    desk = desk_in(tmp_path, contacts, [foreseen(0, "offer")], programme=programme)

    rows = asked(email.build(), desk).filter(pl.col("slot") == 0)

    known, unknown = rows.row(0, named=True), rows.row(1, named=True)
    assert (known["evidence"], unknown["evidence"]) == ("measured", "prior")
    assert unknown["value"] == -1
    assert unknown["value_se"] == pytest.approx(UNKNOWN_EFFECT_SE * WORTH)


def test_without_any_prediction_an_outcome_is_worth_what_the_objective_declares(
    tmp_path: Path,
) -> None:
    desk = desk_in(tmp_path, programme={"treatments": [treatment("offer")]})

    rows = asked(email.build(), desk)

    assert rows.get_column("value_se")[0] == pytest.approx(UNKNOWN_EFFECT_SE * 1000)


def test_doing_nothing_and_what_never_competes_are_not_filed(tmp_path: Path) -> None:
    programme = {
        "treatments": [
            treatment("offer"),
            treatment("receipt", **{"class": "transactional"}),
            treatment("answer", **{"class": "inbound_response"}),
            treatment("call_intro", channel="call"),
        ]
    }
    desk = desk_in(tmp_path, programme=programme)

    rows = asked(email.build(), desk)

    assert names(rows) == {"offer"}


def test_a_workspace_without_messages_files_an_empty_table(tmp_path: Path) -> None:
    desk = desk_in(tmp_path, channels=())

    rows = asked(email.build(), desk)

    assert rows.schema == CANDIDATES.schema
    assert rows.is_empty()


EFFECTS = st.lists(
    st.floats(-0.3, 0.3, allow_nan=False).map(lambda x: round(x, 3)), min_size=1, max_size=6
)


@settings(max_examples=25, deadline=None)
@given(effects=EFFECTS, shut=st.sets(st.integers(0, 7)), turn=st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing_and_the_limits_hold(
    effects: list[float], shut: set[int], turn: Any
) -> None:
    contacts = [{"contact_id": "ada"}, {"contact_id": "bob"}]
    treatments = [treatment(f"mail_{i}") for i in range(len(effects))]
    predictions = [
        foreseen(contact, f"mail_{i}", effect)
        for contact in range(2)
        for i, effect in enumerate(effects)
    ]
    closed = [{"slot": slot} for slot in sorted(shut)]
    mixed_treatments, mixed_predictions = treatments.copy(), predictions.copy()
    turn.shuffle(mixed_treatments)
    turn.shuffle(mixed_predictions)

    with tempfile.TemporaryDirectory() as place:
        plain = desk_in(
            Path(place) / "plain", contacts, predictions, closed, {"treatments": treatments}
        )
        mixed = desk_in(
            Path(place) / "mixed",
            contacts,
            mixed_predictions,
            closed,
            {"treatments": mixed_treatments},
        )
        rows, same = asked(email.build(), plain), asked(email.build(), mixed)

    assert rows.equals(same)
    per_contact = rows.group_by("contact").agg(pl.col("treatment_id").n_unique())
    assert per_contact.get_column("treatment_id").to_list() == [min(4, len(effects))] * 2
    assert rows.group_by("contact", "treatment_id").len().get_column("len").max() == 3
    keys = ["contact", "treatment_id", "slot"]
    assert rows.select(keys).equals(rows.select(keys).sort(keys))
    used = rows.filter(~pl.col("slot").is_in(sorted(shut)))
    wanted = min(3, 8 - len(shut))
    if wanted:
        assert set(used.group_by("contact", "treatment_id").len().get_column("len")) == {wanted}
