"""Planted bugs: each removes one protection, so that the harness is seen to notice."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from evals.faults import planting


@dataclass(frozen=True)
class Bug:
    """A protection that is gone. plant: takes it out of this process; runs: names of the plans in
    which the harness must notice, the surest first."""

    words: str
    plant: Callable[[], None]
    runs: Sequence[str]


BUGS: Final[dict[str, Bug]] = {
    "no_door": Bug(
        "Nothing is judged again at the door.",
        planting.no_door,
        (
            "acts/2",
            "acts/3",
            "acts/4",
            "acts/1",
        ),
    ),
    "no_mark": Bug(
        "What changed after the judging is not noticed.",
        planting.no_mark,
        (
            "acts/1",
            "acts/3",
            "acts/2",
            "acts/4",
            "acts/5",
            "acts/6",
        ),
    ),
    "no_hash": Bug(
        "A payload is not compared with its hash.",
        planting.no_hash,
        (
            "tampering/1",
            "tampering/2",
            "tampering/3",
        ),
    ),
    "nobody_adopts": Bug(
        "What a dead relay had in hand is left there.",
        planting.nobody_adopts,
        ("keyed@relay.claimed",),
    ),
    "lost_is_failed": Bug(
        "A lost answer counts as a no.",
        planting.lost_is_failed,
        (
            "losing/1",
            "losing/3",
            "losing/4",
            "losing/5",
            "losing/6",
        ),
    ),
    "one_for_all": Bug(
        "What a provider says of some counts for the whole batch.",
        planting.one_for_all,
        (
            "halving/1",
            "halving/2",
            "halving/3",
        ),
    ),
    "budget_steps": Bug(
        "A budget is moved by a step from what the platform shows.",
        planting.budget_steps,
        (
            "losing/2",
            "losing/3",
            "losing/4",
        ),
    ),
    "over_others": Bug(
        "A budget is set over what somebody else set meanwhile.",
        planting.over_others,
        (
            "elsewhere/5",
            "elsewhere/6",
            "elsewhere/1",
            "elsewhere/7",
            "elsewhere/8",
        ),
    ),
    "late_words": Bug(
        "A word counts though the review was decided.",
        planting.late_words,
        (
            "clicking/2",
            "clicking/4",
            "clicking/6",
            "clicking/8",
            "clicking/1",
            "clicking/3",
        ),
    ),
    "sent_frees": Bug(
        "What was sent frees what it held.",
        planting.sent_frees,
        (
            "1",
            "2",
        ),
    ),
    "intents_apart": Bug(
        "A run's intents are written after its commit.",
        planting.intents_apart,
        ("keyed@run.committed",),
    ),
    "no_audit": Bug(
        "An effect moves without its audit line.",
        planting.no_audit,
        (
            "1",
            "2",
        ),
    ),
}


def plant_bug(name: str | None) -> None:
    """Take the protection out of this process; None: none. Raises KeyError for an unknown one."""
    if name is not None:
        BUGS[name].plant()
