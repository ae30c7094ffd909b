"""Where nothing was measured: declared beliefs, and how thin evidence joins them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from domain.objective import Prior
from tools.prediction.propensity import Floats

LEAST_TOUCHES: Final = 200
"""Touches each arm needs before what it measured stands on its own."""
LEAST_OUTCOMES: Final = 20
"""Outcomes both arms need together."""
UNDECLARED_LEAST_SE: Final = 0.05
"""Least standard error of an effect about which nobody declared anything."""


@dataclass(frozen=True)
class Belief:
    """Effect and its standard error per contact, before this workspace measured anything."""

    effect: Floats
    effect_se: Floats


def prior_for(priors: Sequence[Prior], treatment_id: str, channel: str) -> Prior | None:
    """The prior that names the treatment, else the one for its whole channel, else None."""
    of_channel = [prior for prior in priors if prior.channel == channel]
    named = [prior for prior in of_channel if prior.treatment_id == treatment_id]
    whole = [prior for prior in of_channel if prior.treatment_id is None]
    return next(iter((*named, *whole)), None)


def believe(prior: Prior | None, propensity: Floats) -> Belief:
    """effect = share_of_propensity * propensity + flat, effect_se = relative_se * |effect|.

    With no prior declared: effect 0, and a standard error as large as the propensity itself (at
    least UNDECLARED_LEAST_SE), so that no value is invented and no certainty either.
    """
    if prior is None:
        return Belief(np.zeros_like(propensity), np.maximum(propensity, UNDECLARED_LEAST_SE))
    effect = prior.share_of_propensity * propensity + prior.flat
    return Belief(effect, prior.relative_se * np.abs(effect))


def name_of(prior: Prior | None) -> str:
    """What predictions that rest on the belief name as their model."""
    if prior is None:
        return "undeclared"
    name = f"prior:{prior.channel}" + (f":{prior.treatment_id}" if prior.treatment_id else "")
    return name + (f" for {prior.outcome}" if prior.outcome else "")


def basis_of(prior: Prior | None) -> str:
    """What the belief rests on, in words."""
    if prior is None:
        return "no prior is declared either, so it is 0 with a wide error"
    return prior.basis


def blend(belief: Belief, measured: float, measured_se: float) -> tuple[Floats, Floats]:
    """Belief and a thin measurement, each weighed by its precision (1 / se^2).

    The normal-normal posterior; a belief without error is certain and stands as it is.
    """
    variance = np.square(belief.effect_se)
    share = variance / (variance + measured_se**2)
    effect = belief.effect + share * (measured - belief.effect)
    return effect, np.sqrt(variance * (1.0 - share))
