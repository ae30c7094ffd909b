"""The one composition root: a folder becomes a tower with its graphs, relay and doors."""

import os
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from app import turns
from app.learning import Learner
from app.relay import Relay
from app.signing import Senders, senders_of
from app.storage_watch import StorageWatch
from graph import cycle, review
from graph.checkpoint_file import CheckpointFile
from graph.checkpoints import SealedSaver
from graph.cycle import CycleGraph
from graph.in_force import InForce
from graph.rebuilding import forget
from graph.review import ReviewThreads
from graph.tower import Tower
from tools.clock import Clock, SystemClock
from tools.connectors.doors import HttpDoors
from tools.connectors.sandbox import Sandbox
from tools.ledger.database import Ledger
from tools.ledger.leases import Keeper
from tools.ledger.meta import SampleClock
from tools.warehouse.store import Warehouse
from tools.workspace import Workspace
from tools.workspace_config import WorkspaceConfig


@dataclass(frozen=True)
class House:
    """Everything a command needs of one workspace."""

    tower: Tower
    cycle: CycleGraph
    threads: ReviewThreads
    relay: Relay
    learner: Learner
    storage: StorageWatch
    senders: Senders
    """Who may tell us by webhook what became of deliveries."""
    run_keeper: Keeper
    """Takes the lease under which one process at a time runs the cycle."""


def open_house(folder: Path) -> House:
    """Open a workspace. Raises WorkspaceError, ConfigurationError or StorageError."""
    workspace = Workspace(folder.resolve())
    config = workspace.config()
    ledger = open_ledger(workspace, config)
    return compose(workspace, config, ledger, _clock(config, ledger))


def open_ledger(workspace: Workspace, config: WorkspaceConfig) -> Ledger:
    """The workspace's ledger, its tables made where it is new."""
    ledger = Ledger(config.ledger_url or f"sqlite:///{workspace.ledger_file}")
    ledger.create()
    return ledger


def _clock(config: WorkspaceConfig, ledger: Ledger) -> Clock:
    return SampleClock(ledger) if config.clock == "sample" else SystemClock()


def compose(workspace: Workspace, config: WorkspaceConfig, ledger: Ledger, clock: Clock) -> House:
    """The house around a ledger and a clock."""
    tower = Tower(
        workspace=workspace,
        config=config,
        ledger=ledger,
        warehouse=Warehouse(workspace.warehouse_folder),
        clock=clock,
        policies=InForce(ledger, workspace.policy_file, clock),
    )
    kept = CheckpointFile(workspace.checkpoint_file, workspace.checkpoint_key_file)
    saver = SealedSaver(kept, partial(forget, tower))
    environment = dict(os.environ)
    doors = HttpDoors(config.providers, Sandbox(workspace.sandbox_folder), environment)
    return House(
        tower=tower,
        cycle=cycle.build(saver),
        threads=ReviewThreads(review.build(saver), tower),
        relay=Relay(tower, doors),
        learner=Learner(tower, doors),
        storage=StorageWatch(ledger),
        senders=senders_of(config.providers, environment),
        run_keeper=Keeper(ledger, turns.LEASE, turns.LEASE_SECONDS),
    )
