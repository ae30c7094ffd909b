"""A run accounts for every proposal, in total and by agent."""

import json

import pytest

from domain.names import AGENTS, FATES
from tests.app.commands import ROOT, clearance
from tests.app.worlds import copy_of, ran


@pytest.mark.parametrize("sample", ["company", "store", "bank"])
def test_every_proposal_of_a_run_has_exactly_one_fate(sample: str) -> None:
    said = json.loads((ran(sample) / "answer.json").read_text())

    assert said["proposed"] == sum(said[fate] for fate in FATES) > 0
    assert list(said["by_agent"]) == list(AGENTS)
    for counts in said["by_agent"].values():
        assert counts["proposed"] == sum(counts[fate] for fate in FATES)
    for name in ("proposed", *FATES):
        assert said[name] == sum(counts[name] for counts in said["by_agent"].values())


def test_the_store_files_at_least_six_candidates_for_each_of_its_customers() -> None:
    said = json.loads((ran("store") / "answer.json").read_text())

    assert said["contacts"] == 64_000
    assert said["proposed"] >= 6 * said["contacts"]


def test_asking_for_a_run_that_exists_shows_it_and_decides_nothing_anew() -> None:
    folder = copy_of(ran("company"))
    before = json.loads((folder / "answer.json").read_text())

    again = clearance("run", "--json", workspace=folder).json

    assert again["run_id"] == before["run_id"]
    assert {name: again[name] for name in ("proposed", *FATES)} == {
        name: before[name] for name in ("proposed", *FATES)
    }


def test_the_gap_is_certified_and_small() -> None:
    said = json.loads((ran("company") / "answer.json").read_text())

    assert said["bound"] >= said["value"] > 0
    assert 0 <= said["gap"] < 0.02


def test_every_key_of_a_run_is_documented() -> None:
    said = json.loads((ran("company") / "answer.json").read_text())
    page = (ROOT / "docs/commands.md").read_text()
    table = page.split("## The others")[0]
    documented = {
        key.strip()
        for line in table.splitlines()
        if line.startswith("| ") and "|---" not in line
        for key in line.split("|")[1].split(",")
    }

    assert set(said) <= documented
