"""The operator's chat: plan, call a tool, plan again, answer; each figure checked on its way."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, TypedDict, cast

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime
from langgraph.types import Command

from domain.errors import UsageError
from domain.record import Record
from graph.answering import ChatAnswer, answer_of, checked
from graph.chat_tools import Declined, PauseArguments, Toolbox, ToolName, ToolResult, perform
from graph.planning import CallTool, History, Planner, Turn, read_plan
from graph.requests import LONGEST, asks_to_pause
from tools.clock import stopwatch

KEPT_TURNS = 8


@dataclass(frozen=True)
class ChatContext:
    """Who plans, what it can reach, and how far one turn may go."""

    toolbox: Toolbox
    planner: Planner
    steps: int = 6
    """Tool calls that one message may cause."""
    seconds: float = 60.0
    """Planning time after which the rules take over."""


class ChatState(TypedDict):
    message: str
    turns: list[dict[str, Any]]
    plan: dict[str, Any]
    results: list[dict[str, Any]]
    declined: list[str]
    steps: int
    seconds: float
    note: str
    answer: dict[str, Any]


class Asked(TypedDict):
    """What a new message sets; earlier turns stay."""

    message: str
    results: list[dict[str, Any]]
    declined: list[str]
    steps: int
    seconds: float
    note: str


ChatGraph = CompiledStateGraph[ChatState, ChatContext, Asked, ChatState]


class Looking(Record):
    """The chat calls a tool."""

    tool: ToolName


class Piece(Record):
    """The next piece of the answer's text, checked already."""

    text: str


def plan(state: ChatState, runtime: Runtime[ChatContext]) -> Command[Literal["act", "answer"]]:
    started = stopwatch()
    history = _history(state, runtime.context)
    planned = runtime.context.planner.plan(state["message"], history)
    step = checked(planned, state["message"], history)
    goes_on = isinstance(step, CallTool) and state["steps"] < runtime.context.steps
    spent = state["seconds"] + stopwatch() - started
    update = {"plan": step.model_dump(mode="json"), "note": step.note, "seconds": spent}
    return Command(goto="act" if goes_on else "answer", update=update)


def act(state: ChatState, runtime: Runtime[ChatContext]) -> Command[Literal["plan"]]:
    call = read_plan(state["plan"])
    assert isinstance(call, CallTool)
    runtime.stream_writer(Looking(tool=call.name))
    found = _refused(call, state["message"]) or perform(
        runtime.context.toolbox, call.name, call.arguments
    )
    return Command(goto="plan", update={"steps": state["steps"] + 1, **_noted(state, found)})


def answer(state: ChatState, runtime: Runtime[ChatContext]) -> dict[str, Any]:
    said = answer_of(read_plan(state["plan"]), _results(state))
    for line in said.text.splitlines(keepends=True):
        runtime.stream_writer(Piece(text=line))
    turn = Turn(message=state["message"], answer=said.text).model_dump(mode="json")
    turns = [*state.get("turns", []), turn][-KEPT_TURNS:]
    return {"answer": said.model_dump(mode="json"), "turns": turns}


def _refused(call: CallTool, message: str) -> Declined | None:
    """A pause needs the operator's own words: whatever a model read elsewhere, it can't wish."""
    if isinstance(call.arguments, PauseArguments) and not asks_to_pause(message, call.arguments):
        return Declined(reason="To pause, name it yourself, such as: pause the ads agent.")
    return None


def _noted(state: ChatState, found: ToolResult | Declined) -> dict[str, Any]:
    if isinstance(found, Declined):
        return {"declined": [*state["declined"], found.reason]}
    return {"results": [*state["results"], found.model_dump(mode="json")]}


def _results(state: ChatState) -> tuple[ToolResult, ...]:
    return tuple(ToolResult.model_validate(row, strict=False) for row in state["results"])


def _history(state: ChatState, context: ChatContext) -> History:
    return History(
        turns=tuple(Turn.model_validate(turn) for turn in state.get("turns", [])),
        results=_results(state),
        declined=tuple(state["declined"]),
        seconds_left=context.seconds - state["seconds"],
        note=state["note"],
    )


def build(saver: BaseCheckpointSaver[str] | None = None) -> ChatGraph:
    graph = StateGraph(ChatState, context_schema=ChatContext, input_schema=Asked)
    graph.add_node("plan", plan)
    graph.add_node("act", act)
    graph.add_node("answer", answer)
    graph.add_edge(START, "plan")
    return graph.compile(checkpointer=saver)


@dataclass(frozen=True)
class Chat:
    """Conversations with the meta-agent, one thread each; without a saver none is remembered."""

    graph: ChatGraph
    context: ChatContext

    def ask(self, message: str, thread: str) -> ChatAnswer:
        """The answer to one message. Raises UsageError where the message is too long."""
        *_, last = self.stream(message, thread)
        assert isinstance(last, ChatAnswer)
        return last

    def stream(self, message: str, thread: str) -> Iterator[Looking | Piece | ChatAnswer]:
        """Each tool as it is called, the checked answer piece by piece, then the answer whole."""
        parts = self.graph.stream(
            _asked(message),
            _config(thread),
            context=self.context,
            stream_mode=["custom", "values"],
        )
        final: Any = None
        for mode, part in parts:
            if mode == "custom":
                yield cast(Looking | Piece, part)
            else:
                final = part
        yield ChatAnswer.model_validate(final["answer"], strict=False)


def open_chat(context: ChatContext, saver: BaseCheckpointSaver[str] | None = None) -> Chat:
    return Chat(build(saver), context)


def _asked(message: str) -> Asked:
    if len(message) > LONGEST:
        raise UsageError(
            f"Expected a message of at most {LONGEST} characters, found {len(message)}.",
            "Ask for one thing at a time.",
        )
    return Asked(message=message, results=[], declined=[], steps=0, seconds=0.0, note="")


def _config(thread: str) -> RunnableConfig:
    return {"configurable": {"thread_id": f"chat-{thread}"}}
