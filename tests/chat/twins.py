"""Hand-made twins of what the chat stands on: a toolbox with a diary, and a scripted model."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from domain.errors import UsageError
from graph.chat_tools import Figure, PauseScope, ToolResult
from tools.llm.model import Message, NoReply, Reply, ToolForm
from tools.llm.settings import Strategy


@dataclass
class ToolboxTwin:
    """A small world with fixed figures; `diary` holds every call that reached it."""

    note: str = "asked for a call back"
    diary: list[tuple[str, tuple[object, ...]]] = field(default_factory=list)

    def status(self) -> ToolResult:
        self.diary.append(("status", ()))
        return ToolResult(
            tool="status",
            link="clearance status",
            summary="The newest run is done.",
            figures=(
                Figure(name="proposed", value=1200, unit="candidates"),
                Figure(name="waiting", value=37, unit="candidates"),
                Figure(name="value", value=123456, unit="EUR"),
                Figure(name="holdout", value=0.125, unit="share"),
            ),
        )

    def waiting(self) -> ToolResult:
        self.diary.append(("waiting", ()))
        return ToolResult(
            tool="waiting",
            link="clearance review list",
            summary="Two packets wait.",
            figures=(Figure(name="packets", value=2, unit="packets"),),
            rows=({"packet": "pk-11", "contacts": 30}, {"packet": "pk-12", "contacts": 7}),
        )

    def why(self, subject: str) -> ToolResult:
        self.diary.append(("why", (subject,)))
        return ToolResult(
            tool="why",
            link=f"clearance explain {subject}",
            summary=f"{subject} lost to a call that is worth more.",
            figures=(Figure(name="difference", value=250, unit="EUR"),),
            rows=({"contact": subject, "note": self.note},),
        )

    def conflicts(self) -> ToolResult:
        self.diary.append(("conflicts", ()))
        figure = Figure(name="conflicts", value=5, unit="conflicts")
        return _plain("conflicts", "clearance conflicts", "Five collided.", figure)

    def prices(self) -> ToolResult:
        self.diary.append(("prices", ()))
        figure = Figure(name="email_week", value=90, unit="EUR")
        return _plain("prices", "clearance prices", "One limit binds.", figure)

    def what_if(self, limit: str, value: float) -> ToolResult:
        self.diary.append(("what_if", (limit, value)))
        if limit == "nonsense":
            raise UsageError("There is no limit 'nonsense'.", "Try `clearance prices`.")
        figure = Figure(name="change of value", value=-4200, unit="EUR")
        link = "clearance run --dry"
        return _plain("what_if", link, f"{limit} at {value:g} costs.", figure)

    def proposals(self) -> ToolResult:
        self.diary.append(("proposals", ()))
        return _plain("proposals", "clearance status", "None is filed.", None)

    def pause(self, scope: PauseScope, name: str) -> ToolResult:
        self.diary.append(("pause", (scope, name)))
        said = f"Paused: {scope} {name}".strip() + "."
        return _plain("pause", "clearance status", said, None)


def _plain(tool: str, link: str, summary: str, figure: Figure | None) -> ToolResult:
    figures = (figure,) if figure else ()
    return ToolResult(tool=tool, link=link, summary=summary, figures=figures)


@dataclass
class ModelTwin:
    """Gives the scripted replies in turn, the last one for ever; keeps what it was told."""

    script: list[Reply | NoReply]
    strategy: Strategy = "json_schema"
    name: str = "twin"
    told: list[list[Message]] = field(default_factory=list)

    def answer_in(self, messages: Sequence[Message], schema: dict[str, Any]) -> Reply | NoReply:
        return self._next(messages)

    def answer_with(
        self, messages: Sequence[Message], tools: Sequence[ToolForm]
    ) -> Reply | NoReply:
        return self._next(messages)

    def _next(self, messages: Sequence[Message]) -> Reply | NoReply:
        self.told.append(list(messages))
        return self.script[min(len(self.told), len(self.script)) - 1]


def step(kind: str, **arguments: object) -> Reply:
    """A reply in the form of the step schema."""
    return Reply(json.dumps({"step": {"kind": kind, **arguments}}))
