"""HiGHS in a process of its own, which is killed when its time is up.

HiGHS overruns its own limit (measured: 120 s for 20 at 1,000 contacts). The child writes each bound
and each better solution to a file as it finds them, so that the kill loses nothing.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from scipy.sparse import csr_array

from graph.arbitration.program.highs import Floats, Model, Progress, Solution, solve

ROOT: Final = Path(__file__).parents[3]
GRACE: Final = 5.0
"""Seconds after which the child ends itself, should nobody be left to kill it."""


def solve_in_child(
    model: Model,
    seconds: float,
    start: Floats | None = None,
    relax: bool = False,
    gap: float = 0.0,
) -> Solution:
    """What HiGHS reports within `seconds`, start-up of the child included.

    start: the first columns of a solution to begin from. relax: solve the relaxation first, whose
    bound comes long before HiGHS reports one of the whole search. No duals.
    """
    with tempfile.TemporaryDirectory(prefix="highs-") as name:
        folder = Path(name)
        _write(model, start, folder)
        words = [str(folder), str(seconds), str(int(relax)), str(gap)]
        command = [sys.executable, "-m", __name__, *words]
        path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
        child = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, env={**os.environ, "PYTHONPATH": path}
        )
        try:
            with suppress(subprocess.TimeoutExpired):
                child.wait(max(seconds, 0.0))
        finally:
            child.kill()
            child.wait()
        return _told(folder)


def _write(model: Model, start: Floats | None, folder: Path) -> None:
    matrix = model.matrix
    np.savez(
        folder / "model.npz",
        gain=model.gain,
        low=model.low,
        high=model.high,
        whole=model.whole,
        row_low=model.row_low,
        row_top=model.row_top,
        data=matrix.data,
        indices=matrix.indices,
        indptr=matrix.indptr,
        shape=np.array(matrix.shape),
        start=np.zeros(0) if start is None else start.astype(np.float64),
    )


def _read(folder: Path) -> tuple[Model, Floats | None]:
    with np.load(folder / "model.npz") as held:
        matrix = csr_array((held["data"], held["indices"], held["indptr"]), shape=held["shape"])
        names = ("gain", "low", "high", "whole", "row_low", "row_top")
        start = held["start"]
        model = Model(**{name: held[name] for name in names}, matrix=matrix)
    return model, start if len(start) else None


def _told(folder: Path) -> Solution:
    """The lowest bound and the last solution of all that the child wrote; whole lines only."""
    best = Solution("stopped", None, -np.inf, np.inf, np.zeros(0))
    file = folder / "told.jsonl"
    lines = file.read_text().split("\n")[:-1] if file.exists() else []
    for line in lines:
        said: dict[str, Any] = json.loads(line)
        best = replace(best, fate=said["fate"], bound=min(best.bound, said["bound"]))
        if said["columns"]:
            best = replace(best, value=said["value"], columns=np.load(folder / said["columns"]))
    return best


def _child(folder: Path, seconds: float, relax: bool, gap: float) -> None:
    """Write what HiGHS reports, line by line, each solution to a file before its line."""
    signal.setitimer(signal.ITIMER_REAL, seconds + GRACE)  # unhandled, the alarm ends the process
    model, start = _read(folder)
    with (folder / "told.jsonl").open("w", buffering=1) as file:
        count = 0

        def tell(fate: str, bound: float, value: float, columns: Floats | None) -> None:
            nonlocal count
            said = {"fate": fate, "bound": bound, "value": value, "columns": ""}
            if columns is not None:
                count += 1
                said["columns"] = f"columns-{count}.npy"
                np.save(folder / str(said["columns"]), columns)
            file.write(json.dumps(said) + "\n")

        def watch(progress: Progress) -> None:
            tell("stopped", progress.bound, progress.value, progress.columns)

        if relax:
            relaxed = solve(replace(model, whole=np.zeros_like(model.whole)), seconds)
            tell("stopped" if relaxed.fate == "optimal" else relaxed.fate, relaxed.bound, 0.0, None)
            if relaxed.fate != "optimal":
                return
        solution = solve(model, seconds, gap, watch=watch, start=start)
        tell(solution.fate, solution.bound, solution.value, solution.columns)


if __name__ == "__main__":
    _child(Path(sys.argv[1]), float(sys.argv[2]), sys.argv[3] == "1", float(sys.argv[4]))
