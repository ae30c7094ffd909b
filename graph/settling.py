"""Settling a review: an approval becomes effect intents, anything else frees what it held."""

import polars as pl

from domain.packet import Packet
from domain.reasons import OTHER
from graph.budget_packets import budget_decision_id
from graph.reserving import budget_effect, effects_of
from graph.tower import Tower
from tools.ledger import audit, effects, packets, refusals, reservations, reviews


def items_of(tower: Tower, packet: Packet) -> pl.DataFrame:
    """DECISIONS rows that this version of the packet holds: without those that no longer fitted
    when the run committed."""
    folder = tower.folder(packet.run_id)
    planned = folder.read("decisions").filter(pl.col("packet_id") == packet.packet_id)
    gone = refusals.of_packet(tower.ledger, packet.packet_id)
    rows = planned.join(gone, on="decision_id", how="anti", maintain_order="left")
    if packet.version == 1:
        return rows
    kept = folder.read(kept_name(packet.packet_id, packet.version))
    return rows.join(kept, on="decision_id", how="semi", maintain_order="left")


def kept_name(packet_id: str, version: int) -> str:
    """Name of the run table that holds the decision ids an edited version keeps."""
    return f"kept_{packet_id}_v{version}"


def intents_of(tower: Tower, packet: Packet) -> pl.DataFrame:
    """The effect intents of one packet: its touches, or its budget change."""
    if packet.kind == "budget":
        return budget_effect(packet, budget_decision_id(packet.run_id, packet.campaign_id))
    observations = tower.folder(packet.run_id).read("observations")
    return effects_of(items_of(tower, packet), observations, packet.run_id)


def settle(tower: Tower, packet_id: str) -> None:
    """Write what the ledger's review decided, once; a second call changes nothing.

    Approved: the intents of the very version whose hash was approved. Rejected or expired: the
    reservations are freed, so that the next cycle can offer the runner-up.
    """
    packet = packets.newest(tower.ledger, packet_id)
    intents = intents_of(tower, packet)
    at = tower.clock.now()
    with tower.ledger.write() as session:
        review = reviews.get(session, packet_id)
        if review.settled or review.state == "pending":
            return
        if review.state == "approved" and review.payload_hash == packet.payload_hash:
            effects.insert_intents(session, intents, at)
            said = f"{intents.height} intents"
        else:
            freed = reservations.free_packet(session, packet_id)
            said = f"{freed} reservations freed: {OTHER.get(review.state, review.state)}"
        reviews.mark_settled(session, packet_id)
        audit.append(session, at, "meta-agent", "review_settled", packet_id, {"said": said})
