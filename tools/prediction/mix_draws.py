"""What drawing a media mix left: draws of each campaign's effect and curve."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tools.prediction.propensity import Floats
from tools.prediction.saturation import LOGISTIC


@dataclass(frozen=True)
class MixDraws:
    """Draws, one row each. Per campaign: `effect` (outcome a week at unlimited spend), `carryover`,
    `half` (in the unit of the spend), `shape`, `form`, `contribution` (over all weeks of the fit);
    and the residuals' `autocorrelation` and `sigma` (of what is left of a week)."""

    effect: Floats
    carryover: Floats
    half: Floats
    shape: Floats
    form: npt.NDArray[np.int64]
    contribution: Floats
    autocorrelation: Floats
    sigma: Floats
    tested: Floats
    """One column per test: what its draws say that the test should have read."""

    def value(self, campaign: int, spend: Floats) -> Floats:
        """Outcome a week at each steady weekly spend: draws x spends."""
        half = self.half[:, campaign, None]
        ratio = np.maximum(spend, 0.0)[None, :] / half
        powered = np.power(ratio, self.shape[:, campaign, None])
        hill = powered / (1.0 + powered)
        logistic = np.tanh(np.arctanh(0.5) * ratio)
        share = np.where(self.form[:, campaign, None] == LOGISTIC, logistic, hill)
        return np.asarray(self.effect[:, campaign, None] * share, dtype=np.float64)


def interval(draws: Floats, level: float = 0.9) -> tuple[float, float]:
    """The equal-tailed interval of one quantity's draws."""
    low, high = np.quantile(draws, [(1.0 - level) / 2.0, (1.0 + level) / 2.0])
    return float(low), float(high)
