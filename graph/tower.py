"""What the meta-agent works with: the runtime context of its graphs, built by `app.compose`."""

from dataclasses import dataclass
from datetime import timedelta

from policies.loading import Loaded
from tools.clock import Clock
from tools.ledger.database import Ledger
from tools.runs import RunFolder
from tools.warehouse.store import Warehouse
from tools.workspace import Workspace, WorkspaceConfig


@dataclass(frozen=True)
class Tower:
    """Ledger, warehouse, policy and clock of one workspace. It holds no connector: only the
    relay delivers."""

    workspace: Workspace
    config: WorkspaceConfig
    ledger: Ledger
    warehouse: Warehouse
    clock: Clock
    loaded: Loaded

    def folder(self, run_id: str) -> RunFolder:
        return RunFolder(self.workspace.runs_folder / run_id)

    @property
    def horizon(self) -> timedelta:
        """How far ahead a run plans."""
        return timedelta(hours=self.config.cycle.slots * self.config.cycle.slot_hours)
