"""A bound for problems that HiGHS does not finish, and the best plan it found by then."""

import numpy as np
import numpy.typing as npt

from graph.arbitration.problem import Problem
from graph.arbitration.program.child import solve_in_child
from graph.arbitration.program.optimum import Optimum, appraised
from graph.arbitration.program.program import program_of


def bound_in_child(
    problem: Problem, seconds: float, start: npt.NDArray[np.bool_] | None = None
) -> Optimum:
    """The lowest bound and the best plan that HiGHS reports within `seconds`, then it is killed.

    start: a plan to begin from, by row of the candidates. The bound is infinite and the plan None
    where HiGHS came to none. Tangents of campaigns are laid once, so that a finished search may
    leave a gap there. The program is built before the seconds begin.
    """
    program = program_of(problem)
    begin = None if start is None else start.astype(np.float64)
    return appraised(problem, solve_in_child(program.model, seconds, begin, relax=True), program)
