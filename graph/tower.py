"""What the meta-agent works with: the runtime context of its graphs, built by `app.compose`."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Self

from sqlmodel import Session

from graph.in_force import Fixed, Policies
from policies.loading import Loaded
from tools.clock import Clock
from tools.ledger import leases
from tools.ledger.database import Ledger
from tools.ledger.leases import Lease
from tools.runs import RunFolder
from tools.warehouse.store import Warehouse
from tools.workspace import Workspace
from tools.workspace_config import WorkspaceConfig


@dataclass(frozen=True)
class Tower:
    """Ledger, warehouse, policy and clock of one workspace. It holds no connector: only the
    relay delivers."""

    workspace: Workspace
    config: WorkspaceConfig
    ledger: Ledger
    warehouse: Warehouse
    clock: Clock
    policies: Policies
    lease: Lease | None = None
    """Under which a run writes; None for what needs none, such as a person's word."""

    @property
    def loaded(self) -> Loaded:
        """The policy in force; of a run's tower, the one the run was opened under."""
        return self.policies.now()

    def under_one_policy(self) -> Self:
        """This tower under what is in force now, so that what is judged with it is judged by one
        policy from its first question to its last, whatever is activated meanwhile."""
        return replace(self, policies=Fixed(self.loaded))

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A transaction of the run. Raises FencedError where its lease was lost."""
        with self.ledger.write() as session:
            if self.lease is not None:
                leases.check(session, self.lease)
            yield session

    def folder(self, run_id: str) -> RunFolder:
        return RunFolder(self.workspace.runs_folder / run_id)

    @property
    def horizon(self) -> timedelta:
        """How far ahead a run plans."""
        return timedelta(hours=self.config.cycle.slots * self.config.cycle.slot_hours)
