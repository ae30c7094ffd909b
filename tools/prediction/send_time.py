"""Send time: by how much the hour and the weekday where a contact lives change its answers.

Empirical Bayes: answers of a part of the day against those expected of the same treatments and
channels at any time, shrunk to 1; a contact's own curve shrunk to that of all. Where chance
explains what was seen, the time does not matter and the model says so: a flat curve. Hour and
weekday are judged each within the other and fitted together: what one explains is not counted
again for the other; nor is what other models foresee of a contact. Nothing tells here why a touch
went out when it did: unless times were drawn, the curve is seen, not caused.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
import polars as pl

from domain.canonical import digest
from domain.names import Evidence
from tools.prediction.local_time import with_local_time
from tools.prediction.normal import Z_90
from tools.prediction.propensity import Floats
from tools.prediction.time_curves import (
    HOURS_TOGETHER,
    STRATUM,
    Curve,
    fit_curves,
    spare_of,
)

LEAST_TOUCHES: Final = 200
LEAST_ANSWERS: Final = 20
TELLS_NOTHING: Final = 1.0 - 1e-9
"""Share of a contact's expected answers that lie in one part of the day, but for rounding."""


@dataclass(frozen=True)
class SendTimes:
    """`own` holds contact_id, hours, own (the contact's multiplier beside the curve's),
    own_variance (of its logarithm) and touches, for contacts who differ from the others; it is
    empty where none do."""

    hours: Curve
    weekday: Curve
    own: pl.DataFrame
    touches: int
    answers: int
    evidence: Evidence
    model: str
    at: datetime
    words: str

    def multipliers(self, contacts: pl.DataFrame, slots: pl.DataFrame) -> pl.DataFrame:
        """contacts (contact_id, timezone) x slots (slot, slot_at): contact_id, slot, multiplier,
        low, high (90%) and support (the contact's own past touches at these hours). Who has no
        known zone gets 1, as wide as the curve."""
        placed = _placed(contacts.join(slots, how="cross"), "slot_at").join(
            self.own, on=["contact_id", "hours"], how="left", maintain_order="left"
        )
        log, variance = self._of_all(placed)
        log += np.log(placed.get_column("own").fill_null(1.0).to_numpy())
        variance += placed.get_column("own_variance").fill_null(0.0).to_numpy()
        wide = Z_90 * np.sqrt(variance)
        return placed.select(
            "contact_id", "slot", support=pl.col("touches").fill_null(0).cast(pl.Float64)
        ).with_columns(
            multiplier=pl.Series(np.exp(log)),
            low=pl.Series(np.exp(log - wide)),
            high=pl.Series(np.exp(log + wide)),
        )

    def by_zone(self, zones: pl.DataFrame, slots: pl.DataFrame) -> pl.DataFrame:
        """zones (timezone) x slots (slot, slot_at): timezone, slot, hours (part of the day there,
        null where the zone is unknown), log (of the multiplier that everybody there has) and
        variance (of that logarithm). `own` comes on top, by contact and hours."""
        placed = _placed(zones.join(slots, how="cross"), "slot_at")
        log, variance = self._of_all(placed)
        return placed.select("timezone", "slot", "hours").with_columns(
            log=pl.Series(log), variance=pl.Series(variance)
        )

    def _of_all(self, placed: pl.DataFrame) -> tuple[Floats, Floats]:
        """Logarithm of the multiplier by the curves of all, and its variance, of rows with hours
        and weekday; who has no known zone gets 0, as wide as the curves."""
        known = placed.get_column("hours").is_not_null().to_numpy()
        log, variance = np.zeros(placed.height), np.zeros(placed.height)
        for name, curve in (("hours", self.hours), ("weekday", self.weekday)):
            part = placed.get_column(name).fill_null(0).to_numpy()
            told = np.log(curve.multiplier)
            log += np.where(known, told[part], 0.0)
            anywhere = float(told.var() + curve.variance.mean())
            variance += np.where(known, curve.variance[part], anywhere)
        return log, variance


def fit_send_times(rows: pl.DataFrame, contacts: pl.DataFrame, at: datetime) -> SendTimes:
    """rows: as tools.measurement.answers gives them (contact_id, channel, treatment_id, touched_at,
    answered); contacts: contact_id, timezone. Touches of `nothing`, and of contacts without known
    zone, tell nothing; nor does a touch after `at`. `foreseen`, where rows have it: the chance of
    an answer at any time as other models say it of this touch, null where none does; answers are
    held against it, so that who was touched when is no curve."""
    seen = rows.filter((pl.col("treatment_id") != "nothing") & (pl.col("touched_at") <= at))
    told = _placed(
        seen.join(
            contacts.select("contact_id", "timezone"),
            on="contact_id",
            how="inner",
            maintain_order="left",
        ),
        "touched_at",
    ).filter(pl.col("hours").is_not_null())
    told = _expected(told.with_columns(pl.col("answered").cast(pl.Float64)))
    answers = int(told.get_column("answered").sum())
    enough = told.height >= LEAST_TOUCHES and answers >= LEAST_ANSWERS
    hours, weekday = fit_curves(told, enough)
    own = _own(told, hours, weekday) if enough else _nobody()
    curves = [one.multiplier.tolist() for one in (hours, weekday)]
    version = digest([told.height, answers, at.isoformat(), curves, own.height])[:12]
    return SendTimes(
        hours,
        weekday,
        own,
        told.height,
        answers,
        "measured" if enough else "prior",
        f"send-time-{version}" if enough else "prior:flat",
        at,
        _words(told.height, answers, enough, hours, weekday, own),
    )


def _placed(rows: pl.DataFrame, instant: str) -> pl.DataFrame:
    return with_local_time(rows, instant).with_columns(
        hours=(pl.col("local_hour") // HOURS_TOGETHER).cast(pl.Int64),
        weekday=(pl.col("local_weekday") - 1).cast(pl.Int64),
    )


def _expected(told: pl.DataFrame) -> pl.DataFrame:
    """Rows with expected: the chance of each touch at any time; in each stratum they add up to the
    answers."""
    mean = pl.col("answered").mean().over(STRATUM)
    if "foreseen" not in told.columns:
        return told.with_columns(expected=mean)
    typical = pl.col("foreseen").mean().over(STRATUM)
    chance = pl.col("foreseen").fill_null(typical).fill_null(1.0)
    return told.with_columns(expected=chance * mean / chance.mean().over(STRATUM))


def _own(told: pl.DataFrame, hours: Curve, weekday: Curve) -> pl.DataFrame:
    """Each contact's own multipliers by part of the day; nobody's where contacts differ from the
    curve of all by no more than chance explains."""
    curve = hours.multiplier[told.get_column("hours").to_numpy()]
    curve = curve * weekday.multiplier[told.get_column("weekday").to_numpy()]
    cells = (
        told.with_columns(expected=pl.col("expected") * pl.Series(curve))
        .group_by("contact_id", "hours")
        .agg(pl.col("answered").sum(), pl.col("expected").sum(), touches=pl.len())
        .sort("contact_id", "hours")
        # How much a contact answers at all is no matter of the hour.
        .with_columns(
            pl.col("expected")
            * (pl.col("answered").sum() / pl.col("expected").sum()).over("contact_id")
        )
        .with_columns(share=pl.col("expected") / pl.col("expected").sum().over("contact_id"))
        # Who answered at one part of the day alone, or never, shows no difference between parts.
        .filter(pl.col("share").fill_nan(1.0) < TELLS_NOTHING)
    )
    spare = spare_of(told)
    found = cells.with_columns(
        excess=(pl.col("answered") - pl.col("expected")) ** 2
        - spare * pl.col("expected") * (1.0 - pl.col("share")),
        weight=pl.col("expected") ** 2 * (1.0 - pl.col("share")),
    )
    each = (
        found.group_by("contact_id", maintain_order=True)
        .agg(pl.col("excess").sum())
        .get_column("excess")
        .to_numpy()
    )
    excess, error = float(each.sum()), float(np.sqrt(np.square(each).sum()))
    if excess <= 1.96 * error or error == 0.0:
        return _nobody()
    strength = found.get_column("weight").to_numpy().sum() / excess
    shape = strength + pl.col("answered") / spare
    return found.select(
        "contact_id",
        "hours",
        own=shape / (strength + pl.col("expected") / spare),
        own_variance=1.0 / shape,
        touches=pl.col("touches"),
    )


def _nobody() -> pl.DataFrame:
    return pl.DataFrame(
        schema={
            "contact_id": pl.String,
            "hours": pl.Int64,
            "own": pl.Float64,
            "own_variance": pl.Float64,
            "touches": pl.UInt32,
        }
    )


def _words(
    touches: int, answers: int, enough: bool, hours: Curve, weekday: Curve, own: pl.DataFrame
) -> str:
    seen = f"{touches} touches with {answers} answers"
    if not enough:
        return (
            f"Not measured: {seen}; {LEAST_TOUCHES} and {LEAST_ANSWERS} are needed. "
            "Every time counts alike."
        )
    said = ", ".join(
        f"the {name} {'matters' if curve.matters else 'does not matter'} (p = {curve.p_value:.3f})"
        for name, curve in (("hour", hours), ("weekday", weekday))
    )
    people = own.get_column("contact_id").n_unique()
    apart = f"{people} contacts have a curve of their own" if people else "contacts do not differ"
    return f"From {seen}: {said}; {apart}. Times were not drawn, so this is seen, not caused."
