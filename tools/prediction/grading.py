"""Grades on evaluation contacts: ranking of each model, value of choosing by all of them."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from tools.measurement.answers import NOTHING
from tools.measurement.offline import difference, policy_value
from tools.measurement.ranking import area_under_curve
from tools.prediction.cards import Metric
from tools.prediction.estimating import Estimate


def grade_ranking(estimate: Estimate, evaluation: pl.DataFrame) -> tuple[Metric, ...]:
    """AUC of the predicted chance among evaluation contacts that had this treatment."""
    rows = evaluation.filter(
        (pl.col("treatment_id") == estimate.learnt.treatment_id)
        & (pl.col("channel") == estimate.learnt.channel)
    )
    chance = (estimate.base + estimate.effect)[rows.get_column("contact").to_numpy()]
    area = area_under_curve(chance, rows.get_column("answered").to_numpy())
    if area is None:
        return ()
    words = f"chance that one who answered is ranked above one who did not, {rows.height} touches"
    return (Metric(name="auc", value=area.value, se=area.se, words=words),)


def choices_by_effect(estimates: Sequence[Estimate], contacts: pl.DataFrame) -> pl.DataFrame:
    """Per row of `contacts` (contact_id, contact) the treatment of the largest positive effect, or
    `nothing`; ties go to the first."""
    numbers = contacts.get_column("contact").to_numpy()
    effects = np.column_stack(
        [np.zeros(len(numbers)), *(estimate.effect[numbers] for estimate in estimates)]
    )
    names = [NOTHING, *(estimate.learnt.treatment_id for estimate in estimates)]
    chosen = pl.Series("treatment_id", np.array(names, dtype=object)[effects.argmax(axis=1)])
    return contacts.select("contact_id").with_columns(chosen.cast(pl.String))


def grade_policy(
    estimates: Sequence[Estimate], channel: str, evaluation: pl.DataFrame
) -> tuple[Metric, ...]:
    """Answers per contact if each got its best measured treatment of the channel, by inverse
    propensity on evaluation contacts, and the paired difference to the best single arm."""
    names = [estimate.learnt.treatment_id for estimate in estimates]
    logged = evaluation.filter(
        (pl.col("channel") == channel)
        & pl.col("treatment_id").is_in([NOTHING, *names])
        & pl.col("propensity").is_between(0.0, 1.0, closed="right")
        & ~pl.col("own")
    ).with_columns(reward=pl.col("answered").cast(pl.Float64))
    if logged.height == 0 or not names:
        return ()
    contacts = logged.select("contact_id", "contact").unique("contact_id", maintain_order=True)
    choices = choices_by_effect(estimates, contacts)
    arms = {
        name: contacts.select("contact_id", pl.lit(name).alias("treatment_id"))
        for name in (NOTHING, *names)
    }
    best = max(arms, key=lambda name: policy_value(arms[name], logged).snips)
    value, gain = policy_value(choices, logged), difference(choices, arms[best], logged)
    return (
        Metric(
            name="policy_value",
            value=value.snips,
            se=value.snips_se,
            words=f"answers per contact under the best measured treatment each, {value.rows} rows",
        ),
        Metric(
            name="policy_gain",
            value=gain.snips,
            se=gain.snips_se,
            words=f"the same minus the best single arm on these rows ({best}), paired",
        ),
    )
