"""Planning a turn of the chat: which tool to call next, or what to answer."""

from dataclasses import dataclass
from typing import Annotated, Literal, Protocol, TypeAlias, assert_never

from pydantic import Field, TypeAdapter

from domain.record import Record
from graph.chat_tools import Arguments, ToolName, ToolResult
from graph.rendering import render
from graph.requests import Asked, Call, Theirs, Unclear, Unknown, read_request

RULES: Literal["rules"] = "rules"
"""Name of the planner that needs no model."""

HELP = """I understand:
  status                              how the newest run stands
  what is waiting                     packets that wait for a reviewer
  why C-0123 | why ann@example.com    why something was or was not done
  conflicts                           which proposals collided
  prices                              what each shared limit costs
  proposals                           changes of programme the agents ask for
  what if LIMIT were NUMBER           the newest run solved again, nothing kept
  pause the ads agent | pause campaign NAME | pause channel NAME | stop everything
I read, and I can stop things. Approving, sending, resuming and loosening are a person's commands.
Free text needs a language model: see docs/chat.md."""


class CallTool(Record):
    kind: Literal["call_tool"] = "call_tool"
    name: ToolName
    arguments: Arguments
    planner: str
    note: str = ""


class Answer(Record):
    kind: Literal["answer"] = "answer"
    text: str
    planner: str
    note: str = ""
    """What the operator must know of how it came about, such as a model that did not answer."""


class Clarify(Record):
    kind: Literal["clarify"] = "clarify"
    text: str
    planner: str
    note: str = ""


Plan: TypeAlias = Annotated[CallTool | Answer | Clarify, Field(discriminator="kind")]


_PLAN: TypeAdapter[CallTool | Answer | Clarify] = TypeAdapter(Plan)


def read_plan(stored: object) -> Plan:
    """A plan as a state keeps it."""
    return _PLAN.validate_python(stored, strict=False)


class Turn(Record):
    """One exchange that is over."""

    message: str
    answer: str


@dataclass(frozen=True)
class History:
    """What a planner may know: earlier turns, and what this turn's tools found so far."""

    turns: tuple[Turn, ...] = ()
    results: tuple[ToolResult, ...] = ()
    declined: tuple[str, ...] = ()
    """Calls of this turn that were not made, each with its reason."""
    seconds_left: float = 60.0
    note: str = ""
    """Why this turn already fell back to the rules; empty where it did not."""


class Planner(Protocol):
    def plan(self, message: str, history: History) -> Plan:
        """The next step of this turn."""
        ...


class DeterministicPlanner:
    """The documented patterns of docs/chat.md: one tool, then its result as it stands."""

    def plan(self, message: str, history: History) -> Plan:
        if history.results:
            return Answer(text=render(history.results), planner=RULES)
        if history.declined:
            return Answer(text=history.declined[-1], planner=RULES)
        return _step(read_request(message))


def _step(asked: Asked) -> Plan:
    match asked:
        case Call():
            return CallTool(name=asked.tool, arguments=asked.arguments, planner=RULES)
        case Theirs():
            return Answer(text=asked.text, planner=RULES)
        case Unclear():
            return Clarify(text=asked.text, planner=RULES)
        case Unknown():
            told = "" if asked.help else "I did not understand that. "
            return Answer(text=told + HELP, planner=RULES)
        case _:
            assert_never(asked)
