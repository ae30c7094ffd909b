"""From schema 3 to 4: a payload's hash was its words, and is a hash from then on.

Only what is still to go out is changed, and only where it stands as it was decided: what was
altered keeps a hash that does not fit, and is stopped at the door.
"""

from typing import Any

from sqlalchemy import Connection, text

from domain.payload import payload_hash

WAITING = (
    "SELECT effect_id, channel, contact_id, campaign_id, treatment, amount, payload_hash "
    "FROM effect WHERE state = 'intent'"
)
CHANGE = text("UPDATE effect SET payload_hash = :said WHERE effect_id = :key")


def rehash_payloads(connection: Connection) -> None:
    """Give every intent its hash, inside the write that brings the ledger up."""
    rows = connection.execute(text(WAITING)).all()
    changes = [_change(*row) for row in rows if _words(*row[1:-1]) == row[-1]]
    if changes:
        connection.execute(CHANGE, changes)


def _words(
    channel: str, contact_id: str | None, campaign_id: str, treatment: str, amount: int | None
) -> str:
    """As schema 3 wrote it."""
    if amount is not None:
        return f"budget|{campaign_id}|{amount}"
    return f"{contact_id}|{channel}|{treatment}"


def _change(
    effect_id: str,
    channel: str,
    contact_id: str | None,
    campaign_id: str,
    treatment: str,
    amount: int | None,
    _: str,
) -> dict[str, Any]:
    said = payload_hash(channel, contact_id, campaign_id, treatment, amount)
    return {"key": effect_id, "said": said}
