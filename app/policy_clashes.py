"""Which limits of a policy can't hold together, by the arbitration's certificate, in a real run."""

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from domain.errors import RefusedError
from graph.arbitration.certificate import Certificate
from graph.arbitration.clashes import NoClash, find_clashes
from graph.arbitration.problem import Problem
from graph.choosing import contest_of
from graph.opening import pins_of
from graph.replaying import ask_again
from policies.loading import Loaded
from tools.ledger import runs

if TYPE_CHECKING:
    from app.compose import House


def clashes(house: "House", loaded: Loaded, seconds: float) -> dict[str, Any]:
    """The newest run's candidates under this policy, every exposure a minimum that must be met
    whatever it costs: `settled` is `none`, `clashes` or `undecided`, and what clashes in sentences.

    An exposure has a ceiling, so that a run that can't meet it still has a plan; here that is asked
    before. Nothing is written. Raises RefusedError where nothing ran yet.
    """
    newest = runs.latest(house.tower.ledger)
    if newest is None:
        raise RefusedError("No run has finished yet.", "Run one: `clearance run`.")
    with TemporaryDirectory() as folder:
        then, _ = ask_again(house.tower, newest.run_id, loaded, Path(folder))
        contest = contest_of(then, pins_of(house.tower, newest.run_id), loaded.policy)
        found = find_clashes(with_hard_minima(contest.competing), seconds)
    known = isinstance(found, Certificate)
    return {
        "run_id": newest.run_id,
        "settled": "clashes" if known else "none" if isinstance(found, NoClash) else "undecided",
        "clashes": [one.sentence for one in found.clashes]
        if isinstance(found, Certificate)
        else [],
        "relaxations": (
            [one.sentence for one in found.relaxations] if isinstance(found, Certificate) else []
        ),
    }


def with_hard_minima(problem: Problem) -> Problem:
    """The problem without the ceilings of its minima."""
    resources = tuple(one.model_copy(update={"ceiling": None}) for one in problem.limits.resources)
    limits = problem.limits.model_copy(update={"resources": resources})
    return replace(problem, limits=limits)
