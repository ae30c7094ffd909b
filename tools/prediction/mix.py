"""The media mix: draws of what each campaign's spend brought, from its weeks and its lift tests.

Given how spend carries over and saturates, the outcome is linear in each campaign's greatest effect
and in the baseline, so those are integrated out exactly; only carry-over, half-saturation, shape,
form and the residuals' autocorrelation are walked through (Metropolis, adapted while warming up:
Haario, Saksman and Tamminen 2001). Effects are free in sign: where a fit needs a negative one,
something is wrong, and it must show. What weeks that are doubted say of a curve counts by the same
share as what they say of its effect: a confounder bends the one as it moves the other.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from tools.prediction.lift_tests import WeeksTested
from tools.prediction.mix_draws import MixDraws
from tools.prediction.propensity import Floats
from tools.prediction.saturation import (
    CARRYOVER,
    FORMS,
    HALF,
    PULL,
    SHAPE,
    TYPICAL,
    carry_over,
    saturate,
)

WARM_UP: Final = 1000
KEPT: Final = 2000
AUTOCORRELATION: Final = (0.0, 0.95)
FLIP: Final = 0.3
"""How often a step proposes the other form of saturation as well."""
LEAST, MOST = np.array([CARRYOVER, tuple(np.log(HALF)), SHAPE]).T
REST, PULLS = np.array(TYPICAL), np.array(PULL)


@dataclass(frozen=True)
class Mix:
    """What is fitted. `spend` weeks x campaigns; `outcome` per week, NaN where unknown; `base`
    weeks x terms, or None for none; `doubt` per campaign: by how many of its variances a hidden
    confounder may have moved its effect (see tools/prediction/doubts.py)."""

    spend: Floats
    outcome: Floats
    base: Floats | None
    tests: tuple[WeeksTested, ...] = ()
    doubt: Floats | None = None

    @property
    def mean(self) -> Floats:
        mean = self.spend.mean(axis=0)
        return np.asarray(np.where(mean > 0.0, mean, 1.0), dtype=np.float64)

    def scaled(self, tests: tuple[WeeksTested, ...]) -> tuple[WeeksTested, ...]:
        """Tests with their change of spend in mean weekly spends."""
        return tuple(
            replace(test, spend_change=test.spend_change / float(self.mean[test.campaign]))
            for test in tests
        )


@dataclass(frozen=True)
class _Weekly:
    """What the weeks say of the effects, given everything else: normal around `mean` with
    `unscaled` times sigma squared; `log_evidence` up to a constant."""

    log_evidence: float
    mean: Floats
    unscaled: Floats
    freedom: int
    squares: float


Weeks = slice | npt.NDArray[np.int64]


def _pairs(known: npt.NDArray[np.bool_]) -> tuple[Weeks, Weeks]:
    """Weeks that are known as the week before them is, and those weeks before; without a gap as
    slices, which copy nothing."""
    if known.all():
        return slice(1, None), slice(None, -1)
    now = np.flatnonzero(known[1:] & known[:-1]) + 1
    return now, now - 1


class _Chain:
    def __init__(self, mix: Mix, seed: int) -> None:
        self.mix = mix
        self.draws = np.random.default_rng(seed)
        self.campaigns = mix.spend.shape[1]
        self.scaled = mix.spend / mix.mean
        self.now, self.last = _pairs(~np.isnan(mix.outcome))
        self.size = max(float(np.nanstd(mix.outcome)), 1e-12)
        self.outcome = mix.outcome / self.size
        self.walked = np.tile(REST, (self.campaigns, 1))
        self.one = np.eye(self.campaigns)
        self.form = np.zeros(self.campaigns, dtype=np.int64)
        self.columns = np.column_stack([self._column(i) for i in range(self.campaigns)])
        self.tests = mix.scaled(mix.tests)
        self.tested = self.changes(self.tests)
        self.doubt = np.zeros(self.campaigns) if mix.doubt is None else mix.doubt
        self.trust = 1.0 / (1.0 + self.doubt)
        self.rho = 0.2
        self._rebase()
        self.weekly = self._weekly(self.columns)
        self.variance = self._draw_variance(self.weekly)
        self.target = self._target(self.weekly, self.tested, self.variance)

    def _column(self, i: int) -> Floats:
        carryover, log_half, shape = self.walked[i]
        carried = carry_over(self.scaled[:, i], carryover)
        return saturate(carried, float(np.exp(log_half)), shape, int(self.form[i]))

    def changes(self, tests: tuple[WeeksTested, ...]) -> Floats:
        """Per test: how the response changed over its weeks, per unit of effect."""
        return np.array([self._change(test) for test in tests])

    def _change(self, test: WeeksTested) -> float:
        i = test.campaign
        carryover, log_half, shape = self.walked[i]
        carried = carry_over(test.without(self.scaled[:, i]), carryover)
        without = saturate(carried, float(np.exp(log_half)), shape, int(self.form[i]))
        return float((self.columns[:, i] - without)[test.first : test.last + 1].sum())

    def _rebase(self) -> None:
        """Whiten the outcome and the baseline by the present autocorrelation."""
        self.log_base = 0.0
        self.basis: Floats | None = None
        self.freedom = len(self.outcome[self.now])
        if self.mix.base is not None:
            basis, triangle = np.linalg.qr(self._white(self.mix.base))
            self.basis = basis
            self.log_base = float(np.log(np.abs(np.diag(triangle))).sum())
            self.freedom -= basis.shape[1]
        self.cleared = self._cleared(self._white(self.outcome))

    def _white(self, values: Floats) -> Floats:
        return np.asarray(values[self.now] - self.rho * values[self.last], dtype=np.float64)

    def _cleared(self, values: Floats) -> Floats:
        if self.basis is None:
            return values
        return np.asarray(values - self.basis @ (self.basis.T @ values), dtype=np.float64)

    def _weekly(self, columns: Floats) -> _Weekly:
        """Under the limit of Zellner's prior without weight: it takes no side between curves, as
        one that is flat in the effects would, whose size depends on the curve."""
        cleared = self._cleared(self._white(columns))
        gram = cleared.T @ cleared
        gram += self.one * (1e-9 * max(float(gram.trace()), 1e-9))
        inverse = np.linalg.inv(gram)
        onto = cleared.T @ self.cleared
        mean = inverse @ onto
        squares = max(float(self.cleared @ self.cleared) - float(onto @ mean), 1e-12)
        evidence = -0.5 * self.freedom * np.log(squares) - self.log_base
        return _Weekly(
            float(evidence), mean, np.asarray(inverse, np.float64), self.freedom, squares
        )

    def _draw_variance(self, weekly: _Weekly) -> float:
        return weekly.squares / float(self.draws.chisquare(weekly.freedom))

    def _causal(self, weekly: _Weekly, variance: float) -> tuple[Floats, Floats]:
        """What a hidden confounder leaves of the weeks' word: the same mean, doubted."""
        covariance = weekly.unscaled * variance
        return weekly.mean, covariance + np.diag(np.diag(covariance) * self.doubt)

    def _sensed(self, tested: Floats) -> tuple[Floats, Floats, Floats]:
        """Tests as linear readings of the effects: rows, results, variances (scaled outcome)."""
        rows = np.zeros((len(self.mix.tests), self.campaigns))
        for j, test in enumerate(self.mix.tests):
            rows[j, test.campaign] = tested[j]
        results = np.array([test.incremental for test in self.mix.tests]) / self.size
        errors = np.array([test.standard_error for test in self.mix.tests]) / self.size
        return rows, results, errors**2

    def _target(self, weekly: _Weekly, tested: Floats, variance: float) -> float:
        rest = (self.walked - REST) / PULLS
        target = -0.5 * float((rest**2).sum())
        if self.mix.tests:
            mean, covariance = self._causal(weekly, variance)
            rows, results, errors = self._sensed(tested)
            spread = rows @ covariance @ rows.T + np.diag(errors)
            gap = results - rows @ mean
            target -= 0.5 * float(gap @ np.linalg.solve(spread, gap))
            target -= 0.5 * float(np.linalg.slogdet(spread)[1])
        return target

    def step_campaign(self, i: int, spread: Floats) -> None:
        before = (self.walked[i].copy(), int(self.form[i]), self.columns[:, i].copy())
        walked = before[0] + spread @ self.draws.standard_normal(3)
        if (walked < LEAST).any() or (walked > MOST).any():
            return
        self.walked[i] = walked
        if self.draws.random() < FLIP:
            self.form[i] = FORMS[int(self.draws.integers(len(FORMS)))]
        self.columns[:, i] = self._column(i)
        tested = self.changes(self.tests) if self.tests else self.tested
        if not self._settled(self._weekly(self.columns), tested, self.trust[i]):
            self.walked[i], self.form[i], self.columns[:, i] = before

    def step_rho(self, spread: float) -> None:
        before, based = self.rho, (self.log_base, self.basis, self.freedom, self.cleared)
        self.rho = before + spread * float(self.draws.standard_normal())
        if AUTOCORRELATION[0] <= self.rho <= AUTOCORRELATION[1]:
            self._rebase()
            if self._settled(self._weekly(self.columns), self.tested, 1.0):
                return
        self.rho = before
        self.log_base, self.basis, self.freedom, self.cleared = based

    def _settled(self, weekly: _Weekly, tested: Floats, trust: float) -> bool:
        variance = self._draw_variance(weekly)
        target = self._target(weekly, tested, variance)
        gain = trust * (weekly.log_evidence - self.weekly.log_evidence) + target - self.target
        if np.log(self.draws.random()) >= gain:
            return False
        self.weekly, self.tested = weekly, tested
        self.variance, self.target = variance, target
        return True

    def draw_effect(self) -> Floats:
        """The effects, from the weeks' word corrected by the tests (Kalman's update)."""
        mean, covariance = self._causal(self.weekly, self.variance)
        if self.mix.tests:
            rows, results, errors = self._sensed(self.tested)
            spread = rows @ covariance @ rows.T + np.diag(errors)
            gain = np.linalg.solve(spread, rows @ covariance).T
            mean = mean + gain @ (results - rows @ mean)
            covariance = covariance - gain @ rows @ covariance
        root = np.linalg.cholesky(covariance + 1e-12 * covariance.trace() * self.one)
        return np.asarray(mean + root @ self.draws.standard_normal(len(mean)), dtype=np.float64)


def sample_mix(
    mix: Mix,
    *,
    seed: int,
    tested: tuple[WeeksTested, ...] = (),
    warm_up: int = WARM_UP,
    kept: int = KEPT,
) -> MixDraws:
    """Draw from what the weeks and the mix's tests leave possible. `tested`: further tests, which
    are foretold and not learnt from. The same seed gives the same draws."""
    chain = _Chain(mix, seed)
    ahead = mix.scaled(tested)
    whose = [one.campaign for one in tested]
    foretold = np.empty((kept, len(tested)))
    spreads = [0.3 * np.diag(PULL) for _ in range(chain.campaigns)]
    walks = np.empty((warm_up + kept, chain.campaigns, 3))
    effects = np.empty((kept, chain.campaigns))
    contributions = np.empty_like(effects)
    forms = np.empty(effects.shape, dtype=np.int64)
    rho, sigma = np.empty(kept), np.empty(kept)
    for step in range(warm_up + kept):
        for i in range(chain.campaigns):
            chain.step_campaign(i, spreads[i])
        chain.step_rho(0.1)
        walks[step] = chain.walked
        if step < warm_up and step >= 200 and step % 100 == 0:
            spreads = [_adapted(walks[step // 2 : step, i]) for i in range(chain.campaigns)]
        if step >= warm_up:
            at = step - warm_up
            effects[at] = chain.draw_effect() * chain.size
            contributions[at] = effects[at] * chain.columns.sum(axis=0)
            foretold[at] = chain.changes(ahead) * effects[at, whose]
            forms[at], rho[at] = chain.form, chain.rho
            sigma[at] = np.sqrt(chain.variance) * chain.size
    carryover, log_half, shape = (walks[warm_up:, :, k] for k in range(3))
    half = np.exp(log_half) * mix.mean
    return MixDraws(effects, carryover, half, shape, forms, contributions, rho, sigma, foretold)


def _adapted(walk: Floats) -> Floats:
    covariance = np.cov(walk.T) + 1e-4 * np.diag(np.square(PULL))
    return np.asarray(np.linalg.cholesky(covariance) * (2.4 / np.sqrt(3.0)) * 0.8)
