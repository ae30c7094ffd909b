"""The export that the checker reads: the ledger's tables as they stand, as JSON lines.

Rows are copied, not interpreted: what they mean is the checker's to know.
"""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import select
from sqlmodel import SQLModel

from app.compose import House
from tools.ledger.bulk import table_of
from tools.ledger.models import (
    AuditRow,
    ConsentRow,
    EffectRow,
    FeedbackRow,
    PacketRow,
    PauseRow,
    ReservationRow,
    ReviewRow,
    RunRow,
    RunTableRow,
    SuppressionRow,
    VoteRow,
)

TABLES: Final[tuple[type[SQLModel], ...]] = (
    AuditRow,
    ConsentRow,
    EffectRow,
    FeedbackRow,
    PacketRow,
    PauseRow,
    ReservationRow,
    ReviewRow,
    RunRow,
    RunTableRow,
    SuppressionRow,
    VoteRow,
)


def export(house: House, out: Path) -> None:
    """One file a table, and `decisions`, `kept`, `contacts` and `limits` beside them."""
    out.mkdir(parents=True, exist_ok=True)
    with house.tower.ledger.read() as session:
        for model in TABLES:
            table = table_of(model)
            ordered = select(table).order_by(*table.primary_key.columns)
            rows = session.connection().execute(ordered).mappings()
            _write(out, table.name, [dict(row) for row in rows])
    _decisions(house, out)
    _limits(house, out)


def _write(out: Path, name: str, rows: list[dict[str, Any]]) -> None:
    lines = "".join(f"{json.dumps(row, default=_plain)}\n" for row in rows)
    (out / f"{name}.jsonl").write_text(lines)


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    raise TypeError(f"Expected something JSON knows, found {value!r}.")


def _decisions(house: House, out: Path) -> None:
    """What each run decided, and the items every edited version kept."""
    tower = house.tower
    decisions: list[dict[str, Any]] = []
    kept: list[dict[str, Any]] = []
    columns = ("decision_id", "packet_id", "fate", "contact_id", "channel", "treatment_id")
    for folder in sorted(tower.workspace.runs_folder.iterdir()):
        run = tower.folder(folder.name)
        if run.has("decisions"):
            rows = run.read("decisions").select(columns)
            decisions += [{"run_id": folder.name, **row} for row in rows.iter_rows(named=True)]
        for name in run.names():
            if name.startswith("kept_"):
                ids = run.read(name).get_column("decision_id").to_list()
                kept.append({"name": name, "decision_ids": ids})
    _write(out, "decisions", decisions)
    _write(out, "kept", kept)


def _limits(house: House, out: Path) -> None:
    policy = house.tower.loaded.policy
    limits = {
        "caps": [cap.model_dump(mode="json") for cap in policy.caps],
        "budgets": [budget.model_dump(mode="json") for budget in policy.budgets],
        "quiet_hours": [quiet.model_dump(mode="json") for quiet in policy.quiet_hours],
        "consent": policy.consent.model_dump(mode="json"),
    }
    (out / "limits.json").write_text(json.dumps(limits))
    contacts = house.tower.warehouse.table("contacts")
    _write(out, "contacts", contacts.select("contact_id", "account_id", "timezone").to_dicts())
