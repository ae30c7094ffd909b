"""`python -m evals.prediction_scale --json`: seconds and memory of predicting for a million.

Made-up contacts and events; ten treatments, of which eight were drawn by chance. Making them is not
in the seconds; their frames are in the memory, which is sampled while it predicts. Then single
contacts, by what was fitted.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread
from time import perf_counter, process_time
from typing import Any, Final

import numpy as np
import polars as pl

from evals.prediction_worlds import AT, VISIT, World, big_world
from tools.prediction import chances, estimating, predicting
from tools.prediction.fitted import Fitted
from tools.prediction.propensity import Propensity
from tools.prediction.spread import Spread

PARTS: Final[tuple[tuple[str, Any, str], ...]] = (
    ("learn_encoding", predicting, "learn_encoding"),
    ("gather_lessons", predicting, "learn_from"),
    ("fit_models", chances, "fit_propensity"),
    ("ask_models", Propensity, "chance"),
    ("measure_effects", estimating, "measure_uplift"),
    ("measure_intervals", estimating, "measure_spread"),
    ("ask_intervals", Spread, "half_width"),
    ("grade_ranking", predicting, "grade_ranking"),
    ("grade_policy", predicting, "grade_policy"),
    ("hash_inputs", predicting, "_versions"),
    ("table", predicting, "tables"),
)
"""What is timed, by where it is called from. None of them calls another one."""
SINGLES: Final = 1_000
EVERY_SECONDS: Final = 0.05


def scale(contacts: int, events: int, seed: int) -> dict[str, Any]:
    """Seconds by part, peak memory in MB, milliseconds of a contact alone."""
    began = perf_counter()
    world = big_world(contacts, events, seed)
    made = perf_counter() - began
    with sampled_memory() as memory, timed() as parts:
        began, worked = perf_counter(), process_time()
        forecast = _predict(world)
        seconds, worked = perf_counter() - began, process_time() - worked
        kept = _keep(forecast.predictions)
    return {
        "contacts": contacts,
        "events": world.touches.height + world.outcomes.height,
        "treatments": world.treatments.height,
        "training_rows": sum(one.touches for one in forecast.cards),
        "measured": sum(one.evidence == "measured" for one in forecast.cards),
        "predictions": forecast.predictions.height,
        "seconds_making_world": round(made, 1),
        "seconds": round(seconds, 1),
        "processor_seconds": round(worked, 1),
        "seconds_by_part": {name: round(spent, 1) for name, spent in parts.items()},
        "seconds_writing": round(kept, 1),
        "peak_mb": round(max(memory)),
        "mb_before": round(memory[0]),
        **_alone(forecast.fitted, world.observations),
        "correlation_with_truth": _likeness(forecast.predictions, world),
    }


def _predict(world: World) -> predicting.Forecast:
    return predicting.predict(
        world.observations, world.touches, world.outcomes, world.treatments, (VISIT,), (), AT
    )


def _keep(predictions: pl.DataFrame) -> float:
    with TemporaryDirectory() as folder:
        began = perf_counter()
        predictions.write_parquet(Path(folder) / "predictions.parquet")
        return perf_counter() - began


def _alone(fitted: Fitted, observations: pl.DataFrame) -> dict[str, float]:
    """Milliseconds of all treatments' predictions for one contact, over SINGLES of them."""
    some = np.random.default_rng(5).integers(0, observations.height, SINGLES)
    rows = [observations[[int(one)]] for one in some]
    fitted.score(rows[0])
    spent = []
    for row in rows:
        began = perf_counter()
        fitted.score(row)
        spent.append(1000 * (perf_counter() - began))
    return {
        "single_ms_median": round(float(np.median(spent)), 2),
        "single_ms_p99": round(float(np.quantile(spent, 0.99)), 2),
    }


def _likeness(predictions: pl.DataFrame, world: World) -> dict[str, float]:
    """Correlation of told and true effects, by measured treatment that tells contacts apart."""
    told = predictions.filter(pl.col("evidence") == "measured").partition_by(
        "treatment_id", as_dict=True
    )
    return {
        str(name): round(float(np.corrcoef(rows["effect"], world.effects[str(name)])[0, 1]), 3)
        for (name,), rows in told.items()
        if rows.get_column("effect").n_unique() > 1
    }


@contextmanager
def sampled_memory() -> Iterator[list[float]]:
    """Resident MB of this process and all its threads, every EVERY_SECONDS."""
    found, ended = [resident_mb()], Event()

    def sample() -> None:
        while not ended.wait(EVERY_SECONDS):
            found.append(resident_mb())

    sampler = Thread(target=sample, daemon=True)
    sampler.start()
    try:
        yield found
    finally:
        ended.set()
        sampler.join()


def resident_mb() -> float:
    line = next(one for one in Path("/proc/self/status").read_text().splitlines() if "VmRSS" in one)
    return int(line.split()[1]) / 1024


@contextmanager
def timed() -> Iterator[dict[str, float]]:
    """Seconds spent in each of PARTS, while within."""
    spent = {name: 0.0 for name, _, _ in PARTS}
    before = [(owner, called, getattr(owner, called)) for _, owner, called in PARTS]
    for name, owner, called in PARTS:
        setattr(owner, called, _watched(name, getattr(owner, called), spent))
    try:
        yield spent
    finally:
        for owner, called, real in before:
            setattr(owner, called, real)


def _watched(name: str, real: Any, spent: dict[str, float]) -> Any:
    def watched(*given: Any, **named: Any) -> Any:
        began = perf_counter()
        try:
            return real(*given, **named)
        finally:
            spent[name] += perf_counter() - began

    return watched


def main() -> int:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(prog="python -m evals.prediction_scale", description=__doc__)
    parser.add_argument("--contacts", type=int, default=100_000)
    parser.add_argument("--events", type=int, default=None, help="default: ten per contact")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="as always")
    asked = parser.parse_args()
    events = 10 * asked.contacts if asked.events is None else asked.events
    sys.stdout.write(json.dumps(scale(asked.contacts, events, asked.seed), indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
