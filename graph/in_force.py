"""The policy in force: the ledger's newest version, whatever the file says."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from sqlmodel import Session

from domain.errors import ConfigurationError, IntegrityError, RefusedError
from policies.loading import Loaded, load, read, text_of
from tools.clock import Clock
from tools.ledger import policies
from tools.ledger.database import Ledger
from tools.ledger.models import PolicyRow

FIRST_BY = "clearance"
"""Who put the first policy in force: nobody was asked, since nothing was in force."""


class Policies(Protocol):
    """Where a tower's policy comes from."""

    def now(self) -> Loaded:
        """What is in force."""

    def first(self, session: Session, /) -> PolicyRow:
        """The version in force; where there is none, the file comes into force as the first."""

    def begin(self, session: Session, /) -> None:
        """In a run's first transaction: see that a version is in force, and that it is the file's.
        Raises RefusedError where the file says something else."""

    def pinned(self, hash_: str, /) -> Loaded:
        """The policy a run was opened under; today's where nobody knows it any more."""


@dataclass(frozen=True)
class Fixed:
    """One policy, whatever happens: a run's, which was pinned when it was opened."""

    loaded: Loaded

    def now(self) -> Loaded:
        return self.loaded

    def first(self, _: Session, /) -> PolicyRow:
        raise IntegrityError("A pinned policy is not put in force.")

    def begin(self, _: Session, /) -> None:
        return None

    def pinned(self, _: str, /) -> Loaded:
        return self.loaded


@dataclass
class InForce:
    """The newest version of the ledger, asked for at every judging; the text is read only where
    the number is another. A ledger that knows none takes the file."""

    ledger: Ledger
    file: Path
    clock: Clock
    _known: tuple[int, Loaded] | None = field(default=None)

    def now(self) -> Loaded:
        with self.ledger.read() as session:
            number = policies.number_in_force(session)
            if self._known is None or self._known[0] != number:
                self._known = (number, self._read(policies.in_force(session)))
        return self._known[1]

    def first(self, session: Session) -> PolicyRow:
        row = policies.in_force(session)
        if row is not None:
            return row
        loaded, at = load(self.file), self.clock.now()
        return policies.begin(session, text_of(self.file), loaded.hash, FIRST_BY, at)

    def begin(self, session: Session) -> None:
        self._expect_unchanged(self.first(session))

    def _expect_unchanged(self, row: PolicyRow) -> None:
        """Somebody meant to change a limit: a run that does not know of it would be a surprise."""
        try:
            same = load(self.file).hash == row.hash
        except ConfigurationError as error:
            raise RefusedError(f"No run is opened: {error.message}", MEND) from None
        if not same:
            raise RefusedError(
                f"No run is opened: {self.file.name} says something else than the policy in force, "
                f"version {row.version}.",
                MEND,
            )

    def pinned(self, hash_: str) -> Loaded:
        with self.ledger.read() as session:
            row = policies.by_hash(session, hash_)
            if row is not None:
                return read(row.text, _place(row))
        return self.now()

    def _read(self, row: PolicyRow | None) -> Loaded:
        """Of the ledger's text and a file that means the same, the file: it may say when a limit
        was last reviewed, which changes nothing."""
        if row is None:
            return load(self.file)
        try:
            filed = load(self.file)
        except ConfigurationError:
            filed = None
        return filed if filed and filed.hash == row.hash else read(row.text, _place(row))


def _place(row: PolicyRow) -> str:
    return f"policy version {row.version}"


MEND = "See `clearance policy diff`; then propose and activate it, or undo the edit."
