"""What each treatment caused: arms against those left alone by chance, with intervals."""

from datetime import datetime
from typing import Final

import numpy as np
import polars as pl

from tools.measurement.answers import NOTHING, answers
from tools.measurement.weighting import clustered_variance, weigh

Z_95: Final = 1.959963984540054
"""Normal quantile of a two-sided 95% interval."""

LIFT_SCHEMA: Final = pl.Schema(
    {
        "treatment_id": pl.String,
        "channel": pl.String,
        "measure": pl.String,
        "treated": pl.UInt32,
        "control": pl.UInt32,
        "treated_mean": pl.Float64,
        "control_mean": pl.Float64,
        "lift": pl.Float64,
        "lift_se": pl.Float64,
        "low": pl.Float64,
        "high": pl.Float64,
        "relative": pl.Float64,
        "relative_low": pl.Float64,
        "relative_high": pl.Float64,
        "said": pl.String,
    }
)


def lift(
    touches: pl.DataFrame,
    outcomes: pl.DataFrame,
    treatments: pl.DataFrame,
    outcome_kind: str,
    horizon_days: int,
    at: datetime,
    *,
    own: bool | None = None,
) -> pl.DataFrame:
    """Two rows per treatment (LIFT_SCHEMA): measure `answered` (share of touches that an outcome
    of the kind followed) and `value` (mean money bought in the horizon, minor units).

    Means are Hajek means under the logged propensities against `nothing` on the same channel;
    standard errors by linearisation, clustered by contact; intervals are 95% normal; `relative`
    is lift over the control's mean, its interval by the delta method on the log ratio. `own`
    narrows to our own touches and ghosts (True) or to imported experiments (False). Where no
    comparison exists the numbers are null and `said` tells why.
    """
    rows = answers(touches, outcomes, outcome_kind, horizon_days, at)
    if own is not None:
        rows = rows.filter(pl.col("own") == own)
    named = treatments.filter(pl.col("treatment_id") != NOTHING).sort("treatment_id")
    found = [
        _compare(rows.filter(pl.col("channel") == channel), treatment_id, channel, measure)
        for treatment_id, channel in named.select("treatment_id", "channel").iter_rows()
        for measure in ("answered", "value")
    ]
    return pl.DataFrame(found, schema=LIFT_SCHEMA)


def _compare(
    rows: pl.DataFrame, treatment_id: str, channel: str, measure: str
) -> dict[str, object]:
    arms = weigh(rows, treatment_id, NOTHING)
    treated = arms.get_column("treated").to_numpy()
    head: dict[str, object] = {
        "treatment_id": treatment_id,
        "channel": channel,
        "measure": measure,
        "treated": int(treated.sum()),
        "control": int((~treated).sum()),
    }
    if arms.height == 0:
        touched = rows.filter(pl.col("treatment_id") == treatment_id).height
        return {**head, "said": _why_not(touched)}
    y = arms.get_column(measure).cast(pl.Float64).to_numpy()
    share = arms.get_column("weight").to_numpy() / arms.height
    means = [float((share * y)[arm].sum()) for arm in (treated, ~treated)]
    influence = share * (y - np.where(treated, means[0], means[1]))
    contacts = arms.get_column("contact_id")
    se = clustered_variance(np.where(treated, influence, -influence), contacts) ** 0.5
    difference = means[0] - means[1]
    body: dict[str, object] = {
        "treated_mean": means[0],
        "control_mean": means[1],
        "lift": difference,
        "lift_se": se,
        "low": difference - Z_95 * se,
        "high": difference + Z_95 * se,
        "said": "measured against those left alone by chance",
    }
    if min(means) <= 0.0:
        return {**head, **body}
    ratio = means[0] / means[1]
    log_influence = np.where(treated, influence / means[0], -influence / means[1])
    log_se = clustered_variance(log_influence, contacts) ** 0.5
    return {
        **head,
        **body,
        "relative": ratio - 1.0,
        "relative_low": ratio * np.exp(-Z_95 * log_se) - 1.0,
        "relative_high": ratio * np.exp(Z_95 * log_se) - 1.0,
    }


def _why_not(touched: int) -> str:
    if touched == 0:
        return "no touch of this treatment has had its full time to be answered"
    return "no group was left alone by chance on this channel, so what it caused is not measured"
