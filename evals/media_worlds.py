"""Made-up accounts whose spend brings what we say: to see how often an interval holds the truth."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from tools.prediction.lift_tests import WeeksTested
from tools.prediction.propensity import Floats
from tools.prediction.saturation import HILL, LOGISTIC, YEAR_WEEKS, carry_over, saturate

EXPONENTIAL: Final = 2
"""A form that the fit does not know."""


@dataclass(frozen=True)
class MediaWorld:
    """`contribution`: what each campaign truly brought over all weeks; `tests`: one holdout test
    per campaign, read with its error."""

    spend: Floats
    outcome: Floats
    contribution: Floats
    tests: tuple[WeeksTested, ...]


def media_world(seed: int, *, confounded: float = 0.0) -> MediaWorld:
    """An account of two to three and a half years with one steady and one flighted campaign.

    `confounded`: how much of the first campaign's spend follows a demand that the baseline does
    not hold: part of it moves with the season, which it does."""
    draws = np.random.default_rng(seed)
    weeks = int(draws.integers(104, 183))
    t = np.arange(weeks)
    season = np.sin(2 * np.pi * (t / YEAR_WEEKS + draws.random()))
    demand = draws.standard_normal(weeks)
    level = 1_000.0
    drift = level * draws.uniform(-0.2, 0.4) * (t / weeks) ** draws.uniform(0.5, 1.5)
    first = draws.gamma(2.0, 50.0, weeks)
    if confounded > 0.0:
        first = 100.0 * np.exp(0.3 * draws.standard_normal(weeks) + confounded * (demand + season))
    second = np.where(draws.random(weeks) < draws.uniform(0.3, 0.7), draws.uniform(60, 140), 0.0)
    spend = np.column_stack([first, second * draws.uniform(0.7, 1.3, weeks)])
    effects = [_Effect.drawn(spend[:, i], level, draws) for i in range(2)]
    brought = np.column_stack([one.brings(spend[:, i]) for i, one in enumerate(effects)])
    noise = _noise(weeks, 0.05 * level, draws.uniform(0.0, 0.5), draws)
    outcome = level + drift + 0.15 * level * season + brought.sum(axis=1) + noise
    outcome = outcome + 0.1 * level * confounded * demand
    tests = tuple(_holdout(i, one, spend[:, i], draws) for i, one in enumerate(effects))
    return MediaWorld(spend, outcome, brought.sum(axis=0), tests)


@dataclass(frozen=True)
class _Effect:
    scale: float
    carryover: float
    half: float
    shape: float
    form: int

    @classmethod
    def drawn(cls, spend: Floats, level: float, draws: np.random.Generator) -> "_Effect":
        half = float(spend.mean() * np.exp(draws.uniform(np.log(0.4), np.log(2.5))))
        form = int(draws.choice([HILL, LOGISTIC, EXPONENTIAL]))
        one = cls(1.0, draws.uniform(0.0, 0.7), half, draws.uniform(0.7, 1.0), form)
        scale = level * draws.uniform(0.1, 0.3) / float(one.brings(spend).mean())
        return cls(scale, one.carryover, one.half, one.shape, one.form)

    def brings(self, spend: Floats) -> Floats:
        carried = carry_over(spend, self.carryover)
        if self.form == EXPONENTIAL:
            return np.asarray(self.scale * (1.0 - 0.5 ** (carried / self.half)), dtype=np.float64)
        return self.scale * saturate(carried, self.half, self.shape, self.form)


def _noise(weeks: int, size: float, rho: float, draws: np.random.Generator) -> Floats:
    found = np.empty(weeks)
    last = size * draws.standard_normal()
    for week in range(weeks):
        last = rho * last + size * np.sqrt(1.0 - rho**2) * draws.standard_normal()
        found[week] = last
    return found


def _holdout(
    campaign: int, effect: _Effect, spend: Floats, draws: np.random.Generator
) -> WeeksTested:
    """Eight weeks in which a comparable group saw none of the campaign; error a tenth
    of what eight weeks bring."""
    first = int(draws.integers(20, len(spend) - 20))
    held = slice(first, first + 8)
    without = spend.copy()
    without[held] = 0.0
    brought = float((effect.brings(spend) - effect.brings(without))[held].sum())
    error = 0.1 * 8.0 * float(effect.brings(spend).mean())
    read = brought + error * float(draws.standard_normal())
    return WeeksTested(campaign, first, first + 7, float(spend[held].sum()), read, error)
