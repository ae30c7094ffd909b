"""I4: what is reserved and spent stays below every limit."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta

from evals.faults.record import Exported, Row, instant


def below_limits(found: Exported) -> Iterator[str]:
    taken = [row for row in found.rows("reservation") if row["state"] in ("held", "spent")]
    for cap in found.limits["caps"]:
        rows = [row for row in taken if row["resource"] in _touches(cap)]
        for holder, times in _by_holder(rows, cap["per"]).items():
            most = most_within(times, timedelta(hours=cap["window_hours"]))
            if most > cap["at_most"]:
                yield f"{holder}: {most:g} of {cap['at_most']} of {cap['name']} are taken."
    for budget in found.limits["budgets"]:
        pool = f"pool:{budget['pool']}"
        uses = [(instant(r["at"]), float(r["amount"])) for r in taken if r["resource"] == pool]
        most = most_within(uses, timedelta(days=budget["window_days"]))
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


def most_within(uses: list[tuple[datetime, float]], window: timedelta) -> float:
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
