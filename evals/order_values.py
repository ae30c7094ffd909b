"""Does a contact's expected order come nearer to its next ones than other guesses? As the purpose
`revenue` values it: learned until an instant, judged on the orders after it.

`python -m evals.order_values --json` prints, by data set, the mean squared error of each guess at
the orders of contacts who had ordered before, relative to ours, with a bootstrap error over
contacts. The rule has no setting that was fitted on these data.
"""

import argparse
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np
import polars as pl

from evals.figure import Figure, shown
from evals.lifetime import JUDGED_UNTIL, LEARNED_UNTIL
from evals.lifetime_forms import read_baskets
from evals.real_data import read_purchases
from evals.telling import tell
from tools.prediction.order_values import OrderValues, order_values
from tools.prediction.propensity import Floats

JOURNEY_UNTIL: Final = datetime(2017, 9, 1, tzinfo=UTC)
JOURNEY_JUDGED: Final = timedelta(weeks=13)
RESAMPLES: Final = 1000
SEED: Final = 7


def expected_orders() -> tuple[Figure, ...]:
    """Per data set: what one order counts, and each guess against ours."""
    return tuple(
        figure
        for name, orders, at, until in _data()
        for figure in judge(name, orders.filter(pl.col("value") > 0), at, until)
    )


def judge(name: str, orders: pl.DataFrame, at: datetime, until: datetime) -> Iterator[Figure]:
    """orders: contact_id, at, value. Figures of contacts who ordered until `at` and after it."""
    seen = orders.filter(pl.col("at") <= at)
    told = order_values(seen)
    later = orders.filter((pl.col("at") > at) & (pl.col("at") <= until)).join(
        _guesses(seen, told), on="contact_id", how="inner"
    )
    said = f"{later.height} later orders of {later.get_column('contact_id').n_unique()} contacts"
    yield shown(f"{name}_share", "share of its own mean that one order gives", told.share)
    off = later.select(pl.col("ours").mean() / pl.col("value").mean() - 1).item()
    yield shown(f"{name}_mean_off", f"share by which the mean is off, {said}", float(off))
    for guess in ("own", "all"):
        value, se = _relative(later, guess)
        yield shown(
            f"{name}_{guess}",
            f"squared error of {GUESSES[guess]} over ours, above 1: ours is nearer; {said}",
            value,
            se,
        )


GUESSES: Final[Mapping[str, str]] = {
    "own": "the contact's own mean",
    "all": "the mean of all orders",
}


def _guesses(seen: pl.DataFrame, told: OrderValues) -> pl.DataFrame:
    """contact_id, ours, own, all."""
    own = seen.group_by("contact_id").agg(own=pl.col("value").mean())
    everyone = float(seen.get_column("value").to_numpy().mean())
    return (
        told.table.select("contact_id", ours="worth")
        .join(own, on="contact_id")
        .with_columns(all=pl.lit(everyone))
    )


def _relative(later: pl.DataFrame, guess: str) -> tuple[float, float]:
    """Squared error of the guess over ours, each order counted once, and its bootstrap error."""
    sums = (
        later.group_by("contact_id")
        .agg(
            other=((pl.col(guess) - pl.col("value")) ** 2).sum(),
            ours=((pl.col("ours") - pl.col("value")) ** 2).sum(),
        )
        .sort("contact_id")
    )
    other, ours = (sums.get_column(one).to_numpy() for one in ("other", "ours"))
    draws = np.random.default_rng(SEED)
    weights = draws.multinomial(len(ours), np.full(len(ours), 1.0 / len(ours)), size=RESAMPLES)
    resampled: Floats = (weights @ other) / (weights @ ours)
    return float(other.sum() / ours.sum()), float(resampled.std(ddof=1))


def _data() -> Iterator[tuple[str, pl.DataFrame, datetime, datetime]]:
    yield "cdnow", read_purchases(sample=False), LEARNED_UNTIL, JUDGED_UNTIL
    yield "journey", read_baskets(), JOURNEY_UNTIL, JOURNEY_UNTIL + JOURNEY_JUDGED


def main() -> int:
    """Print the figures."""
    parser = argparse.ArgumentParser(prog="python -m evals.order_values", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print figures as JSON")
    return tell(expected_orders, parser.parse_args().json)


if __name__ == "__main__":
    sys.exit(main())
