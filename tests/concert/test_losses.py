"""What a touch may lose, in the agents: it costs what was declared, once, where it was declared."""

import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents import ads, email, sales
from agents.desk import Desk
from domain.errors import ConfigurationError
from domain.fatigue import Losses
from domain.model_tables import RECENT_TOUCHES
from domain.toml import read_record
from tests.agents.worlds import NOON, Row, asked, desk_in, foreseen, treatment
from tests.prediction.test_fatigue import world
from tools.concert_config import FatigueConfig
from tools.prediction.fatigue import Fatigue, fit_fatigue
from tools.prediction.tiring import losses_by_step, recent_touches, with_losses
from tools.workspace_config import WorkspaceConfig

PROGRAMME = {"treatments": [treatment("offer"), treatment("intro", channel="call")]}
PEOPLE: tuple[Row, ...] = (
    {"contact_id": "often", "sdr": "sam"},
    {"contact_id": "seldom", "sdr": "sam"},
)
OFTEN = {"contact": 0, "touches_7d": 6, "touches_28d": 6}


def both(effect: float = 0.1) -> list[Row]:
    return [
        foreseen(contact, name, effect, channel=channel)
        for contact in range(2)
        for name, channel in (("offer", "email"), ("intro", "call"))
    ]


@cache
def model(complaints: int | None = None) -> Fatigue:
    """Each step of seven days tires; complaints: how many there were, as drawn where None."""
    seen = world(1, rate=0.01, step=0.5)
    if complaints is not None:
        seen = seen.with_columns(complained=pl.int_range(pl.len()) < complaints)
    return fit_fatigue(seen, NOON)


def tired(desk: Desk, losses: Losses, fatigue: Fatigue | None = None) -> Desk:
    """The desk of a run that declared these losses; `often` was touched six times this week."""
    desk.folder.write("recent_touches", RECENT_TOUCHES.conform(pl.DataFrame([OFTEN])))
    desk.folder.write("touch_losses", losses_by_step(fatigue or model(), losses))
    return desk


def desk_at(path: Path, **changes: Any) -> Desk:
    return desk_in(path, PEOPLE, **{"predictions": both(), "programme": PROGRAMME, **changes})


def test_a_touch_is_worth_less_by_chance_times_declared_loss_for_whoever_was_touched_often(
    tmp_path: Path,
) -> None:
    losses = Losses(unsubscribed=2000, complained=30_000)
    before = asked(email.build(), desk_at(tmp_path / "a"))
    after = asked(email.build(), tired(desk_at(tmp_path / "b"), losses))

    counts = {"often": (6, 6), "seldom": (0, 0)}
    for name, (week, month) in counts.items():
        of = pl.DataFrame({"channel": ["email"], "touches_7d": [week], "touches_28d": [month]})
        risk = model().risks(of).row(0, named=True)
        loss = risk["unsubscribed"] * 2000 + risk["complained"] * 30_000
        lost = (
            before.filter(contact_id=name).get_column("value")
            - after.filter(contact_id=name).get_column("value")
        ).to_list()
        assert lost == pytest.approx([loss] * 3)
    often, seldom = (max(after.filter(contact_id=one)["value"].to_list()) for one in counts)
    assert often < seldom
    assert (after.get_column("value_se") > before.get_column("value_se")).all()


def test_the_loss_does_not_fade_with_waiting_so_that_no_slot_gets_better_by_it(
    tmp_path: Path,
) -> None:
    desk = tired(desk_at(tmp_path), Losses(unsubscribed=2000))

    rows = asked(email.build(), desk).filter(contact_id="often").sort("slot")

    assert rows.get_column("slot").to_list() == [0, 1, 2]
    assert rows.get_column("value").is_sorted(descending=True)


def test_a_loss_is_no_money_spent_so_that_pools_pay_for_the_touch_alone(tmp_path: Path) -> None:
    rows = asked(email.build(), tired(desk_at(tmp_path), Losses(unsubscribed=2000)))

    assert rows.get_column("cost").unique().to_list() == [1]


@settings(max_examples=15, deadline=None)
@given(effect=st.floats(-0.3, 0.3), loss=st.integers(0, 50_000))
def test_more_loss_never_raises_a_value_and_no_loss_changes_none(effect: float, loss: int) -> None:
    with tempfile.TemporaryDirectory() as place:
        plain, none, some = (
            desk_at(Path(place) / name, predictions=both(effect)) for name in ("a", "b", "c")
        )
        tired(none, Losses(unsubscribed=0))
        tired(some, Losses(unsubscribed=loss))
        before, without, after = (asked(sales.build(), one) for one in (plain, none, some))

    assert before.equals(without)
    # An option's best: rounding may file it at other slots.
    best = [
        rows.group_by("contact_id", "treatment_id", "class").agg(pl.col("value").max())
        for rows in (before, after)
    ]
    met = best[0].join(best[1], on=["contact_id", "treatment_id", "class"], suffix="_then")
    assert met.height == best[0].height > 0
    assert (met.get_column("value_then") <= met.get_column("value")).all()


def test_being_in_an_audience_tires_nobody(tmp_path: Path) -> None:
    changes: dict[str, Any] = {
        "predictions": [foreseen(0, "follow_ad", channel="ads")],
        "programme": {
            "treatments": [treatment("follow_ad", channel="ads")],
            "members": [{"contact_id": "often", "campaign_id": "follow"}],
        },
    }
    plain = desk_at(tmp_path / "a", **changes)
    desk = tired(desk_at(tmp_path / "b", **changes), Losses(unsubscribed=9000))

    assert asked(ads.build(), desk).equals(asked(ads.build(), plain))


@pytest.mark.parametrize(
    ("losses", "evidence"),
    [(Losses(unsubscribed=2000), "measured"), (Losses(unsubscribed=2000, complained=1), "prior")],
)
def test_a_value_rests_on_a_prior_where_a_priced_chance_does(
    tmp_path: Path, losses: Losses, evidence: str
) -> None:
    # Hardly anybody complains, so that complaints were not measured here; unsubscribes were.
    rows = asked(email.build(), tired(desk_at(tmp_path), losses, model(complaints=5)))

    assert rows.get_column("evidence").unique().to_list() == [evidence]


def test_a_table_of_one_contact_says_what_the_table_of_all_says() -> None:
    losses = losses_by_step(model(), Losses(unsubscribed=2000))
    recent = RECENT_TOUCHES.conform(
        pl.DataFrame({"contact": range(9), "touches_7d": range(9), "touches_28d": range(9)})
    )
    rows = pl.DataFrame(
        {"contact": range(12), "channel": ["email"] * 12}, schema_overrides={"contact": pl.UInt32}
    )

    whole = with_losses(rows, recent, losses)

    for contact in (0, 5, 11):
        assert with_losses(rows.filter(contact=contact), recent, losses).equals(
            whole.filter(contact=contact)
        )


def test_recent_touches_are_those_before_the_run_by_any_tool() -> None:
    observations = pl.DataFrame(
        {"contact": [0, 1, 2], "contact_id": ["a", "b", "c"]},
        schema_overrides={"contact": pl.UInt32},
    )
    days = [-1, -3, -20, -40, 2, -20, -40]
    touches = pl.DataFrame(
        {
            "touch_id": [str(place) for place in range(7)],
            "contact_id": [*["a"] * 5, "b", "c"],
            "channel": ["email"] * 7,
            "treatment_id": [None, *["offer"] * 6],
            "at": [NOON] * 7,
        }
    ).with_columns(pl.col("at") + pl.duration(days=pl.lit(pl.Series(days))))

    told = recent_touches(touches, observations, NOON)

    assert told.rows() == [(0, 2, 3), (1, 0, 1)]


def test_a_fatigue_table_that_declares_nothing_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="declare `unsubscribed` or `complained`"):
        FatigueConfig()


@pytest.mark.parametrize(
    ("outcome", "key"), [("unsubscribe", "unsubscribed"), ("complaint", "complained")]
)
def test_a_loss_that_an_objective_counts_already_is_refused(outcome: str, key: str) -> None:
    config = Path("app/samples/company.clearance.toml").read_text()
    counted = config.replace('outcome = "', f'outcome = "{outcome}" # "', 1)
    text = f"{counted}\n[fatigue]\n{key} = 100\n"

    with pytest.raises(ConfigurationError, match="not counted twice"):
        read_record(WorkspaceConfig, text, "clearance.toml")


def test_a_loss_of_one_answer_is_taken_beside_an_objective_that_counts_the_other() -> None:
    config = Path("app/samples/company.clearance.toml").read_text()
    counted = config.replace('outcome = "', 'outcome = "complaint" # "', 1)

    fatigue = read_record(
        WorkspaceConfig, f"{counted}\n[fatigue]\nunsubscribed = 100\n", "clearance.toml"
    ).fatigue

    assert fatigue is not None
    assert fatigue.losses == Losses(unsubscribed=100)


def test_losses_of_other_answers_than_an_objective_counts_are_taken() -> None:
    config = Path("app/samples/company.clearance.toml").read_text()
    text = f"{config}\n[fatigue]\nunsubscribed = 100\n"

    fatigue = read_record(WorkspaceConfig, text, "clearance.toml").fatigue

    assert fatigue is not None
    assert fatigue.losses == Losses(unsubscribed=100)
