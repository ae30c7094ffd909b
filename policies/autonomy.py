"""Autonomy: how far the policy lets each agent go by itself, on which channels.

Safe by absence: an action of which nobody can tell whose it is, or where, is only watched as soon
as any agent is.
"""

from collections.abc import Iterator
from typing import Final, get_args

import polars as pl

from domain.names import AGENTS, CHANNELS, AgentName, Channel
from policies.problem import Problem
from policies.review_limits import Autonomy, AutonomyLevel
from policies.schema import Policy

LEVELS: Final[tuple[AutonomyLevel, ...]] = get_args(AutonomyLevel)
"""From the loosest to the strictest."""
DEFAULT: Final[AutonomyLevel] = "act"


def fitting(policy: Policy, agent: str, channel: str) -> tuple[Autonomy, ...]:
    """The entries for what this agent does on this channel, strictest first."""
    found = [one for one in policy.autonomy if agent == one.agent and channel in _channels(one)]
    return tuple(sorted(found, key=_strictness, reverse=True))


def level_of(policy: Policy, agent: str, channel: str) -> AutonomyLevel:
    """The strictest level that fits; `act` where no entry does."""
    return next((one.level for one in fitting(policy, agent, channel)), DEFAULT)


def levels_of(entries: tuple[Autonomy, ...]) -> dict[tuple[AgentName, Channel], AutonomyLevel]:
    """The level of every agent on every channel."""
    found = dict.fromkeys(((a, c) for a in AGENTS for c in CHANNELS), DEFAULT)
    for one in sorted(entries, key=_strictness):
        found.update(dict.fromkeys(((one.agent, c) for c in _channels(one)), one.level))
    return found


def only_watching(policy: Policy) -> pl.Expr:
    """Rows (agent, channel) of an agent that may only watch; null where nobody can tell."""
    watched = pl.lit(False)
    for one in policy.autonomy:
        if one.level == "watch":
            ours = pl.col("agent") == one.agent
            watched = watched | (ours & pl.col("channel").is_in(list(_channels(one))))
    return watched


def watches(policy: Policy) -> bool:
    """Whether any agent may only watch anywhere."""
    return any(one.level == "watch" for one in policy.autonomy)


def problems(policy: Policy) -> Iterator[Problem]:
    """Entries of which another one keeps them from ever counting, or that say a thing twice."""
    for place, one in enumerate(policy.autonomy):
        key = ("autonomy", place, "channels")
        for other in policy.autonomy[:place]:
            if said := _twice(one, other):
                yield Problem(key, said)
                break
        yield from (Problem(key, said) for said in _idle(one, policy))


def _twice(one: Autonomy, other: Autonomy) -> str | None:
    if one.agent != other.agent or bool(one.channels) != bool(other.channels):
        return None
    if not one.channels:
        return f"`autonomy` names {one.agent} for all channels more than once; say it once."
    both = [channel for channel in one.channels if channel in other.channels]
    said = f"`autonomy` names {one.agent} for {', '.join(both)} more than once; say it once."
    return said if both else None


def _idle(one: Autonomy, policy: Policy) -> Iterator[str]:
    """The strictest entry counts, so that one for some channels must be stricter than the one for
    all of them."""
    if len(set(one.channels)) < len(one.channels):
        yield f"`autonomy` of {one.agent} names a channel more than once; say it once."
    for other in policy.autonomy:
        general = other.agent == one.agent and one.channels and not other.channels
        if general and _strictness(other) >= _strictness(one):
            yield (
                f"`autonomy` of {one.agent} on {', '.join(one.channels)} says {one.level} and "
                f"never counts: for all channels it says {other.level}, and the strictest counts."
            )


def remarks(policy: Policy) -> Iterator[Problem]:
    """Entries of agents that may not act anyway."""
    for place, one in enumerate(policy.autonomy):
        if one.agent not in policy.agents:
            said = f"`autonomy` names {one.agent}, which `agents` does not let act at all."
            yield Problem(("autonomy", place, "agent"), said)


def _channels(one: Autonomy) -> tuple[Channel, ...]:
    return one.channels or CHANNELS


def _strictness(one: Autonomy) -> int:
    return LEVELS.index(one.level)
