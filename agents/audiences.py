"""Audiences: who is in which paid audience, and what showing them the ad would cost."""

import polars as pl

from agents.desk import Desk
from agents.pricing import priced

AUDIENCE = pl.Schema({"campaign_id": pl.String, "treatment_id": pl.String})


def members(desk: Desk) -> pl.DataFrame:
    """Priced members of the workspace's audiences, with is_customer; one row per contact and ad.

    The audience says which campaign it is, whatever else its ad is used for. Where two audiences
    show a contact the same ad, the first by name asks.
    """
    audiences = pl.DataFrame(
        [(one.campaign_id, one.treatment_id) for one in desk.audiences],
        schema=AUDIENCE,
        orient="row",
    ).with_columns(channel=pl.lit("ads"))
    people = desk.folder.read("observations").select("contact", "contact_id", "is_customer")
    joined = (
        desk.programme.members.join(audiences, on="campaign_id", how="inner")
        .join(people, on="contact_id", how="inner")
        .sort("contact", "treatment_id", "campaign_id")
        .unique(["contact", "treatment_id"], keep="first", maintain_order=True)
    )
    return priced(joined.drop("contact_id"), desk)
