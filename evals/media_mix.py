"""`python -m evals.media_mix`: response curves against published media mixes and made-up worlds.

Prints each line of what must show with truth, estimate, 90% interval and verdict; `--coverage N`
adds N worlds of known truth, and how many of them the intervals hold; `--json` prints JSON.
"""

import argparse
import json
import sys
from dataclasses import replace
from typing import Final, Literal

import numpy as np
from rich.console import Console
from rich.table import Table

from domain.errors import ClearanceError
from domain.record import Record
from evals import media_data
from evals.media_data import MediaData
from evals.media_worlds import media_world
from tools.prediction.lift_tests import WeeksTested
from tools.prediction.mix import Mix
from tools.prediction.mixing import MixFit, fit_mix
from tools.prediction.saturation import baseline

SEED: Final = 1
REPEATS: Final = 20
"""Pairs of lift tests that are drawn to see how often the calibrated intervals hold."""
COVERAGE: Final = (0.86, 0.94)


class Line(Record):
    """One line of what must show. `refused`: why the figure is not believed."""

    name: str
    unit: str
    truth: float | None
    estimate: float
    low: float
    high: float
    refused: str | None
    verdict: Literal["reached", "missed", "shown"]


def derivation() -> tuple[Line, ...]:
    """The published equations give the files' columns again, so that the truth is exact."""
    told, made = media_data.rebuilt_example()
    gaps = {"mmm_example y": float(np.abs(told - made).max() / np.abs(told).max())}
    for name, (column, effect) in media_data.confounded_columns().items():
        gaps[f"mmm_roas_data {name}_effect"] = float(np.abs(column - effect).max() / column.max())
    return tuple(
        Line(
            name=f"{name} by the published equation: greatest gap",
            unit="of the greatest value",
            truth=0.0,
            estimate=gap,
            low=gap,
            high=gap,
            refused=None,
            verdict="reached" if gap < 1e-6 else "missed",
        )
        for name, gap in gaps.items()
    )


def plain_example() -> tuple[Line, ...]:
    """Contributions within 15% of the truth and inside the interval."""
    data = media_data.example()
    fit = fit_mix(data.mix, data.names, seed=SEED)
    return tuple(_near(data, fit, i, "mmm_example", 0.15, per_spend=False) for i in range(2))


def confounded_alone() -> tuple[Line, ...]:
    """Without lift tests: refused with its reason, or an interval that holds the truth."""
    data = media_data.confounded()
    fit = fit_mix(data.mix, data.names, seed=SEED)
    lines = [_line(data, fit, i, "mmm_roas_data without tests", per_spend=True) for i in range(2)]
    return tuple(
        one.model_copy(update={"verdict": "reached" if one.refused or _inside(one) else "missed"})
        for one in lines
    )


def confounded_tested() -> tuple[Line, ...]:
    """With two lift tests drawn from the truth: within 20% and inside; and over many such pairs."""
    data = media_data.confounded()
    fit = _with(data, media_data.holdouts(data, SEED))
    name = "mmm_roas_data with two lift tests"
    lines = [_near(data, fit, i, name, 0.2, per_spend=True) for i in range(2)]
    pairs = [_with(data, media_data.holdouts(data, SEED + 1 + k)) for k in range(REPEATS)]
    for i in range(2):
        found = [_near(data, one, i, name, 0.2, per_spend=True) for one in pairs]
        inside = float(np.mean([_inside(one) for one in found]))
        near = float(np.mean([abs(one.estimate / _truth(one) - 1.0) <= 0.2 for one in found]))
        for words, share in (("inside the interval", inside), ("within 20%", near)):
            lines.append(_share(f"{data.names[i]}: of {REPEATS} further pairs {words}", share))
    return tuple(lines)


def unknown_truth() -> tuple[Line, ...]:
    """Robyn and Meridian: fitted, with intervals, refused where something speaks against it."""
    lines = []
    for name, data in (("robyn", media_data.robyn()), ("meridian", media_data.meridian())):
        fit = fit_mix(data.mix, data.names, seed=SEED)
        lines += [_line(data, fit, i, name, per_spend=True) for i in range(len(data.names))]
    return tuple(lines)


def coverage(worlds: int, *, confounded: float, tested: bool) -> Line:
    """Share of contributions in made-up worlds that their 90% intervals hold."""
    held = []
    for seed in range(worlds):
        world = media_world(seed, confounded=confounded)
        tests = world.tests if tested else ()
        mix = Mix(world.spend, world.outcome, baseline(len(world.outcome)), tests)
        fit = fit_mix(mix, ("steady", "flighted"), seed=SEED)
        for i, truth in enumerate(world.contribution):
            low, high = fit.contribution(i)[1]
            held.append(low <= truth <= high)
    words = "spend follows hidden demand, lift tests" if confounded else "spend set freely"
    share = float(np.mean(held))
    error = 1.645 * float(np.sqrt(share * (1.0 - share) / len(held)))
    return _share(f"90% intervals hold the truth, {worlds} worlds, {words}", share).model_copy(
        update={
            "truth": 0.9,
            "low": share - error,
            "high": share + error,
            "verdict": "reached" if COVERAGE[0] <= share <= COVERAGE[1] else "missed",
        }
    )


def _with(data: MediaData, tests: tuple[WeeksTested, ...]) -> MixFit:
    return fit_mix(replace(data.mix, tests=tests), data.names, seed=SEED)


def _line(data: MediaData, fit: MixFit, i: int, name: str, *, per_spend: bool) -> Line:
    per = float(data.mix.spend[:, i].sum()) if per_spend else 1.0
    middle, (low, high) = fit.contribution(i)
    return Line(
        name=f"{name}: {data.names[i]}",
        unit="brought per unit spent" if per_spend else "brought over all weeks",
        truth=None if data.truth is None else float(data.truth[i]) / per,
        estimate=middle / per,
        low=low / per,
        high=high / per,
        refused=fit.why_not[i],
        verdict="shown",
    )


def _near(
    data: MediaData, fit: MixFit, i: int, name: str, within: float, *, per_spend: bool
) -> Line:
    one = _line(data, fit, i, name, per_spend=per_spend)
    near = abs(one.estimate / _truth(one) - 1.0) <= within
    reached = near and _inside(one) and one.refused is None
    return one.model_copy(update={"verdict": "reached" if reached else "missed"})


def _truth(line: Line) -> float:
    assert line.truth is not None
    return line.truth


def _inside(line: Line) -> bool:
    return line.low <= _truth(line) <= line.high


def _share(name: str, share: float) -> Line:
    return Line(
        name=name,
        unit="share",
        truth=None,
        estimate=share,
        low=share,
        high=share,
        refused=None,
        verdict="shown",
    )


def table_of(lines: tuple[Line, ...]) -> Table:
    """One row a line."""
    table = Table(title="Media mix", title_justify="left")
    for heading in ("line", "unit", "truth", "estimate", "90% interval", "", "not believed"):
        table.add_column(heading)
    for one in lines:
        truth = "" if one.truth is None else f"{one.truth:,.6g}"
        interval = f"{one.low:,.6g} to {one.high:,.6g}"
        table.add_row(
            one.name,
            one.unit,
            truth,
            f"{one.estimate:,.6g}",
            interval,
            one.verdict,
            one.refused or "",
        )
    return table


def main(arguments: list[str] | None = None) -> int:
    """Exit code 1 where a line is missed or the data are not there."""
    reading = argparse.ArgumentParser(prog="python -m evals.media_mix", description=__doc__)
    reading.add_argument("--json", action="store_true")
    reading.add_argument("--coverage", type=int, default=0, metavar="N")
    asked = reading.parse_args(arguments)
    told = Console(stderr=True, width=180)
    try:
        lines = (
            *derivation(),
            *plain_example(),
            *confounded_alone(),
            *confounded_tested(),
            *unknown_truth(),
        )
    except ClearanceError as error:
        told.print(str(error), style="red", markup=False)
        return error.exit_code
    if asked.coverage:
        lines += (
            coverage(asked.coverage, confounded=0.0, tested=False),
            coverage(asked.coverage, confounded=0.5, tested=True),
        )
    told.print(table_of(lines))
    if asked.json:
        sys.stdout.write(json.dumps([one.model_dump() for one in lines], indent=1) + "\n")
    return int(any(one.verdict == "missed" for one in lines))


if __name__ == "__main__":
    sys.exit(main())
