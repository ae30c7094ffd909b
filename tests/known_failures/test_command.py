"""`python -m evals.known_failures`: a line for each case, and 1 where not every one held."""

import io
import json
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import pytest

from evals.known_failures.__main__ import main
from evals.known_failures.cases import CASES
from evals.known_failures.page import page
from evals.known_failures.proving import ROOT, named_tests

TESTS = {
    "W1": "def test_W1_holds():\n    pass\n",
    "W2": "def test_W2_broke():\n    assert False\n",
    "W3": "@pytest.mark.parametrize('n', [1, 2, 3])\ndef test_W3_n(n):\n    assert n != 2\n",
    "W4": "@pytest.mark.skip\ndef test_W4_is_skipped():\n    pass\n",
    "W5": "import no_such_module\n\n\ndef test_W5_can_not_be_read():\n    pass\n",
    "W6": "def test_W6_holds():\n    pass\n\n\ndef test_W6_broke():\n    assert False\n",
    "W10": "def test_W10_is_not_of_W1():\n    assert False\n",
}
"""W7 has none."""


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("repository")
    (folder / "tests").mkdir()
    for case_id, text in TESTS.items():
        (folder / "tests" / f"test_of_{case_id}.py").write_text(f"import pytest\n\n\n{text}")
    return folder


@pytest.fixture(scope="module")
def told(repository: Path) -> tuple[int, dict[str, Any]]:
    """The exit code where cases broke, and what is said of each as JSON."""
    with redirect_stdout(io.StringIO()) as said:
        code = main([*TESTS, "W7", "--json"], repository)
    return code, {one["case_id"]: one for one in json.loads(said.getvalue())}


def test_a_case_whose_tests_pass_is_told_in_a_line_and_the_command_ends_well(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["W1"], repository)

    said = capsys.readouterr().out.splitlines()
    assert code == 0
    assert len(said) == 1
    assert said[0].startswith("W1  held")
    assert said[0].endswith(": test_W1_holds")


def test_one_case_that_did_not_hold_ends_the_command_with_1(
    told: tuple[int, dict[str, Any]],
) -> None:
    assert told[0] == 1


@pytest.mark.parametrize(
    ("case_id", "verdict"),
    [
        pytest.param("W1", "held", id="it passes"),
        pytest.param("W2", "broken", id="it fails"),
        pytest.param("W3", "broken", id="one parameter of three fails"),
        pytest.param("W6", "broken", id="one of two tests fails"),
        pytest.param("W4", "untested", id="it was skipped"),
        pytest.param("W5", "untested", id="its file can't be read"),
        pytest.param("W7", "untested", id="there is none"),
    ],
)
def test_a_case_holds_where_every_test_of_it_ran_and_passed(
    told: tuple[int, dict[str, Any]], case_id: str, verdict: str
) -> None:
    assert told[1][case_id]["verdict"] == verdict


def test_json_tells_each_test_with_its_file_and_what_came_of_it(
    told: tuple[int, dict[str, Any]],
) -> None:
    test = {"name": "test_W2_broke", "file": "tests/test_of_W2.py", "outcome": "failed"}

    assert told[1]["W2"]["tests"] == [test]


def test_a_case_that_there_is_not_is_wrong_use(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["W23"])

    assert ended.value.code == 2
    assert "found W23" in capsys.readouterr().err


def test_the_cases_are_w1_to_w22_and_l1_to_l32_in_order() -> None:
    listed = [
        *(f"W{number}" for number in range(1, 23)),
        *(f"L{number}" for number in range(1, 33)),
    ]

    assert [one.case_id for one in CASES] == listed


def test_every_case_has_a_test_and_every_test_named_like_one_has_a_case() -> None:
    assert set(named_tests()) == {one.case_id for one in CASES}


def test_the_page_lists_every_case_with_the_tests_there_are() -> None:
    """Where this fails: `python -m evals.known_failures --page > docs/known_failures.md`."""
    there = (ROOT / "docs" / "known_failures.md").read_text()

    assert there == page(named_tests())
