"""Instances: a seeded family of arbitration problems with 244 shared limits, to measure solvers.

Per contact six e-mails, two sales actions and two audiences out of a catalogue of 32; at most two
touches, one e-mail a day, no call on the day of an e-mail, one sales action, one audience, no
discount while a quote is open. Shared: one total budget, three channel budgets, 200 reps'
minutes, 20 minimum exposures of themes, 20 maximum shares of segments.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl

from domain.errors import UsageError
from graph.arbitration.compiled import Ints
from graph.arbitration.problem import CapLimit, Limits, Problem, ResourceLimit, Share

DAYS = [datetime(2026, 3, 2, 9, tzinfo=UTC) + timedelta(days=day) for day in range(4)]
REPS, THEMES, SEGMENTS = 200, 20, 20
THEME_OF = [
    *(action // 2 for action in range(16)),
    *range(8, 12),
    *range(12, 14),
    *(14 + n % 6 for n in range(10)),
]
"""Eight themes of e-mails, four of calls, two of tasks, six of audiences."""
ONE_IN = {"email": 14, "sales": 30, "ads": 12}
"""Of those whom a theme could reach, one in so many is its minimum exposure."""
QUOTES = 0.15
"""Share of contacts with an open quote, who get no discount."""
ACCOUNTS = 1
"""Stream of the draws of accounts."""
MIX = {"email": 0.6, "sales": 0.2, "ads": 0.2}


def _catalogue() -> pl.DataFrame:
    """32 actions: channel, treatment, day, money, minutes, effect."""
    emails = [("email", "email", f"email_{v}_{d}", d, 2.0, 0.0) for v in range(4) for d in range(4)]
    calls = [("sales", "call", f"call_{d}", d, 100.0, 15.0) for d in range(4)]
    tasks = [("sales", "task", f"task_{n}", None, 40.0, 6.0) for n in range(2)]
    audiences = [("ads", "ads", f"audience_{n}", None, 60.0, 0.0) for n in range(10)]
    columns = ["agent", "channel", "treatment", "day", "money", "minutes"]
    frame = pl.DataFrame(emails + calls + tasks + audiences, schema=columns, orient="row")
    return frame.with_row_index("action").with_columns(
        theme=pl.format("theme_{}", pl.Series(THEME_OF)),
        offer=pl.when(pl.col("treatment").str.starts_with("email_3")).then(pl.lit("discount")),
    )


def family(
    contacts: int,
    candidates: int,
    seed: int,
    account_cap: int | None = None,
    ads_cut: float = 0.0,
) -> Problem:
    """A problem of the family. Deterministic in its arguments.

    account_cap: contacts stand under accounts of about five, each of which gets at most so many
    touches. ads_cut: the share by which the ads' money is cut; at a fifth and more the minimum
    exposures of their themes can hardly be paid. Raises UsageError unless there are 5 to 32
    candidates a contact.
    """
    if contacts < 1 or not 5 <= candidates <= 32:
        raise UsageError(
            f"Expected contacts and 5 to 32 candidates each, found {contacts} and {candidates}."
        )
    rows = _rows(np.random.default_rng(seed), contacts, candidates)
    limits = _limits(contacts, candidates, ads_cut)
    plain = Problem(candidates=_columns(rows), uses=_uses(rows), limits=limits)
    if account_cap is None:
        return plain
    return _under_accounts(plain, contacts, (seed,), account_cap)


def family_in_parts(
    contacts: int,
    candidates: int,
    seed: int,
    part: int,
    account_cap: int | None = None,
    ads_cut: float = 0.0,
) -> Iterator[Problem]:
    """The family as partitions of `part` contacts, each with the limits of the whole.

    For problems whose frames would not fit into memory at once; candidates are numbered within
    their partition.
    """
    limits = _limits(contacts, candidates, ads_cut)
    for number, low in enumerate(range(0, contacts, part)):
        random = np.random.default_rng((seed, number))
        rows = _rows(random, min(part, contacts - low), candidates)
        own = Problem(candidates=_columns(rows), uses=_uses(rows), limits=limits)
        if account_cap is not None:
            own = _under_accounts(own, min(part, contacts - low), (seed, number), account_cap)
        shift = pl.col("contact", "account") + low
        yield Problem(own.candidates.with_columns(shift), own.uses, limits=own.limits)


def _under_accounts(
    problem: Problem, contacts: int, seed: tuple[int, ...], account_cap: int
) -> Problem:
    """The problem with contacts under accounts of about five."""
    random = np.random.default_rng((*seed, ACCOUNTS))
    account = np.sort(random.integers(0, max(1, contacts // 5), contacts))
    by_row = account[problem.candidates.get_column("contact").to_numpy()]
    pressure = CapLimit(name="pressure", per="account", at_most=account_cap)
    limits = problem.limits.model_copy(update={"caps": (*problem.limits.caps, pressure)})
    columns = problem.candidates.with_columns(account=pl.Series(by_row))
    return Problem(columns, problem.uses, limits=limits)


def _rows(random: np.random.Generator, contacts: int, candidates: int) -> pl.DataFrame:
    """Candidates with all that they are drawn from."""
    catalogue = _catalogue()
    drawn = _draw(random, catalogue, contacts, candidates)
    contact = np.repeat(np.arange(contacts), drawn.shape[1])
    frame = catalogue[drawn.ravel()].with_columns(contact=pl.Series(contact))
    frame = _valued(random, frame, contacts).with_row_index("candidate")
    quote = pl.Series(random.random(contacts) < QUOTES)[contact]
    return frame.filter(~(quote & pl.col("offer").is_not_null()))


def _draw(
    random: np.random.Generator, catalogue: pl.DataFrame, contacts: int, candidates: int
) -> Ints:
    """Distinct actions of each agent for each contact, (contacts, candidates)."""
    actions, counts = [], _counts(catalogue, candidates)
    for agent, count in counts.items():
        own = catalogue.filter(pl.col("agent") == agent).get_column("action").to_numpy()
        keys = random.random((contacts, len(own)))
        actions.append(own[np.sort(np.argsort(keys, axis=1)[:, :count], axis=1)])
    return np.concatenate(actions, axis=1).astype(np.int64)


def _counts(catalogue: pl.DataFrame, candidates: int) -> dict[str, int]:
    have = dict(catalogue.group_by("agent").len().iter_rows())
    counts = {agent: min(have[agent], round(share * candidates)) for agent, share in MIX.items()}
    for agent in ("email", "ads", "sales"):
        counts[agent] += min(have[agent] - counts[agent], candidates - sum(counts.values()))
    return counts


def _valued(random: np.random.Generator, frame: pl.DataFrame, contacts: int) -> pl.DataFrame:
    """Value = contact quality x channel affinity x effect x noise - fatigue, heavy-tailed."""
    contact = frame.get_column("contact").to_numpy()
    quality = np.exp(random.normal(0, 0.8, contacts))[contact]
    channel = frame.get_column("channel").rank("dense").to_numpy().astype(np.int64) - 1
    affinity = np.exp(random.normal(0, 0.5, (contacts, 4)))[contact, channel]
    effect = np.exp(random.normal(0, 0.4, 32))[frame.get_column("action").to_numpy()]
    noise = np.exp(random.normal(0, 0.5, len(contact)))
    size = np.select([channel == 1, channel == 3], [250.0, 120.0], 120.0)
    value = quality * affinity * effect * noise * size - 30.0
    rep = random.integers(0, REPS, contacts)[contact]
    size = np.linspace(0.7, 1.3, SEGMENTS) / SEGMENTS
    segment = random.choice(SEGMENTS, contacts, p=size)[contact]
    return frame.with_columns(
        value=pl.Series(value),
        value_se=pl.Series(0.3 * np.abs(value)),
        cost=pl.col("money") * pl.Series(np.exp(random.normal(0, 0.2, len(contact)))),
        rep=pl.Series(rep),
        segment=pl.Series(segment),
    )


def _columns(frame: pl.DataFrame) -> pl.DataFrame:
    slots = pl.DataFrame(
        {"day": [*range(4), None], "slot": [*DAYS, None]},
        schema={"day": pl.Int64, "slot": pl.Datetime("us", "UTC")},
    )
    return frame.join(slots, on="day", how="left", nulls_equal=True, maintain_order="left").select(
        pl.col("candidate", "contact").cast(pl.Int64),
        account=pl.lit(None, dtype=pl.Int64),
        agent="agent",
        channel="channel",
        campaign="theme",
        treatment="treatment",
        offer="offer",
        **{"class": pl.lit("marketing")},
        slot="slot",
        value="value",
        value_se="value_se",
        bundle=pl.lit(None, dtype=pl.String),
    )


def _uses(frame: pl.DataFrame) -> pl.DataFrame:
    number = pl.col("candidate").cast(pl.Int64)
    sales = frame.filter(pl.col("minutes") > 0)
    parts = [
        frame.select(number, resource=pl.lit("money"), amount="cost"),
        frame.select(number, resource=pl.format("money {}", "agent"), amount="cost"),
        sales.select(number, resource=pl.format("minutes {}", "rep"), amount="minutes"),
        frame.select(number, resource="theme", amount=pl.lit(1.0)),
        frame.select(number, resource=pl.format("segment {}", "segment"), amount=pl.lit(1.0)),
    ]
    return pl.concat(parts).sort("candidate", maintain_order=True)


def _limits(contacts: int, candidates: int, ads_cut: float) -> Limits:
    """Amounts per contact such that most limits bind."""
    per_agent = {"email": 1.2, "sales": 15.0, "ads": 11.0 * (1 - ads_cut)}
    return Limits(
        caps=(
            CapLimit(name="touches", per="contact", at_most=2),
            CapLimit(name="sales", per="contact", where={"agent": "sales"}, at_most=1),
            CapLimit(name="audience", per="contact", where={"agent": "ads"}, at_most=1),
        ),
        alternatives=(),
        spacing_hours=(("email", "email", 24.0), ("call", "email", 24.0)),
        resources=(
            ResourceLimit(name="money", at_most=25.0 * contacts),
            *(
                ResourceLimit(name=f"money {agent}", at_most=amount * contacts)
                for agent, amount in per_agent.items()
            ),
            *(
                ResourceLimit(
                    name=f"minutes {rep}", at_most=max(15.0, round(2.0 * contacts / REPS))
                )
                for rep in range(REPS)
            ),
            *(
                ResourceLimit(name=theme, at_least=float(least), ceiling=2_000.0)
                for theme, least in _floors(contacts, candidates).iter_rows()
            ),
            *(
                ResourceLimit(
                    name=f"segment {segment}", at_most_share=Share(of="touches", share=0.052)
                )
                for segment in range(SEGMENTS)
            ),
        ),
    )


def _floors(contacts: int, candidates: int) -> pl.DataFrame:
    """Theme and minimum exposure: a share of the candidates to be expected of it."""
    catalogue = _catalogue()
    counts = _counts(catalogue, candidates)
    share = pl.col("agent").replace_strict(counts, return_dtype=pl.Float64) / pl.len().over("agent")
    kept = pl.when(pl.col("offer").is_null()).then(1.0).otherwise(1.0 - QUOTES)
    one_in = pl.col("agent").replace_strict(ONE_IN, return_dtype=pl.Float64)
    return (
        catalogue.with_columns(expected=share * kept / one_in * contacts)
        .group_by("theme", maintain_order=True)
        .agg(pl.col("expected").sum().floor())
    )
