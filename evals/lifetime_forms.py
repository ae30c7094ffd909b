"""Which form of lifetime value errs least on totals, as registered in decisions/lifetime_value.md.

`python -m evals.lifetime_forms --json` prints the mean absolute logarithm of expected against real
totals, by form: as published, with a calendar, and the mean of both. CDNOW's customers are judged
before the weeks that evals.lifetime holds out, complete_journey's households on 13 weeks.
"""

import argparse
import io
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np
import polars as pl

from domain.tables import INSTANT
from evals.figure import Figure, shown
from evals.lifetime import LEARNED_UNTIL, expected_purchases, real_purchases
from evals.real_data import first_of, read_purchases
from evals.telling import tell
from tools.prediction.purchases import histories

CDNOW_ENDS: Final = tuple(
    datetime(1997, month, day, tzinfo=UTC)
    for month, day in ((5, 15), (6, 1), (6, 15), (7, 1), (7, 15), (8, 1))
)
JOURNEY_ENDS: Final = tuple(datetime(2017, month, 1, tzinfo=UTC) for month in range(4, 10))
JUDGED_FOR: Final = timedelta(weeks=13)
FORMS: Final = ("published", "calendar", "mean")


def lifetime_forms() -> tuple[Figure, ...]:
    """Per data set and form; then per form the mean of both data sets."""
    off = {
        "cdnow": [off_by_form(purchases, at, LEARNED_UNTIL) for purchases, at in _cdnow()],
        "journey": [off_by_form(purchases, at, at + JUDGED_FOR) for purchases, at in _journey()],
    }
    return (*_by_data(off), *_together(off))


def _cdnow() -> Iterator[tuple[pl.DataFrame, datetime]]:
    purchases = read_purchases(sample=False).filter(pl.col("at") <= LEARNED_UNTIL)
    yield from ((purchases, at) for at in CDNOW_ENDS)


def _journey() -> Iterator[tuple[pl.DataFrame, datetime]]:
    baskets = read_baskets()
    yield from ((baskets, at) for at in JOURNEY_ENDS)


def read_baskets() -> pl.DataFrame:
    """complete_journey's shopping days: contact_id, at (midnight), value (cents)."""
    name = "transactions.parquet"
    rows = first_of({f"complete_journey/{name}": bytes, name: bytes})
    return (
        pl.read_parquet(io.BytesIO(rows))
        .group_by(
            contact_id=pl.col("household_id").cast(pl.String),
            at=pl.col("transaction_timestamp").dt.truncate("1d").dt.replace_time_zone("UTC"),
        )
        .agg(value=(pl.col("sales_value").sum() * 100).round().cast(pl.Int64))
        .with_columns(pl.col("at").cast(INSTANT))
        .sort("contact_id", "at")
    )


def off_by_form(purchases: pl.DataFrame, at: datetime, until: datetime) -> dict[str, float]:
    """Logarithm of the expected total against the real one, by form."""
    told = histories(purchases, at)
    real = real_purchases(purchases, told, until).sum()
    published = expected_purchases(told, until, calendar=False).sum()
    calendar = expected_purchases(told, until, calendar=True).sum()
    totals = {
        "published": published,
        "calendar": calendar,
        "mean": (published + calendar) / 2.0,
    }
    return {form: float(np.log(total / real)) for form, total in totals.items()}


def _by_data(off: Mapping[str, list[dict[str, float]]]) -> Iterator[Figure]:
    for name, ends in off.items():
        for form in FORMS:
            logs = [one[form] for one in ends]
            each = ", ".join(f"{np.expm1(one):+.1%}" for one in logs)
            yield shown(f"{name}_{form}", f"mean |log off|; by end of learning {each}", _size(logs))


def _together(off: Mapping[str, list[dict[str, float]]]) -> Iterator[Figure]:
    for form in FORMS:
        sizes = [_size([one[form] for one in ends]) for ends in off.values()]
        yield shown(f"both_{form}", "mean of both data sets", float(np.mean(sizes)))


def _size(logs: list[float]) -> float:
    return float(np.abs(logs).mean())


def main() -> int:
    """Print the figures."""
    parser = argparse.ArgumentParser(prog="python -m evals.lifetime_forms", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print figures as JSON")
    return tell(lifetime_forms, as_json=parser.parse_args().json)


if __name__ == "__main__":
    sys.exit(main())
