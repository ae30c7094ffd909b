"""Opening a run: one per schedule and slot, pinned to what it may see."""

from dataclasses import replace
from datetime import UTC, datetime

from domain.objective import Objective
from domain.run import Pins
from graph.in_force import Fixed
from graph.tower import Tower
from graph.worth import expect_worth, unpriced
from tools.ledger import audit, consents, model_versions, runs


def open_run(tower: Tower, schedule: str, slot: str) -> str:
    """The id of the run of this schedule and slot: a new one, or the one that exists.

    What a new run sees is pinned here, before anything is computed: a run that dies and resumes
    sees the same. Raises UnpricedError where an objective's outcomes have no price: neither the
    data nor anybody gives one.
    """
    run_id = runs.id_of(schedule, slot)
    at = tower.clock.now()
    if unpriced(tower.config.objectives) and not _opened(tower, run_id):
        expect_worth(tower, at)
    with tower.write() as session:
        if runs.find(session, run_id) is not None:
            return run_id
        policy_hash = tower.policies.begin(session)
        pins = Pins(
            run_id=run_id,
            schedule=schedule,
            slot=slot,
            at=at,
            ledger_watermark=consents.watermark(session),
            warehouse_snapshot=tower.warehouse.snapshot(),
            policy_hash=policy_hash,
            config_hash=tower.config.hash,
            seed=tower.config.cycle.seed,
            objectives=tower.config.objectives,
            models=model_versions.pinned(session),
        )
        runs.open_run(session, pins)
        audit.append(session, at, "meta-agent", "run_opened", run_id, pins.model_dump(mode="json"))
    return run_id


def _opened(tower: Tower, run_id: str) -> bool:
    with tower.ledger.read() as session:
        return runs.find(session, run_id) is not None


def of_run(tower: Tower, run_id: str) -> Tower:
    """The tower as the run sees it: under the policy it was opened under, whatever is activated
    meanwhile. What it decides is judged again at the door, under what is in force then."""
    loaded = tower.policies.pinned(pins_of(tower, run_id).policy_hash)
    return replace(tower, policies=Fixed(loaded))


def pins_of(tower: Tower, run_id: str) -> Pins:
    """What the run is pinned to."""
    return Pins.model_validate_json(runs.read(tower.ledger, run_id).pins)


def objectives_of(tower: Tower, pins: Pins) -> tuple[Objective, ...]:
    """What counts in the run, with the weights it was opened under, the leading one first."""
    return pins.objectives or (tower.config.objective,)


def slot_name(at: datetime) -> str:
    """How a slot is called: its instant in UTC, so that no change of a zone renames it."""
    return at.astimezone(UTC).isoformat(timespec="seconds")
