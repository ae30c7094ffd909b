"""`clearance arbitrate` writes a plan, or says by name why there is none."""

import json
from pathlib import Path
from typing import Any

import polars as pl
from typer.testing import CliRunner, Result

from app.cli.root import cli
from graph.arbitration.files import write
from graph.arbitration.problem import Problem, ResourceLimit
from tests.app.commands import ROOT
from tests.arbitration.worlds import candidate, problem_of


def emails_of(at_least: float) -> Problem:
    """Four contacts, at most two e-mails, and a minimum of a theme that only e-mails show."""
    rows = [candidate(i, i, 10.0) for i in range(4)]
    uses = [(i, name, 1.0) for i in range(4) for name in ("emails", "spring")]
    limits = (
        ResourceLimit(name="emails", at_most=2.0),
        ResourceLimit(name="spring", at_least=at_least),
    )
    return problem_of(rows, uses, resources=limits)


def arbitrated(problem: Problem, folder: Path, *words: str) -> Result:
    write(problem, folder / "problem")
    where = ("--problem", str(folder / "problem"), "--out", str(folder / "plan"))
    return CliRunner().invoke(cli, ["arbitrate", *where, *words])


def test_a_problem_that_can_hold_gets_a_plan_and_exit_code_0(tmp_path: Path) -> None:
    result = arbitrated(emails_of(2.0), tmp_path, "--json")

    said: dict[str, Any] = json.loads(result.stdout)
    assert (result.exit_code, said["status"], said["value"]) == (0, "optimal within gap", 20.0)
    assert "certificate" not in said
    assert pl.read_parquet(tmp_path / "plan/chosen.parquet").height == 2


def test_limits_that_clash_exit_with_1_and_are_named_with_what_lets_them_hold(
    tmp_path: Path,
) -> None:
    result = arbitrated(emails_of(3.0), tmp_path, "--json")

    said: dict[str, Any] = json.loads(result.stdout)
    assert (result.exit_code, said["status"], said["certified"]) == (1, "infeasible", "clashes")
    assert [(one["limit"], one["by"]) for one in said["unmet"]] == [("spring (least)", 1.0)]
    assert said["gap"] is None
    clash = said["certificate"]["clashes"][0]
    names = [(one["rule"]["kind"], one["rule"]["name"], one["by"]) for one in clash["members"]]
    assert names == [("at_most", "emails", 1.0), ("at_least", "spring", 1.0)]
    cheapest = said["certificate"]["relaxations"][0]["changes"]
    assert [(one["rule"]["name"], one["becomes"]) for one in cheapest] == [("spring", 2.0)]
    assert json.loads((tmp_path / "plan/certificate.json").read_text()) == said["certificate"]


def test_people_read_which_limits_clash(tmp_path: Path) -> None:
    result = arbitrated(emails_of(3.0), tmp_path)

    text = " ".join(result.stdout.split())
    assert result.exit_code == 1
    assert "Maximum of emails (at most 2) and minimum of spring (at least 3) can't both" in text
    assert "1. Lower minimum of spring from 3 to 2. (33.33% of what they say)" in text
    assert "2. Raise maximum of emails from 2 to 3. (50.00% of what they say)" in text


def test_a_relaxed_problem_leaves_no_certificate_of_the_one_before(tmp_path: Path) -> None:
    arbitrated(emails_of(3.0), tmp_path)

    assert arbitrated(emails_of(2.0), tmp_path).exit_code == 0
    assert not (tmp_path / "plan/certificate.json").exists()


def test_every_key_is_documented(tmp_path: Path) -> None:
    said = json.loads(arbitrated(emails_of(3.0), tmp_path, "--json").stdout)

    line = next(
        line
        for line in (ROOT / "docs/commands.md").read_text().splitlines()
        if line.startswith("| arbitrate ")
    )
    assert all(key in line for key in said)
