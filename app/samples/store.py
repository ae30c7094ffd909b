"""The store: the real Hillstrom e-mail experiment, with Robyn's simulated ad account beside it."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl

from app.samples import SampleFiles
from app.samples.real_rates import hillstrom
from app.samples.store_programme import ad_account, other_tool, programme
from app.samples.writing import (
    TOML,
    consents,
    evaluation,
    instants,
    numbered,
    places,
    write,
)
from tools.connectors.responses import RESPONSES, SEGMENTS

STARTS_AT = datetime(2026, 3, 2, 14, tzinfo=UTC)
SENT_HOURS = -8 * 168.0
"""The experiment's e-mails went out on one day; that it was eight weeks ago is made up."""
SEED = 20080320
"""The day the challenge was published."""
ARMS = {"Mens E-Mail": "mens_email", "Womens E-Mail": "womens_email", "No E-Mail": "nothing"}
ATTRIBUTES = ("recency", "history", "history_segment", "mens", "womens", "zip_code", "newbie")
UNSUBSCRIBES, COMPLAINTS = 0.002, 0.0002
"""Made up: the experiment tells of neither."""
RETARGETING_ADDS = 0.005
"""Made up: visits a week of retargeting adds; half of what the prior believes."""


def build(folder: Path) -> SampleFiles:
    """Write the store's import files. The same bytes every time."""
    draws = np.random.default_rng(SEED)
    rows = experiment()
    contacts = contacts_of(rows, draws)
    touches, outcomes = past(rows, draws)
    frames: dict[str, pl.DataFrame] = {
        "contacts": contacts,
        "consents": consents(rows["contact_id"], ("email", "ads"), STARTS_AT, draws),
        **programme(STARTS_AT),
        **ad_account(rows["contact_id"], STARTS_AT, draws),
        "touches": pl.concat(
            [touches, other_tool(rows["contact_id"], STARTS_AT, draws)], how="diagonal"
        ),
        "outcomes": outcomes,
    }
    responses(rows).write_parquet(folder / RESPONSES)
    rows.select("contact_id", "segment").write_parquet(folder / SEGMENTS)
    return SampleFiles(
        config_text=(TOML / "store.clearance.toml").read_text(),
        policy_text=(TOML / "store.policy.toml").read_text(),
        cases_text=(TOML / "store.policy.cases.toml").read_text(),
        starts_at=STARTS_AT,
        imports=tuple(write(folder, kind, frame) for kind, frame in frames.items()),
        sandbox=((RESPONSES, folder / RESPONSES), (SEGMENTS, folder / SEGMENTS)),
    )


def experiment() -> pl.DataFrame:
    """The published rows in file order, with contact_id, `arm`, and the `segment` by which the
    sandbox answers: what the customer bought before, and whether they are new."""
    raw = hillstrom()
    bought = (
        pl.when((pl.col("mens") == 1) & (pl.col("womens") == 1))
        .then(pl.lit("both"))
        .when(pl.col("mens") == 1)
        .then(pl.lit("mens"))
        .otherwise(pl.lit("womens"))
    )
    age = pl.when(pl.col("newbie") == 1).then(pl.lit("new")).otherwise(pl.lit("established"))
    return raw.with_columns(
        contact_id=numbered("S", raw.height),
        arm=pl.col("segment").replace_strict(ARMS),
        segment=pl.concat_str(bought, age, separator=" "),
    )


def contacts_of(rows: pl.DataFrame, draws: np.random.Generator) -> pl.DataFrame:
    """Contacts with the experiment's attributes; instants, countries and zones are made up."""
    newbie = (rows["newbie"] == 1).to_numpy()
    days = np.where(
        newbie, draws.uniform(70, 360, rows.height), draws.uniform(366, 1500, rows.height)
    )
    known = rows.select(
        "contact_id",
        *ATTRIBUTES,
        purchase_channel="channel",
        created_at=instants(STARTS_AT, -24 * days),
    )
    return pl.concat([known, places(rows.height, draws)], how="horizontal").with_columns(
        source=pl.lit("Hillstrom 2008; created_at, country and timezone made up")
    )


def past(rows: pl.DataFrame, draws: np.random.Generator) -> tuple[pl.DataFrame, pl.DataFrame]:
    """One randomised touch per customer, and the visits and purchases that followed.

    Each arm was drawn with probability 1/3. Hours between touch and visit are made up, within the
    two weeks that the experiment looked at.
    """
    touch_id = pl.concat_str(pl.lit("H-"), "contact_id")
    touches = rows.select(
        "contact_id",
        touch_id=touch_id,
        treatment_id="arm",
        channel=pl.lit("email"),
        at=pl.lit(instants(STARTS_AT, [SENT_HOURS])[0]),
        propensity=pl.lit(1 / 3),
        source=pl.lit("Hillstrom 2008"),
        **{"class": pl.lit("marketing")},
    )
    hours = SENT_HOURS + 1 + 300 * draws.beta(1, 4, rows.height)
    answered = rows.with_columns(
        touch_id=touch_id, seen=instants(STARTS_AT, hours), paid=instants(STARTS_AT, hours + 1)
    )
    visits = answered.filter(pl.col("visit") == 1).select(
        "contact_id", "touch_id", kind=pl.lit("visit"), at="seen"
    )
    purchases = answered.filter(pl.col("conversion") == 1).select(
        "contact_id",
        "touch_id",
        kind=pl.lit("purchase"),
        value=pl.col("spend").round(2).cast(pl.Decimal(20, 2)).cast(pl.String),
        at="paid",
    )
    outcomes = pl.concat([visits, purchases], how="diagonal").with_columns(
        currency=pl.lit("USD"), source=pl.lit("Hillstrom 2008; hour made up")
    )
    return touches, outcomes


def responses(rows: pl.DataFrame) -> pl.DataFrame:
    """What people do in the sandbox, from the customers no model was trained on: rates of visits
    and purchases, and mean spend, by arm and segment. Unsubscribes and complaints are made up."""
    held = rows.filter(pl.Series(evaluation(rows["contact_id"])))
    cells = (
        held.group_by(treatment="arm", segment="segment")
        .agg(
            visit=pl.col("visit").mean(),
            purchase=pl.col("conversion").mean(),
            spent=pl.col("spend").filter(pl.col("conversion") == 1).mean().fill_null(0.0) * 100,
        )
        .with_columns(
            *(
                pl.when(pl.col("treatment") == "nothing").then(0.0).otherwise(share).alias(kind)
                for kind, share in (("unsubscribe", UNSUBSCRIBES), ("complaint", COMPLAINTS))
            )
        )
    )
    retargeted = cells.filter(pl.col("treatment") == "nothing").with_columns(
        pl.col("visit") + RETARGETING_ADDS, treatment=pl.lit("retarget_ad")
    )
    return (
        pl.concat([cells, retargeted])
        .unpivot(
            ["visit", "purchase", "unsubscribe", "complaint"],
            index=["treatment", "segment", "spent"],
            variable_name="kind",
            value_name="probability",
        )
        .with_columns(
            value=pl.when(pl.col("kind") == "purchase").then(pl.col("spent").round()).otherwise(0.0)
        )
        .select("treatment", "segment", "kind", "probability", "value")
        .sort("treatment", "segment", "kind")
    )
