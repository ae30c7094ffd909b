"""The checker: invariants I1 to I7 and I10, by somebody who knows nothing of the product.

It reads the provider's ledger and an export, and imports no line of the house: hashes, windows and
quiet hours are worked out anew from what docs/faults.md says of them.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from evals.faults.approved import approved_when_sent, items_of, versions_by_packet
from evals.faults.audited import audit_covers
from evals.faults.limited import below_limits
from evals.faults.record import Exported, Row
from evals.faults.unwilling import nobody_unwilling

FINAL: Final = ("accepted", "failed", "skipped", "expired")


@dataclass(frozen=True)
class Violation:
    invariant: str
    sentence: str


def check(found: Exported) -> list[Violation]:
    """Everything that is wrong, in the order of the invariants; nothing where all hold."""
    return [
        Violation(name, sentence)
        for name, rule in CHECKS
        for sentence in dict.fromkeys(rule(found))
    ]


# --- I1: each key has at most one external effect


def once_each(found: Exported) -> Iterator[str]:
    for key, count in Counter(act.key for act in found.acts).items():
        if count > 1:
            yield f"Effect {key} happened {count} times."
    seen = Counter(
        (act.contact_id, act.channel, act.treatment)
        for act in found.acts
        if act.contact_id is not None
    )
    for (contact, channel, treatment), count in seen.items():
        if count > 1:
            yield f"{contact} got {treatment} by {channel} {count} times."


# --- I3: nothing is lost


def nothing_lost(found: Exported) -> Iterator[str]:
    effects = found.by("effect", "effect_id")
    for key, wanted in _promised(found).items():
        if key not in effects:
            yield f"{wanted} item {key} has no effect."
    for key, effect in effects.items():
        parked = effect["state"] == "unknown" and effect["parked"]
        if effect["state"] not in FINAL and not parked:
            yield f"Effect {key} is left in {effect['state']}."
    for run in found.rows("run"):
        if run["state"] == "open":
            yield f"Run {run['run_id']} is left open."
    yield from _both_sides(found, effects)


def _promised(found: Exported) -> dict[str, str]:
    """Decision ids that were cleared or approved, and by whom."""
    done = {row["run_id"] for row in found.rows("run") if row["state"] == "done"}
    promised = {
        row["decision_id"]: "Cleared"
        for row in found.rows("decisions")
        if row["fate"] == "scheduled" and row["run_id"] in done
    }
    packets = versions_by_packet(found)
    for review in found.rows("review"):
        if review["state"] != "approved":
            continue
        for version in packets[review["packet_id"]]:
            if version["version"] == review["version"]:
                promised |= dict.fromkeys(items_of(found, version), "Approved")
    return promised


def _both_sides(found: Exported, effects: dict[str, Row]) -> Iterator[str]:
    """What we say happened, happened; what happened, we know of."""
    acted = {act.key for act in found.acts}
    for key, effect in effects.items():
        state, touch = effect["state"], effect["amount"] is None
        if state == "accepted" and touch and key not in acted:
            yield f"Effect {key} is accepted, and the provider never acted on it."
        if key in acted and state not in ("accepted", "unknown"):
            yield f"Effect {key} is {state}, and the provider acted on it."


# --- I7: what was refused never happens


def refused_never_happens(found: Exported) -> Iterator[str]:
    effects, reviews = found.by("effect", "effect_id"), found.by("review", "packet_id")
    fates = found.by("decisions", "decision_id")
    for act in found.acts:
        effect = effects.get(act.key, {})
        review = reviews.get(effect.get("packet_id", ""))
        if review is not None and review["state"] != "approved":
            yield f"Effect {act.key} happened, and its packet is {review['state']}."
        if effect.get("state") in ("skipped", "expired"):
            yield f"Effect {act.key} happened, and it was {effect['state']}."
        fate = fates.get(act.key, {}).get("fate")
        if fate not in (None, "scheduled", "waiting"):
            yield f"Effect {act.key} happened, and the run decided that it is {fate}."


# --- I10: no secret and nobody's address where they do not belong


def leaks(files: list[Path], secrets: list[str]) -> list[Violation]:
    """Secrets and people's data found in logs, journals and checkpoints, by their bytes."""
    wanted = [(secret, secret.encode()) for secret in secrets]
    return [
        Violation("I10", f"{secret!r} stands in {file.name}.")
        for file in files
        for content in [file.read_bytes()]
        for secret, needle in wanted
        if needle in content
    ]


Rule = Callable[[Exported], Iterator[str]]
CHECKS: Final[tuple[tuple[str, Rule], ...]] = (
    ("I1", once_each),
    ("I2", approved_when_sent),
    ("I3", nothing_lost),
    ("I4", below_limits),
    ("I5", nobody_unwilling),
    ("I6", audit_covers),
    ("I7", refused_never_happens),
)
