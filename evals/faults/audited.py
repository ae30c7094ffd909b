"""I6: the audit chain is whole and covers every change."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC
from typing import Final

from evals.faults.hashing import digest
from evals.faults.record import Exported, instant

ROOT: Final = "0" * 64
LEGAL: Final = {
    None: {"intent", "skipped"},
    "intent": {"sending", "skipped", "expired", "failed", "accepted"},
    "sending": {"accepted", "failed", "unknown", "intent"},
    "unknown": {"accepted", "failed", "sending", "unknown", "skipped", "expired"},
    "accepted": {"failed"},
    "failed": {"accepted"},
    "skipped": set(),
    "expired": set(),
}
"""Steps an effect may take. A provider's later word corrects what it first said; otherwise a
final state stays."""


def audit_covers(found: Exported) -> Iterator[str]:
    yield from _chain(found)
    yield from _effect_moves(found)
    yield from _review_moves(found)
    yield from _other_changes(found)
    yield from _events_told(found)


def _chain(found: Exported) -> Iterator[str]:
    previous = ROOT
    for row in sorted(found.rows("audit"), key=lambda row: row["seq"]):
        if row["previous"] != previous:
            yield f"Audit line {row['seq']} does not follow the line before it."
        at = instant(row["at"]).astimezone(UTC).isoformat(timespec="microseconds")
        said = [row["previous"], at, row["actor"], row["kind"], row["subject"], row["payload"]]
        if digest(said) != row["hash"]:
            yield f"Audit line {row['seq']} does not hash to what it says."
        previous = row["hash"]


def _effect_moves(found: Exported) -> Iterator[str]:
    events = found.events()
    for key, effect in found.by("effect", "effect_id").items():
        states = [one.state for one in events.get(key, [])]
        if not states or states[-1] != effect["state"]:
            last = states[-1] if states else "nothing"
            yield f"Effect {key} is {effect['state']}, the audit says {last}."
        before: str | None = None
        for state in states:
            if state not in LEGAL[before]:
                yield f"Effect {key} went from {before} to {state}."
            before = state
    for key in events.keys() - found.by("effect", "effect_id").keys():
        yield f"Effect {key} is in the audit and gone from the table."


def _review_moves(found: Exported) -> Iterator[str]:
    ended = {
        line["subject"]: line["payload"].get("state", "expired")
        for line in found.audit("review_decided", "review_expired", "review_voided")
    }
    settled = Counter(line["subject"] for line in found.audit("review_settled"))
    for review in found.rows("review"):
        packet, state = review["packet_id"], review["state"]
        if state != "pending" and ended.get(packet) != state:
            yield f"Review {packet} is {state}, the audit says {ended.get(packet)}."
        if bool(review["settled"]) != (settled[packet] == 1):
            yield f"Review {packet} was settled {settled[packet]} times by the audit."
    told = {
        (line["subject"], line["payload"]["version"], line["actor"], line["payload"]["verdict"])
        for line in found.audit("review_vote")
    }
    for vote in found.rows("vote"):
        one = (vote["packet_id"], vote["version"], vote["person_id"], vote["verdict"])
        if one not in told:
            yield f"{vote['person_id']}'s vote on {vote['packet_id']} is in no audit line."


def _other_changes(found: Exported) -> Iterator[str]:
    lines = Counter((row["kind"], row["subject"]) for row in found.rows("audit"))
    for run in found.rows("run"):
        if (run["state"] == "done") != (lines["run_committed", run["run_id"]] == 1):
            count = lines["run_committed", run["run_id"]]
            yield f"Run {run['run_id']} is {run['state']}, and was committed {count} times."
    for row in found.rows("suppression"):
        if not lines["suppressed", row["contact_id"]]:
            yield f"{row['contact_id']}'s suppression is in no audit line."
    for row in found.rows("consent"):
        if row["state"] != "granted" and not lines["consent_withdrawn", row["contact_id"]]:
            yield f"{row['contact_id']} took consent back, which is in no audit line."
    for row in found.rows("pause"):
        if not lines["paused", f"{row['scope']} {row['name']}"]:
            yield f"The pause of {row['scope']} {row['name']} is in no audit line."


def _events_told(found: Exported) -> Iterator[str]:
    """What the provider told is kept once and noted; what was forged left nothing."""
    kept = {(row["provider"], row["event_id"]) for row in found.rows("feedback")}
    noted = {
        (line["payload"]["provider"], event): state
        for line in found.audit("feedback")
        for event, state in line["payload"]["states"].items()
    }
    for told in (line for line in found.outside if line["line"] == "event"):
        one = (f"{told['channel']}-{told['provider']}", told["event_id"])
        if told["forged"] != (one not in kept) or told["forged"] != (told["status"] == 401):
            yield f"Event {one[1]} (forged: {told['forged']}) got {told['status']}."
    for row in found.rows("feedback"):
        if noted.get((row["provider"], row["event_id"])) != row["state"]:
            yield f"Event {row['event_id']} is {row['state']}, which is in no audit line."
