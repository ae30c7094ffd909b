"""The proof of one message: what let it out, at the instant it was handed over."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

import polars as pl
from sqlmodel import Session, select

from domain.permit import Permit
from tools.ledger import effects, permits, policies
from tools.ledger.models import ConsentRow, VoteRow
from tools.ledger.permits import Kept
from tools.permit_keys import keys_in
from tools.proving import unproven

if TYPE_CHECKING:
    from app.compose import House


def proof(house: "House", effect_id: str) -> dict[str, Any]:
    """The permit under which a message was last handed over, with the statement of consent, the
    policy, the approval and the content that it names. `problems`: why it proves nothing.

    Raises RefusedError where there is no such effect. Every question to the ledger is by a key.
    """
    tower = house.tower
    row = effects.read(tower.ledger, effect_id)
    message = permits.message(tower.ledger, effect_id)
    handed_over_at = message.item(0, "last_sent_at")
    kept = permits.of_effect(tower.ledger, effect_id)
    said = None if not kept else Permit.model_validate_json(kept[-1].body)
    return {
        "effect_id": effect_id,
        "handed_over_at": _plain(handed_over_at),
        "content": {name: row[name] for name in CONTENT},
        "permit": None if said is None else said.model_dump(mode="json"),
        **_named(house, said),
        "problems": _problems(house, message, kept),
    }


CONTENT = ("channel", "contact_id", "campaign_id", "treatment", "amount", "payload_hash")


def _named(house: "House", permit: Permit | None) -> dict[str, Any]:
    """What the permit names, as the ledger keeps it."""
    if permit is None:
        return {"consent": None, "policy": None, "approval": None}
    with house.tower.ledger.read() as session:
        return {
            "consent": _consent(session, permit),
            "policy": _policy(session, permit),
            "approval": _approval(session, permit),
        }


def _consent(session: Session, permit: Permit) -> dict[str, Any]:
    if permit.consent is None:
        return {"not_needed": permit.no_consent}
    row = session.get(ConsentRow, permit.consent.consent_id)
    return {} if row is None else _all(row.model_dump())


def _policy(session: Session, permit: Permit) -> dict[str, Any]:
    row = policies.by_hash(session, permit.policy_hash)
    told = {} if row is None else _all(row.model_dump(exclude={"text"}))
    return {"hash": permit.policy_hash, **told}


def _approval(session: Session, permit: Permit) -> dict[str, Any] | None:
    """None: the policy cleared it without asking anybody."""
    if permit.approval is None:
        return None
    packet, version = permit.approval.packet_id, permit.approval.version
    votes = select(VoteRow).where(VoteRow.packet_id == packet, VoteRow.version == version)
    told = {"person_id", "verdict", "at"}
    said = [_all(one.model_dump(include=told)) for one in session.exec(votes)]
    return {**permit.approval.model_dump(), "votes": said}


def _problems(house: "House", message: pl.DataFrame, kept: list[Kept]) -> list[str]:
    """Why it was not handed over under a permit that proves it; none where it was."""
    if message.item(0, "last_sent_at") is None:
        return [f"Effect {message.item(0, 'effect_id')} was not handed over."]
    file = house.tower.workspace.permit_keys_file
    keys = keys_in(file) if file.exists() else {}
    return unproven(message, permits.as_frame(kept), keys)


def _all(row: dict[str, Any]) -> dict[str, Any]:
    return {name: _plain(value) for name, value in row.items()}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
