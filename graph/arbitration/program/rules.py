"""Rules: everything in a problem that may be broken, each with a name, an amount and a sentence."""

from collections.abc import Iterator, Sequence
from typing import Literal

from domain.record import Record
from graph.arbitration.problem import CampaignLimit, Problem, ResourceLimit

RuleKind = Literal[
    "cap",
    "remaining",
    "alternatives",
    "exclusion",
    "requires",
    "spacing",
    "bundles",
    "at_most",
    "at_least",
    "share",
    "step",
]


class Rule(Record):
    """One rule of a problem.

    kind and place (in that kind's list of the limits) identify it. amount: what it limits to, in
    its own unit: touches for a cap, hours for spacing, units of the resource, a share between 0
    and 1 for a share and for a campaign's step; None where there is nothing to turn.
    """

    kind: RuleKind
    place: int
    name: str
    amount: float | None
    text: str
    """How it reads inside a sentence: `cap touches (at most 2 per contact)`."""


def rules_of(problem: Problem) -> tuple[Rule, ...]:
    """Every rule that can make a problem infeasible or help to.

    A minimum with a price ceiling is none: it may fall short.
    """
    return (*_counted(problem), *_beside(problem), *_shared(problem))


def together(rules: Sequence[Rule]) -> str:
    """That these rules cannot hold together, as a sentence."""
    names = [rule.text for rule in rules]
    if len(names) == 1:
        return f"{_capital(names[0])} can't hold with these candidates."
    both = "both" if len(names) == 2 else "all"
    return f"{_capital(', '.join(names[:-1]))} and {names[-1]} can't {both} hold."


def figure(number: float) -> str:
    """A number as a person writes it: at most six decimals, thousands apart."""
    return f"{number:,.6f}".rstrip("0").rstrip(".")


def amount_text(rule: Rule, amount: float) -> str:
    """An amount of this rule with its unit."""
    match rule.kind:
        case "share" | "step":
            return f"{figure(100 * amount)} %"
        case "spacing":
            return f"{figure(amount)} hours"
        case _:
            return figure(amount)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _counted(problem: Problem) -> Iterator[Rule]:
    known = set(problem.remaining.get_column("cap"))
    for place, cap in enumerate(problem.limits.caps):
        text = f"cap {cap.name} (at most {cap.at_most} per {cap.per})"
        yield Rule(kind="cap", place=place, name=cap.name, amount=float(cap.at_most), text=text)
        if cap.name in known:
            text = f"what remains of cap {cap.name}"
            yield Rule(kind="remaining", place=place, name=cap.name, amount=None, text=text)


def _beside(problem: Problem) -> Iterator[Rule]:
    """Rules about what one contact may get together."""
    limits = problem.limits
    for place, column in enumerate(limits.alternatives):
        text = f"rule of one candidate per {column} and contact"
        yield Rule(kind="alternatives", place=place, name=column, amount=None, text=text)
    for place, (left, a, right, b) in enumerate(limits.exclusions):
        text = f"exclusion of {left} {a} and {right} {b}"
        name = f"{left} {a}, {right} {b}"
        yield Rule(kind="exclusion", place=place, name=name, amount=None, text=text)
    for place, (left, a, right, b) in enumerate(limits.requires):
        text = f"rule that {left} {a} needs {right} {b}"
        name = f"{left} {a}, {right} {b}"
        yield Rule(kind="requires", place=place, name=name, amount=None, text=text)
    for place, (one, other, hours) in enumerate(limits.spacing_hours):
        text = f"spacing of {one} and {other} (at least {figure(hours)} hours)"
        yield Rule(kind="spacing", place=place, name=f"{one}, {other}", amount=hours, text=text)
    if "bundle" in problem.candidates.columns and (
        problem.candidates.get_column("bundle").is_not_null().any()
    ):
        text = "rule that bundles are chosen whole"
        yield Rule(kind="bundles", place=0, name="bundles", amount=None, text=text)


def _shared(problem: Problem) -> Iterator[Rule]:
    for place, one in enumerate(problem.limits.resources):
        yield from _of_resource(place, one)
    for place, campaign in enumerate(problem.limits.campaigns):
        yield _step(place, campaign)


def _of_resource(place: int, one: ResourceLimit) -> Iterator[Rule]:
    if one.at_most is not None:
        text = f"maximum of {one.name} (at most {figure(one.at_most)})"
        yield Rule(kind="at_most", place=place, name=one.name, amount=one.at_most, text=text)
    if one.at_least is not None and one.ceiling is None:
        text = f"minimum of {one.name} (at least {figure(one.at_least)})"
        yield Rule(kind="at_least", place=place, name=one.name, amount=one.at_least, text=text)
    if one.at_most_share is not None:
        share, of = one.at_most_share.share, one.at_most_share.of
        text = f"share of {one.name} (at most {figure(100 * share)} % of {of})"
        yield Rule(kind="share", place=place, name=one.name, amount=share, text=text)


def _step(place: int, one: CampaignLimit) -> Rule:
    text = (
        f"step of campaign {one.name} (at most {figure(100 * one.max_step)} % "
        f"from {figure(one.now)})"
    )
    return Rule(kind="step", place=place, name=one.name, amount=one.max_step, text=text)
