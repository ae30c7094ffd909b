"""Worlds whose truth is known: content, fatigue and deals, and how much of it intervals hold."""

from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from domain.tables import INSTANT
from tools.prediction.content import fit_content
from tools.prediction.context import Context
from tools.prediction.fatigue import STEPS_7D, STEPS_28D, fit_fatigue
from tools.prediction.hierarchy import logistic
from tools.prediction.propensity import Floats
from tools.prediction.winning import AGES, fit_winning

AT: Final = datetime(2026, 9, 1, tzinfo=UTC)
THEMES: Final = 8
EACH: Final = 5
"""Treatments of a theme; its last was never sent."""


def content_world(seed: int, touches: int = 8000) -> dict[str, float]:
    """Themes and treatments that differ in level and taste; shares held of treatments that were
    sent, and of new ones."""
    draws = np.random.default_rng(seed)
    theme = np.repeat(np.arange(THEMES), EACH)
    coefficients = (
        np.array([np.log(0.08), 0.2, -0.1])
        + (draws.uniform(-1, 1, (THEMES, 3)) * [0.8, 0.4, 0.4])[theme]
        + draws.uniform(-1, 1, (len(theme), 3)) * [0.5, 0.2, 0.2]
    )
    treatments = pl.DataFrame(
        {
            "treatment_id": [f"T{i:03d}" for i in range(len(theme))],
            "theme": [f"theme-{i}" for i in theme],
        }
    )
    context = Context(("a", "b"), draws.standard_normal((touches, 2)))
    sent = draws.choice(np.flatnonzero(np.arange(len(theme)) % EACH < EACH - 1), touches)
    terms = np.column_stack([np.ones(touches), context.matrix])
    chance = logistic((terms * coefficients[sent]).sum(axis=1))
    rows = pl.DataFrame(
        {
            "contact": np.arange(touches),
            "treatment_id": treatments.get_column("treatment_id").gather(sent),
            "answered": draws.random(touches) < chance,
        }
    ).with_columns(touched_at=pl.lit(AT, INSTANT))
    asked = Context(context.names, draws.standard_normal((6, 2)))
    truth = logistic(np.column_stack([np.ones(6), asked.matrix]) @ coefficients.T)
    table = fit_content(rows, context, treatments, AT).chances(asked)
    held = _held(table.get_column("low"), table.get_column("high"), truth.ravel())
    new = np.tile(np.arange(len(theme)) % EACH == EACH - 1, 6)
    return {"sent": float(held[~new].mean()), "new": float(held[new].mean())}


def fatigue_world(seed: int, touches: int = 60_000) -> dict[str, float]:
    """Three channels whose risks rise by steps of their own; shares held of each outcome's chances
    at the steps of which something was seen."""
    draws = np.random.default_rng(seed)
    channels = ("email", "sms", "call")
    channel = draws.choice(3, touches, p=[0.6, 0.3, 0.1])
    week = draws.poisson(1.5, touches)
    month = week + draws.poisson(3.0, touches)
    rows = {
        "channel": np.array(channels)[channel],
        "touches_7d": week,
        "touches_28d": month,
    }
    truths = {}
    for outcome, base in (("ignored", 0.8), ("unsubscribed", 0.006), ("complained", 0.0015)):
        truths[outcome] = _risks(draws, base)
        at = truths[outcome][channel, _reached(week, STEPS_7D), _reached(month, STEPS_28D)]
        rows[outcome] = draws.random(touches) < at
    table = fit_fatigue(pl.DataFrame(rows), AT).table.filter(pl.col("channel").is_in(channels))
    held = {}
    for outcome, truth in truths.items():
        own = table.filter(pl.col("outcome") == outcome)
        inside = _held(
            own.get_column("low"), own.get_column("high"), _in_order(own, truth, channels)
        )
        held[outcome] = float(inside[own.get_column("support").to_numpy() > 0].mean())
    return held


def _risks(draws: np.random.Generator, base: float) -> Floats:
    """Chances, channels x steps of 7 days x steps of 28 days."""
    level = np.log(base / (1.0 - base)) + draws.uniform(-0.7, 0.7, 3)
    curves = []
    for begins in (STEPS_7D, STEPS_28D):
        common = draws.uniform(0.0, 0.5, len(begins) - 1)
        own = common * draws.uniform(0.7, 1.3, (3, len(begins) - 1))
        curves.append(np.column_stack([np.zeros(3), np.cumsum(own, axis=1)]))
    return logistic(level[:, None, None] + curves[0][:, :, None] + curves[1][:, None, :])


def _reached(counts: npt.NDArray[np.integer], begins: tuple[int, ...]) -> npt.NDArray[np.intp]:
    return np.searchsorted(np.array(begins[1:]), counts, side="right")


def _in_order(own: pl.DataFrame, truth: Floats, channels: tuple[str, ...]) -> Floats:
    where = (
        [channels.index(one) for one in own.get_column("channel")],
        [STEPS_7D.index(one) for one in own.get_column("touches_7d")],
        [STEPS_28D.index(one) for one in own.get_column("touches_28d")],
    )
    return truth[where]


STAGES: Final = ("first", "second", "third", "fourth")


def deal_world(seed: int, count: int = 500, horizon_weeks: int = 26) -> dict[str, float]:
    """Deals that go through four stages, back or to their end, with hazards by age; share held of
    the chances to win, over stages and ages."""
    draws = np.random.default_rng(seed)
    ages = AGES[-1] + 1
    slow = np.exp(-draws.uniform(0.0, 0.08, (4, 1)) * np.arange(ages))
    leaves = draws.uniform(0.1, 0.35, (4, 1)) * slow
    closes = np.linspace(0.25, 0.7, 4) * draws.uniform(0.8, 1.2, 4)
    wins = np.linspace(0.15, 0.6, 4) * draws.uniform(0.7, 1.3, 4)
    moves = np.array([[0, 8, 1, 1], [1, 0, 8, 1], [1, 1, 0, 8], [2, 2, 6, 0]]) / 10.0
    deals, stages = _lived(draws, count, leaves, closes, wins, moves)
    chance = np.zeros((4, ages))
    for _ in range(horizon_weeks):
        older = np.column_stack([chance[:, 1:], chance[:, -1]])
        gone = closes * wins + (1.0 - closes) * (moves @ chance[:, 0])
        chance = leaves * gone[:, None] + (1.0 - leaves) * older
    found = fit_winning(deals, stages, AT, horizon_weeks * 7)
    where = [found.stages.index(one) for one in STAGES]
    low, high = np.quantile(found.draws[:, where], (0.05, 0.95), axis=0)
    return {"stages and ages": float(((chance >= low) & (chance <= high)).mean())}


def _lived(
    draws: np.random.Generator,
    count: int,
    leaves: Floats,
    closes: Floats,
    wins: Floats,
    moves: Floats,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Deals opened over two years, each lived week by week until it closes or AT comes."""
    deals, stages = [], []
    for i in range(count):
        now = opened = AT - timedelta(days=float(draws.uniform(7, 730)))
        stage, age, closed, won = 0, 0, None, None
        stages.append((f"D{i}", STAGES[stage], now))
        while closed is None and now + timedelta(days=7) <= AT:
            now += timedelta(days=7)
            if draws.random() >= leaves[stage, min(age, leaves.shape[1] - 1)]:
                age += 1
            elif draws.random() < closes[stage]:
                # A second before the week is full, so that it is the week the stay ended in.
                closed, won = now - timedelta(seconds=1), bool(draws.random() < wins[stage])
            else:
                stage, age = int(draws.choice(4, p=moves[stage])), 0
                now -= timedelta(seconds=1)
                stages.append((f"D{i}", STAGES[stage], now))
        deals.append((f"D{i}", opened, closed, won, 1000))
    return (
        pl.DataFrame(
            deals,
            schema={
                "deal_id": pl.String,
                "opened_at": INSTANT,
                "closed_at": INSTANT,
                "won": pl.Boolean,
                "amount": pl.Int64,
            },
            orient="row",
        ),
        pl.DataFrame(
            stages, schema={"deal_id": pl.String, "stage": pl.String, "at": INSTANT}, orient="row"
        ),
    )


def _held(low: pl.Series, high: pl.Series, truth: Floats) -> np.ndarray:
    return (low.to_numpy() <= truth) & (truth <= high.to_numpy())
