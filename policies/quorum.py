"""Who must approve what is worth so much: how many people, and of which roles some of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from domain.names import PersonRole
from policies.problem import Problem
from policies.review_limits import QuorumStep
from policies.schema import Policy

TABLE: Final = ("review", "quorum")
Roles = tuple[PersonRole, ...]


@dataclass(frozen=True)
class Quorum:
    """What a value asks for: so many different people, and of each group of roles one of them."""

    people: int
    roles: tuple[Roles, ...]


def asked(steps: Sequence[QuorumStep], value: float) -> Quorum:
    """Every step from whose value (minor units) on it lies must be met, so that a further step
    never asks for less."""
    fit = sorted((one for one in steps if value >= one.from_value), key=lambda one: one.from_value)
    groups = (tuple(sorted(set(one.roles))) for one in fit if one.roles)
    return Quorum(max((one.people for one in fit), default=1), tuple(dict.fromkeys(groups)))


def covers(was: Sequence[QuorumStep], now: Sequence[QuorumStep]) -> bool:
    """Whether NOW asks at every value for all that WAS asks for."""
    values = {one.from_value for one in (*was, *now)}
    return all(_as_much(asked(was, value), asked(now, value)) for value in values)


def _as_much(was: Quorum, now: Quorum) -> bool:
    """As many people; as many groups, which take a place each beside the owners; and who meets a
    group of NOW, some group of which lies in it, meets WAS's."""
    groups = all(any(set(new) <= set(old) for new in now.roles) for old in was.roles)
    return now.people >= was.people and len(now.roles) >= len(was.roles) and groups


def problems(policy: Policy) -> Iterator[Problem]:
    """Steps that are said twice, ask for nothing, for fewer people at more, or for more groups of
    roles than people."""
    steps = policy.review.quorum
    yield from _twice(steps)
    for place, one in enumerate(steps):
        if one.people == 1 and not one.roles:
            said = f"`review.quorum` from {one.from_value} asks for one person, as any packet does."
            yield Problem((*TABLE, place, "people"), said)
        groups = len(asked(steps, one.from_value).roles)
        if groups > one.people:
            said = (
                f"`review.quorum` from {one.from_value} asks {one.people} for {groups} groups of "
                "roles, with those of lower values; ask as many people as groups."
            )
            yield Problem((*TABLE, place, "people"), said)
    yield from _falling(steps)


def _twice(steps: Sequence[QuorumStep]) -> Iterator[Problem]:
    values = [one.from_value for one in steps]
    for place, value in enumerate(values):
        if value in values[:place]:
            said = f"`review.quorum` names {value} twice; say in one step what it asks for."
            yield Problem((*TABLE, place, "from_value"), said)


def _falling(steps: Sequence[QuorumStep]) -> Iterator[Problem]:
    places = sorted(range(len(steps)), key=lambda place: steps[place].from_value)
    for before, after in pairwise(places):
        less, more = steps[before], steps[after]
        if more.people < less.people:
            said = (
                f"`review.quorum` from {more.from_value} asks {more.people}, and from "
                f"{less.from_value} already {less.people}; more at stake takes no fewer people."
            )
            yield Problem((*TABLE, after, "people"), said)
