"""Store and bank: the published figures come out of the imported rows."""

from datetime import timedelta

import polars as pl
import pytest

from app.samples import SampleFiles, build
from app.samples.store import experiment
from tools.connectors.responses import RESPONSES
from tools.keys import shares_of

PUBLISHED = {
    "mens_email": (21307, 0.182757, 0.012531),
    "womens_email": (21387, 0.151400, 0.008837),
    "nothing": (21306, 0.106167, 0.005726),
}
"""Arm: customers, visits per customer, purchases per customer."""


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> SampleFiles:
    return build("store", tmp_path_factory.mktemp("store"))


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> SampleFiles:
    return build("bank", tmp_path_factory.mktemp("bank"))


def frame(files: SampleFiles, kind: str) -> pl.DataFrame:
    return pl.read_parquet(dict(files.imports)[kind])


@pytest.mark.parametrize("arm", PUBLISHED)
def test_each_arm_of_the_store_shows_the_published_rates(store: SampleFiles, arm: str) -> None:
    size, visits, purchases = PUBLISHED[arm]
    sent = frame(store, "touches").filter(pl.col("treatment_id") == arm)
    answers = frame(store, "outcomes").join(sent, on="touch_id", how="semi")

    assert sent.height == size
    assert answers.filter(pl.col("kind") == "visit").height / size == pytest.approx(
        visits, abs=1e-6
    )
    assert answers.filter(pl.col("kind") == "purchase").height / size == pytest.approx(
        purchases, abs=1e-6
    )


def test_the_stores_arms_were_drawn_with_one_third_each(store: SampleFiles) -> None:
    own = frame(store, "touches").filter(pl.col("source") != "other_esp")

    assert own.height == 64_000
    assert own["propensity"].unique().to_list() == [1 / 3]
    assert own["at"].n_unique() == 1


def test_the_stores_answers_fall_within_the_two_weeks_that_count(store: SampleFiles) -> None:
    sent = frame(store, "touches").select("touch_id", sent_at="at")
    waited = (
        frame(store, "outcomes").join(sent, on="touch_id").select(pl.col("at") - pl.col("sent_at"))
    )

    assert waited.to_series().is_between(timedelta(0), timedelta(days=14)).all()


def test_the_stores_money_is_the_published_spend(store: SampleFiles) -> None:
    paid = frame(store, "outcomes").select(pl.col("value").cast(pl.Float64).sum()).item()

    assert paid / 64_000 == pytest.approx(1.05091, abs=1e-5)


def test_a_contact_of_the_store_keeps_its_rows_number(store: SampleFiles) -> None:
    known = frame(store, "contacts")
    rows = experiment()

    assert known["contact_id"].to_list()[:2] == ["S00000", "S00001"]
    assert known["history"].equals(rows["history"])
    sent = frame(store, "touches").select("contact_id", "at")
    assert known.join(sent, on="contact_id").filter(pl.col("created_at") >= pl.col("at")).is_empty()


def test_the_simulated_weeks_end_right_before_the_store_opens(store: SampleFiles) -> None:
    spend = frame(store, "spend")
    days_before = (pl.lit(store.starts_at).dt.date() - pl.col("date").dt.date()).dt.total_days()
    revenue = frame(store, "events").filter(pl.col("kind") == "revenue")

    assert spend.select(days_before.min()).item() == 7
    assert spend["date"].dt.weekday().unique().to_list() == [1]
    assert spend["campaign_id"].n_unique() == 5
    assert revenue.height == 208
    assert revenue.select(pl.col("value").cast(pl.Float64).sum()).item() == pytest.approx(
        379005696.67, abs=1
    )
    assert spend["source"].str.contains("simulated").all()


@pytest.mark.parametrize("sample", ["store", "bank"])
def test_the_sandbox_answers_only_from_rows_no_model_is_trained_on(
    sample: str, store: SampleFiles, bank: SampleFiles
) -> None:
    files = {"store": store, "bank": bank}[sample]
    kind, treatment = {
        "store": ("visit", "mens_email"),
        "bank": ("conversion", "term_deposit_call"),
    }[sample]
    touches = frame(files, "touches").filter(pl.col("treatment_id") == treatment)
    kept = touches.filter(pl.Series(shares_of(touches, ["contact_id"], prefix="evaluation") < 0.3))
    segments = pl.read_parquet(dict(files.sandbox)["segments.parquet"])
    said = frame(files, "outcomes").filter(pl.col("kind") == kind).select("touch_id", yes=True)
    expected = (
        kept.join(segments, on="contact_id")
        .join(said, on="touch_id", how="left")
        .group_by("segment")
        .agg(share=pl.col("yes").fill_null(False).mean())
        .sort("segment")
    )

    table = pl.read_parquet(dict(files.sandbox)[RESPONSES]).filter(
        (pl.col("treatment") == treatment) & (pl.col("kind") == kind)
    )
    assert table.sort("segment")["probability"].to_list() == pytest.approx(
        expected["share"].to_list()
    )


def test_the_banks_calls_keep_the_order_of_the_file(bank: SampleFiles) -> None:
    calls = frame(bank, "touches")
    contacts = frame(bank, "contacts")

    assert calls["contact_id"].equals(contacts["contact_id"])
    assert calls["at"].is_sorted()
    assert calls["at"].n_unique() == calls.height == 45_211
    assert (contacts["created_at"] < calls["at"]).all()


def test_the_banks_answers_are_the_published_ones(bank: SampleFiles) -> None:
    deposits = frame(bank, "outcomes")

    assert deposits.height == 5289
    assert deposits["kind"].unique().to_list() == ["conversion"]


def test_no_call_of_the_bank_claims_a_probability_nobody_knows(bank: SampleFiles) -> None:
    assert "propensity" not in frame(bank, "touches").columns
    assert "nothing" not in frame(bank, "touches")["treatment_id"].to_list()
