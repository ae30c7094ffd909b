"""POST /webhooks/PROVIDER: the one route by which anybody but this machine tells us something."""

from collections.abc import Callable
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.types import Receive, Scope, Send

from app import unsubscribe_route
from app.signing import HEADER
from app.webhooks import MOST_BYTES, TOO_LONG, Answer

PATH: Final = "/webhooks/"
OPEN: Final = (PATH, unsubscribe_route.PATH)
Take = Callable[[str, str, bytes], Answer]
"""Provider, signature and body of a call; what it is answered."""


def routes(take: Take) -> APIRouter:
    """A thin shell over what takes a call (app/webhooks.py)."""
    router = APIRouter()

    @router.post(PATH + "{provider}")
    async def webhook(provider: str, request: Request) -> JSONResponse:
        """What a provider tells by itself; signed."""
        body = await _bounded(request)
        header = request.headers.get(HEADER, "")
        status, answer = (
            TOO_LONG if body is None else await run_in_threadpool(take, provider, header, body)
        )
        return JSONResponse(answer, status_code=status)

    return router


async def _bounded(request: Request) -> bytes | None:
    """The body as it came, or None as soon as it grows too long."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MOST_BYTES:
            return None
    return bytes(body)


class HostsButWebhooks(TrustedHostMiddleware):
    """The check of the host's name for all but webhooks and unsubscribe links: those come through
    the operator's proxy under its own name, and are believed for their seal alone."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(OPEN):
            await self.app(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)
