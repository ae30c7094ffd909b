"""Reading what an operator typed, by documented patterns; anything else is said to be unknown."""

import re
from dataclasses import dataclass
from typing import Final, TypeAlias

from domain.names import AGENTS, CHANNELS
from graph.chat_tools import (
    Arguments,
    NoArguments,
    PauseArguments,
    PauseScope,
    ToolName,
    WhatIfArguments,
    WhyArguments,
)

LONGEST: Final = 2000
"""Characters of a message that are read."""


@dataclass(frozen=True)
class Call:
    tool: ToolName
    arguments: Arguments


@dataclass(frozen=True)
class Theirs:
    """A request that only a person may carry out, with the command for it."""

    text: str


@dataclass(frozen=True)
class Unclear:
    """A request that lacks something, with the question."""

    text: str


@dataclass(frozen=True)
class Unknown:
    help: bool
    """Whether help was asked for."""


Asked: TypeAlias = Call | Theirs | Unclear | Unknown

_POLITE = r"^(?:please |can you |could you |now |then )*"
_THEIRS: Final = (
    (
        rf"{_POLITE}(?:resume|unpause|restart|lift the pause|continue)\b",
        "Resuming loosens, so a person does it: `clearance resume SCOPE NAME --as PERSON`.",
    ),
    (
        rf"{_POLITE}(?:approve|reject|clear|release|edit)\b",
        "I can't approve, edit or reject. `clearance review list` shows what waits; "
        "`clearance review approve PACKET --as PERSON` decides.",
    ),
    (
        rf"{_POLITE}(?:send|deliver|dispatch)\b",
        "I can't send. What is cleared goes out when its time comes; what waits needs "
        "`clearance review approve PACKET --as PERSON`.",
    ),
    (
        rf"{_POLITE}(?:raise|increase|loosen|relax|lower|remove|change|set|disable|ignore)\b",
        "I can't change a limit. Ask `what if LIMIT were NUMBER` to see its effect; the policy "
        "file is changed by its owner.",
    ),
)
_WHAT_IF = re.compile(
    r"^what if (?:the |we |our )?(?P<limit>[\w .:/-]{1,80}?) "
    r"(?:were|was|is|be|became|=|to|at) ?(?P<value>\d[\d,]{0,15}(?:\.\d{1,6})?)\b",
    re.IGNORECASE,
)
_EMAIL = re.compile(r"[^\s@<>\"']{1,64}@[^\s@<>\"']{1,190}\.[a-z]{2,24}", re.IGNORECASE)
_QUOTED = re.compile(r"[\"'`]([^\"'`]{1,200})[\"'`]")
_TOKEN = re.compile(r"[\w:-]{1,200}")
_WHY = re.compile(rf"{_POLITE}(?:why|explain)\b(?P<rest>.*)$", re.IGNORECASE | re.DOTALL)
_PAUSE = re.compile(
    rf"{_POLITE}(?:pause|stop|halt|suspend)\b(?P<rest>.*)$", re.IGNORECASE | re.DOTALL
)
_READS: Final[tuple[tuple[str, ToolName], ...]] = (
    (r"\b(?:waiting|waits|pending|reviews?)\b", "waiting"),
    (r"\b(?:conflicts?|collisions?|collided|clash(?:es)?)\b", "conflicts"),
    (r"\b(?:prices?|dearest|expensive|costs? (?:the )?most)\b", "prices"),
    (r"\b(?:proposals|programmes?|suggest(?:s|ed|ions?)?)\b", "proposals"),
    (r"\b(?:status|how (?:are|is|did)|what happened|summary|overview)\b", "status"),
)
_EVERYTHING: Final = frozenset({"everything", "all", "it all", "all agents", "all marketing"})


def read_request(message: str) -> Asked:
    """What the message asks for. Time is linear in its length, which is cut at LONGEST."""
    said = " ".join(message[:LONGEST].split()).rstrip("?!. ")
    if found := _WHAT_IF.match(said):
        value = float(found["value"].replace(",", ""))
        return Call("what_if", WhatIfArguments(limit=_limit(found["limit"]), value=value))
    if said.lower().startswith("what if"):
        return Unclear("Which limit, and what number? For example: what if the cap were 2")
    if found := _WHY.match(said):
        return _why(found["rest"])
    if found := _PAUSE.match(said):
        return _pause(found["rest"])
    for pattern, text in _THEIRS:
        if re.match(pattern, said, re.IGNORECASE):
            return Theirs(text)
    for pattern, tool in _READS:
        if re.search(pattern, said, re.IGNORECASE):
            return Call(tool, NoArguments())
    return Unknown(help=said.lower() in {"help", "", "what can you do", "commands"})


def _limit(name: str) -> str:
    return re.sub(r"^(?:raised|lowered|set|changed) (?:the )?", "", name, flags=re.IGNORECASE)


def _why(rest: str) -> Asked:
    """The subject: an address, something quoted, or the first word that holds a digit."""
    if found := _EMAIL.search(rest):
        return Call("why", WhyArguments(subject=found[0]))
    if found := _QUOTED.search(rest):
        return Call("why", WhyArguments(subject=found[1]))
    words = _TOKEN.findall(rest)
    named = [word for word in words if any(mark.isdigit() for mark in word)]
    if named or len(words) == 1:
        return Call("why", WhyArguments(subject=(named or words)[0]))
    return Unclear("Of whom or what? Give a contact id, a decision id or an e-mail address.")


def _pause(rest: str) -> Asked:
    target = re.sub(r"^(?:the|our) ", "", rest.strip(), flags=re.IGNORECASE)
    if target.lower() in _EVERYTHING:
        return Call("pause", PauseArguments(scope="all", name=""))
    if found := re.fullmatch(r"(\w+) agent", target, re.IGNORECASE):
        return _known("agent", found[1], AGENTS)
    if found := re.fullmatch(r"agent (\w+)", target, re.IGNORECASE):
        return _known("agent", found[1], AGENTS)
    if found := re.fullmatch(r"(?:channel (\w+)|(\w+) channel)", target, re.IGNORECASE):
        return _known("channel", found[1] or found[2], CHANNELS)
    if found := re.fullmatch(r"campaign [\"'`]?([^\"'`]{1,200})[\"'`]?", target, re.IGNORECASE):
        return Call("pause", PauseArguments(scope="campaign", name=found[1]))
    return _bare(target)


def _bare(target: str) -> Asked:
    """A name alone: taken where it can mean one thing only."""
    name = target.lower()
    is_agent, is_channel = name in AGENTS, name in CHANNELS
    if is_agent and is_channel and name != "ads":
        return Unclear(f"The {name} agent (all it does) or the {name} channel?")
    if is_agent:
        return Call("pause", PauseArguments(scope="agent", name=name))
    if is_channel:
        return Call("pause", PauseArguments(scope="channel", name=name))
    return Unclear("Pause what? An agent, a channel, `campaign NAME`, or everything.")


def _known(scope: PauseScope, name: str, names: tuple[str, ...]) -> Asked:
    if name.lower() in names:
        return Call("pause", PauseArguments(scope=scope, name=name.lower()))
    return Unclear(f"There is no {scope} {name!r}; there are {', '.join(names)}.")


def asks_to_pause(message: str, arguments: PauseArguments) -> bool:
    """Whether the operator's own words ask for this very pause.

    A model may read the target out of a longer sentence, but it can't make up the wish: a stop
    word that is not denied must stand there, and the target by name.
    """
    said = " ".join(message[:LONGEST].lower().split())
    wished = re.search(r"\b(?:pause|stop|halt|suspend)\b", said)
    denied = re.search(r"(?:\b(?:not|never|don't|dont|no|without|unless|if)\b|n't\b|n’t\b)", said)
    if wished is None or denied is not None:
        return False
    if arguments.scope == "all":
        return re.search(r"\b(?:everything|all)\b", said) is not None
    name = arguments.name.lower().strip()
    return bool(name) and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", said) is not None
