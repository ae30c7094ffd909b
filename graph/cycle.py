"""One cycle of the meta-agent: see, foresee, ask the three agents, judge, arbitrate, commit."""

from typing import TypedDict

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime

from agents import ads, email, sales
from graph import asking, choosing, seeing, sorting, watching
from graph.committing import commit
from graph.opening import pins_of
from graph.tower import Tower


class CycleState(TypedDict):
    """The run's id. Everything else lies in the run's folder and in the ledger."""

    run_id: str


CycleGraph = CompiledStateGraph[CycleState, Tower, CycleState, CycleState]


def observe(state: CycleState, runtime: Runtime[Tower]) -> None:
    seeing.see_contacts(runtime.context, pins_of(runtime.context, state["run_id"]))


def predict(state: CycleState, runtime: Runtime[Tower]) -> None:
    seeing.foresee(runtime.context, pins_of(runtime.context, state["run_id"]))


def judge_grid(state: CycleState, runtime: Runtime[Tower]) -> None:
    seeing.judge_grid(runtime.context, pins_of(runtime.context, state["run_id"]))


def ask_email(state: CycleState, runtime: Runtime[Tower]) -> None:
    asking.ask(runtime.context, state["run_id"], "email", email.build())


def ask_sales(state: CycleState, runtime: Runtime[Tower]) -> None:
    asking.ask(runtime.context, state["run_id"], "sales", sales.build())


def ask_ads(state: CycleState, runtime: Runtime[Tower]) -> None:
    asking.ask(runtime.context, state["run_id"], "ads", ads.build())


def judge_candidates(state: CycleState, runtime: Runtime[Tower]) -> None:
    choosing.judge_candidates(runtime.context, pins_of(runtime.context, state["run_id"]))


def arbitrate(state: CycleState, runtime: Runtime[Tower]) -> None:
    pins = pins_of(runtime.context, state["run_id"])
    choosing.arbitrate(runtime.context, pins)
    watching.keep_watched(runtime.context, pins)


def triage(state: CycleState, runtime: Runtime[Tower]) -> None:
    sorting.sort_out(runtime.context, pins_of(runtime.context, state["run_id"]))


def commit_run(state: CycleState, runtime: Runtime[Tower]) -> None:
    commit(runtime.context, pins_of(runtime.context, state["run_id"]))


def build(saver: BaseCheckpointSaver[str] | None = None) -> CycleGraph:
    """The graph; the agents are asked side by side and blind to one another."""
    graph = StateGraph(CycleState, context_schema=Tower)
    for node in (observe, predict, judge_grid, ask_email, ask_sales, ask_ads):
        graph.add_node(node.__name__, node)
    graph.add_node("judge_candidates", judge_candidates, defer=True)
    for node in (arbitrate, triage, commit_run):
        graph.add_node(node.__name__, node)
    graph.add_edge(START, "observe")
    graph.add_edge("observe", "predict")
    graph.add_edge("predict", "judge_grid")
    for name in ("ask_email", "ask_sales", "ask_ads"):
        graph.add_edge("judge_grid", name)
        graph.add_edge(name, "judge_candidates")
    graph.add_edge("judge_candidates", "arbitrate")
    graph.add_edge("arbitrate", "triage")
    graph.add_edge("triage", "commit_run")
    graph.add_edge("commit_run", END)
    return graph.compile(checkpointer=saver)
