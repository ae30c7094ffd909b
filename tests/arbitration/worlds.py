"""Small arbitration problems for tests: a few contacts, and what each agent asks of them."""

from datetime import UTC, datetime, timedelta
from itertools import combinations
from typing import Any

import numpy as np
import polars as pl
from hypothesis import strategies as st

from domain.curve import HillCurve
from graph.arbitration.checking import violations
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
SCHEMA = {
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


def candidate(number: int, contact: int, value: float, **columns: Any) -> dict[str, Any]:
    """One candidate; an e-mail of its own treatment, at any time, unless said otherwise."""
    plain = {"agent": "email", "channel": "email", "campaign": "spring", "class": "marketing"}
    own = {"treatment": f"treatment_{number}", "value": float(value), "value_se": 1.0}
    return {"candidate": number, "contact": contact, **plain, **own, **columns}


def problem_of(
    rows: list[dict[str, Any]],
    uses: list[tuple[int, str, float]] | None = None,
    remaining: list[tuple[str, int, int]] | None = None,
    **limits: Any,
) -> Problem:
    """A problem of these candidates; uses: candidate, resource, amount."""
    return Problem(
        candidates=pl.DataFrame(rows, schema=SCHEMA),
        uses=pl.DataFrame(
            uses or [],
            schema={"candidate": pl.Int64, "resource": pl.String, "amount": pl.Float64},
            orient="row",
        ),
        remaining=pl.DataFrame(
            remaining or [],
            schema={"cap": pl.String, "id": pl.Int64, "remaining": pl.Int64},
            orient="row",
        ),
        limits=Limits(**limits),
    )


def taken(problem: Problem, chosen: Any) -> list[int]:
    """Numbers of the chosen candidates."""
    return sorted(problem.candidates.filter(pl.Series(chosen)).get_column("candidate").to_list())


def worth(problem: Problem, chosen: Any) -> float:
    """Value after fatigue, contact by contact, in plain Python."""
    factors = problem.limits.fatigue
    total = 0.0
    frame = problem.candidates.filter(pl.Series(chosen))
    for _, own in frame.group_by("contact"):
        values = sorted(own.get_column("value").to_list(), reverse=True)
        for place, value in enumerate(values):
            factor = factors[min(place, len(factors) - 1)] if value > 0 else 1.0
            total += value * factor
    return total


def best_by_trying(problem: Problem) -> float | None:
    """The largest worth of all subsets that hold every rule; None where none does."""
    count = problem.candidates.height
    best = None
    for size in range(count + 1):
        for subset in combinations(range(count), size):
            chosen = np.zeros(count, dtype=np.bool_)
            chosen[list(subset)] = True
            here = worth(problem, chosen)
            if (best is None or here > best) and not violations(problem, chosen, {}):
                best = here
    return best


def campaign(name: str, now: float = 1_000.0, scale: float = 8_000.0) -> CampaignLimit:
    curve = HillCurve(scale=scale, half=1_000.0, shape=0.8)
    return CampaignLimit(name=name, resource="money", now=now, max_step=0.2, curve=curve)


CHANNELS = ("email", "call", "ads")
OFFERS = (None, "ten_percent", "free_month")


@st.composite
def small_problems(draw: st.DrawFn, most: int = 9) -> Problem:
    """Up to four contacts, up to `most` candidates, and some rules of every kind."""
    count = draw(st.integers(1, most))
    accounts = [draw(st.sampled_from([None, 0, 1])) for _ in range(4)]
    contacts = [draw(st.integers(0, 3)) for _ in range(count)]
    rows = [
        candidate(
            number,
            contacts[number],
            draw(st.integers(-50, 500)),
            account=accounts[contacts[number]],
            channel=draw(st.sampled_from(CHANNELS)),
            treatment=f"treatment_{draw(st.integers(0, 4))}",
            offer=draw(st.sampled_from(OFFERS)),
            slot=draw(
                st.sampled_from([None, *(MONDAY + timedelta(hours=12 * i) for i in range(4))])
            ),
            bundle=draw(st.sampled_from([None, None, None, "welcome"])),
        )
        for number in range(count)
    ]
    uses = [(number, "money", float(draw(st.integers(0, 20)))) for number in range(count)]
    uses += [(row["candidate"], "calls", 1.0) for row in rows if row["channel"] == "call"]
    return problem_of(rows, uses, draw(_remaining()), **draw(_limits()))


@st.composite
def _remaining(draw: st.DrawFn) -> list[tuple[str, int, int]]:
    contacts = draw(st.sets(st.integers(0, 3), max_size=2))
    return [("touches", contact, draw(st.integers(0, 2))) for contact in sorted(contacts)]


@st.composite
def _limits(draw: st.DrawFn) -> dict[str, Any]:
    caps = [CapLimit(name="touches", per="contact", at_most=draw(st.integers(1, 3)))]
    if draw(st.booleans()):
        caps.append(CapLimit(name="account", per="account", at_most=draw(st.integers(0, 3))))
    if draw(st.booleans()):
        caps.append(CapLimit(name="emails", per="contact", where={"channel": "email"}, at_most=1))
    resources = [
        ResourceLimit(name="money", at_most=float(draw(st.integers(0, 60)))),
        ResourceLimit(
            name="calls",
            at_most=draw(st.sampled_from([None, 0.0, 1.0, 2.0])),
            at_most_share=draw(st.sampled_from([None, Share(of="touches", share=0.5)])),
        ),
    ]
    offers = ("offer", "ten_percent", "offer", "free_month")
    return {
        "caps": tuple(caps),
        "alternatives": draw(st.sampled_from([(), ("treatment",)])),
        "exclusions": draw(st.sampled_from([(), (offers,)])),
        "requires": draw(st.sampled_from([(), (("channel", "call", "channel", "email"),)])),
        "spacing_hours": draw(st.sampled_from([(), (("email", "call", 24.0),)])),
        "fatigue": draw(st.sampled_from([(1.0,), (1.0, 0.8), (1.0, 0.7, 0.5)])),
        "resources": tuple(resources),
    }
