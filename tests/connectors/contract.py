"""What every connector promises, as checks that any of them, twin or real, must pass."""

from collections.abc import Callable
from datetime import UTC, datetime

import polars as pl

from tools.connectors.protocols import Delivery, Doors, Provider, Terms

AT = datetime(2026, 3, 2, 14, tzinfo=UTC)
Opened = Callable[[], Provider]
"""Opens the connector anew, on the same provider: what a restarted process does."""
Promise = Callable[[Opened], None]


def delivery(key: str, contact_id: str | None = "C1", **changes: object) -> Delivery:
    said: dict[str, object] = {
        "key": key,
        "channel": "email",
        "contact_id": contact_id,
        "campaign_id": "spring",
        "treatment": "spring_mail",
        "amount": None,
        "payload_hash": "one",
        "at": AT,
    }
    return Delivery.model_validate(said | changes)


def answers_each_delivery_in_order(opened: Opened) -> None:
    batch = [delivery(f"order-{i}", f"C{i}") for i in (3, 1, 2)]

    receipts = opened().deliver(batch)

    assert [one.key for one in receipts] == [one.key for one in batch]


def gives_the_same_receipt_for_the_same_key(opened: Opened) -> None:
    first = opened().deliver([delivery("twice")])

    again = opened().deliver([delivery("twice"), delivery("twice")])

    assert again == first * 2


def refuses_another_body_under_a_known_key(opened: Opened) -> None:
    opened().deliver([delivery("reused")])

    other = opened().deliver([delivery("reused", payload_hash="another")])

    assert [one.state for one in other] == ["failed"]
    if opened().terms.lookup:
        assert opened().lookup(["reused"])["reused"].state == "accepted"


def finds_what_it_was_given_and_nothing_else(opened: Opened) -> None:
    given = opened().deliver([delivery("found")])

    assert opened().lookup(["found", "never given"]) == {"found": given[0]}


def takes_nothing_without_complaint(opened: Opened) -> None:
    assert opened().deliver([]) == []
    assert opened().lookup([]) == {}


def tells_outcomes_in_the_warehouses_words(doors: Doors) -> None:
    doors.provider("email").deliver([delivery("outcome")])

    told = doors.outcomes_until(AT)

    assert set(told.columns) <= OUTCOME_COLUMNS
    assert told.schema["at"] == pl.Datetime("us", "UTC")


OUTCOME_COLUMNS = {
    "outcome_id",
    "contact_id",
    "touch_id",
    "kind",
    "value",
    "currency",
    "at",
    "source",
}
OF_ALL: tuple[Promise, ...] = (answers_each_delivery_in_order, takes_nothing_without_complaint)
OF_KEYS: tuple[Promise, ...] = (
    gives_the_same_receipt_for_the_same_key,
    refuses_another_body_under_a_known_key,
)
OF_LOOKUP: tuple[Promise, ...] = (finds_what_it_was_given_and_nothing_else,)


def promises_of(terms: Terms) -> tuple[Promise, ...]:
    """What a connector on these terms must keep."""
    return OF_ALL + OF_KEYS * terms.keys + OF_LOOKUP * terms.lookup
