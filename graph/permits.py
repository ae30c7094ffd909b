"""The gate of permits: a finite table says whether a message may go out now, or why not.

What the judge found at the door is one of its facts; the others it asks the record for itself, in
the very transaction in which handing over begins. No permit unless every line of the table holds.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from domain.permit import Approval, ConsentNamed, NoConsent, Permit

LIFETIME: Final = timedelta(minutes=2)
"""How long after the judging a permit lets a message out: the minute that may pass until it is
taken in hand, and one more for the call to begin."""

FRESH: Final = timedelta(minutes=1)
"""How old a judgement may be when what it cleared is taken in hand."""

Standing = Literal["granted", "expired", "not_yet", "withdrawn", "objected", "none"]
"""How the newest statement of consent stands at the instant of handing over; none: nobody made
one, or it can't be read as one of the others."""

Refused = Literal[
    "fenced",
    "not_waiting",
    "found_at_the_door",
    "payload_altered",
    "paused",
    "approval_void",
    "consent_missing",
    "policy_changed",
    "judged_too_long_ago",
]


@dataclass(frozen=True)
class Facts:
    """All that the table looks at: every field has few values, so all of them can be tried."""

    lease: bool
    """This process holds the relay's lease, by its fence."""
    effect: Literal["waiting", "moved", "parked"]
    """waiting: in the state it was judged in, and in nobody's hands."""
    door: Literal["clear", "found"]
    """What the judge said of it; what was not judged is `found`."""
    payload: Literal["as_decided", "altered"]
    pause: Literal["none", "paused"]
    approval: Literal["not_asked", "stands", "void"]
    consent: Standing
    no_consent: NoConsent | None
    """Why none is needed; None: the policy asks for one."""
    policy: Literal["in_force", "other"]
    """Whether it was judged by the policy that is in force now."""
    clock: Literal["fresh", "stale"]
    """Whether so little time passed since the judging that it still says what holds now."""


TABLE: Final[tuple[tuple[Refused, Callable[[Facts], bool]], ...]] = (
    ("fenced", lambda known: known.lease is True),
    ("not_waiting", lambda known: known.effect == "waiting"),
    ("found_at_the_door", lambda known: known.door == "clear"),
    ("payload_altered", lambda known: known.payload == "as_decided"),
    ("paused", lambda known: known.pause == "none"),
    ("approval_void", lambda known: known.approval in ("not_asked", "stands")),
    (
        "consent_missing",
        lambda known: known.no_consent is not None or known.consent == "granted",
    ),
    ("policy_changed", lambda known: known.policy == "in_force"),
    ("judged_too_long_ago", lambda known: known.clock == "fresh"),
)
"""A permit needs every line; the first that does not hold is the reason of the refusal."""


def decide(facts: Facts) -> Refused | None:
    """The reason against a permit; None: every line of the table holds."""
    return next((reason for reason, holds in TABLE if not holds(facts)), None)


@dataclass(frozen=True)
class Statement:
    """The newest statement of consent for a message's contact, channel and purpose."""

    consent_id: int
    version: str | None
    state: str
    at: datetime
    expires_at: datetime | None


@dataclass(frozen=True)
class Message:
    """What a permit says beside the facts that allowed it."""

    effect_id: str
    payload_hash: str
    channel: str
    action_class: str
    purpose: str
    policy_hash: str
    judged_at: datetime
    approval: Approval | None
    statement: Statement | None


def standing(statement: Statement | None, now: datetime) -> Standing:
    """How a statement stands at an instant."""
    if statement is None:
        return "none"
    if statement.state == "withdrawn":
        return "withdrawn"
    if statement.state == "objected":
        return "objected"
    if statement.state != "granted":
        return "none"
    if statement.at > now:
        return "not_yet"
    ended = statement.expires_at is not None and statement.expires_at <= now
    return "expired" if ended else "granted"


def mint(facts: Facts, message: Message) -> Permit | Refused:
    """The permit, not signed yet; or the table's reason against it."""
    refused = decide(facts)
    if refused is not None:
        return refused
    named = None if facts.no_consent is not None else message.statement
    return Permit(
        effect_id=message.effect_id,
        payload_hash=message.payload_hash,
        channel=message.channel,
        action_class=message.action_class,
        purpose=message.purpose,
        consent=_named(named),
        no_consent=facts.no_consent,
        policy_hash=message.policy_hash,
        approval=message.approval if facts.approval == "stands" else None,
        judged_at=message.judged_at,
        expires_at=_ends(message.judged_at, named),
    )


def _named(statement: Statement | None) -> ConsentNamed | None:
    if statement is None:
        return None
    return ConsentNamed(consent_id=statement.consent_id, version=statement.version)


def _ends(judged_at: datetime, named: Statement | None) -> datetime:
    """No later than the consent it rests on."""
    end = judged_at + LIFETIME
    expires_at = named.expires_at if named else None
    return end if expires_at is None else min(end, expires_at)
