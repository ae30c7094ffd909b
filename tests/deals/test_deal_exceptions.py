"""A deal's stage holds what sells, but for what the policy names: in a run and at the door."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from agents import email
from agents.slots import TREATMENTS_PER_CONTACT
from domain.reasons import findings_of
from graph.gate import contacts_at, findings_now
from graph.tower import Tower
from graph.what_if import findings_under
from policies.account_limits import DealException, DealHold
from policies.choices import held_back
from tests.agents.worlds import asked, desk_in, foreseen, names, treatment
from tests.deals.worlds import holding, judged, open_to, under
from tests.policies.worlds import SAID, sample_policy


def exception(**fields: Any) -> DealException:
    plain = {"name": "named", "stages": ("negotiation",), "channels": ("email",)}
    return DealException.model_validate({**SAID, **plain, **fields})


SPRING = exception(treatments=("spring_mail",))
NOTHING_HELD = DealHold.model_validate({**SAID, "stages": (), "channels": ("email",)})


@pytest.fixture
def themed(tower: Tower) -> Tower:
    """The workspace whose launch mail, of theme `reference`, is due to c12 too."""
    enrolled = tower.warehouse.table("enrolments")
    ours = enrolled.filter(pl.col("contact_id") == "c12")
    tower.warehouse.merge("enrolments", ours.with_columns(sequence_id=pl.lit("launch")))
    rows = tower.warehouse.table("treatments").with_columns(
        theme=pl.when(pl.col("treatment_id") == "launch_mail").then(pl.lit("reference"))
    )
    tower.warehouse.merge("treatments", rows)
    return tower


def test_without_an_exception_the_stage_holds_everything_that_sells(tower: Tower) -> None:
    _, candidates = judged(holding(tower))

    mails = candidates.filter((pl.col("contact_id") == "c12") & (pl.col("channel") == "email"))
    assert mails.height > 0
    assert mails.get_column("reasons").list.contains("deal_hold").all()
    assert "call_deal" in open_to(candidates, "c12")


def test_what_an_exception_names_goes_out_and_nothing_else_does(themed: Tower) -> None:
    _, candidates = judged(holding(themed, SPRING))

    assert open_to(candidates, "c12") == {"spring_mail", "call_deal"}
    held = candidates.filter(
        (pl.col("contact_id") == "c12") & (pl.col("treatment_id") == "launch_mail")
    )
    assert held.height > 0
    assert held.get_column("reasons").list.contains("deal_hold").all()


def test_an_exception_may_name_a_theme(themed: Tower) -> None:
    _, candidates = judged(holding(themed, exception(themes=("reference",))))

    assert open_to(candidates, "c12") == {"launch_mail", "call_deal"}


def test_who_has_no_deal_at_the_stage_is_not_touched_by_any_of_it(tower: Tower) -> None:
    _, candidates = judged(holding(tower, SPRING))

    assert "spring_mail" in open_to(candidates, "c00")


@pytest.mark.parametrize(
    ("amount", "stage", "found"),
    [
        (10**9, "discovery", ("deal_hold",)),
        (1, "discovery", ("deal_hold",)),
        (10**9, None, ("deal_hold",)),
    ],
)
def test_of_several_open_deals_one_at_a_stage_that_holds_is_enough(
    tower: Tower, amount: int, stage: str | None, found: tuple[str, ...]
) -> None:
    """The account of c12 has one in negotiation besides."""
    add_deal(tower, amount, stage)

    assert at_the_door(holding(tower), "spring_mail") == found


def add_deal(tower: Tower, amount: int, stage: str | None) -> None:
    """The account of c12 gets another open deal; stage None: nobody knows it."""
    deals = tower.warehouse.table("deals").filter(pl.col("closed_at").is_null()).head(1)
    another = deals.with_columns(deal_id=pl.lit("another"), amount=pl.lit(amount))
    tower.warehouse.merge("deals", another)
    stages = tower.warehouse.table("deal_stages").filter(
        pl.col("deal_id").is_in(deals.get_column("deal_id").to_list())
    )
    if stage is not None:
        named = stages.with_columns(deal_id=pl.lit("another"), stage=pl.lit(stage))
        tower.warehouse.merge("deal_stages", named)


@pytest.mark.parametrize("other", ["discovery", "proposal"])
def test_of_stages_of_one_day_the_one_that_holds_counts(tower: Tower, other: str) -> None:
    """A source that tells days alone gives no order."""
    same_day = tower.warehouse.table("deal_stages").with_columns(stage=pl.lit(other))
    tower.warehouse.merge("deal_stages", same_day)

    assert at_the_door(holding(tower), "spring_mail") == ("deal_hold",)


def test_a_deal_whose_stage_nobody_knows_may_be_at_one_that_holds(tower: Tower) -> None:
    """It was imported without its stages."""
    add_deal(tower, 1, None)
    ruled = holding(tower, stage="contract")

    _, candidates = judged(ruled)

    mails = candidates.filter((pl.col("contact_id") == "c12") & (pl.col("channel") == "email"))
    assert mails.height > 0
    assert mails.get_column("reasons").list.contains("fact_missing").all()
    assert "call_deal" in open_to(candidates, "c12")
    assert at_the_door(ruled, "spring_mail") == ("fact_missing",)
    assert at_the_door(under(ruled, deal_hold=NOTHING_HELD), "spring_mail") == ()


def test_another_policy_asked_about_the_run_judges_its_own_exceptions(themed: Tower) -> None:
    pins, candidates = judged(holding(themed, SPRING))
    other = holding(themed, exception(treatments=("launch_mail",)))
    opened = findings_under(other, pins.run_id, other.loaded.policy) == 0

    assert open_to(candidates.with_columns(findings=(~opened).cast(pl.UInt64)), "c12") == {
        "launch_mail",
        "call_deal",
    }


@pytest.mark.parametrize(
    ("treatment", "exceptions", "found"),
    [
        ("spring_mail", (), ("deal_hold",)),
        ("spring_mail", (SPRING,), ()),
        ("launch_mail", (SPRING,), ("deal_hold",)),
        ("launch_mail", (exception(themes=("reference",)),), ()),
        ("spring_mail", (exception(themes=("reference",)),), ("deal_hold",)),
    ],
)
def test_the_door_judges_exceptions_by_what_goes_out(
    themed: Tower, treatment: str, exceptions: tuple[DealException, ...], found: tuple[str, ...]
) -> None:
    ruled = holding(themed, *exceptions)

    assert at_the_door(ruled, treatment) == found


def test_an_exception_that_has_ended_lets_nothing_through(themed: Tower) -> None:
    today = themed.clock.now().date()
    ended = exception(treatments=("spring_mail",), expires=today)
    stands = exception(treatments=("spring_mail",), expires=today + timedelta(days=1))

    assert at_the_door(holding(themed, ended), "spring_mail") == ("deal_hold",)
    assert at_the_door(holding(themed, stands), "spring_mail") == ()


def test_a_theme_that_was_taken_away_since_opens_nothing_at_the_door(tower: Tower) -> None:
    ruled = holding(tower, exception(themes=("reference",)))

    assert at_the_door(ruled, "launch_mail", theme="reference") == ("deal_hold",)


def at_the_door(tower: Tower, treatment: str, theme: str | None = None) -> tuple[str, ...]:
    """Reasons against the mail to c12 that is due now; theme: the one it had in its run."""
    effect = {
        "contact_id": "c12",
        "account_id": "deal",
        "agent": "email",
        "channel": "email",
        "class": "marketing",
        "purpose": "marketing",
        "campaign_id": treatment.removesuffix("_mail"),
        "treatment_id": treatment,
        "decision_id": "e1",
        "slot_at": tower.clock.now(),
        "theme": theme,
    }
    rows = pl.DataFrame([effect], schema_overrides={"theme": pl.String})
    plain = under(tower, quiet_hours=())
    bits = findings_now(plain, rows, contacts_at(plain, plain.clock.now()))
    return findings_of(bits.item())


def test_what_a_deal_holds_back_takes_no_place_from_what_may_go_out(tmp_path: Path) -> None:
    held = [f"held{number}" for number in range(TREATMENTS_PER_CONTACT)]
    programme = {"treatments": [treatment(one) for one in (*held, "named")]}
    predictions = [foreseen(0, one, 0.2) for one in held] + [foreseen(0, "named", 0.1)]
    desk = desk_in(
        tmp_path,
        contacts=[{"contact_id": "ada", "deal_stage": "negotiation"}],
        predictions=predictions,
        programme=programme,
    )
    hold = sample_policy().deal_hold.model_copy(
        update={"stages": ("negotiation",), "exceptions": (exception(treatments=("named",)),)}
    )
    waits = held_back(
        desk.programme.treatments, desk.folder.read("slots"), sample_policy(deal_hold=hold)
    )

    rows = asked(email.build(), replace(desk, held_back=waits))

    assert "named" in names(rows)
