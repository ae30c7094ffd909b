"""Checkpoints that are only gone on with where their seals hold.

A damaged thread is put aside and looks as if it had never begun: what is to happen is read from the
ledger, never from it.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import (
    ChannelVersions,
    Checkpoint,
    CheckpointMetadata,
    CheckpointTuple,
)
from langgraph.checkpoint.sqlite import SqliteSaver

from domain.errors import StorageError, StorageTrouble
from graph.checkpoint_file import CheckpointFile, DamagedError
from tools.ledger.trouble import kind_of_sqlite, told

OnDamage = Callable[[str | None, str], None]
"""Told (thread, reason) before a thread is put aside; thread None: the whole file."""


class SealedSaver(SqliteSaver):
    """LangGraph's saver over a sealed file. Raises StorageError where the file is in trouble."""

    def __init__(self, file: CheckpointFile, on_damage: OnDamage) -> None:
        super().__init__(file)  # type: ignore[arg-type]  # what it uses of a connection is there
        self.file = file
        self.on_damage = on_damage

    def setup(self) -> None:
        """Make the tables, under the saver's lock; a file that was put aside is made anew."""
        if not self.file.ready:
            self.is_setup = False
            super().setup()
            self.file.prepare()

    def get_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        """The thread's checkpoint; None where it has none, or none that may be gone on with."""
        thread_id = str(config["configurable"]["thread_id"])
        try:
            self._verify(thread_id)
            return super().get_tuple(config)
        except DamagedError as damage:
            self._put_aside(thread_id, str(damage))
        except sqlite3.DatabaseError as error:
            if not self._lost(error):
                raise self._trouble(error) from error
        return None

    def list(self, config: RunnableConfig | None, **more: Any) -> Iterator[CheckpointTuple]:
        """A thread's checkpoints; none of a thread that is damaged."""
        if config is not None and self.get_tuple(config) is not None:
            yield from super().list(config, **more)

    def put(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        with self._in_words():
            return super().put(config, checkpoint, metadata, new_versions)

    def put_writes(
        self,
        config: RunnableConfig,
        writes: Sequence[tuple[str, Any]],
        task_id: str,
        task_path: str = "",
    ) -> None:
        with self._in_words():
            super().put_writes(config, writes, task_id, task_path)

    def _verify(self, thread_id: str) -> None:
        with self.lock:
            self.setup()
            self.file.verify(thread_id)

    def _put_aside(self, thread_id: str, reason: str) -> None:
        self.on_damage(thread_id, reason)
        with self.lock:
            self.file.put_aside(thread_id, reason)

    def _lost(self, error: sqlite3.DatabaseError) -> bool:
        """Whether the file itself is damaged; then it is put aside."""
        if self._kind(error) != "damaged":
            return False
        self.on_damage(None, str(error))
        with self.lock:
            self.file.put_all_aside()
        return True

    @contextmanager
    def _in_words(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.DatabaseError as error:
            self._lost(error)
            raise self._trouble(error) from error

    def _kind(self, error: sqlite3.DatabaseError) -> StorageTrouble:
        return kind_of_sqlite(error, self.file.path)

    def _trouble(self, error: sqlite3.DatabaseError) -> StorageError:
        return told(self._kind(error), str(error), "the checkpoint file")
