"""What `clearance deals` tells: open deals by what they may bring, next steps, people's minutes."""

from typing import TYPE_CHECKING, Any

import polars as pl

from domain.errors import UsageError
from graph.people import by_person
from tools.ledger import runs
from tools.prediction.capacity import capacities
from tools.prediction.next_step import next_steps
from tools.prediction.winning import fit_winning
from tools.warehouse.observing import real_touches

if TYPE_CHECKING:
    from app.compose import House


def deals_told(house: "House", horizon_days: int, owner: str | None = None) -> dict[str, Any]:
    """Open deals with their chance to win within the horizon and its 90% interval, the step that
    goes with a rising chance by stage, and the minutes that the newest run asked of people; in the
    documented keys, money in minor units. Raises UsageError for an owner who has no deal, DataError
    for a horizon under a week. Nothing changes."""
    now = house.tower.clock.now()
    warehouse = by_person(house.tower, now)
    deals, stages = warehouse.table("deals"), warehouse.table("deal_stages")
    _expect_owner(deals, owner)
    winning = fit_winning(deals, stages, now, horizon_days)
    steps = next_steps(winning, deals, stages, real_touches(warehouse))
    return {
        "as_of": now,
        "horizon_days": horizon_days,
        "currency": house.tower.config.currency,
        "evidence": winning.evidence,
        "words": winning.words,
        "deals": _open_deals(winning.open_deals(deals, stages), deals, owner),
        "next_steps": steps.table.drop("model", "as_of").to_dicts(),
        "best_steps": steps.best.to_dicts(),
        "steps_words": steps.words,
        **_minutes(house, owner),
    }


def _expect_owner(deals: pl.DataFrame, owner: str | None) -> None:
    owners = deals.get_column("owner").drop_nulls().unique().sort().to_list()
    if owner is not None and owner not in owners:
        raise UsageError(
            f"Expected the owner of a deal, found {owner!r}, who has none.",
            f"Owners are: {', '.join(owners) or 'nobody'}.",
        )


def _open_deals(told: pl.DataFrame, deals: pl.DataFrame, owner: str | None) -> list[dict[str, Any]]:
    """By value, unknown amounts last."""
    whose = deals.select("deal_id", "account_id", "contact_id", "owner")
    rows = told.join(whose, on="deal_id", how="left").drop("as_of")
    mine = rows if owner is None else rows.filter(pl.col("owner") == owner)
    return mine.sort("value", "deal_id", descending=[True, False], nulls_last=True).to_dicts()


def _minutes(house: "House", owner: str | None) -> dict[str, Any]:
    """run_id and people: what the newest run's calls and tasks would take of each person, one a
    contact, beside the share of their minutes that the policy lets automation ask for."""
    newest = runs.latest(house.tower.ledger)
    if newest is None or not house.tower.folder(newest.run_id).has("candidates_sales"):
        return {"run_id": None, "people": []}
    asked = house.tower.folder(newest.run_id).read("candidates_sales")
    loads = capacities(_one_each(asked), _allowed(house), house.tower.horizon)
    mine = loads if owner is None else loads.filter(pl.col("person_id") == owner)
    return {
        "run_id": newest.run_id,
        "people": mine.filter(pl.col("needed") > 0).sort("load", descending=True).to_dicts(),
    }


def _one_each(asked: pl.DataFrame) -> pl.DataFrame:
    """The best ask of each contact: it is asked for at several slots, and gets one."""
    return (
        asked.filter(pl.col("owner").is_not_null())
        .sort("value", "treatment_id", "slot", descending=[True, False, False])
        .unique("contact_id", keep="first", maintain_order=True)
        .select("owner", "minutes", "value", "value_se")
    )


def _allowed(house: "House") -> pl.DataFrame:
    share = house.tower.loaded.policy.capacity.share_of_minutes
    people = house.tower.warehouse.table("people")
    return people.select("person_id", minutes_per_day=pl.col("minutes_per_day") * share)
