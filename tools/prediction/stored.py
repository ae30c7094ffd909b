"""Predictions as a run kept them, objective by objective."""

import polars as pl

from domain.objective import Objective
from tools.runs import RunFolder


def predictions_of(folder: RunFolder, leading: Objective) -> pl.DataFrame:
    """The run's PREDICTIONS; a run from before there were several objectives had the leading one
    alone, and its rows are that one's with weight 1."""
    kept = folder.read("predictions")
    if "outcome" in kept.columns:
        return kept
    return kept.with_columns(outcome=pl.lit(leading.outcome), weight=pl.lit(1.0))


def only(predictions: pl.DataFrame, objective: Objective, count: int) -> pl.DataFrame:
    """The rows of one of `count` objectives; all of them, untouched, where there is one."""
    return predictions if count == 1 else predictions.filter(outcome=objective.outcome)
