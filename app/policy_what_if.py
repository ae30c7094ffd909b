"""What another policy would have decided in runs that really were: each is decided again apart."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import polars as pl

from app.policy_differences import chosen_in, difference, in_all, starved
from domain.errors import IntegrityError, RefusedError, StorageError
from graph.opening import pins_of
from graph.replaying import Replayed, replay_run
from graph.taken import policy_of
from policies.loading import Loaded, load
from tools.clock import stopwatch
from tools.ledger import runs

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.compose import House


def what_if(
    house: "House", file: Path, newest: int, progress: "Callable[[str], None]"
) -> dict[str, Any]:
    """The newest runs under the policy of the file, in the documented keys of `clearance policy
    what-if --json`. Neither ledger nor warehouse nor a run's folder is written.

    A run whose tables are not there any more, or that judged other channels, is left out and said
    so. Raises RefusedError where no run can be asked.
    """
    began, loaded = stopwatch(), load(file)
    wanted = [row.run_id for row in runs.every(house.tower.ledger) if row.state == "done"][-newest:]
    told, left_out = [], []
    before: list[pl.DataFrame] = []
    after: list[pl.DataFrame] = []
    for number, run_id in enumerate(wanted, 1):
        progress(f"run {number} of {len(wanted)}")
        try:
            told.append(_asked(house, run_id, loaded, before, after))
        except (StorageError, IntegrityError) as error:
            left_out.append({"run_id": run_id, "why": str(error)})
    if not told:
        why = left_out[0]["why"] if left_out else "No run has finished yet."
        raise RefusedError(f"There is no run to ask about: {why}", "Run one: `clearance run`.")
    return {
        "policy": loaded.policy.name,
        "version": loaded.policy.version,
        "hash": loaded.hash,
        "in_force": house.tower.loaded.hash,
        "currency": house.tower.config.currency,
        "all": {**in_all(told), "starved": starved(before, after)},
        "runs": told,
        "left_out": left_out,
        "seconds": round(stopwatch() - began, 1),
    }


def _asked(
    house: "House",
    run_id: str,
    loaded: Loaded,
    before: list[pl.DataFrame],
    after: list[pl.DataFrame],
) -> dict[str, Any]:
    """One run; what it chose and would choose is put to the lists."""
    tower = house.tower
    pins = pins_of(tower, run_id)
    was = chosen_in(tower.folder(run_id), policy_of(tower, pins) or tower.loaded.policy)
    with TemporaryDirectory() as folder:
        again: Replayed = replay_run(tower, run_id, loaded, Path(folder))
        would = chosen_in(again.folder, loaded.policy)
        said = difference(was, would)
    before.append(was.touches)
    after.append(would.touches)
    return {"run_id": run_id, "at": pins.at.isoformat(), "drift": list(again.drift), **said}
