"""`python -m evals.door`: what judging one effect at the door takes.

In turn: effects come to the door one by one, as to a provider that takes one at a time; the next
ones are judged with the first, and each asks at its turn whether that still holds. Now and then a
person withdraws consent, so that what is left is judged anew. Together: so many at once, each time
anew, down to one effect alone. Each judging reads consents, pauses, approvals, touches and the
policy in force anew.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import polars as pl

from app.relay.ahead import Ahead
from app.relay.door import Judged, judge
from evals.faults.crowd import intend, names_of, plant_crowd
from evals.faults.world import START, open_at
from graph.gate import contacts_at
from graph.tower import Tower
from tools.clock import FrozenClock
from tools.ledger import consents, effects

SIZES = (1, 10, 100, 500)
WITHDRAWAL_EVERY = 50
"""Effects between two withdrawals of consent: one person in fifty is far more than ever happens."""


def crowd(queued: int, folder: Path) -> tuple[Tower, pl.DataFrame]:
    """A tower on SQLite with so many effects that are due, and those."""
    ledger = plant_crowd(folder, queued)
    intend(ledger, names_of(queued))
    tower = open_at(folder, FrozenClock(START)).tower
    return tower, effects.in_states(ledger, ("intent",))


def in_turn(tower: Tower, rows: pl.DataFrame, turns: int) -> dict[str, Any]:
    """Milliseconds that an effect waits at the door, one coming after the other; the effects of
    the last places belong to those who withdraw."""
    contacts, ahead = contacts_at(tower, START), Ahead()

    def anew(batch: pl.DataFrame) -> Judged:
        return judge(tower, batch, lambda: contacts)

    leaving = rows.tail(turns // WITHDRAWAL_EVERY + 1).get_column("contact_id").to_list()
    took = []
    for turn in range(turns):
        if turn % WITHDRAWAL_EVERY == WITHDRAWAL_EVERY - 1:
            with tower.ledger.write() as session:
                who = leaving[turn // WITHDRAWAL_EVERY]
                consents.withdraw(session, who, "email", "marketing", START, "door")
        one, queue = rows.slice(turn, 1), rows.slice(turn + 1)
        began = perf_counter()
        said = ahead.judge(tower, one, queue, anew)
        took.append((perf_counter() - began) * 1000)
        _expect_clear(said, 1)
    return {"in_turn": turns, "withdrawals": turns // WITHDRAWAL_EVERY, **_figures(took)}


def together(tower: Tower, rows: pl.DataFrame, calls: int) -> list[dict[str, Any]]:
    """Milliseconds of one effect, by how many are judged together, so many times each."""
    contacts = contacts_at(tower, START)
    judge(tower, rows.head(10), lambda: contacts)
    found = []
    for size in SIZES:
        took = []
        for call in range(calls):
            batch = rows.slice((call * size) % (rows.height - size), size)
            began = perf_counter()
            said = judge(tower, batch, lambda: contacts)
            took.append((perf_counter() - began) * 1000 / size)
            _expect_clear(said, size)
        found.append({"together": size, "calls": calls, **_figures(took)})
    return found


def _expect_clear(said: Judged, many: int) -> None:
    if len(said.of("clear")) != many:
        raise RuntimeError("Expected every effect to be cleared.")


def _figures(took: list[float]) -> dict[str, float]:
    """Of one effect: median, mean, 95th percentile and most."""
    each = np.array(took)
    return {
        "ms_median": round(float(np.median(each)), 3),
        "ms_mean": round(float(each.mean()), 3),
        "ms_p95": round(float(np.percentile(each, 95)), 3),
        "ms_most": round(float(each.max()), 3),
    }


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m evals.door", description=__doc__)
    parser.add_argument("--queued", type=int, default=10_000, help="effects in the ledger")
    parser.add_argument("--turns", type=int, default=5_000, help="effects that come one by one")
    parser.add_argument("--calls", type=int, default=100, help="judgings of each size")
    parser.add_argument("--json", action="store_true", help="the figures as JSON")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        tower, rows = crowd(asked.queued, Path(folder) / "workspace")
        found = [*together(tower, rows, asked.calls), in_turn(tower, rows, asked.turns)]
    if asked.json:
        sys.stdout.write(json.dumps(found, indent=1) + "\n")
        return 0
    for one in found:
        what = f"{one['together']} together" if "together" in one else "one after the other"
        each = f"{one['ms_median']:.3f} at the median, {one['ms_mean']:.3f} in the mean"
        sys.stdout.write(f"{what:>20}: ms each {each}, {one['ms_most']:.1f} at most\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
