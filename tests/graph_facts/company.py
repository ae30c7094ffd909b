"""A small company: ada, bob and eve of acme, in good standing, and what is asked of them."""

from datetime import UTC, datetime
from typing import Any

import polars as pl

from domain.tables import INSTANT
from graph.facts import IGNORED, REGISTERED, REPLIES, SHARED_REFUSALS, Sources
from tests.policies.worlds import NOON

PEOPLE = ("ada", "bob", "eve")
CELL: dict[str, Any] = {
    "contact_id": "ada",
    "account_id": "acme",
    "agent": "email",
    "channel": "email",
    "class": "marketing",
    "purpose": "marketing",
    "at": NOON,
}
TOUCHES = pl.Schema(
    {
        "contact_id": pl.String(),
        "account_id": pl.String(),
        "channel": pl.String(),
        "at": INSTANT,
        "decision_id": pl.String(),
    }
)


def cells_of(*changes: dict[str, Any]) -> pl.DataFrame:
    """Cells to judge, each the plain one with its change; further keys become columns."""
    rows = [{**CELL, **change} for change in changes]
    schema = {name: INSTANT if name == "at" else pl.String() for name in rows[0]}
    return pl.DataFrame(rows, schema=pl.Schema(schema))


def touch(at: datetime, **change: Any) -> dict[str, Any]:
    """An e-mail to ada by another tool, changed."""
    plain = {"contact_id": "ada", "account_id": "acme", "channel": "email", "decision_id": None}
    return {**plain, "at": at, **change}


def sources_of(
    contacts: pl.DataFrame | None = None,
    consents: pl.DataFrame | None = None,
    objections: list[str] | None = None,
    suppressions: list[str] | None = None,
    touches: list[dict[str, Any]] | None = None,
    pauses: list[tuple[str, str]] | None = None,
    shared: pl.DataFrame | None = None,
    registry: pl.DataFrame | None = None,
    replies: list[tuple[str | None, str | None, datetime]] | None = None,
    ignored: list[tuple[str, str, datetime]] | None = None,
) -> Sources:
    """Sources in which everybody granted e-mail, calls and ads, and nothing else is known."""
    return Sources(
        contacts=good_standing() if contacts is None else contacts,
        consents=granted() if consents is None else consents,
        objections=people(objections or []),
        suppressions=people(suppressions or []),
        touches=pl.DataFrame(touches or [], schema=TOUCHES),
        pauses=pl.DataFrame(
            pauses or [],
            schema=pl.Schema({"scope": pl.String(), "name": pl.String()}),
            orient="row",
        ),
        shared=pl.DataFrame(schema=SHARED_REFUSALS) if shared is None else shared,
        replies=pl.DataFrame(replies or [], schema=REPLIES, orient="row"),
        ignored=pl.DataFrame(ignored or [], schema=IGNORED, orient="row"),
        registry=pl.DataFrame(schema=REGISTERED) if registry is None else registry,
    )


def good_standing() -> pl.DataFrame:
    return people(list(PEOPLE)).with_columns(
        country=pl.lit("GB"),
        timezone=pl.lit("Europe/London"),
        is_customer=pl.lit(False),
        open_complaint=pl.lit(False),
        deal_stage=pl.lit(None, dtype=pl.String),
    )


def granted() -> pl.DataFrame:
    channels = pl.DataFrame({"channel": ["email", "call", "ads"]})
    return (
        people(list(PEOPLE))
        .join(channels, how="cross")
        .with_columns(
            purpose=pl.lit("marketing"),
            state=pl.lit("granted"),
            at=pl.lit(datetime(2026, 1, 5, tzinfo=UTC)).cast(INSTANT),
            expires_at=pl.lit(None, dtype=INSTANT),
        )
    )


def people(names: list[str]) -> pl.DataFrame:
    return pl.DataFrame({"contact_id": pl.Series(names, dtype=pl.String)})
