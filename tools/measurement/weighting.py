"""Weights that make arms comparable: inverse logged propensities, normalised in each stratum."""

from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

LEAST_PROPENSITY: Final = 0.01
"""A rarer choice than this weighs as this one: a hundred rows' say for one row is enough."""


def weigh(rows: pl.DataFrame, treatment_id: str, control_id: str) -> pl.DataFrame:
    """The rows of the two arms that chance assigned, with `treated` and `weight`.

    Rows without a logged propensity in (0, 1] are left out: who chose them is unknown. Within a
    stratum (`own`: our own touches and ghosts; else an imported experiment) the weights of each
    arm sum to the stratum's rows (Hajek 1971). A stratum without both arms compares nothing and
    is left out.
    """
    known = rows.filter(
        pl.col("treatment_id").is_in([treatment_id, control_id])
        & pl.col("propensity").is_between(0.0, 1.0, closed="right")
    ).with_columns(treated=pl.col("treatment_id") == treatment_id)
    inverse = 1.0 / pl.col("propensity").clip(LEAST_PROPENSITY, 1.0)
    return (
        known.filter(pl.col("treated").n_unique().over("own") == 2)
        .with_columns(inverse=inverse, stratum_rows=pl.len().over("own"))
        .with_columns(
            weight=pl.col("inverse")
            * pl.col("stratum_rows")
            / pl.col("inverse").sum().over("own", "treated")
        )
        .drop("inverse", "stratum_rows")
    )


def clustered_variance(influence: npt.NDArray[np.float64], clusters: pl.Series) -> float:
    """Variance of a sum of influence values that are dependent within a cluster (a contact)."""
    codes = clusters.rank("dense").to_numpy().astype(np.int64) - 1
    return float(np.square(np.bincount(codes, weights=influence)).sum()) if len(codes) else 0.0
