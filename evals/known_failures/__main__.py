"""`python -m evals.known_failures`: what other products get wrong, and contact law, case by case.

Example: python -m evals.known_failures W4 L19

Runs the tests named after W1 to W22 and L1 to L32 and prints a line each: held, broken, or untested
where there is no test or one did not run. Exit code 1 where not all held.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from domain.errors import ClearanceError
from evals.known_failures.cases import CASES, Case
from evals.known_failures.page import page
from evals.known_failures.proving import ROOT, Proof, named_tests, prove


def main(arguments: Sequence[str] | None = None, root: Path = ROOT) -> int:
    """`root`: of the repository whose tests are run."""
    parser = argparse.ArgumentParser(
        prog="python -m evals.known_failures",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("cases", nargs="*", metavar="CASE", help="these alone, as W4 or L19")
    parser.add_argument("--json", action="store_true", help="the cases as JSON")
    parser.add_argument("--page", action="store_true", help="print docs/known_failures.md instead")
    asked = parser.parse_args(arguments)
    if unknown := sorted(set(asked.cases) - {one.case_id for one in CASES}):
        parser.error(f"expected W1 to W22 or L1 to L32, found {', '.join(unknown)}")
    if asked.page:
        sys.stdout.write(page(named_tests(root)))
        return 0
    return _tell(_wanted(asked.cases), asked.json, root)


def _wanted(case_ids: Sequence[str]) -> list[Case]:
    return [one for one in CASES if not case_ids or one.case_id in case_ids]


def _tell(cases: Sequence[Case], as_json: bool, root: Path) -> int:
    try:
        proofs = prove(cases, root)
    except ClearanceError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    said = json.dumps([_as_json(one) for one in proofs], indent=1) + "\n"
    sys.stdout.write(said if as_json else "".join(map(line, proofs)))
    return int(any(one.verdict != "held" for one in proofs))


def line(proof: Proof) -> str:
    names = ", ".join(one.name for one in proof.tests) or "no test"
    return f"{proof.case_id:<4}{proof.verdict:<9}{proof.words}: {names}\n"


def _as_json(proof: Proof) -> dict[str, object]:
    return {**proof.model_dump(mode="json"), "verdict": proof.verdict}


if __name__ == "__main__":
    raise SystemExit(main())
