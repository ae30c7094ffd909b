"""What speaks against believing a fit of weekly spend: confounding suspected, too little to go on.

No weeks show a confounder that nobody recorded. What they show is how spend was set: where the
recorded baseline (trend, season, controls) explains a campaign's spend, whoever set it looked at
demand, and may have looked at more of it than was recorded. So a hidden confounder is supposed to
be as strong as the recorded baseline is, for spend and for outcome alike, and the effect's variance
grows by what such a one could do (Cinelli and Hazlett, "Making sense of sensitivity", 2020).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from tools.prediction.propensity import Floats
from tools.prediction.saturation import TYPICAL, carry_over

BY_CHANCE: Final = 0.95
"""What so many baseline terms explain by chance nineteen times in twenty counts for nothing."""


@dataclass(frozen=True)
class Doubt:
    """Of one campaign. Shares in [0, 1]."""

    follows: float
    """Share of its spend that the baseline explains, beyond chance."""
    variation: float
    """Standard deviation of its spend that the baseline leaves, over its mean."""
    alike: float
    """Share of that rest which the other campaigns' spend explains."""
    twin: int | None
    """The campaign whose spend is most like it; None where there is no other."""
    variances: float
    """By how many of its variances a hidden confounder may have moved its effect."""


def doubts_of(spend: Floats, outcome: Floats, base: Floats | None) -> tuple[Doubt, ...]:
    """One Doubt per campaign of `spend` (weeks x campaigns), over the weeks of known `outcome`.

    Of the spend as it was set, week by week: what carries over is smooth, and chance alone would
    explain more of it than the tables of chance say.
    """
    known = ~np.isnan(outcome)
    scaled = spend / np.where(spend.any(axis=0), spend.mean(axis=0), 1.0)
    terms = np.ones((int(known.sum()), 1)) if base is None else base[known]
    carried = np.column_stack([carry_over(one, TYPICAL[0]) for one in scaled.T])[known]
    demand = _beyond_chance(_rest(outcome[known], carried), terms)
    freedom = max(len(terms) - spend.shape[1] - terms.shape[1], 1)
    left = scaled[known] - terms @ _solve(terms, scaled[known])
    return tuple(
        _doubt(i, left, _beyond_chance(scaled[known, i], terms), demand, freedom)
        for i in range(spend.shape[1])
    )


def _doubt(i: int, left: Floats, follows: float, demand: float, freedom: int) -> Doubt:
    others = [k for k in range(left.shape[1]) if k != i]
    mine = left[:, i] - left[:, i].mean()
    alike, twin = 0.0, None
    if others and mine.any():
        rest = left[:, others] - left[:, others].mean(axis=0)
        alike = 1.0 - float(np.square(mine - rest @ _solve(rest, mine)).sum() / (mine @ mine))
        norms = np.maximum(np.sqrt(np.square(rest).sum(axis=0)), 1e-12)
        twin = others[int(np.argmax(np.abs(rest.T @ mine) / norms))]
    odds = follows / (1.0 - follows) if follows < 1.0 else np.inf
    return Doubt(follows, float(mine.std()), alike, twin, freedom * demand * odds)


def _beyond_chance(values: Floats, terms: Floats) -> float:
    """Share of the values' variance that the terms (the first: level) explain beyond chance."""
    from scipy.stats import f

    centred = values - values.mean()
    whole = float(centred @ centred)
    count, freedom = terms.shape[1] - 1, len(values) - terms.shape[1]
    if whole <= 0.0 or count < 1 or freedom < 1:
        return 0.0
    left = values - terms @ _solve(terms, values)
    share = 1.0 - float(left @ left) / whole
    ratio = count * float(f.ppf(BY_CHANCE, count, freedom))
    chance = ratio / (ratio + freedom)
    return float(max(0.0, (share - chance) / (1.0 - chance)))


def _rest(outcome: Floats, carried: Floats) -> Floats:
    terms = np.column_stack([np.ones(len(outcome)), carried])
    return np.asarray(outcome - terms[:, 1:] @ _solve(terms, outcome)[1:], dtype=np.float64)


def _solve(terms: Floats, values: Floats) -> Floats:
    return np.asarray(np.linalg.lstsq(terms, values, rcond=None)[0], dtype=np.float64)
