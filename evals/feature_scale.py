"""How long all built-in features take at scale, and how long to bring them up to date.

`python -m evals.feature_scale --contacts 1000000 --events 10000000 --json`: made-up rows (touches,
outcomes, events and deals) as Parquet; every built-in feature of every contact at one instant,
three times; then kept, 1% new rows, and brought up to date. CPU seconds stand beside the seconds of
the clock, which on a busy machine say more of the others than of us.
"""

import argparse
import json
import resource
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Any, Final

import numpy as np
import polars as pl
from polars.testing import assert_frame_equal

from tools.warehouse.features.declaring import built_in
from tools.warehouse.features.engine import features_at
from tools.warehouse.features.keeping import refresh
from tools.warehouse.kinds import KINDS
from tools.warehouse.shapes import INSTANT
from tools.warehouse.store import Warehouse

AT: Final = datetime(2026, 6, 1, tzinfo=UTC)
YEAR: Final = timedelta(days=365)
REPEATS: Final = 3
SHARES: Final = {"touches": 0.4, "outcomes": 0.25, "events": 0.35}
KEYS: Final = {"touches": "touch_id", "outcomes": "outcome_id", "events": "event_id"}
OUTCOMES: Final = ("visit", "click", "purchase", "reply", "unsubscribe")
SEED: Final = 5


def plant(warehouse: Warehouse, contacts: int, rows: int) -> None:
    """So many contacts, so many rows of a year, a deal for one contact in twenty."""
    warehouse.folder.mkdir(parents=True, exist_ok=True)
    draws = np.random.default_rng(SEED)
    _write(warehouse, "contacts", _contacts(draws, contacts))
    for kind, share in SHARES.items():
        _write(warehouse, kind, _rows(kind, draws, contacts, int(rows * share), "a"))
    _write(warehouse, "deals", _deals(draws, contacts // 20))


def add(warehouse: Warehouse, contacts: int, rows: int) -> None:
    """So many further rows of any day of the year, as where a tool reports late."""
    draws = np.random.default_rng(SEED + 1)
    for kind, share in SHARES.items():
        fresh = _rows(kind, draws, contacts, int(rows * share), "b")
        _write(warehouse, kind, pl.concat([warehouse.table(kind), _complete(kind, fresh)]))


def _contacts(draws: np.random.Generator, count: int) -> pl.DataFrame:
    ids = pl.int_range(count, eager=True)
    return pl.DataFrame({"contact_id": _named("C", ids)}).with_columns(
        account_id=_named("A", ids // 20), created_at=_instants(draws, count)
    )


def _rows(
    kind: str, draws: np.random.Generator, contacts: int, count: int, mark: str
) -> pl.DataFrame:
    whose = pl.Series(draws.integers(0, contacts, count))
    rows = pl.DataFrame(
        {
            KEYS[kind]: _named(mark, pl.int_range(count, eager=True)),
            "contact_id": _named("C", whose),
            "at": _instants(draws, count),
        }
    )
    match kind:
        case "touches":
            return rows.with_columns(channel=_among(draws, ("email", "call", "ads"), count))
        case "outcomes":
            value = pl.Series(draws.integers(100, 20_000, count))
            return rows.with_columns(kind=_among(draws, OUTCOMES, count), value=value)
        case _:
            return rows.with_columns(kind=_among(draws, ("email_opened", "page_viewed"), count))


def _deals(draws: np.random.Generator, count: int) -> pl.DataFrame:
    ids = pl.int_range(count, eager=True)
    return pl.DataFrame({"deal_id": _named("D", ids), "account_id": _named("A", ids)}).with_columns(
        opened_at=_instants(draws, count),
        closed_at=_instants(draws, count),
        won=pl.Series(draws.random(count) < 0.3),
        amount=pl.Series(draws.integers(1000, 10**7, count)),
    )


def _named(letter: str, numbers: pl.Series) -> pl.Series:
    return pl.select(pl.lit(letter) + numbers.cast(pl.String)).to_series()


def _among(draws: np.random.Generator, names: tuple[str, ...], count: int) -> pl.Series:
    return pl.Series(names).gather(pl.Series(draws.integers(0, len(names), count)))


def _instants(draws: np.random.Generator, count: int) -> pl.Series:
    """Any microsecond of the year before AT, and of the month after, which must not be seen."""
    span = int((YEAR + timedelta(days=30)).total_seconds() * 1e6)
    first = int((AT - YEAR).timestamp() * 1e6)
    return pl.Series(draws.integers(first, first + span, count)).cast(INSTANT)


def _complete(kind: str, rows: pl.DataFrame) -> pl.DataFrame:
    schema = KINDS[kind].schema
    missing = [pl.lit(None, dtype=t).alias(n) for n, t in schema.items() if n not in rows.columns]
    return rows.with_columns(missing).select(pl.col(n).cast(t) for n, t in schema.items())


def _write(warehouse: Warehouse, kind: str, rows: pl.DataFrame) -> None:
    warehouse.replace(kind, _complete(kind, rows))


def measure(contacts: int, rows: int, folder: Path) -> dict[str, Any]:
    warehouse = Warehouse(folder / "warehouse")
    plant(warehouse, contacts, rows)
    features = built_in()
    points = warehouse.table("contacts").select("contact_id", as_of=pl.lit(AT, dtype=INSTANT))
    whom = points.get_column("contact_id")
    repeats = [_timed(lambda: features_at(warehouse, points, features)) for _ in range(REPEATS)]
    first = _timed(lambda: refresh(folder / "kept", warehouse, whom, AT, features))
    add(warehouse, contacts, rows // 100)
    again = _timed(lambda: refresh(folder / "kept", warehouse, whom, AT, features))
    full = _timed(lambda: features_at(warehouse, points, features))
    next_day = _timed(
        lambda: refresh(folder / "kept", warehouse, whom, AT + timedelta(days=1), features)
    )
    assert_frame_equal(again["found"].features, full["found"])
    return {
        "contacts": contacts,
        "rows": rows,
        "features": len(features),
        "seconds": [one["seconds"] for one in repeats],
        "cpu_seconds": [one["cpu_seconds"] for one in repeats],
        "kept_first": _without(first),
        "after_new_rows": _without(again) | {"calculated": again["found"].calculated},
        "full_after_new_rows": _without(full),
        "a_day_later": _without(next_day) | {"calculated": next_day["found"].calculated},
        "same_as_full": True,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def _timed(act: Callable[[], Any]) -> dict[str, Any]:
    began, used = perf_counter(), _cpu()
    found = act()
    return {
        "found": found,
        "seconds": round(perf_counter() - began, 2),
        "cpu_seconds": round(_cpu() - used, 2),
    }


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _without(timed: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in timed.items() if name != "found"}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contacts", type=int, default=1_000_000)
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--json", action="store_true", help="the same, as one JSON object")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = measure(asked.contacts, asked.events, Path(folder))
    if asked.json:
        json.dump(found, sys.stdout, indent=2)
        sys.stdout.write("\n")
    else:
        for name, value in found.items():
            sys.stdout.write(f"{name}: {value}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
