"""A fault plan: what strikes one run, drawn from its seed. The same seed draws the same plan."""

import random
from dataclasses import dataclass
from typing import Final, Literal, get_args

StrikeKind = Literal["kill", "call_before", "call_after", "stop", "jump", "act", "lock"]
KINDS: Final[tuple[StrikeKind, ...]] = get_args(StrikeKind)
ACTS: Final = ("withdraw", "suppress", "pause", "role_loss", "edit", "budget_elsewhere")
"""What people outside do at a fault point, committed before the program goes on."""
ProviderKind = Literal["keyed", "lookup", "blind"]
PROVIDERS: Final[tuple[ProviderKind, ...]] = get_args(ProviderKind)
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


@dataclass(frozen=True)
class Plan:
    """Everything that one fault run is; drawn from a seed, and printable."""

    seed: int
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
    lift: bool = True
    """Pauses are lifted before the calm end; else what they hold runs into its deadline."""


def draw(seed: int) -> Plan:
    """The plan of a seed: one to three strikes, providers of any kind, now and then a company of
    processes."""
    rng = random.Random(f"fault plan {seed}")
    processes = rng.choices((1, 2, 3), (70, 20, 10))[0]
    strikes = tuple(
        sorted(
            (_strike(rng, processes) for _ in range(rng.choices((1, 2, 3), (50, 30, 20))[0])),
            key=lambda one: (one.at, one.kind, one.what),
        )
    )
    return Plan(
        seed=seed,
        strikes=strikes,
        processes=processes,
        email=rng.choice(PROVIDERS),
        calls=rng.choice(PROVIDERS),
        ads=rng.choice(PROVIDERS),
        modes=tuple(rng.choices(MODES, k=rng.choices((0, 1, 2, 4), (40, 30, 20, 10))[0])),
        webhooks=tuple(rng.sample(WEBHOOKS, rng.choices((0, 1, 2), (50, 35, 15))[0])),
        whole_cycle=rng.random() < 0.01,
        stubborn=rng.random() < 0.5,
        lift=rng.random() < 0.5,
    )


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
    what = ""
    if kind == "act":
        what = rng.choice(ACTS)
    if kind == "jump":
        what = rng.choice(("2", "-2"))
    return Strike(kind, at, what)


def sweep(at: int, seed: int = 0) -> Plan:
    """SIGKILL at the `at`-th fault point and nowhere else: the systematic part of a full sweep."""
    rng = random.Random(f"sweep {seed}")
    return Plan(
        seed=seed,
        strikes=(Strike("kill", at),),
        email=rng.choice(PROVIDERS),
        calls=rng.choice(PROVIDERS),
        ads=rng.choice(PROVIDERS),
    )
