"""Filing a programme proposal: the closed schema, with an id that the same facts give again."""

from agents.desk import Desk, Strategist
from domain.canonical import digest
from domain.errors import IntegrityError
from domain.names import AgentName
from domain.proposal import EvidenceLine, ProgrammeKind, ProgrammeProposal


def line(claim: str, figure: float, unit: str, source: str) -> EvidenceLine:
    """One figure a proposal rests on."""
    return EvidenceLine(claim=claim, figure=round(float(figure), 6), unit=unit, source=source)


def proposal(
    desk: Desk,
    agent: AgentName,
    kind: ProgrammeKind,
    subject: str,
    change: str,
    rationale: str,
    evidence: tuple[EvidenceLine, ...],
    expected: tuple[float, float],
    rule: str,
) -> ProgrammeProposal:
    """A proposal of this desk's run; expected: value and standard error, minor units."""
    return ProgrammeProposal(
        proposal_id=digest([desk.run_id, agent, rule, subject, change])[:16],
        agent=agent,
        kind=kind,
        subject=subject,
        change=change,
        rationale=rationale,
        evidence=evidence,
        expected_value=round(float(expected[0]), 2),
        expected_se=round(float(expected[1]), 2),
        rule=rule,
        at=desk.at,
    )


def own_proposals(
    strategist: Strategist, desk: Desk, agent: AgentName
) -> tuple[ProgrammeProposal, ...]:
    """What the strategist files, in its order. Raises IntegrityError where it speaks for another
    agent, or files two proposals under one id."""
    filed = strategist.file(desk)
    others = sorted({one.agent for one in filed if one.agent != agent})
    if others:
        raise IntegrityError(
            f"The {agent} agent's strategist filed a proposal for {', '.join(others)}.",
            "An agent proposes for itself; correct the strategist.",
        )
    if len({one.proposal_id for one in filed}) != len(filed):
        raise IntegrityError(
            f"The {agent} agent's strategist filed two proposals under one id.",
            "A rule proposes a change once; correct the strategist.",
        )
    return filed
