"""Random small problems with rules of every kind, each feasible, since a plan was planted in it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl

from domain.curve import HillCurve
from evals.trying import TriedSet, counts_for, tried_sets
from graph.arbitration.problem import (
    INSTANT,
    CampaignLimit,
    CapLimit,
    Limits,
    Problem,
    ResourceLimit,
    Share,
)

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
AGENTS = {"email": "email", "call": "sales", "ads": "ads"}
OFFERS = (None, None, "ten_percent", "free_month")
SCHEMA: dict[str, Any] = {
    "candidate": pl.Int64,
    "contact": pl.Int64,
    "account": pl.Int64,
    "agent": pl.String,
    "channel": pl.String,
    "campaign": pl.String,
    "treatment": pl.String,
    "offer": pl.String,
    "class": pl.String,
    "slot": INSTANT,
    "value": pl.Float64,
    "value_se": pl.Float64,
    "bundle": pl.String,
}


@dataclass(frozen=True)
class RandomProblem:
    """A problem, its sets, and the kinds of rules in it."""

    seed: int
    problem: Problem
    sets: list[TriedSet]
    kinds: tuple[str, ...]


def random_problem(seed: int, least_sets: int, most_sets: int, contacts: int) -> RandomProblem:
    """A problem of about so many contacts whose sets number in these bounds; the same each time."""
    random = np.random.default_rng(seed)
    while True:
        count = int(contacts * random.uniform(0.6, 1.4)) + 1
        candidates = _candidates(random, count)
        personal, kinds = _personal(random)
        bare = Problem(candidates, remaining=_remaining(random, count), limits=personal)
        sets = tried_sets(bare)
        if least_sets <= len(sets) <= most_sets:
            break
    return _shared(random, seed, bare, sets, kinds)


def _candidates(random: np.random.Generator, contacts: int) -> pl.DataFrame:
    account = [None if random.random() < 0.2 else int(a) for a in np.arange(contacts) // 3]
    quality = np.exp(random.normal(0, 0.8, contacts))
    rows: list[dict[str, Any]] = []
    for contact in range(contacts):
        for _ in range(int(random.integers(3, 9))):
            channel = str(random.choice(list(AGENTS)))
            value = quality[contact] * float(np.exp(random.normal(0, 0.6))) * 100.0 - 30.0
            day = int(random.integers(0, 5))
            rows.append(
                {
                    "candidate": len(rows),
                    "contact": contact,
                    "account": account[contact],
                    "agent": AGENTS[channel],
                    "channel": channel,
                    "campaign": f"campaign_{random.integers(0, 3)}",
                    "treatment": f"{channel}_{random.integers(0, 4)}",
                    "offer": OFFERS[int(random.integers(0, len(OFFERS)))],
                    "class": "marketing",
                    "slot": None if day == 4 else MONDAY + timedelta(hours=12 * day),
                    "value": round(value, 2),
                    "value_se": 1.0,
                    "bundle": "welcome" if random.random() < 0.08 else None,
                }
            )
    return pl.DataFrame(rows, schema=SCHEMA)


def _remaining(random: np.random.Generator, contacts: int) -> pl.DataFrame:
    some = random.choice(contacts, size=contacts // 5, replace=False).tolist()
    return pl.DataFrame(
        [("touches", contact, int(random.integers(0, 3))) for contact in some],
        schema={"cap": pl.String, "id": pl.Int64, "remaining": pl.Int64},
        orient="row",
    )


def _personal(random: np.random.Generator) -> tuple[Limits, tuple[str, ...]]:
    """Rules within one contact, each kind in about half of the problems."""
    has = {
        kind: bool(random.random() < 0.5)
        for kind in ("caps", "alternatives", "exclusions", "requires", "spacing", "fatigue")
    }
    touches = CapLimit(name="touches", per="contact", at_most=int(random.integers(1, 4)))
    emails = CapLimit(name="emails", per="contact", where={"channel": "email"}, at_most=1)
    offers = ("offer", "ten_percent", "offer", "free_month")
    limits = Limits(
        caps=(touches, emails) if has["caps"] else (touches,),
        alternatives=("treatment",) if has["alternatives"] else (),
        exclusions=(offers,) if has["exclusions"] else (),
        requires=(("channel", "call", "channel", "email"),) if has["requires"] else (),
        spacing_hours=(("email", "call", 24.0), ("email", "email", 24.0)) if has["spacing"] else (),
        fatigue=(1.0, 0.8, 0.5) if has["fatigue"] else (1.0,),
    )
    return limits, tuple(kind for kind, there in has.items() if there)


def _shared(
    random: np.random.Generator,
    seed: int,
    bare: Problem,
    sets: list[TriedSet],
    kinds: tuple[str, ...],
) -> RandomProblem:
    """Shared limits around a planted plan, so that at least that one holds them all."""
    has = {
        kind: bool(random.random() < 0.5)
        for kind in ("account cap", "minutes", "share", "minimum", "soft", "campaigns")
    }
    caps = bare.limits.caps
    if has["account cap"]:
        caps += (CapLimit(name="account", per="account", at_most=int(random.integers(1, 5))),)
    frame = bare.candidates
    uses = _uses(random, frame)
    planted = _planted(random, frame, sets, caps)
    campaigns = _campaigns(random, frame.height) if has["campaigns"] else ()
    taken = uses.filter(pl.col("candidate").is_in(list(planted)))
    sums = dict(taken.group_by("resource").agg(pl.col("amount").sum()).iter_rows())
    funds = sum(one.now for one in campaigns)

    def room() -> float:
        return float(random.uniform(1.0, 1.25))

    resources = [ResourceLimit(name="money", at_most=sums.get("money", 0.0) * room() + funds)]
    if has["minutes"]:
        resources += [
            ResourceLimit(name=name, at_most=float(np.ceil(sums.get(name, 0.0) * room())))
            for name in (f"minutes {rep}" for rep in range(4))
        ]
    if has["share"]:
        of = str(random.choice(["touches", "theme_1"]))
        whole = float(len(planted)) if of == "touches" else sums.get(of, 0.0)
        share = min(1.0, sums.get("theme_0", 0.0) / max(whole, 1e-9) * room())
        if whole > 0:
            resources.append(ResourceLimit(name="theme_0", at_most_share=Share(of=of, share=share)))
    if has["minimum"]:
        floor = float(np.floor(sums.get("theme_2", 0.0) * random.uniform(0.5, 1.0)))
        resources.append(ResourceLimit(name="theme_2", at_least=floor))
    if has["soft"]:
        wish = float(np.ceil(sums.get("theme_3", 0.0) * random.uniform(0.8, 1.5)))
        ceiling = float(random.uniform(20.0, 300.0))
        resources.append(ResourceLimit(name="theme_3", at_least=wish, ceiling=ceiling))
    limits = bare.limits.model_copy(
        update={"caps": caps, "resources": tuple(resources), "campaigns": campaigns}
    )
    problem = Problem(frame, uses, bare.remaining, limits)
    named = tuple(kind for kind, there in has.items() if there)
    return RandomProblem(seed, problem, sets, (*kinds, *named))


def _uses(random: np.random.Generator, frame: pl.DataFrame) -> pl.DataFrame:
    rows: list[tuple[int, str, float]] = []
    for candidate, contact, channel in frame.select("candidate", "contact", "channel").iter_rows():
        money = {"email": 2.0, "call": 40.0, "ads": 25.0}[channel] * random.uniform(0.5, 1.5)
        rows.append((candidate, "money", round(money, 2)))
        rows.append((candidate, f"theme_{random.integers(0, 5)}", 1.0))
        if channel == "call":
            rows.append((candidate, f"minutes {contact % 4}", float(random.choice([6.0, 15.0]))))
    schema = {"candidate": pl.Int64, "resource": pl.String, "amount": pl.Float64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _planted(
    random: np.random.Generator,
    frame: pl.DataFrame,
    sets: list[TriedSet],
    caps: tuple[CapLimit, ...],
) -> set[int]:
    """Candidates of a plan that holds every cap: about half of the contacts, a random set each."""
    rows = frame.to_dicts()
    by_contact: dict[int, list[TriedSet]] = {}
    for one in sets:
        by_contact.setdefault(one.contact, []).append(one)
    chosen: set[int] = set()
    taken: dict[tuple[str, int], int] = {}
    for own in by_contact.values():
        one = own[int(random.integers(0, len(own)))]
        if random.random() < 0.5:
            continue
        adds = {
            cap.name: sum(counts_for(rows[place], cap) for place in one.members)
            for cap in caps
            if cap.per == "account" and one.account is not None
        }
        account = -1 if one.account is None else one.account
        tops = {cap.name: cap.at_most for cap in caps}
        if all(taken.get((cap, account), 0) + n <= tops[cap] for cap, n in adds.items()):
            chosen.update(rows[place]["candidate"] for place in one.members)
            for cap, n in adds.items():
                taken[cap, account] = taken.get((cap, account), 0) + n
    return chosen


def _campaigns(random: np.random.Generator, size: int) -> tuple[CampaignLimit, ...]:
    return tuple(
        CampaignLimit(
            name=name,
            resource="money",
            now=float(10 * size),
            max_step=0.3,
            curve=HillCurve(
                scale=float(random.uniform(20, 60) * size),
                half=float(10 * size),
                shape=float(random.choice([0.7, 1.0])),
            ),
        )
        for name in ("search", "social")
    )
