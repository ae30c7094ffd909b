"""Fitting the media mix, and what speaks against believing it, in one sentence a campaign."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from tools.prediction.doubts import Doubt, doubts_of
from tools.prediction.mix import Mix, sample_mix
from tools.prediction.mix_draws import MixDraws, interval
from tools.prediction.propensity import Floats

HARDLY_VARIES: Final = 0.1
"""Spend that moves by less than a tenth of its mean, beyond the baseline, tells of no curve."""
FOLLOWS: Final = 0.25
"""From a quarter of its spend explained by the baseline on, a hidden confounder may well be
stronger than the recorded one, which no interval then covers."""
ALIKE: Final = 0.8
"""From four fifths of its spend explained by the other campaigns' on, nothing tells them apart."""
DRIFTS: Final = 0.7
"""Autocorrelation of what is left from which on the baseline lacks something that moves slowly."""
WIDEST_ERROR: Final = 0.5
"""A standard error above this share of the value identifies no curve."""


@dataclass(frozen=True)
class MixFit:
    """Draws, and per campaign its doubt, whether a lift test speaks for it, and `why_not`: the
    reason not to believe its figures; None: believable."""

    mix: Mix
    draws: MixDraws
    doubts: tuple[Doubt, ...]
    tested: tuple[bool, ...]
    why_not: tuple[str | None, ...]

    def contribution(self, campaign: int) -> tuple[float, tuple[float, float]]:
        """What it brought over all weeks: the middle draw and the 90% interval."""
        drawn = self.draws.contribution[:, campaign]
        return float(np.median(drawn)), interval(drawn)


def fit_mix(mix: Mix, names: tuple[str, ...], *, seed: int) -> MixFit:
    """Fit the mix; `names` of the campaigns, for the sentences. Raises no error on bad data: what
    can't be believed says so in `why_not`."""
    doubts = doubts_of(mix.spend, mix.outcome, mix.base)
    doubted = replace(mix, doubt=np.array([one.variances for one in doubts]))
    if mix.tests:
        doubted = replace(doubted, doubt=_contradicted(doubted, seed))
    draws = sample_mix(doubted, seed=seed)
    tested = tuple(any(test.campaign == i for test in mix.tests) for i in range(mix.spend.shape[1]))
    reasons = tuple(
        why_not(i, doubts[i], draws, tested[i], names) for i in range(mix.spend.shape[1])
    )
    return MixFit(doubted, draws, doubts, tested, reasons)


def _contradicted(mix: Mix, seed: int) -> Floats:
    """A lift test was drawn by chance and the weeks were not: where the two are further apart than
    both errors allow, the weeks are doubted by as much as explains it (DerSimonian and Laird)."""
    alone = sample_mix(replace(mix, tests=()), seed=seed, tested=mix.tests)
    assert mix.doubt is not None
    doubt = mix.doubt.copy()
    for j, test in enumerate(mix.tests):
        said = alone.tested[:, j]
        apart = (test.incremental - float(said.mean())) ** 2 - test.standard_error**2
        ratio = apart / max(float(said.var()), 1e-12)
        grown = (1.0 + mix.doubt[test.campaign]) * ratio - 1.0
        doubt[test.campaign] = max(doubt[test.campaign], grown)
    return doubt


def why_not(
    i: int, doubt: Doubt, draws: MixDraws, tested: bool, names: tuple[str, ...]
) -> str | None:
    """The first reason not to believe campaign `i`; None where there is none."""
    if doubt.variation < HARDLY_VARIES and not tested:
        return f"its spend hardly varies ({doubt.variation:.0%} of its mean beyond the baseline)"
    if doubt.follows > FOLLOWS and not tested:
        return (
            f"confounding suspected: trend, season and controls explain {doubt.follows:.0%} of its "
            "spend, so demand that nobody recorded may explain more; a lift test would tell"
        )
    if doubt.alike > ALIKE and doubt.twin is not None and not tested:
        return (
            f"its spend moves with that of {names[doubt.twin]} ({doubt.alike:.0%}), so the two "
            "can't be told apart; a lift test would tell"
        )
    drift = float(np.median(draws.autocorrelation))
    if drift > DRIFTS and not tested:
        return f"what the fit leaves drifts from week to week (autocorrelation {drift:.2f})"
    return _unclear(draws.contribution[:, i])


def _unclear(drawn: Floats) -> str | None:
    low, high = interval(drawn)
    middle = float(np.median(drawn))
    if middle <= 0.0:
        return "the weeks show no effect of its spend"
    if low <= 0.0:
        return "its 90% interval includes no effect at all"
    if float(drawn.std()) > WIDEST_ERROR * middle:
        return f"its interval is too wide ({low / middle:.0%} to {high / middle:.0%} of its value)"
    return None
