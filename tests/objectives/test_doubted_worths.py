"""How uncertain a value is hangs on its own contact's worth, and is never below nothing."""

from pathlib import Path

import polars as pl
import pytest

from agents.figures import treatment_figures
from agents.pricing import UNKNOWN_EFFECT_SE, priced
from tests.agents.worlds import VISITS, desk_in, foreseen
from tests.objectives.worlds import MAILS, POOR, RICH, TWO


def asked(*treatments: str) -> pl.DataFrame:
    """Options of the second contact, by e-mail."""
    rows = [(1, "email", one) for one in treatments]
    schema = {"contact": pl.UInt32, "channel": pl.String, "treatment_id": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row")


def test_what_nothing_foresees_is_doubted_by_its_own_contacts_worth_whatever_else_is_asked(
    tmp_path: Path,
) -> None:
    told = (foreseen(0, "mail", worth=RICH), foreseen(1, "mail", worth=POOR))
    meant = (VISITS.model_copy(update={"purpose": "revenue"}),)
    desk = desk_in(tmp_path, TWO, predictions=told, programme=MAILS, objectives=meant)

    (alone,) = priced(asked("other"), desk).get_column("value_se")
    _, beside = priced(asked("mail", "other"), desk).get_column("value_se")

    assert alone == beside == pytest.approx(POOR * UNKNOWN_EFFECT_SE), "not by the richest's"


def test_an_outcome_that_costs_money_is_as_uncertain_as_one_that_brings_it(tmp_path: Path) -> None:
    told = (foreseen(0, "mail", worth=-RICH), foreseen(1, "mail", worth=-POOR))
    desk = desk_in(tmp_path, TWO, predictions=told, programme=MAILS)

    (row,) = priced(asked("mail"), desk).to_dicts()
    (figures,) = treatment_figures(desk, "email").to_dicts()

    assert row["gain"] == pytest.approx(-0.1 * POOR)
    assert row["value_se"] == pytest.approx(0.01 * POOR)
    assert figures["value_se"] == pytest.approx(0.01 * (RICH + POOR) / 2)


def test_the_doubts_of_outcomes_that_bring_and_cost_money_add_up(tmp_path: Path) -> None:
    lost = VISITS.model_copy(update={"outcome": "unsubscribe"})
    told = (
        {**foreseen(1, "mail", worth=RICH), "outcome": "visit"},
        {**foreseen(1, "mail", worth=-RICH), "outcome": "unsubscribe"},
    )
    desk = desk_in(tmp_path, TWO, predictions=told, programme=MAILS, objectives=(VISITS, lost))

    (row,) = priced(asked("mail"), desk).to_dicts()

    assert row["gain"] == pytest.approx(0.0)
    assert row["value_se"] == pytest.approx(2 * 0.01 * RICH)
