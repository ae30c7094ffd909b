"""Past collisions: what touches of any tool did to each other, by the rules of a policy.

Nothing is judged anew: each touch happened, and is held against what had happened before it.
Rules that ask for more than touches are in `graph.past_orders` and `graph.past_holds`.
"""

from collections.abc import Iterator
from datetime import timedelta

import polars as pl

from graph.calendar_caps import so_far
from graph.facts import HOLDER
from graph.gate import longest_window
from graph.past_holds import held
from graph.past_known import FOUND, Past, found
from graph.past_orders import disordered
from policies.blackouts import blacked_out
from policies.judging import bound, counted_by, promotional
from policies.limit import Limit
from policies.local_days import local_days
from policies.named import with_names
from policies.quiet import asleep
from policies.schema import Policy
from policies.touch_limits import Cap, Spacing


def collide(touches: pl.DataFrame, policy: Policy, past: Past | None = None) -> pl.DataFrame:
    """One row for each touch and rule that it broke: touch_id, rule, and `against`, the source of
    the touch before it that it came too close to (null where it is nobody's).

    touches: touch_id, contact_id, account_id, channel, treatment_id, class, at, source, timezone,
    country; a touch without a class counts as marketing. Of touches at one instant the later id is
    the one too many. past: what else is known; None: nothing.
    """
    other = past or Past()
    known = with_names(touches).with_columns(pl.col("class").fill_null("marketing"))
    known = known.sort("at", "touch_id")
    return pl.concat(
        [
            pl.DataFrame(schema=FOUND),
            *(_beyond(known, cap) for cap in policy.caps),
            *(part for rule in policy.spacing for part in _too_close(known, rule)),
            _woken(known, policy),
            *_closed(known, policy),
            *disordered(known, policy, other.treatments),
            *held(known, policy, other),
        ]
    )


def _beyond(touches: pl.DataFrame, cap: Cap) -> pl.DataFrame:
    """Touches beyond the cap: with those before it in the window, or in its day, week or month,
    more than are allowed."""
    holder, place = HOLDER[cap.per], pl.int_range(pl.len())
    mine = touches.filter(counted_by(cap) & pl.col(holder).is_not_null()).sort(holder, "at")
    if mine.is_empty():
        return mine.select(found(f"cap {cap.name}"))
    if cap.calendar is not None:
        before = pl.col("source").shift(1).over(holder)
        many = so_far(local_days(mine), cap) > cap.at_most
        beyond = mine.with_columns(before=before).filter(many)
        return beyond.select(found(f"cap {cap.name}", "before"))
    window = mine.rolling("at", period=f"{cap.window_hours}h", group_by=holder, closed="right")
    counted = mine.with_columns(
        within=window.agg(within=pl.len()).get_column("within"),
        later=pl.len().over(holder, "at") - place.over(holder, "at") - 1,
        before=pl.col("source").shift(1).over(holder),
    )
    over = counted.filter(pl.col("within") - pl.col("later") > cap.at_most)
    return over.select(found(f"cap {cap.name}", "before"))


def _too_close(touches: pl.DataFrame, rule: Spacing) -> Iterator[pl.DataFrame]:
    """Touches of either channel that came too soon after one of the other; of two at one instant
    the rule's first channel."""
    sells = touches.filter(promotional() & pl.col("contact_id").is_not_null())
    for channel, other in ((rule.channel, rule.other), (rule.other, rule.channel)):
        earlier = sells.filter(pl.col("channel") == other).select(
            "contact_id", at="at", other_at="at", before="source"
        )
        near = sells.filter(pl.col("channel") == channel).join_asof(
            earlier,
            on="at",
            by="contact_id",
            check_sortedness=False,
            allow_exact_matches=channel == rule.channel,
        )
        gap = pl.col("at") - pl.col("other_at")
        close = near.filter(gap < timedelta(hours=rule.hours))
        yield close.select(found(f"spacing {rule.name}", "before"))


def _woken(touches: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    mine = touches.filter(bound() & pl.col("contact_id").is_not_null())
    woken = mine.filter(asleep(mine, policy.quiet_hours))
    rule = pl.concat_str(pl.lit("quiet hours "), pl.col("channel"))
    return woken.select("touch_id", rule=rule, against=pl.lit(None, dtype=pl.String))


def _closed(touches: pl.DataFrame, policy: Policy) -> Iterator[pl.DataFrame]:
    mine = touches.filter(promotional() & pl.col("contact_id").is_not_null())
    for rule in policy.blackouts:
        yield mine.filter(blacked_out(mine, [rule])).select(found(f"blackout {rule.name}"))


def looks_back(policy: Policy) -> timedelta | None:
    """How far before a touch lies what it may collide with; None: however far."""
    days = [
        *(one.days for one in policy.separations),
        *(one.within_days for one in policy.prerequisites),
        *(one.within_days + one.pause_days for one in policy.ignore_pauses),
    ]
    longest = max((one for one in days if one is not None), default=0)
    return None if None in days else max(longest_window(policy), timedelta(days=longest))


def rules_of(policy: Policy) -> dict[str, Limit]:
    """The limits that touches are held against, by the names that collisions give them."""
    named: dict[str, Limit] = {f"cap {cap.name}": cap for cap in policy.caps}
    named |= {f"spacing {rule.name}": rule for rule in policy.spacing}
    for rule in policy.quiet_hours:
        named |= {f"quiet hours {channel}": rule for channel in rule.channels}
    named |= {f"blackout {rule.name}": rule for rule in policy.blackouts}
    named |= {f"separation {rule.name}": rule for rule in policy.separations}
    named |= {f"prerequisite {rule.name}": rule for rule in policy.prerequisites}
    named |= {f"reply pause {rule.name}": rule for rule in policy.reply_pauses}
    named |= {f"ignore pause {rule.name}": rule for rule in policy.ignore_pauses}
    return named | {"complaint hold": policy.complaint_hold}
