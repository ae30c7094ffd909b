"""`python -m evals.predictions --json`: ranking, calibration, leakage and uplift on real data."""

import argparse
import json
import sys

from rich.console import Console

from domain.errors import ClearanceError
from evals.__main__ import table_of
from evals.scoring import bank_figures, churn_figures, lead_figures
from evals.uplift import uplift_figures

PARTS = {
    "bank": bank_figures,
    "leads": lead_figures,
    "churn": churn_figures,
    "uplift": uplift_figures,
}


def main() -> int:
    """Print all figures, or those of the parts named. Exit code 1 where a target is missed or
    the data are not there."""
    asked = argparse.ArgumentParser(prog="python -m evals.predictions", description=__doc__)
    asked.add_argument("parts", nargs="*", choices=[*PARTS, []], default=[], metavar="PART")
    asked.add_argument("--json", action="store_true", help="figures as JSON on standard output")
    said = asked.parse_args()
    told = Console(stderr=True)
    try:
        figures = tuple(one for part in said.parts or PARTS for one in PARTS[part]())
    except ClearanceError as error:
        told.print(str(error), style="red", markup=False)
        return error.exit_code
    told.print(table_of(figures))
    if said.json:
        sys.stdout.write(json.dumps([one.model_dump() for one in figures], indent=1) + "\n")
    return int(any(one.verdict == "missed" for one in figures))


if __name__ == "__main__":
    sys.exit(main())
