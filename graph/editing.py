"""Editing a packet: the reviewer's change is applied, judged again, and becomes a new version."""

from dataclasses import dataclass

import polars as pl

from domain.errors import RefusedError
from domain.packet import OWNER, Packet, PacketEdit
from domain.proposal import BudgetCandidate
from domain.reasons import findings_of
from graph.budget_packets import budget_packet
from graph.budgets_at_commit import resize
from graph.gate import contacts_at, findings_now
from graph.quarter_budgets import quarters_of
from graph.settling import items_of, kept_name
from graph.thresholds import (
    AUTONOMY,
    UNOWNED,
    Setting,
    approval_asked,
    budget_triggers,
    touch_triggers,
)
from graph.tower import Tower
from graph.triage import with_items
from tools.ledger import packets, reservations, reviews
from tools.ledger.reviews import Revision


@dataclass(frozen=True)
class Edited:
    """The new version, and what judging it again took out: reason code -> count."""

    packet: Packet
    dropped: dict[str, int]


def edit(tower: Tower, setting: Setting, packet_id: str, change: PacketEdit, editor: str) -> Edited:
    """Apply, judge again, and put the new version before the reviewers.

    The editor may no longer approve it. Raises RefusedError where nothing would remain, or a
    budget would leave the policy's step.
    """
    packet = packets.newest(tower.ledger, packet_id)
    if packet.kind == "budget":
        edited = _edit_budget(tower, setting, packet, change, editor)
    else:
        edited = _edit_touches(tower, setting, packet, change, editor)
    return edited


def _edit_touches(
    tower: Tower, setting: Setting, packet: Packet, change: PacketEdit, editor: str
) -> Edited:
    before = items_of(tower, packet)
    asked = _apply(before, change)
    bits = findings_now(tower, asked, contacts_at(tower, tower.clock.now()))
    kept = asked.filter(bits == 0)
    if kept.is_empty():
        raise RefusedError(
            f"Nothing would remain of packet {packet.packet_id} after this edit.",
            "Reject it instead.",
        )
    draft = with_items(packet, kept).model_copy(
        update={
            "title": packet.title,
            "version": packet.version + 1,
            "edited_by": (*packet.edited_by, editor),
        }
    )
    flags = tuple(
        one
        for one in packet.triggers
        if one.rule in (AUTONOMY, UNOWNED, "vip", "late_deal", "prior")
        or one.rule.startswith(OWNER)
    )
    told = draft.model_copy(update={"triggers": (*touch_triggers(draft, setting), *flags)})
    judged = told.model_copy(update=approval_asked(told, setting.policy))
    gone = before.join(kept, on="decision_id", how="anti").get_column("decision_id")
    folder = tower.folder(packet.run_id)
    folder.write(kept_name(judged), kept.select("decision_id"))
    _revise(tower, packet, judged, editor, gone.to_list())
    return Edited(judged, _reasons(bits))


def _apply(items: pl.DataFrame, change: PacketEdit) -> pl.DataFrame:
    left = items.filter(
        ~pl.col("contact_id").is_in(list(change.drop_contacts))
        & ~pl.col("account_id").is_in(list(change.drop_accounts)).fill_null(False)
    )
    if change.at_most is None:
        return left
    best = left.sort("value", "decision_id", descending=[True, False]).head(change.at_most)
    return left.join(best, on="decision_id", how="semi", maintain_order="left")


def _reasons(bits: pl.Series) -> dict[str, int]:
    counts: dict[str, int] = {}
    for found, count in bits.filter(bits != 0).value_counts().iter_rows():
        first = findings_of(found)[0]
        counts[first] = counts.get(first, 0) + count
    return counts


def _edit_budget(
    tower: Tower, setting: Setting, packet: Packet, change: PacketEdit, editor: str
) -> Edited:
    if change.spend_new is None or packet.budget is None:
        raise RefusedError(
            f"Packet {packet.packet_id} sets a budget; the edit names no amount.",
            "Use `--spend AMOUNT`.",
        )
    candidate = _candidate(tower, packet)
    _within_step(candidate, change.spend_new, setting)
    editors = (*packet.edited_by, editor)
    draft = budget_packet(candidate, change.spend_new, setting, packet.version + 1, editors)
    judged = draft.model_copy(
        update={
            "disposition": "escalated",
            "triggers": budget_triggers(draft, candidate, setting),
            **approval_asked(draft, setting.policy),
        }
    )
    _revise(tower, packet, judged, editor, [])
    return Edited(judged, {})


def _candidate(tower: Tower, packet: Packet) -> BudgetCandidate:
    return next(one for one in _filed(tower, packet) if one.campaign_id == packet.campaign_id)


def _filed(tower: Tower, packet: Packet) -> tuple[BudgetCandidate, ...]:
    return tower.folder(packet.run_id).read_records("budgets_ads", BudgetCandidate)


def _within_step(candidate: BudgetCandidate, spend: int, setting: Setting) -> None:
    limit = setting.policy.budget_step.max_step
    if abs(spend - candidate.spend_now) > limit * candidate.spend_now:
        raise RefusedError(
            f"{spend} is further than {limit:.0%} from today's {candidate.spend_now}.",
            "Choose an amount within the policy's step.",
        )


def _revise(
    tower: Tower, old: Packet, new: Packet, editor: str, dropped_decisions: list[str]
) -> None:
    at, policy, filed = tower.clock.now(), tower.loaded.policy, _filed(tower, old)
    quarters = quarters_of(tower, policy, filed, at)
    with tower.ledger.write() as session:
        reviews.revise(session, Revision(old=old, new=new, editor=editor, at=at))
        reservations.free(session, dropped_decisions)
        if not resize(session, policy, filed, new, at, quarters):
            raise RefusedError(
                f"The pool of {new.campaign_id} has no room for this amount beside what the other "
                "campaigns may spend.",
                "Choose a smaller amount.",
            )
