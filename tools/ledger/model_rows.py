"""The ledger's table of model versions; beside `models`, which would grow too long."""

from datetime import datetime

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from tools.ledger.models import Instant


class ModelVersionRow(SQLModel, table=True):
    """One fit of one model; `said` holds the whole of it (tools.prediction.registry.versions)."""

    __tablename__ = "model_version"
    __table_args__ = (
        Index("model_version_by_name", "name", "state"),
        Index(
            "model_version_one_champion",
            "name",
            unique=True,
            sqlite_where=text("state = 'champion'"),
            postgresql_where=text("state = 'champion'"),
        ),
    )
    version_id: str = Field(primary_key=True)
    name: str
    """What is predicted: OUTCOME/CHANNEL/TREATMENT."""
    family: str
    state: str
    """challenger | champion | retired | rolled back"""
    run_id: str
    """The run that filed it."""
    at: datetime = Field(sa_type=Instant)
    window_from: datetime | None = Field(default=None, sa_type=Instant)
    window_to: datetime | None = Field(default=None, sa_type=Instant)
    rows: int
    features_hash: str
    said: str
    said_hash: str
    compared: str | None = None
    """Side by side with the champion, as the newest run found it; empty for one that never was."""
    artefact_hash: str
    """SHA-256 of its file."""
    reigned: int = 0
    """Its place among the champions of its name, from 1; 0: it never decided."""
    held: bool = False
    """It decides as it was fitted, and no run fits its family anew."""
    proposed_by: str | None = None
    """Who wants it promoted, against the champion `proposed_against`."""
    proposed_against: str | None = None
    changed_by: str
    changed_at: datetime = Field(sa_type=Instant)
