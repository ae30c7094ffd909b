"""L26: one system says yes and another no of the same person, channel and purpose."""

from datetime import timedelta

import polars as pl

from graph.tower import Tower
from tests.ledger_storage.worlds import LATER, NOON
from tools.ledger import consents

DAY = timedelta(days=1)


def state(tower: Tower, *said: dict[str, object]) -> str:
    """What stands of ada for e-mail, by these statements; each a grant of the CRM, changed."""
    plain = {"contact_id": "ada", "channel": "email", "purpose": "marketing"}
    rows = [{**plain, "state": "granted", "source": "crm", "at": NOON, **one} for one in said]
    with tower.write() as session:
        consents.record(session, pl.DataFrame(rows, infer_schema_length=None))
    found: str = consents.standing(tower.ledger, contact_ids=["ada"])["state"].item()
    with tower.ledger.read() as session:
        again = consents.standing_in(session, tower.ledger, ["ada"])
    assert again["state"].to_list() == [found]
    return found


def test_L26_of_what_each_system_said_last_the_strictest_stands(tower: Tower) -> None:
    """The CRM never heard of the unsubscribing, and exports its yes with today's date."""
    refused = {"source": "esp", "state": "withdrawn", "at": NOON}
    exported = {"source": "crm", "at": LATER + DAY}

    assert state(tower, refused, {"at": NOON - DAY}, exported) == "withdrawn"


def test_L26_an_objection_in_one_system_outdoes_a_newer_withdrawal_in_another(
    tower: Tower,
) -> None:
    withdrawn = {"source": "esp", "state": "withdrawn", "at": NOON + DAY}

    assert state(tower, {"state": "objected"}, withdrawn) == "objected"


def test_L26_a_system_may_take_back_its_own_no(tower: Tower) -> None:
    refused = {"state": "withdrawn", "at": NOON - DAY}

    assert state(tower, refused, {}) == "granted"


def test_L26_a_later_yes_to_a_text_that_is_named_lifts_another_systems_no(tower: Tower) -> None:
    refused = {"source": "esp", "state": "withdrawn", "at": NOON - DAY}

    assert state(tower, refused, {"text_version": "7"}) == "granted"


def test_L26_a_yes_to_a_text_before_the_no_lifts_nothing(tower: Tower) -> None:
    refused = {"source": "esp", "state": "withdrawn", "at": NOON + DAY}
    exported = {"at": NOON + 2 * DAY}

    assert state(tower, {"text_version": "7"}, refused, exported) == "withdrawn"
