"""Conversing: the operator's chat over one workspace, once or as a conversation."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from app.toolbox import HouseTools, environment
from graph.chat import Chat, ChatContext, Looking, Piece, open_chat
from graph.model_planning import LanguageModelPlanner
from graph.planning import DeterministicPlanner, Planner
from tools.llm.model import make_model
from tools.llm.settings import model_settings

if TYPE_CHECKING:
    from app.compose import House


@dataclass(frozen=True)
class Said:
    text: str
    links: tuple[str, ...]
    planner: str
    note: str

    def as_dict(self) -> dict[str, Any]:
        return {
            "text": self.text,
            "links": list(self.links),
            "planner": self.planner,
            "note": self.note,
        }


@dataclass(frozen=True)
class Conversation:
    """One thread of questions; it shares nothing with the threads of runs and reviews."""

    chat: Chat
    thread: str

    @classmethod
    def of(cls, house: "House") -> "Conversation":
        context = ChatContext(HouseTools(house), planner())
        return cls(open_chat(context), uuid4().hex)

    def ask(self, message: str) -> Said:
        said = self.chat.ask(message, self.thread)
        return Said(str(said), said.links, said.planner, said.note)


def planner() -> Planner:
    """The model that the environment names, or the rules."""
    settings = model_settings(environment())
    return LanguageModelPlanner(make_model(settings)) if settings else DeterministicPlanner()


def converse(house: "House") -> None:
    """A conversation in the terminal, until an empty line or the end of input."""
    from app.cli.options import console

    out = console()
    talk = Conversation.of(house)
    out.print(
        "Ask: status, why CONTACT, what is waiting, what if the cap were 2, pause the ads agent."
    )
    while True:
        try:
            message = out.input("[bold]> [/]").strip()
        except (EOFError, KeyboardInterrupt):
            return
        if not message:
            return
        for part in talk.chat.stream(message, talk.thread):
            match part:
                case Looking():
                    out.print(f"[dim]looking at {part.tool} ...[/]")
                case Piece():
                    out.print(part.text, end="", markup=False)
                case _:
                    out.print()
