"""`clearance identity`: found, merged, shown and split, as somebody at a terminal does it."""

from pathlib import Path

import polars as pl
import pytest

from evals.faults.world import START, open_at, plant
from tests.app.commands import Answer, clearance
from tools.clock import FrozenClock
from tools.ledger.meta import set_sample_now


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A workspace in which c01 has the mailbox of c00, written otherwise."""
    plant(tmp_path / "fresh", None)
    tower = open_at(tmp_path / "fresh", FrozenClock(START)).tower
    people = tower.warehouse.table("contacts").filter(pl.col("contact_id").is_in(["c00", "c01"]))
    emails = pl.Series("email", ["ann@acme.example", "Ann+new@ACME.example"])
    tower.warehouse.merge("contacts", people.with_columns(emails, name=pl.lit(None, pl.String)))
    set_sample_now(tower.ledger, START)
    tower.ledger.engine.dispose()
    return tmp_path / "fresh"


def _identity(workspace: Path, *words: str) -> Answer:
    return clearance("identity", *words, "--json", workspace=workspace)


def test_what_is_found_is_merged_shown_and_taken_back(workspace: Path) -> None:
    pair = {"contact_id": "c01", "survivor_id": "c00", "why": "email"}

    found = _identity(workspace, "find").json
    merged = _identity(workspace, "merge", "--yes", "--as", "olivia").json
    shown = _identity(workspace, "show", "c01").json
    split = _identity(workspace, "split", "c01", "--because", "two people").json
    again = _identity(workspace, "find").json

    assert found["merges"] == merged["merges"] == split["merges"] == [pair]
    assert (shown["survivor_id"], shown["record"][0]["by"]) == ("c00", "olivia")
    assert [row["contact_id"] for row in shown["contacts"]] == ["c00", "c01"]
    assert (again["merges"], again["doubtful"]) == ([], {"kept_apart": 1})
    assert clearance("verify", workspace=workspace).code == 0


def test_contacts_named_are_merged_whatever_they_share(workspace: Path) -> None:
    merged = _identity(workspace, "merge", "c05", "c03", "--yes").json

    assert [(row["contact_id"], row["why"]) for row in merged["merges"]] == [("c05", "by hand")]
    assert _identity(workspace, "merge", "c03", "c05", "--yes").code == 1


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("merge", "c00", "--yes"), 2),
        (("merge",), 2),
        (("merge", "c00", "nobody", "--yes"), 1),
        (("split", "c00", "--because", "no"), 1),
        (("split", "c00"), 2),
        (("show", "nobody"), 1),
    ],
)
def test_what_is_refused_says_so_by_its_exit_code(
    workspace: Path, words: tuple[str, ...], code: int
) -> None:
    answer = _identity(workspace, *words)

    assert (answer.code, answer.out) == (code, "")
    assert answer.error


def test_people_read_the_same_as_tables(workspace: Path) -> None:
    said = clearance("identity", "find", workspace=workspace).out

    assert "1 contacts stand to be merged" in said
    assert "c01" in said


def test_accounts_are_told_and_not_assigned(workspace: Path) -> None:
    told = _identity(workspace, "accounts").json

    assert sorted(told) == ["parents", "same_domain", "suggested"]
    assert told["same_domain"] == [
        {"domain": "leak.example", "accounts": ["acme", "blue", "cord", "deal", "vip"]}
    ]
