"""Webhooks: calls by which providers tell what became of deliveries, from signature to ledger.

What is not signed with the provider's secret leaves nothing but a count. What is, is kept whole:
events one by one, and a call some of which can't be read for a person to look at.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Final

import polars as pl
from pydantic import AfterValidator, AwareDatetime, Field, ValidationError

from app import feedback_desk
from app.signing import LOG
from domain.canonical import canonical
from domain.errors import StorageError
from domain.record import Record
from tools.ledger.feedback import EVENTS, GONE
from tools.replies import Meaning, meaning_of

if TYPE_CHECKING:
    from app.compose import House

MOST_BYTES: Final = 256 * 1024
Answer = tuple[int, dict[str, Any]]
"""HTTP status and JSON body."""

Name = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
"""Short, and nothing in it that an engine can't keep."""
Moment = Annotated[
    AwareDatetime,
    Field(ge=datetime(2000, 1, 1, tzinfo=UTC), lt=datetime(2200, 1, 1, tzinfo=UTC)),
    AfterValidator(lambda at: at.astimezone(UTC)),
]


class Event(Record, extra="ignore"):
    """One thing that happened, once per `event_id`. A kind we don't know is kept, and changes
    nothing; fields we don't know are passed over, so that a provider may add some."""

    event_id: Name
    kind: Name
    at: Moment
    key: Name | None = None
    contact_id: Name | None = None
    channel: Name | None = None
    text: Annotated[str, Field(max_length=20_000)] = ""
    """Of a reply: its words. They are read at once and not kept."""
    automatic: bool = False
    """Of a reply: that a machine wrote it (RFC 3834)."""
    permanent: bool = False
    """Of a bounce: that the mailbox is no more."""


class Batch(Record, extra="ignore"):
    """One call's events, none of them read yet."""

    events: tuple[Any, ...]


@dataclass(frozen=True)
class Read:
    """Events that can be read, and what is the matter with the others."""

    events: tuple[Event, ...]
    refused: tuple[dict[str, Any], ...]


def receive(house: "House", provider: str, header: str, body: bytes) -> Answer:
    """Take a provider's call: its name, the header `X-Clearance-Signature`, the bytes it sent.

    200: what can be read is kept and done; 401: not the provider's; 413: too long; 422: nothing of
    it can be read; 503: the ledger can't be written now, nothing is kept, it is to be told again.
    """
    if len(body) > MOST_BYTES:
        return TOO_LONG
    if not house.senders.sent(provider, header, body, house.tower.clock.now()):
        return 401, {"error": "The signature does not hold."}
    read = _read(body)
    call = feedback_desk.Call(provider, _frame(read.events), body, whole=not read.refused)
    try:
        done = feedback_desk.receive(house.tower, call)
    except StorageError as error:
        LOG.error("a webhook of %s was not kept: %s", provider, error.message)
        return 503, {"error": error.message, "hint": "Nothing of it was kept: tell it again."}
    refused = [*read.refused, *(_refusal(None, why=f"{one}: {TAKEN}") for one in done.taken)]
    if refused:
        LOG.warning("a webhook of %s: %d events were refused", provider, len(refused))
    counts = {"new": done.new, "known": done.known, "orphans": done.orphans}
    return 200 if read.events or not refused else 422, {**counts, "refused": refused}


TOO_LONG: Final[Answer] = (413, {"error": f"At most {MOST_BYTES} bytes."})
TAKEN: Final = "this event_id was told before, of something else"


def _read(body: bytes) -> Read:
    """Events one by one: one that can't be read takes none of the others with it."""
    try:
        told = Batch.model_validate_json(body)
    except ValidationError:
        return Read((), (_refusal(None, 'expected {"events": [...]}'),))
    events, refused = [], []
    for number, one in enumerate(told.events):
        try:
            events.append(Event.model_validate(one, strict=False))
        except ValidationError as error:
            refused.append(_refusal(number, _why(error)))
    return Read(tuple(events), tuple(refused))


def _why(error: ValidationError) -> str:
    """What is wrong with which field; nothing of what stood in it."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    return f"{'.'.join(map(str, first['loc'])) or 'event'}: {first['msg']}"


def _refusal(number: int | None, why: str) -> dict[str, Any]:
    """`number`: the event's place in the call, from 0; None where it is about more or less."""
    return {"event": number, "why": why}


def _frame(events: Sequence[Event]) -> pl.DataFrame:
    return pl.DataFrame([_row(one) for one in events], schema=EVENTS)


def _row(one: Event) -> dict[str, Any]:
    """An event as it is kept: of a reply what it means, and not its words."""
    named = one.model_dump(exclude=READ_HERE) | {"kind": _kind(one)}
    said = one.model_dump(mode="json", exclude=READ_HERE) | {"kind": _kind(one)}
    if one.kind == REPLIED:
        said |= {"words": hashlib.sha256(one.text.encode()).hexdigest()}
    return {**named, "body": canonical(said)}


def _kind(one: Event) -> str:
    if one.kind == REPLIED:
        return MEANS[meaning_of(one.text, one.automatic)]
    return GONE if one.kind == "bounced" and one.permanent else one.kind


READ_HERE: Final = {"text", "automatic", "permanent"}
"""Fields that say which kind an event is kept as."""
REPLIED: Final = "replied"
MEANS: Final[dict[Meaning, str]] = {
    "opt_out": "opted_out",
    "unclear": "opted_out",
    "automatic": "auto_replied",
    "answer": REPLIED,
}
"""The kind under which a reply is kept."""
