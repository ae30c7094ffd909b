"""Asking a language model: one question, one whole answer, or a sentence why there is none."""

import json
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypedDict

from domain.record import Record
from tools.clock import stopwatch
from tools.llm.settings import ModelSettings, Strategy

if TYPE_CHECKING:
    from langchain_openai import ChatOpenAI


class Message(TypedDict):
    role: Literal["system", "user", "assistant"]
    content: str


class ToolForm(Record):
    """What a model may call: a name, what it is for, and the JSON schema of its arguments."""

    name: str
    purpose: str
    schema_of_arguments: dict[str, Any]


@dataclass(frozen=True)
class Reply:
    """What the model said, unread: text, and tool calls as (name, arguments)."""

    text: str
    calls: tuple[tuple[str, object], ...] = ()


@dataclass(frozen=True)
class NoReply:
    """No usable answer came, and why, in words an operator can act on."""

    reason: str


class LanguageModel(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def strategy(self) -> Strategy: ...
    def answer_in(self, messages: Sequence[Message], schema: dict[str, Any]) -> Reply | NoReply:
        """The answer as JSON text of that schema (a request, not a promise: validate it)."""
        ...

    def answer_with(
        self, messages: Sequence[Message], tools: Sequence[ToolForm]
    ) -> Reply | NoReply:
        """The answer as text or calls of those tools."""
        ...


@dataclass(frozen=True)
class OpenAiModel:
    """Any endpoint that speaks `/v1/chat/completions`, read as a stream within the bounds."""

    client: "ChatOpenAI"
    name: str
    strategy: Strategy

    def answer_in(self, messages: Sequence[Message], schema: dict[str, Any]) -> Reply | NoReply:
        form = {"type": "json_schema", "json_schema": {"name": "step", "schema": schema}}
        return self._ask(messages, {"response_format": form})

    def answer_with(
        self, messages: Sequence[Message], tools: Sequence[ToolForm]
    ) -> Reply | NoReply:
        return self._ask(messages, {"tools": [_function(tool) for tool in tools]})

    def _ask(self, messages: Sequence[Message], options: dict[str, Any]) -> Reply | NoReply:
        """Every way in which a foreign endpoint can fail is named here and nowhere else.

        Beside the client's own errors these are the ones that its parsing raises on JSON that is
        broken (ValueError) or has another shape (the other three).
        """
        import httpx2
        import openai
        from langchain_core.messages import AIMessageChunk, BaseMessageChunk

        whole: BaseMessageChunk = AIMessageChunk(content="")
        try:
            with warnings.catch_warnings():  # the client warns of odd shapes; we refuse them
                warnings.filterwarnings("ignore", "Pydantic serializer warnings", UserWarning)
                for chunk in self.client.stream([dict(message) for message in messages], **options):
                    whole = whole + chunk
            return _reply(whole)
        except openai.APIStatusError as error:
            return NoReply(f"the model's endpoint answered {error.status_code}")
        except (openai.APITimeoutError, httpx2.TimeoutException):
            return NoReply("the model took too long")
        except openai.APIConnectionError as error:
            return NoReply(f"the model's endpoint can't be reached: {_root(error)}")
        except httpx2.HTTPError as error:
            return NoReply(f"the model's answer broke off: {error}")
        except (openai.OpenAIError, ValueError, TypeError, LookupError, AttributeError) as error:
            return NoReply(f"the model's answer is malformed ({type(error).__name__})")


def _reply(whole: Any) -> Reply | NoReply:
    """The stream's sum, if it ended well. Arguments are read from their own text: the library
    mends broken JSON by guessing, and a guessed argument is one that nobody gave."""
    ended = whole.response_metadata.get("finish_reason")
    if ended not in ("stop", "tool_calls"):
        return NoReply(f"the model's answer is unfinished ({ended or 'it broke off'})")
    calls = tuple((part["name"], json.loads(part["args"])) for part in whole.tool_call_chunks)
    return Reply(str(whole.text), calls)


def _root(error: BaseException) -> BaseException:
    return _root(error.__cause__) if error.__cause__ else error


def _function(tool: ToolForm) -> dict[str, Any]:
    return {
        "type": "function",
        "function": {
            "name": tool.name,
            "description": tool.purpose,
            "parameters": tool.schema_of_arguments,
        },
    }


def make_model(settings: ModelSettings) -> OpenAiModel:
    """The model that the settings name. Nothing is sent before it is asked."""
    import httpx2
    from langchain_openai import ChatOpenAI

    from tools.llm.bounded import BoundedTransport

    transport = BoundedTransport(
        httpx2.HTTPTransport(), settings.max_bytes, settings.timeout_seconds, stopwatch
    )
    key = settings.api_key.get_secret_value() if settings.api_key else "none"
    client = ChatOpenAI(
        model=settings.model,
        base_url=settings.base_url,
        api_key=lambda: key,
        timeout=settings.timeout_seconds,
        max_retries=0,
        max_tokens=settings.max_tokens,
        use_responses_api=False,
        http_client=httpx2.Client(transport=transport, timeout=settings.timeout_seconds),
    )
    return OpenAiModel(client, settings.model, settings.strategy)
