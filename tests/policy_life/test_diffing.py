"""`clearance policy diff` of two files: one line for each limit, and no workspace."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli.root import cli
from app.samples import company

SAMPLE = Path(company.__file__).parent / "company.policy.toml"
EDIT = ("at_most = 3\nwindow_hours = 168", "at_most = 2\nwindow_hours = 168")


@pytest.fixture
def two(tmp_path: Path) -> tuple[str, str]:
    """A policy, and another with a tighter cap."""
    text = SAMPLE.read_text()
    assert text.count(EDIT[0]) == 1
    old, new = tmp_path / "old.toml", tmp_path / "new.toml"
    old.write_text(text)
    new.write_text(text.replace(*EDIT))
    return str(old), str(new)


def test_two_files_are_compared_limit_by_limit_wherever_one_is(two: tuple[str, str]) -> None:
    there = json.loads(CliRunner().invoke(cli, ["policy", "diff", *two, "--json"]).stdout)
    back = json.loads(CliRunner().invoke(cli, ["policy", "diff", *two[::-1], "--json"]).stdout)

    (change,) = there["changes"]
    assert (there["against"], there["direction"]) == (two[0], "tighter")
    assert change["key"].endswith(".at_most")
    assert (change["was"], change["now"], change["direction"]) == (3, 2, "tighter")
    assert back["direction"] == "looser"


def test_people_read_what_was_and_what_is_within_a_hundred_columns(two: tuple[str, str]) -> None:
    said = CliRunner().invoke(cli, ["policy", "diff", *two]).stdout

    assert "it tightens" in said
    assert any(".at_most" in line and "tighter" in line for line in said.splitlines())
    assert max(map(len, said.splitlines())) <= 100
