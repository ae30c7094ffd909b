"""What another policy would have earned, from logged propensities alone."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from domain.errors import DataError
from tools.measurement.weighting import clustered_variance


@dataclass(frozen=True)
class PolicyValue:
    """Mean reward per contact: by inverse propensity, and self-normalised.

    Horvitz and Thompson (1952); Swaminathan and Joachims, "The Self-Normalized Estimator for
    Counterfactual Learning" (2015). Standard errors are clustered by contact.
    """

    ips: float
    ips_se: float
    snips: float
    snips_se: float
    rows: int
    matched: int
    """Logged rows whose treatment is the one the policy would have chosen."""


@dataclass(frozen=True)
class PolicyDifference:
    """First policy's value minus the second's on the same rows, with paired standard errors."""

    ips: float
    ips_se: float
    snips: float
    snips_se: float


def policy_value(choices: pl.DataFrame, logged: pl.DataFrame) -> PolicyValue:
    """Value of `choices` (contact_id, treatment_id: one per contact) on `logged` rows
    (contact_id, treatment_id, propensity in (0, 1], reward).

    Raises DataError where a logged row has no choice, or no propensity.
    """
    rows, weight, reward = _matched(choices, logged)
    estimates = _estimate(weight, reward)
    return PolicyValue(
        ips=estimates.ips,
        ips_se=_se(estimates.ips_influence, rows),
        snips=estimates.snips,
        snips_se=_se(estimates.snips_influence, rows),
        rows=rows.height,
        matched=int((weight > 0).sum()),
    )


def difference(first: pl.DataFrame, second: pl.DataFrame, logged: pl.DataFrame) -> PolicyDifference:
    """The first policy's value minus the second's; rows where both agree add no error to IPS."""
    rows, first_weight, reward = _matched(first, logged)
    _, second_weight, _ = _matched(second, logged)
    a, b = _estimate(first_weight, reward), _estimate(second_weight, reward)
    return PolicyDifference(
        ips=a.ips - b.ips,
        ips_se=_se(a.ips_influence - b.ips_influence, rows),
        snips=a.snips - b.snips,
        snips_se=_se(a.snips_influence - b.snips_influence, rows),
    )


@dataclass(frozen=True)
class _Estimates:
    ips: float
    ips_influence: npt.NDArray[np.float64]
    snips: float
    snips_influence: npt.NDArray[np.float64]


def _estimate(weight: npt.NDArray[np.float64], reward: npt.NDArray[np.float64]) -> _Estimates:
    earned = weight * reward
    ips = float(earned.mean())
    total = float(weight.sum())
    snips = float(earned.sum()) / total if total else 0.0
    scale = 1.0 / total if total else 0.0
    return _Estimates(ips, (earned - ips) / len(earned), snips, weight * (reward - snips) * scale)


def _se(influence: npt.NDArray[np.float64], rows: pl.DataFrame) -> float:
    return math.sqrt(clustered_variance(influence, rows.get_column("contact_id")))


def _matched(
    choices: pl.DataFrame, logged: pl.DataFrame
) -> tuple[pl.DataFrame, npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    if logged.height == 0:
        raise DataError("Expected logged touches to judge a policy by, found none.")
    chosen = choices.select("contact_id", chosen="treatment_id")
    rows = logged.join(chosen, on="contact_id", how="left", maintain_order="left")
    if rows.height != logged.height or rows.get_column("chosen").null_count():
        raise DataError("Expected exactly one choice for each logged contact.")
    propensity = rows.get_column("propensity").cast(pl.Float64)
    if not propensity.is_between(0.0, 1.0, closed="right").fill_null(False).all():
        raise DataError(
            "Expected a logged propensity in (0, 1] for every row.",
            "Leave out touches whose propensity was not logged.",
        )
    match = (rows.get_column("chosen") == rows.get_column("treatment_id")).to_numpy()
    weight = np.where(match, 1.0 / propensity.to_numpy(), 0.0)
    return rows, weight, rows.get_column("reward").cast(pl.Float64).to_numpy()
