"""Programme proposals, as the strategists filed them."""

from sqlmodel import Session

from domain.proposal import ProgrammeProposal
from tools.ledger.models import ProgrammeRow


def file(session: Session, run_id: str, proposal: ProgrammeProposal) -> None:
    """Keep a proposal; the same one again changes nothing."""
    session.merge(
        ProgrammeRow(
            proposal_id=proposal.proposal_id,
            run_id=run_id,
            agent=proposal.agent,
            payload=proposal.model_dump_json(),
        )
    )
