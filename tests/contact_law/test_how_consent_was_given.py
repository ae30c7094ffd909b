"""L2 and L15: how a consent was given, where that counts, and numbers that may not be called."""

from datetime import datetime, timedelta
from typing import Any

import polars as pl
import pytest

from domain.names import NO_BASES, SOFT_BASES
from domain.tables import INSTANT
from graph.facts import REGISTERED
from graph.registry import look_up
from policies.consent_limits import DoNotCall, SoftOptIn, WrittenConsent
from policies.schema import Policy
from tests.graph_facts.guarding import CALL, against, living, statements
from tests.policies.worlds import NOON, SAID, sample_policy

DAY = timedelta(days=1)
SMS = {"channel": "sms"}
SALE, NEGOTIATION = SOFT_BASES
SIMILAR = SoftOptIn(countries=("GB",), channels=("email",), purposes=("marketing",), **SAID)


def softly(*rules: SoftOptIn) -> Policy:
    return sample_policy(soft_opt_in=rules)


def given(basis: str | None, channel: str = "email") -> pl.DataFrame:
    """Everybody granted this channel, in this way."""
    rows = statements([{"channel": channel}]).unique()
    return rows.with_columns(basis=pl.lit(basis, dtype=pl.String))


@pytest.mark.parametrize("basis", SOFT_BASES)
def test_L2_soft_opt_in_counts_only_where_the_policy_names_country_channel_and_purpose(
    basis: str,
) -> None:
    """Own similar products are a purpose; refusal in each message, a channel that offers it."""
    closed = {"basis_insufficient"}
    elsewhere = SIMILAR.model_copy(update={"countries": ("FR",)})
    newsletter = SIMILAR.model_copy(update={"purposes": ("newsletter",)})
    by_call = SIMILAR.model_copy(update={"channels": ("call",)})

    assert against(policy=softly(SIMILAR), consents=given(basis)) == set()
    assert against(policy=softly(), consents=given(basis)) == closed
    for other in (elsewhere, newsletter, by_call):
        assert against(policy=softly(other), consents=given(basis)) == closed


@pytest.mark.parametrize("basis", NO_BASES)
def test_L2_a_bought_list_a_badge_scan_and_a_mere_sign_up_are_no_consent(basis: str) -> None:
    assert against(policy=softly(SIMILAR), consents=given(basis)) == {"basis_insufficient"}


def test_L2_where_somebody_lives_nobody_knows_where_no_soft_opt_in_counts() -> None:
    nowhere = living(None, "Europe/London")
    found = against(policy=softly(SIMILAR), consents=given(SALE), contacts=nowhere)

    assert found == {"basis_insufficient"}


def test_L2_a_plain_opt_in_needs_no_basis_and_no_rule() -> None:
    for basis in (None, "preference centre"):
        assert against(policy=softly(), consents=given(basis)) == set()


def in_the_us(country: str | None = "US") -> pl.DataFrame:
    return living(country, "America/New_York")


def texted(basis: str | None, country: str | None = "US", **policy: Any) -> set[str]:
    at = NOON + timedelta(hours=4)
    rules = sample_policy(**policy)
    return against(SMS, rules, at, consents=given(basis, "sms"), contacts=in_the_us(country))


def test_L15_a_marketing_text_to_the_us_needs_a_consent_in_writing() -> None:
    assert texted("express_written") == set()
    for basis in (None, "preference centre", SALE):
        assert texted(basis) == {"basis_insufficient"}
    assert texted(None, "GB") == set()


def test_L15_who_lives_nobody_knows_where_is_texted_as_in_the_strictest_country() -> None:
    assert texted(None, None) == {"basis_insufficient"}


def test_L15_a_text_to_the_us_needs_consent_also_where_the_policy_lists_no_texts() -> None:
    nobody = given(None, "sms").clear()
    at = NOON + timedelta(hours=4)

    assert against(SMS, now=at, consents=nobody, contacts=in_the_us()) == {"consent_missing"}


def test_L15_automated_calls_need_it_too_where_the_policy_says_that_calls_are() -> None:
    rule = WrittenConsent(channels=("sms", "call"))
    at = NOON + timedelta(hours=4)
    known = {"consents": given(None, "call"), "contacts": in_the_us()}

    assert against(CALL, sample_policy(written_consent=rule), at, **known) == {"basis_insufficient"}
    assert against(CALL, now=at, **known) == set()


def called(listed: bool | None, copied: datetime, country: str | None = "US") -> set[str]:
    """What is found against a call to the US, by a registry's copy of that age."""
    at = NOON + timedelta(hours=4)
    rules = sample_policy(do_not_call=(DoNotCall(countries=("US",), **SAID),))
    registry = pl.DataFrame([("ada", listed, copied)], schema=REGISTERED, orient="row")
    return against(CALL, rules, at, contacts=in_the_us(country), registry=registry)


def test_L15_a_number_in_the_do_not_call_registry_is_not_called() -> None:
    assert called(True, NOON) == {"do_not_call"}
    assert called(False, NOON) == set()


def test_L15_a_copy_of_the_registry_older_than_31_days_says_nothing() -> None:
    at = NOON + timedelta(hours=4)
    unknown = {"do_not_call", "fact_missing"}

    assert called(False, at - 31 * DAY) == set()
    assert called(False, at - 31 * DAY - timedelta(seconds=1)) == unknown
    assert called(None, NOON) == unknown
    assert called(False, at - 32 * DAY, None) == unknown
    assert called(False, at - 32 * DAY, "GB") == set()


def test_L15_a_number_is_found_in_the_registry_however_it_is_written() -> None:
    people = pl.DataFrame(
        {
            "contact_id": ["ada", "bob", "eve", "joe"],
            "country": ["US", "US", "US", "CA"],
            "phone": ["+1 (212) 555-0100", "0012125550101", None, "+14165550102"],
        }
    )
    registry = pl.DataFrame({"phone": ["+12125550100"], "country": ["US"], "at": [NOON]})

    found = look_up(people, registry.with_columns(pl.col("at").cast(INSTANT)))

    assert found.rows() == [("ada", True, NOON), ("bob", False, NOON), ("joe", False, None)]
