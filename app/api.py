"""The JSON API: health, status, runs and reviews. It reads; nothing here approves or sends. Two
routes are told something: app/webhook_route.py and app/unsubscribe_route.py."""

import ipaddress
from typing import Annotated, Any, Final, Literal, Protocol

from fastapi import FastAPI, Path, Request, Response
from fastapi.responses import JSONResponse
from pydantic import AwareDatetime

from app import unsubscribe_route
from app.unsubscribe_route import Links
from app.webhook_route import HostsButWebhooks, Take, routes
from domain.errors import ClearanceError, StorageError, UsageError
from domain.record import Record

LOCAL_NAMES: Final = ("127.0.0.1", "localhost", "::1", "[::1]")


class Health(Record):
    """Whether the tower works, what is due, and what holds it."""

    at: AwareDatetime
    due: int
    """Effects whose slot has come and that are not delivered yet."""
    waiting: int
    """Reviews that wait for a person."""
    unfinished: tuple[str, ...]
    """Runs that began and did not finish."""
    halts: tuple[str, ...]
    """Pauses in force, in words."""
    troubles: tuple[str, ...]
    """Providers that nothing goes to, and effects that nobody heard of again, in words."""
    storage: str | None = None
    """Why nothing is begun: the ledger can't be written. Work goes on by itself afterwards."""
    webhooks_refused: int = 0
    """Webhooks since the start that were forged, too old or of nobody we know."""
    failures: tuple[str, ...]
    """Jobs of the scheduler that failed and have not succeeded since."""

    @property
    def state(self) -> Literal["ok", "troubled", "halted", "halted: storage", "failing"]:
        if self.storage is not None:
            return "halted: storage"
        if self.failures:
            return "failing"
        if self.halts:
            return "halted"
        return "troubled" if self.troubles else "ok"


class Reading(Protocol):
    """What the API shows; every value JSON-like."""

    def health(self) -> Health: ...
    def status(self) -> dict[str, Any]: ...
    def run(self, run_id: str) -> dict[str, Any] | None:
        """One run, or None where there is none of that id."""
        ...

    def reviews(self) -> list[dict[str, Any]]: ...


RunId = Annotated[str, Path(pattern=r"^[\w-]{1,64}$")]


def build_api(reading: Reading, take: Take | None = None, links: Links | None = None) -> FastAPI:
    """The API over a reading; `take` takes providers' webhooks, `links` answers unsubscribe links.
    Its routes are described at /openapi.json; the interactive page is left out, since it loads
    scripts from elsewhere. No route redirects: RFC 8058 forbids it where a mailbox
    unsubscribes its owner."""
    api = FastAPI(
        title="Clearance", version="1", docs_url=None, redoc_url=None, redirect_slashes=False
    )
    api.add_middleware(HostsButWebhooks, allowed_hosts=list(LOCAL_NAMES))
    api.add_exception_handler(ClearanceError, _told)

    @api.get("/health")
    def health(response: Response) -> dict[str, Any]:
        """Liveness; 503 where a scheduled job fails."""
        found = reading.health()
        response.status_code = 503 if found.state in ("failing", "halted: storage") else 200
        return {"state": found.state, **found.model_dump(mode="json")}

    @api.get("/status")
    def status() -> dict[str, Any]:
        """How the newest run and everything proposed stand."""
        return reading.status()

    @api.get("/runs/{run_id}", response_model=None)
    def run(run_id: RunId) -> dict[str, Any] | JSONResponse:
        """One run."""
        found = reading.run(run_id)
        missing = {"error": f"There is no run {run_id}.", "hint": "GET /status names the newest."}
        return JSONResponse(missing, status_code=404) if found is None else found

    @api.get("/reviews")
    def reviews() -> list[dict[str, Any]]:
        """Packets that wait for a person."""
        return reading.reviews()

    if take is not None:
        api.include_router(routes(take))
    if links is not None:
        api.include_router(unsubscribe_route.routes(links))
    return api


def _told(_: Request, error: Exception) -> JSONResponse:
    """An error of the house in its own words; any other is the server's 500 without details."""
    if not isinstance(error, ClearanceError):
        raise error
    code = 400 if isinstance(error, UsageError) else 503
    said = {"error": error.message, "hint": error.hint}
    if isinstance(error, StorageError) and error.kind != "missing":
        said["state"] = "halted: storage"
    return JSONResponse(said, status_code=code)


def loopback(host: str) -> str:
    """The host if it is this machine's own. Raises UsageError: without sign-in nobody else may
    read contacts."""
    if host == "localhost":
        return host
    try:
        own = ipaddress.ip_address(host).is_loopback
    except ValueError:
        own = False
    if not own:
        raise UsageError(
            f"Expected a loopback address such as 127.0.0.1, found {host!r}.",
            "The API has no sign-in yet; reach it from elsewhere through an SSH tunnel.",
        )
    return host


def serve_api(api: FastAPI, host: str = "127.0.0.1", port: int = 8765) -> None:
    """Serve until stopped by a signal."""
    import uvicorn

    uvicorn.run(api, host=loopback(host), port=port, log_level="warning")
