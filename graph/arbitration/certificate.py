"""The clash certificate as records: what can't hold together, and what would have to give way."""

from collections.abc import Sequence

from domain.record import Record
from graph.arbitration.program.judging import Gift, Give, measure
from graph.arbitration.program.rules import Rule, amount_text, figure


class Member(Record):
    """A rule of a clash.

    others_hold: without it the clash's others can hold, shown by a plan; None where it was not
    settled. by: the least amount, in the rule's unit, by which it must give way for them to hold
    with it; None where it has no amount or none suffices. known: that no less suffices, or that
    none does.
    """

    rule: Rule
    others_hold: bool | None
    by: float | None
    known: bool


class Clash(Record):
    """A set of rules that can't hold together, and can when any one is left out.

    impossible: that they can't was proven by solving. minimal: so was every member's part in it.
    """

    members: tuple[Member, ...]
    impossible: bool
    minimal: bool
    sentence: str


class Change(Record):
    """One rule's part in a relaxation. by and becomes: None where it must be left out whole."""

    rule: Rule
    by: float | None
    becomes: float | None
    sentence: str


class Relaxation(Record):
    """Changes that together let the whole problem hold, shown by a plan.

    cost: the sum of the amounts, each over its rule's (at least one unit; for shares and steps at
    least one percent); None where a rule must be left out. least: for these rules no less suffices;
    of several, no other amounts are less in sum.
    """

    changes: tuple[Change, ...]
    cost: float | None
    least: bool
    sentence: str


class Certificate(Record):
    """Why a problem has no plan.

    clashes: no two share a rule. all_found: the problem can hold once every rule of them is left
    out; None where that is unknown. relaxations: the cheapest first, those that leave rules out
    last; none where none was shown in time.
    """

    clashes: tuple[Clash, ...]
    all_found: bool | None
    relaxations: tuple[Relaxation, ...]
    sentence: str


def change(rule: Rule, by: float | None) -> Change:
    """What becomes of a rule that gives way by so much, or is left out."""
    becomes = None if by is None or rule.amount is None else rule.amount + _sign(rule) * by
    return Change(rule=rule, by=by, becomes=becomes, sentence=_sentence(rule, by, becomes))


def amounts(gifts: Sequence[Gift], least: bool) -> Relaxation:
    """A relaxation in which rules give way by amounts."""
    cost = sum(by / measure(rule) for rule, by in gifts)
    return _relaxation([change(rule, by) for rule, by in gifts], cost, least)


def left_out(rules: Sequence[Rule]) -> Relaxation:
    """A relaxation that leaves rules out."""
    return _relaxation([change(rule, None) for rule in rules], None, True)


def member(rule: Rule, others_hold: bool | None, give: Give) -> Member:
    return Member(rule=rule, others_hold=others_hold, by=give.by, known=give.known)


def _relaxation(changes: Sequence[Change], cost: float | None, least: bool) -> Relaxation:
    sentence = " ".join(one.sentence for one in changes)
    return Relaxation(changes=tuple(changes), cost=cost, least=least, sentence=sentence)


def _sign(rule: Rule) -> float:
    return -1.0 if rule.kind in ("at_least", "spacing") else 1.0


def _sentence(rule: Rule, by: float | None, becomes: float | None) -> str:
    if by is None:
        return f"Leave out {rule.text}."
    if becomes is None:
        return f"Grant {figure(by)} more of {rule.text}."
    before, after = amount_text(rule, rule.amount or 0.0), amount_text(rule, becomes)
    name = rule.text.split(" (")[0]
    verb = {"at_least": "Lower", "spacing": "Shorten", "step": "Widen"}.get(rule.kind, "Raise")
    return f"{verb} {name} from {before} to {after}."
