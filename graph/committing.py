"""Committing a run: packets, reviews, reservations and intents in one ledger transaction."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import polars as pl
from sqlmodel import Session

from domain.names import AGENTS
from domain.packet import Packet
from domain.proposal import BudgetCandidate, ProgrammeProposal
from domain.run import Pins
from graph.apart import held_apart
from graph.budget_packets import budget_decision_id
from graph.budgets_at_commit import Pool, beside_budgets, hold_budgets, pools_now
from graph.bundles import bundles_in
from graph.limits_at_commit import dated, in_turn, limits_of, other_touches
from graph.quarter_budgets import Quarter, quarters_of, rooms
from graph.reserving import budget_effect, effects_of, reservations_of
from graph.setting import timeout_of
from graph.sorting import counted, summary_of
from graph.tower import Tower
from graph.triage import with_items
from tools import faultpoints
from tools.ledger import (
    audit,
    effects,
    packets,
    programmes,
    refusals,
    reservations,
    reviews,
    runs,
)
from tools.ledger.fitting import Limit

WITHHELD = "holdout"
"""Stands for the packet of what was never put to anybody: the ghosts of the holdout."""


@dataclass(frozen=True)
class Asked:
    """What the run would write, read before the ledger's lock is taken: choices (DECISIONS rows
    that are scheduled, waiting or withheld), what they take of the limits (with unit), the limits,
    what other tools took, the contacts, the packets, the campaigns that asked for money, and the
    quarter budgets."""

    choices: pl.DataFrame
    units: pl.DataFrame
    rows: pl.DataFrame
    limits: tuple[Limit, ...]
    others: pl.DataFrame
    dated: reservations.Dated | None
    observations: pl.DataFrame
    packets: tuple[Packet, ...]
    budgets: tuple[BudgetCandidate, ...]
    quarters: tuple[Quarter, ...]

    @property
    def moves(self) -> list[Packet]:
        """The packets that move a budget."""
        return [one for one in self.packets if one.kind == "budget"]


def commit(tower: Tower, pins: Pins) -> None:
    """Write the run's decisions to the ledger, whole or not at all, and only once.

    What others took of a limit since the run chose is gone: of the run's choices only what still
    fits is held, the rest is refused.
    """
    asked = _asked(tower, pins)
    summary = summary_of(tower, pins)
    with tower.write() as session:
        if runs.get(session, pins.run_id).state != "open":
            return
        pools = pools_now(session, tower.loaded.policy, asked.budgets, pins.at, asked.quarters)
        unfunded = hold_budgets(session, pools, asked.moves, pins.run_id)
        gone = _hold(session, asked, pools, pins)
        saved = [*_shrunk(asked, gone, unfunded)]
        _packets(session, tower, pins, saved)
        _effects(session, asked, gone, pins)
        _unfunded(session, unfunded, pins)
        _programmes(session, tower, pins.run_id)
        hashes = _hashes(session, tower, pins.run_id)
        runs.finish(session, pins.run_id, summary.model_copy(update={"packets": counted(saved)}))
        audit.append(session, pins.at, "meta-agent", "run_committed", pins.run_id, hashes)
        faultpoints.reach("run.committing")
    faultpoints.reach("run.committed")


def _asked(tower: Tower, pins: Pins) -> Asked:
    folder = tower.folder(pins.run_id)
    decisions = folder.read("decisions")
    choices = decisions.filter(pl.col("fate").is_in(["scheduled", "waiting", "withheld"]))
    units = in_turn(choices, bundles_in(folder))
    taking = pl.concat([_taking(choices), _giving(tower, choices)], how="diagonal")
    budgets = folder.read_records("budgets_ads", BudgetCandidate)
    return Asked(
        choices=choices,
        units=units,
        rows=taking.join(units, on="decision_id", how="left", maintain_order="left"),
        limits=limits_of(tower, pins, choices),
        others=other_touches(tower, pins),
        dated=dated(tower.loaded.policy, folder.read("observations")),
        observations=folder.read("observations"),
        packets=folder.read_records("packets", Packet),
        budgets=budgets,
        quarters=quarters_of(tower, tower.loaded.policy, budgets, pins.at),
    )


def _taking(choices: pl.DataFrame) -> pl.DataFrame:
    """What is scheduled or waits takes all it uses. A withheld touch takes its contact's caps and
    nothing else, so that who measures marketing lives under the same caps as everybody."""
    withheld = pl.col("fate") == "withheld"
    ghosts = choices.filter(withheld).with_columns(packet_id=pl.lit(WITHHELD))
    return pl.concat(
        [reservations_of(choices.filter(~withheld)), _touches_only(reservations_of(ghosts))]
    )


def _giving(tower: Tower, choices: pl.DataFrame) -> pl.DataFrame:
    """What the choices give, where a separation asks; a withheld touch gives nothing."""
    given = choices.filter(pl.col("fate") != "withheld")
    return held_apart(given, tower.warehouse.table("treatments"), tower.loaded.policy)


def _touches_only(rows: pl.DataFrame) -> pl.DataFrame:
    """The contact's own caps; its account and everybody's budgets feel nothing of a ghost."""
    touches = rows.filter(pl.col("resource").str.starts_with("touch:"))
    return touches.with_columns(account_id=pl.lit(None, dtype=pl.String))


def _hold(session: Session, asked: Asked, pools: Mapping[str, Pool], pins: Pins) -> pl.DataFrame:
    """Hold what fits; decision_id of what does not."""
    held = {name: pool.budgets for name, pool in pools.items()}
    limits = [*beside_budgets(asked.limits, pools), *rooms(session, asked.quarters, held)]
    out = reservations.hold_within(
        session, asked.rows, limits, pins.run_id, asked.others, asked.dated
    )
    return asked.units.filter(pl.col("unit").is_in(sorted(out))).select("decision_id")


def _packets(session: Session, tower: Tower, pins: Pins, saved: Sequence[Packet]) -> None:
    """Save the packets, ask what must be asked, and schedule the budgets that need not."""
    at = pins.at
    rule = timeout_of(tower.loaded.policy)
    expires, remind = at + rule.period, at + rule.period * rule.remind_after
    for packet in saved:
        packets.save(session, packet, at)
        if packet.disposition == "escalated":
            reviews.open_review(session, packet, at, expires, remind)
        if packet.disposition == "cleared" and packet.kind == "budget":
            effects.insert_intents(session, _setting(packet), at)


def _setting(packet: Packet) -> pl.DataFrame:
    return budget_effect(packet, budget_decision_id(packet.run_id, packet.campaign_id))


def _shrunk(asked: Asked, gone: pl.DataFrame, unfunded: Sequence[Packet]) -> Iterator[Packet]:
    """The packets without what is gone; one that lost all is none. A smaller packet still asks
    whom the whole one would have asked."""
    choices = asked.choices
    lost = choices.join(gone, on="decision_id", how="semi")
    kept = choices.join(gone, on="decision_id", how="anti", maintain_order="left")
    touched = set(lost.get_column("packet_id").drop_nulls())
    for packet in asked.packets:
        left = kept.filter(pl.col("packet_id") == packet.packet_id)
        if packet.packet_id in touched and not left.is_empty():
            yield with_items(packet, left)
        elif packet.packet_id not in touched and packet not in unfunded:
            yield packet


def _unfunded(session: Session, unfunded: Sequence[Packet], pins: Pins) -> None:
    """Budgets whose pool has no room any more."""
    for packet in unfunded:
        refusals.refuse(session, _setting(packet), pins.at)


def _effects(session: Session, asked: Asked, gone: pl.DataFrame, pins: Pins) -> None:
    """One intent for what is scheduled, and a record of what is withheld or did not fit."""
    kept = asked.choices.join(gone, on="decision_id", how="anti", maintain_order="left")
    lost = asked.choices.join(gone, on="decision_id", how="semi", maintain_order="left")
    ghosts = kept.filter(pl.col("fate") == "withheld").with_columns(packet_id=pl.lit(WITHHELD))
    scheduled = kept.filter(pl.col("fate") == "scheduled")
    run_id, people, at = pins.run_id, asked.observations, pins.at
    effects.insert_intents(session, effects_of(scheduled, people, run_id), at)
    effects.insert_withheld(session, effects_of(ghosts, people, run_id), at)
    unasked = lost.with_columns(pl.col("packet_id").fill_null(WITHHELD))
    refusals.refuse(session, effects_of(unasked, people, run_id), at)


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
