"""The simulated media mixes others published, and what is known of their truth.

`mmm_example.csv`, `mmm_roas_data.csv`: PyMC Labs (pymc-marketing, Apache-2.0), from its notebooks;
`dt_simulated_weekly.csv`: Meta (Robyn, MIT); `national_all_channels.csv`: Google
(Meridian, Apache-2.0). None is shipped here: CLEARANCE_DATA names the folder that holds them. The
derivations are told in docs/decisions/ad_response.md.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from domain.errors import DataError
from evals.real_data import data_folders
from tools.prediction.lift_tests import WeeksTested
from tools.prediction.mix import Mix
from tools.prediction.propensity import Floats
from tools.prediction.saturation import baseline, independent

AMPLITUDE: Final = 1000.0
"""The published equation's unit; the file's outcome is in thousandths of it."""
HELD_WEEKS: Final = 8
READ_ERROR: Final = 0.1
"""Standard error of a holdout test that is drawn here, as a share of what it should read."""


@dataclass(frozen=True)
class PublishedEffect:
    """`beta * logistic(adstock(x))`: normalised geometric adstock over `lags` weeks, nothing before
    the first; logistic(x) = (1 - exp(-lam x)) / (1 + exp(-lam x))."""

    alpha: float
    lags: int
    lam: float
    beta: float

    def adstock(self, spend: Floats) -> Floats:
        weights = self.alpha ** np.arange(self.lags)
        return np.asarray(np.convolve(spend, weights / weights.sum())[: len(spend)])

    def of(self, spend: Floats) -> Floats:
        """What each week's spend and the ones before brought in that week."""
        return np.asarray(self.beta * np.tanh(0.5 * self.lam * self.adstock(spend)))


EXAMPLE: Final = {
    "x1": PublishedEffect(0.4, 8, 4.0, 3.0 * AMPLITUDE),
    "x2": PublishedEffect(0.2, 8, 3.0, 2.0 * AMPLITUDE),
}
CONFOUNDED: Final = {
    "x1": PublishedEffect(0.3, 4, 1.0, 200.0),
    "x2": PublishedEffect(0.5, 4, 2.5, 150.0),
}


@dataclass(frozen=True)
class MediaData:
    """A mix with its campaigns' names; `truth`: what each brought over all weeks, where known."""

    names: tuple[str, ...]
    mix: Mix
    truth: Floats | None = None


def example() -> MediaData:
    """mmm_example: 179 weeks, two channels, two events; nothing hidden."""
    rows = _read("pymc_marketing_mmm", "mmm_example.csv")
    truth = np.array([float(EXAMPLE[one].of(_column(rows, one)).sum()) for one in EXAMPLE])
    return _media(rows, tuple(EXAMPLE), "y", ("event_1", "event_2"), truth)


def rebuilt_example() -> tuple[Floats, Floats]:
    """(the file's outcome, the same made anew from the published equation and seed)."""
    rows = _read("pymc_marketing_mmm", "mmm_example.csv")
    draws = np.random.default_rng(sum(map(ord, "mmm")))
    weeks = rows.height
    raw = draws.uniform(size=weeks)
    first = np.where(raw > 0.9, raw, raw / 2)
    raw = draws.uniform(size=weeks)
    second = np.where(raw > 0.8, raw, 0.0)
    day = _column(rows, "dayofyear")
    known = (
        2.0
        + (np.linspace(0.0, 50.0, weeks) + 10.0) ** 0.25
        - 1.0
        + 0.5 * (np.cos(2 * np.pi * day / 365.5) - np.sin(4 * np.pi * day / 365.5))
        + 1.5 * _column(rows, "event_1")
        + 2.5 * _column(rows, "event_2")
        + draws.normal(0.0, 0.25, weeks)
    )
    made = AMPLITUDE * known + EXAMPLE["x1"].of(first) + EXAMPLE["x2"].of(second)
    return _column(rows, "y"), made


def confounded() -> MediaData:
    """mmm_roas_data: 131 weeks, two channels; a demand z, which drives x1 too, is not seen."""
    rows = _read("pymc_marketing_mmm", "mmm_roas_data.csv")
    without = (rows.get_column("y01"), rows.get_column("y02"))
    truth = np.array([float((rows.get_column("y") - other).sum()) for other in without])
    return _media(rows, tuple(CONFOUNDED), "y", (), truth)


def confounded_columns() -> dict[str, tuple[Floats, Floats]]:
    """channel -> (its effect by the file's own column, the same by the equation)."""
    rows = _read("pymc_marketing_mmm", "mmm_roas_data.csv")
    return {
        name: (100.0 * _column(rows, f"{name}_effect"), one.of(_column(rows, name)))
        for name, one in CONFOUNDED.items()
    }


def holdouts(data: MediaData, seed: int) -> tuple[WeeksTested, ...]:
    """One lift test for each channel of `confounded`: in eight weeks that the seed draws, a group
    saw none of it; its result is the truth and an error that the seed draws."""
    draws = np.random.default_rng(seed)
    found = []
    for i, one in enumerate(CONFOUNDED.values()):
        spend = data.mix.spend[:, i]
        first = int(draws.integers(10, len(spend) - HELD_WEEKS))
        held = slice(first, first + HELD_WEEKS)
        without = spend.copy()
        without[held] = 0.0
        brought = float((one.of(spend) - one.of(without))[held].sum())
        error = READ_ERROR * brought
        read = brought + error * float(draws.standard_normal())
        found.append(WeeksTested(i, first, held.stop - 1, float(spend[held].sum()), read, error))
    return tuple(found)


def robyn() -> MediaData:
    """Robyn's 208 weeks: five paid channels; competitor, newsletter and the two events known."""
    rows = _read("robyn", "dt_simulated_weekly.csv")
    events = {f"event_{one}": pl.col("events") == one for one in ("event1", "event2")}
    rows = rows.with_columns(**{name: one.cast(pl.Float64) for name, one in events.items()})
    names = tuple(f"{one}_S" for one in ("tv", "ooh", "print", "search", "facebook"))
    return _media(rows, names, "revenue", ("competitor_sales_B", "newsletter", *events))


def meridian() -> MediaData:
    """Meridian's 156 national weeks: five paid channels; one organic, three controls known."""
    rows = _read("meridian", "national_all_channels.csv").with_columns(
        revenue=pl.col("conversions") * pl.col("revenue_per_conversion")
    )
    names = tuple(f"Channel{one}_spend" for one in range(5))
    controls = (
        "Organic_channel0_impression",
        "competitor_sales_control",
        "sentiment_score_control",
        "Promo",
    )
    return _media(rows, names, "revenue", controls)


def _media(
    rows: pl.DataFrame,
    names: tuple[str, ...],
    outcome: str,
    controls: tuple[str, ...],
    truth: Floats | None = None,
) -> MediaData:
    spend = np.column_stack([_column(rows, one) for one in names])
    known = [_column(rows, one) for one in controls]
    base = np.column_stack([baseline(rows.height), *known])
    base = independent(base, np.ones(rows.height, dtype=np.bool_))
    return MediaData(names, Mix(spend, _column(rows, outcome), base), truth)


def _column(rows: pl.DataFrame, name: str) -> Floats:
    return np.asarray(rows.get_column(name).cast(pl.Float64).to_numpy(), dtype=np.float64)


def _read(folder: str, name: str) -> pl.DataFrame:
    for place in data_folders():
        for path in (place / folder / name, place / name):
            if path.is_file():
                return pl.read_csv(path, infer_schema_length=None)
    raise DataError(
        f"Expected {Path(folder) / name} in one of {', '.join(map(str, data_folders()))}, "
        "found none.",
        f"Set CLEARANCE_DATA to the folder that holds {folder}/.",
    )
