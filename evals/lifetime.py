"""Do expected purchases come true? CDNOW's customers: 39 weeks to learn from, 39 to judge.

`python -m evals.lifetime --json` prints the figures; exit code 1 where a target is missed.
"""

import argparse
import sys
from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import Final

import numpy as np
import polars as pl

from evals.figure import Figure, aimed, shown
from evals.real_data import read_purchases
from evals.telling import tell
from tools.prediction.buying_fit import WEEK, fit_buying
from tools.prediction.lifetime import Lifetimes, lifetimes
from tools.prediction.propensity import Floats
from tools.prediction.purchases import Histories, histories

LEARNED_UNTIL: Final = datetime(1997, 9, 30, tzinfo=UTC)
JUDGED_UNTIL: Final = datetime(1998, 6, 30, tzinfo=UTC)
EARLIER: Final = (datetime(1997, 6, 1, tzinfo=UTC), datetime(1997, 7, 1, tzinfo=UTC))
"""Ends of learning whose judged time still lies before LEARNED_UNTIL."""
MOST_OFF: Final = 0.05
RESAMPLES: Final = 1000
SEED: Final = 7


def lifetime() -> tuple[Figure, ...]:
    """Figures on the tenth that was published on, and on all customers."""
    return (*_judge("sample", sample=True), *_judge("all", sample=False))


def _judge(name: str, *, sample: bool) -> tuple[Figure, ...]:
    purchases = read_purchases(sample=sample)
    found = lifetimes(purchases, LEARNED_UNTIL, (JUDGED_UNTIL - LEARNED_UNTIL).days)
    told = histories(purchases, LEARNED_UNTIL)
    real = real_purchases(purchases, told, JUDGED_UNTIL)
    expected = found.table.get_column("purchases").to_numpy()
    flat = expected_purchases(told, JUDGED_UNTIL, calendar=False)
    watched = np.maximum((told.days - told.first) / WEEK, 1.0 / WEEK)
    weeks = (JUDGED_UNTIL - LEARNED_UNTIL).days / WEEK
    own = told.repeats / watched * weeks
    everyone = np.full(len(told), told.repeats.sum() / watched.sum() * weeks)
    held = f"{len(told)} customers, 39 weeks held out"
    low, high = found.table.select("purchases_low", "purchases_high").to_numpy().T
    covered = float(((real >= low) & (real <= high)).mean())
    return (
        shown(f"cdnow_real_{name}", f"days with a purchase, {held}", float(real.sum())),
        shown(
            f"cdnow_expected_{name}", "the same, expected", float(expected.sum()), found.total.se
        ),
        _total(f"cdnow_total_{name}", "expected against real", expected, real),
        shown(
            f"cdnow_total_in_interval_{name}",
            f"1 where the real total lies in {found.total.low:.0f} to {found.total.high:.0f} (90%)",
            float(found.total.low <= real.sum() <= found.total.high),
        ),
        *_past(purchases, name),
        *_against(f"own_mean_{name}", "each customer's own mean", own, expected, real),
        *_against(f"common_mean_{name}", "the mean of all customers", everyone, expected, real),
        *_against(
            f"flat_{name}",
            "the published form, without a calendar",
            flat,
            expected,
            real,
            aims=False,
        ),
        shown(f"cdnow_covered_{name}", "customers within their 90% range", covered),
        *_value(purchases, found, name),
    )


def real_purchases(purchases: pl.DataFrame, told: Histories, until: datetime) -> Floats:
    """Days with a purchase of each known customer after `told` and until then."""
    later = purchases.filter((pl.col("at") > told.at) & (pl.col("at") <= until))
    days = later.group_by("contact_id").agg(real=pl.col("at").n_unique())
    known = told.contact_ids.to_frame("contact_id").join(
        days, on="contact_id", how="left", maintain_order="left"
    )
    return known.get_column("real").fill_null(0).to_numpy().astype(np.float64)


def expected_purchases(told: Histories, until: datetime, *, calendar: bool) -> Floats:
    """The same expected, as published or with a calendar where the past has one."""
    fit = fit_buying(told, calendar=calendar)
    model, recency, age = fit.at(fit.point, told)
    weeks = (until - told.at).days / WEEK
    return model.expected(told.repeats, recency, age, weeks * fit.clock.ahead(weeks)[0])


def _off(expected: Floats, real: Floats) -> float:
    return float(expected.sum() / real.sum() - 1.0)


def _total(name: str, words: str, expected: Floats, real: Floats) -> Figure:
    off = _off(expected, real)
    return Figure(
        name=name,
        words=f"{words}: share by which the total is off, at most {MOST_OFF:g} either way",
        value=off,
        se=None,
        target=MOST_OFF,
        verdict="reached" if abs(off) <= MOST_OFF else "missed",
    )


def _past(purchases: pl.DataFrame, name: str) -> tuple[Figure, ...]:
    """The same judged within the time learned from: what was known before the held-out weeks."""
    figures = []
    for at in EARLIER:
        told = histories(purchases, at)
        real = real_purchases(purchases, told, LEARNED_UNTIL)
        for form, calendar in (("chosen", True), ("flat", False)):
            figures.append(
                shown(
                    f"cdnow_past_{at:%m%d}_{form}_{name}",
                    f"learned until {at:%d %B} alone, judged on 30 September, {form} form",
                    _off(expected_purchases(told, LEARNED_UNTIL, calendar=calendar), real),
                )
            )
    return tuple(figures)


def _against(
    name: str, words: str, other: Floats, expected: Floats, real: Floats, *, aims: bool = True
) -> tuple[Figure, ...]:
    """By how much the mean squared and absolute errors of the other are larger, paired."""
    draws = np.random.default_rng(SEED)
    weights = draws.multinomial(len(real), np.full(len(real), 1.0 / len(real)), size=RESAMPLES)
    figures = [shown(f"cdnow_total_{name}", f"{words}: share off", _off(other, real))]
    for kind, power in (("squared", 2), ("absolute", 1)):
        gain = np.abs(other - real) ** power - np.abs(expected - real) ** power
        se = float((weights @ gain / len(real)).std(ddof=1))
        said = f"mean {kind} error of {words} minus ours, paired, bootstrap error"
        label = f"cdnow_gain_{kind}_{name}"
        figures.append(
            aimed(label, said, float(gain.mean()), se, 0.0, within_errors=0.0)
            if aims
            else shown(label, said, float(gain.mean()), se)
        )
    return tuple(figures)


def _value(purchases: pl.DataFrame, found: Lifetimes, name: str) -> tuple[Figure, ...]:
    later = (
        purchases.filter((pl.col("at") > LEARNED_UNTIL) & (pl.col("at") <= JUDGED_UNTIL))
        .group_by("contact_id")
        .agg(real=pl.col("value").sum())
    )
    table = found.table.join(later, on="contact_id", how="left").with_columns(
        pl.col("real").fill_null(0)
    )
    value, real, low, high = (
        table.get_column(one).to_numpy() for one in ("value", "real", "value_low", "value_high")
    )
    inside = (real >= low) & (real <= high)
    return (
        shown(
            f"cdnow_value_off_{name}", "value: share by which the total is off", _off(value, real)
        ),
        shown(f"cdnow_value_covered_{name}", "value within its 90% range", float(inside.mean())),
    )


def seconds_for(customers: int) -> float:
    """Time for so many customers of the real kind, from rows to table: all customers, repeated."""
    purchases = read_purchases(sample=False).filter(pl.col("at") <= LEARNED_UNTIL)
    known = purchases.get_column("contact_id").n_unique()
    copies = pl.DataFrame({"copy": np.arange(-(-customers // known), dtype=np.int64)})
    many = purchases.join(copies, how="cross").select(
        pl.format("{}-{}", "contact_id", "copy").alias("contact_id"), "at", "value"
    )
    began = perf_counter()
    lifetimes(many, LEARNED_UNTIL, timedelta(weeks=39).days)
    return perf_counter() - began


def timed(customers: int) -> tuple[Figure, ...]:
    """How long so many customers take; nothing where none are asked for."""
    if not customers:
        return ()
    return (shown("cdnow_seconds", f"seconds for {customers}", seconds_for(customers)),)


def main() -> int:
    """Print all figures; exit code 1 where a target is missed or the data are not there."""
    parser = argparse.ArgumentParser(prog="python -m evals.lifetime", description=__doc__)
    parser.add_argument("--json", action="store_true", help="figures as JSON on standard output")
    parser.add_argument("--customers", type=int, default=0, help="also time so many customers")
    asked = parser.parse_args()
    return tell(lambda: (*lifetime(), *timed(asked.customers)), asked.json)


if __name__ == "__main__":
    sys.exit(main())
