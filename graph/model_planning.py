"""Planning with a language model: it chooses a tool or words; everything it says is checked."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from string import Template
from typing import Any, Final, cast

from domain.canonical import canonical
from graph.chat_tools import ARGUMENTS, PURPOSES, TOOL_NAMES, Declined, read_arguments
from graph.planning import Answer, CallTool, Clarify, DeterministicPlanner, History, Plan, Planner
from graph.rendering import plain
from tools.llm.model import LanguageModel, Message, NoReply, Reply, ToolForm

LONGEST_TEXT: Final = 4000
"""Characters of a model's answer, and of one piece of context it is given."""
EARLIER_TURNS: Final = 4
PROMPT_FILE = Path(__file__).with_name("chat_prompt.md")


@dataclass(frozen=True)
class LanguageModelPlanner:
    """Asks the model; falls back to the rules, and says so, where no usable step comes back."""

    model: LanguageModel
    steps: int = 6
    rules: Planner = field(default_factory=DeterministicPlanner)

    @property
    def name(self) -> str:
        return f"model {self.model.name}"

    def plan(self, message: str, history: History) -> Plan:
        if history.note:
            return self._by_rules(message, history, history.note)
        if history.seconds_left <= 0:
            return self._by_rules(message, history, "the time for this answer is used up")
        reply = self._ask(messages_for(message, history, self.steps))
        step = self._read(reply) if isinstance(reply, Reply) else reply.reason
        return self._by_rules(message, history, step) if isinstance(step, str) else step

    def _ask(self, messages: Sequence[Message]) -> Reply | NoReply:
        if self.model.strategy == "json_schema":
            return self.model.answer_in(messages, step_schema())
        return self.model.answer_with(messages, tool_forms())

    def _read(self, reply: Reply) -> Plan | str:
        """The step it means, read once; or a sentence why there is none."""
        if self.model.strategy == "json_schema":
            return self._from_json(reply.text)
        if not reply.calls:
            return self._words("answer", reply.text)
        return self._call(*reply.calls[0])  # one step at a time: further calls are asked again

    def _from_json(self, text: str) -> Plan | str:
        try:
            step = json.loads(text)["step"]
            kind = step["kind"]
            if kind in ("answer", "clarify"):
                return self._words(kind, str(step["text"]))
            return self._call(str(kind), {name: step[name] for name in step if name != "kind"})
        except (ValueError, TypeError, LookupError, RecursionError):
            return "the model's answer is not of the agreed form"

    def _call(self, name: str, arguments: object) -> Plan | str:
        read = read_arguments(name, arguments)
        if isinstance(read, Declined):
            return f"the model asked for what there is not: {read.reason}"
        return CallTool(name=read[0], arguments=read[1], planner=self.name)

    def _words(self, kind: str, text: str) -> Plan | str:
        said = plain(text[:LONGEST_TEXT]).strip()
        if not said:
            return "the model's answer is empty"
        made = Clarify if kind == "clarify" else Answer
        return made(text=said, planner=self.name)

    def _by_rules(self, message: str, history: History, why: str) -> Plan:
        step = self.rules.plan(message, history)
        note = plain(f"By rules, without the language model: {why}".removesuffix(".") + ".")
        return step.model_copy(update={"note": history.note or note})


def messages_for(message: str, history: History, steps: int) -> list[Message]:
    """The rules, what was said and found so far as labelled data, and the operator's message."""
    asked: list[Message] = [{"role": "system", "content": prompt(steps)}]
    for turn in history.turns[-EARLIER_TURNS:]:
        asked.append({"role": "user", "content": turn.message[:LONGEST_TEXT]})
        asked.append({"role": "assistant", "content": data("earlier answer", turn.answer)})
    asked.append({"role": "user", "content": message[:LONGEST_TEXT]})
    found = [data(f"tool {result.tool}", canonical(result)) for result in history.results]
    found += [data("call not made", reason) for reason in history.declined]
    if found:
        asked.append({"role": "user", "content": "Results so far:\n" + "\n".join(found)})
    return asked


def data(source: str, text: str) -> str:
    """Text from outside, labelled; it can't close its label, for its angle brackets are escaped."""
    safe = plain(text[:LONGEST_TEXT]).replace("<", "\\u003c").replace(">", "\\u003e")
    return f'<data source="{source}">{safe}</data>'


def prompt(steps: int) -> str:
    tools = "\n".join(f"- {name}: {PURPOSES[name]}" for name in TOOL_NAMES)
    return Template(PROMPT_FILE.read_text(encoding="utf-8")).substitute(tools=tools, steps=steps)


def tool_forms() -> tuple[ToolForm, ...]:
    return tuple(
        ToolForm(
            name=name,
            purpose=PURPOSES[name],
            schema_of_arguments=_object(_properties(name)),
        )
        for name in TOOL_NAMES
    )


def step_schema() -> dict[str, Any]:
    """JSON schema of one step: an object whose `step` is one of the calls, or words."""
    calls = [_object({"kind": _only(name)} | _properties(name)) for name in TOOL_NAMES]
    text = {"text": {"type": "string"}}
    words = [_object({"kind": _only(kind)} | text) for kind in ("answer", "clarify")]
    return _object({"step": {"anyOf": [*calls, *words]}})


def _properties(name: str) -> dict[str, Any]:
    """Names, types and choices only: endpoints differ in what else they understand."""
    fields = ARGUMENTS[cast(Any, name)].model_json_schema()["properties"]
    return {
        key: {word: value[word] for word in ("type", "enum") if word in value}
        for key, value in fields.items()
    }


def _only(value: str) -> dict[str, Any]:
    return {"type": "string", "enum": [value]}


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
