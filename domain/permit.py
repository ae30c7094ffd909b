"""A permit: the signed, short-lived word that one message may go out now, and why.

Anyone can check it who has the public key: nothing here reads a ledger, a file or a clock. Permits
that are minted together stand on one sheet, under one signature over the hashes of them all.
docs/decisions/permits.md says why.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final, Literal, Protocol, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pydantic import AwareDatetime, ValidationError, model_validator

from domain.payload import payload_hash
from domain.record import Record

PREFIX: Final = b"clearance permits 1\n"
"""Before the hashes that are signed, so that the signature means nothing else."""

Keys = Mapping[str, bytes]
"""Public keys that are trusted, raw (32 bytes), by fingerprint."""

NoConsent = Literal["class_exempt", "channel_not_asked", "no_contact"]
"""Why a permit names no consent: the policy exempts the class, or asks for none on the channel, or
nobody is contacted (a campaign's budget)."""

Refusal = Literal["permit_missing", "permit_forged", "permit_of_another", "permit_expired"]


class ConsentNamed(Record):
    """The statement of consent that stood when the message was judged."""

    consent_id: int
    version: str | None
    """Of the text the person agreed to; None: the record names none."""


class Approval(Record):
    """The packet's version that people approved."""

    packet_id: str
    version: int
    payload_hash: str


class Permit(Record):
    """What was known of one message when it was allowed out. It names either a consent or the
    reason why none is needed, never neither."""

    effect_id: str
    payload_hash: str
    """Of what may be done: `domain.payload`."""
    channel: str
    action_class: str
    purpose: str
    consent: ConsentNamed | None
    no_consent: NoConsent | None
    policy_hash: str
    approval: Approval | None
    """None where the policy cleared it without asking anybody."""
    judged_at: AwareDatetime
    expires_at: AwareDatetime

    @model_validator(mode="after")
    def _one_reason(self) -> Self:
        if (self.consent is None) == (self.no_consent is None):
            raise ValueError("A permit names a consent, or why none is needed: one of the two.")
        if self.expires_at <= self.judged_at:
            raise ValueError("A permit ends after it was judged.")
        return self

    @property
    def body(self) -> str:
        """The very text that is signed and kept."""
        return self.model_dump_json()


class Seal(Record):
    """What a sheet's signature covers. `leaves`: SHA-256 of each permit's body, in their order;
    `signature`: Ed25519 by `key` (a fingerprint), in hex."""

    key: str
    leaves: tuple[str, ...]
    signature: str


@dataclass(frozen=True)
class Sheet:
    """Permits minted together. `bodies`: their texts by effect, in the order of the leaves."""

    seal: Seal
    bodies: Mapping[str, str]

    def permits(self, keys: Keys) -> dict[str, Permit]:
        """Those that prove what they say, by effect; none where the signature does not hold."""
        if not is_signed(self.seal, keys):
            return {}
        placed = enumerate(self.bodies.items())
        read = ((name, permit_in(body, place, self.seal)) for place, (name, body) in placed)
        return {name: permit for name, permit in read if permit is not None}


class Outgoing(Protocol):
    """What is about to be handed over."""

    @property
    def key(self) -> str: ...
    @property
    def channel(self) -> str: ...
    @property
    def contact_id(self) -> str | None: ...
    @property
    def campaign_id(self) -> str: ...
    @property
    def treatment(self) -> str: ...
    @property
    def amount(self) -> int | None: ...


def leaf_of(body: str) -> str:
    return sha256(body.encode()).hexdigest()


def signed_bytes(leaves: Sequence[str]) -> bytes:
    """What is signed for a sheet of these leaves."""
    return PREFIX + "\n".join(leaves).encode()


def fingerprint(public_key: bytes) -> str:
    """The name of a public key: the first 16 hex digits of its SHA-256."""
    return sha256(public_key).hexdigest()[:16]


def is_signed(seal: Seal, keys: Keys) -> bool:
    """Whether a key that is trusted signed the sheet."""
    public = keys.get(seal.key)
    if public is None:
        return False
    try:
        signature = bytes.fromhex(seal.signature)
        Ed25519PublicKey.from_public_bytes(public).verify(signature, signed_bytes(seal.leaves))
    except (InvalidSignature, ValueError):
        return False
    return True


def permit_in(body: str, place: int, seal: Seal) -> Permit | None:
    """The permit that stands on the sheet at that place; None where it does not. Whether the sheet
    is signed is `is_signed`'s to say, once for all that stand on it."""
    if not 0 <= place < len(seal.leaves) or seal.leaves[place] != leaf_of(body):
        return None
    try:
        return Permit.model_validate_json(body)
    except ValidationError:
        return None


def against(permit: Permit | None, outgoing: Outgoing, at: datetime) -> Refusal | None:
    """What speaks against handing this over under the permit at that instant; None: nothing.

    The hash is taken of the very fields that are handed over.
    """
    if permit is None:
        return "permit_missing"
    content = payload_hash(
        outgoing.channel,
        outgoing.contact_id,
        outgoing.campaign_id,
        outgoing.treatment,
        outgoing.amount,
    )
    asked = (outgoing.key, outgoing.channel, content)
    if asked != (permit.effect_id, permit.channel, permit.payload_hash):
        return "permit_of_another"
    if not permit.judged_at <= at < permit.expires_at:
        return "permit_expired"
    return None
