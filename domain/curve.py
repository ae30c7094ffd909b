"""Concave response curves: what a period's spend on a campaign brings."""

import math

import numpy as np
import numpy.typing as npt

from domain.record import Record


class HillCurve(Record):
    """`scale * s^shape / (half^shape + s^shape)` with shape <= 1, so concave in the spend s.

    `scale` is value in minor units that unlimited spend would bring in the period, `half` the
    spend (minor units) that brings half of it. Hill (1910); as saturation of advertising: Jin
    et al., "Bayesian Methods for Media Mix Modeling with Carryover and Shape Effects" (2017).
    """

    scale: float
    half: float
    shape: float

    def value(self, spend: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Value in minor units at each spend (minor units)."""
        s = np.power(np.maximum(np.asarray(spend, dtype=np.float64), 0.0), self.shape)
        return np.asarray(self.scale * s / (self.half**self.shape + s), dtype=np.float64)

    def slope(self, spend: float) -> float:
        """Value of the next minor unit at `spend`; infinite at zero where shape < 1."""
        if spend <= 0:
            return self.scale / self.half if self.shape == 1 else math.inf
        k = self.half**self.shape
        s = spend**self.shape
        return float(self.scale * self.shape * k * spend ** (self.shape - 1) / (k + s) ** 2)
