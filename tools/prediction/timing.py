"""Send times of a run: by time zone and slot for everybody, by contact for those who differ.

A multiplier for each contact and slot would be the largest table of a run, and nearly all of it
the same: contacts of one zone share theirs. So it is put together only where an option is placed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
import polars as pl

from domain.model_tables import OWN_SEND_TIMES, SEND_TIMES, TOUCHING
from tools.prediction.appointing import Fit
from tools.prediction.normal import Z_90
from tools.prediction.send_time import SendTimes, fit_send_times

LEAST_CHANCE: Final = 1e-4
"""No touch is foreseen to be less likely answered: what is answered nonetheless stays finite."""
PLACE = ("channel", "timezone", "slot")
OWN = ("contact", "channel", "hours")


@dataclass(frozen=True)
class Timing:
    """`by_zone`: SEND_TIMES; `own`: OWN_SEND_TIMES; `words`: a sentence by (outcome, channel)."""

    by_zone: pl.DataFrame
    own: pl.DataFrame
    words: Mapping[tuple[str, str], str]


def time_outcomes(
    lessons: Mapping[str, pl.DataFrame],
    observations: pl.DataFrame,
    slots: pl.DataFrame,
    channels: Sequence[str],
    at: datetime,
) -> Timing:
    """Curves of each outcome on each channel, from that channel's own past touches up to `at`:
    when people read says nothing of when they take a call.

    lessons: by outcome, rows as tools.measurement.answers gives them, of contacts to learn from,
    with `foreseen` where it is known (fit_send_times);
    observations: contact, contact_id, timezone; slots: SLOTS.
    """
    asked = [(outcome, one) for outcome in lessons for one in channels if one in TOUCHING]
    told = {
        key: fit_send_times(lessons[key[0]].filter(channel=key[1]), observations, at)
        for key in asked
    }
    zones = observations.select("timezone").unique().sort("timezone")
    people = observations.select("contact", "contact_id")
    return Timing(
        pl.concat(
            [SEND_TIMES.empty(), *(_zoned(one, zones, slots, *k) for k, one in told.items())]
        ),
        pl.concat([OWN_SEND_TIMES.empty(), *(_owned(one, people, *k) for k, one in told.items())]),
        {key: one.words for key, one in told.items()},
    )


def lessons_of(fits: Sequence[Fit]) -> dict[str, pl.DataFrame]:
    """By outcome, the training rows with foreseen: the chance of an answer after each touch as the
    run's own model of its treatment says it, which never saw that contact; null without a model."""
    return {one.room.objective.outcome: _foretold(one) for one in fits}


def _foretold(fit: Fit) -> pl.DataFrame:
    rows = fit.room.lessons.training
    said = [rows.select("touch_id", foreseen=pl.lit(None, pl.Float64)).clear()]
    for one in fit.estimates:
        chance = np.clip(one.base + one.effect, LEAST_CHANCE, 1.0)
        of_it = rows.filter(treatment_id=one.learnt.treatment_id, channel=one.learnt.channel)
        places = of_it.get_column("contact").to_numpy()
        said.append(of_it.select("touch_id").with_columns(foreseen=pl.Series(chance[places])))
    return rows.join(pl.concat(said), on="touch_id", how="left", maintain_order="left")


def _zoned(
    one: SendTimes, zones: pl.DataFrame, slots: pl.DataFrame, outcome: str, channel: str
) -> pl.DataFrame:
    wide = Z_90 * pl.col("variance").sqrt()
    return SEND_TIMES.conform(
        one.by_zone(zones, slots).with_columns(
            outcome=pl.lit(outcome),
            channel=pl.lit(channel),
            multiplier=pl.col("log").exp(),
            low=(pl.col("log") - wide).exp(),
            high=(pl.col("log") + wide).exp(),
            evidence=pl.lit(one.evidence),
            support=pl.lit(float(one.touches)),
            model=pl.lit(one.model),
            as_of=pl.lit(one.at),
        )
    )


def _owned(one: SendTimes, people: pl.DataFrame, outcome: str, channel: str) -> pl.DataFrame:
    named = one.own.join(people, on="contact_id", how="inner", maintain_order="left")
    return OWN_SEND_TIMES.conform(
        named.with_columns(
            outcome=pl.lit(outcome), channel=pl.lit(channel), own_support=pl.col("touches")
        )
    )


def with_multiplier(rows: pl.DataFrame, by_zone: pl.DataFrame, own: pl.DataFrame) -> pl.DataFrame:
    """Rows (contact, channel, timezone, slot), in order, with times, times_se and own_support.

    by_zone, own: of one outcome. `times` multiplies the chance of an answer; its standard error is
    times x sqrt(variance of the logarithm), as of the gamma belief that the curve is. What no
    curve was asked of keeps 1 with no error.
    """
    placed = rows.join(
        by_zone.select(*PLACE, "hours", "multiplier", "variance"),
        on=list(PLACE),
        how="left",
        nulls_equal=True,
        maintain_order="left",
    )
    if own.is_empty():
        placed = placed.with_columns(own=1.0, own_variance=0.0, own_support=0.0)
    else:
        kept = own.select(*OWN, "own", "own_variance", "own_support")
        placed = placed.join(kept, on=list(OWN), how="left", maintain_order="left")
    times = pl.col("multiplier").fill_null(1.0) * pl.col("own").fill_null(1.0)
    variance = pl.col("variance").fill_null(0.0) + pl.col("own_variance").fill_null(0.0)
    return placed.with_columns(
        times=times,
        times_se=times * variance.sqrt(),
        own_support=pl.col("own_support").fill_null(0.0),
    ).drop("hours", "multiplier", "variance", "own", "own_variance")


def interval(times: float, times_se: float) -> tuple[float, float]:
    """The 90% interval of a multiplier: its logarithm is about normal."""
    wide = float(np.exp(Z_90 * times_se / times))
    return times / wide, times * wide
