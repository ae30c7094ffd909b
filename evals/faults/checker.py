"""The checker: invariants I1 to I7 and I10, by somebody who knows nothing of the product.

It reads the provider's ledger and an export, and imports no line of the house: hashes, windows and
quiet hours are worked out anew from what docs/faults.md says of them.
"""

import hashlib
import json
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from evals.faults.record import Act, Event, Exported, Row, instant

FINAL: Final = ("accepted", "failed", "skipped", "expired")
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


# --- I2: nothing without an approval that held when it was executed


def approved_when_sent(found: Exported) -> Iterator[str]:
    effects, events, packets = found.by("effect", "effect_id"), found.events(), _packets(found)
    for act in found.acts:
        effect = effects.get(act.key)
        if effect is None:
            yield f"The provider acted on {act.key}, which no effect has."
            continue
        yield from _same_payload(act, effect)
        packet = packets.get(effect["packet_id"])
        if packet is None:
            yield f"Effect {act.key} rests on packet {effect['packet_id']}, which is not there."
            continue
        yield from _approval(found, act, effect, packet, events.get(act.key, []))


def _same_payload(act: Act, effect: Row) -> Iterator[str]:
    said = ("channel", "contact_id", "campaign_id", "treatment", "amount", "payload_hash")
    for name in said:
        mine = getattr(act, name)
        if name == "payload_hash" and mine is None:
            continue
        if mine != effect[name]:
            yield f"Effect {act.key}: executed {name} {mine!r}, decided {effect[name]!r}."


def _packets(found: Exported) -> dict[str, list[Row]]:
    """Versions of each packet, oldest first, their payload read."""
    packets: dict[str, list[Row]] = defaultdict(list)
    for row in sorted(found.rows("packet"), key=lambda row: row["version"]):
        packets[row["packet_id"]].append({**row, "said": json.loads(row["payload"])})
    return packets


def _approval(
    found: Exported, act: Act, effect: Row, versions: list[Row], events: list[Event]
) -> Iterator[str]:
    review = found.by("review", "packet_id").get(effect["packet_id"])
    version = versions[-1]
    if review is not None:
        known = [one for one in versions if one["version"] == review["version"]]
        if not known:
            yield f"Packet {effect['packet_id']} is reviewed in a version that is not there."
            return
        version = known[0]
        if review["payload_hash"] != version["payload_hash"]:
            yield f"Packet {effect['packet_id']}: the review names another hash than its version."
    if digest(_instants(version["said"])) != version["payload_hash"]:
        yield f"Packet {version['packet_id']} does not hash to its payload_hash."
    yield from _holds(found, act, version)
    if review is None:
        if version["disposition"] != "cleared":
            yield f"Effect {act.key} rests on {version['packet_id']}, which nobody cleared."
        return
    for sent in (one for one in events if one.state == "sending"):
        yield from _stood(found, act, version, sent)


def _instants(said: Row) -> Row:
    """Instants in the form that is hashed: UTC, microseconds."""
    return {
        name: instant(value).astimezone(UTC).isoformat(timespec="microseconds")
        if name in ("first_at", "last_at")
        else value
        for name, value in said.items()
    }


def _holds(found: Exported, act: Act, version: Row) -> Iterator[str]:
    """The version that was approved holds the item: its hash covers it."""
    if act.amount is not None:
        budget = version["said"]["budget"] or {}
        if (budget.get("campaign_id"), budget.get("spend_new")) != (act.campaign_id, act.amount):
            yield f"Budget {act.key} is not what packet {version['packet_id']} says."
        return
    items = _items(found, version)
    if act.key not in items:
        yield f"Effect {act.key} is not in version {version['version']} of its packet."
    yield from _as_decided(found, act)
    if digest(sorted(items)) != version["said"]["decisions_hash"]:
        yield f"Packet {version['packet_id']} does not hash to the items it holds."


def _as_decided(found: Exported, act: Act) -> Iterator[str]:
    """Whom it reached, and with what, is what the run decided under that id."""
    decided = found.by("decisions", "decision_id").get(act.key, {})
    said = (
        (act.contact_id, "contact_id"),
        (act.channel, "channel"),
        (act.treatment, "treatment_id"),
    )
    for mine, name in said:
        if mine != decided.get(name):
            yield f"Effect {act.key}: executed {name} {mine!r}, decided {decided.get(name)!r}."


def _items(found: Exported, version: Row) -> list[str]:
    """Decision ids that a version of a packet holds."""
    if version["said"]["kind"] == "budget":
        return []
    if version["version"] == 1:
        wanted, unfit = version["packet_id"], _unfit(found)
        rows = [row for row in found.rows("decisions") if row["packet_id"] == wanted]
        return [row["decision_id"] for row in rows if row["decision_id"] not in unfit]
    name = f"kept_{version['packet_id']}_{version['said']['decisions_hash'][:16]}"
    return [one for row in found.rows("kept") if row["name"] == name for one in row["decision_ids"]]


def _unfit(found: Exported) -> set[str]:
    """What was decided, and did not fit its limits any more when the run was committed."""
    return {
        row["effect_id"]
        for row in found.rows("effect")
        if (row["state"], row["reason"]) == ("skipped", "taken_meanwhile")
    }


def _stood(found: Exported, act: Act, version: Row, sent: Event) -> Iterator[str]:
    """Enough people who may approve had approved this very version before this hand-over, and had
    not lost the right to."""
    packet, said = version["packet_id"], version["said"]
    barred = {*said["edited_by"], said["proposed_by"]}
    voters: set[str] = set()
    for line in _before(found.audit("review_vote"), sent):
        told = line["payload"]
        right = (told["version"], told["hash"]) == (version["version"], version["payload_hash"])
        if line["subject"] == packet and right:
            (voters.add if told["verdict"] == "approve" else voters.discard)(line["actor"])
    gone = {line["subject"] for line in _before(found.audit("role_lost"), sent)}
    if len(voters - barred - gone) < said["approvals_needed"]:
        yield (
            f"Effect {act.key} was handed over with {len(voters - barred - gone)} of "
            f"{said['approvals_needed']} approvals of packet {packet}."
        )
    decided = [line for line in found.audit("review_decided") if line["subject"] == packet]
    if not any(line["payload"]["state"] == "approved" for line in _before(decided, sent)):
        yield f"Effect {act.key} was handed over before packet {packet} was approved."


def _before(lines: list[Row], sent: Event) -> list[Row]:
    return [line for line in lines if line["seq"] < sent.seq]


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
    packets = _packets(found)
    for review in found.rows("review"):
        if review["state"] != "approved":
            continue
        for version in packets[review["packet_id"]]:
            if version["version"] == review["version"]:
                promised |= dict.fromkeys(_items(found, version), "Approved")
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


# --- I4: reserved and spent stay below every limit


def below_limits(found: Exported) -> Iterator[str]:
    taken = [row for row in found.rows("reservation") if row["state"] in ("held", "spent")]
    for cap in found.limits["caps"]:
        rows = [row for row in taken if row["resource"] in _touches(cap)]
        for holder, times in _by_holder(rows, cap["per"]).items():
            most = _most(times, timedelta(hours=cap["window_hours"]))
            if most > cap["at_most"]:
                yield f"{holder}: {most:g} of {cap['at_most']} of {cap['name']} are taken."
    for budget in found.limits["budgets"]:
        pool = f"pool:{budget['pool']}"
        uses = [(instant(r["at"]), float(r["amount"])) for r in taken if r["resource"] == pool]
        most = _most(uses, timedelta(days=budget["window_days"]))
        if most > budget["at_most"]:
            yield f"{pool}: {most:g} of {budget['at_most']} are taken."
    yield from _budgets_as_set(found)
    yield from _overwritten(found)
    yield from _freed_though_sent(found)


def _touches(cap: Row) -> set[str]:
    return {f"touch:{channel}" for channel in cap["channels"]}


def _by_holder(rows: list[Row], per: str) -> dict[str, list[tuple[datetime, float]]]:
    name = "holder" if per == "contact" else "account_id"
    holders: dict[str, list[tuple[datetime, float]]] = defaultdict(list)
    for row in rows:
        if row[name]:
            holders[row[name]].append((instant(row["at"]), float(row["amount"])))
    return holders


def _most(uses: list[tuple[datetime, float]], window: timedelta) -> float:
    """The most that is used within any window."""
    return max(
        (
            sum(amount for at, amount in uses if timedelta(0) <= at - since < window)
            for since, _ in uses
        ),
        default=0.0,
    )


def _budgets_as_set(found: Exported) -> Iterator[str]:
    """The platform runs the amount that was accepted last: absolute, and once."""
    wanted: dict[str, int] = {}
    for effect in sorted(found.rows("effect"), key=lambda row: row["at"]):
        if effect["amount"] is not None and effect["state"] == "accepted":
            wanted[effect["campaign_id"]] = effect["amount"]
    for campaign, amount in wanted.items():
        runs = found.platform.get(campaign)
        if campaign not in found.touched_elsewhere and runs != amount:
            yield f"{campaign} runs on {runs}, and {amount} was accepted."


def _overwritten(found: Exported) -> Iterator[str]:
    """Before a budget is set it is read, and what somebody else set meanwhile is left alone. (A
    platform that shows old budgets, and who sets one between the read and the act, excuse it.)"""
    called, read, changed, excused = False, set[str](), set[str](), set[str]()
    for line in found.outside:
        campaign = str(line.get("campaign_id"))
        if line["line"] == "call":
            called, late = True, line["mode"].startswith("stale")
            if "/budgets/" in line["path"]:
                read.add(line["path"].rsplit("/", 1)[1])
        elif line["line"] == "set" and called:
            changed.add(campaign)
            read.discard(campaign)
        elif line["line"] == "act" and line["amount"] is not None and campaign not in excused:
            if campaign in changed and campaign in read:
                yield f"{campaign} was set by {line['key']} over what somebody else set."
            if campaign not in read | changed:
                yield f"{campaign} was set by {line['key']} without a look at what it is."
            excused |= {campaign} if late else set()


def _freed_though_sent(found: Exported) -> Iterator[str]:
    """What went out keeps what it used of the limits."""
    acted = {act.key for act in found.acts}
    for row in found.rows("reservation"):
        if row["state"] == "freed" and row["decision_id"] in acted:
            yield f"Effect {row['decision_id']} went out and its {row['resource']} is freed."


# --- I5: nobody is reached who may not be, at the instant of sending


def nobody_unwilling(found: Exported) -> Iterator[str]:
    effects, events = found.by("effect", "effect_id"), found.events()
    contacts = found.by("contacts", "contact_id")
    for act in found.acts:
        effect = effects.get(act.key)
        if effect is None or act.contact_id is None:
            continue
        for sent in (one for one in events.get(act.key, []) if one.state == "sending"):
            yield from _suppressed(found, act, sent)
            yield from _unconsented(found, act, effect, sent)
            yield from _asleep(found, act, contacts.get(act.contact_id, {}), effect, sent)
            yield from _paused(found, act, effect, sent)
    yield from _too_many(found, effects)


def _suppressed(found: Exported, act: Act, sent: Event) -> Iterator[str]:
    lines = _before(found.audit("suppressed"), sent)
    if any(line["subject"] == act.contact_id for line in lines):
        yield f"{act.contact_id} was suppressed before {act.key} was handed over."


def _unconsented(found: Exported, act: Act, effect: Row, sent: Event) -> Iterator[str]:
    """No statement was committed before the hand-over that took consent back, and one gave it."""
    rule = found.limits["consent"]
    if act.channel not in rule["channels"] or effect["action_class"] in rule["exempt_classes"]:
        return
    taken_back = [
        line
        for line in _before(found.audit("consent_withdrawn"), sent)
        if line["subject"] == act.contact_id and line["payload"].get("channel") == act.channel
    ]
    if taken_back:
        yield f"{act.contact_id} took consent back before {act.key} was handed over."
    granted = [
        row
        for row in found.rows("consent")
        if (row["contact_id"], row["channel"]) == (act.contact_id, act.channel)
        and row["state"] == "granted"
        and (row["expires_at"] is None or instant(row["expires_at"]) > sent.at)
    ]
    if not granted:
        yield f"{act.contact_id} never consented to {act.channel}."


def _asleep(found: Exported, act: Act, contact: Row, effect: Row, sent: Event) -> Iterator[str]:
    if effect["action_class"] in ("mandatory", "transactional") or not contact.get("timezone"):
        return
    local = sent.at.astimezone(ZoneInfo(contact["timezone"])).time()
    for quiet in found.limits["quiet_hours"]:
        start, end = time.fromisoformat(quiet["start"]), time.fromisoformat(quiet["end"])
        over_night = start > end
        inside = (local >= start or local < end) if over_night else start <= local < end
        if act.channel in quiet["channels"] and inside:
            yield f"{act.contact_id} was asleep ({local:%H:%M}) when {act.key} was handed over."


def _paused(found: Exported, act: Act, effect: Row, sent: Event) -> Iterator[str]:
    scopes = {f"channel {act.channel}", f"agent {effect['agent']}", f"campaign {act.campaign_id}"}
    stopped: dict[str, bool] = {}
    for line in _before(found.audit("paused", "resumed"), sent):
        stopped[line["subject"]] = line["kind"] == "paused"
    for scope in sorted(scope for scope, is_on in stopped.items() if is_on):
        if scope in scopes or scope.startswith("all"):
            yield f"{scope} was paused when {act.key} was handed over."


def _too_many(found: Exported, effects: dict[str, Row]) -> Iterator[str]:
    """Counted by what really reached people: at its slot, or where it went more than an hour
    after that, when it was last handed over."""
    events = found.events()
    for cap in found.limits["caps"]:
        times: dict[str, list[tuple[datetime, float]]] = defaultdict(list)
        for act in found.acts:
            effect = effects.get(act.key)
            if effect is None or act.channel not in cap["channels"]:
                continue
            name = "contact_id" if cap["per"] == "contact" else "account_id"
            if effect["action_class"] not in cap["exempt_classes"] and effect[name]:
                times[effect[name]].append((_counted(effect, events.get(act.key, [])), 1.0))
        for holder, uses in times.items():
            most = _most(uses, timedelta(hours=cap["window_hours"]))
            if most > cap["at_most"]:
                yield f"{holder} was reached {most:g} times, {cap['name']} allows {cap['at_most']}."


def _counted(effect: Row, events: list[Event]) -> datetime:
    slot = instant(effect["slot_at"])
    handed = [one.at for one in events if one.state == "sending"]
    late = bool(handed) and handed[-1] - slot > timedelta(hours=1)
    return handed[-1] if late else slot


# --- I6: the audit chain is whole and covers every change


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


# --- What a hash is taken of


def digest(value: Any) -> str:
    """SHA-256 of JSON with sorted keys, NFC text and no space."""
    text = json.dumps(
        _nfc(value), sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False
    )
    return hashlib.sha256(text.encode()).hexdigest()


def _nfc(value: Any) -> Any:
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if isinstance(value, dict):
        return {_nfc(name): _nfc(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_nfc(one) for one in value]
    return value


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
