"""`python -m evals.predictions --json`: ranking, calibration, leakage and uplift on real data."""

import argparse
import sys

from evals.scoring import bank_figures, churn_figures, lead_figures
from evals.telling import tell
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
    parts = said.parts or PARTS
    return tell(lambda: tuple(one for part in parts for one in PARTS[part]()), said.json)


if __name__ == "__main__":
    sys.exit(main())
