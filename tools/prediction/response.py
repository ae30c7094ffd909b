"""Response curves of paid campaigns: what a week's spend brings, and how sure that is."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import numpy as np
import polars as pl

from domain.curve import HillCurve
from domain.names import Evidence
from domain.objective import Objective
from tools.prediction.hill import nearest_hill
from tools.prediction.lift_tests import WeeksTested, over_weeks
from tools.prediction.mix import Mix
from tools.prediction.mix_draws import interval
from tools.prediction.mixing import MixFit, fit_mix
from tools.prediction.propensity import Floats
from tools.prediction.saturation import baseline, independent
from tools.prediction.weekly import Weeks, by_week

RECENT_WEEKS: Final = 4
BAND_POINTS: Final = 25
LEAST_WEEKS: Final = 26
"""Weeks of revenue a fit needs, and at least three for each of its parameters."""


@dataclass(frozen=True)
class ResponseCurve:
    """A campaign's curve. Minor units per week throughout."""

    campaign_id: str
    platform: str
    spend_now: int
    """Mean of the last RECENT_WEEKS weeks."""
    curve: HillCurve
    """Expected incremental value over a steady weekly spend."""
    value_se: float
    """Standard error of the curve's value at `spend_now`."""
    interval: tuple[float, float]
    """90% interval of the curve's value at `spend_now` (or at its mean spend, where it spends
    nothing now)."""
    evidence: Evidence
    model: str
    words: str
    band: tuple[tuple[float, float, float], ...] = ()
    """Weekly spend, and the 90% interval of its value there: from nothing to what it spent at most,
    and half as much again."""


@dataclass(frozen=True)
class _Asked:
    """What one fit is asked: which campaigns, on which revenue, and what of it counts."""

    weeks: Weeks
    chosen: range
    revenue: Floats
    account_wide: bool
    tests: tuple[WeeksTested, ...]
    share: float
    margin: float
    seed: int


def fit_curves(
    spend: pl.DataFrame,
    events: pl.DataFrame,
    objective: Objective,
    at: datetime,
    *,
    lift_tests: pl.DataFrame | None = None,
    incremental_share: float = 1.0,
    margin: float = 1.0,
    seed: int = 7,
) -> tuple[ResponseCurve, ...]:
    """One curve per (campaign_id, platform) of `spend`, sorted, from whole weeks before `at`.

    Where events of kind `revenue` state the account's weekly revenue, all campaigns are fitted
    jointly on it, over trend, season and events of kind `control`. Else each campaign is fitted on
    the revenue its spend rows claim. `incremental_share` of the fitted revenue counts as caused
    (declared: no fit of past weeks proves it), `margin` of that as value. `lift_tests` (see
    docs/data.md) overrule the weeks and the declared share. Where neither identifies a curve, it
    says evidence `prior` and, in one sentence, why.
    """
    if "currency" in events.columns:
        events = events.filter(
            pl.col("currency").fill_null(objective.currency) == objective.currency
        )
    weeks = by_week(spend, events, at)
    tests = () if lift_tests is None else over_weeks(lift_tests, weeks, at)
    every = range(len(weeks.campaigns))
    whole = _Asked(weeks, every, weeks.account, True, tests, incremental_share, margin, seed)
    if _enough(weeks.account, len(every), weeks.controls.shape[1]):
        return _curves(whole)
    return tuple(
        curve
        for i in every
        for curve in _curves(
            replace(
                whole,
                chosen=range(i, i + 1),
                revenue=weeks.attributed[:, i],
                account_wide=False,
                tests=tuple(replace(test, campaign=0) for test in tests if test.campaign == i),
            )
        )
    )


def _enough(revenue: Floats, campaigns: int, controls: int = 0) -> bool:
    known = int((~np.isnan(revenue)).sum())
    return known >= max(LEAST_WEEKS, 3 * (4 * campaigns + controls))


def _curves(asked: _Asked) -> tuple[ResponseCurve, ...]:
    weeks, chosen = asked.weeks, asked.chosen
    spend = weeks.spend[:, chosen.start : chosen.stop]
    now = spend[-RECENT_WEEKS:].mean(axis=0) if len(spend) else np.zeros(len(chosen))
    if not _enough(asked.revenue, len(chosen)) or not spend.any():
        why = f"fewer than {LEAST_WEEKS} weeks of spend with revenue"
        return tuple(_prior(weeks, i, now[k], why) for k, i in enumerate(chosen))
    fit = fit_mix(_mix(asked, spend), weeks.campaigns[chosen.start : chosen.stop], seed=asked.seed)
    return tuple(_judged(asked, i, fit, k, float(now[k])) for k, i in enumerate(chosen))


def _mix(asked: _Asked, spend: Floats) -> Mix:
    """The weeks as a mix. A test reads what was caused: brought to the scale of the revenue, of
    which only a share counts as caused."""
    base = None
    if asked.account_wide:
        base = np.column_stack([baseline(len(spend)), asked.weeks.controls])
        base = independent(base, ~np.isnan(asked.revenue))
    share = asked.share if asked.share > 0.0 else 1.0
    tests = tuple(
        replace(
            test,
            incremental=test.incremental / share,
            standard_error=test.standard_error / share,
        )
        for test in asked.tests
    )
    return Mix(spend, asked.revenue, base, tests)


def _judged(asked: _Asked, i: int, fit: MixFit, k: int, now: float) -> ResponseCurve:
    """The fitted curve, or the prior where nothing tells it from others."""
    weeks, tested = asked.weeks, fit.tested[k]
    why = fit.why_not[k]
    if asked.margin <= 0.0 or (asked.share <= 0.0 and not tested):
        why = "nothing of what it brings is declared to count"
    if why is not None:
        return _prior(weeks, i, now, why)
    factor = asked.margin * (asked.share if asked.share > 0.0 else 1.0)
    probe = now if now > 0.0 else max(float(weeks.spend[:, i].mean()), 1.0)
    drawn = fit.draws.value(k, np.array([probe]))[:, 0] * factor
    low, high = interval(drawn)
    curve = nearest_hill(fit.draws, k, probe, float(weeks.spend[:, i].max()))
    carried = float(np.median(fit.draws.carryover[:, k]))
    basis = "calibrated by lift tests" if tested else "on its weeks alone"
    return ResponseCurve(
        weeks.campaigns[i],
        weeks.platforms[i],
        round(now),
        HillCurve(scale=curve.scale * factor, half=curve.half, shape=curve.shape),
        float(drawn.std()),
        (low, high),
        "measured",
        ("hill-joint" if asked.account_wide else "hill-attributed") + ("+lift" if tested else ""),
        f"Fitted on {int((~np.isnan(asked.revenue)).sum())} weeks, {basis}; {carried:.0%} of a "
        f"week's effect carries into the next; worth {low / probe:.2f} to {high / probe:.2f} per "
        "unit spent, with 90% certainty.",
        _band(fit, k, float(weeks.spend[:, i].max()), factor),
    )


def _band(
    fit: MixFit, k: int, most: float, factor: float
) -> tuple[tuple[float, float, float], ...]:
    spends = np.linspace(0.0, 1.5 * most, BAND_POINTS)
    low, high = np.quantile(fit.draws.value(k, spends) * factor, (0.05, 0.95), axis=0)
    return tuple(zip(spends.tolist(), low.tolist(), high.tolist(), strict=True))


def _prior(weeks: Weeks, i: int, now: float, why: str) -> ResponseCurve:
    """No reason to move: today's spend is taken as its best, so that the next unit returns one.

    With shape 1 and half = spend_now the slope there is scale / (4 * half), hence scale = 4 * half;
    at no spend it is scale / half, hence scale = half, of what it spent on average. The standard
    error is the whole value (at no spend: of the value at its average).
    """
    mean = float(weeks.spend[:, i].mean()) if len(weeks.spend) else 0.0
    half = max(now if now > 0.0 else mean, 1.0)
    curve = HillCurve(scale=4.0 * half if now > 0.0 else half, half=half, shape=1.0)
    value = float(curve.value(half))
    return ResponseCurve(
        weeks.campaigns[i],
        weeks.platforms[i],
        round(now),
        curve,
        value,
        (0.0, 2.0 * value),
        "prior",
        "prior:spend_is_best",
        f"Not measured: {why}. Taken as spent to where the next unit returns one.",
        tuple(
            (float(spend), 0.0, 2.0 * float(curve.value(spend)))
            for spend in np.linspace(0.0, 3.0 * half, BAND_POINTS)
        ),
    )
