"""What contradicts itself or limits nothing, in a policy whose every value is of its kind."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from policies import (
    autonomy,
    deals,
    declared,
    exposures,
    orders,
    owners,
    quarters,
    quorum,
    segments,
)
from policies.limit import Limit
from policies.problem import Problem, twice
from policies.schema import Policy
from policies.touch_limits import (
    Blackout,
    Cap,
    IgnorePause,
    QuietHours,
    ReplyPause,
    RunLimits,
    Spacing,
)


def problems(policy: Policy) -> Iterator[Problem]:
    """Each with its key and one sentence; nothing for a policy that makes sense."""
    yield from _names(policy)
    yield from _idle_caps(policy.caps)
    yield from _idle_hours(policy.quiet_hours)
    yield from _idle_spacing(policy.spacing)
    yield from _idle_blackouts(policy.blackouts)
    yield from _idle_pauses("reply_pauses", policy.reply_pauses)
    yield from _idle_pauses("ignore_pauses", policy.ignore_pauses)
    yield from _uncapped(policy)
    yield from _fatigue(policy.run)
    yield from segments.problems(policy)
    yield from exposures.problems(policy)
    yield from quarters.problems(policy)
    yield from deals.problems(policy)
    yield from declared.problems(policy)
    yield from owners.problems(policy)
    yield from orders.problems(policy)
    yield from autonomy.problems(policy)
    yield from quorum.problems(policy)
    yield from _nobody(policy)
    yield from _dates(policy)


def _names(policy: Policy) -> Iterator[Problem]:
    yield from twice("caps", [cap.name for cap in policy.caps], "name")
    yield from twice("spacing", [rule.name for rule in policy.spacing], "name")
    yield from twice("parities", [one.name for one in policy.parities], "name")
    yield from _parities(policy)
    yield from twice("exposures", [one.name for one in policy.exposures], "name")
    yield from twice("budgets", [one.pool for one in policy.budgets], "pool")
    yield from twice("blackouts", [one.name for one in policy.blackouts], "name")
    yield from twice("reply_pauses", [one.name for one in policy.reply_pauses], "name")
    yield from twice("ignore_pauses", [one.name for one in policy.ignore_pauses], "name")
    yield from twice("separations", [one.name for one in policy.separations], "name")
    yield from twice("prerequisites", [one.name for one in policy.prerequisites], "name")
    yield from twice("segments", [one.name for one in policy.segments], "name")
    yield from twice("attributes", [one.name for one in policy.attributes], "name")
    yield from twice("agents", policy.agents)
    seen: set[str] = set()
    for place, rule in enumerate(policy.quiet_hours):
        for channel in rule.channels:
            if channel in seen:
                said = f"`quiet_hours` names {channel} more than once; say it once."
                yield Problem(("quiet_hours", place, "channels"), said)
            seen.add(channel)


def _parities(policy: Policy) -> Iterator[Problem]:
    """A parity of a column that nobody has would compare everybody with themselves."""
    known = {*segments.FIELDS, *(f"attr_{one.name}" for one in policy.attributes)}
    for place, one in enumerate(policy.parities):
        if one.attribute not in known:
            said = f"`parities` {one.name} names {one.attribute}, which is no column or attribute."
            yield Problem(("parities", place, "attribute"), said)


def _idle_caps(caps: Sequence[Cap]) -> Iterator[Problem]:
    """A limit that reads as one and holds nothing is a mistake, not a wish."""
    for place, cap in enumerate(caps):
        if (cap.window_hours is None) == (cap.calendar is None):
            both = "both" if cap.calendar else "neither"
            said = f"`caps` {cap.name} says {both} `window_hours` and `calendar`; say one of them."
            said = said if cap.calendar else said.replace(" and ", " nor ")
            yield Problem(("caps", place, "window_hours"), said)
        if not cap.channels:
            said = f"`caps` {cap.name} names no channel, so it limits nothing."
            yield Problem(("caps", place, "channels"), said)


def _idle_hours(quiet_hours: Sequence[QuietHours]) -> Iterator[Problem]:
    for place, rule in enumerate(quiet_hours):
        if rule.start == rule.end:
            named = ", ".join(rule.channels)
            said = f"`quiet_hours` of {named} end at {rule.end}, as they start."
            yield Problem(("quiet_hours", place, "end"), said)


def _idle_spacing(spacing: Sequence[Spacing]) -> Iterator[Problem]:
    for place, one in enumerate(spacing):
        if one.channel == one.other:
            said = (
                f"`spacing` {one.name} names {one.channel} on both sides; a cap limits a channel."
            )
            yield Problem(("spacing", place, "other"), said)


def _idle_blackouts(blackouts: Sequence[Blackout]) -> Iterator[Problem]:
    for place, one in enumerate(blackouts):
        if not one.channels:
            said = f"`blackouts` {one.name} names no channel, so it closes nothing."
            yield Problem(("blackouts", place, "channels"), said)
        if one.last < one.first:
            said = f"`blackouts` {one.name} ends on {one.last}, before its first day, {one.first}."
            yield Problem(("blackouts", place, "last"), said)


def _idle_pauses(table: str, pauses: Sequence[ReplyPause | IgnorePause]) -> Iterator[Problem]:
    for place, one in enumerate(pauses):
        if not one.channels:
            said = f"`{table}` {one.name} names no channel, so it stops nothing."
            yield Problem((table, place, "channels"), said)


def _uncapped(policy: Policy) -> Iterator[Problem]:
    every = [cap for cap in policy.caps if cap.per == "contact"]
    capped = {one for cap in every if not cap.agents and not cap.themes for one in cap.channels}
    for channel in policy.consent.channels:
        if channel != "ads" and channel not in capped:
            said = f"no cap per contact covers {channel}; without one nothing limits its touches."
            yield Problem(("consent", "channels"), said)


def _fatigue(run: RunLimits) -> Iterator[Problem]:
    key = ("run", "fatigue")
    if run.fatigue and run.fatigue[0] != 1.0:
        yield Problem(key, "`run.fatigue` must begin with 1.0, the worth of the first touch.")
    if any(later > earlier for earlier, later in pairwise(run.fatigue)):
        said = "`run.fatigue` must not rise: a further touch is worth no more than the one before."
        yield Problem(key, said)
    if len(run.fatigue) < run.touches_per_contact:
        said = (
            f"`run.fatigue` has {len(run.fatigue)} factors for {run.touches_per_contact} touches; "
            "say what each is worth."
        )
        yield Problem(key, said)


def _nobody(policy: Policy) -> Iterator[Problem]:
    """Words that ask for somebody, or warn somebody, who is not there."""
    if policy.review.on_timeout == "reassign" and not policy.review.reassign_to:
        said = "`review` reassigns questions; say to whom: `reassign_to`, a role or a person."
        yield Problem(("review", "on_timeout"), said)
    if policy.reputation.warn_at > policy.reputation.stop_at:
        said = "`reputation.warn_at` lies above `stop_at`: nobody would be warned before the stop."
        yield Problem(("reputation", "warn_at"), said)


def _dates(policy: Policy) -> Iterator[Problem]:
    """A limit that was reviewed before it was set was dated by mistake."""
    for key, limit in _limits(policy):
        if limit.reviewed is not None and limit.reviewed < limit.since:
            name = ".".join(str(part) for part in key)
            said = f"`{name}.reviewed` is {limit.reviewed}, before `since`, {limit.since}."
            yield Problem((*key, "reviewed"), said)


def _limits(policy: Policy) -> Iterator[tuple[tuple[str | int, ...], Limit]]:
    for name in type(policy).model_fields:
        match getattr(policy, name):
            case Limit() as limit:
                yield (name,), limit
            case tuple() as several:
                yield from (
                    ((name, place), one)
                    for place, one in enumerate(several)
                    if isinstance(one, Limit)
                )
    for place, exception in enumerate(policy.deal_hold.exceptions):
        yield ("deal_hold", "exceptions", place), exception
    for place, step in enumerate(policy.review.quorum):
        yield ("review", "quorum", place), step
