"""A past run decided again under another policy, from the tables it kept, in a folder apart.

It sees what the run saw: contacts, consents, predictions, curves, the touches and days that were
taken by then. The ledger is read and never written, and so is the warehouse, without what the run
itself and later ones brought home.
"""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl

from agents import ads, email, sales
from agents.building import AgentGraph
from domain.errors import IntegrityError
from domain.names import AgentName
from domain.proposal import BudgetCandidate
from domain.run import Pins
from domain.tables import DAYS_TAKEN, FACTS, OBSERVATIONS, TOUCHES_SEEN
from graph import asking, choosing, seeing, sorting
from graph.facts import Sources, assemble
from graph.gate import longest_window, sources_at
from graph.grid import build_cells
from graph.in_force import Fixed
from graph.opening import pins_of
from graph.past_given import bring_given
from graph.past_pauses import pauses_kept, pauses_then, unkept_pauses
from graph.quarter_budgets import quarters_of
from graph.taken import NAME, Taken, days_of, policy_of
from graph.touched import our_touches
from graph.tower import Tower
from graph.what_if import PROGRAMME_BITS
from policies.loading import Loaded
from policies.money_limits import Budget
from policies.named import with_names
from policies.quarters import bounds
from policies.schema import Policy
from policies.touch_limits import Cap
from tools.keys import shares_of
from tools.ledger.consents import STANDING
from tools.runs import RunFolder
from tools.warehouse.observing import touch_log
from tools.warehouse.store import Warehouse
from tools.workspace import Workspace

AGENTS: tuple[tuple[AgentName, Callable[[], AgentGraph]], ...] = (
    ("email", email.build),
    ("sales", sales.build),
    ("ads", ads.build),
)
COPIED = ("slots", "predictions", "bundles", TOUCHES_SEEN.name, DAYS_TAKEN.name)


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
    warehouse = WarehouseThen(tower.warehouse.folder, _later_effects(tower, pins))
    return replace(tower, workspace=Workspace(into), warehouse=warehouse, policies=Fixed(loaded))


def _later_effects(tower: Tower, pins: Pins) -> frozenset[str]:
    """Effects of the run itself and of those after it."""
    asked = "SELECT effect_id, run_id FROM effect"
    effects = tower.ledger.frame(asked, {"effect_id": pl.String, "run_id": pl.String})
    late = effects.filter(pl.col("run_id").is_in(_later_runs(tower, pins)))
    return frozenset(late.get_column("effect_id"))


def _later_runs(tower: Tower, pins: Pins) -> list[str]:
    """The run and those opened after it."""
    asked = "SELECT subject FROM audit WHERE kind = 'run_opened' ORDER BY seq"
    ids = tower.ledger.frame(asked, {"run_id": pl.String}).get_column("run_id").to_list()
    return ids[ids.index(pins.run_id) :] if pins.run_id in ids else [pins.run_id]


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
    yield from bring_given(kept, then, pins, was, _later_runs(tower, pins))
    yield from _facts(tower, pins, folder, then.loaded, was)
    folder.write_records(NAME, [_taken(tower, pins, policy, was)])


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
        earlier = every.filter(~pl.col("run_id").is_in(_later_runs(tower, pins)))
        folder.write(DAYS_TAKEN.name, earlier.select(*columns).unique())
        yield "days on which contacts got a treatment: from the ledger of today"


def _facts(
    tower: Tower, pins: Pins, folder: RunFolder, loaded: Loaded, was: Policy | None
) -> Iterator[str]:
    """Write FACTS: what stood of each cell as the run kept it, the counts as this policy takes
    them, of the touches the run saw."""
    policy, known = loaded.policy, tower.folder(pins.run_id).read(FACTS.name)
    observations = folder.read(OBSERVATIONS.name)
    cells = build_cells(observations, folder.read("slots"), tower.config.channels)
    touches, said = _touches(tower, pins, folder, policy, was)
    yield from said
    lacking = _lacking(known, policy, was)
    if lacking:
        yield f"facts the run did not keep, as they are known today: {', '.join(lacking)}"
    sources = _sources(observations, touches)
    if lacking:
        today = replace(tower, policies=Fixed(loaded))
        sources = replace(
            sources_at(today, observations, pins.at, pins.ledger_watermark), touches=touches
        )
    kept = pauses_kept(known, policy, was)
    pauses = pauses_then(replace(tower, policies=Fixed(loaded)), pins.at)
    yield from unkept_pauses(policy, kept)
    counted = assemble(cells, replace(sources, **pauses), policy)
    keys = ["contact_id", "agent", "channel", "class", "at"]
    if not counted.select(keys).equals(known.select(keys)):
        raise IntegrityError(
            f"Run {pins.run_id} judged other cells than the configuration of today has.",
            "Ask about runs since the channels or slots last changed.",
        )
    standing = [name for name in FACTS.columns if name not in lacking]
    facts = counted.with_columns(known.select(*standing, *kept))
    other = [
        name
        for name in _alike(policy, was)
        if name in known.columns and not known.get_column(name).equals(facts.get_column(name))
    ]
    if other:
        yield f"counts that are not what the run counted: {', '.join(other)}"
    folder.write(FACTS.name, FACTS.conform(facts))


REGISTRY = ("do_not_call", "registry_at")


def _lacking(known: pl.DataFrame, policy: Policy, was: Policy | None) -> list[str]:
    """Facts that an older run did not keep, or that no rule of its policy asked for."""
    unasked = REGISTRY if policy.do_not_call and not (was and was.do_not_call) else ()
    return [name for name in FACTS.columns if name not in known.columns or name in unasked]


def _alike(policy: Policy, was: Policy | None) -> list[str]:
    """Columns that both policies count in the same way."""
    if was is None:
        return []
    caps = {_counting(c) for c in was.caps}
    gaps = {(s.name, s.channel, s.other, s.hours) for s in was.spacing}
    return [
        *(f"used_{c.name}" for c in policy.caps if _counting(c) in caps),
        *(
            f"near_{s.name}"
            for s in policy.spacing
            if (s.name, s.channel, s.other, s.hours) in gaps
        ),
    ]


def _counting(cap: Cap) -> tuple[object, ...]:
    """What a cap's count depends on."""
    whose = (cap.channels, cap.agents, cap.themes)
    return (cap.name, cap.per, *whose, cap.window_hours, cap.calendar)


def _sources(observations: pl.DataFrame, touches: pl.DataFrame) -> Sources:
    """Contacts and touches alone: what stands of consent, suppression and pauses the run kept."""
    nobody = pl.DataFrame(schema={"contact_id": pl.String})
    return Sources(
        contacts=observations,
        consents=pl.DataFrame(schema=STANDING),
        objections=nobody,
        suppressions=nobody,
        touches=touches,
        pauses=pl.DataFrame(schema={"scope": pl.String, "name": pl.String}),
    )


def _touches(
    tower: Tower, pins: Pins, folder: RunFolder, policy: Policy, was: Policy | None
) -> tuple[pl.DataFrame, list[str]]:
    """What the run counted; before that, where a limit looks further back, what is known today."""
    first = pins.at - longest_window(policy)
    if not folder.has(TOUCHES_SEEN.name):
        found = _known_touches(tower, pins, first).filter(pl.col("at") <= pins.at + tower.horizon)
        return found, ["touches: from ledger and warehouse of today"]
    seen = with_names(folder.read(TOUCHES_SEEN.name))
    begins = pins.at - seeing.looking_back(was or policy)
    if first >= begins:
        return seen, []
    older = _known_touches(tower, pins, first).filter(pl.col("at") < begins)
    return pl.concat([seen, older]), [f"touches before {begins:%Y-%m-%d}: as they are known today"]


def _known_touches(tower: Tower, pins: Pins, since: datetime) -> pl.DataFrame:
    """Touches of other tools up to the run, and ours that earlier runs hold or sent."""
    columns = [*TOUCHES_SEEN.columns]
    theirs = touch_log(tower.warehouse, since).filter(pl.col("at") <= pins.at)
    asked = "SELECT DISTINCT decision_id, run_id FROM reservation"
    runs = tower.ledger.frame(asked, {"decision_id": pl.String, "run_id": pl.String})
    later = runs.filter(pl.col("run_id").is_in(_later_runs(tower, pins)))
    ours = our_touches(tower.ledger).join(later, on="decision_id", how="anti")
    return pl.concat(
        [
            with_names(theirs)
            .with_columns(decision_id=pl.lit(None, dtype=pl.String))
            .select(columns),
            ours.filter(pl.col("at") >= since).select(columns),
        ]
    )


def _taken(tower: Tower, pins: Pins, policy: Policy, was: Policy | None) -> Taken:
    """What earlier decisions held of pools and people when the run chose. A pool that this policy
    counts over other days is counted in the ledger, of earlier runs alone."""
    kept = tower.folder(pins.run_id)
    known = kept.read_records(NAME, Taken)
    taken = known[0] if known else Taken(pools={}, minutes={}, minutes_per_day={})
    budgets = kept.read_records("budgets_ads", BudgetCandidate)
    days = {one.pool: days_of(one, budgets) for one in was.budgets} if was else {}
    pools = {
        one.pool: taken.pools[one.pool]
        if one.pool in taken.pools and days.get(one.pool) == days_of(one, budgets)
        else _of_pool(tower, pins, one, days_of(one, budgets))
        for one in policy.budgets
    }
    quarters = {
        one.rule.key: _between(tower, pins, one.rule.pool, *bounds(one.rule.quarter))
        for one in quarters_of(tower, policy, budgets, pins.at, taken.campaigns)
        if one.rule.key not in taken.quarters
    }
    people = tower.warehouse.table("people").select("person_id", "minutes_per_day")
    daily = dict(people.filter(pl.col("minutes_per_day").is_not_null()).iter_rows())
    return taken.model_copy(
        update={
            "pools": pools,
            "minutes_per_day": {**daily, **taken.minutes_per_day},
            "quarters": {**quarters, **taken.quarters},
        }
    )


def _of_pool(tower: Tower, pins: Pins, budget: Budget, days: int) -> float:
    reach = timedelta(days=days)
    return _between(tower, pins, budget.pool, pins.at - reach, pins.at + reach)


def _between(tower: Tower, pins: Pins, pool: str, since: datetime, until: datetime) -> float:
    """Minor units of a pool that touches of earlier runs hold or spent between two instants."""
    rows = tower.ledger.frame(
        "SELECT amount, run_id FROM reservation WHERE resource = :resource "
        "AND state IN ('held', 'spent') AND at >= :since AND at <= :until",
        {"amount": pl.Float64, "run_id": pl.String},
        {"resource": f"pool:{pool}", "since": since, "until": until},
    )
    earlier = rows.filter(~pl.col("run_id").is_in(_later_runs(tower, pins)))
    return float(earlier.get_column("amount").sum())


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
