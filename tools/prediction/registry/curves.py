"""Curves of the report: Qini with its band, and how far a share may be off."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from tools.prediction.propensity import Floats
from tools.prediction.registry.scoring import weights_of

POINTS: Final = 21
Z: Final = 1.959963984540054
"""Of a 95% interval."""


@dataclass(frozen=True)
class QiniCurve:
    """Outcomes gained per treated contact when the share of contacts with the largest predicted
    effects is treated; low and high: a 95% band. `random`: where the share is drawn by chance."""

    share: Floats
    gain: Floats
    low: Floats
    high: Floats
    random: Floats


def qini_curve(
    effect: Floats,
    treated: npt.NDArray[np.bool_],
    reward: Floats,
    contact: npt.NDArray[np.int64],
) -> QiniCurve:
    """Rows of a randomised comparison. Gains as in `tools.measurement.qini`; the band by drawing
    contacts again, point by point."""
    order = np.argsort(-effect, kind="stable")
    share = np.linspace(0.0, 1.0, POINTS)
    told, rewarded = treated[order], reward[order]
    gain = _gains(np.ones(len(order)), told, rewarded, share)
    drawn = np.array([_gains(w[order], told, rewarded, share) for w in weights_of(contact)])
    low, high = np.quantile(drawn, (0.025, 0.975), axis=0)
    return QiniCurve(share, gain, low, high, share * gain[-1])


def _gains(weight: Floats, treated: npt.NDArray[np.bool_], reward: Floats, share: Floats) -> Floats:
    """Gain after each share of the weighted rows, per treated row of all."""
    many, others = np.cumsum(weight * treated), np.cumsum(weight * ~treated)
    earned, lost = np.cumsum(weight * reward * treated), np.cumsum(weight * reward * ~treated)
    scale = np.divide(many, others, out=np.zeros(len(weight)), where=others > 0)
    gain = (earned - lost * scale) / max(float(many[-1]), 1.0)
    seen = np.cumsum(weight) / max(float(weight.sum()), 1.0)
    found = np.interp(share, np.append(0.0, seen), np.append(0.0, gain))
    return np.asarray(found, dtype=np.float64)


def wilson(share: float, rows: int) -> tuple[float, float]:
    """The 95% interval of a share of so many rows (Wilson, 1927): within [0, 1] and never empty."""
    middle = (share + Z * Z / (2 * rows)) / (1 + Z * Z / rows)
    half = Z / (1 + Z * Z / rows)
    half *= float(np.sqrt(share * (1 - share) / rows + Z * Z / (4 * rows * rows)))
    return max(middle - half, 0.0), min(middle + half, 1.0)
