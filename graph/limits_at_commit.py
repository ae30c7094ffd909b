"""Limits at commit: what a run may still hold when it writes, by the limits in force.

A run chose against what it saw; others may have held since. What it holds is measured again in the
transaction that writes it, by the rules the run chose by: caps and spacing count as the judge
counts them, separations by what each choice gives, pools and minutes as the arbitration was given
them.
"""

from collections.abc import Iterator
from datetime import timedelta

import polars as pl

from domain.proposal import BudgetCandidate
from domain.run import Pins
from graph.apart import windows_apart
from graph.people import by_person, survivors_at
from graph.reserving import COUNTED_CLASSES
from graph.taken import days_of, minutes_from
from graph.touched import our_touches
from graph.tower import Tower
from policies.local_days import counts_by_calendar, with_days
from policies.schema import Policy
from policies.touch_limits import Cap, Spacing
from tools.ledger.fitting import Limit, Span, Window
from tools.ledger.reservations import TAKEN_ROWS, Dated
from tools.warehouse.identity.people import as_person
from tools.warehouse.observing import touch_log


def limits_of(tower: Tower, pins: Pins, choices: pl.DataFrame) -> tuple[Limit, ...]:
    """What the run's choices must fit together with all that others hold or spent.

    choices: DECISIONS rows; whose minutes they take, that person's day is among the limits.
    """
    policy = tower.loaded.policy
    return (
        *windows_of(policy),
        *windows_apart(policy, tower.warehouse.table("treatments"), tower.horizon),
        *_pools(tower, pins, policy),
        *_minutes(tower, pins, policy, choices),
    )


def windows_of(policy: Policy) -> tuple[Window, ...]:
    """Caps and spacing, as asks are fitted under them."""
    return (
        *(_window(cap) for cap in policy.caps if _counts(cap)),
        *(one for rule in policy.spacing for one in _apart(rule)),
    )


def _counts(cap: Cap) -> bool:
    """Only classes that hold touches at all can fill a cap."""
    return not set(COUNTED_CLASSES) <= set(cap.exempt_classes)


def _window(cap: Cap) -> Window:
    touches = tuple(f"touch:{channel}" for channel in cap.channels)
    whose = (cap.agents, cap.themes, cap.calendar)
    return Window(cap.per, touches, touches, cap.at_most, timedelta(hours=cap.reach_hours), *whose)


def _apart(rule: Spacing) -> tuple[Window, Window]:
    one, other, gap = f"touch:{rule.channel}", f"touch:{rule.other}", timedelta(hours=rule.hours)
    return (
        Window("contact", (one,), (other,), 0, gap),
        Window("contact", (other,), (one,), 0, gap),
    )


def _pools(tower: Tower, pins: Pins, policy: Policy) -> Iterator[Span]:
    """By the days the arbitration counted, and by the policy's own where those are others."""
    budgets = tower.folder(pins.run_id).read_records("budgets_ads", BudgetCandidate)
    for budget in policy.budgets:
        for days in sorted({days_of(budget, budgets), budget.window_days}):
            yield Span(
                f"pool:{budget.pool}",
                budget.to_plan * days / budget.window_days,
                pins.at - timedelta(days=days),
                pins.at + timedelta(days=days) + tower.horizon,
            )


def _minutes(tower: Tower, pins: Pins, policy: Policy, choices: pl.DataFrame) -> Iterator[Span]:
    people = tower.warehouse.table("people").select("person_id", "minutes_per_day")
    declared = dict(people.drop_nulls().iter_rows())
    daily = policy.capacity.share_of_minutes * (tower.horizon / timedelta(days=1))
    for owner in choices.get_column("owner").drop_nulls().unique().sort():
        at_most = daily * declared.get(owner, 0.0)
        since, until = minutes_from(pins.at), pins.at + tower.horizon
        yield Span(f"minutes:{owner}", at_most, since, until)


def other_touches(tower: Tower, pins: Pins) -> pl.DataFrame:
    """What other tools took of the caps, as `reservations.hold_within` wants it; and what we hold
    under other contacts of the same people, whom the ledger's rows do not join."""
    policy = tower.loaded.policy
    windows = [cap.reach_hours for cap in policy.caps] + [rule.hours for rule in policy.spacing]
    since = pins.at - timedelta(hours=max(windows, default=0))
    survivors = survivors_at(tower, pins.at)
    theirs = touch_log(by_person(tower, pins.at, survivors), since)
    columns = ["contact_id", "account_id", "channel", "at"]
    touches = pl.concat([theirs.select(columns), _of_members(tower, survivors).select(columns)])
    return touches.select(
        resource=pl.concat_str(pl.lit("touch:"), "channel"),
        holder="contact_id",
        account_id="account_id",
        amount=pl.lit(1.0),
        at=pl.col("at").cast(TAKEN_ROWS["at"]),
    )


def _of_members(tower: Tower, survivors: pl.DataFrame) -> pl.DataFrame:
    """Our touches of merged contacts, as their survivors'. They name no account: the ledger's own
    rows count there."""
    merged = survivors.get_column("contact_id").to_list()
    ours = our_touches(tower.ledger, merged)
    return as_person(ours, survivors).with_columns(account_id=pl.lit(None, pl.String))


def dated(policy: Policy, contacts: pl.DataFrame) -> Dated | None:
    """What gives asks and what is taken their DAYS, where a cap asks for them. contacts:
    contact_id, timezone, country."""
    if not counts_by_calendar(policy):
        return None

    def placed(rows: pl.DataFrame) -> pl.DataFrame:
        return with_days(rows.with_columns(contact_id="holder"), contacts).drop("contact_id")

    return placed


def in_turn(choices: pl.DataFrame, bundles: pl.DataFrame) -> pl.DataFrame:
    """decision_id, unit: what stands or falls together has one number, worth most first.

    choices: DECISIONS rows; bundles: BUNDLES. Equal worth goes by the decision's id, so that the
    same run always asks in the same order.
    """
    named = choices.join(bundles, on="treatment_id", how="left", maintain_order="left")
    together = pl.format("{} of {} in slot {}", "bundle", "contact", "slot")
    keyed = named.select("decision_id", "value", key=pl.coalesce(together, "decision_id"))
    turns = (
        keyed.group_by("key")
        .agg(pl.col("value").sum(), first=pl.col("decision_id").min())
        .sort("value", "first", descending=[True, False])
        .select("key", unit=pl.int_range(pl.len(), dtype=pl.Int64))
    )
    return keyed.join(turns, on="key", how="left", maintain_order="left").select(
        "decision_id", "unit"
    )
