"""The record of merges, on both engines: made once, found at any instant, taken back whole."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from domain.errors import RefusedError
from tools.ledger import audit, doormark, identities
from tools.ledger.database import Ledger

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def _merge(ledger: Ledger, *pairs: tuple[str, str], at: datetime = NOON) -> int:
    rows = pl.DataFrame(list(pairs), schema=identities.SURVIVORS, orient="row")
    with ledger.write() as session:
        return identities.merge(session, rows.with_columns(why=pl.lit("email")), "olivia", at)


def _split(ledger: Ledger, contact_id: str, at: datetime = NOON + HOUR) -> list[str]:
    with ledger.write() as session:
        ended = identities.split(session, contact_id, "olivia", at, "two people")
    return ended.get_column("contact_id").to_list()


def _stand(ledger: Ledger, at: datetime | None = None) -> dict[str, str]:
    return dict(identities.survivors(ledger, at).iter_rows())


def test_whoever_was_merged_before_goes_along_and_a_split_puts_back_what_was(
    ledger: Ledger,
) -> None:
    _merge(ledger, ("c4", "c3"))
    _merge(ledger, ("c2", "c1"), ("c3", "c1"))
    assert _stand(ledger) == {"c2": "c1", "c3": "c1", "c4": "c1"}

    assert _split(ledger, "c3") == ["c3"]

    assert _stand(ledger) == {"c2": "c1", "c4": "c3"}


def test_a_split_of_the_survivor_takes_every_merge_into_its_person_back(ledger: Ledger) -> None:
    _merge(ledger, ("c4", "c3"))
    _merge(ledger, ("c2", "c1"), ("c3", "c1"))

    assert sorted(_split(ledger, "c1")) == ["c2", "c3", "c4"]
    assert _stand(ledger) == {}


def test_what_stood_at_an_instant_is_found_after_it_was_taken_back(ledger: Ledger) -> None:
    _merge(ledger, ("c2", "c1"))
    _split(ledger, "c2")

    assert _stand(ledger, NOON - HOUR) == {}
    assert _stand(ledger, NOON) == {"c2": "c1"}
    assert _stand(ledger, NOON + HOUR) == _stand(ledger) == {}


@pytest.mark.parametrize("pair", [("c2", "c3"), ("c3", "c2"), ("c5", "c5")])
def test_a_contact_that_does_not_stand_for_itself_is_merged_by_nobody(
    ledger: Ledger, pair: tuple[str, str]
) -> None:
    _merge(ledger, ("c2", "c1"))

    with pytest.raises(RefusedError, match="stand for themselves"):
        _merge(ledger, pair)

    assert _stand(ledger) == {"c2": "c1"}


def test_of_several_merges_all_are_made_or_none(ledger: Ledger) -> None:
    with pytest.raises(RefusedError):
        _merge(ledger, ("c2", "c1"), ("c3", "c2"))

    assert _stand(ledger) == {}


def test_nobody_takes_back_what_was_not_merged(ledger: Ledger) -> None:
    with pytest.raises(RefusedError, match="merged with nobody"):
        _split(ledger, "c1")


def test_what_was_taken_back_is_remembered_until_it_is_merged_again(ledger: Ledger) -> None:
    _merge(ledger, ("c2", "c1"))
    _split(ledger, "c2")
    assert identities.taken_back(ledger).rows() == [("c2", "c1")]

    _merge(ledger, ("c2", "c1"), at=NOON + 2 * HOUR)

    assert identities.taken_back(ledger).is_empty()
    assert _stand(ledger) == {"c2": "c1"}


def test_the_audit_tells_who_merged_and_split_and_the_door_judges_anew(ledger: Ledger) -> None:
    marks = []
    for act in (lambda: _merge(ledger, ("c2", "c1")), lambda: _split(ledger, "c2")):
        act()
        with ledger.read() as session:
            marks.append(doormark.mark(session))
            assert audit.verify_chain(session) == list(identities.problems(session)) == []

    assert marks == [1, 2]
    said = ledger.frame(
        "SELECT actor, kind, payload FROM audit ORDER BY seq",
        {"actor": pl.String, "kind": pl.String, "payload": pl.String},
    ).rows()
    assert [(actor, kind) for actor, kind, _ in said] == [
        ("olivia", "contacts_merged"),
        ("olivia", "contacts_split"),
    ]
    assert '"reason":"two people"' in said[1][2]


def test_a_merge_that_nobody_made_is_told(ledger: Ledger) -> None:
    _merge(ledger, ("c2", "c1"))
    with ledger.write() as session:
        session.connection().exec_driver_sql("UPDATE identity_merge SET survivor_id = 'c9'")

    with ledger.read() as session:
        assert list(identities.problems(session)) == ["c2 stands under c9, the audit says c1."]
