"""Explaining a past run's decisions: what turns each is confirmed by solving again, and recorded;
nothing else changes."""

import sqlite3
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from app.compose import open_house
from app.explaining import explain
from app.receipts_bench import part_of
from app.toolbox import HouseTools
from graph.arbitration.changes import changed
from graph.arbitration.flipping import Confirmed
from graph.arbitration.problem import Problem
from graph.arbitration.solving import solve
from graph.choosing import contest_of
from graph.flips import Confirmation, confirmed, recorded
from graph.opening import pins_of
from graph.taken import Taken
from graph.tower import Tower
from tests.app.commands import ROOT, clearance
from tests.app.worlds import contents, copy_of, ran, ran_again

SOME = 6
"""Decisions drawn at random whose changes are made again; the bench draws two hundred."""


@cache
def world() -> Path:
    """One company with one run; tests that read it may record receipts in it."""
    return copy_of(ran("company"))


def tower_of(folder: Path) -> Tower:
    return open_house(folder).tower


def run_of(folder: Path) -> str:
    return next((folder / "runs").iterdir()).name


def decision(folder: Path, rule: pl.Expr) -> dict[str, Any]:
    """The first decision of the run that the rule holds for."""
    rows = tower_of(folder).folder(run_of(folder)).read("decisions")
    return rows.filter(rule).row(0, named=True)


def receipt(folder: Path, rule: pl.Expr) -> dict[str, Any]:
    row = decision(folder, rule)
    told: dict[str, Any] = explain(open_house(folder), row["decision_id"])["receipts"][0]
    return told


LOST = (pl.col("fate") == "lost") & (pl.col("reason") != "explored")
OUTRANKED = (pl.col("reason") == "outranked") & pl.col("winner").is_not_null()
PRICED = pl.col("reason") == "priced_out"


def test_explaining_changes_no_table_no_ledger_and_no_reservation() -> None:
    folder = copy_of(ran("company"))
    before = contents(folder)
    told = decision(folder, LOST)["decision_id"]

    explain(open_house(folder), told)

    after = contents(folder)
    record = f"runs/{run_of(folder)}/receipts/{told}.jsonl"
    assert any(name.endswith((".sqlite", ".db")) for name in before)
    assert {name: after[name] for name in before} == before
    assert set(after) - set(before) == {record}


def test_a_run_after_explaining_decides_as_a_run_after_none() -> None:
    asked, calm = copy_of(ran("company")), ran_again("company")
    for rule in (LOST, pl.col("fate") == "waiting", pl.col("fate") == "withheld"):
        receipt(asked, rule)

    assert clearance("advance", "1d", workspace=asked).code == 0
    assert clearance("run", "--json", workspace=asked).code == 0

    newest = {name.name for name in (calm / "runs").iterdir()} - {run_of(ran("company"))}
    (name,) = newest
    for table in ("predictions", "candidates", "choices", "decisions"):
        of = [tower_of(one).folder(name).hash_of(table) for one in (asked, calm)]
        assert of[0] == of[1]


def test_a_receipt_names_factors_interval_winner_rules_and_a_confirmed_change() -> None:
    told = receipt(world(), OUTRANKED)

    assert told["low"] < told["value"] < told["high"]
    assert told["factors"]["worth"] > 0
    assert told["winner"]["treatment_id"]
    said = told["confirmation"]
    assert said["confirmed"]
    assert said["masks"] == []
    assert said["smallest"]["worth"] > 0
    assert any(one["flipped"] for one in said["tried"])


def test_what_a_shared_limit_priced_out_names_the_limit_and_its_price() -> None:
    told = receipt(world(), PRICED & (pl.col("price") > 0))

    rules = told["confirmation"]["rules"]
    assert any(one["price"] and one["charged"] > 0 for one in rules)


def test_one_that_a_guardrail_kept_out_names_it_and_says_whether_lifting_it_suffices() -> None:
    told = receipt(world(), pl.col("reason") == "consent_missing")

    said = told["confirmation"]
    assert "consent_missing" in said["masks"]
    assert said["masks_lifted_suffice"] in (True, False)
    assert said["masks_lifted_suffice"] == (said["smallest"] is None)
    assert "no consent is recorded" in told["flips_with"]


def test_a_ghost_of_the_holdout_is_asked_at_the_prices_of_its_run() -> None:
    row = decision(world(), pl.col("fate") == "withheld")

    found = confirmed(tower_of(world()), run_of(world()), row["decision_id"], row["candidate"])

    assert found.ghost
    assert found.flip is not None
    assert found.flip.case == "chosen"


def test_who_lost_to_a_draw_is_told_that_nothing_could_be_confirmed() -> None:
    told = receipt(world(), pl.col("reason") == "explored")

    said = told["confirmation"]
    assert not said["confirmed"]
    assert "drew by chance" in said["why_not"]
    assert "could not be confirmed" in said["sentence"]


def test_a_campaigns_budget_is_told_that_no_single_change_turns_it() -> None:
    rows = tower_of(world()).folder(run_of(world())).read("budget_decisions")

    told = explain(open_house(world()), rows.item(0, "decision_id"))["receipts"][0]

    assert "amount along its curve" in told["confirmation"]["why_not"]


def test_a_confirmation_is_kept_beside_the_run_and_given_again() -> None:
    folder, row = world(), decision(world(), LOST)
    first = explain(open_house(folder), row["decision_id"])
    kept = recorded(tower_of(folder), run_of(folder), row["decision_id"])

    again = explain(open_house(folder), row["contact_id"], run_of(folder))

    assert kept is not None
    by_id = {one["decision_id"]: one for one in again["receipts"]}
    shown = by_id.get(row["decision_id"])
    assert shown is None or shown["confirmation"] == first["receipts"][0]["confirmation"]
    assert explain(open_house(folder), row["decision_id"]) == first


def test_the_chat_reads_what_was_confirmed_and_solves_nothing() -> None:
    folder = copy_of(ran("company"))
    told = decision(folder, LOST)["decision_id"]

    HouseTools(open_house(folder)).why(told)

    assert recorded(tower_of(folder), run_of(folder), told) is None


def test_a_run_whose_choices_come_out_otherwise_promises_nothing() -> None:
    folder = copy_of(ran("company"))
    run = tower_of(folder).folder(run_of(folder))
    taken = run.read_records("taken", Taken)[0]
    none = dict.fromkeys(taken.minutes_per_day, 0.0)
    run.write_records("taken", [taken.model_copy(update={"minutes_per_day": none})])

    said = receipt(folder, LOST)["confirmation"]

    assert not said["confirmed"]
    assert "come out otherwise" in said["why_not"]


def test_a_run_under_a_policy_nobody_kept_promises_nothing() -> None:
    folder = copy_of(ran("company"))
    (folder / "runs" / run_of(folder) / "policy.jsonl").unlink()
    (folder / "policy.toml").write_text(
        (folder / "policy.toml").read_text().replace("version = ", "version = 1", 1)
    )
    with sqlite3.connect(folder / "ledger.sqlite") as ledger:
        ledger.execute("DELETE FROM policy")

    said = receipt(folder, LOST)["confirmation"]

    assert not said["confirmed"]
    assert "policy" in said["why_not"]


def test_a_change_of_policy_after_the_run_changes_no_receipt() -> None:
    folder = copy_of(ran("company"))
    page = next(folder.glob("*policy*.toml"))
    page.write_text(page.read_text().replace("version = ", "version = 1", 1))

    assert receipt(folder, LOST)["confirmation"]["confirmed"]


def test_decisions_drawn_at_random_turn_with_their_change_and_not_with_95_percent() -> None:
    tower, run = tower_of(world()), run_of(world())
    rows = tower.folder(run).read("decisions").filter(pl.col("reason") != "explored")

    for row in rows.sample(SOME, seed=4).iter_rows(named=True):
        found = confirmed(tower, run, row["decision_id"], row["candidate"])
        assert holds(tower, run, found), found


def holds(tower: Tower, run: str, found: Confirmation) -> bool:
    """Whether the change turns it and 95% of it does not, in problems made anew."""
    let_in = (found.candidate or 0,) if found.masks else ()
    pins = pins_of(tower, run)
    policy = tower.loaded.policy
    contest = contest_of(tower, pins, policy, let_in)
    if found.ghost:
        return found.confirmed
    before = chosen(contest.competing, found)
    if found.smallest is None:
        return found.lifted is True and before
    return turns(contest.competing, found, found.smallest, before)


def turns(problem: Problem, found: Confirmation, one: Confirmed, before: bool) -> bool:
    less = part_of(one, 0.95)
    turned = chosen(changed(problem, one.change), found) != before
    return turned and (less is None or chosen(changed(problem, less), found) == before)


def chosen(problem: Problem, found: Confirmation) -> bool:
    numbers = problem.candidates.get_column("candidate")
    return bool(solve(problem).chosen[(numbers == found.candidate).to_numpy()][0])


@pytest.mark.parametrize("words", [(), ("--json",)])
def test_the_command_says_so_in_words_and_in_documented_keys(words: tuple[str, ...]) -> None:
    row = decision(world(), OUTRANKED)

    said = clearance("explain", row["decision_id"], *words, workspace=world())

    assert said.code == 0, said.error
    assert "confirmed by solving the run again" in said.out
    if words:
        page = (ROOT / "docs/commands.md").read_text()
        one = said.json["receipts"][0]
        for key in {*one, *one["confirmation"]}:
            assert key in page, key
