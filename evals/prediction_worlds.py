"""Made-up contacts whose every effect is known: attributes, touches drawn by chance, answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from domain.objective import Objective
from domain.tables import INSTANT
from tools.measurement.answers import NOTHING

Floats = npt.NDArray[np.float64]
AT: Final = datetime(2026, 11, 2, 9, tzinfo=UTC)
DAYS: Final = 200
"""Days before AT over which touches lie."""
HORIZON: Final = 14
VISIT: Final = Objective(
    outcome="visit", horizon_days=HORIZON, worth=500, currency="USD", noun="visit"
)
ARMS: Final[Mapping[str, Sequence[str]]] = {
    "email": ("news", "offer", "guide", "event", "survey"),
    "sms": ("alert", "coupon", "reminder"),
}
"""Treatments drawn by chance, as likely as being left alone on the channel."""
CALL: Final = "ring"
NEW: Final = "launch"
COUNTRIES: Final = tuple(f"country{number:02d}" for number in range(20))
SEGMENTS: Final = ("new", "active", "sleeping", "lost", "vip", "partner")
KINDS: Final = ("opened", "clicked", "purchase")
"""What else happens to contacts, and tells nothing of visits."""


@dataclass(frozen=True)
class World:
    """A warehouse's frames; `alone` (contacts) and `effects` (contacts, by treatment) are true."""

    observations: pl.DataFrame
    touches: pl.DataFrame
    outcomes: pl.DataFrame
    treatments: pl.DataFrame
    alone: Floats
    effects: Mapping[str, Floats]


def big_world(contacts: int, events: int, seed: int) -> World:
    """So many contacts; of the events a quarter are touches, the others are what followed."""
    draws = np.random.default_rng(seed)
    known, observations = _people(contacts, draws)
    alone, effects = _truth(known, draws)
    owner, touches = _touches(contacts, events // 4, draws)
    names = touches.get_column("treatment_id").to_numpy()
    chance = alone[owner]
    for name, effect in effects.items():
        mine = names == name
        chance[mine] = chance[mine] + effect[owner[mine]]
    answered = draws.random(len(owner)) < chance
    return World(
        observations,
        touches,
        _outcomes(touches, answered, events - len(owner), contacts, draws),
        _treatments(),
        alone,
        effects,
    )


def ids(numbers: npt.NDArray[np.integer]) -> pl.Series:
    return pl.Series("contact_id", numbers).cast(pl.String).str.zfill(8)


def _people(contacts: int, draws: np.random.Generator) -> tuple[Mapping[str, Floats], pl.DataFrame]:
    """What is true of everybody, and the attributes of it that are on record."""
    numbers = {f"number{i}": draws.normal(size=contacts) for i in range(6)}
    codes = {
        "country": draws.integers(0, len(COUNTRIES), contacts).astype(np.float64),
        "segment": draws.integers(0, len(SEGMENTS), contacts).astype(np.float64),
        "paying": (draws.random(contacts) < 0.3).astype(np.float64),
    }
    frame = pl.DataFrame(
        {
            "contact": np.arange(contacts, dtype=np.uint32),
            "contact_id": ids(np.arange(contacts)),
            "evaluation": draws.random(contacts) < 0.3,
            **{f"attr_{name}": value for name, value in numbers.items()},
            "attr_country": pl.Series(np.array(COUNTRIES)[codes["country"].astype(int)]),
            "attr_segment": pl.Series(np.array(SEGMENTS)[codes["segment"].astype(int)]),
            "attr_paying": codes["paying"] > 0,
        }
    )
    for name, share in (("attr_number4", 0.1), ("attr_number5", 0.4), ("attr_segment", 0.05)):
        gone = pl.Series(draws.random(contacts) < share)
        frame = frame.with_columns(pl.when(~gone).then(name).alias(name))
    return {**numbers, **codes}, frame


def _truth(
    known: Mapping[str, Floats], draws: np.random.Generator
) -> tuple[Floats, Mapping[str, Floats]]:
    """The chance of who is left alone, and each treatment's effect on it."""
    liking = draws.normal(scale=0.4, size=len(COUNTRIES))[known["country"].astype(int)]
    odds = -2.4 + 0.6 * known["number0"] + 0.3 * known["number1"] * known["paying"] + liking
    alone = 1.0 / (1.0 + np.exp(-odds))
    effects = {}
    for name in (*(one for arms in ARMS.values() for one in arms), CALL, NEW):
        a, b, c = draws.normal(size=3)
        shape = np.tanh(a * known["number2"]) + b * (known["segment"] == 1) + c * known["paying"]
        effects[name] = np.clip(0.02 + 0.02 * shape, -0.5 * alone, 1.0 - alone)
    return alone, effects


def _touches(
    contacts: int, count: int, draws: np.random.Generator
) -> tuple[npt.NDArray[np.intp], pl.DataFrame]:
    """Whom each touch reached, and the touches: nine in ten drawn by chance, the others calls."""
    owner = draws.integers(0, contacts, count)
    drawn = {channel: (*arms, NOTHING) for channel, arms in ARMS.items()}
    cells = [(channel, arm, 1 / len(arms)) for channel, arms in drawn.items() for arm in arms]
    cell = draws.integers(0, len(cells), count)
    called = draws.random(count) < 0.1
    rows = pl.DataFrame(cells, schema=["channel", "treatment_id", "propensity"], orient="row")
    told = rows[cell].with_columns(
        touch_id=pl.int_range(pl.len()).cast(pl.String),
        contact_id=ids(owner),
        at=_instants(draws.random(count)),
        source=pl.lit("file"),
        called=pl.Series(called),
    )
    return owner, told.with_columns(
        channel=pl.when("called").then(pl.lit("call")).otherwise("channel"),
        treatment_id=pl.when("called").then(pl.lit(CALL)).otherwise("treatment_id"),
        propensity=pl.when(~pl.col("called")).then("propensity"),
    ).drop("called")


def _instants(shares: Floats) -> pl.Series:
    first = int((AT - timedelta(days=DAYS)).timestamp() * 1e6)
    span = int(timedelta(days=DAYS) / timedelta(microseconds=1))
    return pl.Series((first + shares * span).astype(np.int64)).cast(INSTANT)


def _outcomes(
    touches: pl.DataFrame,
    answered: npt.NDArray[np.bool_],
    count: int,
    contacts: int,
    draws: np.random.Generator,
) -> pl.DataFrame:
    """The visits that answered, and so many other things that nothing caused as make `count`."""
    visits = touches.filter(pl.Series(answered)).select(
        "contact_id", "touch_id", kind=pl.lit("visit"), at=pl.col("at") + timedelta(days=2)
    )
    other = max(count - visits.height, 0)
    rest = pl.DataFrame(
        {
            "contact_id": ids(draws.integers(0, contacts, other)),
            "kind": pl.Series(np.array(KINDS)[draws.integers(0, len(KINDS), other)]),
            "at": _instants(draws.random(other)),
        }
    )
    joined = pl.concat([visits, rest], how="diagonal")
    bought = pl.when(pl.col("kind") == "purchase").then(pl.lit(2500, dtype=pl.Int64))
    return joined.with_columns(value=bought)


def _treatments() -> pl.DataFrame:
    rows = [(arm, channel) for channel, arms in ARMS.items() for arm in arms]
    return pl.DataFrame(
        [(name, channel, "approved") for name, channel in (*rows, (CALL, "call"), (NEW, "email"))],
        schema=["treatment_id", "channel", "approval"],
        orient="row",
    )
