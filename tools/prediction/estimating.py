"""The estimate for one treatment: measured where chance assigned it, else a declared belief."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from domain.names import Evidence
from domain.objective import Prior
from tools.measurement.answers import NOTHING
from tools.measurement.weighting import weigh
from tools.prediction.chances import Chances
from tools.prediction.priors import LEAST_OUTCOMES, LEAST_TOUCHES, believe, blend, prior_for
from tools.prediction.propensity import Floats
from tools.prediction.uplift import Uplift, measure_uplift


@dataclass(frozen=True)
class Estimate:
    """Per contact: chance without the treatment, its effect, the effect's standard error."""

    treatment_id: str
    channel: str
    base: Floats
    effect: Floats
    effect_se: Floats
    evidence: Evidence
    touches: int
    controls: int
    outcomes: int
    uplift: Uplift | None
    prior: str
    """Name of the belief it rests on; empty where it was measured."""
    words: str

    @property
    def support(self) -> float:
        """Past touches that speak for the figure: both arms where they were compared."""
        return float(self.touches + (self.controls if self.uplift is not None else 0))


def estimate(
    treatment_id: str, channel: str, chances: Chances, priors: Sequence[Prior]
) -> Estimate:
    """Measured with LEAST_TOUCHES per arm and LEAST_OUTCOMES together; below that the difference
    joins the belief by precision; without any comparison the belief stands alone."""
    of_channel = chances.rows.filter(pl.col("channel") == channel)
    arms = weigh(of_channel, treatment_id, NOTHING)
    treated, left = arms.filter("treated"), arms.filter(~pl.col("treated"))
    outcomes = int(arms.get_column("answered").sum())
    if min(treated.height, left.height) >= LEAST_TOUCHES and outcomes >= LEAST_OUTCOMES:
        return _measured(treatment_id, channel, chances, arms)
    chance, rows_said = chances.touched(treatment_id, channel)
    belief = believe(prior_for(priors, treatment_id, channel), chance)
    effect, effect_se, said = belief.effect, belief.effect_se, ""
    if arms.height:
        difference, difference_se = _difference(treated, left)
        effect, effect_se = blend(belief, difference, difference_se)
        said = (
            f" A first comparison of {treated.height} touches with {left.height} left alone gave "
            f"{difference:+.4f} (standard error {difference_se:.4f}) and is blended in."
        )
    base = np.clip(chance - effect, 0.0, 1.0)
    own = of_channel.filter(treatment_id=treatment_id)
    return Estimate(
        treatment_id,
        channel,
        base,
        np.clip(effect, -base, 1.0 - base),
        effect_se,
        "prior",
        own.height,
        left.height,
        int(own.get_column("answered").sum()),
        None,
        belief.name,
        f"Effect not measured: {belief.basis}. Propensity from {rows_said}.{said}",
    )


def _measured(treatment_id: str, channel: str, chances: Chances, arms: pl.DataFrame) -> Estimate:
    after, base = chances.after(treatment_id, channel), chances.after(NOTHING, channel)
    contacts = arms.get_column("contact").to_numpy()
    treated = arms.get_column("treated").to_numpy()
    answered = arms.get_column("answered").to_numpy()
    weight = arms.get_column("weight").to_numpy()
    uplift = measure_uplift(after[contacts], base[contacts], treated, answered, weight)
    contrast = after - base
    spread = (
        f"{uplift.slope:.0%} of the predicted differences between contacts are confirmed"
        if uplift.slope > 0.0
        else "no difference between contacts is confirmed, so each has the average effect"
    )
    return Estimate(
        treatment_id,
        channel,
        base,
        np.clip(uplift.effect(contrast), -base, 1.0 - base),
        uplift.effect_se(contrast),
        "measured",
        int(treated.sum()),
        int((~treated).sum()),
        int(answered.sum()),
        uplift,
        "",
        f"Measured against contacts left alone by chance: average effect {uplift.average:+.4f} "
        f"(standard error {uplift.average_se:.4f}); {spread}.",
    )


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
