"""Packets of one campaign's budget each."""

from collections.abc import Mapping, Sequence

from domain.canonical import digest
from domain.money import format_minor
from domain.packet import BudgetChange, Packet
from domain.proposal import BudgetCandidate
from graph.thresholds import Setting, budget_triggers, disposed


def pack_budgets(
    candidates: Sequence[BudgetCandidate], spends: dict[str, int], setting: Setting
) -> tuple[Packet, ...]:
    """One packet per campaign whose budget would move, cleared within the step, else escalated."""
    moves = [one for one in candidates if spends[one.campaign_id] != one.spend_now]
    return tuple(_budget_packet(one, spends[one.campaign_id], setting) for one in moves)


def settled(candidates: Sequence[BudgetCandidate], budgets: Mapping[str, float]) -> dict[str, int]:
    """What each campaign that asked may spend a week now, whole minor units; as before where the
    plan says nothing."""
    return {
        one.campaign_id: round_down(budgets.get(one.campaign_id, one.spend_now), one)
        for one in candidates
    }


def round_down(spend: float, candidate: BudgetCandidate) -> int:
    """Whole minor units, rounded down; a move under half a percent is no move."""
    if abs(spend - candidate.spend_now) < 0.005 * candidate.spend_now:
        return candidate.spend_now
    return int(spend)


def budget_decision_id(run_id: str, campaign_id: str) -> str:
    return digest([run_id, "budget", campaign_id])[:32]


def budget_packet(
    candidate: BudgetCandidate, spend: int, setting: Setting, version: int, editors: tuple[str, ...]
) -> Packet:
    """The packet of one budget change, not yet judged."""
    gain = float(candidate.curve.value(spend) - candidate.curve.value(candidate.spend_now))
    net = gain - (spend - candidate.spend_now)
    direction = "up" if spend > candidate.spend_now else "down"
    return Packet(
        packet_id=f"pk-{digest([setting.run_id, 'budget', candidate.campaign_id])[:10]}",
        version=version,
        run_id=setting.run_id,
        kind="budget",
        disposition="cleared",
        title=f"{candidate.campaign_id}: weekly budget {direction} to "
        f"{format_minor(spend, setting.currency)}",
        agent="ads",
        channel="ads",
        campaign_id=candidate.campaign_id,
        treatments=(),
        contacts=0,
        accounts=0,
        decisions_hash=digest([budget_decision_id(setting.run_id, candidate.campaign_id), spend]),
        value=round(net, 2),
        value_se=round(candidate.value_se * abs(spend / candidate.spend_now - 1), 2)
        if candidate.spend_now
        else round(candidate.value_se, 2),
        cost=0,
        currency=setting.currency,
        first_at=setting.at,
        last_at=setting.at,
        evidence_prior_share=1.0 if candidate.evidence == "prior" else 0.0,
        triggers=(),
        other_sides=(),
        budget=BudgetChange(
            campaign_id=candidate.campaign_id,
            platform=candidate.platform,
            pool=candidate.pool,
            spend_now=candidate.spend_now,
            spend_new=spend,
        ),
        approvals_needed=0,
        policy_hash=setting.policy_hash,
        proposed_by="agent:ads",
        edited_by=editors,
    )


def _budget_packet(candidate: BudgetCandidate, spend: int, setting: Setting) -> Packet:
    draft = budget_packet(candidate, spend, setting, version=1, editors=())
    return disposed(draft, budget_triggers(draft, candidate, setting), setting.policy)
