"""Countries: a limit that a country makes is evaded by no other way of writing the country."""

import polars as pl
import pytest

from app.compose import House
from graph.gate import contacts_at
from graph.triage import damages_of
from policies.consent_limits import WrittenConsent, WrongSend
from policies.contact_law import asks_writing
from tests.policies.worlds import SAID

WRONG = WrongSend.model_validate(
    {**SAID, "channels": ("sms",), "countries": ("GB",), "damages": 500}
)


@pytest.mark.parametrize(
    ("written", "known"),
    [("GB", "GB"), (" gb ", "GB"), ("UK", None), ("USA", None), ("", None), (None, None)],
)
def test_L15_a_country_that_is_no_iso_code_is_one_that_nobody_knows(
    house: House, written: str | None, known: str | None
) -> None:
    tower = house.tower
    people = tower.warehouse.table("contacts").filter(pl.col("contact_id") == "c00")
    tower.warehouse.merge("contacts", people.with_columns(country=pl.lit(written, pl.String)))

    row = contacts_at(tower, tower.clock.now()).filter(pl.col("contact_id") == "c00")

    assert row.get_column("country").to_list() == [known]
    texts = row.with_columns(channel=pl.lit("sms"))
    rule = WrittenConsent(countries=("GB",))
    assert texts.select(asks_writing(rule), cost=damages_of((WRONG,))).row(0) == (True, 500.0)
