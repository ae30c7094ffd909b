"""The policy in force: the ledger's newest version, whatever the file says."""

from dataclasses import dataclass, field, replace
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

    def begin(self, session: Session, /) -> str:
        """In a run's first transaction: see that a version is in force, and that it is the file's;
        its hash. Raises RefusedError where the file says something else."""

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

    def begin(self, _: Session, /) -> str:
        return self.loaded.hash

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
        text, at = text_of(self.file), self.clock.now()
        return policies.begin(session, text, read(text, str(self.file)).hash, FIRST_BY, at)

    def begin(self, session: Session) -> str:
        row = self.first(session)
        self._expect_unchanged(row)
        return row.hash

    def _expect_unchanged(self, row: PolicyRow) -> None:
        """Somebody meant to change a limit: a run that does not know of it would be a surprise."""
        try:
            same = load(self.file).hash == _meant(row).hash
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
                return _named(_meant(row), row)
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
        meant = _meant(row)
        return _named(filed if filed and filed.hash == meant.hash else meant, row)


def _meant(row: PolicyRow) -> Loaded:
    """What the version's text means to this program, which may know more sections than the one
    that put it in force, and so hash the same text otherwise."""
    return read(row.text, f"policy version {row.version}")


def _named(loaded: Loaded, row: PolicyRow) -> Loaded:
    """Under the hash that the record knows the version by: runs and permits name that one."""
    return replace(loaded, hash=row.hash)


MEND = "See `clearance policy diff`; then propose and activate it, or undo the edit."
