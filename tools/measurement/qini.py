"""How much of a treatment's effect comes first when contacts are taken by predicted effect."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Ranked:
    """Rows of a randomised comparison, the largest predicted effect first."""

    order: npt.NDArray[np.intp]
    treated: npt.NDArray[np.bool_]
    reward: Floats

    def qini(self, weight: Floats | None = None) -> float:
        """Area between the curve of gains and the straight line, per treated row.

        After k rows the gain is (sum of treated rewards) - (sum of the others') * (treated so
        far) / (others so far), per treated row of all (Radcliffe, "Using control groups to target
        on predicted lift", 2007). 0: no better than chance. `weight`: how often each row counts,
        in the rows' own order, for a bootstrap.
        """
        w = np.ones(len(self.order)) if weight is None else weight
        w = w[self.order]
        treated = np.cumsum(w * self.treated)
        others = np.cumsum(w * ~self.treated)
        earned = np.cumsum(w * self.reward * self.treated)
        lost = np.cumsum(w * self.reward * ~self.treated)
        share = np.divide(treated, others, out=np.zeros(len(w)), where=others > 0)
        gain = (earned - lost * share) / treated[-1]
        return float((gain * w).sum() / w.sum() - gain[-1] / 2.0)


def rank(effect: Floats, treated: npt.NDArray[np.bool_], reward: Floats) -> Ranked:
    """Rows (effect, treated, reward) of one comparison, ranked; equal effects as they come."""
    order = np.argsort(-effect, kind="stable")
    return Ranked(order, treated[order], np.asarray(reward[order], dtype=np.float64))
