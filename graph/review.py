"""A packet's review: one thread, one interrupt, and the ledger's word for what was decided."""

from dataclasses import dataclass
from typing import Literal, TypedDict

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime
from langgraph.types import Command, interrupt

from graph.settling import settle
from graph.tower import Tower
from tools.ledger import packets, reviews

THREAD = "review-"


class ReviewState(TypedDict):
    packet_id: str
    version: int


ReviewGraph = CompiledStateGraph[ReviewState, Tower, ReviewState, ReviewState]


def ask(state: ReviewState) -> Command[Literal["ask", "act"]]:
    """Wait for a person. The answer only wakes the thread: what was decided stands in the
    ledger, and is read there."""
    answer = interrupt({"packet_id": state["packet_id"], "version": state["version"]})
    if answer["kind"] == "revised":
        return Command(goto="ask", update={"version": answer["version"]})
    return Command(goto="act")


def act(state: ReviewState, runtime: Runtime[Tower]) -> None:
    settle(runtime.context, state["packet_id"])


def build(saver: BaseCheckpointSaver[str] | None = None) -> ReviewGraph:
    graph = StateGraph(ReviewState, context_schema=Tower)
    graph.add_node("ask", ask)
    graph.add_node("act", act)
    graph.add_edge(START, "ask")
    graph.add_edge("act", END)
    return graph.compile(checkpointer=saver)


@dataclass(frozen=True)
class ReviewThreads:
    """Every escalated packet's thread. Safe to call again after a death at any point."""

    graph: ReviewGraph
    tower: Tower

    def open(self, packet_id: str) -> None:
        """Start the packet's thread and note which interrupt it waits at."""
        config = _config(packet_id)
        if not self.graph.get_state(config).interrupts:
            version = packets.newest(self.tower.ledger, packet_id).version
            self.graph.invoke(
                {"packet_id": packet_id, "version": version},
                config,
                context=self.tower,
                durability="sync",
            )
        self._note(packet_id)

    def wake(self, packet_id: str, answer: dict[str, object]) -> None:
        """Resume the packet's thread by the id of the interrupt it waits at."""
        config = _config(packet_id)
        pending = self.graph.get_state(config).interrupts
        if not pending:
            self._by_the_ledger(packet_id)
            return
        self.graph.invoke(
            Command(resume={pending[0].id: answer}),
            config,
            context=self.tower,
            durability="sync",
        )
        if answer["kind"] == "revised":
            self._note(packet_id)

    def _by_the_ledger(self, packet_id: str) -> None:
        """The thread died after its answer, or is lost: the ledger knows what is left to do."""
        review = reviews.find(self.tower.ledger, packet_id)
        if review is not None and review.state == "pending":
            self.open(packet_id)
        else:
            settle(self.tower, packet_id)

    def _note(self, packet_id: str) -> None:
        pending = self.graph.get_state(_config(packet_id)).interrupts
        with self.tower.ledger.write() as session:
            reviews.note_interrupt(session, packet_id, pending[0].id if pending else None)


def _config(packet_id: str) -> RunnableConfig:
    return {"configurable": {"thread_id": f"{THREAD}{packet_id}"}}


def packet_of(thread_id: str) -> str:
    """The packet whose review the thread is; empty where it is no review's."""
    return thread_id.removeprefix(THREAD) if thread_id.startswith(THREAD) else ""
