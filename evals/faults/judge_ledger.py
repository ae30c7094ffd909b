"""The judge's own ledger: an append-only file of JSON lines, on disk before anything is answered.

Lines: `call` (somebody came), `act` (something happened outside), `refused` (a final no, kept under
its key), `set` (somebody else set a budget in the platform), `event` (a webhook was called, and
answered so).
"""

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import Any, Final

from tools.clock import SystemClock

Line = dict[str, Any]
BODY: Final = ("channel", "contact_id", "campaign_id", "treatment", "amount", "payload_hash")


@dataclass(frozen=True)
class Kind:
    """What a provider does with keys. `hours`: how long it remembers one, by the instants it is
    told; None: for ever. `old_result`: another body under a known key silently gets the first
    one's answer; else it gets a refusal."""

    keys: bool
    lookup: bool
    hours: float | None = None
    old_result: bool = False


KINDS: Final[dict[str, Kind]] = {
    "keyed": Kind(keys=True, lookup=True),
    "keyonly": Kind(keys=True, lookup=False),
    "lookup": Kind(keys=False, lookup=True),
    "blind": Kind(keys=False, lookup=False),
    "forgetful": Kind(keys=True, lookup=False, hours=24.0),
    "oldresult": Kind(keys=True, lookup=True, old_result=True),
}


def read_lines(file: Path, *sorts: str) -> list[Line]:
    """Whole lines of a judge's ledger in order, all or of some sorts. A line that a death tore
    was never answered, and counts for nothing."""
    text = file.read_text() if file.exists() else ""
    whole = text[: text.rfind("\n") + 1].splitlines()
    lines = [json.loads(line) for line in whole]
    return [line for line in lines if not sorts or line["line"] in sorts]


class JudgeLedger:
    """Acts by key, and budgets as the platforms run them; all of it is read anew at a start."""

    def __init__(self, file: Path, fsync: bool = True) -> None:
        self.fsync = fsync
        self.lock = Lock()
        self.known: dict[tuple[str, str], Line] = {}
        """The newest final line of each provider and key."""
        self.budgets: dict[str, int] = {}
        self.calls = self.ends = 0
        """How often somebody came, and how often it ended in an act or a final no."""
        self.tell: Callable[[Sequence[Line]], None] | None = None
        """Who hears of new acts, once they are on disk."""
        file.parent.mkdir(parents=True, exist_ok=True)
        lines = read_lines(file)
        _cut_torn_line(file)
        self.out = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        for line in lines:
            self._index(line)

    def close(self) -> None:
        os.close(self.out)

    def deliver(
        self, name: str, call: Line, rows: Sequence[Line], refused: frozenset[int] = frozenset()
    ) -> list[Line]:
        """Act on each row as its provider does; the answers, in order, once all is on disk.
        `refused`: places that get a final no."""
        with self.lock:
            lines = [self._numbered(name, call)]
            answers = [
                self._act(name, row, place in refused, lines) for place, row in enumerate(rows)
            ]
            self._write(lines)
        if self.tell is not None:
            self.tell([line for line in lines if line["line"] == "act"])
        return answers

    def note_call(self, name: str, call: Line) -> None:
        """Somebody came, and nothing happened."""
        with self.lock:
            self._write([self._numbered(name, call)])

    def note_event(self, event: Line, status: int | None) -> None:
        """An event was told, and so answered."""
        with self.lock:
            self._write([{"line": "event", "status": status, "told_at": _now(), **event}])

    def set_budget(self, campaign_id: str, amount: int) -> None:
        """Somebody sets a budget in the platform itself."""
        with self.lock:
            line = {"line": "set", "campaign_id": campaign_id, "amount": amount, "at": _now()}
            self._index(line)
            self._write([line])

    def find(self, name: str, keys: Sequence[str]) -> list[Line]:
        with self.lock:
            found = [self.known.get((name, key)) for key in keys]
        return [result_of(line) for line in found if line is not None]

    def _numbered(self, name: str, call: Line) -> Line:
        self.calls += 1
        return {"line": "call", "call": self.calls, "provider": name, "at": _now(), **call}

    def _act(self, name: str, row: Line, no: bool, lines: list[Line]) -> Line:
        kind, before = KINDS[name], self.known.get((name, row["key"]))
        if kind.keys and before is not None and _remembered(kind, before, row):
            same = kind.old_result or all(before[part] == row[part] for part in BODY)
            return result_of(before) if same else _reused(row)
        line = {
            "line": "refused" if no else "act",
            "call": self.calls,
            "provider": name,
            "key": row["key"],
            **{part: row[part] for part in BODY},
            "told_at": row["at"],
            "at": _now(),
            "ref": f"{name}-{self.ends + 1}-{row['key'][:12]}",
        }
        lines.append(line)
        self._index(line)
        return result_of(line)

    def _index(self, line: Line) -> None:
        match line["line"]:
            case "call":
                self.calls = line["call"]
            case "set":
                self.budgets[line["campaign_id"]] = line["amount"]
            case "event":
                return
            case sort:
                self.ends += 1
                self.known[line["provider"], line["key"]] = line
                if sort == "act" and line["amount"] is not None:
                    self.budgets[line["campaign_id"]] = line["amount"]

    def _write(self, lines: Sequence[Line]) -> None:
        text = "".join(f"{json.dumps(line)}\n" for line in lines).encode()
        while text:
            text = text[os.write(self.out, text) :]
        if self.fsync:
            os.fsync(self.out)


def result_of(line: Line) -> Line:
    """The answer about a key, from its line."""
    accepted = line["line"] == "act"
    return {
        "key": line["key"],
        "state": "accepted" if accepted else "failed",
        "reason": None if accepted else "address_refused",
        "ref": line["ref"],
    }


def _reused(row: Line) -> Line:
    return {"key": row["key"], "state": "failed", "reason": "key_reused", "ref": None}


def _remembered(kind: Kind, before: Line, row: Line) -> bool:
    if kind.hours is None:
        return True
    passed = datetime.fromisoformat(row["at"]) - datetime.fromisoformat(before["told_at"])
    return passed < timedelta(hours=kind.hours)


def _cut_torn_line(file: Path) -> None:
    if file.exists():
        text = file.read_bytes()
        os.truncate(file, text.rfind(b"\n") + 1)


def _now() -> str:
    return SystemClock().now().isoformat()
