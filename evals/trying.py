"""Trying: every set that each contact may get, straight from the frames, with code of its own.

Plain loops over small problems; nothing of the solver. What it judges must not excuse itself here.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from graph.arbitration.problem import CapLimit, Limits, Problem

Row = dict[str, Any]


@dataclass(frozen=True)
class TriedSet:
    """One set that a contact may get: rows of the candidates, and their worth after fatigue."""

    contact: int
    account: int | None
    members: tuple[int, ...]
    worth: float


def tried_sets(problem: Problem) -> list[TriedSet]:
    """All of them, the empty ones included, contact by contact."""
    rows = problem.candidates.to_dicts()
    left = {
        (cap, number): int(remaining)
        for cap, number, remaining in problem.remaining.sort("remaining", descending=True)
        .select("cap", "id", "remaining")
        .iter_rows()
    }
    by_contact: dict[int, list[int]] = {}
    for place, row in enumerate(rows):
        by_contact.setdefault(row["contact"], []).append(place)
    return [
        TriedSet(contact, rows[own[0]]["account"], members, worth_of(rows, members, problem.limits))
        for contact, own in sorted(by_contact.items())
        for members in _sets_of(rows, own, problem.limits, left)
    ]


def worth_of(rows: list[Row], members: tuple[int, ...], limits: Limits) -> float:
    """Positive values in falling order times the factors of fatigue, and the negative ones."""
    values = sorted((rows[place]["value"] for place in members), reverse=True)
    last = len(limits.fatigue) - 1
    return float(
        sum(
            value * limits.fatigue[min(place, last)] if value > 0 else value
            for place, value in enumerate(values)
        )
    )


def counts_for(row: Row, cap: CapLimit) -> bool:
    """Whether the cap counts the candidate."""
    return all(str(row[column]) == value for column, value in cap.where.items())


def _sets_of(
    rows: list[Row], own: list[int], limits: Limits, left: dict[tuple[str, int], int]
) -> Iterator[tuple[int, ...]]:
    caps = [cap for cap in limits.caps if cap.per == "contact"]
    tops = [
        min(cap.at_most, left.get((cap.name, rows[own[0]]["contact"]), cap.at_most)) for cap in caps
    ]

    def grown(members: tuple[int, ...], later: list[int]) -> Iterator[tuple[int, ...]]:
        yield members
        for number, place in enumerate(later):
            larger = (*members, place)
            if any(_clash(rows[place], rows[other], limits) for other in members):
                continue
            if any(
                sum(counts_for(rows[one], cap) for one in larger) > top
                for cap, top in zip(caps, tops, strict=True)
            ):
                continue
            yield from grown(larger, later[number + 1 :])

    for members in grown((), own):
        if _whole(rows, own, members) and _served(rows, members, limits):
            yield members


def _clash(one: Row, other: Row, limits: Limits) -> bool:
    """Whether the two can't both be chosen."""
    if any(one[c] is not None and one[c] == other[c] for c in limits.alternatives):
        return True
    for first, second in ((one, other), (other, one)):
        for column, a, other_column, b in limits.exclusions:
            if first[column] == a and second[other_column] == b:
                return True
        for channel, other_channel, hours in limits.spacing_hours:
            if (first["channel"], second["channel"]) != (channel, other_channel):
                continue
            if first["slot"] is None or second["slot"] is None:
                continue
            if abs((first["slot"] - second["slot"]).total_seconds()) < hours * 3_600:
                return True
    return False


def _whole(rows: list[Row], own: list[int], members: tuple[int, ...]) -> bool:
    """No bundle in part."""
    torn = {rows[place]["bundle"] for place in own if place not in members}
    return not any(
        rows[place]["bundle"] is not None and rows[place]["bundle"] in torn for place in members
    )


def _served(rows: list[Row], members: tuple[int, ...], limits: Limits) -> bool:
    """Whatever one member requires, some member is."""
    return all(
        any(rows[place][needed] == b for place in members)
        for column, a, needed, b in limits.requires
        if any(rows[place][column] == a for place in members)
    )
