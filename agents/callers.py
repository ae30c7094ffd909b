"""Callers: who speaks with whom, about what."""

import polars as pl

from agents.desk import Desk


def conversations(desk: Desk) -> pl.DataFrame:
    """contact, owner, class, deal_amount (minor units): whom each person would speak with.

    Prospecting (marketing) goes to contacts whose account has no open deal, by its SDR; who has
    no SDR of their own is dealt out among all of them, in turn. A conversation about an open deal
    (one_to_one) goes to the deal's own contact, by the account's AE. Where the policy says whose
    an account is, that person does both. A contact nobody owns is nobody's to call.
    """
    observed = desk.folder.read("observations").select(
        "contact", "contact_id", "deal_id", "deal_amount", "sdr", "ae"
    )
    prospects = observed.filter(pl.col("deal_id").is_null()).select(
        "contact",
        owner=pl.coalesce("sdr", _in_turn(desk)),
        deal_amount=pl.lit(None, dtype=pl.Int64),
        **{"class": pl.lit("marketing")},
    )
    spoken_with = desk.programme.deals.select("deal_id", "contact_id").unique()
    deals = observed.join(spoken_with, on=["deal_id", "contact_id"], how="semi").select(
        "contact", "deal_amount", owner="ae", **{"class": pl.lit("one_to_one")}
    )
    return (
        _by_owners(pl.concat([prospects, deals.select(prospects.columns)]), desk)
        .filter(pl.col("owner").is_not_null())
        .sort("contact", "class")
    )


def _by_owners(spoken: pl.DataFrame, desk: Desk) -> pl.DataFrame:
    """The conversations, by whoever owns the account where that was said."""
    if desk.account_owners is None:
        return spoken
    owned = spoken.join(desk.account_owners, on="contact", how="left")
    named = owned.with_columns(owner=pl.coalesce("account_owner", "owner"))
    return named.select(spoken.columns)


def _in_turn(desk: Desk) -> pl.Expr:
    """The SDR whose turn a contact is, by the contact's number; null where there is none."""
    names = (
        desk.programme.people.filter(pl.col("role") == "sdr")
        .get_column("person_id")
        .unique()
        .sort()
        .to_list()
    )
    if not names:
        return pl.lit(None, dtype=pl.String)
    return (pl.col("contact") % len(names)).replace_strict(
        dict(enumerate(names)), return_dtype=pl.String
    )
