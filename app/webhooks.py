"""Webhooks: POST /webhooks/PROVIDER, by which providers tell what became of deliveries.

What is not signed with the provider's secret leaves nothing but a count.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Final

import polars as pl
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import AwareDatetime, Field, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.types import Receive, Scope, Send

from app import feedback_desk
from app.signing import HEADER, is_signed
from domain.canonical import canonical
from domain.record import Record
from graph.tower import Tower
from tools.ledger.feedback import EVENTS
from tools.workspace import WebhookConfig

LOG = logging.getLogger("clearance.webhooks")
PATH: Final = "/webhooks/"
MOST_BYTES: Final = 256 * 1024

Name = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
"""Short, and nothing in it that an engine can't keep."""


class Event(Record, extra="ignore"):
    """One thing that happened, once per `event_id`. A kind we don't know is kept, and changes
    nothing; fields we don't know are passed over, so that a provider may add some."""

    event_id: Name
    kind: Name
    at: AwareDatetime
    key: Name | None = None
    contact_id: Name | None = None
    channel: Name | None = None


class Told(Record, extra="ignore"):
    events: tuple[Event, ...]


@dataclass
class Webhooks:
    """What the route works with: who may tell, and how many calls were not theirs."""

    tower: Tower
    secrets: Mapping[str, str]
    """By provider."""
    refused: int = field(default=0)
    """Forged, too old, or of nobody we know; since the start of this process."""

    def take(self, provider: str, header: str, body: bytes) -> tuple[int, dict[str, Any]]:
        """HTTP status and answer. Raises StorageError where it can't be kept: 503, and the
        provider tells again."""
        secret = self.secrets.get(provider, "")
        if not is_signed(secret, header, body, self.tower.clock.now()):
            return self._refuse()
        try:
            told = Told.model_validate_json(body)
        except ValidationError as error:
            LOG.warning(
                "webhook of %s: %d problems in a signed call", provider, error.error_count()
            )
            return 422, {"error": "The body is not what docs/commands.md says of webhooks."}
        done = feedback_desk.receive(self.tower, provider, _frame(told))
        return 200, {"new": done.new, "known": done.known, "orphans": done.orphans}

    def _refuse(self) -> tuple[int, dict[str, Any]]:
        self.refused += 1
        LOG.warning("a webhook was refused: its signature is not a known provider's, or too old")
        return 401, {"error": "The signature does not hold."}


def _frame(told: Told) -> pl.DataFrame:
    rows = [
        {**one.model_dump(), "body": canonical(one.model_dump(mode="json"))} for one in told.events
    ]
    return pl.DataFrame(rows, schema=EVENTS)


def secrets_of(
    configs: tuple[WebhookConfig, ...], environment: Mapping[str, str]
) -> dict[str, str]:
    """Secrets by provider; a provider whose variable is empty is refused like a stranger."""
    for one in configs:
        if not environment.get(one.secret_env):
            LOG.warning("webhooks of %s are refused: %s is not set", one.provider, one.secret_env)
    return {one.provider: environment.get(one.secret_env, "") for one in configs}


def routes(webhooks: Webhooks) -> APIRouter:
    """The one route that changes anything."""
    router = APIRouter()

    @router.post(PATH + "{provider}")
    async def take(provider: str, request: Request) -> JSONResponse:
        """What a provider tells by itself; signed."""
        body = await _bounded(request)
        if body is None:
            return JSONResponse({"error": f"At most {MOST_BYTES} bytes."}, status_code=413)
        header = request.headers.get(HEADER, "")
        status, answer = await run_in_threadpool(webhooks.take, provider, header, body)
        return JSONResponse(answer, status_code=status)

    return router


async def _bounded(request: Request) -> bytes | None:
    """The body as it came, or None as soon as it grows too large."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > MOST_BYTES:
            return None
    return body


class HostsButWebhooks(TrustedHostMiddleware):
    """The check of the host's name for all but webhooks: they come through the operator's proxy
    under its own name, and are believed for their signature alone."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(PATH):
            await self.app(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)
