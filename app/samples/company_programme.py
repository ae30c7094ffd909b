"""The made-up company's deals, campaigns, treatments, sequences, enrolments and ad account."""

from datetime import datetime, timedelta

import numpy as np
import polars as pl

from app.samples.company_people import DANA
from app.samples.writing import MADE_UP, instants, major

STAGES = ("discovery", "evaluation", "negotiation", "contract")
OPEN, WON, LOST = 120, 70, 50
WEEKS = 60
SEQUENCES = {
    "nurture": ("nurture_1", "nurture_2", "nurture_3", "nurture_4"),
    "onboarding": ("onboarding_1", "onboarding_2", "onboarding_3"),
}
CAMPAIGNS = (
    ("nurture", "Nurture", "email", "pipeline"),
    ("onboarding", "Onboarding", "email", "retention"),
    ("case_study", "Case study", "email", "pipeline"),
    ("spring_offer", "Spring offer", "email", "pipeline"),
    ("outbound", "Outbound calls", "call", "pipeline"),
    ("deal_desk", "Deal desk", "call", "revenue"),
    ("search_ads", "Search", "ads", "pipeline"),
    ("social_ads", "Social", "ads", "pipeline"),
    ("retargeting", "Price page visitors", "ads", "pipeline"),
)
TREATMENTS = (
    ("nurture_1", "email", "nurture", None, "education", "marketing"),
    ("nurture_2", "email", "nurture", None, "education", "marketing"),
    ("nurture_3", "email", "nurture", None, "proof", "marketing"),
    ("nurture_4", "email", "nurture", None, "proof", "marketing"),
    ("onboarding_1", "email", "onboarding", None, "onboarding", "marketing"),
    ("onboarding_2", "email", "onboarding", None, "onboarding", "marketing"),
    ("onboarding_3", "email", "onboarding", None, "onboarding", "marketing"),
    ("case_study_mail", "email", "case_study", None, "proof", "marketing"),
    ("spring_offer_mail", "email", "spring_offer", "spring20", "offer", "marketing"),
    ("autumn_offer_mail", "email", "spring_offer", "autumn15", "offer", "marketing"),
    ("bold_claim_mail", "email", "case_study", None, "proof", "marketing"),
    ("call_intro", "call", "outbound", None, None, "marketing"),
    ("call_deal", "call", "deal_desk", None, None, "one_to_one"),
    ("task_follow_up", "task", "deal_desk", None, None, "one_to_one"),
    ("retarget_ad", "ads", "retargeting", None, None, "marketing"),
)
UNAPPROVED = {"bold_claim_mail": "waiting for legal"}
AUDIENCE = 800


def deals_of(
    accounts: pl.DataFrame, contacts: pl.DataFrame, start: datetime, draws: np.random.Generator
) -> dict[str, pl.DataFrame]:
    """Open and closed deals, one per account at most, and the stages they went through."""
    count = OPEN + WON + LOST
    own = draws.permutation(accounts.height)[:count]
    opened = -24.0 * draws.integers(10, 120, count)
    stage = np.where(np.arange(count) < OPEN, draws.integers(0, 4, count), 3)
    account_ids = accounts["account_id"].gather(own)
    spoken = contacts.group_by("account_id").agg(pl.col("contact_id").min())
    closed = np.where(np.arange(count) < OPEN, np.nan, opened * draws.uniform(0.1, 0.8, count))
    deals = pl.DataFrame(
        {
            "deal_id": [f"D{i + 1:04d}" for i in range(count)],
            "account_id": account_ids,
            "amount": np.round(draws.lognormal(14.2, 0.7, count)).astype(np.int64),
            "owner": accounts["ae"].gather(own),
            "opened_at": instants(start, opened),
            "closed_at": instants(start, np.nan_to_num(closed)),
            "won": np.arange(count) < OPEN + WON,
        }
    ).with_columns(
        amount=major(pl.col("amount")),
        closed_at=pl.when(pl.int_range(pl.len()) >= OPEN).then("closed_at"),
        won=pl.when(pl.int_range(pl.len()) >= OPEN).then("won"),
        currency=pl.lit("USD"),
        source=pl.lit(MADE_UP),
    )
    stages = [
        {"deal_id": f"D{i + 1:04d}", "stage": STAGES[j], "hours": opened[i] * (1 - j / 5)}
        for i in range(count)
        for j in range(int(stage[i]) + 1)
    ]
    reached = pl.DataFrame(stages)
    return {
        "deals": deals.join(spoken, on="account_id", how="left"),
        "deal_stages": reached.select(
            "deal_id", "stage", at=instants(start, reached["hours"].to_numpy())
        ).with_columns(source=pl.lit(MADE_UP)),
    }


def programme(
    contacts: pl.DataFrame, deals: pl.DataFrame, start: datetime, draws: np.random.Generator
) -> dict[str, pl.DataFrame]:
    """Campaigns, treatments, sequences, enrolments, budgets, spend and audience events."""
    return {
        "campaigns": _campaigns(start),
        "treatments": _treatments(start),
        "sequences": _sequences(),
        "enrolments": _enrolments(contacts, deals, start, draws),
        "budgets": _budgets(start),
        "spend": _spend(start, draws),
        "events": _events(contacts, deals, start, draws),
    }


def _campaigns(start: datetime) -> pl.DataFrame:
    schema = ("campaign_id", "name", "channel", "objective")
    return pl.DataFrame(CAMPAIGNS, schema=schema, orient="row").with_columns(
        priority=pl.lit(1.0),
        starts_at=pl.lit(start - timedelta(days=400)),
        ends_at=pl.lit(start + timedelta(days=400)),
        blackout=pl.when(pl.col("campaign_id") == "spring_offer").then(
            pl.lit("2026-04-03/2026-04-06")
        ),
        source=pl.lit(MADE_UP),
    )


def _treatments(start: datetime) -> pl.DataFrame:
    schema = ("treatment_id", "channel", "campaign_id", "offer", "theme", "class")
    ended = start - timedelta(days=90)
    return pl.DataFrame(TREATMENTS, schema=schema, orient="row").with_columns(
        approval=pl.col("treatment_id").replace_strict(UNAPPROVED, default="approved"),
        approved_until=pl.when(pl.col("treatment_id") == "autumn_offer_mail")
        .then(pl.lit(ended))
        .otherwise(pl.lit(start + timedelta(days=180))),
        source=pl.lit(MADE_UP),
    )


def _sequences() -> pl.DataFrame:
    rows = [
        (name, step, "email", treatment, 0 if step == 1 else 96)
        for name, treatments in SEQUENCES.items()
        for step, treatment in enumerate(treatments, start=1)
    ]
    schema = ("sequence_id", "step", "channel", "treatment_id", "wait_hours")
    return pl.DataFrame(rows, schema=schema, orient="row").with_columns(source=pl.lit(MADE_UP))


def _enrolments(
    contacts: pl.DataFrame, deals: pl.DataFrame, start: datetime, draws: np.random.Generator
) -> pl.DataFrame:
    """Prospects in the nurture, contacts of accounts that bought in the onboarding."""
    won = deals.filter(pl.col("won")).select("account_id")
    customers = contacts.join(won, on="account_id", how="semi")["contact_id"]
    prospects = contacts.join(won, on="account_id", how="anti")["contact_id"]
    chosen = prospects.gather(np.sort(draws.permutation(len(prospects))[:1800]))
    frames = [
        pl.DataFrame(
            {
                "contact_id": people,
                "sequence_id": [name] * len(people),
                "step": draws.integers(1, len(SEQUENCES[name]) + 1, len(people)),
                "entered_at": instants(start, -24 * draws.integers(5, 40, len(people))),
                "next_at": instants(start, draws.uniform(-20, 60, len(people))),
            }
        )
        for name, people in (("nurture", chosen), ("onboarding", customers))
    ]
    return pl.concat(frames).with_columns(state=pl.lit("active"), source=pl.lit(MADE_UP))


def _budgets(start: datetime) -> pl.DataFrame:
    rows = [("paid_media", "52000.00", "8000.00"), ("messages", "3900.00", "300.00")]
    return pl.DataFrame(rows, schema=("pool", "planned", "committed"), orient="row").with_columns(
        period_start=pl.lit(datetime(2026, 1, 1, tzinfo=start.tzinfo)),
        period_end=pl.lit(datetime(2026, 4, 1, tzinfo=start.tzinfo)),
        floor=pl.lit("0.00"),
        currency=pl.lit("USD"),
        source=pl.lit(MADE_UP),
    )


def _spend(start: datetime, draws: np.random.Generator) -> pl.DataFrame:
    """Two campaigns' weeks: spend that varies, revenue on a concave curve with noise."""
    frames = []
    for campaign, platform, mean, scale, half in (
        ("search_ads", "made-up search", 190_000, 3_600_000, 200_000),
        ("social_ads", "made-up social", 150_000, 420_000, 160_000),
    ):
        spend = np.round(mean * draws.uniform(0.45, 1.55, WEEKS)).astype(np.int64)
        revenue = scale * spend / (half + spend) * draws.normal(1, 0.05, WEEKS)
        frames.append(
            pl.DataFrame(
                {
                    "campaign_id": [campaign] * WEEKS,
                    "platform": [platform] * WEEKS,
                    "date": instants(start, -168.0 * np.arange(WEEKS, 0, -1) - start.hour),
                    "spend": spend,
                    "revenue": np.round(revenue).astype(np.int64),
                    "clicks": np.round(spend / 90.0),
                    "impressions": np.round(spend / 1.2),
                    "conversions": np.round(spend / 4000.0),
                }
            )
        )
    return pl.concat(frames).with_columns(
        spend=major(pl.col("spend")),
        revenue=major(pl.col("revenue")),
        currency=pl.lit("USD"),
        source=pl.lit(MADE_UP),
    )


def _events(
    contacts: pl.DataFrame, deals: pl.DataFrame, start: datetime, draws: np.random.Generator
) -> pl.DataFrame:
    """Who is in the retargeting audience, customers among them, and one open complaint."""
    won = deals.filter(pl.col("won")).select("account_id")
    customers = contacts.join(won, on="account_id", how="semi")["contact_id"].head(110)
    others = contacts["contact_id"].gather(draws.permutation(contacts.height)[:AUDIENCE])
    members = pl.concat([customers, others]).unique(maintain_order=True)
    joined = pl.DataFrame(
        {
            "contact_id": members,
            "at": instants(start, -24.0 * draws.integers(1, 60, len(members))),
        }
    ).with_columns(kind=pl.lit("audience_joined"), subject=pl.lit("retargeting"))
    complaint = pl.DataFrame({"contact_id": [DANA], "at": instants(start, [-44.0])}).with_columns(
        kind=pl.lit("complaint_opened"), subject=pl.lit("ticket 8841: invoice sent twice")
    )
    return pl.concat([joined, complaint]).with_columns(source=pl.lit(MADE_UP))
