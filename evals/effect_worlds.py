"""Worlds whose every contact's effect is known: how much of the effects the intervals hold."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np
import polars as pl

from domain.objective import Objective
from domain.tables import INSTANT
from tools.measurement.answers import NOTHING
from tools.prediction.hierarchy import logistic
from tools.prediction.normal import Z_90
from tools.prediction.predicting import predict
from tools.prediction.propensity import Floats

AT: Final = datetime(2026, 9, 1, tzinfo=UTC)
VISIT: Final = Objective(outcome="visit", horizon_days=14, worth=500, currency="USD", noun="visit")
OFFER: Final = pl.DataFrame(
    [("offer", "email", "approved")], ["treatment_id", "channel", "approval"], orient="row"
)
ROWS: Final = 8_000
FEW_ROWS: Final = 1_500
FIFTHS: Final = 5
KINDS: Final = ("a", "b", "c", "d", "e", "f")
"""Texts of a contact's kind."""


@dataclass(frozen=True)
class People:
    """Attributes of contacts: numbers (contacts x 4), one text as a code, and the log odds of an
    answer where nothing is done."""

    numbers: Floats
    kind: np.ndarray
    odds: Floats


def linear(people: People, draws: np.random.Generator) -> Floats:
    """A change of the chance that lies along a line through the numbers."""
    return _scaled(people.numbers @ draws.normal(size=4), draws)


def nonlinear(people: People, draws: np.random.Generator) -> Floats:
    """Steps, a bend, a product of two numbers, and kinds of contacts that differ."""
    a, b, c, _ = people.numbers.T
    steps = np.where(a > draws.uniform(-1, 1), 1.0, -0.5) * draws.normal()
    bends = np.tanh(2.0 * b) * np.sign(c) * draws.normal()
    return _scaled(steps + bends + draws.normal(size=len(KINDS))[people.kind], draws)


def odds(people: People, draws: np.random.Generator) -> Floats:
    """The same change of everybody's log odds: who is likelier to answer is moved more."""
    moved = logistic(people.odds + draws.uniform(-0.2, 0.6))
    return np.asarray(moved - logistic(people.odds))


def none(people: People, draws: np.random.Generator) -> Floats:
    """The same change of everybody's chance."""
    return np.full(len(people.odds), draws.uniform(-0.02, 0.06))


Shape = Callable[[People, np.random.Generator], Floats]
SHAPES: Final[dict[str, Shape]] = {
    "linear": linear,
    "nonlinear": nonlinear,
    "odds": odds,
    "none": none,
}


def effect_world(seed: int) -> dict[str, float]:
    """Shares of contacts whose own effect lies within its interval, by shape of the effects, and
    in a world of few rows, whose shape is drawn too; and, over these worlds, of their average
    effects and of the average effects of contacts who are told alike."""
    names = tuple(SHAPES)
    held = {name: held_in(name, ROWS, seed) for name in names}
    held["few rows"] = held_in(names[seed % len(names)], FEW_ROWS, seed)
    return {
        **{name: one.contacts for name, one in held.items()},
        "told alike": float(np.mean([one.alike for one in held.values()])),
        "average": float(np.mean([one.average for one in held.values()])),
    }


@dataclass(frozen=True)
class Held:
    """Of one world: the share of contacts whose own effect lies within its interval; of contacts
    who are told alike, the share of whom the average effect lies within what agents price by; and
    whether the average of all lies within its own."""

    contacts: float
    alike: float
    average: bool


def held_in(name: str, rows: int, seed: int) -> Held:
    """One world, drawn apart from all others: an experiment with one treatment, predicted as a run
    does."""
    draws = np.random.default_rng([seed, rows, list(SHAPES).index(name)])
    people = _people(rows, draws)
    alone = logistic(people.odds)
    effect = np.clip(alone + SHAPES[name](people, draws), 0.002, 0.998) - alone
    treated = draws.random(rows) < draws.uniform(0.25, 0.75)
    answered = draws.random(rows) < alone + treated * effect
    found = predict(
        _observations(people, draws),
        _touches(treated),
        _outcomes(answered),
        OFFER,
        (VISIT,),
        (),
        AT,
    )
    (card,), told = found.cards, found.predictions.sort("contact")
    low, high = told.get_column("low").to_numpy(), told.get_column("high").to_numpy()
    return Held(
        float(((low <= effect) & (effect <= high)).mean()),
        _held_alike(told, effect),
        bool(abs(card.average_effect - effect.mean()) <= Z_90 * card.average_effect_se),
    )


def _held_alike(told: pl.DataFrame, effect: Floats) -> float:
    """Share of contacts in whose fifth, by the effect that is told, its mean lies no farther from
    the true effects' mean than Z_90 standard errors as told; who is told the same is together."""
    fifths = (
        told.with_columns(true=pl.Series(effect))
        .group_by(((pl.col("effect").rank("min") - 1) * FIFTHS // told.height).alias("fifth"))
        .agg(pl.len(), pl.col("effect", "effect_se", "true").mean())
    )
    held = (pl.col("effect") - pl.col("true")).abs() <= Z_90 * pl.col("effect_se")
    return float(fifths.select((held * pl.col("len")).sum() / pl.col("len").sum()).item())


def _people(rows: int, draws: np.random.Generator) -> People:
    numbers = draws.normal(size=(rows, 4))
    kind = draws.integers(0, len(KINDS), rows)
    level = draws.uniform(-2.2, -0.4) + draws.normal(scale=0.4, size=len(KINDS))[kind]
    return People(numbers, kind, level + numbers @ draws.normal(scale=0.3, size=4))


def _scaled(shape: Floats, draws: np.random.Generator) -> Floats:
    """The shape as a change of the chance: an average, and a standard deviation of its own."""
    spread = float(np.exp(draws.uniform(np.log(0.01), np.log(0.08))))
    level = float(draws.uniform(-0.02, 0.06))
    return np.asarray(level + spread * (shape - shape.mean()) / shape.std())


def _observations(people: People, draws: np.random.Generator) -> pl.DataFrame:
    rows = len(people.odds)
    numbers = people.numbers.copy()
    numbers[draws.random(rows) < 0.1, 3] = np.nan
    return pl.DataFrame(
        {
            "contact": np.arange(rows, dtype=np.uint32),
            "contact_id": _ids(rows),
            "evaluation": draws.random(rows) < 0.2,
            **{f"attr_number{i}": numbers[:, i] for i in range(4)},
            "attr_kind": np.array(KINDS)[people.kind],
        }
    )


def _ids(rows: int) -> pl.Series:
    return pl.Series(np.arange(rows)).cast(pl.String)


def _touches(treated: np.ndarray) -> pl.DataFrame:
    share = float(treated.mean())
    return pl.DataFrame(
        {
            "touch_id": _ids(len(treated)),
            "contact_id": _ids(len(treated)),
            "treatment_id": np.where(treated, "offer", NOTHING),
            "propensity": np.where(treated, share, 1.0 - share),
        }
    ).with_columns(
        channel=pl.lit("email"),
        at=pl.lit(AT - timedelta(days=30), INSTANT),
        source=pl.lit("file"),
    )


def _outcomes(answered: np.ndarray) -> pl.DataFrame:
    return (
        pl.DataFrame({"contact_id": _ids(len(answered)), "touch_id": _ids(len(answered))})
        .filter(pl.Series(answered))
        .with_columns(
            kind=pl.lit("visit"),
            at=pl.lit(AT - timedelta(days=28), INSTANT),
            value=pl.lit(None, pl.Int64),
        )
    )
