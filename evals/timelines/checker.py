"""The checker: judges what was sent by the rules as they stand in words, with code of its own.

It imports nothing of the policies or of the graph: lists, loops and the tz database.
"""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache, partial
from zoneinfo import ZoneInfo

from evals.timelines.happened import Home, Other, Reply, Sent, Statement
from evals.timelines.places import period_at, zones_of
from evals.timelines.rules import BlackoutRule, CapRule, IgnoreRule, QuietRule, ReplyRule, Rules


def violations(
    rules: Rules,
    sent: Sequence[Sent],
    others: Sequence[Other],
    replies: Sequence[Reply],
    said: dict[str, list[Statement]],
    homes: dict[str, Home],
) -> Counter[str]:
    """How often each rule was broken."""
    found: Counter[str] = Counter()
    touches: list[Sent | Other] = [
        *others,
        *(one for one in sent if one.action_class == "marketing"),
    ]
    for cap in rules.caps:
        ours = [one for one in sent if _named(cap, one)]
        counted = [one for one in touches if _named(cap, one)]
        over = _over if cap.window is not None else partial(_over_by_date, homes=homes)
        found[f"{cap.kind} {cap.name}"] += over(cap, ours, counted)
    for rule in rules.spacing:
        found[f"spacing {rule.name}"] += _close(rule.channel, rule.other, rule.gap, sent, touches)
    found["reply pause"] += _answered(rules.replies, sent, replies)
    found["ignore pause"] += _ignored(rules.ignores, sent, touches, replies)
    for one in sent:
        if one.action_class in ("mandatory", "transactional"):
            continue
        found["quiet hours"] += _wakes(rules.quiet, one, homes[one.contact])
        found["blackout date"] += _closed(rules.blackouts, one, homes[one.contact])
        found["consent"] += not _may(rules, one, said.get(one.contact, []))
    return +found


def _over(cap: CapRule, sent: Sequence[Sent], touches: Sequence[Sent | Other]) -> int:
    """Messages of ours that were one too many in the window that ends with them. What another tool
    did later is not our doing, so no other window need be looked at."""
    instants: dict[str, list[datetime]] = defaultdict(list)
    for one in touches:
        holder = one.contact if cap.per == "contact" else one.account
        if holder is not None and one.channel in cap.channels:
            instants[holder].append(one.at)
    for times in instants.values():
        times.sort()
    broken = 0
    for one in sent:
        holder = one.contact if cap.per == "contact" else one.account
        if one.action_class != "marketing" or one.channel not in cap.channels or holder is None:
            continue
        times = instants[holder]
        assert cap.window is not None
        within = bisect_right(times, one.at) - bisect_right(times, one.at - cap.window)
        broken += within > cap.at_most
    return broken


def _named(cap: CapRule, one: Sent | Other) -> bool:
    """Whether it is of the cap's agents and themes, or nobody knows; another tool's may be any."""
    if isinstance(one, Other):
        return True
    other_agent = bool(cap.agents) and one.agent not in cap.agents
    other_theme = bool(cap.themes) and one.theme is not None and one.theme not in cap.themes
    return not other_agent and not other_theme


def _over_by_date(
    cap: CapRule,
    sent: Sequence[Sent],
    touches: Sequence[Sent | Other],
    homes: Mapping[str, Home],
) -> int:
    """Messages of ours that were one too many in their day, week or month so far, at any place
    where the people may live."""
    theirs: dict[str, dict[str, list[datetime]]] = defaultdict(lambda: defaultdict(list))
    for one in touches:
        holder = one.contact if cap.per == "contact" else one.account
        if holder is not None and one.channel in cap.channels:
            theirs[holder][one.contact].append(one.at)
    broken = 0
    for one in sent:
        holder = one.contact if cap.per == "contact" else one.account
        if one.action_class == "marketing" and one.channel in cap.channels and holder is not None:
            broken += _most_of_a_date(cap, one, theirs[holder], homes) > cap.at_most
    return broken


def _most_of_a_date(
    cap: CapRule, one: Sent, theirs: Mapping[str, Sequence[datetime]], homes: Mapping[str, Home]
) -> int:
    """Touches until the message in its period, where the people may live so that it is most."""
    assert cap.calendar is not None
    most = 0
    before = {who: [at for at in times if at <= one.at] for who, times in theirs.items()}
    for zone in zones_of(homes[one.contact]):
        period = period_at(cap.calendar, zone, one.at)
        count = sum(period_at(cap.calendar, zone, at) == period for at in before[one.contact])
        for who, times in before.items():
            if who != one.contact and times:
                count += max(
                    sum(period_at(cap.calendar, other, at) == period for at in times)
                    for other in zones_of(homes[who])
                )
        most = max(most, count)
    return most


def _close(
    channel: str, other: str, gap: timedelta, sent: Sequence[Sent], touches: Sequence[Sent | Other]
) -> int:
    """Messages of ours that followed a touch on the other channel too soon."""
    instants: dict[tuple[str, str], list[datetime]] = defaultdict(list)
    for one in touches:
        instants[one.contact, one.channel].append(one.at)
    against = {channel: other, other: channel}
    broken = 0
    for one in sent:
        if one.action_class == "marketing" and one.channel in against:
            near = instants.get((one.contact, against[one.channel]), [])
            broken += any(at <= one.at and one.at - at < gap for at in near)
    return broken


def _answered(rules: Sequence[ReplyRule], sent: Sequence[Sent], replies: Sequence[Reply]) -> int:
    """Messages that sold to an account, or to a person of none, soon after it had answered."""
    instants: dict[str, list[datetime]] = defaultdict(list)
    for reply in replies:
        instants[f"account {reply.account}" if reply.account else reply.contact].append(reply.at)
    broken = 0
    for one in sent:
        holder = f"account {one.account}" if one.account else one.contact
        rests = [rule.rest for rule in rules if one.channel in rule.channels]
        if one.action_class == "marketing":
            broken += any(
                at <= one.at and one.at - at < rest
                for rest in rests
                for at in instants.get(holder, [])
            )
    return broken


def _ignored(
    rules: Sequence[IgnoreRule],
    sent: Sequence[Sent],
    touches: Sequence[Sent | Other],
    replies: Sequence[Reply],
) -> int:
    """Messages that sold to a person who rested. What goes in one hour goes together: it rests by
    what went before."""
    answers: dict[str, list[datetime]] = defaultdict(list)
    for reply in replies:
        answers[reply.contact].append(reply.at)
    of: dict[str, list[Sent | Other]] = defaultdict(list)
    for touch in touches:
        of[touch.contact].append(touch)
    return sum(
        one.action_class == "marketing"
        and one.channel in rule.channels
        and _rests(rule, one.at, of[one.contact], answers[one.contact])
        for rule in rules
        for one in sent
    )


def _rests(
    rule: IgnoreRule, at: datetime, touches: Sequence[Sent | Other], answers: Sequence[datetime]
) -> bool:
    times = sorted(one.at for one in touches if one.channel in rule.channels and one.at < at)
    return any(
        last - first <= rule.within
        and at < last + rule.rest
        and not any(first < answer <= at for answer in answers)
        for first, last in zip(times, times[rule.after - 1 :], strict=False)
    )


def _wakes(rules: Sequence[QuietRule], one: Sent, home: Home) -> bool:
    return any(
        one.channel in rule.channels and any(_quiet(rule, zone, one.at) for zone in zones_of(home))
        for rule in rules
    )


def _closed(rules: Sequence[BlackoutRule], one: Sent, home: Home) -> bool:
    """Only what sells rests."""
    return one.action_class == "marketing" and any(
        one.channel in rule.channels
        and rule.first <= one.at.astimezone(ZoneInfo(zone)).date() <= rule.last
        for rule in rules
        for zone in zones_of(home)
    )


@cache
def _quiet(rule: QuietRule, zone: str, at: datetime) -> bool:
    """By minutes since midnight on the wall, going round the night."""
    wall = at.astimezone(ZoneInfo(zone))
    minute = wall.hour * 60 + wall.minute
    start = rule.start.hour * 60 + rule.start.minute
    end = rule.end.hour * 60 + rule.end.minute
    return (minute - start) % 1440 < (end - start) % 1440


def _may(rules: Rules, one: Sent, said: Sequence[Statement]) -> bool:
    """By what was said until the message went."""
    if any(told.channel is None and told.at <= one.at for told in said):
        return False
    if one.channel not in rules.consent_channels:
        return True
    theirs = [told for told in said if told.channel == one.channel and told.at <= one.at]
    if not theirs:
        return False
    newest = max(theirs, key=lambda told: told.at)
    ended = newest.expires_at is not None and newest.expires_at <= one.at
    aged = rules.strict_after is not None and one.at - newest.at > rules.strict_after
    return newest.state == "granted" and not ended and not aged
