"""Purging by the calendar: contacts nobody was in touch with for too long, and old logs.

A contact goes as an erasure lets one go, so the record still proves itself and a person who is
imported again stays suppressed. docs/decisions/erasure.md says what that leaves.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from app.erasing import erase
from tools.erasure.identity import normal
from tools.ledger import audit
from tools.ledger.database import INSTANT
from tools.retention_config import RetentionConfig

if TYPE_CHECKING:
    from app.compose import House
    from graph.tower import Tower

SIGNS: Final = {
    "contacts": "created_at",
    "enrolments": "next_at",
    "touches": "at",
    "outcomes": "at",
    "deals": "closed_at",
    "events": "at",
}
"""What of the warehouse tells when either side last reached the other, by kind."""
SIGNS_OF_LEDGER: Final = (
    "SELECT contact_id, at FROM consent",
    "SELECT contact_id, received_at FROM feedback",
    "SELECT contact_id, coalesce(last_sent_at, slot_at) FROM effect "
    "WHERE state IN ('intent', 'sending', 'accepted', 'unknown')",
)


@dataclass
class Purge:
    """What is due, or what went: `kept` says for which of the two no limit is set."""

    at: datetime
    retention: RetentionConfig
    contacts: list[str] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)
    gone: bool = False
    tokens: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    """Files in which words of a purged contact still stand."""

    @property
    def any(self) -> bool:
        return bool(self.contacts or self.files)

    @property
    def done(self) -> bool:
        return not self.left

    @property
    def kept(self) -> list[str]:
        said = {"contacts": self.retention.contacts_days, "logs": self.retention.logs_days}
        return [name for name, days in said.items() if days is None]

    @property
    def sentence(self) -> str:
        verb = "Purged" if self.gone else "Due"
        limits = (
            f" Kept for ever, for want of a limit: {', '.join(self.kept)}." if self.kept else ""
        )
        left = f" Not done: words are left in {', '.join(self.left)}." if self.left else ""
        return f"{verb}: {len(self.contacts)} contacts, {len(self.files)} files.{limits}{left}"

    def as_dict(self) -> dict[str, Any]:
        """Ids only of contacts that are still here."""
        return {
            "at": self.at.isoformat(),
            "purged": self.gone,
            "limits": self.retention.model_dump(),
            "kept": self.kept,
            "contacts": self.tokens if self.gone else self.contacts,
            "files": [str(file) for file in self.files],
            "left": self.left,
        }


def due(house: "House") -> Purge:
    """What is past its purge date now; nothing is changed."""
    tower = house.tower
    at, limits = tower.clock.now(), tower.config.retention
    return Purge(at, limits, _contacts(tower, limits, at), _logs(tower, limits, at))


def purge(house: "House", by: str) -> Purge:
    """Let go what is due. Raises BusyError as `erase` does; broken off, the same call goes on."""
    told = due(house)
    for file in told.files:
        file.unlink(missing_ok=True)
    for contact_id in told.contacts:
        erased = erase(house, contact_id, by)
        told.tokens.append(erased.token)
        told.left += erased.left
    if told.any:
        said = {"contacts": len(told.contacts), "files": len(told.files)}
        with house.tower.ledger.write() as session:
            limits = told.retention.model_dump()
            audit.append(session, told.at, by, "purged", "retention", {**said, "limits": limits})
    told.gone = True
    return told


def _contacts(tower: "Tower", limits: RetentionConfig, at: datetime) -> list[str]:
    """Contacts whose newest sign is too old. All contacts of an address are one person: an erased
    address is suppressed, so one of them that is alive keeps the others."""
    if limits.contacts_days is None:
        return []
    people = tower.warehouse.table("contacts").select("contact_id", address=normal("email"))
    newest = _signs(tower).group_by("contact_id").agg(pl.col("at").max())
    person = pl.coalesce(pl.concat_str(pl.lit("@ "), "address"), "contact_id")
    last = people.join(newest, on="contact_id", how="left").with_columns(
        last=pl.col("at").max().over(person),
        open=pl.col("contact_id").is_in(_in_open_deals(tower)).any().over(person),
    )
    over = pl.col("last") < at - timedelta(days=limits.contacts_days)
    return last.filter(over & ~pl.col("open")).get_column("contact_id").sort().to_list()


def _signs(tower: "Tower") -> pl.DataFrame:
    """contact_id, at: every time that either side reached the other, or is about to."""
    schema = {"contact_id": pl.String, "at": INSTANT}
    ours = [tower.ledger.frame(sql, schema) for sql in SIGNS_OF_LEDGER]
    theirs = [
        tower.warehouse.table(kind).select("contact_id", at=pl.col(column).cast(INSTANT))
        for kind, column in SIGNS.items()
    ]
    return pl.concat([*ours, *theirs]).drop_nulls()


def _in_open_deals(tower: "Tower") -> list[str]:
    deals = tower.warehouse.table("deals").filter(pl.col("closed_at").is_null())
    return deals.get_column("contact_id").drop_nulls().unique().to_list()


def _logs(tower: "Tower", limits: RetentionConfig, at: datetime) -> list[Path]:
    """Logs, and rows set apart at import, that nobody wrote to for too long."""
    if limits.logs_days is None:
        return []
    folder, apart = tower.workspace.folder, tower.workspace.quarantine_folder
    named = {*folder.rglob("*.log"), *apart.rglob("*")}
    files = [one for one in sorted(named) if one.is_file() and not one.is_symlink()]
    before = at - timedelta(days=limits.logs_days)
    return [file for file in files if _written_at(file) < before]


def _written_at(file: Path) -> datetime:
    return datetime.fromtimestamp(file.stat().st_mtime, UTC)
