"""Response curves of paid campaigns: what a week's spend brings, and how sure that is."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
import polars as pl

from domain.curve import HillCurve
from domain.names import Evidence
from domain.objective import Objective
from tools.prediction.propensity import Floats
from tools.prediction.saturation import HALF, Saturation, baseline, fit_saturation
from tools.prediction.weekly import Weeks, by_week

RECENT_WEEKS: Final = 4
LEAST_WEEKS: Final = 26
"""Weeks of revenue a fit needs, and at least three for each of its parameters."""
DRAWS: Final = 16
BLOCK_WEEKS: Final = 4
"""Residuals are drawn in blocks, since neighbouring weeks err alike."""
WIDEST_ERROR: Final = 0.5
"""A standard error above this share of the value identifies no curve."""


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
    evidence: Evidence
    model: str
    words: str


def fit_curves(
    spend: pl.DataFrame,
    events: pl.DataFrame,
    objective: Objective,
    at: datetime,
    *,
    incremental_share: float = 1.0,
    margin: float = 1.0,
    seed: int = 7,
) -> tuple[ResponseCurve, ...]:
    """One curve per (campaign_id, platform) of `spend`, sorted, from whole weeks before `at`.

    Where events of kind `revenue` state the account's weekly revenue, all campaigns are fitted
    jointly on it, over trend and season. Else each campaign is fitted on the revenue its spend
    rows claim. `incremental_share` of the fitted revenue counts as caused (declared: no fit of
    past weeks proves it), `margin` of that as value. Where the weeks do not identify a curve, it
    says evidence `prior`.
    """
    if "currency" in events.columns:
        events = events.filter(
            pl.col("currency").fill_null(objective.currency) == objective.currency
        )
    weeks = by_week(spend, events, at)
    draws = np.random.default_rng(seed)
    if _enough(weeks.account, len(weeks.campaigns)):
        whole = range(len(weeks.campaigns))
        return _curves(weeks, whole, weeks.account, True, margin * incremental_share, draws)
    return tuple(
        curve
        for i in range(len(weeks.campaigns))
        for curve in _curves(
            weeks, range(i, i + 1), weeks.attributed[:, i], False, margin * incremental_share, draws
        )
    )


def _enough(revenue: Floats, campaigns: int) -> bool:
    known = int((~np.isnan(revenue)).sum())
    return known >= max(LEAST_WEEKS, 3 * 4 * campaigns)


def _curves(
    weeks: Weeks,
    chosen: range,
    revenue: Floats,
    account_wide: bool,
    factor: float,
    draws: np.random.Generator,
) -> tuple[ResponseCurve, ...]:
    spend = weeks.spend[:, chosen.start : chosen.stop]
    now = spend[-RECENT_WEEKS:].mean(axis=0) if len(spend) else np.zeros(len(chosen))
    if not _enough(revenue, len(chosen)) or not spend.any():
        why = f"fewer than {LEAST_WEEKS} weeks of spend with revenue"
        return tuple(_prior(weeks, i, now[k], why) for k, i in enumerate(chosen))
    base = baseline(len(spend)) if account_wide else None
    fit = fit_saturation(spend, revenue, base)
    spread = _bootstrap(fit, spend, revenue, base, now, draws)
    model = "hill-joint" if account_wide else "hill-attributed"
    return tuple(
        _judged(weeks, i, fit, k, float(now[k]), float(spread[k]), factor, model)
        for k, i in enumerate(chosen)
    )


def _judged(
    weeks: Weeks,
    i: int,
    fit: Saturation,
    k: int,
    now: float,
    spread: float,
    factor: float,
    model: str,
) -> ResponseCurve:
    """The fitted curve, or the prior where the weeks do not tell it from others."""
    mean = max(float(weeks.spend[:, i].mean()), 1.0)
    at_bound = not HALF[0] * 1.01 < fit.half[k] / mean < HALF[1] * 0.99
    if factor <= 0.0 or fit.scale[k] <= 0.0:
        return _prior(weeks, i, now, "the weeks show no effect of its spend")
    curve = HillCurve(
        scale=float(fit.scale[k]) * factor, half=float(fit.half[k]), shape=float(fit.shape[k])
    )
    probe = now if now > 0.0 else mean
    value = float(curve.value(probe))
    if at_bound or spread * factor > WIDEST_ERROR * value:
        why = "its half-saturation lies at a bound" if at_bound else "its interval is too wide"
        return _prior(weeks, i, now, why)
    return ResponseCurve(
        weeks.campaigns[i],
        weeks.platforms[i],
        round(now),
        curve,
        spread * factor,
        "measured",
        model,
        f"Fitted on {int(fit.residual.size)} weeks; {fit.carryover[k]:.0%} of a week's effect "
        "carries into the next.",
    )


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
        "prior",
        "prior:spend_is_best",
        f"Not measured: {why}. Taken as spent to where the next unit returns one.",
    )


def _bootstrap(
    fit: Saturation,
    spend: Floats,
    revenue: Floats,
    base: Floats | None,
    now: Floats,
    draws: np.random.Generator,
) -> Floats:
    """Standard error of each campaign's value at its spend of now, over refits of revenue rebuilt
    from circular blocks of residuals (Politis and Romano 1992)."""
    known = np.flatnonzero(~np.isnan(revenue))
    count = len(known)
    mean = np.maximum(spend.mean(axis=0), 1.0)
    probe = np.where(now > 0.0, now, mean)
    values = []
    for _ in range(DRAWS):
        starts = draws.integers(0, count, size=count // BLOCK_WEEKS + 1)
        picked = (starts[:, None] + np.arange(BLOCK_WEEKS)).ravel()[:count] % count
        drawn = np.full(len(revenue), np.nan)
        drawn[known] = fit.fitted + fit.residual[picked]
        again = fit_saturation(spend, drawn, base, fit.parameters)
        powered = np.power(probe, again.shape)
        values.append(again.scale * powered / (np.power(again.half, again.shape) + powered))
    return np.asarray(np.std(np.array(values), axis=0, ddof=1), dtype=np.float64)
