"""Timing: a placed option gains as much more or less as people answer at that time.

One candidate's value, in concert (docs/decisions/in_concert.md), minor units:

    value = sum over objectives of (weight x worth x effect x times(contact, slot)) x left - cost

`times` is 1 where no send time was asked for, or where the hour does not matter.
"""

import polars as pl

from agents.desk import Desk
from tools.prediction.timing import with_multiplier


def asks_when(desk: Desk) -> bool:
    """Whether the run fitted send times."""
    return desk.folder.has("send_times")


def share_columns(outcome: str) -> tuple[str, str]:
    """Columns with what one objective gives of `gain` and of `value_se`."""
    return f"gain_of_{outcome}", f"error_of_{outcome}"


def at_their_times(placed: pl.DataFrame, desk: Desk) -> pl.DataFrame:
    """Placed options with gain and value_se as they are at their slot; all as it was where the run
    fitted no send times.

    Each objective's share is multiplied by its own outcome's curve. The errors add up as they are:
    the curve comes from the same answers as the effect, so that the sum is never too small.
    """
    if not asks_when(desk):
        return placed
    zones = desk.folder.read("observations").select("contact", "timezone")
    timed = placed.join(zones, on="contact", how="left", maintain_order="left")
    for objective in desk.objectives:
        timed = _of(timed, objective.outcome, desk)
    return timed.drop("timezone")


def _of(placed: pl.DataFrame, outcome: str, desk: Desk) -> pl.DataFrame:
    gain, error = (pl.col(name) for name in share_columns(outcome))
    by_zone, own = (
        desk.folder.read(name).filter(outcome=outcome) for name in ("send_times", "own_send_times")
    )
    more = pl.col("times") - 1.0  # nothing is added where it is 1: the value stays to the last bit
    return (
        with_multiplier(placed, by_zone, own)
        .with_columns(
            gain=pl.col("gain") + gain * more,
            value_se=(pl.col("value_se") + error * more + gain.abs() * pl.col("times_se")).clip(
                0.0
            ),
        )
        .drop("times", "times_se", "own_support")
    )
