"""Reading a policy: whole and sensible, or one clear sentence about what is not."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from domain.canonical import digest
from domain.errors import ConfigurationError
from domain.toml import read_record
from policies import segments
from policies.schema import Cap, Policy, QuietHours, RunLimits, Spacing


@dataclass(frozen=True)
class Loaded:
    """A policy with the hash that decisions are bound to."""

    policy: Policy
    hash: str


def load(path: Path) -> Loaded:
    """The policy of the file. Raises ConfigurationError naming file and key."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigurationError(
            f"There is no policy at {path}.", "Nothing runs without one: see docs/policy.md."
        ) from None
    except UnicodeDecodeError as error:
        raise ConfigurationError(
            f"{path} is not text in UTF-8: {error.reason} at byte {error.start}."
        ) from None
    policy = read_record(Policy, text, str(path))
    problem = next(problems(policy), None)
    if problem is not None:
        raise ConfigurationError(f"{path}: {problem}")
    return Loaded(policy, hash_of(policy))


def hash_of(policy: Policy) -> str:
    """Hash of what the policy says, whatever the file's layout and whenever it was reviewed."""
    return digest(_without_reviews(policy.model_dump(mode="json")))


def _without_reviews(said: Any) -> Any:
    match said:
        case dict():
            return {key: _without_reviews(one) for key, one in said.items() if key != "reviewed"}
        case list():
            return [_without_reviews(one) for one in said]
    return said


def problems(policy: Policy) -> Iterator[str]:
    """What contradicts itself or limits nothing, one sentence each."""
    yield from _twice("caps", [cap.name for cap in policy.caps])
    yield from _twice("spacing", [rule.name for rule in policy.spacing])
    yield from _twice("exposures", [one.name for one in policy.exposures])
    yield from _twice("budgets", [one.pool for one in policy.budgets])
    yield from _twice("agents", policy.agents)
    quiet = [channel for rule in policy.quiet_hours for channel in rule.channels]
    yield from _twice("quiet_hours", quiet)
    yield from _idle(policy.caps, policy.quiet_hours, policy.spacing)
    yield from _uncapped(policy)
    yield from _fatigue(policy.run)
    yield from _twice("segments", [one.name for one in policy.segments])
    yield from _twice("attributes", [one.name for one in policy.attributes])
    yield from segments.problems(policy)
    if policy.review.on_timeout == "reassign" and not policy.review.reassign_to:
        yield "`review` reassigns questions; say to whom: `reassign_to`, a role or a person."
    if policy.reputation.warn_at > policy.reputation.stop_at:
        yield "`reputation.warn_at` lies above `stop_at`: nobody would be warned before the stop."


def _twice(key: str, names: Sequence[str]) -> Iterator[str]:
    for name, count in Counter(names).items():
        if count > 1:
            yield f"`{key}` names {name} {count} times; say it once."


def _idle(
    caps: Sequence[Cap], quiet_hours: Sequence[QuietHours], spacing: Sequence[Spacing]
) -> Iterator[str]:
    """A limit that reads as one and holds nothing is a mistake, not a wish."""
    for cap in caps:
        if not cap.channels:
            yield f"`caps` {cap.name} names no channel, so it limits nothing."
    for rule in quiet_hours:
        if rule.start == rule.end:
            yield f"`quiet_hours` of {', '.join(rule.channels)} end at {rule.end}, as they start."
    for one in spacing:
        if one.channel == one.other:
            yield f"`spacing` {one.name} names {one.channel} on both sides; a cap limits a channel."


def _uncapped(policy: Policy) -> Iterator[str]:
    capped = {channel for cap in policy.caps if cap.per == "contact" for channel in cap.channels}
    for channel in policy.consent.channels:
        if channel != "ads" and channel not in capped:
            yield f"no cap per contact covers {channel}; without one nothing limits its touches."


def _fatigue(run: RunLimits) -> Iterator[str]:
    if run.fatigue and run.fatigue[0] != 1.0:
        yield "`run.fatigue` must begin with 1.0, the worth of the first touch."
    if any(later > earlier for earlier, later in pairwise(run.fatigue)):
        yield "`run.fatigue` must not rise: a further touch is worth no more than the one before."
    if len(run.fatigue) < run.touches_per_contact:
        yield (
            f"`run.fatigue` has {len(run.fatigue)} factors for {run.touches_per_contact} touches; "
            "say what each is worth."
        )
