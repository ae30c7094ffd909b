"""The chat over a real HTTP endpoint on loopback: streaming, tool calls, and every way to fail."""

import gzip
import json

import pytest
from pydantic import SecretStr

from graph.answering import ChatAnswer
from graph.chat import ChatContext, open_chat
from graph.model_planning import LanguageModelPlanner
from tests.chat.model_server import (
    Act,
    CallTools,
    Hang,
    ModelServer,
    Raw,
    Say,
    Status,
    Trickle,
    serve_model,
)
from tests.chat.twins import ToolboxTwin
from tools.llm.model import make_model
from tools.llm.settings import ModelSettings, Strategy


def settings(server: ModelServer, strategy: Strategy, timeout: float = 5.0) -> ModelSettings:
    return ModelSettings(
        model="loopback",
        base_url=server.base_url,
        api_key=SecretStr("canary-key"),
        timeout_seconds=timeout,
        max_bytes=100_000,
        strategy=strategy,
    )


def ask(
    server: ModelServer,
    message: str,
    toolbox: ToolboxTwin,
    strategy: Strategy = "function_calling",
    timeout: float = 5.0,
) -> ChatAnswer:
    planner = LanguageModelPlanner(make_model(settings(server, strategy, timeout)))
    return open_chat(ChatContext(toolbox=toolbox, planner=planner)).ask(message, "t")


def json_step(kind: str, **arguments: object) -> Say:
    return Say(json.dumps({"step": {"kind": kind, **arguments}}))


def test_by_tool_calling_a_model_calls_a_tool_then_words_the_answer() -> None:
    toolbox = ToolboxTwin()
    script = (CallTools((("why", '{"subject": "c-0123"}'),)), Say("c-0123 lost by €2.50."))

    with serve_model(*script) as server:
        answer = ask(server, "what about c-0123, my friend?", toolbox)

    assert toolbox.diary == [("why", ("c-0123",))]
    assert answer.text.startswith("c-0123 lost by €2.50.\n\n— c-0123 lost to a call")
    assert (answer.planner, answer.note) == ("model loopback", "")
    assert answer.links == ("clearance explain c-0123",)
    assert [body["stream"] for body in server.bodies] == [True, True]
    assert len(server.bodies[0]["tools"]) == 8


def test_by_json_schema_a_model_calls_a_tool_then_words_the_answer() -> None:
    toolbox = ToolboxTwin()
    script = (json_step("status"), json_step("answer", text="1,200 were proposed."))

    with serve_model(*script) as server:
        answer = ask(server, "tell me about today", toolbox, "json_schema")

    assert toolbox.diary == [("status", ())]
    assert answer.text.startswith("1,200 were proposed.")
    assert answer.planner == "model loopback"
    assert server.bodies[0]["response_format"]["type"] == "json_schema"


def test_a_model_may_ask_back() -> None:
    with serve_model(json_step("clarify", text="Which contact do you mean?")) as server:
        answer = ask(server, "and him?", ToolboxTwin(), "json_schema")

    assert answer.text.startswith("Which contact do you mean?")


@pytest.mark.parametrize(
    ("act", "why"),
    [
        (Status(500), "answered 500"),
        (Status(429), "answered 429"),
        (Status(401), "answered 401"),
        (Raw(b"data: {broken\n\n"), "malformed"),
        (Raw(b'data: {"choices": null}\n\n'), "unfinished"),
        (Raw(b'data: {"choices": [{"delta": 7}]}\n\n'), "malformed"),
        (Raw(b"data: [1, 2]\n\n"), "malformed"),
        (Raw(b"\xff\xfe\x00"), "malformed"),
        (Raw(b""), "malformed"),
        (Raw(b"data: " + b"x" * 10_000_000), "longer than 100000 bytes"),
        (Raw(gzip.compress(b"data: [DONE]\n\n"), "gzip"), "compressed"),
        (CallTools((("approve", "{}"),)), "no tool 'approve'"),
        (CallTools((("why", '{"who": "c-1"}'),)), "`who` is not a known key"),
        (CallTools((("what_if", '{"limit": "cap", "value": "2"}'),)), "valid number"),
        (CallTools((("what_if", '{"limit": "cap", "value": -2}'),)), "greater than or equal"),
        (CallTools((("pause", '{"scope": "world", "name": ""}'),)), "`scope`"),
        (CallTools((("status", "{not json"),)), "malformed"),
        (CallTools((("what_if", '{"limit": "cap", "value": 2'),)), "malformed"),
        (CallTools((("status", '{"extra": 1}'),)), "`extra` is not a known key"),
    ],
)
def test_a_model_that_fails_is_replaced_by_the_rules_which_say_so(act: Act, why: str) -> None:
    toolbox = ToolboxTwin()

    with serve_model(act) as server:
        answer = ask(server, "what is waiting?", toolbox)

    assert toolbox.diary == [("waiting", ())]
    assert answer.text.startswith("Two packets wait.")
    assert answer.planner == "rules"
    assert answer.note.startswith("By rules, without the language model:")
    assert why in answer.note
    assert len(server.bodies) == 1


@pytest.mark.parametrize("act", [Hang(), Trickle(0.05, 40)])
def test_a_model_that_never_ends_is_cut_off(act: Act) -> None:
    with serve_model(act) as server:
        answer = ask(server, "status", ToolboxTwin(), timeout=0.3)

    assert "took too long" in answer.note
    assert answer.text.startswith("The newest run is done.")


def test_an_endpoint_that_is_not_there_is_replaced_by_the_rules() -> None:
    with serve_model(Hang()) as server:
        pass

    answer = ask(server, "status", ToolboxTwin())

    assert "can't be reached" in answer.note


@pytest.mark.parametrize("text", ["no json", '{"step": 7}', '{"step": {"kind": "send"}}', "[]"])
def test_an_answer_out_of_form_is_replaced_by_the_rules(text: str) -> None:
    with serve_model(Say(text)) as server:
        answer = ask(server, "status", ToolboxTwin(), "json_schema")

    assert answer.planner == "rules"
    assert answer.note


def test_an_endless_tool_loop_ends_after_six_calls() -> None:
    toolbox = ToolboxTwin()

    with serve_model(CallTools((("status", "{}"),))) as server:
        answer = ask(server, "please go on", toolbox)

    assert len(toolbox.diary) == 6
    assert "Stopped here" in answer.note
    assert answer.text.startswith("The newest run is done.")


def test_the_key_goes_to_the_endpoint_and_is_shown_nowhere() -> None:
    with serve_model(Say("All quiet.")) as server:
        held = settings(server, "function_calling")
        model = make_model(held)
        answer = ask(server, "hello", ToolboxTwin())

    assert server.keys == ["Bearer canary-key"]
    shown = f"{held!r} {held.model_dump()} {model!r} {answer!r} {server.bodies}"
    assert "canary-key" not in shown
