"""Drawing: people, what they said and when, what agents want of them, all from one seed."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import polars as pl

from policies.zones import every_zone, zones_by_country

INSTANT: Final = pl.Datetime("us", "UTC")
HOUR: Final = timedelta(hours=1)
STEPS: Final = 96
"""Hours that a timeline is lived."""
TURNS: Final = tuple(
    datetime(*day, tzinfo=UTC)
    for day in (
        (2026, 3, 8),
        (2026, 3, 29),
        (2026, 4, 5),
        (2026, 10, 4),
        (2026, 10, 25),
        (2026, 11, 1),
        (2026, 12, 31),
        (2028, 2, 29),
    )
)
"""Days on which clocks change somewhere, either way, and two at which dates turn."""
AGENT_OF: Final = {"email": "email", "sms": "sales", "call": "sales", "ads": "ads"}
AGENTS: Final = ("email", "sales", "ads")
THEMES: Final = ("care", "sale", None)
CLASSES: Final = ("marketing", "transactional", "one_to_one", "mandatory")
PER_ACCOUNT: Final = 3
Whole = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Drawn:
    """A table of timelines.

    people: contact_id, account_id, country, timezone. said: contact_id, channel (null: objects on
    all), state, at, expires_at. asks: ask, contact_id, account_id, agent, channel, class, theme, at
    (the instant wished for), step (when it is asked). others: touches of other tools.
    replies: contact_id, account_id, at.
    """

    began: datetime
    people: pl.DataFrame
    said: pl.DataFrame
    asks: pl.DataFrame
    others: pl.DataFrame
    replies: pl.DataFrame


def draw(count: int, seed: int) -> Drawn:
    """So many timelines around one of the turns; the same each time."""
    random = np.random.default_rng(seed)
    turn = TURNS[seed % len(TURNS)]
    back = timedelta(minutes=15 * int(random.integers(0, 4)), hours=int(random.integers(24, 60)))
    began = turn - back
    people = _people(random, count)
    return Drawn(
        began,
        people,
        _said(random, count, began),
        _asks(random, people, began),
        _others(random, count, began),
        _replies(random, count, began),
    )


def names(rows: Whole) -> pl.Series:
    return pl.Series(rows).cast(pl.String)


def _accounts(rows: Whole) -> pl.Series:
    """Some of three, and every seventh account is none."""
    accounts = pl.Series(rows // PER_ACCOUNT)
    named = pl.select(pl.when(accounts % 7 != 0).then(pl.format("a{}", accounts)))
    return named.to_series()


def _people(random: np.random.Generator, count: int) -> pl.DataFrame:
    """One in twelve without a zone, of those one in three without a country; a few slips."""
    country_of = {zone: land for land, zones in zones_by_country().items() for zone in zones}
    zones = every_zone()
    drawn = [zones[number] for number in random.integers(0, len(zones), count)]
    luck = random.random(count)
    rows = [
        {
            "timezone": "Mars/Base" if lot < 0.01 else None if lot < 0.08 else zone,
            "country": None if lot < 0.03 else country_of[zone],
        }
        for zone, lot in zip(drawn, luck, strict=True)
    ]
    everyone = np.arange(count)
    return pl.DataFrame(rows, schema={"timezone": pl.String, "country": pl.String}).with_columns(
        contact_id=names(everyone), account_id=_accounts(everyone)
    )


def _said(random: np.random.Generator, count: int, began: datetime) -> pl.DataFrame:
    """Per person and channel up to four statements, before and during; some end by themselves."""
    frames = []
    for channel in AGENT_OF:
        for turn in range(4):
            rows = np.flatnonzero(random.random(count) < (0.95, 0.25, 0.15, 0.05)[turn])
            early = 80 if turn == 0 else 0
            minutes = random.integers(-60 * early - 60, 60 * (STEPS if turn else 4), len(rows))
            granted = random.random(len(rows)) < (0.95, 0.3, 0.6, 0.5)[turn]
            ends = random.random(len(rows)) < 0.15
            lasts = random.integers(60, 60 * (STEPS + early), len(rows))
            at = pl.Series([began] * len(rows), dtype=INSTANT) + _minutes(minutes)
            frames.append(
                pl.DataFrame(
                    {
                        "contact_id": names(rows),
                        "at": at,
                        "granted": granted,
                        "ends": ends,
                        "until": at + _minutes(lasts),
                    }
                ).select(
                    "contact_id",
                    "at",
                    channel=pl.lit(channel),
                    state=pl.when("granted").then(pl.lit("granted")).otherwise(pl.lit("withdrawn")),
                    expires_at=pl.when(pl.col("granted") & pl.col("ends")).then("until"),
                )
            )
    objecting = np.flatnonzero(random.random(count) < 0.04)
    when = _minutes(random.integers(-600, 60 * STEPS, len(objecting)))
    frames.append(
        pl.DataFrame(
            {
                "contact_id": names(objecting),
                "at": pl.Series([began] * len(objecting), dtype=INSTANT) + when,
            }
        ).select(
            "contact_id",
            "at",
            channel=pl.lit(None, dtype=pl.String),
            state=pl.lit("objected"),
            expires_at=pl.lit(None, dtype=INSTANT),
        )
    )
    told = pl.concat(frames)
    return told.unique(["contact_id", "channel", "at"], keep="first", maintain_order=True)


def _asks(random: np.random.Generator, people: pl.DataFrame, began: datetime) -> pl.DataFrame:
    """About fourteen asks a person: most for the hour itself, others up to a day ahead, often of
    several agents in the same hour, and pairs around the person's own midnight."""
    count = people.height
    moments = np.repeat(np.arange(count), 7)
    step = random.integers(0, STEPS, len(moments))
    several = random.integers(1, 4, len(moments))
    person, step = np.repeat(moments, several), np.repeat(step, several)
    ahead = np.where(random.random(len(person)) < 0.6, 0, random.integers(0, 25, len(person)))
    due = np.minimum(step + ahead, STEPS - 1)
    pairs = _around_midnight(random, people, began)
    person = np.concatenate([person, pairs[0]])
    step, due = np.concatenate([step, pairs[1]]), np.concatenate([due, pairs[1]])
    channels = np.array(list(AGENT_OF))[random.integers(0, len(AGENT_OF), len(person))]
    classes = np.array(CLASSES)[random.choice(4, len(person), p=(0.82, 0.1, 0.06, 0.02))]
    usual = np.array([AGENT_OF[channel] for channel in channels])
    another = np.array(AGENTS)[random.integers(0, len(AGENTS), len(person))]
    themes = [THEMES[number] for number in random.integers(0, len(THEMES), len(person))]
    rows = pl.DataFrame(
        {
            "contact_id": names(person),
            "account_id": _accounts(person),
            "step": step,
            "due": due,
            "channel": channels,
            "class": classes,
            "agent": np.where(random.random(len(person)) < 0.7, usual, another),
            "theme": pl.Series(themes, dtype=pl.String),
        }
    ).with_row_index("ask")
    return rows.with_columns(
        ask=pl.col("ask").cast(pl.Int64),
        at=pl.lit(began, dtype=INSTANT) + pl.duration(hours="due"),
    )


def _around_midnight(
    random: np.random.Generator, people: pl.DataFrame, began: datetime
) -> tuple[Whole, Whole]:
    """Person and step of pairs at 23 and at 1 o'clock, by the person's clock, of every tenth."""
    known = people.get_column("timezone").to_list()
    rows: list[int] = []
    steps: list[int] = []
    for place in np.flatnonzero(random.random(people.height) < 0.1):
        zone = ZoneInfo("UTC" if known[place] in (None, "Mars/Base") else known[place])
        local = began.astimezone(zone)
        day = local.date() + timedelta(days=int(random.integers(1, 3)))
        night = datetime(day.year, day.month, day.day, 23, tzinfo=zone).astimezone(UTC)
        first = -(-(night - began) // HOUR)
        rows += [int(place)] * 2
        steps += [first, first + 2]
    return np.array(rows, dtype=np.int64), np.clip(np.array(steps, dtype=np.int64), 0, STEPS - 1)


def _others(random: np.random.Generator, count: int, began: datetime) -> pl.DataFrame:
    """Touches of other tools, up to ten days before and while it goes on."""
    rows = np.repeat(np.arange(count), random.integers(0, 4, count))
    minutes = random.integers(-60 * 24 * 10, 60 * STEPS, len(rows))
    channels = np.array(list(AGENT_OF))[random.integers(0, len(AGENT_OF), len(rows))]
    return pl.DataFrame(
        {
            "contact_id": names(rows),
            "account_id": _accounts(rows),
            "channel": channels,
            "at": pl.Series([began] * len(rows), dtype=INSTANT) + _minutes(minutes),
        }
    ).with_columns(
        at=pl.col("at") + timedelta(seconds=17),
        **dict.fromkeys(("decision_id", "agent", "theme"), pl.lit(None, dtype=pl.String)),
    )


def _replies(random: np.random.Generator, count: int, began: datetime) -> pl.DataFrame:
    """One in eight answers, some before it begins."""
    rows = np.flatnonzero(random.random(count) < 0.125)
    minutes = random.integers(-60 * 72, 60 * STEPS, len(rows))
    return pl.DataFrame(
        {
            "contact_id": names(rows),
            "account_id": _accounts(rows),
            "at": pl.Series([began] * len(rows), dtype=INSTANT) + _minutes(minutes),
        }
    )


def _minutes(numbers: Whole) -> pl.Series:
    return pl.Series(numbers * 60_000_000, dtype=pl.Duration("us"))
