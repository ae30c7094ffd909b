"""Every fault of docs/fault_catalogue.md has a test named after it, and every such name a fault."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
OF_THE_JUDGE = ROOT / "tests" / "faults_judge"
"""Tests of the harness's own provider: none of them is a test of the product."""


def _tested() -> set[str]:
    files = [one for one in (ROOT / "tests").rglob("test_*.py") if OF_THE_JUDGE not in one.parents]
    found = (re.findall(r"def test_[Ff](\d+)_", file.read_text()) for file in files)
    return {f"F{number}" for numbers in found for number in numbers}


def _listed() -> list[str]:
    text = (ROOT / "docs" / "fault_catalogue.md").read_text()
    return re.findall(r"^\| (F\d+) \|", text, re.MULTILINE)


def test_the_catalogue_lists_every_fault_once_and_in_order() -> None:
    assert _listed() == [f"F{number}" for number in range(1, 45)]


def test_every_fault_has_a_test_named_after_it() -> None:
    assert sorted(set(_listed()) - _tested()) == []


def test_no_test_is_named_after_a_fault_that_is_not_listed() -> None:
    assert sorted(_tested() - set(_listed())) == []
