"""Leanings: how a seed's plan may lean, so that what a protection answers to happens more often."""

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from evals.faults.plans import (
    ACTS,
    POINTS_IN_A_RUN,
    Plan,
    Strike,
    draw,
    in_order,
    strike_at,
    sweep,
)


def named(name: str) -> Plan:
    """The plan of a name, as a report tells it. Raises KeyError for a leaning or course we do not
    know, ValueError where a number is none."""
    if "@" in name:
        course, _, at = name.partition("@")
        return sweep(course, int(at)) if at.isdigit() else strike_at(course, at)
    leaning, _, seed = name.rpartition("/")
    return LEANINGS[leaning](draw(int(seed)))


def _acting(plan: Plan) -> Plan:
    """People act again and again while processes work, and no provider fails."""
    rng = random.Random(f"acts {plan.name}")
    acts = (
        Strike("act", rng.randrange(1, POINTS_IN_A_RUN), rng.choice(ACTS), rng.choice(ACTED_AT))
        for _ in range(6)
    )
    return _lean(plan, "acts", strikes=in_order(acts), modes=(), lift=False)


def _company(plan: Plan) -> Plan:
    """Three processes at once, some of them stopped beyond their lease."""
    rng = random.Random(f"company {plan.name}")
    stops = (
        Strike("stop", rng.randrange(1, POINTS_IN_A_RUN), point=rng.choice(STOPPED_AT))
        for _ in range(3)
    )
    return _lean(plan, "company", strikes=in_order(stops), processes=3, stubborn=True)


def _losing(plan: Plan) -> Plan:
    """Every answer is lost one way or another, and the relay is killed with effects in hand."""
    rng = random.Random(f"losing {plan.name}")
    kills = tuple(Strike("kill", 1, point=point) for point in ("relay.claimed", "relay.sent"))
    modes = tuple(rng.choices(("drop", "error_500", "hang", "partial"), k=4))
    return _lean(plan, "losing", strikes=rng.choice((kills, kills[:1], kills[1:], ())), modes=modes)


def _silent(plan: Plan) -> Plan:
    """Two processes, and one's relay falls silent with effects in hand for as long as the other
    has anything to do, or long after it would have been given up."""
    rng = random.Random(f"silent {plan.name}")
    stop = Strike("stop", rng.randrange(1, 60), point="relay.claimed")
    kinds: dict[str, Any] = dict.fromkeys(("email", "calls"), "lookup")
    changed = {"processes": 2, "modes": (), "stubborn": True, "stopped_seconds": 8.0, **kinds}
    return _lean(plan, "silent", strikes=(stop,), **changed)


def _dropping(plan: Plan) -> Plan:
    """What is done first is never answered."""
    return _lean(plan, "dropping", strikes=(), modes=("drop",) * 4)


def _keyonly(plan: Plan) -> Plan:
    """The same, where nothing can be looked up and every key is known."""
    kinds: dict[str, Any] = dict.fromkeys(("email", "calls"), "keyonly")
    return replace(_dropping(plan), name=f"keyonly/{plan.name}", **kinds)


def _unreached(plan: Plan) -> Plan:
    """What is done first is never answered, and then nobody is reached for a long time."""
    kinds: dict[str, Any] = dict.fromkeys(("email", "calls"), "keyonly")
    changed = {"modes": ("drop",) * 2 + ("refused",) * 60, "processes": 1, "stubborn": True}
    return _lean(plan, "unreached", strikes=(), **changed, **kinds)


def _resolving(plan: Plan) -> Plan:
    """A relay dies with effects in hand, and a person says what became of them just before the
    next one hands them over again."""
    strikes = (
        Strike("kill", 1, point="relay.claimed"),
        Strike("act", 1, "resolve", point="relay.judged"),
    )
    return _lean(plan, "resolving", strikes=strikes, processes=1, modes=())


def _clicking(plan: Plan) -> Plan:
    """Three processes' reviewers click at once, and two of them are stopped between two clicks."""
    rng = random.Random(f"clicking {plan.name}")
    stops = (Strike("stop", rng.randrange(60, 120), point="ledger.committed") for _ in range(2))
    return _lean(plan, "clicking", strikes=in_order(stops), processes=3, modes=())


def _overruling(plan: Plan) -> Plan:
    """Somebody rejects, late, what was approved and has happened."""
    strikes = (Strike("act", 1, "reject_late", point="relay.recorded"),)
    return _lean(plan, "overruling", strikes=strikes, processes=1, modes=())


def _leaving(plan: Plan) -> Plan:
    """A reviewer leaves after the clicks: before the door judges, or between that and the act."""
    rng = random.Random(f"leaving {plan.name}")
    point = rng.choice(("relay.leased", "relay.judged"))
    strikes = (Strike("act", 1, "role_loss", point=point),)
    return _lean(plan, "leaving", strikes=strikes, processes=1, modes=())


def _editing(plan: Plan) -> Plan:
    """Every packet is edited before anybody clicks, or one is between two clicks."""
    rng = random.Random(f"editing {plan.name}")
    what = rng.choice(("edit_all", "edit_voted"))
    strikes = (Strike("act", 8, what, point="ledger.committed"),)
    return _lean(plan, "editing", strikes=strikes, processes=1, modes=())


def _tampering(plan: Plan) -> Plan:
    """Somebody alters effects in the ledger before the relay reads them."""
    strikes = (Strike("act", 1, "tamper", point="relay.leased"),)
    return _lean(plan, "tampering", strikes=strikes, modes=())


def _elsewhere(plan: Plan) -> Plan:
    """Somebody sets budgets in the platforms again and again, just before the relay does."""
    acts = tuple(
        Strike("act", at, "budget_elsewhere", "relay.judged")
        for at in range(1, POINTS_IN_A_RUN, POINTS_IN_A_RUN // 6)
    )
    return _lean(plan, "elsewhere", strikes=acts, modes=())


def _halving(plan: Plan) -> Plan:
    """Of every batch only one half is done."""
    return _lean(plan, "halving", strikes=(), modes=("partial",) * 6)


def _lean(plan: Plan, name: str, **changed: Any) -> Plan:
    return replace(plan, name=f"{name}/{plan.name}", whole_cycle=False, **changed)


ACTED_AT: Final = ("relay.judged", "relay.judged", "relay.leased", "")
STOPPED_AT: Final = ("relay.judged", "relay.claimed", "relay.sent", "")
LEANINGS: Final[dict[str, Callable[[Plan], Plan]]] = {
    "": lambda plan: plan,
    "acts": _acting,
    "company": _company,
    "losing": _losing,
    "silent": _silent,
    "dropping": _dropping,
    "keyonly": _keyonly,
    "unreached": _unreached,
    "resolving": _resolving,
    "clicking": _clicking,
    "overruling": _overruling,
    "leaving": _leaving,
    "editing": _editing,
    "tampering": _tampering,
    "elsewhere": _elsewhere,
    "halving": _halving,
}
"""How a seed's plan may lean, so that what a bug needs happens more often."""
