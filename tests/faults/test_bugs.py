"""Planted bugs: each takes something away that is there, and is noticed by what went wrong."""

import json
import subprocess
import sys

import pytest

from evals.faults.bugs import BUGS
from evals.faults.checker import Violation
from evals.faults.leanings import named
from evals.faults.report import caught_of
from evals.faults.runs import Outcome

PLANT_EACH = """
import json, os, sys
from evals.faults import bugs, planting
for name in bugs.BUGS:
    if os.fork() == 0:
        bugs.plant_bug(name)
        print(json.dumps([name, planting.REPLACED]), flush=True)
        os._exit(0)
    assert os.wait()[1] == 0, name
"""


def test_every_planted_bug_replaces_something_the_product_has() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PLANT_EACH], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr[-3000:]
    replaced = dict(json.loads(line) for line in done.stdout.splitlines())
    assert set(replaced) == set(BUGS)
    assert all(replaced.values())


@pytest.mark.parametrize("name", sorted(BUGS))
def test_every_planted_bug_names_runs_that_can_be_drawn(name: str) -> None:
    runs = BUGS[name].runs

    assert runs
    assert [named(one).name for one in runs] == [*runs]


def test_a_bug_whose_run_only_failed_to_come_to_rest_is_not_caught() -> None:
    hung, seen = Violation("I9", "It never came to rest."), Violation("I3", "One is lost.")

    assert caught_of("x", [Outcome("1", violations=[hung])]).invariant is None
    assert caught_of("x", [Outcome("1", violations=[hung, seen])]).invariant == "I3"
