"""Sorting: chosen candidates go into packets, and every proposal gets its fate and reason."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from domain.packet import Packet
from domain.proposal import BudgetCandidate
from domain.reasons import GUARDRAILS
from domain.run import Pins, RunSummary
from domain.tables import CONFLICTS, DECISIONS
from graph.budget_packets import budget_decision_id, pack_budgets, settled
from graph.choosing import PlanRecord
from graph.conflicts.detecting import detect
from graph.conflicts.types import TYPES
from graph.gathering import scene_of
from graph.parity import held_back
from graph.setting import setting_of
from graph.thresholds import Setting
from graph.tower import Tower
from graph.triage import flag, pack, packet_ids
from policies.autonomy import level_of
from policies.treatments import significant
from tools.keys import keys_of


@dataclass(frozen=True)
class Sorted:
    decisions: pl.DataFrame
    packets: tuple[Packet, ...]


def sort_out(tower: Tower, pins: Pins) -> None:
    """Write conflicts, packets and decisions of the run, once."""
    folder = tower.folder(pins.run_id)
    if folder.has(DECISIONS.name):
        return
    setting = setting_of(tower, pins.run_id)
    placed = placed_in(tower, pins)
    plan = folder.read_records("plan", PlanRecord)[0]
    conflicts = folder.once(CONFLICTS, lambda: detect(scene_of(tower, pins, placed, plan)))
    touches = _touch_packets(tower, pins, placed, conflicts, setting)
    moves = _budget_packets(tower, pins, plan, setting)
    folder.write_records("packets", [*touches.packets, *moves])
    folder.write("budget_decisions", budget_decisions(tower, pins, moves))
    folder.write(DECISIONS.name, DECISIONS.conform(touches.decisions))


def placed_in(tower: Tower, pins: Pins) -> pl.DataFrame:
    """Candidates with their choice and decision's id; masked ones were never in the choice."""
    folder = tower.folder(pins.run_id)
    candidates = folder.read("candidates")
    observations = folder.read("observations")
    keys = ["contact_id", "agent", "channel", "treatment_id", "slot"]
    ids = keys_of(candidates, keys, f"{pins.schedule}|{pins.slot}")
    placed = candidates.with_columns(decision_id=ids).join(
        folder.read("choices"), on="candidate", how="left", maintain_order="left"
    )
    return held_back(placed, observations, tower.loaded.policy.parities)


def _touch_packets(
    tower: Tower, pins: Pins, placed: pl.DataFrame, conflicts: pl.DataFrame, setting: Setting
) -> Sorted:
    observations = tower.folder(pins.run_id).read("observations")
    chosen = placed.filter(pl.col("chosen"))
    decisive = significant(tower.warehouse.table("treatments"))
    flagged = flag(chosen, observations, used_treatments(tower, pins.at), setting.policy, decisive)
    packed = packet_ids(flagged, pins.run_id)
    packets = pack(packed, setting, _sides(placed, packed, conflicts))
    disposed = pl.DataFrame(
        [(packet.packet_id, packet.disposition) for packet in packets],
        schema={"packet_id": pl.String, "disposition": pl.String},
        orient="row",
    )
    named = packed.select("candidate", "packet_id").join(disposed, on="packet_id", how="left")
    rows = placed.join(named, on="candidate", how="left", maintain_order="left")
    told = rows.with_columns(fate=_fate(), reason=_reason(), price=pl.col("price").fill_null(0.0))
    return Sorted(told, packets)


def _fate() -> pl.Expr:
    return (
        pl.when(pl.col("findings") != 0)
        .then(pl.lit("refused"))
        .when(pl.col("ghost"))
        .then(pl.lit("withheld"))
        .when(pl.col("chosen") & (pl.col("disposition") == "cleared"))
        .then(pl.lit("scheduled"))
        .when(pl.col("chosen"))
        .then(pl.lit("waiting"))
        .otherwise(pl.lit("lost"))
    )


def _reason() -> pl.Expr:
    finding = pl.lit(None, dtype=pl.String)
    for bit, (code, _) in reversed(list(enumerate(GUARDRAILS))):
        finding = (
            pl.when((pl.col("findings") & (1 << bit)) != 0).then(pl.lit(code)).otherwise(finding)
        )
    return (
        pl.when(pl.col("findings") != 0)
        .then(finding)
        .when(pl.col("ghost"))
        .then(pl.lit("holdout"))
        .when(pl.col("chosen") & (pl.col("disposition") == "cleared"))
        .then(pl.lit("cleared"))
        .when(pl.col("chosen"))
        .then(pl.lit("escalated"))
        .otherwise("reason")
    )


def used_treatments(tower: Tower, at: datetime) -> set[str]:
    """Treatments that were sent by then, by us or by any tool we know of."""
    touches = tower.warehouse.table("touches").filter(pl.col("at") <= at)
    return set(touches.get_column("treatment_id").drop_nulls().unique())


def _sides(placed: pl.DataFrame, packed: pl.DataFrame, conflicts: pl.DataFrame) -> pl.DataFrame:
    """Who gave way to each packet's choices: packet_id, conflict, agent, count, stake."""
    agents = placed.select("candidate", "agent")
    packets = packed.select(against="candidate", packet_id="packet_id")
    names = pl.DataFrame(
        [(number, name) for number, (name, _) in TYPES.items()],
        schema={"type": pl.Int8, "conflict": pl.String},
        orient="row",
    )
    return (
        conflicts.filter(pl.col("against").is_not_null())
        .join(packets, on="against", how="inner")
        .join(agents, on="candidate", how="inner")
        .join(names, on="type", how="left")
        .group_by("packet_id", "conflict", "agent")
        .agg(count=pl.len(), stake=pl.col("stake").sum().round(2))
        .sort("packet_id", "conflict", "agent")
    )


def _budget_packets(
    tower: Tower, pins: Pins, plan: PlanRecord, setting: Setting
) -> tuple[Packet, ...]:
    candidates = tower.folder(pins.run_id).read_records("budgets_ads", BudgetCandidate)
    return pack_budgets(candidates, settled(candidates, plan.budgets), setting)


def budget_decisions(tower: Tower, pins: Pins, moves: tuple[Packet, ...]) -> pl.DataFrame:
    """One row per campaign that asked: what it gets, and why."""
    candidates = tower.folder(pins.run_id).read_records("budgets_ads", BudgetCandidate)
    by_campaign = {packet.campaign_id: packet for packet in moves}
    rows = [_budget_row(pins, one, by_campaign.get(one.campaign_id)) for one in candidates]
    if level_of(tower.loaded.policy, "ads", "ads") == "watch":
        rows = [(*row[:-3], "refused", "only_watching", None) for row in rows]
    return pl.DataFrame(rows, schema=BUDGET_SCHEMA, orient="row")


BUDGET_SCHEMA = {
    "decision_id": pl.String,
    "agent": pl.String,
    "channel": pl.String,
    "campaign_id": pl.String,
    "treatment_id": pl.String,
    "class": pl.String,
    "purpose": pl.String,
    "evidence": pl.String,
    "spend_now": pl.Int64,
    "spend_new": pl.Int64,
    "value": pl.Float64,
    "value_se": pl.Float64,
    "fate": pl.String,
    "reason": pl.String,
    "packet_id": pl.String,
}


def _budget_row(pins: Pins, one: BudgetCandidate, packet: Packet | None) -> tuple[object, ...]:
    key = budget_decision_id(pins.run_id, one.campaign_id)
    common = (key, "ads", "ads", one.campaign_id, "weekly_budget", "marketing", "budget")
    if packet is None or packet.budget is None:
        kept = (one.evidence, one.spend_now, one.spend_now, 0.0, one.value_se)
        return (*common, *kept, "lost", "nothing", None)
    cleared = packet.disposition == "cleared"
    return (
        *common,
        one.evidence,
        one.spend_now,
        packet.budget.spend_new,
        packet.value,
        packet.value_se,
        "scheduled" if cleared else "waiting",
        "cleared" if cleared else "escalated",
        packet.packet_id,
    )


def summary_of(tower: Tower, pins: Pins) -> RunSummary:
    """What the ledger keeps of the run."""
    folder = tower.folder(pins.run_id)
    plan = folder.read_records("plan", PlanRecord)[0]
    packets = folder.read_records("packets", Packet)
    counts = folder.read("conflicts").group_by("type").len().sort("type")
    return RunSummary(
        run_id=pins.run_id,
        at=pins.at,
        contacts=folder.read("observations").height,
        value=plan.expected,
        bound=plan.bound,
        gap=plan.gap,
        conflicts={TYPES[number][0]: count for number, count in counts.iter_rows()},
        packets=counted(packets),
    )


def counted(packets: Sequence[Packet]) -> dict[str, int]:
    """Packets by decision."""
    kinds = ("cleared", "escalated", "denied")
    return {kind: sum(packet.disposition == kind for packet in packets) for kind in kinds}
