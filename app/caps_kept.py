"""Whether caps were kept: each of our touches with every tool's, in the window that ends at it."""

from typing import Any, Final

import polars as pl

from domain.periods import counted_at
from graph.calendar_caps import so_far
from graph.people import by_person
from graph.tower import Tower
from policies.local_days import with_days
from policies.named import named_by, with_names
from policies.touch_limits import Cap
from tools.ledger import identities
from tools.warehouse.identity.people import as_person
from tools.warehouse.observing import touch_log
from tools.warehouse.store import Warehouse

COUNTED: Final = ("contact_id", "channel", "agent", "theme", "at", "ours")
EPOCH: Final = pl.Series([0]).cast(pl.Datetime("us", "UTC"))[0]
PERSON: Final[dict[str, Any]] = {"contact_id": pl.String, "since": pl.Datetime("us", "UTC")}


def beyond_caps(tower: Tower, accepted: pl.DataFrame) -> list[str]:
    """`WHO exceeds CAP` for every contact, and every person of several contacts, whom one of our
    accepted touches reached beyond a cap of the policy in force.

    A person is judged from when the last of its contacts was merged into it: before, each was
    somebody of its own.
    """
    now = tower.clock.now()
    ours = _ours(tower, accepted)
    found = _beyond(tower, ours, tower.warehouse)
    survivors = identities.survivors(tower.ledger)
    if not survivors.is_empty():
        people = as_person(ours, survivors).join(_since(tower, survivors), on="contact_id")
        theirs = people.with_columns(ours=pl.col("went_at") >= pl.col("since"))
        found += _beyond(tower, theirs, by_person(tower, now, survivors))
    return list(dict.fromkeys(found))


def _ours(tower: Tower, accepted: pl.DataFrame) -> pl.DataFrame:
    """COUNTED and went_at of our marketing."""
    treatments = tower.warehouse.table("treatments")
    themes = treatments.select("theme", treatment="treatment_id")
    return (
        accepted.filter(pl.col("class") == "marketing")
        .join(themes, on="treatment", how="left")
        .with_columns(at="slot", went_at="last_sent_at", ours=pl.lit(True))
        .with_columns(at=counted_at())
        .select(*COUNTED, "went_at")
    )


def _since(tower: Tower, survivors: pl.DataFrame) -> pl.DataFrame:
    """contact_id (of a survivor), since: the newest merge into its person that is in force."""
    live = identities.record(tower.ledger).filter(pl.col("ended_at").is_null())
    into = live.select("contact_id", "at").join(survivors, on="contact_id")
    return into.group_by(contact_id="survivor_id").agg(since=pl.col("at").max())


def _beyond(tower: Tower, ours: pl.DataFrame, warehouse: Warehouse) -> list[str]:
    theirs = with_names(touch_log(warehouse, EPOCH)).with_columns(ours=pl.lit(False))
    touches = pl.concat([ours.select(COUNTED), theirs.select(COUNTED)]).sort("contact_id", "at")
    return [
        f"{who} exceeds {cap.name}"
        for cap in tower.loaded.policy.caps
        if cap.per == "contact"
        for who in _whom(touches, cap, warehouse)
    ]


def _whom(touches: pl.DataFrame, cap: Cap, warehouse: Warehouse) -> list[str]:
    named = pl.col("channel").is_in(list(cap.channels)) & named_by(cap.agents, cap.themes)
    counted = touches.filter(named)
    over = _in_calendar(counted, cap, warehouse) if cap.calendar else _in_window(counted, cap)
    return over.get_column("contact_id").unique().sort().to_list()


def _in_calendar(touches: pl.DataFrame, cap: Cap, warehouse: Warehouse) -> pl.DataFrame:
    """Ours that are beyond the cap of their day, week or month so far."""
    placed = with_days(touches, warehouse.table("contacts"))
    return placed.filter((so_far(placed, cap) > cap.at_most) & pl.col("ours"))


def _in_window(touches: pl.DataFrame, cap: Cap) -> pl.DataFrame:
    """Ours at whose instant the rolling window that ends there holds more than the cap."""
    rolling = touches.rolling("at", period=f"{cap.window_hours}h", group_by="contact_id")
    over = rolling.agg(count=pl.len()).filter(pl.col("count") > cap.at_most)
    return touches.filter("ours").join(over, on=["contact_id", "at"], how="semi")
