"""How well scores rank those who answered above those who did not."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numpy import float64


@dataclass(frozen=True)
class AreaUnderCurve:
    """Area under the ROC curve with its standard error; 0.5 is a coin, 1 is perfect."""

    value: float
    se: float
    answered: int
    silent: int


def area_under_curve(
    scores: npt.NDArray[float64], answered: npt.NDArray[np.bool_]
) -> AreaUnderCurve | None:
    """The area and its error by DeLong, DeLong and Clarke-Pearson (1988) with midranks (Sun and
    Xu, 2014). None where fewer than two answered or fewer than two did not: nothing to rank."""
    from scipy.stats import rankdata

    m, n = int(answered.sum()), int((~answered).sum())
    if min(m, n) < 2:
        return None
    ranks = rankdata(scores)
    above = (ranks[answered] - rankdata(scores[answered])) / n
    below = 1.0 - (ranks[~answered] - rankdata(scores[~answered])) / m
    variance = float(above.var(ddof=1)) / m + float(below.var(ddof=1)) / n
    return AreaUnderCurve(float(above.mean()), math.sqrt(variance), m, n)
