"""Acting: the person whose minutes a decision takes, who does it in their own name."""

from collections.abc import Sequence
from typing import Any

import polars as pl

from tools.ledger.database import Ledger

ACTING: dict[str, Any] = {"decision_id": pl.String, "owner": pl.String}
SQL = (
    "SELECT decision_id, substr(resource, 9) FROM reservation "
    "WHERE resource LIKE 'minutes:%' AND {clause}"
)


def acting(ledger: Ledger, decision_ids: Sequence[str]) -> pl.DataFrame:
    """ACTING, once a decision, of those that take anybody's minutes, whatever became of them."""
    asked = ledger.among("decision_id", decision_ids)
    return ledger.frame(SQL.format(clause=asked.clause), ACTING, asked.parameters)
