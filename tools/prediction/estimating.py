"""The estimate for one treatment: measured where chance assigned it, else a declared belief."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from domain.names import Evidence
from domain.objective import Prior
from tools.measurement.answers import NOTHING
from tools.measurement.weighting import weigh
from tools.prediction.chances import Chances, Models
from tools.prediction.normal import Z_90
from tools.prediction.priors import (
    LEAST_OUTCOMES,
    LEAST_TOUCHES,
    basis_of,
    believe,
    blend,
    prior_for,
)
from tools.prediction.propensity import Floats
from tools.prediction.spread import Spread, measure_spread
from tools.prediction.uplift import Uplift, measure_uplift, pseudo_outcomes


@dataclass(frozen=True)
class Effect:
    """What was learnt of one treatment: how to tell its effect on anybody, and from what."""

    treatment_id: str
    channel: str
    evidence: Evidence
    touches: int
    controls: int
    outcomes: int
    after: str
    """Name of the model of an answer after the treatment, or after any touch alike."""
    alone: str
    """Name of the model of an answer where nothing is done; empty where nothing was measured."""
    uplift: Uplift | None
    prior: Prior | None
    """The declared belief, where it was not measured and somebody declared one."""
    thin: tuple[float, float] | None
    """A first difference and its standard error, blended into the belief."""
    words: str
    difference: str = ""
    """Name of the model of the difference itself (second_stage.py); empty: that of `after` and
    `alone`."""
    model: str = ""
    """Name of the fit, where it is not that of the objective's other effects: another family's, or
    a version's that is held."""
    spread: Spread | None = field(default=None, compare=False)
    """How far a contact's own effect may lie from the one told, where that was measured. Arrays, so
    that equality of effects leaves it out."""

    @property
    def support(self) -> float:
        """Past touches that speak for the figure: both arms where they were compared."""
        return float(self.touches + (self.controls if self.uplift is not None else 0))

    def of(self, chances: Chances) -> "Estimate":
        """The estimate for the contacts of a table."""
        chance = chances.of(self.after)
        if self.uplift is not None:
            base = chances.of(self.alone)
            contrast = chances.raw(self.difference) if self.difference else chance - base
            effect = np.clip(self.uplift.effect(contrast), -base, 1.0 - base)
            half_width = self._half_width(chances.matrix, effect)
            return Estimate(self, base, effect, self.uplift.effect_se(contrast), half_width)
        belief = believe(self.prior, chance)
        effect, effect_se = belief.effect, belief.effect_se
        if self.thin is not None:
            effect, effect_se = blend(belief, *self.thin)
        base = np.clip(chance - effect, 0.0, 1.0)
        effect = np.clip(effect, -base, 1.0 - base)
        return Estimate(self, base, effect, effect_se, Z_90 * effect_se)

    def _half_width(self, matrix: Floats, effect: Floats) -> Floats:
        """Without end where it was never measured (a file from before): nothing is then ruled
        out for a contact."""
        if self.spread is None:
            return np.full(len(effect), np.inf)
        return self.spread.half_width(matrix, effect)


@dataclass(frozen=True)
class Estimate:
    """Per contact: chance without the treatment, its effect, the standard error by which all alike
    err, and half the width of the 90% interval of the contact's own expected effect."""

    learnt: Effect
    base: Floats
    effect: Floats
    effect_se: Floats
    half_width: Floats

    def first(self, count: int) -> "Estimate":
        """Of the first so many contacts alone."""
        return Estimate(
            self.learnt,
            self.base[:count],
            self.effect[:count],
            self.effect_se[:count],
            self.half_width[:count],
        )

    @property
    def low(self) -> Floats:
        """Lower end of the 90% interval of the contact's own effect."""
        return np.maximum(self.effect - self.half_width, -1.0)

    @property
    def high(self) -> Floats:
        """Its upper end."""
        return np.minimum(self.effect + self.half_width, 1.0)


def learn_effect(
    treatment_id: str,
    channel: str,
    models: Models,
    chances: Chances,
    priors: Sequence[Prior],
) -> Effect:
    """Measured with LEAST_TOUCHES per arm and LEAST_OUTCOMES together; below that the difference
    joins the belief by precision; without any comparison the belief stands alone.

    `chances`: of the contacts that `models` learns from.
    """
    of_channel = models.rows.filter(pl.col("channel") == channel)
    arms = weigh(of_channel, treatment_id, NOTHING)
    treated, left = arms.filter("treated"), arms.filter(~pl.col("treated"))
    outcomes = int(arms.get_column("answered").sum())
    if min(treated.height, left.height) >= LEAST_TOUCHES and outcomes >= LEAST_OUTCOMES:
        return _measured(treatment_id, channel, models, chances, arms)
    model, rows_said = models.touched(treatment_id, channel)
    prior = prior_for(priors, treatment_id, channel)
    thin = _difference(treated, left) if arms.height else None
    said = (
        f" A first comparison of {treated.height} touches with {left.height} left alone gave "
        f"{thin[0]:+.4f} (standard error {thin[1]:.4f}) and is blended in."
        if thin is not None
        else ""
    )
    own = of_channel.filter(treatment_id=treatment_id)
    return Effect(
        treatment_id,
        channel,
        "prior",
        own.height,
        left.height,
        int(own.get_column("answered").sum()),
        model,
        "",
        None,
        prior,
        thin,
        f"Effect not measured: {basis_of(prior)}. Propensity from {rows_said}.{said}",
    )


def _measured(
    treatment_id: str, channel: str, models: Models, chances: Chances, arms: pl.DataFrame
) -> Effect:
    after, alone = models.after(treatment_id, channel), models.after(NOTHING, channel)
    contacts = arms.get_column("contact").to_numpy()
    treated = arms.get_column("treated").to_numpy()
    answered = arms.get_column("answered").to_numpy()
    weight = arms.get_column("weight").to_numpy()
    chance, base = chances.of(after)[contacts], chances.of(alone)[contacts]
    uplift = measure_uplift(chance, base, treated, answered, weight)
    own = measure_spread(
        chances.matrix[contacts],
        models.features.categorical,
        pseudo_outcomes(chance, base, treated, answered, weight),
        _noise(chance, weight[treated]) + _noise(base, weight[~treated]),
        float(np.sqrt((base * (1.0 - base)).mean())),
    )
    return Effect(
        treatment_id,
        channel,
        "measured",
        int(treated.sum()),
        int((~treated).sum()),
        int(answered.sum()),
        after,
        alone,
        uplift,
        None,
        None,
        measured_words(uplift),
        spread=own,
    )


def measured_words(uplift: Uplift) -> str:
    spread = (
        f"{uplift.slope:.0%} of the predicted differences between contacts are confirmed"
        if uplift.slope > 0.0
        else "no difference between contacts is confirmed, so each has the average effect"
    )
    return (
        f"Measured against contacts left alone by chance: average effect {uplift.average:+.4f} "
        f"(standard error {uplift.average_se:.4f}); {spread}."
    )


def _noise(chance: Floats, weight: Floats) -> Floats:
    """Variance that an arm's answers put into a pseudo-outcome, by the arm's mean weight."""
    return np.asarray(chance * (1.0 - chance) * weight.mean() + 1e-6)


def _difference(treated: pl.DataFrame, left: pl.DataFrame) -> tuple[float, float]:
    """Weighted difference of answer rates; its error from rates moved towards a half (Agresti and
    Coull 1998), so that none of three is not taken for a certain zero."""
    rates, variances = [], []
    for arm in (treated, left):
        weight = arm.get_column("weight").to_numpy()
        answered = arm.get_column("answered").to_numpy()
        rates.append(float((weight * answered).sum() / weight.sum()))
        effective = float(weight.sum() ** 2 / np.square(weight).sum())
        rate = (float(answered.sum()) + 2.0) / (arm.height + 4.0)
        variances.append(rate * (1.0 - rate) / effective)
    return rates[0] - rates[1], float(np.sqrt(sum(variances)))
