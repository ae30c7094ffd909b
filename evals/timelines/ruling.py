"""The rules of the timelines as a policy, whole or less one protection."""

from datetime import date
from typing import Any, Final, Literal

from app.samples.writing import TOML
from evals.timelines.drawing import HOUR
from evals.timelines.rules import Rules
from policies.loading import read
from policies.schema import Policy
from policies.touch_limits import Blackout, Cap, IgnorePause, QuietHours, ReplyPause, Spacing

Bug = Literal[
    "cap",
    "calendar",
    "named cap",
    "quiet",
    "consent",
    "spacing",
    "blackout",
    "reply",
    "ignore",
    "door",
    "reserving",
]
"""A protection less. `reserving` takes the door with it, which would refuse both of two that were
let through together."""
SAID: Final[dict[str, Any]] = {"owner": "eval", "reason": "timelines", "since": date(2026, 1, 1)}
FREE: Final[dict[str, Any]] = {"do_not_call": (), "soft_opt_in": ()}
"""What of the sample's policy the timelines say nothing of."""
EXEMPT: Final = ("mandatory", "transactional", "inbound_response", "one_to_one")


def policy_of(rules: Rules) -> Policy:
    """A sample's policy with the rules in the place of its own."""
    sample = read((TOML / "company.policy.toml").read_text(), "sample").policy
    consent = sample.consent.model_copy(
        update={
            "channels": rules.consent_channels,
            "exempt_classes": ("mandatory", "transactional"),
            "strict_after_days": None if rules.strict_after is None else rules.strict_after.days,
        }
    )
    limits = {"consent": consent, "segments": (), "segment_holds": (), **FREE, **_windows(rules)}
    return sample.model_copy(update=limits)


def _windows(rules: Rules) -> dict[str, Any]:
    return {
        "caps": tuple(
            Cap.model_validate(
                {
                    **SAID,
                    **{name: value for name, value in vars(one).items() if name != "window"},
                    "window_hours": None if one.window is None else one.window // HOUR,
                    "exempt_classes": EXEMPT,
                }
            )
            for one in rules.caps
        ),
        "quiet_hours": tuple(
            QuietHours.model_validate({**SAID, **vars(one)}) for one in rules.quiet
        ),
        "blackouts": tuple(
            Blackout.model_validate({**SAID, **vars(one)}) for one in rules.blackouts
        ),
        "reply_pauses": tuple(
            ReplyPause.model_validate(
                {**SAID, "name": one.name, "channels": one.channels, "days": one.rest.days}
            )
            for one in rules.replies
        ),
        "ignore_pauses": tuple(
            IgnorePause.model_validate(
                {
                    **SAID,
                    **{"name": one.name, "channels": one.channels, "after": one.after},
                    **{"within_days": one.within.days, "pause_days": one.rest.days},
                }
            )
            for one in rules.ignores
        ),
        "spacing": tuple(
            Spacing.model_validate(
                {
                    **SAID,
                    "name": one.name,
                    "channel": one.channel,
                    "other": one.other,
                    "hours": one.gap // HOUR,
                }
            )
            for one in rules.spacing
        ),
    }


def without(policy: Policy, bug: Bug | None) -> Policy:
    """The policy less the protection that the bug takes away."""
    match bug:
        case "cap" | "calendar" | "named cap":
            return policy.model_copy(update={"caps": _but(policy.caps, bug)})
        case "spacing":
            return policy.model_copy(update={"spacing": ()})
        case "blackout":
            return policy.model_copy(update={"blackouts": ()})
        case "reply":
            return policy.model_copy(update={"reply_pauses": ()})
        case "ignore":
            return policy.model_copy(update={"ignore_pauses": ()})
        case "quiet":
            return policy.model_copy(update={"quiet_hours": ()})
        case "consent":
            consent = policy.consent.model_copy(update={"channels": ()})
            return policy.model_copy(update={"consent": consent})
    return policy


def _but(caps: tuple[Cap, ...], bug: Bug) -> tuple[Cap, ...]:
    """Caps that the bug leaves; `cap` leaves none."""
    named = {cap.name for cap in caps if cap.agents or cap.themes}
    dated = {cap.name for cap in caps if cap.calendar is not None}
    gone = {"calendar": dated, "named cap": named}.get(bug, {cap.name for cap in caps})
    return tuple(cap for cap in caps if cap.name not in gone)
