"""Settling a review: an approval becomes effect intents, anything else frees what it held."""

from datetime import datetime

import polars as pl
from sqlmodel import Session

from domain.packet import Packet
from domain.reasons import SENTENCES
from graph.approving import terms_now
from graph.budget_packets import budget_decision_id
from graph.reserving import budget_effect, effects_of
from graph.tower import Tower
from tools.ledger import (
    approvals,
    audit,
    effects,
    packets,
    refusals,
    reservations,
    reviews,
)
from tools.ledger.approvals import Terms
from tools.ledger.models import ReviewRow


def items_of(tower: Tower, packet: Packet) -> pl.DataFrame:
    """DECISIONS rows that this version of the packet holds: without those that no longer fitted
    when the run committed."""
    folder = tower.folder(packet.run_id)
    planned = folder.read("decisions").filter(pl.col("packet_id") == packet.packet_id)
    gone = refusals.of_packet(tower.ledger, packet.packet_id)
    rows = planned.join(gone, on="decision_id", how="anti", maintain_order="left")
    if packet.version == 1:
        return rows
    kept = folder.read(kept_name(packet))
    return rows.join(kept, on="decision_id", how="semi", maintain_order="left")


def kept_name(packet: Packet) -> str:
    """Name of the run table that holds the decision ids an edited version keeps. It is named by
    them: of two edits at once, the one that came too late leaves the other's table as it is."""
    return f"kept_{packet.packet_id}_{packet.decisions_hash[:16]}"


def intents_of(tower: Tower, packet: Packet) -> pl.DataFrame:
    """The effect intents of one packet: its touches, or its budget change."""
    if packet.kind == "budget":
        return budget_effect(packet, budget_decision_id(packet.run_id, packet.campaign_id))
    observations = tower.folder(packet.run_id).read("observations")
    return effects_of(items_of(tower, packet), observations, packet.run_id)


def settle(tower: Tower, packet_id: str) -> None:
    """Write what the ledger's review decided, once; a second call changes nothing.

    Approved: the intents of the very version whose hash was approved, where its approvers still may
    and the policy of now asks for no more of them; else the approval is void. Void, rejected
    or expired: the reservations are freed, so that the next cycle can offer the runner-up.
    """
    packet = packets.newest(tower.ledger, packet_id)
    intents = intents_of(tower, packet)
    terms = terms_now(tower)
    at = tower.clock.now()
    with tower.ledger.write() as session:
        review = reviews.locked(session, packet_id)
        if review.settled or review.state == "pending" or _edited_since(session, review, packet):
            return
        if review.state == "approved":
            _void_where_it_fell(session, review, terms, at)
        if review.state == "approved":
            effects.insert_intents(session, intents, at)
            said = f"{intents.height} intents"
        else:
            freed = reservations.free_packet(session, packet_id)
            said = f"{freed} reservations freed: {in_words(review.state, review.reason)}"
        reviews.mark_settled(session, packet_id)
        audit.append(session, at, "meta-agent", "review_settled", packet_id, {"said": said})


def _edited_since(session: Session, review: ReviewRow, packet: Packet) -> bool:
    """A newer version was made and decided after the packet was read: whoever decided it settles
    it, or the next who attends."""
    return packet.version < review.version == packets.newest_in(session, packet.packet_id).version


def _void_where_it_fell(session: Session, review: ReviewRow, terms: Terms, at: datetime) -> None:
    """An approval that does not hold any more is void, not carried out."""
    fell = approvals.against(session, review.packet_id, terms)
    if fell is not None:
        reviews.void(session, review, fell, at)


def in_words(state: str, reason: str | None) -> str:
    """Why nothing comes of a review in this state."""
    code = reason or {"expired": "review_expired", "void": "approval_void"}.get(state, state)
    return SENTENCES.get(code, code)
