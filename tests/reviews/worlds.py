"""Packets that wait in a ledger, and what people say of them."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
from sqlmodel import col, select

from domain.packet import BudgetChange, Packet
from evals.faults.world import START
from graph.in_force import Fixed
from graph.tower import Tower
from policies.loading import Loaded, hash_of
from tests.ledger_storage import worlds
from tools.ledger import packets, reservations, reviews, voting
from tools.ledger.database import Ledger
from tools.ledger.models import AuditRow
from tools.ledger.reviews import ReviewStanding
from tools.ledger.timeouts import Timeout
from tools.ledger.words import Said

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
LATER = NOON + 24 * HOUR
"""When a question asked at noon expires."""
EXPIRE = Timeout("expire", 24 * HOUR, 0.5)
REASSIGN = Timeout("reassign", 24 * HOUR, 0.5, "operator")
DOWNGRADE = Timeout("downgrade", 24 * HOUR, 0.5)


def ask(ledger: Ledger, packet_id: str = "p1", needed: int = 1, **change: Any) -> Packet:
    """A packet laid before people at noon."""
    update = {"packet_id": packet_id, **change}
    packet = worlds.packet(needed).model_copy(update=update)
    with ledger.write() as session:
        packets.save(session, packet, NOON)
        reviews.open_review(session, packet, NOON, LATER, NOON + 12 * HOUR)
    return packet


def word(packet: Packet, person: str, verdict: str = "approve", **change: Any) -> dict[str, Any]:
    """The arguments with which `voting.decide` is told a person's word on this version."""
    plain = {
        "packet_id": packet.packet_id,
        "version": packet.version,
        "payload_hash": packet.payload_hash,
        "person_id": person,
        "roles": ["reviewer"],
        "verdict": verdict,
        "at": NOON,
    }
    return {**plain, **change}


def say(ledger: Ledger, packet: Packet, person: str, verdict: str = "approve", **more: Any) -> Said:
    with ledger.write() as session:
        return voting.decide(session, **word(packet, person, verdict, **more))


def edited(ledger: Ledger, packet: Packet, editor: str, at: datetime = NOON) -> Packet:
    """The packet's next version, by this editor."""
    after = packet.model_copy(
        update={
            "version": packet.version + 1,
            "contacts": packet.contacts + 1,
            "edited_by": (*packet.edited_by, editor),
        }
    )
    with ledger.write() as session:
        reviews.revise(session, reviews.Revision(old=packet, new=after, editor=editor, at=at))
    return after


def standing(ledger: Ledger, packet_id: str = "p1") -> ReviewStanding:
    found = reviews.find(ledger, packet_id)
    assert found is not None
    return found


def ask_budget(tower: Tower, needed: int = 1, spend: int = 101_000, **more: Any) -> Packet:
    """A budget change of the tiny workspace, laid before people at its first instant."""
    change = BudgetChange(
        campaign_id="search_ads", platform="search", pool="ads", spend_now=100_000, spend_new=spend
    )
    packet = worlds.packet(needed).model_copy(
        update={
            "kind": "budget",
            "agent": "ads",
            "channel": "ads",
            "campaign_id": "search_ads",
            "budget": change,
            "first_at": START,
            "last_at": START,
            **more,
        }
    )
    with tower.ledger.write() as session:
        packets.save(session, packet, START)
        reviews.open_review(session, packet, START, START + 30 * HOUR, START + 15 * HOUR)
        reservations.hold(session, worlds.holds("d1"), packet.run_id)
    return packet


def leaves(tower: Tower, person: str) -> None:
    """The person is on the list of people no more."""
    file = tower.workspace.warehouse_folder / "people.parquet"
    pl.read_parquet(file).filter(pl.col("person_id") != person).write_parquet(file)


def under(tower: Tower, **review: Any) -> Tower:
    """The same tower under a policy whose review settings are others."""
    return with_policy(tower, review=tower.loaded.policy.review.model_copy(update=review))


def with_policy(tower: Tower, **change: Any) -> Tower:
    policy = tower.loaded.policy.model_copy(update=change)
    return replace(tower, policies=Fixed(Loaded(policy, hash_of(policy))))


def lines(ledger: Ledger, kind: str) -> list[tuple[str, str, Any]]:
    """(actor, subject, payload) of the audit's lines of that kind."""
    with ledger.read() as session:
        wanted = select(AuditRow).where(AuditRow.kind == kind).order_by(col(AuditRow.seq))
        return [(one.actor, one.subject, json.loads(one.payload)) for one in session.exec(wanted)]
