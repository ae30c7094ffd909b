"""How well a version did on evaluation contacts, and beside another on the same rows."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from tools.measurement.answers import NOTHING
from tools.measurement.qini import rank
from tools.prediction.cards import Metric
from tools.prediction.chances import Models
from tools.prediction.estimating import Estimate
from tools.prediction.propensity import Floats
from tools.prediction.registry.versions import Bin, Paired

BINS: Final = 10
DRAWS: Final = 200
SEED: Final = 20
"""Of the bootstrap, so that the same rows give the same error."""
CERTAIN: Final = 1e-6
"""Chances nearer to 0 or 1 are read as this far from it: a surprise costs a finite loss."""


@dataclass(frozen=True)
class Judged:
    """Evaluation touches of one treatment: what was said of each (chance), what came (answered),
    its row among the observations, and whose touch it was (contact, a number)."""

    chance: Floats
    answered: npt.NDArray[np.bool_]
    row: npt.NDArray[np.int64]
    contact: npt.NDArray[np.int64]


def judged_of(estimate: Estimate, evaluation: pl.DataFrame, models: Models) -> Judged:
    """Evaluation rows (`Lessons.evaluation`) that had the estimate's treatment on its channel. Of a
    model that its newest answers correct, as it would have spoken then."""
    rows = evaluation.filter(
        (pl.col("treatment_id") == estimate.learnt.treatment_id)
        & (pl.col("channel") == estimate.learnt.channel)
    )
    row = rows.get_column("contact").to_numpy().astype(np.int64)
    then = models.then(estimate.learnt.after, rows)
    chance = (estimate.base + estimate.effect)[row] if then is None else then
    return Judged(chance, rows.get_column("answered").to_numpy(), row, people_of(rows))


def people_of(rows: pl.DataFrame) -> npt.NDArray[np.int64]:
    """A number per row that tells whose it is, by contact_id."""
    return rows.get_column("contact_id").rank("dense").to_numpy().astype(np.int64)


def calibration_of(judged: Judged) -> tuple[Bin, ...]:
    """At most BINS groups of equal size by chance: mean chance, share that answered, rows."""
    order = np.argsort(judged.chance, kind="stable")
    return tuple(
        Bin(
            predicted=float(judged.chance[rows].mean()),
            observed=float(judged.answered[rows].mean()),
            rows=len(rows),
        )
        for rows in np.array_split(order, BINS)
        if len(rows)
    )


def metrics_of(judged: Judged) -> tuple[Metric, ...]:
    """Log loss and expected calibration error; none without rows.

    The error of the latter is that of its parts: sqrt(sum (n_i/N)^2 o_i (1 - o_i) / n_i).
    """
    if len(judged.chance) == 0:
        return ()
    table = calibration_of(judged)
    total = sum(one.rows for one in table)
    ece = sum(one.rows * abs(one.predicted - one.observed) for one in table) / total
    parts = [one.rows * one.observed * (1.0 - one.observed) for one in table]
    loss, loss_se = _mean_by_contact(log_loss(judged), judged.contact)
    said = f"{total} touches of evaluation contacts"
    return (
        Metric(name="log_loss", value=loss, se=loss_se, words=f"mean log loss, {said}"),
        Metric(
            name="calibration_error",
            value=ece,
            se=float(np.sqrt(sum(parts))) / total,
            words=f"mean |predicted - observed| over {len(table)} groups of equal size, {said}",
        ),
    )


def log_loss(judged: Judged) -> Floats:
    """Per row: minus the log of the chance that was given to what came."""
    chance = np.clip(judged.chance, CERTAIN, 1.0 - CERTAIN)
    return -np.log(np.where(judged.answered, chance, 1.0 - chance))


def paired(champion: Judged, challenger: Judged) -> tuple[Paired, ...]:
    """Both on the same rows: log loss, calibration error, area under the curve."""
    if len(champion.chance) == 0:
        return ()
    said = (_loss(champion, challenger), _calibration(champion, challenger))
    return (*said, *_area(champion, challenger))


def paired_qini(
    champion: Estimate, challenger: Estimate, evaluation: pl.DataFrame
) -> tuple[Paired, ...]:
    """Qini of both on evaluation contacts treated or left alone by chance; none where fewer than
    two of either. Its error by a Poisson bootstrap of contacts."""
    rows = comparison_rows(champion, evaluation)
    treated = (rows.get_column("treatment_id") != NOTHING).to_numpy()
    if min(int(treated.sum()), int((~treated).sum())) < 2:
        return ()
    row = rows.get_column("contact").to_numpy().astype(np.int64)
    reward = rows.get_column("answered").to_numpy().astype(np.float64)
    first, second = (rank(one.effect[row], treated, reward) for one in (champion, challenger))
    drawn = [second.qini(w) - first.qini(w) for w in weights_of(people_of(rows))]
    a, b = first.qini(), second.qini()
    return (
        Paired(name="qini", champion=a, challenger=b, difference=b - a, se=float(np.std(drawn))),
    )


def comparison_rows(estimate: Estimate, evaluation: pl.DataFrame) -> pl.DataFrame:
    """Evaluation rows of the channel where chance chose between this treatment and nothing."""
    return evaluation.filter(
        (pl.col("channel") == estimate.learnt.channel)
        & pl.col("treatment_id").is_in([NOTHING, estimate.learnt.treatment_id])
        & pl.col("propensity").is_between(0.0, 1.0, closed="right")
    )


def _loss(champion: Judged, challenger: Judged) -> Paired:
    first, second = log_loss(champion), log_loss(challenger)
    difference, se = _mean_by_contact(second - first, champion.contact)
    return Paired(
        name="log_loss",
        champion=float(first.mean()),
        challenger=float(second.mean()),
        difference=difference,
        se=se,
    )


def _calibration(champion: Judged, challenger: Judged) -> Paired:
    """Groups as they are, rows drawn again by contact."""
    gaps = [_Gaps.of(one) for one in (champion, challenger)]
    drawn = [gaps[1].error(w) - gaps[0].error(w) for w in weights_of(champion.contact)]
    plain = np.ones(len(champion.chance))
    a, b = (one.error(plain) for one in gaps)
    return Paired(
        name="calibration_error",
        champion=a,
        challenger=b,
        difference=b - a,
        se=float(np.std(drawn)),
    )


@dataclass(frozen=True)
class _Gaps:
    """Each row's group, and chance less answer."""

    group: npt.NDArray[np.int64]
    gap: Floats

    @classmethod
    def of(cls, judged: Judged) -> "_Gaps":
        group = np.empty(len(judged.chance), dtype=np.int64)
        order = np.argsort(judged.chance, kind="stable")
        for number, rows in enumerate(np.array_split(order, BINS)):
            group[rows] = number
        return cls(group, judged.chance - judged.answered)

    def error(self, weight: Floats) -> float:
        total = float(weight.sum())
        return float(np.abs(np.bincount(self.group, weight * self.gap)).sum() / max(total, 1.0))


def _area(champion: Judged, challenger: Judged) -> tuple[Paired, ...]:
    """DeLong, DeLong and Clarke-Pearson (1988): the difference of two areas on the same rows."""
    answered = champion.answered
    if min(int(answered.sum()), int((~answered).sum())) < 2:
        return ()
    (above, below), (above_2, below_2) = (_placements(one) for one in (champion, challenger))
    up, down = above_2 - above, below_2 - below
    variance = float(up.var(ddof=1)) / len(up) + float(down.var(ddof=1)) / len(down)
    a, b = float(above.mean()), float(above_2.mean())
    return (
        Paired(name="auc", champion=a, challenger=b, difference=b - a, se=float(np.sqrt(variance))),
    )


def _placements(judged: Judged) -> tuple[Floats, Floats]:
    """Of each that answered the share of the silent ranked below it; of each silent one the share
    of the others ranked above it."""
    from scipy.stats import rankdata

    answered = judged.answered
    ranks = rankdata(judged.chance)
    m, n = int(answered.sum()), int((~answered).sum())
    above = (ranks[answered] - rankdata(judged.chance[answered])) / n
    below = 1.0 - (ranks[~answered] - rankdata(judged.chance[~answered])) / m
    return above, below


def _mean_by_contact(per_row: Floats, contact: npt.NDArray[np.int64]) -> tuple[float, float]:
    """Mean over rows, with its standard error where a contact's rows move together."""
    mean = float(per_row.mean())
    _, owner = np.unique(contact, return_inverse=True)
    sums = np.bincount(owner, per_row - mean)
    return mean, float(np.sqrt(np.square(sums).sum())) / len(per_row)


def weights_of(contact: npt.NDArray[np.int64]) -> list[Floats]:
    """DRAWS times how often each row counts: a Poisson number per contact."""
    _, owner = np.unique(contact, return_inverse=True)
    draws = np.random.default_rng(SEED)
    count = int(owner.max()) + 1 if len(owner) else 0
    return [draws.poisson(1.0, count).astype(np.float64)[owner] for _ in range(DRAWS)]
