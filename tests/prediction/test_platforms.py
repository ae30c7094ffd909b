"""Curves of a campaign's platforms, as the one curve its budget is settled along."""

from dataclasses import replace

import pytest

from domain.curve import HillCurve
from tools.prediction.platforms import whole_campaigns
from tools.prediction.response import ResponseCurve

SEARCH = ResponseCurve(
    campaign_id="brand",
    platform="search",
    spend_now=60_000,
    curve=HillCurve(scale=400_000, half=80_000, shape=0.8),
    value_se=9_000.0,
    interval=(140_000.0, 190_000.0),
    evidence="measured",
    model="hill-joint",
    words="Fitted.",
)
SOCIAL = replace(
    SEARCH,
    platform="social",
    spend_now=20_000,
    curve=HillCurve(scale=90_000, half=30_000, shape=1.0),
    value_se=4_000.0,
    interval=(20_000.0, 52_000.0),
)


def at_split(spend: float) -> float:
    """What the two bring when three quarters of the spend are search's, as today."""
    return float(SEARCH.curve.value(0.75 * spend) + SOCIAL.curve.value(0.25 * spend))


def test_the_whole_curve_has_todays_value_and_slope_at_todays_split() -> None:
    (whole,) = whole_campaigns([SOCIAL, SEARCH])

    assert (whole.spend_now, whole.platform) == (80_000, "search and social")
    assert float(whole.curve.value(80_000)) == pytest.approx(at_split(80_000))
    slope = (at_split(80_001) - at_split(79_999)) / 2
    assert whole.curve.slope(80_000) == pytest.approx(slope, rel=1e-4)


@pytest.mark.parametrize("step", [0.8, 0.9, 1.1, 1.2])
def test_within_a_step_of_the_budget_it_brings_what_both_bring(step: float) -> None:
    (whole,) = whole_campaigns([SEARCH, SOCIAL])

    assert float(whole.curve.value(step * 80_000)) == pytest.approx(
        at_split(step * 80_000), rel=5e-3
    )


def test_errors_add_up_since_one_fit_may_be_wrong_of_both() -> None:
    (whole,) = whole_campaigns([SEARCH, SOCIAL])

    assert whole.value_se == 13_000.0
    assert whole.interval == (160_000.0, 242_000.0)


@pytest.mark.parametrize(("spent", "evidence"), [(20_000, "prior"), (0, "measured")])
def test_it_is_measured_where_each_platform_that_spends_is(spent: int, evidence: str) -> None:
    unknown = replace(SOCIAL, evidence="prior", spend_now=spent)

    (whole,) = whole_campaigns([SEARCH, unknown])

    assert whole.evidence == evidence


def test_a_campaign_that_spends_nothing_anywhere_has_a_curve_that_is_concave() -> None:
    (whole,) = whole_campaigns([replace(one, spend_now=0) for one in (SEARCH, SOCIAL)])

    assert whole.spend_now == 0
    assert whole.curve.shape == 1.0
    assert whole.curve.half > 0 < whole.curve.scale


def test_a_campaign_on_one_platform_stays_as_it_was() -> None:
    other = replace(SOCIAL, campaign_id="autumn")

    assert whole_campaigns([SEARCH, other]) == (other, SEARCH)
