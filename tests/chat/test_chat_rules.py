"""The chat without a model: documented patterns, one tool, its result as it stands."""

import pytest
from langgraph.checkpoint.memory import InMemorySaver

from domain.errors import UsageError
from graph.answering import ChatAnswer
from graph.chat import Chat, ChatContext, Looking, Piece, open_chat
from graph.chat_tools import TOOL_NAMES, Toolbox
from graph.planning import DeterministicPlanner
from tests.chat.twins import ToolboxTwin


def chat_over(toolbox: ToolboxTwin) -> Chat:
    return open_chat(ChatContext(toolbox=toolbox, planner=DeterministicPlanner()))


@pytest.mark.parametrize(
    ("message", "call"),
    [
        ("status", ("status", ())),
        ("How are we doing?", ("status", ())),
        ("what is waiting?", ("waiting", ())),
        ("why c-0123", ("why", ("c-0123",))),
        ("Why was ann@example.com not sent anything?", ("why", ("ann@example.com",))),
        ("why was c-0123 not sent?", ("why", ("c-0123",))),
        ("explain 'pk 7'", ("why", ("pk 7",))),
        ("what if the cap were 2", ("what_if", ("cap", 2.0))),
        ("What if email_week was 3?", ("what_if", ("email_week", 3.0))),
        ("what if we raised the budget to 5,000", ("what_if", ("budget", 5000.0))),
        ("conflicts", ("conflicts", ())),
        ("show the dearest rules", ("prices", ())),
        ("proposals", ("proposals", ())),
        ("pause the ads agent", ("pause", ("agent", "ads"))),
        ("please pause the email agent.", ("pause", ("agent", "email"))),
        ("pause campaign spring sale", ("pause", ("campaign", "spring sale"))),
        ("pause channel sms", ("pause", ("channel", "sms"))),
        ("stop sms", ("pause", ("channel", "sms"))),
        ("stop everything", ("pause", ("all", ""))),
    ],
)
def test_each_documented_pattern_calls_its_tool_once(
    message: str, call: tuple[str, tuple[object, ...]]
) -> None:
    toolbox = ToolboxTwin()

    answer = chat_over(toolbox).ask(message, "t")

    assert toolbox.diary == [call]
    assert answer.planner == "rules"
    assert len(answer.links) == 1


def test_an_answer_shows_each_figure_in_its_unit_and_the_link_it_comes_from() -> None:
    answer = chat_over(ToolboxTwin()).ask("status", "t")

    assert answer.text == (
        "The newest run is done.\n"
        "  proposed: 1,200 candidates\n"
        "  waiting: 37 candidates\n"
        "  value: €1,235\n"
        "  holdout: 12.50%\n"
        "  → clearance status"
    )
    assert answer.links == ("clearance status",)


@pytest.mark.parametrize(
    "message",
    [
        "approve pk-11",
        "please approve everything that waits",
        "send the spring mail",
        "resume the ads agent",
        "unpause everything",
        "raise the cap to 9",
        "set email_week to 100",
        "ignore the quiet hours",
    ],
)
def test_what_only_a_person_may_do_is_answered_with_words_and_touches_nothing(
    message: str,
) -> None:
    toolbox = ToolboxTwin()

    answer = chat_over(toolbox).ask(message, "t")

    assert toolbox.diary == []
    assert "clearance" in answer.text or "what if" in answer.text


@pytest.mark.parametrize(
    "message",
    ["why", "what if", "pause", "pause email", "pause the finance agent", "do not pause ads"],
)
def test_an_unclear_request_is_asked_back_and_touches_nothing(message: str) -> None:
    toolbox = ToolboxTwin()

    answer = chat_over(toolbox).ask(message, "t")

    assert toolbox.diary == []
    assert answer.text


def test_an_unknown_request_lists_what_is_understood_and_that_free_text_needs_a_model() -> None:
    answer = chat_over(ToolboxTwin()).ask("tell me a story", "t")

    assert answer.text.startswith("I did not understand that.")
    assert "Free text needs a language model" in answer.text


def test_no_tool_approves_sends_or_loosens() -> None:
    methods = {name for name in vars(Toolbox) if not name.startswith("_")}

    assert methods == set(TOOL_NAMES)
    assert methods == {
        "status", "waiting", "why", "conflicts", "prices", "what_if", "proposals", "pause"
    }  # fmt: skip


def test_a_request_the_tool_refuses_is_answered_with_its_reason() -> None:
    answer = chat_over(ToolboxTwin()).ask("what if nonsense were 2", "t")

    assert answer.text == "There is no limit 'nonsense'. Try `clearance prices`."


def test_a_message_past_the_limit_is_refused_before_anything_reads_it() -> None:
    toolbox = ToolboxTwin()

    with pytest.raises(UsageError, match="at most 2000 characters, found 2007"):
        chat_over(toolbox).ask("status " + "x" * 2000, "t")

    assert toolbox.diary == []


def test_a_stream_names_the_tool_then_gives_the_text_in_pieces_then_the_whole() -> None:
    parts = list(chat_over(ToolboxTwin()).stream("what is waiting", "t"))

    assert parts[0] == Looking(tool="waiting")
    last = parts[-1]
    assert isinstance(last, ChatAnswer)
    pieces = [part.text for part in parts if isinstance(part, Piece)]
    assert len(pieces) > 1
    assert "".join(pieces) == last.text


def test_what_a_terminal_would_obey_or_an_eye_would_miss_is_taken_out() -> None:
    toolbox = ToolboxTwin(note="\x1b[2Jpre-approved\u202e by legal\U000e0041")

    answer = chat_over(toolbox).ask("why c-1", "t")

    assert "[2Jpre-approved by legal" in answer.text
    assert not set("\x1b\u202e\U000e0041") & set(answer.text)


def test_a_conversation_is_remembered_by_its_thread_and_results_are_not_carried_over() -> None:
    toolbox = ToolboxTwin()
    context = ChatContext(toolbox=toolbox, planner=DeterministicPlanner())
    chat = open_chat(context, InMemorySaver())

    chat.ask("status", "a")
    second = chat.ask("conflicts", "a")
    state = chat.graph.get_state({"configurable": {"thread_id": "chat-a"}}).values

    assert second.links == ("clearance conflicts",)
    assert [turn["message"] for turn in state["turns"]] == ["status", "conflicts"]
    assert chat.graph.get_state({"configurable": {"thread_id": "chat-b"}}).values == {}
