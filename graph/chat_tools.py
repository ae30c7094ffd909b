"""The chat's tools: it reads everything and may stop things; it can't approve, send or loosen."""

from typing import Annotated, Final, Literal, Protocol, TypeAlias, assert_never, get_args

from pydantic import Field, ValidationError

from domain.errors import RefusedError, UsageError
from domain.record import Record
from domain.toml import first_problem

Cell: TypeAlias = str | int | float | bool | None
PauseScope = Literal["agent", "channel", "campaign", "all"]
ToolName = Literal[
    "status", "waiting", "why", "conflicts", "prices", "what_if", "proposals", "pause"
]
TOOL_NAMES: Final[tuple[ToolName, ...]] = get_args(ToolName)


class Figure(Record):
    """One number that an answer may state.

    `unit` is a currency code in capitals (the value is in minor units), `share` (0.12 is 12%), or
    a plain noun in the plural such as `contacts`.
    """

    name: str
    value: float
    unit: str


class ToolResult(Record):
    """What a tool found, with the command or address under which a person sees the same."""

    tool: str
    link: str
    summary: str
    """One or two sentences of our own making; what they quote is data."""
    figures: tuple[Figure, ...]
    rows: tuple[dict[str, Cell], ...] = ()
    """Numbers in rows are plain; money in a row is text already."""


class Toolbox(Protocol):
    """What the chat can reach. Raises RefusedError or UsageError where a request is off; what is
    not known is a result that says so."""

    def status(self) -> ToolResult: ...
    def waiting(self) -> ToolResult: ...
    def why(self, subject: str) -> ToolResult:
        """Of a contact id, a decision id or an e-mail address."""
        ...

    def conflicts(self) -> ToolResult: ...
    def prices(self) -> ToolResult: ...
    def what_if(self, limit: str, value: float) -> ToolResult:
        """The newest run solved again with one limit changed; nothing is kept."""
        ...

    def proposals(self) -> ToolResult: ...
    def pause(self, scope: PauseScope, name: str) -> ToolResult:
        """Stop an agent, a channel, a campaign or, with an empty name, all. In force until a
        person lifts it."""
        ...


class NoArguments(Record):
    pass


class WhyArguments(Record):
    subject: Annotated[str, Field(min_length=1, max_length=200)]


class WhatIfArguments(Record):
    limit: Annotated[str, Field(min_length=1, max_length=100)]
    value: Annotated[float, Field(ge=0)]


class PauseArguments(Record):
    scope: PauseScope
    name: Annotated[str, Field(max_length=200)]


Arguments: TypeAlias = NoArguments | WhyArguments | WhatIfArguments | PauseArguments

ARGUMENTS: Final[dict[ToolName, type[Arguments]]] = {
    "status": NoArguments,
    "waiting": NoArguments,
    "why": WhyArguments,
    "conflicts": NoArguments,
    "prices": NoArguments,
    "what_if": WhatIfArguments,
    "proposals": NoArguments,
    "pause": PauseArguments,
}
PURPOSES: Final[dict[ToolName, str]] = {
    "status": "how the newest run and everything proposed stand, by fate",
    "waiting": "packets that wait for a reviewer",
    "why": "why something was or was not done, for a contact id, decision id or e-mail address",
    "conflicts": "which proposals collided, by type, and what giving way cost",
    "prices": "what each shared limit costs, dearest first",
    "what_if": "what the newest run would have done were one limit another number",
    "proposals": "changes of programme that the agents ask for",
    "pause": "stop an agent, channel, campaign or all (name empty), only if the operator asks",
}
ACTING: Final[frozenset[ToolName]] = frozenset({"pause"})
"""Tools that change something. Each only tightens: it can stop, never start."""


class Declined(Record):
    """A call that was not made, and why."""

    reason: str


def read_arguments(name: str, arguments: object) -> tuple[ToolName, Arguments] | Declined:
    """A foreign tool call, read once: a known tool with arguments of its schema, or declined."""
    known = next((tool for tool in TOOL_NAMES if tool == name), None)
    if known is None:
        return Declined(reason=f"There is no tool {name[:60]!r}.")
    try:
        return known, ARGUMENTS[known].model_validate(arguments)
    except ValidationError as error:
        return Declined(reason=f"Tool {known}: {first_problem(error)[:300]}")


def perform(toolbox: Toolbox, name: ToolName, arguments: Arguments) -> ToolResult | Declined:
    """Call one tool. A request that is off comes back as declined; a broken world raises."""
    try:
        return _dispatch(toolbox, name, arguments)
    except (RefusedError, UsageError) as error:
        return Declined(reason=str(error))


def _dispatch(toolbox: Toolbox, name: ToolName, arguments: Arguments) -> ToolResult | Declined:
    match arguments:
        case WhyArguments():
            return toolbox.why(arguments.subject)
        case WhatIfArguments():
            return toolbox.what_if(arguments.limit, arguments.value)
        case PauseArguments():
            return toolbox.pause(arguments.scope, arguments.name)
        case NoArguments():
            return _read(toolbox, name)
        case _:
            assert_never(arguments)


def _read(toolbox: Toolbox, name: ToolName) -> ToolResult | Declined:
    match name:
        case "status":
            return toolbox.status()
        case "waiting":
            return toolbox.waiting()
        case "conflicts":
            return toolbox.conflicts()
        case "prices":
            return toolbox.prices()
        case "proposals":
            return toolbox.proposals()
        case "why" | "what_if" | "pause":
            return Declined(reason=f"Tool {name} needs arguments.")
        case _:
            assert_never(name)
