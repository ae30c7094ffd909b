"""F42: a damaged checkpoint is put aside and never gone on with."""

import shutil
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypedDict

import pytest
from langgraph.graph import END, START, StateGraph
from langgraph.types import Command, interrupt

from domain.errors import StorageError
from graph.checkpoint_file import CheckpointFile
from graph.checkpoints import SealedSaver

ONE, OTHER = ({"configurable": {"thread_id": name}} for name in ("review-p1", "review-p2"))
Harm = Callable[[sqlite3.Connection], Any]


class Said(TypedDict):
    packet: str


class Desk:
    """A graph that asks once and then acts, as a review does."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "checkpoints.sqlite"
        self.told: list[tuple[str | None, str]] = []
        self.acted: list[str] = []
        self.reopen()

    def reopen(self) -> None:
        kept = CheckpointFile(self.path, self.path.with_suffix(".key"))
        self.saver = SealedSaver(kept, lambda thread, why: self.told.append((thread, why)))
        graph = StateGraph(Said)
        graph.add_node("ask", self._ask)
        graph.add_node("act", self._act)
        graph.add_edge(START, "ask")
        graph.add_edge("ask", "act")
        graph.add_edge("act", END)
        self.graph: Any = graph.compile(checkpointer=self.saver)

    def _ask(self, state: Said) -> None:
        interrupt({"packet": state["packet"]})

    def _act(self, state: Said) -> None:
        self.acted.append(state["packet"])

    def open(self, config: Any, packet: str) -> None:
        self.graph.invoke({"packet": packet}, config, durability="sync")

    def waits(self, config: Any) -> bool:
        return bool(self.graph.get_state(config).interrupts)

    def answer(self, config: Any) -> None:
        (pending,) = self.graph.get_state(config).interrupts
        self.graph.invoke(Command(resume={pending.id: "yes"}), config, durability="sync")

    def harm(self, how: Harm) -> None:
        """Somebody else writes to the file."""
        with sqlite3.connect(self.path) as connection:
            how(connection)
        connection.close()

    def rows(self, table: str) -> int:
        with sqlite3.connect(self.path) as connection:
            return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    made = Desk(tmp_path)
    made.open(ONE, "p1")
    made.open(OTHER, "p2")
    return made


def flipped(column: str, table: str) -> Harm:
    def harm(connection: sqlite3.Connection) -> None:
        rows = connection.execute(
            f"SELECT rowid, {column} FROM {table} WHERE thread_id = 'review-p1'"
        ).fetchall()
        row, value = next(one for one in rows if one[1])
        body = value.encode() if isinstance(value, str) else value
        harmed = bytes([body[0] ^ 1]) + body[1:]
        new: Any = harmed.decode() if isinstance(value, str) else harmed
        connection.execute(f"UPDATE {table} SET {column} = ? WHERE rowid = ?", (new, row))

    return harm


def said(sql: str) -> Harm:
    return lambda connection: connection.executescript(sql)


OF_P1 = "thread_id = 'review-p1'"
NEWEST = f"(SELECT max(checkpoint_id) FROM checkpoints WHERE {OF_P1})"
ASKED = "(SELECT checkpoint FROM checkpoints WHERE thread_id = 'review-p2' LIMIT 1)"
HARMS: dict[str, Harm] = {
    "a bit of a checkpoint": flipped("checkpoint", "checkpoints"),
    "a bit of its metadata": flipped("metadata", "checkpoints"),
    "a bit of a write": flipped("value", "writes"),
    "a write's channel": flipped("channel", "writes"),
    "its parent": flipped("parent_checkpoint_id", "checkpoints"),
    "cut short": said(
        "UPDATE checkpoints SET checkpoint = substr(checkpoint, 1, length(checkpoint) / 2) "
        f"WHERE {OF_P1}"
    ),
    "another thread's state": said(f"UPDATE checkpoints SET checkpoint = {ASKED} WHERE {OF_P1}"),
    "another thread's rows": said(
        f"""
        DELETE FROM checkpoints WHERE {OF_P1}; DELETE FROM writes WHERE {OF_P1};
        DELETE FROM seals WHERE {OF_P1};
        UPDATE checkpoints SET thread_id = 'review-p1' WHERE thread_id = 'review-p2';
        UPDATE writes SET thread_id = 'review-p1' WHERE thread_id = 'review-p2';
        UPDATE seals SET thread_id = 'review-p1' WHERE thread_id = 'review-p2';
        """
    ),
    "the newest is missing": said(
        f"DELETE FROM checkpoints WHERE {OF_P1} AND checkpoint_id = {NEWEST}"
    ),
    "a write is missing": said(f"DELETE FROM writes WHERE {OF_P1}"),
    "a row without a seal": said(f"DELETE FROM seals WHERE {OF_P1} AND kind = 'writes'"),
    "another version": said(f"UPDATE seals SET format = '0' WHERE {OF_P1}"),
}


@pytest.mark.parametrize("name", HARMS)
def test_F42_a_harmed_thread_is_put_aside_told_and_never_gone_on_with(
    desk: Desk, name: str
) -> None:
    desk.harm(HARMS[name])

    assert not desk.waits(ONE)
    assert [thread for thread, _ in desk.told] == ["review-p1"]
    assert desk.graph.get_state(ONE).created_at is None
    assert desk.acted == []
    assert desk.rows("quarantined_checkpoints") + desk.rows("quarantined_writes") > 0


def test_F42_other_threads_go_on_and_the_harmed_one_can_be_begun_anew(desk: Desk) -> None:
    desk.harm(HARMS["a bit of a checkpoint"])
    assert not desk.waits(ONE)

    desk.answer(OTHER)
    desk.open(ONE, "p1")
    desk.answer(ONE)

    assert desk.acted == ["p2", "p1"]
    assert len(desk.told) == 1


def test_F42_an_unharmed_thread_goes_on_in_another_process(desk: Desk) -> None:
    desk.reopen()
    desk.answer(ONE)
    assert (desk.acted, desk.told) == (["p1"], [])
    assert not desk.waits(ONE)


def test_F42_a_thread_written_under_an_older_version_is_put_aside(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("graph.checkpoint_file.FORMAT", "2")
    desk.reopen()
    assert not desk.waits(ONE)
    assert desk.told == [("review-p1", "it is of version 1, expected 2")]


def test_F42_checkpoints_made_before_there_were_seals_are_put_aside(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.open(ONE, "p1")
    desk.harm(said("DROP TABLE seals"))
    desk.reopen()
    assert not desk.waits(ONE)
    assert desk.told == [("review-p1", "a row was never sealed")]


def test_F42_with_another_key_nothing_is_gone_on_with(desk: Desk) -> None:
    desk.path.with_suffix(".key").unlink()
    desk.reopen()
    assert not desk.waits(ONE)
    assert desk.told == [("review-p1", "a row is not as it was written")]


def half(file: Path) -> None:
    with file.open("r+b") as out:
        out.truncate(file.stat().st_size // 2)


def garbage(file: Path) -> None:
    with file.open("r+b") as out:
        out.write(b"this was a database once" * 10)


def holes(file: Path) -> None:
    body = file.read_bytes()
    file.write_bytes(body[:4096] + bytes(len(body) - 4096))


@pytest.mark.parametrize("harm", [half, garbage, holes])
def test_F42_a_harmed_file_is_put_aside_whole_and_begun_anew(
    desk: Desk, harm: Callable[[Path], None], tmp_path: Path
) -> None:
    desk.saver.file.connection.close()  # all of it is in the one file now
    harm(desk.path)
    desk.reopen()

    assert not desk.waits(ONE)
    desk.open(ONE, "p1")
    desk.answer(ONE)

    assert [thread for thread, _ in desk.told] == [None]
    assert desk.acted == ["p1"]
    assert (tmp_path / "checkpoints.sqlite.quarantined-1").exists()


def test_F42_the_key_is_its_owners_and_does_not_lie_in_the_file(desk: Desk) -> None:
    key = desk.path.with_suffix(".key")
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert len(key.read_bytes()) == 32
    desk.saver.file.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert key.read_bytes() not in desk.path.read_bytes()

    key.chmod(0o644)
    desk.reopen()
    assert desk.waits(ONE)
    assert stat.S_IMODE(key.stat().st_mode) == 0o600


def test_F42_a_checkpoint_file_without_room_is_no_damage(desk: Desk) -> None:
    desk.saver.file.connection.execute("PRAGMA query_only = ON")
    with pytest.raises(StorageError) as told:
        desk.answer(ONE)
    assert told.value.kind == "read_only"
    assert desk.told == []

    desk.saver.file.connection.execute("PRAGMA query_only = OFF")
    desk.answer(ONE)
    assert set(desk.acted) == {"p1"}


def test_F42_a_row_and_its_seal_are_written_together_or_not_at_all(desk: Desk) -> None:
    before = desk.rows("seals")
    desk.saver.file.connection.create_function("seal", -1, lambda *_: 1 / 0)
    with pytest.raises(StorageError):
        desk.open({"configurable": {"thread_id": "review-p3"}}, "p3")
    assert desk.rows("seals") == before == desk.rows("checkpoints") + desk.rows("writes")


def test_F42_the_house_reads_checkpoints_strictly() -> None:
    code = (
        "import app.compose, langgraph.checkpoint.serde._msgpack as m; "
        "print(m.STRICT_MSGPACK_ENABLED)"
    )
    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={}
    )
    assert told.stdout.strip() == "True"


def test_F42_copied_with_its_key_a_workspace_goes_on(desk: Desk, tmp_path: Path) -> None:
    desk.saver.file.connection.close()
    shutil.copytree(tmp_path, tmp_path / "copy", ignore=shutil.ignore_patterns("copy"))
    other = Desk(tmp_path / "copy")
    other.answer(ONE)
    assert other.acted == ["p1"]
