"""I2: nothing without an approval that held when it was executed."""

import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC

from evals.faults.hashing import digest
from evals.faults.record import Act, Event, Exported, Row, before, instant


def approved_when_sent(found: Exported) -> Iterator[str]:
    effects, events, packets = (
        found.by("effect", "effect_id"),
        found.events(),
        versions_by_packet(found),
    )
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


def versions_by_packet(found: Exported) -> dict[str, list[Row]]:
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
    items = items_of(found, version)
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


def items_of(found: Exported, version: Row) -> list[str]:
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
    for line in before(found.audit("review_vote"), sent):
        told = line["payload"]
        right = (told["version"], told["hash"]) == (version["version"], version["payload_hash"])
        if line["subject"] == packet and right:
            (voters.add if told["verdict"] == "approve" else voters.discard)(line["actor"])
    gone = {line["subject"] for line in before(found.audit("role_lost"), sent)}
    if len(voters - barred - gone) < said["approvals_needed"]:
        yield (
            f"Effect {act.key} was handed over with {len(voters - barred - gone)} of "
            f"{said['approvals_needed']} approvals of packet {packet}."
        )
    decided = [line for line in found.audit("review_decided") if line["subject"] == packet]
    if not any(line["payload"]["state"] == "approved" for line in before(decided, sent)):
        yield f"Effect {act.key} was handed over before packet {packet} was approved."
