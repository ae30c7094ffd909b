"""/unsubscribe/TOKEN: the link of every commercial email (RFC 8058). GET shows, POST acts."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from starlette.concurrency import run_in_threadpool

from app.unsubscribing import Page

PATH: Final = "/unsubscribe/"
MOST_BYTES: Final = 16 * 1024
HEADERS: Final = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
    "Content-Security-Policy": "default-src 'none'; form-action 'self'; frame-ancestors 'none'",
}


@dataclass(frozen=True)
class Links:
    """What answers a link's token."""

    show: Callable[[str], Page]
    end: Callable[[str], Page]


def routes(links: Links) -> APIRouter:
    """A thin shell over app/unsubscribing.py."""
    router = APIRouter(default_response_class=HTMLResponse)

    @router.get(PATH + "{token}")
    async def show(token: str) -> HTMLResponse:
        """A page with a form; nothing changes."""
        return _answer(await run_in_threadpool(links.show, token))

    @router.post(PATH + "{token}")
    async def end(token: str, request: Request) -> HTMLResponse:
        """The end of marketing mail. The token is all that counts: a body of either form type is
        read and dropped, no cookie is looked at, and nothing is asked."""
        size = 0
        async for part in request.stream():
            size += len(part)
            if size > MOST_BYTES:
                break
        return _answer(await run_in_threadpool(links.end, token))

    return router


def _answer(page: Page) -> HTMLResponse:
    return HTMLResponse(page.html, status_code=page.status, headers=HEADERS)
