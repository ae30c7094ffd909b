"""`python -m evals.policy_forecast`: a forecast of a policy against the run that then really was.

A fresh sample runs so many times, with days between. The workspace is copied before the last run:
in one copy it runs under the policy in force and is then asked what another policy would have
decided; in the other that policy is really put in force and the same run happens. The two must be
equal.
"""

import argparse
import json
import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import Any

import polars as pl
from rich.console import Console

from app import advancing, policy_desk, running
from app.compose import House, open_house
from app.initialising import initialise
from app.policy_differences import Chosen, chosen_in
from app.policy_what_if import what_if
from graph.replaying import replay_run
from policies.loading import Loaded, load

SCHEDULE = "daily"
DAY = "1d"
MOST_SECONDS = 120.0
"""For asking of ten runs."""
CHANGES = (
    ('channels = ["email"]\nat_most = 2', 'channels = ["email"]\nat_most = 1'),
    ("window_hours = 168", "window_hours = 240"),
    ("end = 08:00:00", "end = 10:00:00"),
    ("at_most = 70000", "at_most = 20000"),
    ("max_step = 0.2", "max_step = 0.1"),
    ("share = 0.05\nowner", "share = 0.1\nowner"),
)
"""Of the store's policy: a cap, two windows, quiet hours, a pool, the budget step, a share."""


def other_policy(text: str) -> str:
    """The policy with every one of the changes."""
    for before, after in CHANGES:
        if before not in text:
            raise ValueError(f"The sample's policy does not say {before!r} any more.")
        text = text.replace(before, after)
    return text


def ran(folder: Path, runs: int, tell: Console) -> Path:
    """A store that ran so many times, a day between two runs and one after the last."""
    initialise(folder, "store", lambda _: None)
    for number in range(runs):
        tell.print(f"run {number + 1} of {runs}")
        house = open_house(folder)
        running.run(house, SCHEDULE, None, lambda _: None)
        advancing.advance(house, advancing.parse_duration(DAY), lambda _: None)
    return folder


def run_once(folder: Path) -> tuple[House, str]:
    """Run the workspace at the instant it stands at."""
    house = open_house(folder)
    return house, running.run(house, SCHEDULE, None, lambda _: None).run_id


def put_in_force(folder: Path, file: Path) -> None:
    """Make the file the policy in force, as two of the workspace's reviewers would."""
    house = open_house(folder)
    people = house.tower.warehouse.table("people").filter(pl.col("role") == "reviewer")
    one, other = people.get_column("person_id").unique().sort().to_list()[:2]
    asked = policy_desk.propose(house, file, one)
    answer = policy_desk.activate(house, asked["proposal_id"], other)
    if not answer["accepted"]:
        raise ValueError(answer["sentence"])


def differences(forecast: Chosen, real: Chosen) -> dict[str, Any]:
    """What of the forecast was otherwise; nothing but zeros and nothing where it came true."""
    keys = ["decision_id", "contact_id", "agent", "channel", "treatment_id", "slot"]
    one, other = forecast.touches.select(keys), real.touches.select(keys)
    tables = ("grid", "candidates", "choices", "conflicts", "decisions", "budget_decisions")
    return {
        "only_forecast": one.join(other, on=keys, how="anti").height,
        "only_real": other.join(one, on=keys, how="anti").height,
        "value": forecast.value - real.value,
        "volume": {
            channel: forecast.volume.get(channel, 0) - real.volume.get(channel, 0)
            for channel in sorted({*forecast.volume, *real.volume})
        },
        "tables": [
            name for name in tables if not forecast.folder.read(name).equals(real.folder.read(name))
        ],
    }


def equal(found: dict[str, Any]) -> bool:
    return not any(
        (
            found["only_forecast"],
            found["only_real"],
            found["value"],
            any(found["volume"].values()),
            found["tables"],
        )
    )


def measured(runs: int, scratch: Path, tell: Console) -> dict[str, Any]:
    """The whole comparison, in the keys that are printed."""
    lived = ran(scratch / "store", runs - 1, tell)
    other = shutil.copytree(lived, scratch / "other")
    text = other_policy((lived / "policy.toml").read_text())
    file = scratch / "next.toml"
    file.write_text(text)
    loaded = load(file)

    house, run_id = run_once(lived)
    forecast, drift = _forecast(house, run_id, loaded, scratch / "apart")
    tell.print(f"asking of {runs} runs")
    began, worked = perf_counter(), process_time()
    asked = what_if(house, file, runs, lambda _: None)
    seconds, work = perf_counter() - began, process_time() - worked

    tell.print("putting it in force")
    put_in_force(other, file)
    there, real_id = run_once(other)
    real = chosen_in(there.tower.folder(real_id), loaded.policy)
    was = chosen_in(house.tower.folder(run_id), house.tower.loaded.policy)
    found = differences(forecast, real)
    return {
        "runs": len(asked["runs"]),
        "same_run": run_id == real_id,
        "chosen": {
            "in_force": was.touches.height,
            "forecast": forecast.touches.height,
            "real": real.touches.height,
        },
        "value": {"in_force": was.value, "forecast": forecast.value, "real": real.value},
        "volume": {"forecast": forecast.volume, "real": real.volume},
        "differences": found,
        "equal": run_id == real_id and equal(found),
        "drift": drift,
        "drift_of_the_others": sorted({line for one in asked["runs"] for line in one["drift"]}),
        "left_out": asked["left_out"],
        "all": asked["all"],
        "what_if_seconds": round(seconds, 1),
        "what_if_cpu_seconds": round(work, 1),
    }


def _forecast(
    house: House, run_id: str, loaded: Loaded, into: Path
) -> tuple[Chosen, tuple[str, ...]]:
    again = replay_run(house.tower, run_id, loaded, into)
    return chosen_in(again.folder, loaded.policy), again.drift


def main() -> int:
    """Print JSON. Exit code 1 where the forecast did not come true, or asking took too long."""
    parser = argparse.ArgumentParser(prog="python -m evals.policy_forecast", description=__doc__)
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--json", action="store_true", help="JSON alone, without progress")
    asked = parser.parse_args()
    began, tell = perf_counter(), Console(stderr=True, quiet=asked.json)
    with TemporaryDirectory() as scratch:
        data = measured(asked.runs, Path(scratch), tell)
    data["seconds"] = round(perf_counter() - began, 1)
    sys.stdout.write(json.dumps(data, indent=1) + "\n")
    return int(not data["equal"] or data["what_if_seconds"] >= MOST_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
