"""What the three agents' graphs have in common: reason about the programme, then file."""

from collections.abc import Callable

from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime

from agents.desk import Desk, DeskState, Strategist
from agents.filing import own_proposals
from domain.names import AgentName

AgentGraph = CompiledStateGraph[DeskState, Desk, DeskState, DeskState]


def build_agent(
    agent: AgentName,
    strategist: Strategist,
    propose: Callable[[Desk], None],
) -> AgentGraph:
    """The graph `strategise -> propose`, its runtime context a Desk.

    Candidates are filed last: a run that died between the two finds no candidates and asks again.
    """

    def strategise(state: DeskState, runtime: Runtime[Desk]) -> None:
        desk = runtime.context
        desk.folder.write_records(f"proposals_{agent}", own_proposals(strategist, desk, agent))

    def file_candidates(state: DeskState, runtime: Runtime[Desk]) -> None:
        propose(runtime.context)

    graph = StateGraph(DeskState, context_schema=Desk)
    graph.add_node("strategise", strategise)
    graph.add_node("propose", file_candidates)
    graph.add_edge(START, "strategise")
    graph.add_edge("strategise", "propose")
    graph.add_edge("propose", END)
    return graph.compile()
