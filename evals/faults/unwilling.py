"""I5: nobody is reached who may not be, at the instant of sending."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from evals.faults.limited import most_within
from evals.faults.record import Act, Event, Exported, Row, before, instant


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
    lines = before(found.audit("suppressed"), sent)
    if any(line["subject"] == act.contact_id for line in lines):
        yield f"{act.contact_id} was suppressed before {act.key} was handed over."


def _unconsented(found: Exported, act: Act, effect: Row, sent: Event) -> Iterator[str]:
    """No statement was committed before the hand-over that took consent back, and one gave it."""
    rule = found.limits["consent"]
    if act.channel not in rule["channels"] or effect["action_class"] in rule["exempt_classes"]:
        return
    taken_back = [
        line
        for line in before(found.audit("consent_withdrawn"), sent)
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
    for line in before(found.audit("paused", "resumed"), sent):
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
            most = most_within(uses, timedelta(hours=cap["window_hours"]))
            if most > cap["at_most"]:
                yield f"{holder} was reached {most:g} times, {cap['name']} allows {cap['at_most']}."


def _counted(effect: Row, events: list[Event]) -> datetime:
    slot = instant(effect["slot_at"])
    handed = [one.at for one in events if one.state == "sending"]
    late = bool(handed) and handed[-1] - slot > timedelta(hours=1)
    return handed[-1] if late else slot
