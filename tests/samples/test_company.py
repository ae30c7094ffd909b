"""The made-up company: the collisions a marketer knows are certainly there, and findable."""

from datetime import timedelta

import polars as pl
import pytest

from app.samples import SampleFiles, build
from app.samples.company_people import DANA
from app.samples.real_rates import visit_rates
from tools.connectors.responses import RESPONSES
from tools.warehouse.importing import import_file
from tools.warehouse.observing import observe
from tools.warehouse.store import Warehouse

LEAST_EVIDENCE = 400


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> SampleFiles:
    return build("company", tmp_path_factory.mktemp("company"))


@pytest.fixture(scope="module")
def seen(files: SampleFiles, tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    """What a run sees of the contacts when the clock starts."""
    folder = tmp_path_factory.mktemp("warehouse")
    warehouse = Warehouse(folder / "warehouse")
    for kind, file in files.imports:
        if kind != "consents":
            import_file(kind, file, "USD", warehouse, folder / "quarantine")
    return observe(warehouse, files.starts_at, "always_on", 0.05, 0.3)


def frame(files: SampleFiles, kind: str) -> pl.DataFrame:
    return pl.read_parquet(dict(files.imports)[kind])


def test_exactly_one_contact_has_an_open_complaint_and_she_has_a_name(
    files: SampleFiles, seen: pl.DataFrame
) -> None:
    assert seen.filter("open_complaint")["contact_id"].to_list() == [DANA]

    dana = frame(files, "contacts").row(by_predicate=pl.col("contact_id") == DANA, named=True)
    assert dana["name"] == "Dana Whitfield"
    assert dana["email"]


def test_a_nurture_step_is_due_where_a_deal_is_negotiated(
    files: SampleFiles, seen: pl.DataFrame
) -> None:
    due = frame(files, "enrolments").filter(
        (pl.col("sequence_id") == "nurture")
        & (pl.col("next_at") <= files.starts_at + timedelta(hours=24))
    )

    held = seen.filter(pl.col("deal_stage") == "negotiation")
    assert due.join(held, on="contact_id", how="semi").height > 10


def test_the_retargeting_audience_holds_customers(files: SampleFiles, seen: pl.DataFrame) -> None:
    members = frame(files, "events").filter(
        (pl.col("kind") == "audience_joined") & (pl.col("subject") == "retargeting")
    )

    customers = members.join(seen.filter("is_customer"), on="contact_id", how="semi")
    assert customers.height > 50
    assert members.height > 2 * customers.height


def test_a_promotion_and_an_unapproved_and_an_expired_e_mail_are_there(files: SampleFiles) -> None:
    treatments = frame(files, "treatments")
    ended = treatments.filter(pl.col("approved_until") < files.starts_at)
    refused = treatments.filter(pl.col("approval") != "approved")

    assert treatments["offer"].drop_nulls().to_list() == ["spring20", "autumn15"]
    assert ended["treatment_id"].to_list() == ["autumn_offer_mail"]
    assert refused["treatment_id"].to_list() == ["bold_claim_mail"]


def test_every_e_mail_of_a_sequence_has_evidence_and_a_control(files: SampleFiles) -> None:
    touches = frame(files, "touches").filter(pl.col("propensity").is_not_null())
    counts = dict(touches.group_by("treatment_id").len().iter_rows())
    steps = frame(files, "sequences")["treatment_id"].to_list()

    assert {one for one in (*steps, "nothing") if counts.get(one, 0) < LEAST_EVIDENCE} == set()


def test_what_an_e_mail_causes_is_positive_and_differs_by_relationship(files: SampleFiles) -> None:
    truth = pl.read_parquet(dict(files.sandbox)[RESPONSES]).filter(pl.col("kind") == "mql")
    alone = truth.filter(pl.col("treatment") == "nothing").select("segment", alone="probability")
    effects = (
        truth.filter(pl.col("treatment") == "nurture_1")
        .join(alone, on="segment")
        .select("segment", effect=pl.col("probability") - pl.col("alone"))
    )

    assert (effects["effect"] > 0.02).all()
    assert effects["effect"].n_unique() == 2


def test_rates_are_those_of_the_real_experiment() -> None:
    rates = visit_rates()

    assert rates["strong", "established"] > rates["nothing", "established"]
    assert rates["strong", "new"] > rates["mild", "new"] > rates["nothing", "new"]
    assert len(rates) == 6


def test_another_tools_touches_of_the_last_days_bind_caps_for_some(files: SampleFiles) -> None:
    other = frame(files, "touches").filter(pl.col("source") == "other_esp")
    week = other.filter(pl.col("at") > files.starts_at - timedelta(days=7))

    most = week.group_by("contact_id").len()["len"].max()
    assert other.height > 500
    assert most == 3


def test_deals_stand_at_every_stage_and_closed_ones_were_won_and_lost(files: SampleFiles) -> None:
    deals = frame(files, "deals")
    stages = frame(files, "deal_stages")
    standing = stages.sort("at").group_by("deal_id").agg(pl.col("stage").last())
    still_open = deals.filter(pl.col("closed_at").is_null()).join(standing, on="deal_id")

    assert still_open.height == 120
    assert set(still_open["stage"]) == {"discovery", "evaluation", "negotiation", "contract"}
    assert deals["won"].sum() == 70
    assert (~deals["won"]).sum() == 50


def test_spend_follows_a_concave_curve_for_sixty_weeks(files: SampleFiles) -> None:
    spend = frame(files, "spend").with_columns(pl.col("spend", "revenue").cast(pl.Float64))

    returns = pl.col("revenue") / pl.col("spend")
    per_campaign = (
        spend.sort("spend")
        .group_by("campaign_id")
        .agg(weeks=pl.len(), small=returns.head(20).mean(), large=returns.tail(20).mean())
    )

    assert per_campaign["weeks"].to_list() == [60, 60]
    assert (per_campaign["small"] > per_campaign["large"]).all()


def test_the_people_a_review_needs_are_there(files: SampleFiles) -> None:
    people = frame(files, "people")
    roles = dict(people.group_by("role").len().iter_rows())

    assert roles["reviewer"] >= 3
    assert roles["operator"] == 1
    assert people.filter(pl.col("role").is_in(["sdr", "ae"]))["minutes_per_day"].min() == 240.0
