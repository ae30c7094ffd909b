"""Triage: choices become packets a person can judge, and the policy says which need one."""

from typing import Any

import numpy as np
import polars as pl

from domain.canonical import digest
from domain.packet import OtherSide, Packet
from graph.thresholds import (
    NOBODY_KNOWN,
    Setting,
    at_stake,
    autonomy_trigger,
    cumulative_trigger,
    disposed,
    flag_triggers,
    significance_trigger,
    touch_triggers,
)
from policies.contact_law import damages_of
from policies.deals import at_unknown_stage
from policies.schema import Policy

PACKET_KEYS = ("agent", "channel", "campaign_id", "vip", "late_deal", "prior", "first_use", "asks")


def flag(
    choices: pl.DataFrame,
    observations: pl.DataFrame,
    used: set[str],
    policy: Policy,
    significant: frozenset[str] = frozenset(),
) -> pl.DataFrame:
    """Choices with the facts that make a person look: vip, late_deal, prior, first_use, asks,
    significant; stage_unknown: whether a late_deal is one only as far as anybody knows.

    choices: CANDIDATES rows; used: treatments that were sent before; significant: those that
    decide a price, a credit or the like. asks: the owner of the account's open deal, where the
    policy lets automation's marketing ask its owner; NOBODY_KNOWN: it has none. damages: what it
    costs were it sent wrongly.
    """
    rule = policy.escalation
    sends = pl.col("class") != "transactional"  # who leaves an audience is sent nothing
    late = pl.col("deal_stage").is_in(rule.late_stages).fill_null(False)
    maybe = at_unknown_stage() & pl.lit(bool(rule.late_stages))
    facts = observations.select("contact", "tier", "deal_stage", "deal_id", "ae", "country")
    return choices.join(facts, on="contact", how="left", maintain_order="left").with_columns(
        significant=sends
        & (
            pl.col("treatment_id").is_in(sorted(significant))
            | pl.col("class").is_in(rule.significant_classes)
        ),
        damages=pl.when(sends).then(damages_of(policy.wrong_sends)).otherwise(0.0),
        vip=sends & pl.col("tier").is_in(rule.vip_tiers).fill_null(False),
        late_deal=sends & (late | maybe),
        stage_unknown=sends & maybe,
        prior=(pl.col("evidence") == "prior") & rule.prior_evidence,
        asks=pl.when(_automation_at_any_deal() & pl.lit(rule.deal_owners)).then(
            pl.col("ae").fill_null(NOBODY_KNOWN)
        ),
        first_use=sends & ~pl.col("treatment_id").is_in(sorted(used)) & rule.first_use,
    )


def automation_at_a_deal() -> pl.Expr:
    """Marketing in nobody's name to an account whose open deal has an owner."""
    return _automation_at_any_deal() & pl.col("ae").is_not_null()


def _automation_at_any_deal() -> pl.Expr:
    automated = (pl.col("class") == "marketing") & pl.col("owner").is_null()
    return automated & pl.col("deal_id").is_not_null()


def pack(flagged: pl.DataFrame, setting: Setting, others: pl.DataFrame) -> tuple[Packet, ...]:
    """Packets of the flagged choices, dearest first, each cleared or escalated.

    flagged must carry `packet_id` (see `packet_ids`) and `decision_id`. others: packet_id,
    conflict, agent, count, stake of the sides that gave way.
    """
    groups = flagged.partition_by("packet_id", as_dict=True, maintain_order=True)
    drafts = [_draft(group, setting, others) for group in groups.values()]
    drafts.sort(key=lambda packet: (-abs(packet.value), packet.packet_id))
    cleared = dict(setting.cleared_today)
    return tuple(_judge(draft, groups[(draft.packet_id,)], setting, cleared) for draft in drafts)


def packet_ids(flagged: pl.DataFrame, run_id: str) -> pl.DataFrame:
    """The flagged choices with their packet's id: campaign x decision x who must look."""
    keys = flagged.select(PACKET_KEYS).unique(maintain_order=True)
    named = keys.with_columns(
        packet_id=pl.Series(
            [f"pk-{digest([run_id, *row])[:10]}" for row in keys.iter_rows()], dtype=pl.String
        )
    )
    return flagged.join(
        named, on=list(PACKET_KEYS), how="left", nulls_equal=True, maintain_order="left"
    )


def _draft(group: pl.DataFrame, setting: Setting, others: pl.DataFrame) -> Packet:
    first = group.row(0, named=True)
    people = group.get_column("contact_id").n_unique()
    return Packet(
        packet_id=first["packet_id"],
        version=1,
        run_id=setting.run_id,
        kind="touches",
        disposition="cleared",
        title=_title(first, people),
        agent=first["agent"],
        channel=first["channel"],
        campaign_id=first["campaign_id"],
        treatments=tuple(group.get_column("treatment_id").unique().sort()),
        contacts=people,
        accounts=group.get_column("account_id").drop_nulls().n_unique(),
        decisions_hash=decisions_hash(group),
        **worth_of(group),
        damages=round(float(group.get_column("damages").sum())),
        currency=setting.currency,
        triggers=(),
        other_sides=_sides(others.filter(pl.col("packet_id") == first["packet_id"])),
        budget=None,
        approvals_needed=0,
        policy_hash=setting.policy_hash,
        proposed_by=f"agent:{first['agent']}",
    )


def decisions_hash(group: pl.DataFrame) -> str:
    """Digest of the decision ids, sorted: another audience is another hash."""
    return digest(group.get_column("decision_id").sort().to_list())


def with_items(packet: Packet, kept: pl.DataFrame) -> Packet:
    """The packet with these DECISIONS rows in it; who is asked, and why, stays as it was."""
    title = packet.title.replace(
        f"to {packet.contacts:,} contacts",
        f"to {kept.get_column('contact_id').n_unique():,} contacts",
    )
    return packet.model_copy(
        update={
            "title": title,
            "contacts": kept.get_column("contact_id").n_unique(),
            "accounts": kept.get_column("account_id").drop_nulls().n_unique(),
            "treatments": tuple(kept.get_column("treatment_id").unique().sort()),
            "decisions_hash": decisions_hash(kept),
            **worth_of(kept),
        }
    )


def worth_of(group: pl.DataFrame) -> dict[str, Any]:
    prior = group.select((pl.col("evidence") == "prior").mean()).item()
    return {
        "value": round(float(group.get_column("value").sum()), 2),
        "value_se": round(_packet_se(group), 2),
        "cost": int(group.get_column("cost").sum()),
        "first_at": group.get_column("slot_at").min(),
        "last_at": group.get_column("slot_at").max(),
        "evidence_prior_share": round(float(prior), 4),
    }


def _packet_se(group: pl.DataFrame) -> float:
    """Standard error of the packet's value: the errors of one treatment come from one model and
    are taken as fully correlated; those of different treatments as independent."""
    by_treatment = group.group_by("treatment_id").agg(pl.col("value_se").sum())
    errors = by_treatment.get_column("value_se").to_numpy()
    return float(np.sqrt((errors**2).sum()))


def _title(first: dict[str, object], people: int) -> str:
    notes = [
        words
        for key, words in (
            ("vip", "VIP accounts"),
            ("late_deal", "late-stage deals"),
            ("prior", "no evidence yet"),
            ("first_use", "first use"),
        )
        if first[key]
    ]
    if first["asks"]:
        notes.append(f"{first['asks']}'s deals")
    detail = f" ({', '.join(notes)})" if notes else ""
    return f"{first['campaign_id']} by {first['channel']} to {people:,} contacts{detail}"


def _sides(rows: pl.DataFrame) -> tuple[OtherSide, ...]:
    return tuple(
        OtherSide(
            conflict=row["conflict"], agent=row["agent"], count=row["count"], stake=row["stake"]
        )
        for row in rows.sort("stake", "conflict", descending=[True, False]).iter_rows(named=True)
    )


def _judge(
    draft: Packet, group: pl.DataFrame, setting: Setting, cleared: dict[str, float]
) -> Packet:
    triggers = (
        *autonomy_trigger(draft, setting.policy),
        *touch_triggers(draft, setting),
        *flag_triggers(group.row(0, named=True), bool(group.get_column("stage_unknown").any())),
        *significance_trigger(bool(group.get_column("significant").any())),
        *cumulative_trigger(draft, setting, cleared),
    )
    if not triggers:
        cleared[draft.agent] = cleared.get(draft.agent, 0.0) + at_stake(draft)
    return disposed(draft, triggers, setting.policy)
