"""F44: the language model is down, slow, talks nonsense or wants too much. The rules go on."""

import json
from pathlib import Path

import pytest
from pydantic import SecretStr

from graph.answering import ChatAnswer
from graph.chat import ChatContext, open_chat
from graph.model_planning import LanguageModelPlanner
from tests.chat.model_server import CallTools, Hang, serve_model
from tests.chat.twins import ModelTwin, ToolboxTwin, step
from tools.llm.model import NoReply, Reply, make_model
from tools.llm.settings import ModelSettings

ROOT = Path(__file__).parents[2]
MOST_TOKENS = 64


def ask(model: ModelTwin, toolbox: ToolboxTwin, seconds: float = 60.0) -> ChatAnswer:
    planner = LanguageModelPlanner(model)
    context = ChatContext(toolbox=toolbox, planner=planner, seconds=seconds)
    return open_chat(context).ask("what is waiting?", "t")


@pytest.mark.parametrize(
    "reply",
    [
        NoReply("the model's endpoint can't be reached"),
        NoReply("the model took too long"),
        Reply("complete garbage"),
        Reply(json.dumps({"step": {"kind": "approve", "packet": "pk-11"}})),
        Reply(json.dumps({"step": {"kind": "pause", "scope": "all", "name": "all"}}) + "}"),
        step("what_if", limit="cap", value=-1),
        step("why"),
    ],
)
def test_F44_the_rules_go_on_and_nothing_comes_of_what_was_not_valid(
    reply: Reply | NoReply,
) -> None:
    toolbox, model = ToolboxTwin(), ModelTwin([reply])

    answer = ask(model, toolbox)

    assert toolbox.diary == [("waiting", ())]
    assert answer.text.startswith("Two packets wait.")
    assert answer.planner == "rules"
    assert answer.note.startswith("By rules, without the language model:")
    assert len(model.told) == 1  # having failed once, it is not asked again


def test_F44_a_model_that_wishes_a_pause_which_nobody_asked_for_pauses_nothing() -> None:
    toolbox = ToolboxTwin()
    ask(ModelTwin([step("pause", scope="all", name="all"), step("waiting")]), toolbox)
    assert "pause" not in {name for name, _ in toolbox.diary}


def test_F44_a_model_that_says_another_thing_each_time_gets_no_further_than_the_tools() -> None:
    script = [step("status"), step("why", subject="c-1"), step("prices"), Reply("?")]
    toolbox = ToolboxTwin()
    answer = ask(ModelTwin([*script]), toolbox)
    assert [name for name, _ in toolbox.diary][:3] == ["status", "why", "prices"]
    assert answer.planner == "rules"


def test_F44_what_one_message_may_spend_is_bounded_in_calls_tokens_and_time() -> None:
    toolbox = ToolboxTwin()
    with serve_model(CallTools((("status", "{}"),))) as server:
        settings = ModelSettings(
            model="loopback",
            base_url=server.base_url,
            api_key=SecretStr("k"),
            timeout_seconds=5.0,
            max_tokens=MOST_TOKENS,
            strategy="function_calling",
        )
        planner = LanguageModelPlanner(make_model(settings))
        open_chat(ChatContext(toolbox=toolbox, planner=planner)).ask("go on for ever", "t")

    assert len(toolbox.diary) == 6
    assert len(server.bodies) <= 7
    asked = [body.get("max_tokens", body.get("max_completion_tokens")) for body in server.bodies]
    assert asked == [MOST_TOKENS] * len(server.bodies)


def test_F44_a_slow_model_uses_up_its_time_once() -> None:
    toolbox = ToolboxTwin()
    with serve_model(Hang()) as server:
        settings = ModelSettings(
            model="loopback",
            base_url=server.base_url,
            api_key=None,
            timeout_seconds=0.2,
            strategy="json_schema",
        )
        planner = LanguageModelPlanner(make_model(settings))
        context = ChatContext(toolbox=toolbox, planner=planner, seconds=0.1)
        answer = open_chat(context).ask("what is waiting?", "t")
    assert len(server.bodies) == 1
    assert "took too long" in answer.note
    assert toolbox.diary == [("waiting", ())]


def test_F44_no_run_asks_a_model_so_none_can_change_a_decision() -> None:
    asks = {
        str(file.relative_to(ROOT))
        for room in ("domain", "policies", "tools", "agents", "graph", "app")
        for file in (ROOT / room).rglob("*.py")
        if "tools.llm" in file.read_text()
    }
    assert {one for one in asks if not one.startswith("tools/llm/")} == {
        "app/conversing.py",
        "graph/model_planning.py",
    }
