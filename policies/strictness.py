"""Which of two policies is stricter, limit by limit; what can't be ordered counts as looser.

Who may put a policy in force follows from this and from nothing a person says: what only tightens
takes one person, what loosens anything takes two.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from policies.autonomy import LEVELS, levels_of
from policies.limit import Limit
from policies.money_limits import Exposure, Priority, ValueFloor
from policies.quieter import quiet_changes
from policies.review_limits import Autonomy
from policies.schema import Policy
from policies.stricter_limits import SAID, Change, limit_changes
from policies.stricter_values import Direction, fewer, higher

NAMED_BY: Final[dict[str, str]] = {
    "caps": "name",
    "spacing": "name",
    "budgets": "pool",
    "quarter_budgets": "key",
    "exposures": "name",
    "priorities": "name",
    "value_floors": "name",
    "segment_holds": "segment",
    "blackouts": "name",
    "reply_pauses": "name",
    "ignore_pauses": "name",
    "separations": "name",
    "prerequisites": "name",
    "parities": "name",
}
"""Tables of several limits, and what tells which is which."""


@dataclass(frozen=True)
class Comparison:
    """What differs between two policies, in the policy's order."""

    changes: tuple[Change, ...]

    @property
    def direction(self) -> Direction:
        """The whole is as loose as its loosest part."""
        found = {one.direction for one in self.changes}
        return "looser" if "looser" in found else "tighter" if "tighter" in found else "same"


def compare(old: Policy, new: Policy) -> Comparison:
    """How the new policy stands to the old one."""
    return Comparison(tuple(_changes(old, new)))


def _changes(old: Policy, new: Policy) -> Iterator[Change]:
    for name in Policy.model_fields:
        was, now = getattr(old, name), getattr(new, name)
        if was == now:
            continue
        match name:
            case "name" | "version":
                yield Change(name, was, now, "same")
            case "agents":
                yield Change(name, was, now, fewer(was, now))
            case "quiet_hours":
                yield from quiet_changes(was, now)
            case "segments" | "attributes":
                yield from _meanings(name, was, now)
            case "autonomy":
                yield from _autonomous(was, now)
            case "account_owners":
                yield from _in_order(name, was, now)
            case "soft_opt_in" | "inferred_consent" | "do_not_call" | "wrong_sends":
                yield from _placed(name, was, now)
            case _ if name in NAMED_BY:
                yield from _several(name, was, now)
            case _:
                yield from limit_changes(name, was, now)


def _several(table: str, was: Sequence[Limit], now: Sequence[Limit]) -> Iterator[Change]:
    before, after = _by_name(table, was), _by_name(table, now)
    for name in dict.fromkeys((*before, *after)):
        key, left, right = f"{table}.{name}", before.get(name), after.get(name)
        if left is None or right is None:
            stricter = left is None and not _asks(right)
            direction: Direction = "tighter" if stricter else "looser"
            yield Change(key, _shown(left), _shown(right), direction)
        elif left != right:
            yield from limit_changes(key, left, right)


def _asks(limit: Limit | None) -> bool:
    """Whether it asks for touches: a floor of them, or a worth that is declared."""
    if isinstance(limit, Priority | ValueFloor):
        return True
    return isinstance(limit, Exposure) and limit.at_least is not None


def _placed(table: str, was: Sequence[Limit], now: Sequence[Limit]) -> Iterator[Change]:
    """Limits without names, by their place: what lets consents count lets more go out where it is
    new, a registry or a cost of wrong sends less."""
    for place in range(max(len(was), len(now))):
        left, right = (one[place] if place < len(one) else None for one in (was, now))
        if left is not None and right is not None:
            yield from limit_changes(f"{table}.{place}", left, right)
            continue
        stricter = (left is None) == (table in ("do_not_call", "wrong_sends"))
        direction: Direction = "tighter" if stricter else "looser"
        yield Change(f"{table}.{place}", _shown(left), _shown(right), direction)


def _in_order(table: str, was: Sequence[Limit], now: Sequence[Limit]) -> Iterator[Change]:
    """Limits of which the first that fits counts: any where there was none is stricter; otherwise a
    change gives what was somebody's to somebody else."""
    before, after = ([_meaning(one) for one in each] for each in (was, now))
    direction: Direction = "same" if before == after else "looser" if was else "tighter"
    yield Change(table, before, after, direction)


def _autonomous(was: Sequence[Autonomy], now: Sequence[Autonomy]) -> Iterator[Change]:
    """By agent and channel, whatever entries say it; other words for the same levels are words."""
    before, after = levels_of(tuple(was)), levels_of(tuple(now))
    changed = [one for one in before if before[one] != after[one]]
    for agent, channel in changed:
        left, right = before[agent, channel], after[agent, channel]
        direction = higher(LEVELS.index(left), LEVELS.index(right))
        yield Change(f"autonomy.{agent}.{channel}", left, right, direction)
    if not changed:
        yield Change("autonomy", was, now, "same")


def _by_name(table: str, limits: Sequence[Limit]) -> dict[str, Limit]:
    """A segment may be held in several tables: each counts by its place."""
    found: dict[str, Limit] = {}
    for one in limits:
        name = str(getattr(one, NAMED_BY[table]))
        while name in found:
            name += "+"
        found[name] = one
    return found


def _shown(limit: Limit | None) -> Mapping[str, Any] | None:
    if limit is None:
        return None
    said: dict[str, Any] = limit.model_dump(mode="json", exclude=set(SAID), exclude_defaults=True)
    return said


def _meanings(table: str, was: Sequence[Any], now: Sequence[Any]) -> Iterator[Change]:
    """A segment that means somebody else can't be ordered; one that nothing names yet is words."""
    before, after = ({one.name: one for one in each} for each in (was, now))
    for name in dict.fromkeys((*before, *after)):
        left, right = before.get(name), after.get(name)
        if left == right:
            continue
        both = left is not None and right is not None
        changed = both and _meaning(left) != _meaning(right)
        yield Change(f"{table}.{name}", left, right, "looser" if changed else "same")


def _meaning(one: Any) -> Mapping[str, Any]:
    said: dict[str, Any] = one.model_dump(exclude=set(SAID))
    return said
