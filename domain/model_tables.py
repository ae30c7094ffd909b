"""What a run's models say of times and of tiredness, beside its predictions: declared tables."""

from typing import Final

import polars as pl

from domain.names import CHANNELS
from domain.tables import INSTANT, Column, Table

TOUCHING: Final = tuple(one for one in CHANNELS if one != "ads")
"""Channels whose touch has an instant and tires: being in a paid audience has neither."""

_OUTCOME = Column(pl.String, "outcome of the objective that the row is about")
_CHANNEL = Column(pl.String, "by which channel")

SEND_TIMES = Table(
    "send_times",
    {
        "outcome": _OUTCOME,
        "channel": _CHANNEL,
        "timezone": Column(pl.String, "where contacts live; null: nobody knows", nullable=True),
        "slot": Column(pl.Int8, "slot of the run"),
        "hours": Column(pl.Int8, "part of the day it is there, from 0", nullable=True),
        "multiplier": Column(pl.Float64, "of the chance of an answer; 1 on average"),
        "low": Column(pl.Float64, "lower end of its 90% interval"),
        "high": Column(pl.Float64, "its upper end"),
        "variance": Column(pl.Float64, "of the multiplier's logarithm"),
        "evidence": Column(pl.String, "measured, or a prior by which every time counts alike"),
        "support": Column(pl.Float64, "past touches of the channel that taught it"),
        "model": Column(pl.String, "version of the model, or name of the prior"),
        "as_of": Column(INSTANT, "instant up to which touches and answers taught it"),
    },
)

OWN_SEND_TIMES = Table(
    "own_send_times",
    {
        "contact": Column(pl.UInt32, "row number of the contact in this run's observations"),
        "outcome": _OUTCOME,
        "channel": _CHANNEL,
        "hours": Column(pl.Int8, "part of the day where the contact lives, from 0"),
        "own": Column(pl.Float64, "the contact's multiplier beside that of all"),
        "own_variance": Column(pl.Float64, "of its logarithm"),
        "own_support": Column(pl.Float64, "the contact's past touches at these hours"),
    },
)
"""Only contacts whose answers differ from the others' by more than chance explains."""

_STEP = "where the step begins of earlier touches within"

TOUCH_LOSSES = Table(
    "touch_losses",
    {
        "channel": _CHANNEL,
        "touches_7d": Column(pl.Int64, f"{_STEP} 7 days"),
        "touches_28d": Column(pl.Int64, f"{_STEP} 28 days"),
        "unsubscribed": Column(pl.Float64, "chance that one more touch is answered so"),
        "unsubscribed_low": Column(pl.Float64, "lower end of its 90% interval"),
        "unsubscribed_high": Column(pl.Float64, "its upper end"),
        "complained": Column(pl.Float64, "chance that one more touch is answered so"),
        "complained_low": Column(pl.Float64, "lower end of its 90% interval"),
        "complained_high": Column(pl.Float64, "its upper end"),
        "loss": Column(pl.Float64, "sum of chance x declared loss, minor units"),
        "loss_low": Column(pl.Float64, "with every chance at its lower end"),
        "loss_high": Column(pl.Float64, "with every chance at its upper end"),
        "loss_se": Column(pl.Float64, "its standard error, minor units"),
        "evidence": Column(pl.String, "measured, or a prior where any priced chance rests on one"),
        "support": Column(pl.Float64, "past touches of the channel at this step"),
        "model": Column(pl.String, "version of the model, or name of the prior"),
        "as_of": Column(INSTANT, "instant up to which touches and answers taught it"),
    },
)

RECENT_TOUCHES = Table(
    "recent_touches",
    {
        "contact": Column(pl.UInt32, "row number of the contact in this run's observations"),
        "touches_7d": Column(pl.Int64, "touches by any tool in the 7 days before the run"),
        "touches_28d": Column(pl.Int64, "in the 28 days before"),
    },
)
"""Only contacts that had any."""
