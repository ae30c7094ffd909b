"""A fault plan: what strikes one run, drawn from its seed. The same seed draws the same plan."""

import random
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final, Literal, get_args

StrikeKind = Literal["kill", "call_before", "call_after", "stop", "jump", "act", "lock"]
KINDS: Final[tuple[StrikeKind, ...]] = get_args(StrikeKind)
ACTS: Final = ("withdraw", "suppress", "pause", "role_loss", "edit", "budget_elsewhere")
"""What people outside do at a fault point, committed before the program goes on."""
ProviderKind = Literal["keyed", "lookup", "blind", "keyonly"]
PROVIDERS: Final[tuple[ProviderKind, ...]] = ("keyed", "lookup", "blind")
"""What a seed draws; `keyonly` belongs to a leaning."""
MODES: Final = (
    "drop",
    "error_500",
    "hang",
    "too_many",
    "refused",
    "partial",
    "stale",
)
"""How a provider's call goes wrong; docs/faults.md says what each does."""
WEBHOOKS: Final = ("duplicate", "late", "reordered", "forged")
KILLED_AT: Final = (
    "relay.leased",
    "relay.adopted",
    "relay.looked_up",
    "relay.judged",
    "relay.closed",
    "relay.claimed",
    "relay.budget_read",
    "relay.sent",
    "relay.recorded",
    "review.opened",
    "run.committing",
    "run.committed",
)
"""Where every second kill comes by name: the ledger's points alone are most of a run's."""
OFF_HOURS: Final = 72.5
"""Three days and a bit: two slots have passed, and the third is half an hour late."""
POINTS_IN_A_RUN: Final = 110
CALLS_IN_A_RUN: Final = 700
"""About how many fault points and database calls a run without faults comes to."""


@dataclass(frozen=True)
class Strike:
    """One fault. `at`: the how-manieth fault point (or database call, for call_*) of the whole
    run, counted over all of its processes, it strikes at or after."""

    kind: StrikeKind
    at: int
    what: str = ""
    """Of an act, what people do; of a jump, hours."""
    point: str = ""
    """Strikes nowhere but at this fault point, where one is named."""


@dataclass(frozen=True)
class Plan:
    """Everything that one fault run is; drawn from its name, and printable."""

    name: str
    """`17`: drawn from this seed; `acts/17`: drawn with a leaning; `lookup@17`: of a sweep."""
    strikes: tuple[Strike, ...]
    processes: int = 1
    email: ProviderKind = "keyed"
    calls: ProviderKind = "lookup"
    ads: ProviderKind = "keyed"
    modes: tuple[str, ...] = ()
    """Modes of the providers, one for each of their first calls, in turn; then they are well."""
    webhooks: tuple[str, ...] = ()
    whole_cycle: bool = False
    """From a workspace without a run, so that the cycle's own points are passed too."""
    stubborn: bool = False
    """A process that an error stopped tries again by itself, as the scheduler does; else it ends
    and is started anew, as a command is."""
    stopped_seconds: float = 0.9
    """How long a stopped process stays stopped where the others don't end before: beyond its
    lease."""
    off_hours: float = 0.0
    """So long the machine was off when the run stood before its commit: slots were missed, and its
    own have passed. Then a timetable opens what runs, as a server's does."""
    lift: bool = True
    """Pauses are lifted before the calm end; else what they hold runs into its deadline."""


def draw(seed: int) -> Plan:
    """The plan of a seed: one to three strikes, providers of any kind, now and then a company of
    processes."""
    rng = random.Random(f"fault plan {seed}")
    processes = rng.choices((1, 2, 3), (70, 20, 10))[0]
    return Plan(
        name=str(seed),
        strikes=in_order(
            _strike(rng, processes) for _ in range(rng.choices((1, 2, 3), (50, 30, 20))[0])
        ),
        processes=processes,
        email=rng.choice(PROVIDERS),
        calls=rng.choice(PROVIDERS),
        ads=rng.choice(PROVIDERS),
        modes=tuple(rng.choices(MODES, k=rng.choices((0, 1, 2, 4), (40, 30, 20, 10))[0])),
        webhooks=tuple(rng.sample(WEBHOOKS, rng.choices((0, 1, 2), (50, 35, 15))[0])),
        whole_cycle=rng.random() < 0.01,
        stubborn=rng.random() < 0.5,
        lift=rng.random() < 0.5,
        off_hours=OFF_HOURS if rng.random() < 0.01 else 0.0,
    )


def in_order(strikes: Iterable[Strike]) -> tuple[Strike, ...]:
    return tuple(sorted(strikes, key=lambda one: (one.at, one.kind, one.what)))


def _strike(rng: random.Random, processes: int) -> Strike:
    kinds = {
        "kill": 40,
        "call_before": 10,
        "call_after": 10,
        "stop": 8 if processes > 1 else 0,
        "jump": 8,
        "act": 20,
        "lock": 4,
    }
    kind: StrikeKind = rng.choices(list(kinds), list(kinds.values()))[0]  # type: ignore[assignment]
    calls = kind in ("call_before", "call_after")
    at = rng.randrange(1, CALLS_IN_A_RUN if calls else POINTS_IN_A_RUN)
    what = point = ""
    if kind == "kill" and rng.random() < 0.5:
        at, point = rng.randrange(1, POINTS_IN_A_RUN // 2), rng.choice(KILLED_AT)
    if kind == "act":
        what = rng.choice(ACTS)
    if kind == "jump":
        what = rng.choice(("2", "-2"))
    return Strike(kind, at, what, point)


COURSES: Final[dict[str, Plan]] = {
    "keyed": Plan("keyed", (), email="keyed", calls="keyed", ads="keyed"),
    "lookup": Plan(
        "lookup", (), email="lookup", calls="lookup", ads="lookup", modes=("drop", "partial")
    ),
    "blind": Plan("blind", (), email="blind", calls="blind", ads="blind"),
    "whole": Plan("whole", (), whole_cycle=True),
}
"""What a sweep kills its way through, point after point: each kind of provider, and a whole cycle
from a workspace without any run."""


LATE: Final = Plan("late", (), off_hours=OFF_HOURS)
"""Not swept, since it is a whole cycle once more: only its own points are struck."""


STRUCK: Final = {**{name: plan for name, plan in COURSES.items() if name != "whole"}, "late": LATE}
"""Where a point that no sweep came to is looked for."""


def sweep(course: str, at: int) -> Plan:
    """SIGKILL at the `at`-th fault point of a course and nowhere else."""
    return replace(COURSES[course], name=f"{course}@{at}", strikes=(Strike("kill", at),))


def strike_at(course: str, point: str) -> Plan:
    """SIGKILL at a point that only trouble leads to: after people acted and a relay died with
    effects in hand."""
    before = Strike("kill", 1, point="relay.claimed" if point != "relay.claimed" else "relay.sent")
    acts = [Strike("act", 1, what) for what in ("suppress", "withdraw")]
    strikes = (*acts, before, Strike("kill", 1, point=point))
    if course == "late":
        strikes = (Strike("kill", 1, point=point),)
    return replace(STRUCK[course], name=f"{course}@{point}", strikes=strikes)
