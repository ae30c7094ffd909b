"""A past run decided again under another policy, from the tables it kept, in a folder apart.

It sees what the run saw: contacts, consents, predictions, curves, the touches and days that were
taken by then. The ledger is read and never written, and so is the warehouse, without what the run
itself and later ones brought home.
"""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from agents import ads, email, sales
from agents.building import AgentGraph
from domain.model_tables import OWN_SEND_TIMES, RECENT_TOUCHES, SEND_TIMES, TOUCH_LOSSES
from domain.names import AgentName
from domain.proposal import BudgetCandidate
from domain.run import Pins
from domain.tables import DAYS_TAKEN, MEMBERS, OBSERVATIONS, TOUCHES_SEEN
from graph import asking, choosing, seeing, sorting
from graph.in_force import Fixed
from graph.later_runs import later_effects, later_runs
from graph.opening import pins_of
from graph.past_facts import write_facts
from graph.past_given import bring_given
from graph.past_taken import taken_then
from graph.taken import NAME, policy_of
from graph.tower import Tower
from graph.what_if import PROGRAMME_BITS
from policies.loading import Loaded
from policies.schema import Policy
from tools.keys import shares_of
from tools.runs import RunFolder
from tools.warehouse.store import Warehouse
from tools.workspace import Workspace

AGENTS: tuple[tuple[AgentName, Callable[[], AgentGraph]], ...] = (
    ("email", email.build),
    ("sales", sales.build),
    ("ads", ads.build),
)
COPIED = (
    "slots",
    "predictions",
    SEND_TIMES.name,
    OWN_SEND_TIMES.name,
    TOUCH_LOSSES.name,
    RECENT_TOUCHES.name,
    "bundles",
    TOUCHES_SEEN.name,
    DAYS_TAKEN.name,
    MEMBERS.name,
)


@dataclass(frozen=True)
class Replayed:
    """A run as it would have been. folder: its tables; drift: what could not be had as the run
    saw it, in words; nothing where it was all kept."""

    run_id: str
    folder: RunFolder
    drift: tuple[str, ...]


@dataclass(frozen=True)
class WarehouseThen(Warehouse):
    """The warehouse without what was learned of these effects."""

    later: frozenset[str]

    def table(self, kind: str) -> pl.DataFrame:
        rows = super().table(kind)
        if kind not in ("touches", "outcomes"):
            return rows
        unknown = pl.DataFrame({"touch_id": sorted(self.later)}, schema={"touch_id": pl.String})
        return rows.join(unknown, on="touch_id", how="anti", maintain_order="left")


def replay_run(tower: Tower, run_id: str, loaded: Loaded, into: Path) -> Replayed:
    """Decide the run again under this policy; nothing is written but below `into`.

    Raises StorageError where the run's tables are not there any more, IntegrityError where the
    channels are others now.
    """
    then, drift = ask_again(tower, run_id, loaded, into)
    pins, folder = pins_of(tower, run_id), then.folder(run_id)
    choosing.arbitrate(then, pins)
    sorting.sort_out(then, pins)
    return Replayed(run_id, folder, drift)


def ask_again(
    tower: Tower, run_id: str, loaded: Loaded, into: Path
) -> tuple[Tower, tuple[str, ...]]:
    """The run as far as its judged candidates: the tower as of then, and the drift. Raises as
    `replay_run`."""
    pins, kept = pins_of(tower, run_id), tower.folder(run_id)
    then = _then(tower, pins, loaded, into)
    drift = [*_bring(tower, then, pins)]
    seeing.judge_grid(then, pins)
    curves = kept.read_records("budgets_ads", BudgetCandidate)
    for agent, build in AGENTS:
        asking.ask(then, run_id, agent, build(), curves)
    choosing.judge_candidates(then, pins)
    return then, (*drift, *_programme_drift(kept, then.folder(run_id)))


def _then(tower: Tower, pins: Pins, loaded: Loaded, into: Path) -> Tower:
    """The tower as of the run, with another policy and a folder of its own."""
    warehouse = WarehouseThen(tower.warehouse.folder, later_effects(tower, pins))
    return replace(tower, workspace=Workspace(into), warehouse=warehouse, policies=Fixed(loaded))


def _bring(tower: Tower, then: Tower, pins: Pins) -> Iterator[str]:
    """Put into the folder what the run saw; words for what is not what it saw."""
    kept, folder = tower.folder(pins.run_id), then.folder(pins.run_id)
    policy, was = then.loaded.policy, policy_of(tower, pins)
    folder.path.mkdir(parents=True)
    for name in COPIED:
        if kept.has(name):
            shutil.copyfile(kept.path / f"{name}.parquet", folder.path / f"{name}.parquet")
    folder.write(OBSERVATIONS.name, _observed(kept.read(OBSERVATIONS.name), policy))
    yield from _days(tower, pins, folder)
    yield from bring_given(kept, then, pins, was, later_runs(tower, pins))
    yield from write_facts(tower, pins, folder, then.loaded, was)
    folder.write_records(NAME, [taken_then(tower, pins, policy, was)])


def _observed(observations: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """The contacts as they were, with this policy's holdout."""
    rule = policy.holdout
    shares = shares_of(observations, ["contact_id"], rule.study)
    return observations.with_columns(holdout=pl.Series(shares < rule.share))


def _days(tower: Tower, pins: Pins, folder: RunFolder) -> Iterator[str]:
    if not folder.has(DAYS_TAKEN.name):
        columns = dict.fromkeys(DAYS_TAKEN.columns, pl.String)
        asked = f"SELECT {', '.join(columns)}, run_id FROM effect WHERE contact_id IS NOT NULL"
        every = tower.ledger.frame(asked, {**columns, "run_id": pl.String})
        earlier = every.filter(~pl.col("run_id").is_in(later_runs(tower, pins)))
        folder.write(DAYS_TAKEN.name, earlier.select(*columns).unique())
        yield "days on which contacts got a treatment: from the ledger of today"


def _programme_drift(kept: RunFolder, folder: RunFolder) -> Iterator[str]:
    """Whether treatments and values are what they were, for what was asked both times."""
    keys = ["contact_id", "agent", "channel", "treatment_id", "slot"]
    said = [*keys, pl.col("value").round(6), pl.col("findings") & PROGRAMME_BITS]
    both = (
        kept.read("candidates")
        .select(said)
        .join(folder.read("candidates").select(said), on=keys, how="inner")
    )
    if both.filter(pl.col("value") != pl.col("value_right")).height:
        yield "values of candidates: the programme has changed since"
    if both.filter(pl.col("findings") != pl.col("findings_right")).height:
        yield "approvals, blackouts or repeated treatments: the programme has changed since"
