"""A touch is worth the sum over objectives of weight x worth x effect, and so is its doubt."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents import email, sales
from agents.desk import Desk
from agents.figures import treatment_figures
from agents.pricing import UNKNOWN_EFFECT_SE, priced
from domain.objective import Objective
from tests.agents.worlds import DEAL_PRIOR, VISITS, Row, asked, desk_in, foreseen, treatment

SALE = Objective(outcome="purchase", horizon_days=30, worth=5000, currency="USD", noun="sale")
MAILS = {"treatments": [treatment("for_visits"), treatment("for_sales")]}
OPTIONS = pl.DataFrame(
    {"contact": [0, 0], "channel": ["email"] * 2, "treatment_id": ["for_visits", "for_sales"]},
    schema_overrides={"contact": pl.UInt32},
)


def both(treatment_id: str, visits: float, sales: float, **changes: Any) -> list[Row]:
    """What is foreseen of a treatment for either outcome."""
    sale = {"outcome": "purchase", "worth": 5000.0, "effect_se": 0.002}
    return [
        foreseen(0, treatment_id, visits),
        foreseen(0, treatment_id, sales, **{**sale, **changes}),
    ]


def weighed(*weights: float) -> tuple[Objective, ...]:
    return tuple(
        one.model_copy(update={"weight": weight})
        for one, weight in zip((VISITS, SALE), weights, strict=True)
    )


def desk_of(path: Path, weights: Sequence[float], rows: Sequence[Row], **changes: Any) -> Desk:
    changes = {"programme": MAILS, **changes}
    return desk_in(path, predictions=rows, objectives=weighed(*weights), **changes)


EITHER = (*both("for_visits", 0.1, 0.0), *both("for_sales", 0.0, 0.01))


def test_gain_and_error_are_the_weighted_sums_over_the_objectives(tmp_path: Path) -> None:
    desk = desk_of(tmp_path, (1.0, 3.0), both("for_visits", 0.1, 0.01))

    (row, _) = priced(OPTIONS, desk).to_dicts()

    assert row["gain"] == pytest.approx(1.0 * 1000 * 0.1 + 3.0 * 5000 * 0.01)
    assert row["value_se"] == pytest.approx(1.0 * 1000 * 0.01 + 3.0 * 5000 * 0.002)
    assert row["evidence"] == "measured"


@pytest.mark.parametrize(
    ("weights", "better"), [((1.0, 1.0), "for_visits"), ((1.0, 4.0), "for_sales")]
)
def test_weights_move_the_choice_as_they_are_declared(
    tmp_path: Path, weights: tuple[float, float], better: str
) -> None:
    desk = desk_of(tmp_path, weights, EITHER)

    rows = asked(email.build(), desk)

    assert rows.sort("value").row(-1, named=True)["treatment_id"] == better


def test_what_rests_on_a_prior_for_one_objective_rests_on_a_prior(tmp_path: Path) -> None:
    rows = (*both("for_visits", 0.1, 0.01, evidence="prior"), *both("for_sales", 0.0, 0.01))

    found = priced(OPTIONS, desk_of(tmp_path, (1.0, 1.0), rows))

    assert found.get_column("evidence").to_list() == ["prior", "measured"]


def test_a_prior_that_adds_neither_value_nor_doubt_changes_no_evidence(tmp_path: Path) -> None:
    rows = both("for_visits", 0.1, 0.0, evidence="prior", effect_se=0.0)

    found = priced(OPTIONS.head(1), desk_of(tmp_path, (1.0, 1.0), rows))

    assert found.get_column("evidence").to_list() == ["measured"]


def test_what_nobody_foresees_of_an_objective_adds_all_the_doubt_there_is(tmp_path: Path) -> None:
    rows = (foreseen(0, "for_visits"), *both("for_sales", 0.0, 0.01))

    (row, _) = priced(OPTIONS, desk_of(tmp_path, (1.0, 2.0), rows)).to_dicts()

    assert row["gain"] == pytest.approx(0.1 * 1000)
    assert row["value_se"] == pytest.approx(0.01 * 1000 + 2 * 5000 * UNKNOWN_EFFECT_SE)
    assert row["evidence"] == "prior"


def test_a_deals_declared_share_counts_by_the_leading_weight_and_the_others_add(
    tmp_path: Path,
) -> None:
    script = treatment("call_deal", channel="call", **{"class": "one_to_one"})
    rows = [
        {**one, "channel": "call", "evidence": "prior"} for one in both("call_deal", 0.004, 0.01)
    ]
    desk = desk_of(
        tmp_path,
        (2.0, 3.0),
        rows,
        contacts=[{"contact_id": "dana", "deal_id": "d1", "deal_amount": 500_000, "ae": "ann"}],
        programme={"treatments": [script], "deals": [{"deal_id": "d1", "contact_id": "dana"}]},
    )

    call = asked(sales.build(), desk).row(0, named=True)

    share = DEAL_PRIOR.flat * 500_000
    assert call["value"] == pytest.approx(2 * share + 3 * 5000 * 0.01)
    assert call["value_se"] == pytest.approx(2 * share * DEAL_PRIOR.relative_se + 3 * 5000 * 0.002)


def test_figures_speak_of_the_leading_outcome_and_count_the_money_of_all(tmp_path: Path) -> None:
    desk = desk_of(tmp_path, (1.0, 2.0), both("for_visits", 0.1, 0.01))

    (row,) = treatment_figures(desk, "email").to_dicts()

    assert (row["effect"], row["base"], row["worth"], row["people"]) == (0.1, 0.2, 1000.0, 1)
    assert row["value"] == pytest.approx(0.1 * 1000 + 2 * 5000 * 0.01)
    assert row["value_se"] == pytest.approx(0.01 * 1000 + 2 * 5000 * 0.002)


def test_harm_to_the_leading_outcome_that_another_makes_up_for_pauses_nothing(
    tmp_path: Path,
) -> None:
    harmful = email_proposals(desk_of(tmp_path / "a", (1.0, 1.0), both("for_visits", -0.1, 0.0)))
    made_up = email_proposals(desk_of(tmp_path / "b", (1.0, 1.0), both("for_visits", -0.1, 0.1)))

    assert harmful == ["harmful_treatments"]
    assert made_up == []


def email_proposals(desk: Desk) -> list[str]:
    from agents.email_rules import harmful_treatments

    return [one.rule for one in harmful_treatments(desk)]


WEIGHTS = st.floats(0.01, 100.0)
EFFECTS = st.floats(-1.0, 1.0)


@settings(max_examples=40, deadline=None)
@given(WEIGHTS, WEIGHTS, st.floats(0.1, 10.0), EFFECTS, EFFECTS)
def test_value_and_doubt_are_linear_in_the_weights(
    visit: float, sale: float, factor: float, visits: float, sales: float
) -> None:
    rows = both("for_visits", visits, sales)
    with TemporaryDirectory() as place:
        once = priced(OPTIONS.head(1), desk_of(Path(place) / "a", (visit, sale), rows))
        more = priced(
            OPTIONS.head(1), desk_of(Path(place) / "b", (visit * factor, sale * factor), rows)
        )

    for name in ("gain", "value_se"):
        scaled = once.get_column(name).item() * factor
        assert more.get_column(name).item() == pytest.approx(scaled, rel=1e-9, abs=1e-9)


@settings(max_examples=40, deadline=None)
@given(WEIGHTS, EFFECTS, st.integers(0, 1_000_000))
def test_one_objective_of_a_weight_counts_as_one_of_so_many_times_the_worth(
    weight: float, effect: float, worth: int
) -> None:
    heavy = VISITS.model_copy(update={"weight": weight})
    with TemporaryDirectory() as place:
        by_weight = desk_in(
            Path(place) / "a",
            predictions=[foreseen(0, "for_visits", effect, worth=float(worth))],
            programme=MAILS,
            objectives=(heavy,),
        )
        by_worth = desk_in(
            Path(place) / "b",
            predictions=[foreseen(0, "for_visits", effect, worth=worth * weight)],
            programme=MAILS,
        )
        found = [priced(OPTIONS.head(1), desk) for desk in (by_weight, by_worth)]

    assert found[0].select("gain", "value_se").equals(found[1].select("gain", "value_se"))
