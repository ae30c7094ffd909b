"""What one outcome of each contact is worth, by the purpose its objective declares."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import polars as pl

from domain.errors import DataError, UnpricedError
from domain.objective import Objective, Purpose
from tools.measurement.answers import VALUE_KINDS, named
from tools.prediction.deal_stays import over_without_a_day
from tools.prediction.lifetime import lifetimes
from tools.prediction.order_values import LEAST_ORDERS, order_values
from tools.prediction.propensity import Floats
from tools.prediction.winning import fit_winning


@dataclass(frozen=True)
class Money:
    """What people bought and what they may buy: outcomes, touches (whom an outcome names where it
    names no contact), deals and their stages. Rows after `at` count for nothing."""

    outcomes: pl.DataFrame
    touches: pl.DataFrame
    deals: pl.DataFrame
    stages: pl.DataFrame
    at: datetime


@dataclass(frozen=True)
class Worths:
    """own: contact_id, worth (minor units, without the weight). rest: of everybody else."""

    own: pl.DataFrame
    rest: float
    words: str

    def of(self, contact_ids: pl.Series) -> Floats:
        """Of each contact, in the order given."""
        asked = pl.DataFrame({"contact_id": contact_ids})
        found = asked.join(self.own, on="contact_id", how="left", maintain_order="left")
        return found.get_column("worth").fill_null(self.rest).to_numpy()


@dataclass(frozen=True)
class Unborne:
    """The data don't bear the purpose: why, and what to do about it."""

    why: str
    do: str


def worths_of(objective: Objective, money: Money) -> Worths | None:
    """What an outcome of each contact is worth; None where the purpose has one worth for all.

    Where the data don't bear the purpose, the declared worth speaks for everybody, and the words
    say why. Raises UnpricedError where none is declared either: what nobody priced is not guessed.
    """
    if not objective.of_each:
        return None
    found = borne(objective, money)
    if isinstance(found, Worths):
        return found
    if objective.worth is None:
        raise UnpricedError(
            f"The objective of {objective.noun}s is for {objective.purpose}, which the data don't "
            f"bear: {found.why}",
            f"{found.do} Or declare its `worth`, which then speaks for every contact.",
        )
    return Worths(NOBODY, float(objective.worth), f"{found.why} The declared worth speaks for all.")


def borne(objective: Objective, money: Money) -> Worths | Unborne:
    """By the data alone, for an objective whose purpose is one of domain.objective.OF_EACH."""
    assert objective.purpose is not None
    return BY_PURPOSE[objective.purpose](objective, money)


def _revenue(objective: Objective, money: Money) -> Worths | Unborne:
    orders = _orders(objective, money)
    if isinstance(orders, Unborne):
        return orders
    told = order_values(orders)
    margin = objective.margin or 1.0
    return Worths(
        told.table.select("contact_id", pl.col("worth") * margin),
        told.mean * margin,
        f"Worth of an outcome: the contact's expected order. {told.words}",
    )


def _lifetime_value(objective: Objective, money: Money) -> Worths | Unborne:
    orders = _orders(objective, money)
    if isinstance(orders, Unborne):
        return orders
    try:
        told = lifetimes(orders, money.at, objective.days_of_worth)
    except DataError as error:
        return Unborne(error.message, error.hint)
    if told.evidence == "prior":
        return Unborne(told.words, "Import older purchases.")
    worth = objective.worth
    own = told.table.select("contact_id", worth=pl.col("value") * (objective.margin or 1.0))
    return Worths(
        own,
        float(own.get_column("worth").to_numpy().mean() if worth is None else worth),
        f"Worth of an outcome: what the contact will buy in {objective.days_of_worth} days, by "
        f"{told.model}; who never bought counts at {_of_others(objective, 'the mean of those')}. "
        f"{told.words}",
    )


def _pipeline(objective: Objective, money: Money) -> Worths | Unborne:
    going = _open_deals(money)
    if foreign := _foreign(going, objective.currency, "open deals"):
        return foreign
    if going.is_empty():
        return Unborne(
            "No open deal has both a contact and an amount.",
            "Import deals with contact_id and amount.",
        )
    model = fit_winning(money.deals, money.stages, money.at, objective.days_of_worth)
    if model.evidence == "prior":
        return Unborne(model.words, "Import deals that closed, with won and their stages.")
    chances = model.open_deals(money.deals, money.stages).select("deal_id", "value")
    own = going.join(chances, on="deal_id", how="inner").group_by("contact_id")
    return Worths(
        # A touch moves one deal, so the best of a contact's counts, not their sum.
        own.agg(worth=pl.col("value").max()).sort("contact_id"),
        float(objective.worth or 0),
        f"Worth of an outcome: the amount of the contact's open deal x its chance of being won in "
        f"{objective.days_of_worth} days, by {model.model}; who has none counts at "
        f"{_of_others(objective, 'nothing')}. {model.words}",
    )


def _of_others(objective: Objective, undeclared: str) -> str:
    return undeclared if objective.worth is None else "the declared worth"


def _orders(objective: Objective, money: Money) -> pl.DataFrame | Unborne:
    """contact_id, at, value: what was paid until the instant, less what was paid back."""
    moved = money.outcomes.filter(
        pl.col("kind").is_in(VALUE_KINDS) & (pl.col("value") != 0) & (pl.col("at") <= money.at)
    )
    if foreign := _foreign(moved, objective.currency, "purchases"):
        return foreign
    orders = _net(named(moved, money.touches).select("contact_id", "at", "value"))
    if orders.height < LEAST_ORDERS:
        return Unborne(
            f"{orders.height} purchases with a contact and a value were seen, and {LEAST_ORDERS} "
            "are needed.",
            "Import purchases with contact_id and value.",
        )
    return orders


def _net(moved: pl.DataFrame) -> pl.DataFrame:
    """Orders, each less by the share of the contact's that was paid back, since no refund names its
    order. Who got all of it back, or more, ordered for nothing."""
    paid = pl.col("value").clip(lower_bound=0).sum().over("contact_id")
    kept = (pl.col("value").sum().over("contact_id") / paid).clip(0.0, 1.0)
    return (
        moved.with_columns(kept=kept)
        .filter(pl.col("value") > 0)
        .select("contact_id", "at", value=pl.col("value") * pl.col("kept"))
    )


def _open_deals(money: Money) -> pl.DataFrame:
    """Deals that were open at the instant, of a contact and with an amount."""
    closes_later = pl.col("closed_at").is_null() | (pl.col("closed_at") > money.at)
    over = over_without_a_day(money.deals, money.stages, money.at)
    return money.deals.filter(
        (pl.col("opened_at") <= money.at)
        & closes_later
        & pl.col("contact_id").is_not_null()
        & (pl.col("amount") > 0)
        & ~pl.col("deal_id").is_in(over.implode())
    )


def _foreign(rows: pl.DataFrame, currency: str, what: str) -> Unborne | None:
    """Why rows can't be added up; a row that names no currency is in the workspace's."""
    if "currency" not in rows.columns:
        return None
    other = rows.filter(pl.col("currency").fill_null(currency) != currency)
    if other.is_empty():
        return None
    return Unborne(
        f"{other.height} of {rows.height} {what} are in {other.item(0, 'currency')}, and the "
        f"workspace counts in {currency}: values in two currencies can't be added.",
        f"Import them in {currency}.",
    )


NOBODY: Final = pl.DataFrame(schema={"contact_id": pl.String, "worth": pl.Float64})
BY_PURPOSE: Final[Mapping[Purpose, Callable[[Objective, Money], Worths | Unborne]]] = {
    "revenue": _revenue,
    "pipeline": _pipeline,
    "lifetime_value": _lifetime_value,
}
