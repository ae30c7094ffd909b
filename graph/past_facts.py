"""The facts of a past run's cells, with what another policy counts of the touches it saw."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

import polars as pl

from domain.errors import IntegrityError
from domain.run import Pins
from domain.tables import FACTS, OBSERVATIONS, TOUCHES_SEEN
from graph import seeing
from graph.facts import Sources, assemble
from graph.gate import longest_window, sources_at
from graph.grid import build_cells
from graph.in_force import Fixed
from graph.later_runs import later_runs
from graph.members import OF_MEMBERS
from graph.past_pauses import pauses_kept, pauses_then, unkept_pauses
from graph.people import by_person, survivors_at
from graph.touched import our_touches
from graph.tower import Tower
from policies.loading import Loaded
from policies.named import with_names
from policies.schema import Policy
from policies.touch_limits import Cap
from tools.ledger.consents import STANDING
from tools.runs import RunFolder
from tools.warehouse.identity.people import as_person
from tools.warehouse.observing import touch_log

REGISTRY = ("do_not_call", "registry_at")


def write_facts(
    tower: Tower, pins: Pins, folder: RunFolder, loaded: Loaded, was: Policy | None
) -> Iterator[str]:
    """Write FACTS: what stood of each cell as the run kept it, the counts as this policy takes
    them, of the touches the run saw; words where it is not what the run saw.

    Raises IntegrityError where the channels or slots are others now.
    """
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
    members = [name for name in (OF_MEMBERS,) if name in known.columns]
    facts = counted.with_columns(known.select(*standing, *kept, *members))
    other = [
        name
        for name in _alike(policy, was)
        if name in known.columns and not known.get_column(name).equals(facts.get_column(name))
    ]
    if other:
        yield f"counts that are not what the run counted: {', '.join(other)}"
    folder.write(FACTS.name, FACTS.conform(facts))


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
    survivors = survivors_at(tower, pins.at)
    theirs = touch_log(by_person(tower, pins.at, survivors), since).filter(pl.col("at") <= pins.at)
    asked = "SELECT DISTINCT decision_id, run_id FROM reservation"
    runs = tower.ledger.frame(asked, {"decision_id": pl.String, "run_id": pl.String})
    later = runs.filter(pl.col("run_id").is_in(later_runs(tower, pins)))
    ours = as_person(our_touches(tower.ledger), survivors).join(later, on="decision_id", how="anti")
    return pl.concat(
        [
            with_names(theirs)
            .with_columns(decision_id=pl.lit(None, dtype=pl.String))
            .select(columns),
            ours.filter(pl.col("at") >= since).select(columns),
        ]
    )
