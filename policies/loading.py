"""Reading a policy: whole and sensible, or one clear sentence about what is not."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from domain.canonical import digest
from domain.errors import ConfigurationError
from domain.toml import read_record
from policies.schema import Policy


@dataclass(frozen=True)
class Loaded:
    """A policy with the hash that decisions are bound to."""

    policy: Policy
    hash: str


def load(path: Path) -> Loaded:
    """The policy of the file. Raises ConfigurationError naming file and key."""
    try:
        text = path.read_text()
    except FileNotFoundError:
        raise ConfigurationError(
            f"There is no policy at {path}.", "Nothing runs without one: see docs/policy.md."
        ) from None
    policy = read_record(Policy, text, str(path))
    problem = next(_problems(policy), None)
    if problem is not None:
        raise ConfigurationError(f"{path}: {problem}")
    return Loaded(policy, hash_of(policy))


def hash_of(policy: Policy) -> str:
    """Hash of what the policy says, whatever the file's layout."""
    return digest(policy.model_dump(mode="json"))


def _problems(policy: Policy) -> Iterator[str]:
    yield from _twice("caps", [cap.name for cap in policy.caps])
    yield from _twice("spacing", [rule.name for rule in policy.spacing])
    yield from _twice("exposures", [one.name for one in policy.exposures])
    yield from _twice("budgets", [one.pool for one in policy.budgets])
    quiet = [channel for rule in policy.quiet_hours for channel in rule.channels]
    yield from _twice("quiet_hours", quiet)
    yield from _uncapped(policy)
    yield from _fatigue(policy.run.fatigue)


def _twice(key: str, names: Sequence[str]) -> Iterator[str]:
    for name, count in Counter(names).items():
        if count > 1:
            yield f"`{key}` names {name} {count} times; say it once."


def _uncapped(policy: Policy) -> Iterator[str]:
    capped = {channel for cap in policy.caps if cap.per == "contact" for channel in cap.channels}
    for channel in policy.consent.channels:
        if channel != "ads" and channel not in capped:
            yield f"no cap per contact covers {channel}; without one nothing limits its touches."


def _fatigue(factors: tuple[float, ...]) -> Iterator[str]:
    if not factors or factors[0] != 1.0:
        yield "`run.fatigue` must begin with 1.0, the worth of the first touch."
    if any(later > earlier for earlier, later in pairwise(factors)):
        yield "`run.fatigue` must not rise: a further touch is worth no more than the one before."
