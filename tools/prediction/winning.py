"""Win probability of an open deal, by its stage and how long it has been there.

Week by week a deal stays in its stage or leaves it: to another stage, won, or lost. The hazards
are of discrete time (Singer and Willett, "It's About Time", 1993): leaving at all, closing where
it leaves, winning where it closes, each a logistic regression by age whose stages are shrunk to
all (hierarchy.py). Deals still open tell what they tell: the weeks they stayed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from domain.canonical import digest
from domain.errors import DataError
from domain.names import Evidence
from tools.prediction.deal_stays import OPENED, WEEK_DAYS, over_without_a_day, stays_of
from tools.prediction.hierarchy import Beliefs, Counts, fit_hierarchy, logistic
from tools.prediction.propensity import Floats

AGES: Final = (0, 1, 2, 4, 8, 13)
"""Whole weeks in a stage from which a band of ages begins; the last has no end."""
LEAST_CLOSED: Final = 30
LEAST_OF_A_KIND: Final = 10
"""Closed deals, and won and lost ones among them, below which the prior speaks."""
LEAST_STAYS: Final = 20
"""Stays of a stage that ended, below which the stage rests on the others."""
USUAL: Final = {"leaves": 0.15, "closes": 0.4, "wins": 0.3}
"""What stands for a week, for a stay that ends, and for a deal that closes, before any is seen."""
LEVEL_SD: Final = 1.0
AGE_SD: Final = 0.5
STAGE_SD: Final = 0.7
STAGE_AGE_SD: Final = 0.2
DRAWS: Final = 400
SEED: Final = 6
TAILS: Final = (0.05, 0.95)


@dataclass(frozen=True)
class Winning:
    """`draws`: chance of a win within the horizon, draws x stages x ages in weeks (the last age
    stands for all later ones)."""

    stages: tuple[str, ...]
    draws: Floats
    stays: pl.DataFrame
    """stage, stays (that ended), deal_weeks, evidence."""
    evidence: Evidence
    model: str
    at: datetime
    horizon_days: int
    words: str

    @property
    def mean(self) -> Floats:
        """Stages x ages."""
        return np.asarray(self.draws.mean(axis=0), dtype=np.float64)

    def open_deals(self, deals: pl.DataFrame, stages: pl.DataFrame) -> pl.DataFrame:
        """deal_id, stage, weeks, chance, low, high (90%), amount, value, value_low, value_high
        (chance x amount, minor units), support (deal-weeks of the stage), evidence, model, as_of:
        each deal open at the model's instant."""
        now = stays_of(deals, stages, self.at).filter(pl.col("ended").is_null())
        index = {name: i for i, name in enumerate(self.stages)}
        where = [index[one] for one in now.get_column("stage")]
        age = np.minimum(now.get_column("weeks").to_numpy(), self.draws.shape[2] - 1)
        drawn = self.draws[:, where, age]
        low, high = np.quantile(drawn, TAILS, axis=0)
        told = now.select("deal_id", "stage", "weeks").with_columns(
            chance=pl.Series(drawn.mean(axis=0)), low=pl.Series(low), high=pl.Series(high)
        )
        return (
            told.join(deals.select("deal_id", "amount"), on="deal_id", how="left")
            .with_columns(
                (pl.col(name) * pl.col("amount")).alias(worth)
                for name, worth in (
                    ("chance", "value"),
                    ("low", "value_low"),
                    ("high", "value_high"),
                )
            )
            .join(
                self.stays.select(
                    "stage", "evidence", support=pl.col("deal_weeks").cast(pl.Float64)
                ),
                on="stage",
                how="left",
            )
            .with_columns(model=pl.lit(self.model), as_of=pl.lit(self.at))
            .sort("deal_id")
        )


def fit_winning(
    deals: pl.DataFrame, stages: pl.DataFrame, at: datetime, horizon_days: int
) -> Winning:
    """deals: deal_id, opened_at, closed_at, won, amount; stages: deal_id, stage, at. With fewer
    than LEAST_CLOSED closed deals, or LEAST_OF_A_KIND won or lost, what is usual speaks and says
    so. Deals that are over though nobody said since when teach nothing, and the words count them.
    Raises DataError for a horizon of less than a week."""
    if horizon_days < WEEK_DAYS:
        raise DataError(
            f"Expected a horizon of at least {WEEK_DAYS} days, found {horizon_days}: deals are "
            "followed week by week.",
            "Ask for a longer horizon.",
        )
    stays = stays_of(deals, stages, at)
    names = tuple(sorted({OPENED, *stays.get_column("stage")}))
    won, lost = (stays.filter(ended=kind).height for kind in ("won", "lost"))
    enough = won + lost >= LEAST_CLOSED and min(won, lost) >= LEAST_OF_A_KIND
    seen = stays if enough else stays.clear()
    hazards = {kind: _chances(kind, seen, names) for kind in USUAL}
    draws = _ahead(hazards, _destinations(seen, names), horizon_days // WEEK_DAYS)
    known = _known(stays, names, enough)
    version = digest([stays.write_csv(), at.isoformat(), horizon_days])[:12]
    return Winning(
        names,
        draws,
        known,
        "measured" if enough else "prior",
        f"winning-{version}" if enough else "prior:usual",
        at,
        horizon_days,
        _words(won, lost, enough, known) + _undated(over_without_a_day(deals, stages, at).len()),
    )


def ages_of(weeks: npt.NDArray[np.integer]) -> npt.NDArray[np.intp]:
    """Band of each age in whole weeks."""
    return np.searchsorted(np.array(AGES[1:]), weeks, side="right")


def _chances(kind: str, stays: pl.DataFrame, names: Sequence[str]) -> Floats:
    """Draws of the chance, draws x stages x bands."""
    trials, answered = _counts(kind, stays, names)
    bands = np.eye(len(AGES))
    bands[:, 0] = 1.0
    stage, band = np.nonzero(trials)
    found = fit_hierarchy(
        Counts(bands[band], stage, trials[stage, band], answered[stage, band]),
        np.zeros(len(names), dtype=np.intp),
        _beliefs(kind),
    )
    return logistic(found.draws(DRAWS, SEED + list(USUAL).index(kind)) @ bands.T)


def _counts(kind: str, stays: pl.DataFrame, names: Sequence[str]) -> tuple[Floats, Floats]:
    """What could have happened and what did, stages x bands."""
    ended = stays.get_column("ended").fill_null("")
    if kind == "leaves":
        return _weeks(stays, names), _events(stays.filter(ended != ""), names)
    closed = stays.filter(ended.is_in(["won", "lost"]))
    if kind == "closes":
        return _events(stays.filter(ended != ""), names), _events(closed, names)
    return _events(closed, names), _events(stays.filter(ended == "won"), names)


def _events(stays: pl.DataFrame, names: Sequence[str]) -> Floats:
    found = np.zeros((len(names), len(AGES)))
    stage = [names.index(one) for one in stays.get_column("stage")]
    at = np.array(stage, dtype=np.intp), ages_of(stays.get_column("weeks").to_numpy())
    np.add.at(found, at, 1.0)
    return found


def _weeks(stays: pl.DataFrame, names: Sequence[str]) -> Floats:
    """Weeks at risk: the whole ones, and the one in which the stay ended."""
    found = np.zeros((len(names), len(AGES)))
    stage = [names.index(one) for one in stays.get_column("stage")]
    lasted = stays.select(pl.col("weeks") + pl.col("ended").is_not_null()).to_series().to_numpy()
    for band, begins in enumerate(AGES):
        ends = AGES[band + 1] if band + 1 < len(AGES) else np.inf
        np.add.at(found, (stage, band), np.clip(lasted - begins, 0, ends - begins))
    return found


def _beliefs(kind: str) -> Beliefs:
    later = len(AGES) - 1

    def variance(level: float, age: float) -> Floats:
        return np.square(np.array([level, *[age] * later], dtype=np.float64))

    middle = np.zeros(later + 1)
    middle[0] = np.log(USUAL[kind] / (1.0 - USUAL[kind]))
    still = variance(1e-3, 1e-3)
    return Beliefs(middle, variance(LEVEL_SD, AGE_SD), still, variance(STAGE_SD, STAGE_AGE_SD))


def _destinations(stays: pl.DataFrame, names: Sequence[str]) -> Floats:
    """Draws of where a stage's deals go that move: draws x stages x stages. One move's worth of
    belief goes where all moves go."""
    count = len(names)
    moves = np.zeros((count, count))
    gone = stays.filter(ended="moved")
    np.add.at(
        moves,
        tuple([names.index(one) for one in gone.get_column(c)] for c in ("stage", "moved_to")),
        1.0,
    )
    usual = moves.sum(axis=0) + 0.1
    belief = np.tile(usual / usual.sum(), (count, 1))
    if count > 1:
        np.fill_diagonal(belief, 0.0)
        belief /= belief.sum(axis=1, keepdims=True)
    shares = np.random.default_rng(SEED).standard_gamma(belief + moves, (DRAWS, count, count))
    return np.asarray(shares / np.maximum(shares.sum(axis=2, keepdims=True), 1e-300))


def _ahead(hazards: dict[str, Floats], moves: Floats, weeks: int) -> Floats:
    """Chance of a win within so many weeks, by going back from their end week by week."""
    band = ages_of(np.arange(AGES[-1] + 1))
    leaves, closes, wins = (hazards[kind][:, :, band] for kind in USUAL)
    chance = np.zeros_like(leaves)
    for _ in range(weeks):
        older = np.concatenate([chance[:, :, 1:], chance[:, :, -1:]], axis=2)
        elsewhere = np.einsum("dst,dt->ds", moves, chance[:, :, 0])[:, :, None]
        gone = closes * wins + (1.0 - closes) * elsewhere
        chance = leaves * gone + (1.0 - leaves) * older
    return chance


def _known(stays: pl.DataFrame, names: Sequence[str], enough: bool) -> pl.DataFrame:
    lasted = pl.col("weeks") + pl.col("ended").is_not_null()
    own = stays.group_by("stage").agg(
        stays=pl.col("ended").is_not_null().sum().cast(pl.Int64), deal_weeks=lasted.sum()
    )
    measured = (pl.col("stays") >= LEAST_STAYS) & pl.lit(enough)
    return (
        pl.DataFrame({"stage": names})
        .join(own, on="stage", how="left", maintain_order="left")
        .with_columns(pl.col("stays", "deal_weeks").fill_null(0))
        .with_columns(
            evidence=pl.when(measured).then(pl.lit("measured")).otherwise(pl.lit("prior"))
        )
    )


def _words(won: int, lost: int, enough: bool, known: pl.DataFrame) -> str:
    seen = f"{won} deals won and {lost} lost"
    if not enough:
        return (
            f"Not measured: {seen}; {LEAST_CLOSED} are needed, and {LEAST_OF_A_KIND} of each. "
            "What is usual anywhere speaks, the same for every stage."
        )
    thin = known.filter(evidence="prior").get_column("stage").to_list()
    resting = f" Too few stays of their own: {', '.join(thin)}." if thin else ""
    return f"From {seen}, and the weeks of those still open.{resting}"


def _undated(count: int) -> str:
    if not count:
        return ""
    said = "1 deal is" if count == 1 else f"{count} deals are"
    return f" {said} over with no closed_at: left out."
