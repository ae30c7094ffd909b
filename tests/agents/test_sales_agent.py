"""The sales agent: who calls whom, about what, and what a conversation is worth."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from agents import sales
from tests.agents.worlds import (
    DEAL_PRIOR,
    WORTH,
    Row,
    asked,
    desk_in,
    foreseen,
    names,
    slots_of,
    treatment,
)

SCRIPTS = [
    treatment("call_intro", channel="call"),
    treatment("call_deal", channel="call", **{"class": "one_to_one"}),
    treatment("task_deal", channel="task", **{"class": "one_to_one"}),
]
TEAM = [{"person_id": name, "role": "sdr", "minutes_per_day": 300.0} for name in ("sam", "suri")]
DEAL: Row = {"contact_id": "dana", "deal_id": "d1", "deal_amount": 500_000, "ae": "ann"}
TALKS = [{"deal_id": "d1", "contact_id": "dana"}]


def call_of(contact: int, treatment_id: str, effect: float = 0.1, **changes: Any) -> Row:
    return foreseen(contact, treatment_id, effect, **{"channel": "call", **changes})


def test_prospects_are_called_by_their_sdr_with_the_prospects_script(tmp_path: Path) -> None:
    programme = {"treatments": SCRIPTS, "people": TEAM}
    contacts = [{"contact_id": "ada", "sdr": "sofia"}]
    desk = desk_in(tmp_path, contacts, [call_of(0, "call_intro")], programme=programme)

    rows = asked(sales.build(), desk)

    assert names(rows) == {"call_intro"}
    assert slots_of(rows, "call_intro") == [0, 1, 2]
    first = rows.row(0, named=True)
    assert (first["owner"], first["minutes"], first["class"]) == ("sofia", 10.0, "marketing")
    assert (first["value"], first["evidence"]) == (pytest.approx(0.1 * WORTH), "measured")


def test_a_deal_s_own_contact_hears_from_the_ae_and_nobody_else_of_the_account(
    tmp_path: Path,
) -> None:
    programme = {"treatments": SCRIPTS, "people": TEAM, "deals": TALKS}
    contacts = [DEAL, {**DEAL, "contact_id": "colleague"}]
    desk = desk_in(tmp_path, contacts, programme=programme)

    rows = asked(sales.build(), desk)

    assert set(rows.get_column("contact_id")) == {"dana"}
    assert names(rows) == {"call_deal", "task_deal"}
    assert set(rows.select("treatment_id", "class", "owner", "minutes").unique().iter_rows()) == {
        ("call_deal", "one_to_one", "ann", 10.0),
        ("task_deal", "one_to_one", "ann", 5.0),
    }


def test_a_call_about_a_deal_is_worth_the_declared_share_of_its_amount(tmp_path: Path) -> None:
    programme = {"treatments": SCRIPTS, "deals": TALKS}
    predictions = [call_of(0, "call_deal", 0.004, evidence="prior")]
    desk = desk_in(tmp_path, [DEAL], predictions, programme=programme)

    rows = asked(sales.build(), desk)

    call = rows.filter(pl.col("treatment_id") == "call_deal").row(0, named=True)
    assert (call["value"], call["value_se"]) == pytest.approx((5000, 2500))
    assert call["evidence"] == "prior"


def test_what_was_measured_stands_before_what_is_declared(tmp_path: Path) -> None:
    programme = {"treatments": SCRIPTS, "deals": TALKS}
    predictions = [call_of(0, "call_deal", 0.3, effect_se=0.05)]
    desk = desk_in(tmp_path, [DEAL], predictions, programme=programme)

    rows = asked(sales.build(), desk)

    call = rows.filter(pl.col("treatment_id") == "call_deal").row(0, named=True)
    assert (call["value"], call["value_se"]) == pytest.approx((0.3 * WORTH, 0.05 * WORTH))
    assert call["evidence"] == "measured"


@pytest.mark.parametrize(
    ("deal", "priors"), [({"deal_amount": None}, (DEAL_PRIOR,)), ({"deal_amount": 500_000}, ())]
)
def test_without_amount_or_declared_share_a_conversation_is_worth_what_it_is_with_anybody(
    tmp_path: Path, deal: Row, priors: Any
) -> None:
    programme = {"treatments": SCRIPTS, "deals": TALKS}
    predictions = [call_of(0, "call_deal", 0.02, effect_se=0.04, evidence="prior")]
    desk = desk_in(tmp_path, [{**DEAL, **deal}], predictions, programme=programme, priors=priors)

    rows = asked(sales.build(), desk)

    call = rows.filter(pl.col("treatment_id") == "call_deal").row(0, named=True)
    assert (call["value"], call["value_se"]) == pytest.approx((0.02 * WORTH, 0.04 * WORTH))


def test_a_prior_told_twice_files_a_call_once(tmp_path: Path) -> None:
    programme = {"treatments": SCRIPTS, "deals": TALKS}
    again = DEAL_PRIOR.model_copy(update={"flat": 0.5})
    desk = desk_in(tmp_path, [DEAL], programme=programme, priors=(DEAL_PRIOR, again))

    rows = asked(sales.build(), desk)

    assert slots_of(rows, "call_deal") == [0, 1, 2]


def test_prospects_without_an_sdr_are_dealt_out_among_all_in_turn(tmp_path: Path) -> None:
    programme = {"treatments": SCRIPTS, "people": TEAM}
    contacts = [{"contact_id": name} for name in ("ada", "bob", "cy", "di")]
    desk = desk_in(tmp_path, contacts, programme=programme)

    rows = asked(sales.build(), desk).filter(pl.col("slot") == 0)

    assert rows.get_column("owner").to_list() == ["sam", "suri", "sam", "suri"]


@pytest.mark.parametrize("contact", [{"contact_id": "ada"}, {**DEAL, "ae": None}])
def test_whom_nobody_owns_nobody_calls(tmp_path: Path, contact: Row) -> None:
    programme = {"treatments": SCRIPTS, "deals": TALKS}
    desk = desk_in(tmp_path, [contact], programme=programme)

    rows = asked(sales.build(), desk)

    assert rows.is_empty()


def test_a_script_made_for_another_class_is_not_read_to_anybody(tmp_path: Path) -> None:
    scripts = [
        treatment("invoice", channel="call", **{"class": "transactional"}),
        treatment("call_back", channel="call", **{"class": "inbound_response"}),
    ]
    programme = {"treatments": scripts, "people": TEAM, "deals": TALKS}
    desk = desk_in(tmp_path, [{"contact_id": "ada"}, DEAL], programme=programme)

    rows = asked(sales.build(), desk)

    assert rows.is_empty()


def test_where_no_call_is_open_it_is_filed_all_the_same(tmp_path: Path) -> None:
    programme = {"treatments": SCRIPTS, "people": TEAM}
    shut: list[Row] = [{"channel": "call"}]
    desk = desk_in(tmp_path, closed=shut, programme=programme)

    rows = asked(sales.build(), desk)

    assert slots_of(rows, "call_intro") == [0, 1, 2]
