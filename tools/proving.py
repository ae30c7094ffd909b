"""Proving from frames that every message had its permit: from a ledger or from an export of it."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

import polars as pl

from domain.payload import payload_hashes
from domain.permit import Keys, Permit, Seal, is_signed, permit_in
from domain.tables import INSTANT
from tools.erasure.identity import TOKEN

MESSAGES: Final = {
    "effect_id": pl.String,
    "channel": pl.String,
    "contact_id": pl.String,
    "campaign_id": pl.String,
    "treatment": pl.String,
    "amount": pl.Int64,
    "payload_hash": pl.String,
    "last_sent_at": INSTANT,
}
"""Effects that were handed over, and when last. `payload_hash` is of what was decided: it speaks
for the content where a person was erased since, and a token stands in their place."""
PERMITS: Final = {
    "effect_id": pl.String,
    "body": pl.String,
    "place": pl.Int64,
    "sheet_id": pl.String,
    "key": pl.String,
    "leaves": pl.String,
    "signature": pl.String,
}
"""Permits and the sheets they stand on; `leaves`, one a line, at a sheet's first permit only."""


def unproven(messages: pl.DataFrame, permits: pl.DataFrame, keys: Keys) -> list[str]:
    """One sentence for each message that no permit covers; MESSAGES and PERMITS in.

    A permit covers a message when a trusted key signed its sheet, its text stands there, it names
    the very content that is recorded, and the message was last handed over while it held.
    """
    seals = dict(_seals(permits))
    signed = {sheet: is_signed(seal, keys) for sheet, seal in seals.items()}
    known: dict[str, list[Permit | str]] = {}
    for row in permits.select("effect_id", "body", "place", "sheet_id").iter_rows():
        effect_id, body, place, sheet = row
        permit = permit_in(body, place, seals[sheet]) if signed[sheet] else None
        known.setdefault(effect_id, []).append(permit or "is not signed by a key that is trusted")
    erased = pl.col("contact_id").str.starts_with(TOKEN).fill_null(False)
    contents = pl.when(erased).then("payload_hash").otherwise(payload_hashes(messages))
    handed = messages.select("effect_id", "last_sent_at", content=contents).iter_rows()
    found = ((one, _against(known.get(one, []), one, content, at)) for one, at, content in handed)
    return [f"Effect {one} {why}." for one, why in found if why is not None]


def _against(permits: list[Permit | str], effect_id: str, content: str, at: datetime) -> str | None:
    """Why none of the permits covers the message; None: one does."""
    if not permits:
        return "was handed over without a permit"
    why = [_why(one, effect_id, content, at) for one in permits]
    return None if None in why else f"has a permit that {why[-1]}"


def _why(permit: Permit | str, effect_id: str, content: str, at: datetime) -> str | None:
    if isinstance(permit, str):
        return permit
    if permit.effect_id != effect_id:
        return "is another message's"
    if permit.payload_hash != content:
        return "names another content than what is recorded"
    if not permit.judged_at <= at < permit.expires_at:
        return "did not hold when it was handed over"
    return None


def _seals(permits: pl.DataFrame) -> Iterator[tuple[str, Seal]]:
    sheets = permits.group_by("sheet_id", maintain_order=True).agg(
        pl.col("key").first(), pl.col("leaves").drop_nulls().first(), pl.col("signature").first()
    )
    for sheet, key, leaves, signature in sheets.iter_rows():
        yield sheet, Seal(key=key, leaves=tuple((leaves or "").split("\n")), signature=signature)
