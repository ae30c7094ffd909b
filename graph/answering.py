"""What the operator reads at the end of a turn, and the check that stands before it."""

from collections.abc import Sequence

from domain.record import Record
from graph.chat_tools import ACTING, ToolResult
from graph.grounding import unfounded
from graph.planning import RULES, CallTool, DeterministicPlanner, History, Plan
from graph.rendering import plain, render, sources


class ChatAnswer(Record):
    """An answer, the commands under which its figures stand, and who worded it."""

    text: str
    links: tuple[str, ...]
    planner: str
    note: str
    """What came in the way, such as a model that did not answer; empty where nothing did."""

    def __str__(self) -> str:
        return f"{self.text}\n({self.note})" if self.note else self.text


def checked(step: Plan, message: str, history: History) -> Plan:
    """The step as planned, or the rules' own where a model states what no tool found."""
    if isinstance(step, CallTool) or step.planner == RULES:
        return step
    piece = unfounded(step.text, history.results)
    if piece is None:
        return step
    note = plain(f"The model wrote {piece[:40]!r}, which no tool found; by rules instead.")
    instead = DeterministicPlanner().plan(message, history)
    return instead.model_copy(update={"note": note})


def answer_of(step: Plan, results: Sequence[ToolResult]) -> ChatAnswer:
    """The answer of a turn that ends with this step."""
    links = tuple(dict.fromkeys(result.link for result in results))
    if isinstance(step, CallTool):
        text = render(results) or "Nothing was found."
        note = step.note or "Stopped here: one message may cause only so many tool calls."
        return ChatAnswer(text=text, links=links, planner=RULES, note=note)
    text = plain(step.text)
    if step.planner != RULES:
        text = f"{text}\n\n{_grounds(results)}"
    return ChatAnswer(text=text, links=links, planner=step.planner, note=step.note)


def _grounds(results: Sequence[ToolResult]) -> str:
    """Under a model's words: what the tools said in ours, and that nothing was changed, so that a
    model that claims a deed is contradicted where it stands."""
    changed = any(result.tool in ACTING for result in results)
    lines = [sources(results), "" if changed else "Nothing was changed."]
    return "\n".join(line for line in lines if line)
