"""Facts about the ledger itself, the sample's clock among them."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from domain.errors import RefusedError, StorageError
from tools.ledger.database import Ledger
from tools.ledger.models import MetaRow

NOW = "sample_now"


def get(session: Session, key: str) -> str | None:
    row = session.get(MetaRow, key)
    return row.value if row else None


def put(session: Session, key: str, value: str) -> None:
    session.merge(MetaRow(key=key, value=value))


def set_sample_now(ledger: Ledger, at: datetime) -> None:
    """Set a sample's clock for the first time."""
    with ledger.write() as session:
        put(session, NOW, at.isoformat())


@dataclass(frozen=True)
class SampleClock:
    """A sample workspace's own time: it stands still until somebody moves it."""

    ledger: Ledger

    def now(self) -> datetime:
        with self.ledger.read() as session:
            said = get(session, NOW)
        if said is None:
            raise StorageError("This sample's clock was never set.", "Make the sample again.")
        return datetime.fromisoformat(said)

    def move_to(self, at: datetime) -> None:
        """Move forward. Raises RefusedError where that would be backwards."""
        with self.ledger.write() as session:
            said = get(session, NOW)
            if said is not None and at < datetime.fromisoformat(said):
                raise RefusedError(f"It is {said} already; time does not go back to {at}.")
            put(session, NOW, at.isoformat())
