"""Committing a run: packets, reviews, reservations and intents in one ledger transaction."""

from collections.abc import Sequence
from datetime import timedelta

import polars as pl
from sqlmodel import Session

from domain.names import AGENTS
from domain.packet import Packet
from domain.proposal import ProgrammeProposal
from domain.run import Pins
from graph.budget_packets import budget_decision_id
from graph.reserving import budget_effect, effects_of, reservations_of
from graph.sorting import summary_of
from graph.tower import Tower
from tools import faultpoints
from tools.ledger import audit, effects, packets, programmes, reservations, reviews, runs

WITHHELD = "holdout"
"""Stands for the packet of what was never put to anybody: the ghosts of the holdout."""


def commit(tower: Tower, pins: Pins) -> None:
    """Write the run's decisions to the ledger, whole or not at all, and only once."""
    summary = summary_of(tower, pins)
    with tower.ledger.write() as session:
        if runs.get(session, pins.run_id).state == "done":
            return
        _packets(session, tower, pins)
        _choices(session, tower, pins)
        _programmes(session, tower, pins.run_id)
        hashes = _hashes(session, tower, pins.run_id)
        runs.finish(session, pins.run_id, summary)
        audit.append(session, pins.at, "meta-agent", "run_committed", pins.run_id, hashes)
        faultpoints.reach("run.committing")
    faultpoints.reach("run.committed")


def _packets(session: Session, tower: Tower, pins: Pins) -> None:
    at = pins.at
    expires = at + timedelta(hours=tower.loaded.policy.review.expires_hours)
    for packet in tower.folder(pins.run_id).read_records("packets", Packet):
        packets.save(session, packet, at)
        if packet.disposition == "escalated":
            reviews.open_review(session, packet, at, expires)
        if packet.disposition == "cleared" and packet.kind == "budget":
            key = budget_decision_id(packet.run_id, packet.campaign_id)
            effects.insert_intents(session, budget_effect(packet, key), at)


def _choices(session: Session, tower: Tower, pins: Pins) -> None:
    """Held: what is scheduled or waits. A withheld touch uses its contact's caps and nothing else,
    so that who measures marketing lives under the same caps as everybody."""
    run_id, at = pins.run_id, pins.at
    decisions = tower.folder(run_id).read("decisions")
    observations = tower.folder(run_id).read("observations")
    by_fate = decisions.partition_by("fate", as_dict=True)
    none = decisions.clear()
    scheduled = by_fate.get(("scheduled",), none)
    waiting = by_fate.get(("waiting",), none)
    withheld = by_fate.get(("withheld",), none).with_columns(packet_id=pl.lit(WITHHELD))
    held = pl.concat([scheduled, waiting])
    reservations.hold(session, reservations_of(held), run_id)
    reservations.hold(session, _touches_only(reservations_of(withheld)), run_id)
    effects.insert_intents(session, effects_of(scheduled, observations, run_id), at)
    effects.insert_withheld(session, effects_of(withheld, observations, run_id), at)


def _touches_only(rows: pl.DataFrame) -> pl.DataFrame:
    """The contact's own caps; its account and everybody's budgets feel nothing of a ghost."""
    touches = rows.filter(pl.col("resource").str.starts_with("touch:"))
    return touches.with_columns(account_id=pl.lit(None, dtype=pl.String))


def _programmes(session: Session, tower: Tower, run_id: str) -> None:
    for proposal in filed(tower, run_id):
        programmes.file(session, run_id, proposal)


def filed(tower: Tower, run_id: str) -> Sequence[ProgrammeProposal]:
    """Programme proposals of all three agents in this run."""
    folder = tower.folder(run_id)
    return [
        proposal
        for agent in AGENTS
        for proposal in folder.read_records(f"proposals_{agent}", ProgrammeProposal)
    ]


def _hashes(session: Session, tower: Tower, run_id: str) -> dict[str, str]:
    folder = tower.folder(run_id)
    hashes = {name: folder.hash_of(name) for name in folder.names()}
    for name, sha256 in hashes.items():
        runs.record_table(session, run_id, name, sha256)
    return hashes
