"""Three collisions a marketer knows, found in a run: both sides, the winner, the money at stake."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from domain.money import format_minor

if TYPE_CHECKING:
    from app.compose import House

DEAL, COMPLAINT, CUSTOMER = 6, 8, 11


@dataclass(frozen=True)
class Collision:
    """One collision as it is told."""

    title: str
    one_side: str
    other_side: str
    winner: str
    stake: str


def collisions(house: "House", run_id: str) -> list[Collision]:
    """The dearest collision of each of the three kinds, where the run had one."""
    rows = _told(house, run_id)
    found = []
    for number, tell in ((DEAL, _deal), (COMPLAINT, _complaint), (CUSTOMER, _customer)):
        own = rows.filter(pl.col("type") == number)
        if number == DEAL:
            own = own.filter(pl.col("treatment_id").str.starts_with("nurture"))
        if number == COMPLAINT:
            own = own.filter(pl.col("offer").is_not_null())
        best = own.sort("deal_amount", "stake", "candidate", descending=[True, True, False])
        if not best.is_empty():
            found.append(tell(house, best.row(0, named=True)))
    return found


def _told(house: "House", run_id: str) -> pl.DataFrame:
    folder = house.tower.folder(run_id)
    contacts = house.tower.warehouse.table("contacts").select("contact_id", "name")
    accounts = house.tower.warehouse.table("accounts").select("account_id", account="name")
    candidates = folder.read("candidates").drop("account_id", "contact")
    observations = folder.read("observations").select(
        "contact", "deal_id", "deal_stage", "deal_amount", "ae"
    )
    return (
        folder.read("conflicts")
        .join(candidates, on="candidate", how="left")
        .join(contacts, on="contact_id", how="left")
        .join(accounts, on="account_id", how="left")
        .join(observations, on="contact", how="left")
    )


def _money(house: "House", minor: float) -> str:
    return format_minor(minor, house.tower.config.currency)


def _deal(house: "House", row: dict[str, Any]) -> Collision:
    return Collision(
        title=f"Nurture against an open deal: {row['name']} of {row['account']}",
        one_side=f"The email agent wants to send {row['treatment_id']}, "
        f"worth {_money(house, row['stake'])}.",
        other_side=f"{row['ae'].title()} has deal {row['deal_id']} at {row['deal_stage']} with "
        "the account.",
        winner=f"The deal. Marketing waits until it closes; {row['ae'].title()} has the floor.",
        stake=f"{_money(house, row['deal_amount'])} of open deal",
    )


def _complaint(house: "House", row: dict[str, Any]) -> Collision:
    return Collision(
        title=f"Promotion against a complaint: {row['name']} of {row['account']}",
        one_side=f"The email agent wants to offer {row['offer']}, "
        f"worth {_money(house, row['stake'])}.",
        other_side=f"{row['name']} waits for an answer to a complaint.",
        winner="The complaint. Nothing is sold to a person who waits for an apology.",
        stake=f"{_money(house, row['stake'])} of offer, and a customer's patience",
    )


def _customer(house: "House", row: dict[str, Any]) -> Collision:
    return Collision(
        title=f"Retargeting of an existing customer: {row['name']} of {row['account']}",
        one_side=f"The ads agent wants to keep {row['name']} in {row['campaign_id']} "
        f"for {_money(house, row['cost'])} a week.",
        other_side=f"{row['account']} bought already.",
        winner="The customer leaves the audience; the money moves to where it earns.",
        stake=f"{_money(house, row['cost'])} a week for each such person",
    )
