"""The one curve that stands for many draws: Hill's, which the allocation knows how to climb."""

from typing import Final

import numpy as np

from domain.curve import HillCurve
from tools.prediction.mix_draws import MixDraws
from tools.prediction.propensity import Floats
from tools.prediction.saturation import HALF, HILL, SHAPE, TYPICAL, saturate

POINTS: Final = 16


def nearest_hill(draws: MixDraws, campaign: int, probe: float, most: float) -> HillCurve:
    """Hill's curve nearest (least squares) to the middle of the draws between no spend and the
    greater of `most` and `probe`, and exactly the middle at `probe`. Expects that to be above 0."""
    from scipy.optimize import least_squares

    spends = np.linspace(0.0, max(most, probe), POINTS + 1)[1:]
    middle = np.median(draws.value(campaign, spends), axis=0)
    at_probe = float(np.median(draws.value(campaign, np.array([probe]))))
    typical = float(np.median(draws.half[:, campaign]))

    def shares(parameters: Floats, at: Floats) -> Floats:
        half = typical * float(np.exp(parameters[0]))
        return saturate(at, half, float(parameters[1]), HILL)

    def misses(parameters: Floats) -> Floats:
        scale = at_probe / float(shares(parameters, np.array([probe]))[0])
        return np.asarray((scale * shares(parameters, spends) - middle) / at_probe)

    widest = float(np.log(HALF[1] / HALF[0]))
    found = least_squares(
        misses, [0.0, TYPICAL[2]], bounds=([-widest, SHAPE[0]], [widest, SHAPE[1]])
    ).x
    scale = at_probe / float(shares(found, np.array([probe]))[0])
    return HillCurve(scale=scale, half=typical * float(np.exp(found[0])), shape=float(found[1]))
