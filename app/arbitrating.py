"""Arbitrating a problem of files: the plan, or why there is none."""

import json
from math import isfinite
from pathlib import Path
from time import perf_counter
from typing import Any

from graph.arbitration.certificate import Certificate
from graph.arbitration.clashes import NoClash, find_clashes
from graph.arbitration.files import read, write_plan
from graph.arbitration.plan import Plan
from graph.arbitration.problem import Problem
from graph.arbitration.solving import solve


def arbitrate(problem_folder: Path, out: Path, certificate_seconds: float) -> dict[str, Any]:
    """Solve the problem of a folder and write its plan; keys in docs/arbitration_problem.md.

    Where hard limits do not hold, `certificate` says which clash and `out` holds it as well.
    """
    problem = read(problem_folder)
    plan = solve(problem)
    data = write_plan(problem, plan, out)
    data["gap"] = data["gap"] if isfinite(data["gap"]) else None
    (out / "certificate.json").unlink(missing_ok=True)
    if data["status"] == "infeasible":
        data |= explained(problem, plan, certificate_seconds)
        text = json.dumps(data["certificate"], indent=1, ensure_ascii=False)
        (out / "certificate.json").write_text(text + "\n")
    return data


def explained(problem: Problem, plan: Plan, seconds: float) -> dict[str, Any]:
    """`certified`: clashes, undecided, or feasible where the arbiter missed a plan that exists."""
    began = perf_counter()
    found = find_clashes(problem, seconds, plan)
    known = found.model_dump(mode="json") if isinstance(found, Certificate) else None
    unknown = "feasible" if isinstance(found, NoClash) else "undecided"
    return {
        "certified": unknown if known is None else "clashes",
        "certificate": known,
        "certificate_seconds": perf_counter() - began,
    }
