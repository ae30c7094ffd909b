"""Asking the agents: each gets its desk, and nothing of the others."""

from agents.desk import Desk, DeskState
from langgraph.graph.state import CompiledStateGraph

from domain.names import AgentName
from graph.tower import Tower

AgentGraph = CompiledStateGraph[DeskState, Desk, DeskState, DeskState]


def ask(tower: Tower, run_id: str, agent: AgentName, graph: AgentGraph) -> None:
    """Let one agent file its candidates and proposals into the run's folder, once."""
    if tower.folder(run_id).has(f"candidates_{agent}"):
        return
    graph.invoke({"run_id": run_id}, context=desk_of(tower, run_id))
