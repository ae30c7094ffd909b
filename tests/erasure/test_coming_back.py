"""Contact law, L6: who was erased and is imported again stays suppressed, under whatever id."""

from typing import Any

import polars as pl
import pytest

from app import running
from app.erasing import erase
from app.initialising import import_into
from domain.errors import WorkspaceError
from graph.gate import suppressions_at
from tests.erasure.conftest import EMAIL, PERSON, PHONE, Place, effects_of, intend
from tools.erasure.identity import hashes_of, known_again
from tools.keys import FEW
from tools.ledger import consents

KEY = b"k" * 32
STRANGER = "x@elsewhere.example"


def comes_in(place: Place, contact_id: str, **told: Any) -> None:
    """By CSV, with a fresh consent."""
    row = {"contact_id": contact_id, "country": "DE", "timezone": "Europe/Berlin", **told}
    at = "2026-01-05T09:00:00Z"
    said = {"contact_id": contact_id, "channel": "email", "purpose": "marketing", "at": at}
    granted = {**said, "state": "granted", "source": "list"}
    for kind, one in (("contacts", {**row, "created_at": at}), ("consents", granted)):
        file = place.outside / f"{kind}.csv"
        pl.DataFrame([one]).write_csv(file)
        import_into(place.house.tower, kind, file)


AGAIN: dict[str, dict[str, Any]] = {
    "the address in another case, with spaces": {"email": f"  {EMAIL.upper()} "},
    "the number in another form": {"phone": "0049 (30) 5550-4711", "email": STRANGER},
}


@pytest.mark.parametrize("told", AGAIN.values(), ids=AGAIN)
def test_L6_an_erased_person_imported_again_stays_suppressed_at_the_door(
    place: Place, told: dict[str, Any]
) -> None:
    erase(place.house, PERSON, "olga")
    comes_in(place, "new-1", **told)
    comes_in(place, "new-2", email="someone@else.example", phone="+49 30 1111111")

    intend(place, "new-1", "new-2")
    running.deliver(place.house, lambda _: None)

    ends = [effects_of(place, one).select("state", "reason").row(0) for one in ("new-1", "new-2")]
    assert ends == [("skipped", "erased_or_suppressed"), ("accepted", None)]


def test_L6_an_erased_person_imported_again_gets_nothing_from_the_next_run(place: Place) -> None:
    erase(place.house, PERSON, "olga")
    comes_in(place, "new-1", account_id="blue", email=EMAIL.lower())
    comes_in(place, "new-2", account_id="blue", email="someone@else.example")

    run = running.run(place.house, "noon", "2026-03-02T15:00:00+00:00", lambda _: None)

    grid = place.house.tower.folder(run.run_id).read("facts")
    seen = dict(grid.group_by("contact_id").agg(pl.col("suppressed").all()).iter_rows())
    assert (seen["new-1"], seen["new-2"]) == (True, False)


def test_L6_the_same_id_stays_suppressed_without_an_address(place: Place) -> None:
    erase(place.house, PERSON, "olga")
    comes_in(place, PERSON)

    assert PERSON in suppressions_at(place.house.tower)["contact_id"]


def test_L6_a_number_that_others_have_too_silences_nobody_else(place: Place) -> None:
    comes_in(place, "colleague", phone=PHONE, email=STRANGER)
    erase(place.house, PERSON, "olga")

    assert "colleague" not in suppressions_at(place.house.tower)["contact_id"]


def test_L6_without_the_key_nothing_is_judged(place: Place) -> None:
    erase(place.house, PERSON, "olga")
    place.house.tower.workspace.erasure_key_file.unlink()
    comes_in(place, "new-1", email=EMAIL)

    with pytest.raises(WorkspaceError, match="is gone, and people were erased"):
        suppressions_at(place.house.tower)


def test_L6_what_is_kept_tells_nothing_without_the_key(place: Place) -> None:
    erase(place.house, PERSON, "olga")

    kept = place.house.tower.workspace.erasures_file.read_text()
    guessed = hashes_of(b"another key of thirty-two bytes.", "email", [EMAIL])
    assert not any(one in kept for one in guessed)
    assert not any(one[4:] in kept for one in guessed)


def test_L6_a_withdrawal_that_comes_late_brings_nothing_of_the_person_back(place: Place) -> None:
    erase(place.house, PERSON, "olga")

    running.deliver(place.house, lambda _: None)
    place.house.learner.learn()

    assert (
        place.house.tower.warehouse.table("touches")
        .filter(pl.col("contact_id").str.starts_with("erased-"))
        .is_empty()
    )
    assert consents.standing(place.house.tower.ledger, contact_ids=[PERSON]).is_empty()


def test_among_many_people_the_same_are_known_again_as_among_few() -> None:
    many = pl.DataFrame({"contact_id": [f"c{i}" for i in range(FEW + 10)]}).with_columns(
        email=pl.concat_str(pl.lit("Person"), "contact_id", pl.lit("@Ex.org ")),
        phone=pl.lit(None, dtype=pl.String),
    )
    listed = hashes_of(KEY, "email", ["personc7@ex.org"])

    assert known_again(KEY, many, listed) == {"c7"}
    assert known_again(KEY, many.head(20), listed) == {"c7"}
