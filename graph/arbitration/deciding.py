"""Deciding one contact at a time, at the prices of a plan: the ghost of a run, in real time.

The kernel is the one that the run itself uses, so a contact gets here what it would get there if
no limit but its own had to be kept whole. What a limit still holds is not counted: prices are the
run's word for scarcity, and who must not exceed reserves before acting.
"""

from dataclasses import dataclass

import numpy as np

from domain.errors import DataError
from graph.arbitration.compiled import Floats
from graph.arbitration.grouping import Groups
from graph.arbitration.packing import Packed, pack
from graph.arbitration.problem import Problem
from graph.arbitration.response import Field
from graph.arbitration.rows import rows_of
from graph.arbitration.ties import two_best


@dataclass(frozen=True, slots=True)
class Decision:
    """What one contact gets at the prices, and what it would get next.

    chosen, runner_up: candidate numbers, most valuable first. worth: value of the chosen after
    fatigue less what shared limits charge, minor units. margin: by how much that beats the
    runner-up's; infinite where there is none.
    """

    chosen: tuple[int, ...]
    worth: float
    runner_up: tuple[int, ...]
    margin: float


class Decider:
    """A problem's contacts at given prices (by limit; of an account's cap as `CAP:ACCOUNT`)."""

    def __init__(self, problem: Problem, prices: dict[str, float]) -> None:
        rows = rows_of(problem.limits)
        groups = Groups(rows.amounts)
        self.part = pack(problem, groups, every_cap=True)
        field = Field((self.part,), rows, groups)
        self._rates = field.rates(np.array([prices.get(name, 0.0) for name in rows.names]))
        self._tolls = tolls_at(self.part, prices)
        self._place = {contact: i for i, contact in enumerate(self.part.contact.tolist())}
        self._candidate = problem.candidates.get_column("candidate").to_numpy()[self.part.order]

    def decide(self, contact: int) -> Decision:
        """What this contact gets. Changes nothing; raises DataError for a contact not in here."""
        place = self._place.get(contact)
        if place is None:
            raise DataError(
                f"Contact {contact} has no candidates here.",
                f"Ask for one of the {len(self._place):,} contacts of the problem.",
            )
        masks, numbers = np.zeros(2, dtype=np.uint64), np.zeros(3)
        two_best(
            self.part.table, self.part.units, self._rates, self._tolls, np.array([place]), 0, 1,
            masks[:1], masks[1:], numbers[:1], numbers[1:2], numbers[2:],
        )  # fmt: skip
        margin, _, worth = numbers.tolist()
        best, second = masks.tolist()
        return Decision(self._of(place, best), worth, self._of(place, second), margin)

    def _of(self, place: int, mask: int) -> tuple[int, ...]:
        first = self.part.table.start[place]
        found = []
        while mask:
            bit = mask & -mask
            found.append(int(self._candidate[first + bit.bit_length() - 1]))
            mask ^= bit
        return tuple(found)


def tolls_at(part: Packed, prices: dict[str, float]) -> Floats:
    """What each contact's account charges for a touch, by contact and account cap."""
    tolls = np.zeros((part.contacts, len(part.caps)))
    for a, cap in enumerate(part.caps):
        by_unit = [prices.get(f"{cap}:{account}", 0.0) for account in part.accounts.tolist()]
        tolls[:, a] = np.array(by_unit)[part.unit_of]
    return tolls
