"""What a treatment changes for whom: a T-learner, shrunk by what randomised rows confirm."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tools.prediction.propensity import Floats


@dataclass(frozen=True)
class Uplift:
    """effect(c) = average + slope * (c - centre) for a T-learner's contrast c of a contact.

    `average` is the doubly robust average effect. `slope` says how much of the contrast's spread
    is real: the best linear predictor of the effect by the contrast (Chernozhukov, Demirer, Duflo
    and Fernandez-Val, "Generic Machine Learning Inference on Heterogenous Treatment Effects in
    Randomized Experiments", 2018), shrunk by its own noise.
    """

    average: float
    average_se: float
    slope: float
    slope_se: float
    centre: float

    def effect(self, contrast: Floats) -> Floats:
        return self.average + self.slope * (contrast - self.centre)

    def effect_se(self, contrast: Floats) -> Floats:
        """Error of the regression at the contrast: sqrt(average_se^2 + (c - centre)^2 slope_se^2);
        the average's alone where the slope is 0 and everyone has the average effect."""
        spread = self.slope_se if self.slope > 0.0 else 0.0
        return np.sqrt(self.average_se**2 + np.square((contrast - self.centre) * spread))


def pseudo_outcomes(
    chance_treated: Floats,
    chance_left_alone: Floats,
    treated: npt.NDArray[np.bool_],
    answered: npt.NDArray[np.bool_],
    weight: Floats,
) -> Floats:
    """What each randomised row says of its own effect, without bias: psi of `measure_uplift`."""
    y = answered.astype(np.float64)
    residual = np.where(treated, y - chance_treated, chance_left_alone - y)
    return np.asarray(chance_treated - chance_left_alone + weight * residual)


def measure_uplift(
    chance_treated: Floats,
    chance_left_alone: Floats,
    treated: npt.NDArray[np.bool_],
    answered: npt.NDArray[np.bool_],
    weight: Floats,
    difference: Floats | None = None,
) -> Uplift:
    """Average and confirmed spread of the effect over randomised rows.

    Chances are out of fold. `weight`: inverse propensities, each arm's summing to the number of
    rows N. `difference`: what stands for the contrast, where another learner says it. With contrast
    c = chance_treated - chance_left_alone the pseudo-outcome (Kennedy,
    "Towards optimal doubly robust estimation of heterogeneous causal effects", 2023) is

        psi = c + treated * w * (y - chance_treated) - (1 - treated) * w * (y - chance_left_alone)

    whose mean is the average effect. psi regressed on c - mean(c) gives the slope b, with residual
    variance s^2 (arm counts enter through w, about N/n of an arm), so that

        average_se = s / sqrt(N),  slope_se = s / sqrt(sum (c - mean(c))^2)

    The slope kept is min(1, b) * max(0, 1 - (slope_se / b)^2) for b > 0, else 0 (positive-part
    James-Stein): where b is within its own error everyone has the average effect.
    """
    contrast = chance_treated - chance_left_alone
    psi = pseudo_outcomes(chance_treated, chance_left_alone, treated, answered, weight)
    contrast = contrast if difference is None else difference
    count = len(psi)
    centre, average = float(contrast.mean()), float(psi.mean())
    centred = contrast - centre
    spread = float(np.square(centred).sum())
    raw = float((centred * psi).sum()) / spread if spread > 1e-12 else 0.0
    s = float(np.sqrt(np.square(psi - average - raw * centred).sum() / max(count - 2, 1)))
    slope_se = s / spread**0.5 if spread > 1e-12 else 0.0
    slope = min(1.0, raw) * max(0.0, 1.0 - (slope_se / raw) ** 2) if raw > 0.0 else 0.0
    return Uplift(average, s / count**0.5, slope, slope_se, centre)
