"""`python -m evals.door`: what judging one effect at the door takes, alone and among others.

The relay judges as many together as a provider takes at once; each call reads consents, pauses,
approvals, touches and the policy in force anew.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from app.relay.door import judge
from evals.faults.crowd import intend, names_of, plant_crowd
from evals.faults.world import START, open_at
from graph.gate import contacts_at
from tools.clock import FrozenClock
from tools.ledger import effects

SIZES = (1, 10, 100, 500)


def measure(queued: int, calls: int, folder: Path) -> list[dict[str, Any]]:
    """Milliseconds of one effect, by how many are judged together: median and 95th percentile of
    so many calls, on SQLite."""
    ledger = plant_crowd(folder, queued)
    intend(ledger, names_of(queued))
    tower = open_at(folder, FrozenClock(START)).tower
    rows = effects.in_states(ledger, ("intent",))
    contacts = contacts_at(tower, START)
    judge(tower, rows.head(10), contacts)
    found = []
    for size in SIZES:
        took = []
        for call in range(calls):
            batch = rows.slice((call * size) % (rows.height - size), size)
            began = perf_counter()
            said = judge(tower, batch, contacts)
            took.append((perf_counter() - began) * 1000)
            if len(said.of("clear")) != size:
                raise RuntimeError("Expected every effect to be cleared.")
        each = np.array(took) / size
        found.append(
            {
                "together": size,
                "calls": calls,
                "ms_each_median": round(float(np.median(each)), 3),
                "ms_each_p95": round(float(np.percentile(each, 95)), 3),
            }
        )
    return found


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m evals.door", description=__doc__)
    parser.add_argument("--queued", type=int, default=10_000, help="effects in the ledger")
    parser.add_argument("--calls", type=int, default=100, help="judgings of each size")
    parser.add_argument("--json", action="store_true", help="the figures as JSON")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = measure(asked.queued, asked.calls, Path(folder) / "workspace")
    if asked.json:
        sys.stdout.write(json.dumps(found, indent=1) + "\n")
        return 0
    for one in found:
        sys.stdout.write(
            f"{one['together']:>4} together: {one['ms_each_median']:.3f} ms each at the median, "
            f"{one['ms_each_p95']:.3f} at the 95th percentile\n"
        )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
