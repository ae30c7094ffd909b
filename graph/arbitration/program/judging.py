"""Judging: whether rules can hold together, asked of something that solves, and least clashes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt

from graph.arbitration.program.rules import Rule

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
Gift = tuple[Rule, float]
"""A rule and by how much it gives way, in the unit of its amount."""


@dataclass(frozen=True)
class Give:
    """By how much a rule gives way; None where it does not suffice, in whole or in part.

    known: that this is the least, or that none suffices.
    """

    by: float | None
    known: bool = True


UNKNOWN: Final = Give(None, known=False)
NEVER: Final = Give(None)


class Judge(Protocol):
    """Answers about one problem's rules until its seconds are up. kept: by place in `rules`."""

    @property
    def rules(self) -> tuple[Rule, ...]: ...

    def holds(self, kept: Bools, remembered: bool = True) -> bool | None:
        """Whether some plan holds the kept rules; None where neither was shown.

        remembered: an earlier plan that holds them all is answer enough.
        """
        ...

    def impossible(self, kept: Bools) -> bool:
        """Whether it was proven that no plan holds the kept rules."""
        ...

    def suspects(self, kept: Bools) -> Bools | None:
        """Some of the kept rules that can't hold together; None where it has no guess."""
        ...

    def least(self, kept: Bools, number: int) -> Give:
        """The least amount by which this rule must give way for the kept rules to hold with it."""
        ...

    def joint(self) -> tuple[tuple[Gift, ...], bool]:
        """Rules that give way together so that all hold, and whether no others give less in sum.

        None where it finds none. Shown to suffice as by `eased`.
        """
        ...

    def eased(self, gifts: Sequence[Gift]) -> tuple[Gift, ...]:
        """Changes with which a plan holds all rules: these, and minima that the plan misses.

        None where no plan was found; from the problem, set up anew.
        """
        ...


def minimal(judge: Judge, start: Bools, order: Ints) -> Bools:
    """A set within `start`, which must be infeasible, of which no rule can be left out.

    Deletion filter (Chinneck and Dravnieks 1991) over whole numbers, in halves: what is left stays
    infeasible after each step. order: rules to leave out first. Where time runs out rules stay
    that need not.
    """
    left = start.copy()
    halves = [order[left[order]]]
    while halves:
        part = halves.pop()
        if not len(part):
            continue
        left[part] = False
        if judge.impossible(left):
            continue
        left[part] = True
        if len(part) > 1:
            middle = len(part) // 2
            halves += [part[middle:], part[:middle]]
    return left


def measure(rule: Rule) -> float:
    """The amount that a rule's giving way is measured against: its own, and at least one unit.

    For shares and steps at least one percent. What remains of a cap is measured against one touch.
    """
    least = 0.01 if rule.kind in ("share", "step") else 1.0
    return max(rule.amount or 0.0, least)


def most(rule: Rule) -> float:
    """How far a rule can give way at all; nothing for one without an amount."""
    match rule.kind:
        case "at_least" | "spacing":
            return rule.amount or 0.0
        case "share" | "step":
            return 1.0 - (rule.amount or 0.0)
        case "cap" | "remaining" | "at_most":
            return np.inf
        case _:
            return 0.0


def rounded(rule: Rule, by: float) -> float:
    """The giving way that brings the rule's amount to whole millionths, a hair forgiven; at most
    what it can give."""
    start = rule.amount or 0.0
    lowers = rule.kind in ("at_least", "spacing")
    after = start - by if lowers else start + by
    whole = np.floor(after * 1e6 + 0.01) if lowers else np.ceil(after * 1e6 - 0.01)
    return float(np.clip(abs(whole / 1e6 - start), 0.0, most(rule)))
