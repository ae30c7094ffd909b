"""Fatigue: what one more touch risks, by how many came before and by which channel.

Chances that a touch is ignored, answered by an unsubscribe or by a complaint. Each channel has a
curve of its own, shrunk to that of all channels (hierarchy.py), in steps of earlier touches within
7 and 28 days. More touches never count as less tiring unless the rows say so beyond chance.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
import polars as pl

from domain.canonical import digest
from domain.names import CHANNELS
from tools.prediction.hierarchy import Beliefs, Counts, fit_hierarchy, logistic
from tools.prediction.priors import LEAST_OUTCOMES, LEAST_TOUCHES
from tools.prediction.propensity import Floats
from tools.prediction.rising import falls, rising

STEPS_7D: Final = (0, 1, 2, 3, 5)
STEPS_28D: Final = (0, 2, 4, 7, 12)
"""Earlier touches from which a step begins."""
STEPS: Final = {"touches_7d": STEPS_7D, "touches_28d": STEPS_28D}
USUAL: Final = {"ignored": 0.9, "unsubscribed": 0.002, "complained": 0.0003}
"""Chances that nobody declared or saw anything of, within a factor of twenty of the odds."""
LEVEL_SD: Final = 1.5
STEP_SD: Final = 0.4
CHANNEL_SD: Final = 0.5
CHANNEL_STEP_SD: Final = 0.1
"""Beliefs (log odds): the level of all, a step, and what channels differ by in either."""
DRAWS: Final = 600
SEED: Final = 6
TAILS: Final = (0.05, 0.95)


@dataclass(frozen=True)
class Fatigue:
    """`table`: channel, outcome (ignored, unsubscribed, complained), touches_7d and touches_28d
    (where a step begins), chance, low, high (90%), support (past touches of the channel at this
    step), touches and outcomes (of the channel), evidence, shape (rising, or as seen), model,
    as_of."""

    table: pl.DataFrame
    model: str
    at: datetime
    words: str

    def risks(self, asked: pl.DataFrame) -> pl.DataFrame:
        """asked (channel, touches_7d, touches_28d) with chance, low and high of each outcome:
        OUTCOME, OUTCOME_low, OUTCOME_high, and `evidence` (a prior where any of them is)."""
        placed = asked.with_columns(step_of(name).alias(f"step_{name}") for name in STEPS)
        keys = {"channel": "channel", **{f"step_{name}": name for name in STEPS}}
        for outcome in USUAL:
            told = self.table.filter(outcome=outcome).select(
                *(pl.col(name).alias(key) for key, name in keys.items()),
                pl.col("chance").alias(outcome),
                pl.col("low").alias(f"{outcome}_low"),
                pl.col("high").alias(f"{outcome}_high"),
                pl.col("evidence").alias(f"{outcome}_evidence"),
            )
            placed = placed.join(told, on=list(keys), how="left", maintain_order="left")
        every = pl.all_horizontal(pl.col(f"{one}_evidence") == "measured" for one in USUAL)
        return placed.with_columns(
            evidence=pl.when(every).then(pl.lit("measured")).otherwise(pl.lit("prior"))
        ).drop(*(f"step_{name}" for name in STEPS), *(f"{one}_evidence" for one in USUAL))


def fit_fatigue(rows: pl.DataFrame, at: datetime) -> Fatigue:
    """rows: as recent_touches.touches_with_answers gives them. A channel with fewer than
    LEAST_TOUCHES touches or LEAST_OUTCOMES of an outcome says `prior` for it: it rests on the other
    channels, and where all together have fewer, on what is usual anywhere."""
    cells = (
        rows.filter(pl.col("channel").is_in(CHANNELS))
        .with_columns(step_of(name).alias(name) for name in STEPS)
        .group_by("channel", *STEPS)
        .agg(pl.len().cast(pl.Int64).alias("trials"), *(pl.col(one).sum() for one in USUAL))
        .sort("channel", *STEPS)
    )
    table = pl.concat([_outcome(cells, outcome) for outcome in USUAL])
    model = f"fatigue-{digest([cells.write_csv(), at.isoformat()])[:12]}"
    if table.filter(pl.col("evidence") == "measured").is_empty() and _silent(cells):
        model = "prior:usual"
    return Fatigue(
        table.with_columns(model=pl.lit(model), as_of=pl.lit(at)), model, at, _words(cells, table)
    )


def _outcome(cells: pl.DataFrame, outcome: str) -> pl.DataFrame:
    enough = _enough(cells, outcome)
    told = cells if enough else cells.clear()
    terms = _terms(told.select(*STEPS).to_numpy())
    leaf = np.array([CHANNELS.index(one) for one in told.get_column("channel")], dtype=np.intp)
    trials = told.get_column("trials").to_numpy().astype(np.float64)
    answered = told.get_column(outcome).to_numpy().astype(np.float64)
    found = fit_hierarchy(
        Counts(terms, leaf, trials, answered),
        np.zeros(len(CHANNELS), dtype=np.intp),
        _beliefs(outcome),
    )
    draws = found.draws(DRAWS, SEED)
    curves, shapes = _curves(draws, _exposure(cells))
    chance = logistic(curves)
    low, high = np.quantile(chance, TAILS, axis=0)
    return _table(cells, outcome, (chance.mean(axis=0), low, high), shapes)


def _terms(steps: Floats) -> Floats:
    """A column of ones, then one per step that the earlier touches have reached."""
    reached = [
        (steps[:, [axis]] >= np.array(begins[1:])).astype(np.float64)
        for axis, begins in enumerate(STEPS.values())
    ]
    return np.column_stack([np.ones(len(steps)), *reached])


def _beliefs(outcome: str) -> Beliefs:
    steps = len(STEPS_7D) + len(STEPS_28D) - 2

    def variance(level: float, step: float) -> Floats:
        return np.square(np.array([level, *[step] * steps], dtype=np.float64))

    middle = np.zeros(steps + 1)
    middle[0] = np.log(USUAL[outcome] / (1.0 - USUAL[outcome]))
    # One branch holds all channels; its own freedom about the root is next to none.
    still = variance(1e-3, 1e-3)
    return Beliefs(
        middle, variance(LEVEL_SD, STEP_SD), still, variance(CHANNEL_SD, CHANNEL_STEP_SD)
    )


def _curves(draws: Floats, exposure: tuple[Floats, Floats]) -> tuple[Floats, list[str]]:
    """Log odds, draws x channels x steps of 7 days x steps of 28 days, and each channel's shape.

    Each draw is moved to the nearest rising curve (Lin and Dunson 2014, "Bayesian monotone
    regression using Gaussian process projection"), unless its channel's rows speak against it."""
    first = len(STEPS_7D) - 1
    level = draws[:, :, :1]
    parts, fallen = [], np.zeros(draws.shape[1], dtype=np.bool_)
    for steps, seen in zip(
        (draws[:, :, 1 : first + 1], draws[:, :, first + 1 :]), exposure, strict=True
    ):
        curve = np.concatenate([np.zeros_like(level), np.cumsum(steps, axis=2)], axis=2)
        down = falls(curve)
        fallen |= down
        parts.append(np.where(down[None, :, None], curve, rising(curve, seen)))
    shapes = ["as seen" if one else "rising" for one in fallen]
    return level[..., None] + parts[0][..., :, None] + parts[1][..., None, :], shapes


def _exposure(cells: pl.DataFrame) -> tuple[Floats, Floats]:
    """Touches by step, channels x steps, of either window."""
    each = []
    for name, begins in STEPS.items():
        counts = np.zeros((len(CHANNELS), len(begins)))
        channel = [CHANNELS.index(one) for one in cells.get_column("channel")]
        step = [begins.index(one) for one in cells.get_column(name)]
        np.add.at(counts, (channel, step), cells.get_column("trials").to_numpy())
        each.append(counts)
    return each[0], each[1]


def _table(
    cells: pl.DataFrame, outcome: str, told: tuple[Floats, Floats, Floats], shapes: list[str]
) -> pl.DataFrame:
    grid = pl.DataFrame({"channel": CHANNELS, "shape": shapes}).join(
        pl.DataFrame({"touches_7d": STEPS_7D}).join(
            pl.DataFrame({"touches_28d": STEPS_28D}), how="cross"
        ),
        how="cross",
    )
    known = cells.select("channel", *STEPS, support=pl.col("trials").cast(pl.Float64))
    whole = cells.group_by("channel").agg(
        touches=pl.col("trials").sum(), outcomes=pl.col(outcome).cast(pl.Int64).sum()
    )
    enough = (pl.col("touches") >= LEAST_TOUCHES) & (pl.col("outcomes") >= LEAST_OUTCOMES)
    return (
        grid.with_columns(
            outcome=pl.lit(outcome),
            **{
                name: pl.Series(values.ravel())
                for name, values in zip(("chance", "low", "high"), told, strict=True)
            },
        )
        .join(known, on=["channel", *STEPS], how="left", maintain_order="left")
        .join(whole, on="channel", how="left", maintain_order="left")
        .with_columns(pl.col("support", "touches", "outcomes").fill_null(0))
        .with_columns(evidence=pl.when(enough).then(pl.lit("measured")).otherwise(pl.lit("prior")))
    )


def step_of(name: str) -> pl.Expr:
    """Where the step begins that a count of earlier touches lies on."""
    begins = STEPS[name]
    chosen = pl.lit(begins[0])
    for one in begins[1:]:
        chosen = pl.when(pl.col(name) >= one).then(pl.lit(one)).otherwise(chosen)
    return chosen.cast(pl.Int64)


def _enough(cells: pl.DataFrame, outcome: str) -> bool:
    touches = int(cells.get_column("trials").sum())
    return touches >= LEAST_TOUCHES and int(cells.get_column(outcome).sum()) >= LEAST_OUTCOMES


def _silent(cells: pl.DataFrame) -> bool:
    return not any(_enough(cells, one) for one in USUAL)


def _words(cells: pl.DataFrame, table: pl.DataFrame) -> str:
    touches = int(cells.get_column("trials").sum())
    said = []
    for outcome in USUAL:
        count = int(cells.get_column(outcome).sum())
        if not _enough(cells, outcome):
            said.append(
                f"{outcome} not measured ({count} of {touches}; {LEAST_OUTCOMES} of "
                f"{LEAST_TOUCHES} are needed), what is usual anywhere speaks"
            )
            continue
        own = table.filter((pl.col("outcome") == outcome) & (pl.col("evidence") == "measured"))
        channels = ", ".join(own.get_column("channel").unique(maintain_order=True))
        said.append(f"{outcome} {count} times, measured of {channels or 'no channel by itself'}")
    fallen = table.filter((pl.col("shape") == "as seen") & (pl.col("touches") > 0))
    named = ", ".join(fallen.get_column("channel").unique().sort())
    falling = f" More touches go with less on {named}." if named else ""
    return (
        f"From {touches} touches: {'; '.join(said)}.{falling} Who gets many touches was chosen by "
        "somebody, so this is seen, not caused."
    )
