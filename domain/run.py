"""A run: what it saw, and how its proposals stand."""

from datetime import datetime
from typing import Literal

from domain.names import FATES, AgentName, Fate
from domain.objective import Objective
from domain.record import Record


class ModelPin(Record):
    """Which version decides what in a run: its family, fitted on what the run sees, or the version
    itself where it is held."""

    name: str
    """`OUTCOME/CHANNEL/TREATMENT`."""
    version_id: str
    family: str
    held: bool = False


class Pins(Record):
    """What a run saw. The same pins give the same decisions, byte for byte."""

    run_id: str
    schedule: str
    slot: str
    at: datetime
    ledger_watermark: int
    warehouse_snapshot: str
    policy_hash: str
    config_hash: str
    seed: int
    objectives: tuple[Objective, ...] = ()
    """What counted, with its weights, the leading one first; empty: a run from before it was kept,
    which had one."""
    models: tuple[ModelPin, ...] = ()
    """Which model decides what; one that is not named is of the default family."""


class Tally(Record):
    """Proposals by fate; `proposed` is the sum of the other six."""

    executed: int = 0
    scheduled: int = 0
    waiting: int = 0
    withheld: int = 0
    refused: int = 0
    lost: int = 0

    @property
    def proposed(self) -> int:
        return sum(getattr(self, fate) for fate in FATES)

    def counts(self) -> dict[str, int]:
        return {"proposed": self.proposed, **{fate: getattr(self, fate) for fate in FATES}}

    def with_more(self, fate: Fate, count: int) -> "Tally":
        return self.model_copy(update={fate: getattr(self, fate) + count})


class RunSummary(Record):
    """What the ledger keeps of a finished run beside its tables."""

    run_id: str
    at: datetime
    contacts: int
    value: float
    """Expected incremental value of what was chosen, minor units."""
    bound: float
    """Proven upper bound of that value."""
    gap: float
    """(bound - value) / |bound|."""
    conflicts: dict[str, int]
    """Conflicts found, by type name."""
    packets: dict[str, int]
    """Packets by decision: cleared, escalated, denied."""


RunState = Literal["open", "done", "skipped", "expired"]
"""A skipped slot never ran; an expired run was closed unfinished, its time over."""
ByAgent = dict[AgentName, Tally]
