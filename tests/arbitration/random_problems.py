"""Seeded random problems with every kind of rule, small enough to try every subset.

`random_problem(seed)` may or may not be feasible; `infeasible_problem(seed)` never is, since its
minima ask for more than any plan reaches, which trying every subset shows.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np

from domain.curve import HillCurve
from graph.arbitration.problem import CampaignLimit, CapLimit, Problem, ResourceLimit, Share
from tests.arbitration.enumeration import tried
from tests.arbitration.worlds import MONDAY, candidate, problem_of

CHANNELS = ("email", "call", "ads")
OFFERS = (None, "ten_percent", "free_month")
THEMES = ("spring", "loyalty")


def random_problem(seed: int, most: int = 9, campaigns: bool = True) -> Problem:
    """Up to four contacts and `most` candidates; each kind of rule with some chance."""
    draw = np.random.default_rng(seed)
    count = int(draw.integers(2, most + 1))
    people = int(draw.integers(1, 5))
    account = draw.integers(0, 3, people)  # 2 stands for none
    rows = [_candidate(draw, number, people, account.tolist()) for number in range(count)]
    uses = [(number, "money", float(draw.integers(0, 20))) for number in range(count)]
    uses += [(row["candidate"], "calls", 1.0) for row in rows if row["channel"] == "call"]
    uses += [(row["candidate"], f"theme_{row['campaign']}", 1.0) for row in rows]
    remaining = [
        (cap, int(one), int(draw.integers(0, 3)))
        for cap in ("touches", "account_week")
        for one in draw.choice(people, size=draw.integers(0, 2), replace=False)
    ]
    return problem_of(rows, uses, remaining, **_limits(draw, campaigns))


def infeasible_problem(seed: int, most: int = 9) -> Problem:
    """A random problem with one minimum or two that no plan reaches.

    Some are missed by whole choices alone: a relaxation would reach them.
    """
    draw = np.random.default_rng([seed, 1])
    while True:
        problem = random_problem(int(draw.integers(1 << 40)), most)
        if draw.random() < 0.4:
            problem = _pool_below_steps(draw, problem)
        for name in draw.permutation(["theme_spring", "theme_loyalty", "calls", "money"])[
            : draw.integers(1, 3)
        ]:
            problem = _above_reach(draw, problem, str(name))
        if not tried(problem).feasible.any():
            return problem


def infeasible_problems(count: int, first: int = 0, most: int = 9) -> Iterator[Problem]:
    """So many infeasible problems of consecutive seeds."""
    return (infeasible_problem(seed, most) for seed in range(first, first + count))


def with_limits(problem: Problem, **limits: Any) -> Problem:
    """The same problem under other limits of these kinds."""
    return replace(problem, limits=problem.limits.model_copy(update=limits))


def with_resource(problem: Problem, limit: ResourceLimit) -> Problem:
    """The same problem with this limit in place of the one of its name."""
    others = [one for one in problem.limits.resources if one.name != limit.name]
    return with_limits(problem, resources=(*others, limit))


def _candidate(
    draw: np.random.Generator, number: int, people: int, account: list[int]
) -> dict[str, Any]:
    contact = int(draw.integers(people))
    slot = int(draw.integers(0, 6))
    return candidate(
        number,
        contact,
        float(draw.integers(-50, 500)),
        account=account[contact] if account[contact] < 2 else None,
        channel=str(draw.choice(CHANNELS, p=(0.5, 0.25, 0.25))),
        campaign=str(draw.choice(THEMES)),
        treatment=f"treatment_{draw.integers(0, 5)}",
        offer=OFFERS[draw.integers(3)],
        slot=None if slot == 5 else MONDAY + timedelta(hours=12 * slot, minutes=20 * slot),
        bundle="welcome" if draw.random() < 0.15 else None,
    )


def _limits(draw: np.random.Generator, campaigns: bool) -> dict[str, Any]:
    def chance(share: float) -> bool:
        return bool(draw.random() < share)

    caps = [CapLimit(name="touches", per="contact", at_most=int(draw.integers(1, 4)))]
    if chance(0.5):
        caps.append(CapLimit(name="account_week", per="account", at_most=int(draw.integers(1, 4))))
    if chance(0.4):
        where = {"channel": "email", "campaign": "spring"}
        caps.append(CapLimit(name="spring_mail", per="contact", where=where, at_most=1))
    exclusions = [
        ("offer", "ten_percent", "offer", "free_month"),
        ("channel", "ads", "channel", "ads"),
        ("channel", "email", "offer", "ten_percent"),
    ]
    requires = [
        ("channel", "call", "channel", "email"),
        ("offer", "free_month", "campaign", "loyalty"),
    ]
    spacing = [("email", "call", 24.0), ("email", "email", 30.0)]
    fatigues: list[tuple[float, ...]] = [(1.0,), (1.0, 0.8), (0.9, 0.7, 0.5), (1.0, 1.0, 0.4)]
    return {
        "caps": tuple(caps),
        "alternatives": (*(("treatment",) * chance(0.6)), *(("offer",) * chance(0.1))),
        "exclusions": tuple(one for one in exclusions if chance(0.35)),
        "requires": tuple(one for one in requires if chance(0.3)),
        "spacing_hours": tuple(one for one in spacing if chance(0.4)),
        "fatigue": fatigues[draw.integers(len(fatigues))],
        "resources": _resources(draw),
        "campaigns": _campaigns(draw) if campaigns else (),
    }


def _resources(draw: np.random.Generator) -> tuple[ResourceLimit, ...]:
    money = ResourceLimit(name="money", at_most=float(draw.integers(20, 90)))
    calls = ResourceLimit(
        name="calls",
        at_most=(None, 1.0, 2.0)[draw.integers(3)],
        at_most_share=(None, Share(of="touches", share=0.5))[draw.integers(2)],
    )
    loyalty = ResourceLimit(
        name="theme_loyalty",
        at_least=float(draw.integers(0, 3)),
        ceiling=(None, 40.0)[draw.integers(2)],
    )
    of = ("touches", "theme_loyalty", "calls")[draw.integers(3)]
    spring = ResourceLimit(
        name="theme_spring",
        at_least=(None, 1.0)[draw.integers(2)],
        at_most_share=(None, Share(of=of, share=0.75))[draw.integers(2)],
    )
    return money, calls, loyalty, spring


def _campaigns(draw: np.random.Generator) -> tuple[CampaignLimit, ...]:
    """Up to two, of the same money or of a pool of their own."""
    return tuple(
        CampaignLimit(
            name=name,
            resource=("money", "media")[draw.integers(2)],
            now=float(draw.integers(0, 30)),
            max_step=float(draw.choice([0.0, 0.2, 1.0])),
            curve=HillCurve(
                scale=float(draw.integers(0, 90)),
                half=float(draw.integers(5, 40)),
                shape=float(draw.choice([0.6, 1.0])),
            ),
        )
        for name in ("search", "social")[: draw.integers(0, 3)]
    )


def _above_reach(draw: np.random.Generator, problem: Problem, name: str) -> Problem:
    """The problem with a minimum of a resource that lies just above what any plan reaches."""
    answer = tried(problem)
    if not answer.feasible.any():
        return problem
    reach = float(answer.used(name)[answer.feasible].max())
    known = next((one for one in problem.limits.resources if one.name == name), None)
    known = known or ResourceLimit(name=name)
    more = float(draw.choice([0.5, 1.0, 3.0]))
    asked = known.model_copy(update={"at_least": reach + more, "ceiling": None})
    return with_resource(problem, asked)


def _pool_below_steps(draw: np.random.Generator, problem: Problem) -> Problem:
    """The problem with a maximum on what its campaigns must spend at least."""
    if not problem.limits.campaigns:
        return problem
    one = problem.limits.campaigns[0]
    known = next((r for r in problem.limits.resources if r.name == one.resource), None)
    known = known or ResourceLimit(name=one.resource)
    top = max(0.0, one.least - float(draw.integers(0, 4)))
    return with_resource(problem, known.model_copy(update={"at_most": top}))
