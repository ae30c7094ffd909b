"""Minting: the facts of the gate's table, asked of the record as handing over begins."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

import polars as pl
from sqlmodel import Session

from domain.payload import payload_hashes
from domain.permit import Approval, Permit
from graph.facts import is_paused
from graph.permits import FRESH, Facts, Message, Refused, Statement, mint, standing
from graph.tower import Tower
from policies.consent_limits import ConsentRule
from policies.judging import asks_consent
from tools.ledger import approvals, consents, controls, effects, leases
from tools.ledger.approvals import Terms
from tools.ledger.leases import Lease


@dataclass(frozen=True)
class Judgement:
    """What the door said. clear: effects that nothing was found against; terms: what approvals
    were measured by."""

    at: datetime
    clear: frozenset[str]
    policy_hash: str
    terms: Terms


@dataclass(frozen=True)
class Minted:
    """By effect, in the order of the rows: permits that are not signed yet, and refusals."""

    permits: dict[str, Permit]
    refused: dict[str, Refused]


def mint_all(
    session: Session,
    tower: Tower,
    lease: Lease,
    rows: pl.DataFrame,
    judged: Judgement,
    since: str,
    now: datetime,
) -> Minted:
    """Put each effect (ROW's columns) to the gate. since: the state it was judged in."""
    asked = _Asked(session, tower, lease, judged, since, now)
    permits: dict[str, Permit] = {}
    refused: dict[str, Refused] = {}
    for facts, message in asked.of(rows):
        said = mint(facts, message)
        if isinstance(said, Permit):
            permits[message.effect_id] = said
        else:
            refused[message.effect_id] = said
    return Minted(permits, refused)


@dataclass(frozen=True)
class _Asked:
    session: Session
    tower: Tower
    lease: Lease
    judged: Judgement
    since: str
    now: datetime

    def of(self, rows: pl.DataFrame) -> Iterator[tuple[Facts, Message]]:
        lease = leases.holds(self.session, self.lease)
        in_force = self.judged.policy_hash == self.tower.loaded.hash
        fresh = timedelta() <= self.now - self.judged.at <= FRESH
        packets = {one: self._approval(one) for one in rows.get_column("packet_id").unique()}
        kept = effects.standing_in(self.session, rows.get_column("effect_id").to_list())
        for one in self._known(rows).iter_rows(named=True):
            statement, approval = _statement(one), packets[one["packet_id"]]
            state, parked, payload = kept.get(one["effect_id"], ("", True, ""))
            facts = Facts(
                lease=lease,
                effect="parked" if parked else "waiting" if state == self.since else "moved",
                door="clear" if one["effect_id"] in self.judged.clear else "found",
                payload="as_decided" if payload == one["payload_now"] else "altered",
                pause="paused" if one["paused"] else "none",
                approval=_how(approval, one["undoes"] is not None),
                consent=standing(statement, self.now),
                no_consent=one["no_consent"],
                policy="in_force" if in_force else "other",
                clock="fresh" if fresh else "stale",
            )
            yield facts, self._message(one, payload, approval[0], statement)

    def _message(
        self,
        one: dict[str, Any],
        payload: str,
        approval: Approval | None,
        statement: Statement | None,
    ) -> Message:
        return Message(
            effect_id=one["effect_id"],
            payload_hash=payload,
            channel=one["channel"],
            action_class=one["class"],
            purpose=one["purpose"],
            policy_hash=self.judged.policy_hash,
            judged_at=self.judged.at,
            approval=approval,
            statement=statement,
        )

    def _approval(self, packet_id: str) -> tuple[Approval | None, bool]:
        """What people approved of a packet, and whether that stands."""
        why = approvals.against(self.session, packet_id, self.judged.terms)
        return approvals.named(self.session, packet_id), why is None

    def _known(self, rows: pl.DataFrame) -> pl.DataFrame:
        """The rows with their payload as it is now, their pause and the statement that stands."""
        people = rows.get_column("contact_id").drop_nulls().unique().to_list()
        statements = consents.standing_in(self.session, self.tower.ledger, people)
        named = statements.rename({"state": "said", "at": "said_at"})
        rule = self.tower.loaded.policy.consent
        return (
            rows.select(*USED, pl.col("action_class").alias("class"))
            .with_columns(payload_now=payload_hashes(rows), no_consent=_no_consent(rule))
            .with_columns(paused=is_paused(controls.active_in(self.session), True))
            .join(named, on=["contact_id", "channel", "purpose"], how="left", maintain_order="left")
        )


USED: Final = (
    "effect_id",
    "packet_id",
    "contact_id",
    "agent",
    "channel",
    "campaign_id",
    "purpose",
    "undoes",
)


def _no_consent(rule: ConsentRule) -> pl.Expr:
    """Why the policy asks for no consent; null where it asks for one."""
    return (
        pl.when(pl.col("contact_id").is_null())
        .then(pl.lit("no_contact"))
        .when(pl.col("class").is_in(list(rule.exempt_classes)))
        .then(pl.lit("class_exempt"))
        .when(~asks_consent(rule))
        .then(pl.lit("channel_not_asked"))
    )


def _statement(one: dict[str, Any]) -> Statement | None:
    if one["consent_id"] is None:
        return None
    return Statement(
        consent_id=one["consent_id"],
        version=one["text_version"],
        state=one["said"],
        at=one["said_at"],
        expires_at=one["expires_at"],
    )


def _how(
    approval: tuple[Approval | None, bool], undoes: bool
) -> Literal["not_asked", "stands", "void"]:
    """An undoing rests on the person who asked for it, not on the packet's approval."""
    named, stands = approval
    if named is None or undoes:
        return "not_asked"
    return "stands" if stands else "void"
