"""A provider's answer, read with bounds and believed only where it has the form it must have."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Annotated, Final, Literal

import httpx
from pydantic import ConfigDict, Field

from domain.record import Record

MOST_BYTES: Final = 1_000_000
SHOWN: Final = 200
"""Characters of a body that a log may hold."""
LONGEST_WAIT: Final = 3600.0
"""Seconds; who asks for more is asked again after these."""
Ref = Annotated[str, Field(pattern=r"^[\x20-\x7e]{1,200}$")]


class Result(Record):
    """What the provider says of one key; other fields it may send are not read."""

    model_config = ConfigDict(extra="ignore")

    key: str
    state: Literal["accepted", "failed", "later", "unknown"]
    ref: Ref | None = None
    retry_after: Annotated[float, Field(ge=0)] | None = None


class Results(Record):
    model_config = ConfigDict(extra="ignore")

    results: list[Result]


class ShownBudget(Record):
    model_config = ConfigDict(extra="ignore")

    campaign_id: str
    amount: Annotated[int, Field(ge=0)] | None
    """Minor units; None: the platform shows none."""


@dataclass(frozen=True)
class Answer:
    """`unreadable`: why the body is not all there, or can't be read; then `body` is its start."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    unreadable: str | None = None

    @property
    def good(self) -> bool:
        return 200 <= self.status < 300


def read_answer(
    response: httpx.Response, deadline: float, stopwatch: Callable[[], float]
) -> Answer:
    """The answer, up to MOST_BYTES and to the deadline. A compressed one is not read: its length
    says nothing of what it unfolds to."""
    if response.headers.get("content-encoding", "identity") != "identity":
        return Answer(response.status_code, response.headers, b"", "it is compressed")
    body, why = b"", None
    try:
        for part in response.iter_raw():
            body += part
            if why := _too_much(body, stopwatch() > deadline):
                break
    except httpx.TransportError as error:
        why = f"it broke off ({type(error).__name__})"
    return Answer(response.status_code, response.headers, body, why)


def _too_much(body: bytes, late: bool) -> str | None:
    if len(body) > MOST_BYTES:
        return f"it is longer than {MOST_BYTES:,} bytes"
    return "it takes too long" if late else None


def wait_asked(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds that Retry-After asks for, within LONGEST_WAIT; None where it says nothing that can
    be read. A date counts from the provider's own Date, where it names one."""
    text = headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]{1,9}", text):
        return min(float(text), LONGEST_WAIT)
    until, since = _date(text), _date(headers.get("date", "")) or now
    return None if until is None else min(max((until - since).total_seconds(), 0.0), LONGEST_WAIT)


def _date(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    return found if found.tzinfo is not None else None


ADDRESS: Final = re.compile(r"[^\s@\"'<>:,;]+@[^\s@\"'<>:,;]+")
NUMBER: Final = re.compile(r"\+?\d[\d ()/.-]{6,}\d")


def shown(body: bytes, hidden: tuple[str, ...] = ()) -> str:
    """The start of a body as a log may hold it: escaped, cut, without addresses, numbers to call,
    and anything of `hidden` (the token, the people it was about)."""
    text = body[: SHOWN * 20].decode("utf-8", "replace")
    for secret in sorted(filter(None, hidden), key=len, reverse=True):
        text = text.replace(secret, "[hidden]")
    text = NUMBER.sub("[hidden]", ADDRESS.sub("[hidden]", text))
    return text[:SHOWN].encode("unicode_escape").decode("ascii")
