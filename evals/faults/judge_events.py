"""What the judge tells by itself: a signed call for each event, as providers' webhooks go.

Two events an act, `sent` and `delivered`, each in a call of its own to a URL in which `{provider}`
stands for the provider's name and `{channel}` for the act's channel. The signature is
`X-Clearance-Signature: t=SECONDS,v1=HEX`, an HMAC-SHA256 over `SECONDS.BODY`. The instant is the
one that the act was told, so that it fits the clock of a run whose time is made up.
"""

import hashlib
import hmac
import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from http.client import HTTPConnection, HTTPException
from queue import SimpleQueue
from threading import Event, Lock, Thread
from typing import Final
from urllib.parse import urlsplit

from evals.faults.judge_ledger import Line
from evals.faults.plans import WEBHOOKS
from tools.clock import Clock

HEADER: Final = "X-Clearance-Signature"
KINDS_OF_EVENT: Final = ("sent", "delivered")
FORGED: Final = "unsubscribed"
TRIES: Final = 50
PAUSE: Final = 0.1
"""Seconds before a call that nobody answered, or that was answered 5xx, is made again."""


@dataclass(frozen=True)
class Webhook:
    """Where events go, how they are signed, and how they go wrong (a few of WEBHOOKS)."""

    url: str
    secret: str
    faults: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if unknown := set(self.faults) - set(WEBHOOKS):
            raise ValueError(f"Expected a few of {', '.join(WEBHOOKS)}, found {sorted(unknown)}.")


@dataclass(frozen=True)
class Call:
    """One event on its way. `secret`: what it is signed with; `own`: whether that is the
    provider's own."""

    url: str
    provider: str
    secret: str
    body: bytes
    event: Line
    own: bool

    def header(self, at: datetime) -> str:
        seconds = int(at.timestamp())
        return f"t={seconds},v1={signature(self.secret, seconds, self.body)}"


def calls_of(webhook: Webhook, act: Line) -> list[Call]:
    """The calls that tell of one act, in the order in which they are made."""
    kinds = KINDS_OF_EVENT[::-1] if "reordered" in webhook.faults else KINDS_OF_EVENT
    calls = [_call(webhook, act, kind) for kind in kinds]
    if "duplicate" in webhook.faults:
        calls = [call for call in calls for _ in range(2)]
    if "forged" in webhook.faults:
        calls.append(_call(webhook, act, FORGED, own=False))
    return calls


def _call(webhook: Webhook, act: Line, kind: str, own: bool = True) -> Call:
    event = {
        "event_id": f"{act['ref']}-{kind}",
        "kind": kind,
        "at": act["told_at"],
        "key": act["key"],
        "contact_id": act["contact_id"],
        "channel": act["channel"],
    }
    body = json.dumps({"events": [event]}).encode()
    url = webhook.url.format(provider=act["provider"], channel=act["channel"])
    secret = webhook.secret if own else webhook.secret + " of somebody else"
    return Call(url, act["provider"], secret, body, event, own)


def signature(secret: str, seconds: int, body: bytes) -> str:
    return hmac.new(secret.encode(), f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()


class Teller:
    """Tells of acts from a thread of its own. `late` events wait until they are released. `note`
    hears of each call with the status it got; None: it was never answered. `clock`: calls are
    signed as of its time, and anew at each try; None: as of the act's."""

    def __init__(
        self,
        webhook: Webhook,
        note: Callable[[Line, int | None], None],
        clock: Clock | None = None,
    ) -> None:
        self.webhook = webhook
        self.note = note
        self.clock = clock
        self.queued = self.done = 0
        self.queueing = Lock()
        self.waiting: SimpleQueue[Call | None] = SimpleQueue()
        self.may_tell, self.ended = Event(), Event()
        if "late" not in webhook.faults:
            self.may_tell.set()
        self.thread = Thread(target=self._work, daemon=True)
        self.thread.start()

    @property
    def untold(self) -> int:
        return self.queued - self.done

    def tell(self, acts: Sequence[Line]) -> None:
        calls = [call for act in acts for call in calls_of(self.webhook, act)]
        with self.queueing:
            self.queued += len(calls)
            for call in calls:
                self.waiting.put(call)

    def release(self) -> None:
        """What was held back goes out, and nothing is held back any more."""
        self.may_tell.set()

    def close(self) -> None:
        """Tell no more; what waits is never told."""
        self.ended.set()
        self.may_tell.set()
        self.waiting.put(None)
        self.thread.join()

    def _work(self) -> None:
        while (call := self.waiting.get()) is not None:
            self.may_tell.wait()
            if self.ended.is_set():
                return
            told = {**call.event, "provider": call.provider, "forged": not call.own}
            self.note(told, self._until_answered(call))
            self.done += 1

    def _until_answered(self, call: Call) -> int | None:
        status = None
        for _ in range(TRIES):
            status = _post(call, self._now(call))
            if not self._again(call, status) or self.ended.wait(PAUSE):
                return status
        return status

    def _again(self, call: Call, status: int | None) -> bool:
        """A call on whose way the run's clock moved on is too old when it comes: signed anew."""
        if status == 401 and self.clock is not None:
            return call.own
        return status is None or status >= 500

    def _now(self, call: Call) -> datetime:
        return self.clock.now() if self.clock else datetime.fromisoformat(call.event["at"])


def _post(call: Call, at: datetime) -> int | None:
    parts = urlsplit(call.url)
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=2)
    with suppress(OSError, HTTPException):
        headers = {HEADER: call.header(at), "Content-Type": "application/json"}
        connection.request("POST", parts.path, call.body, headers)
        status = connection.getresponse().status
        connection.close()
        return status
    connection.close()
    return None
