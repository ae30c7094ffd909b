"""`python -m evals.timelines`: random timelines of touches, and whether any broke a limit.

Example: python -m evals.timelines --timelines 100000 --seed 1 --json

Zones of all the world, summer time both ways, people without a zone, 23:00 and 01:00, several
agents at once, consent that comes and goes. The product's judge decides; a checker with code of its
own judges what was sent. Exit code 1 where a limit was broken. With --bug a protection is taken
away, and it must be.
"""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from typing import get_args

from evals.timelines.report import BATCH, run
from evals.timelines.ruling import Bug


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m evals.timelines",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--timelines", type=int, default=100_000, help="how many")
    parser.add_argument("--seed", type=int, default=1, help="the first batch's seed")
    parser.add_argument("--bug", choices=get_args(Bug), help="take this protection away")
    parser.add_argument("--json", action="store_true", help="the report as JSON")
    wanted = parser.parse_args(arguments)
    began = time.perf_counter()
    report = run(wanted.timelines, wanted.seed, wanted.bug, BATCH)
    told = {**report.as_dict(), "seconds": round(time.perf_counter() - began, 1)}
    if wanted.json:
        sys.stdout.write(f"{json.dumps(told, indent=1)}\n")
    else:
        sys.stdout.writelines(f"{name}: {value}\n" for name, value in told.items())
    return int(report.broken)


if __name__ == "__main__":
    sys.exit(main())
