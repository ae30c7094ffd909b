"""Fixtures: a Postgres database of one's own, and a ledger on either engine."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from evals.faults.postgres import drop, postgres_url
from tools.ledger.database import Ledger


@pytest.fixture
def postgres() -> Iterator[str]:
    """URL of an empty Postgres database, gone after the test."""
    url = postgres_url()
    yield url
    drop(url)


@pytest.fixture(params=["sqlite", "postgres"])
def ledger_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of an empty database: the test runs once on SQLite and once on Postgres."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'ledger.sqlite'}"
    url: str = request.getfixturevalue("postgres")
    return url


@pytest.fixture
def ledger(ledger_url: str) -> Iterator[Ledger]:
    """A ledger with its tables, once on SQLite and once on Postgres."""
    made = Ledger(ledger_url)
    made.create()
    yield made
    made.engine.dispose()
