"""What the checker reads: an export of the ledger and the provider's own ledger, as plain rows."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

Row = dict[str, Any]


@dataclass(frozen=True)
class Event:
    """One audited change of one effect's state."""

    seq: int
    at: datetime
    state: str
    parked: bool = False


@dataclass(frozen=True)
class Act:
    """Something that really happened outside, as the provider's ledger tells it."""

    key: str
    channel: str
    contact_id: str | None
    campaign_id: str
    treatment: str
    amount: int | None
    payload_hash: str | None


@dataclass
class Exported:
    """Tables of the export by name, and what happened outside, in order."""

    tables: dict[str, list[Row]]
    limits: Row
    acts: list[Act] = field(default_factory=list)
    outside: list[Row] = field(default_factory=list)
    """Every line of the provider's ledger, in order: who came, what happened, what others set."""
    platform: dict[str, int] = field(default_factory=dict)
    """Each campaign's budget as the platform runs it in the end; only those set at all."""
    touched_elsewhere: set[str] = field(default_factory=set)
    """Campaigns whose budget somebody else set during the run."""

    def rows(self, name: str) -> list[Row]:
        return self.tables.get(name, [])

    def by(self, name: str, key: str) -> dict[str, Row]:
        return {row[key]: row for row in self.rows(name)}

    def audit(self, *kinds: str) -> list[Row]:
        """Lines of these kinds in order, their payload read."""
        return [
            {**row, "payload": json.loads(row["payload"])}
            for row in self.rows("audit")
            if not kinds or row["kind"] in kinds
        ]

    def events(self) -> dict[str, list[Event]]:
        """Every audited state of every effect, in order."""
        found: dict[str, list[Event]] = {}
        for row in self.audit("effects"):
            for key, state in row["payload"]["states"].items():
                event = Event(row["seq"], instant(row["at"]), state)
                found.setdefault(key, []).append(event)
        return found


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def read_export(folder: Path) -> Exported:
    """The export's files; what happened outside is added by who reads the provider's ledger."""
    tables = {
        file.stem: [json.loads(line) for line in file.read_text().splitlines()]
        for file in sorted(folder.glob("*.jsonl"))
    }
    return Exported(tables, json.loads((folder / "limits.json").read_text()))


def before(lines: list[Row], sent: Event) -> list[Row]:
    """Audit lines that were committed before the event."""
    return [line for line in lines if line["seq"] < sent.seq]
