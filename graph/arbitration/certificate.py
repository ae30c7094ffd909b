"""The clash certificate as records: what can't hold together, and what would have to give way."""

from typing import Literal

from domain.record import Record
from graph.arbitration.program.rules import Rule, amount_text, figure


class Relaxation(Record):
    """What it takes that one rule alone gives way.

    by: the least amount, in the rule's unit, with which the whole problem can hold; None where it
    does not suffice, and where the rule has no amount. within: the least amount with which the
    clash's own rules can hold; where there is one clash only and `by` is None, others are in the
    way. becomes: the rule's amount after `by`. relative: `by` over the rule's amount (over at
    least one unit; for shares and steps, one percent). suffices: whether the whole problem can hold
    without the rule. value: worth of the best plan after `by`, minor units, less charges of
    shortfalls. known: false where the time did not suffice to show all this: an amount then suffices,
    but a smaller one might.
    """

    rule: Rule
    by: float | None
    becomes: float | None
    within: float | None
    relative: float | None
    suffices: bool | None
    value: float | None
    known: bool
    sentence: str


class Change(Record):
    """One rule's part in a relaxation of several: as in Relaxation."""

    rule: Rule
    by: float
    becomes: float | None
    relative: float
    sentence: str


class Member(Record):
    """A rule of a clash. others_hold: without it the rest can hold, shown by a plan."""

    rule: Rule
    others_hold: bool | None


class Clash(Record):
    """A set of rules that can't hold together, and can when any one is left out.

    impossible: that they can't was proven by solving. minimal: so was every member's part in it.
    """

    members: tuple[Member, ...]
    impossible: bool
    minimal: bool
    sentence: str
    relaxations: tuple[Relaxation, ...]


class Certificate(Record):
    """Why a problem has no plan.

    clashes: no two share a rule. all_found: the problem can hold once each has lost a rule; None
    where that is unknown. cheapest: of the relaxations that suffice alone, the one of least
    relative amount; None where none does. joint: amounts by which rules give way together so that
    the problem can hold; none where none was found in time. joint_least: no other amounts are less
    in sum, each relative to its rule.
    """

    kind: Literal["clashes"] = "clashes"
    clashes: tuple[Clash, ...]
    all_found: bool | None
    cheapest: Relaxation | None
    joint: tuple[Change, ...]
    joint_least: bool
    sentence: str


def turned(rule: Rule, by: float) -> float | None:
    """The rule's amount after it gave way; None where it has none."""
    if rule.amount is None:
        return None
    return rule.amount + (-by if rule.kind in ("at_least", "spacing") else by)


def relaxation_text(
    rule: Rule, by: float | None, becomes: float | None, suffices: bool | None
) -> str:
    if by is None or becomes is None:
        if by is not None:
            return f"Grant {figure(by)} more of {rule.text}."
        if suffices:
            return f"Leave out {rule.text}."
        said = "does not suffice" if suffices is False else "was not settled in time"
        return f"Leaving out {rule.text} alone {said}."
    before, after = amount_text(rule, rule.amount or 0.0), amount_text(rule, becomes)
    name = rule.text.split(" (")[0]
    verb = {"at_least": "Lower", "spacing": "Shorten", "step": "Widen"}.get(rule.kind, "Raise")
    return f"{verb} {name} from {before} to {after}."
