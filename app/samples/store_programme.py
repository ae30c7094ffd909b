"""The store's campaigns, its simulated ad account, its paid audience and another tool's touches."""

from datetime import datetime, timedelta

import numpy as np
import polars as pl

from app.samples.writing import DATA, MADE_UP, instants

SIMULATED = "Robyn (simulated by Meta), moved in time"
CAMPAIGNS = (
    ("mens", "Men's merchandise", "email", "visits"),
    ("womens", "Women's merchandise", "email", "visits"),
    ("tv", "Television", "ads", "revenue"),
    ("ooh", "Out of home", "ads", "revenue"),
    ("print", "Print", "ads", "revenue"),
    ("facebook", "Facebook", "ads", "revenue"),
    ("search", "Search", "ads", "revenue"),
    ("retargeting", "People who looked and left", "ads", "visits"),
)
TREATMENTS = (
    ("mens_email", "email", "mens", "mens"),
    ("womens_email", "email", "womens", "womens"),
    ("retarget_ad", "ads", "retargeting", None),
)
PAID = ("tv", "ooh", "print", "facebook", "search")
OTHER_SHARE = 0.1
AUDIENCE_SHARE = 0.12


def programme(start: datetime) -> dict[str, pl.DataFrame]:
    """Campaigns, treatments, people and budgets; all made up, save that the two e-mails existed."""
    campaigns = pl.DataFrame(
        CAMPAIGNS, schema=("campaign_id", "name", "channel", "objective"), orient="row"
    ).with_columns(
        priority=pl.lit(1.0),
        starts_at=pl.lit(start - timedelta(days=1500)),
        ends_at=pl.lit(start + timedelta(days=400)),
        source=pl.lit(MADE_UP),
    )
    treatments = pl.DataFrame(
        TREATMENTS, schema=("treatment_id", "channel", "campaign_id", "theme"), orient="row"
    ).with_columns(
        approval=pl.lit("approved"),
        approved_until=pl.lit(start + timedelta(days=180)),
        source=pl.lit(MADE_UP),
        **{"class": pl.lit("marketing")},
    )
    people = pl.DataFrame(
        [(one, "reviewer", one.title()) for one in ("rita", "ravi", "rosa")]
        + [("olivia", "operator", "Olivia")],
        schema=("person_id", "role", "name"),
        orient="row",
    ).with_columns(minutes_per_day=pl.lit(60.0), source=pl.lit(MADE_UP))
    budgets = pl.DataFrame(
        [("paid_media", "390000.00", "210000.00"), ("messages", "9100.00", "4200.00")],
        schema=("pool", "planned", "committed"),
        orient="row",
    ).with_columns(
        period_start=pl.lit(datetime(2026, 1, 1, tzinfo=start.tzinfo)),
        period_end=pl.lit(datetime(2026, 4, 1, tzinfo=start.tzinfo)),
        floor=pl.lit("0.00"),
        currency=pl.lit("USD"),
        source=pl.lit(MADE_UP),
    )
    return {
        "campaigns": campaigns,
        "treatments": treatments,
        "people": people,
        "budgets": budgets,
    }


def ad_account(
    contact_ids: pl.Series, start: datetime, draws: np.random.Generator
) -> dict[str, pl.DataFrame]:
    """Weekly spend by campaign, the account's weekly revenue, and who is in the paid audience.

    The 208 weeks are moved by whole weeks, so that the newest is the last whole week before the
    start; amounts are read as US dollars.
    """
    weeks = pl.read_csv(DATA / "robyn_weekly.csv", try_parse_dates=True)
    monday = start.date() - timedelta(days=start.weekday() + 7)
    newest = weeks["DATE"].max()
    moved = weeks.with_columns(
        date=(pl.col("DATE") + (pl.lit(monday) - pl.lit(newest)))
        .cast(pl.Datetime("us"))
        .dt.replace_time_zone("UTC")
    )
    spend = (
        moved.unpivot([f"{one}_S" for one in PAID], index="date", value_name="amount")
        .select(
            "date",
            campaign_id=pl.col("variable").str.strip_suffix("_S"),
            platform=pl.col("variable").str.strip_suffix("_S"),
            spend=_amount("amount"),
        )
        .with_columns(currency=pl.lit("USD"), source=pl.lit(SIMULATED))
    )
    revenue = moved.select(
        kind=pl.lit("revenue"),
        at=pl.col("date") + timedelta(days=6),
        subject=pl.lit("the whole account, one week"),
        value=_amount("revenue"),
        currency=pl.lit("USD"),
        source=pl.lit(SIMULATED),
    )
    members = contact_ids.filter(pl.Series(draws.random(len(contact_ids)) < AUDIENCE_SHARE))
    joined = pl.DataFrame(
        {
            "contact_id": members,
            "at": instants(start, -24.0 * draws.uniform(1, 30, len(members))),
        }
    ).with_columns(
        kind=pl.lit("audience_joined"), subject=pl.lit("retargeting"), source=pl.lit(MADE_UP)
    )
    return {"spend": spend, "events": pl.concat([revenue, joined], how="diagonal")}


def _amount(name: str) -> pl.Expr:
    return pl.col(name).cast(pl.Float64).round(2).cast(pl.Decimal(20, 2)).cast(pl.String)


def other_tool(contact_ids: pl.Series, start: datetime, draws: np.random.Generator) -> pl.DataFrame:
    """E-mails another tool sent last week, to one in ten; some got two. All count for caps."""
    waves = []
    for wave, share in enumerate((OTHER_SHARE, OTHER_SHARE / 4)):
        who = contact_ids.filter(pl.Series(draws.random(len(contact_ids)) < share))
        waves.append(
            pl.DataFrame(
                {
                    "contact_id": who,
                    "at": instants(start, -24.0 * draws.uniform(0.5, 6.5, len(who))),
                }
            ).with_columns(touch_id=pl.concat_str(pl.lit(f"O{wave}-"), "contact_id"))
        )
    return pl.concat(waves).with_columns(
        channel=pl.lit("email"),
        treatment_id=pl.lit("loyalty_mail"),
        source=pl.lit("other_esp"),
        **{"class": pl.lit("marketing")},
    )
