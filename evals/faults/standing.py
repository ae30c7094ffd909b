"""What the provider's ledger tells, in the checker's words."""

import sqlite3
from pathlib import Path

from evals.faults.record import Act, Exported


def fill_from_provider(found: Exported, workspace: Path) -> None:
    """Add what really happened outside to what our record says."""
    file = workspace / "sandbox" / "provider.sqlite"
    if not file.exists():
        return
    connection = sqlite3.connect(file)
    rows = connection.execute(
        "SELECT key, channel, contact_id, campaign_id, treatment, amount, payload_hash, attempts "
        "FROM delivered WHERE state = 'accepted' ORDER BY rowid"
    ).fetchall()
    connection.close()
    for *said, _ in rows:
        act = Act(*said)
        found.acts.append(act)
        if act.amount is not None:
            found.platform[act.campaign_id] = act.amount
