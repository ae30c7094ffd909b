"""HiGHS: one mixed integer program in, what became of it out.

The plain `_Highs` and not `Highs`: the latter prints its banner to standard output before it can
be told not to, where a command prints JSON.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal

import highspy
import numpy as np
import numpy.typing as npt
from highspy import HighsModelStatus as Ended
from scipy.sparse import csr_array

from domain.errors import IntegrityError

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

Fate = Literal["optimal", "infeasible", "stopped"]
TOLERANCE: Final = 1e-9
"""How far a row or a whole number may be off; the checker forgives 1e-6."""


@dataclass(frozen=True)
class Model:
    """Maximise `gain @ columns`, low <= columns <= high, row_low <= matrix @ columns <= row_top."""

    gain: Floats
    low: Floats
    high: Floats
    whole: Bools
    matrix: csr_array
    row_low: Floats
    row_top: Floats


@dataclass(frozen=True)
class Solution:
    """What HiGHS found. columns: None without a solution. bound: no solution is worth more.

    duals: by row, of a model without whole columns; empty otherwise.
    """

    fate: Fate
    columns: Floats | None
    value: float
    bound: float
    duals: Floats


@dataclass(frozen=True)
class Progress:
    """What HiGHS reports on its way: the bound, and a solution where it is a better one."""

    seconds: float
    bound: float
    value: float
    columns: Floats | None


def solve(
    model: Model,
    seconds: float = 60.0,
    gap: float = 0.0,
    nodes: int | None = None,
    watch: Callable[[Progress], None] | None = None,
    start: Floats | None = None,
) -> Solution:
    """Solve on one thread: the same model gives the same answer, unless seconds run out.

    start: the first columns of a solution to begin from; HiGHS finds the others.

    HiGHS looks at its clock between steps and may overrun `seconds` by far on large models; see
    `bounding.bound_in_child`.
    """
    if not len(model.gain):
        return _without_columns(model)
    highs = highspy._Highs()  # type: ignore[attr-defined]  # its stub leaves the name out
    options = {
        "log_to_console": False,
        "threads": 1,
        "time_limit": max(seconds, 0.0),
        "mip_rel_gap": gap,
        "mip_feasibility_tolerance": TOLERANCE,
        "primal_feasibility_tolerance": TOLERANCE,
        "dual_feasibility_tolerance": TOLERANCE,
        **({} if nodes is None else {"mip_max_nodes": nodes}),
    }
    for name, value in options.items():
        highs.setOptionValue(name, value)
    _pass(highs, model)
    if watch is not None:
        _watch(highs, watch)
    if start is not None:
        highs.setSolution(len(start), np.arange(len(start), dtype=np.int32), start)
    highs.run()
    return _read(highs, bool(model.whole.any()))


def _pass(highs: Any, model: Model) -> None:
    matrix = model.matrix
    status = highs.passModel(
        len(model.gain),
        len(model.row_top),
        matrix.nnz,
        int(highspy.MatrixFormat.kRowwise),
        int(highspy.ObjSense.kMinimize),
        0.0,
        -model.gain,
        model.low,
        model.high,
        model.row_low,
        model.row_top,
        matrix.indptr[:-1].astype(np.int32),
        matrix.indices.astype(np.int32),
        matrix.data.astype(np.float64),
        model.whole.astype(np.int32),
    )
    if status == highspy.HighsStatus.kError:
        raise IntegrityError("HiGHS refused the program: a figure in it is out of range.")


def _watch(highs: Any, watch: Callable[[Progress], None]) -> None:
    kinds = highspy.cb.HighsCallbackType
    improving = int(kinds.kCallbackMipImprovingSolution)

    def told(kind: int, _message: str, out: Any, _into: Any, _data: Any) -> None:
        columns = np.array(out.mip_solution) if int(kind) == improving else None
        watch(Progress(out.running_time, -out.mip_dual_bound, -out.mip_primal_bound, columns))

    highs.setCallback(told, None)
    highs.startCallback(kinds.kCallbackMipImprovingSolution)
    highs.startCallback(kinds.kCallbackMipLogging)


def _read(highs: Any, whole: bool) -> Solution:
    status, info = highs.getModelStatus(), highs.getInfo()
    nothing = np.zeros(0)
    # every objective here is bounded, so "unbounded or infeasible" leaves one
    if status in (Ended.kInfeasible, Ended.kUnboundedOrInfeasible):
        return Solution("infeasible", None, -np.inf, -np.inf, nothing)
    solution = highs.getSolution()
    found = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    columns = np.array(solution.col_value) if found else None
    value = -info.objective_function_value if found else -np.inf
    if status == Ended.kOptimal:
        bound = max(-info.mip_dual_bound if whole else value, value)
        duals = nothing if whole else np.array(solution.row_dual)
        return Solution("optimal", columns, value, bound, duals)
    bound = max(-info.mip_dual_bound, value) if whole else np.inf
    return Solution("stopped", columns, value, bound, nothing)


def _without_columns(model: Model) -> Solution:
    holds = bool((model.row_low <= 0).all() and (model.row_top >= 0).all())
    if holds:
        return Solution("optimal", np.zeros(0), 0.0, 0.0, np.zeros(0))
    return Solution("infeasible", None, -np.inf, -np.inf, np.zeros(0))
