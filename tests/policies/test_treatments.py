"""A treatment is used as it was approved, while it is approved, and while its campaign runs."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from domain.errors import DataError
from domain.reasons import findings_of
from domain.tables import FINDINGS, INSTANT
from policies.treatments import blackout_spans, judge_treatments
from tests.policies.worlds import NOON

ROW: dict[str, Any] = {
    "treatment_id": "spring_mail",
    "campaign_id": "spring",
    "channel": "email",
    "class": "marketing",
    "slot_at": NOON,
}
TREATMENT: dict[str, Any] = {
    "treatment_id": "spring_mail",
    "channel": "email",
    "class": "marketing",
    "approval": "approved",
    "approved_until": None,
}
CAMPAIGN: dict[str, Any] = {
    "campaign_id": "spring",
    "starts_at": None,
    "ends_at": None,
    "blackout": None,
}


def frame(row: dict[str, Any], *instants: str) -> pl.DataFrame:
    schema = pl.Schema({key: INSTANT if key in instants else pl.String() for key in row})
    return pl.DataFrame([row], schema=schema)


def found(
    row: dict[str, Any] | None = None,
    treatment: dict[str, Any] | None = None,
    campaign: dict[str, Any] | None = None,
    at: datetime = NOON,
) -> set[str]:
    bits = judge_treatments(
        frame({**ROW, **(row or {})}, "slot_at"),
        frame({**TREATMENT, **(treatment or {})}, "approved_until"),
        frame({**CAMPAIGN, **(campaign or {})}, "starts_at", "ends_at"),
        at,
    )
    assert bits.dtype == FINDINGS
    return set(findings_of(bits[0]))


def test_an_approved_treatment_of_a_running_campaign_is_open() -> None:
    assert found() == set()


@pytest.mark.parametrize("approval", ["waiting for legal", "rejected", "", None])
def test_anything_but_approved_is_not_approved(approval: str | None) -> None:
    assert found(treatment={"approval": approval}) == {"treatment_not_approved"}


def test_a_treatment_nobody_knows_is_not_approved() -> None:
    assert found(row={"treatment_id": "invented"}) == {"treatment_not_approved"}


def test_a_campaign_nobody_knows_does_not_run() -> None:
    assert found(row={"campaign_id": "invented"}) == {"blackout"}


def test_an_approval_is_asked_for_the_slot() -> None:
    ends = {"approved_until": NOON + timedelta(hours=3)}

    assert found(treatment=ends) == set()
    late = {"slot_at": NOON + timedelta(hours=3)}
    assert found(row=late, treatment=ends) == {"treatment_approval_expired"}


def test_a_late_delivery_is_judged_when_it_happens() -> None:
    ends = {"approved_until": NOON + timedelta(hours=3)}

    later = (NOON + timedelta(hours=4)).astimezone(ZoneInfo("Asia/Tokyo"))
    assert found(treatment=ends, at=later) == {"treatment_approval_expired"}


def test_a_promotion_can_not_be_called_transactional() -> None:
    assert found(row={"class": "transactional"}) == {"treatment_not_approved"}
    assert found(row={"class": "transactional"}, treatment={"class": "transactional"}) == set()
    assert found(row={"class": "marketing"}, treatment={"class": "one_to_one"}) == set()


def test_an_approval_holds_for_its_own_channel() -> None:
    assert found(row={"channel": "sms"}) == {"treatment_not_approved"}


def test_only_leaving_a_paid_audience_needs_no_approval() -> None:
    leaving = {"treatment_id": "retarget:exclude", "channel": "ads", "class": "transactional"}

    assert found(row=leaving) == set()
    assert found(row={**leaving, "channel": "email"}) == {"treatment_not_approved"}
    assert found(row={**leaving, "class": "marketing"}) == {"treatment_not_approved"}


def test_a_campaign_runs_from_its_start_until_before_its_end() -> None:
    assert found(campaign={"starts_at": NOON}) == set()
    assert found(campaign={"starts_at": NOON + timedelta(seconds=1)}) == {"blackout"}
    assert found(campaign={"ends_at": NOON + timedelta(seconds=1)}) == set()
    assert found(campaign={"ends_at": NOON}) == {"blackout"}


@pytest.mark.parametrize(
    ("slot_at", "dark"),
    [
        (datetime(2026, 3, 4, 23, 59, tzinfo=UTC), False),
        (datetime(2026, 3, 5, 0, 0, tzinfo=UTC), True),
        (datetime(2026, 3, 7, 23, 59, tzinfo=UTC), True),
        (datetime(2026, 3, 8, 0, 0, tzinfo=UTC), False),
        (datetime(2026, 3, 20, 12, 0, tzinfo=UTC), True),
    ],
)
def test_a_campaign_rests_on_its_blackout_days(slot_at: datetime, dark: bool) -> None:
    rests = {"blackout": "2026-03-05/2026-03-07;2026-03-20"}

    assert found(row={"slot_at": slot_at}, campaign=rests) == ({"blackout"} if dark else set())


def test_a_blackout_is_its_own_campaigns_only() -> None:
    other = {"campaign_id": "autumn", "blackout": "2026-03-02"}
    campaigns = pl.concat(
        [
            frame(CAMPAIGN, "starts_at", "ends_at"),
            frame({**CAMPAIGN, **other}, "starts_at", "ends_at"),
        ]
    )

    bits = judge_treatments(
        frame(ROW, "slot_at"), frame(TREATMENT, "approved_until"), campaigns, NOON
    )

    assert bits.to_list() == [0]


def test_blackouts_are_spans_of_days() -> None:
    assert blackout_spans(None) == []
    assert blackout_spans(" 2026-03-05 / 2026-03-07 ; ") == [(date(2026, 3, 5), date(2026, 3, 7))]


@pytest.mark.parametrize("text", ["easter", "2026-03-07/2026-03-05", "2026-13-01", "/2026-03-05"])
def test_a_blackout_that_can_not_be_read_is_an_error_and_not_open_sky(text: str) -> None:
    with pytest.raises(DataError, match="Expected a campaign's blackout such as"):
        found(campaign={"blackout": text})


def test_findings_stay_with_their_rows() -> None:
    rows = pl.concat(
        [
            frame({**ROW, "treatment_id": one}, "slot_at")
            for one in ("spring_mail", "invented", "spring_mail")
        ]
    )

    bits = judge_treatments(
        rows, frame(TREATMENT, "approved_until"), frame(CAMPAIGN, "starts_at", "ends_at"), NOON
    )

    assert [findings_of(bit) for bit in bits] == [(), ("treatment_not_approved",), ()]
