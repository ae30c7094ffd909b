"""Refusals at commit: what was decided and did not fit any more, kept so that nothing is lost."""

from datetime import datetime

import polars as pl
from sqlmodel import Session

from tools.ledger import audit
from tools.ledger.bulk import insert_new
from tools.ledger.database import INSTANT, Ledger
from tools.ledger.models import EffectRow

REASON = "taken_meanwhile"


def refuse(session: Session, rows: pl.DataFrame, at: datetime) -> None:
    """Keep effects that will not happen since another run took what was left of a limit: skipped.

    rows: `graph.reserving.effects_of`'s columns.
    """
    if rows.is_empty():
        return
    skipped = rows.with_columns(
        state=pl.lit("skipped"),
        reason=pl.lit(REASON),
        at=pl.lit(at, dtype=INSTANT),
        attempts=pl.lit(0),
    )
    insert_new(session, EffectRow, skipped)
    states = dict.fromkeys(rows.get_column("effect_id").to_list(), "skipped")
    said = {"states": states, "reason": REASON}
    audit.append(session, at, "meta-agent", "effects", f"{len(states)} effects", said)


def of_packet(ledger: Ledger, packet_id: str) -> pl.DataFrame:
    """decision_id of what the packet was to hold and does not."""
    return ledger.frame(
        "SELECT effect_id FROM effect WHERE packet_id = :packet AND state = 'skipped' "
        "AND reason = :reason",
        {"decision_id": pl.String},
        {"packet": packet_id, "reason": REASON},
    )
