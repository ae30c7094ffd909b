"""Matching: who is found to be one person, and who is only told as doubtful."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.identity.worlds import contacts, merges_of
from tools.warehouse.identity.matching import HOLDERS, MEMBERS, SURVIVORS, find


def _survivors(**pairs: str) -> pl.DataFrame:
    return pl.DataFrame(list(pairs.items()), schema=SURVIVORS, orient="row")


def _reasons(suspects: pl.DataFrame) -> list[tuple[str, list[str]]]:
    return list(suspects.select("reason", "contacts").iter_rows())


def test_the_oldest_of_those_who_share_a_mailbox_stands_for_the_others() -> None:
    told = contacts(
        {"email": "anna@x.com", "name": "Anna Lee"},
        {"email": "Anna+shop@X.com"},
        {"email": "other@x.com", "name": "Bo Dee"},
    )

    found = find(told)

    assert merges_of(found.merges) == {"c2": "c1"}
    assert found.merges.get_column("why").to_list() == ["email"]
    assert found.suspects.is_empty()


def test_keys_chain_contacts_who_share_none_directly() -> None:
    told = contacts(
        {"email": "anna@x.com", "name": "Anna Lee"},
        {"email": "anna@x.com", "phone": "+49 30 1234568", "name": "Anna Lee"},
        {"phone": "030 1234568", "country": "DE", "name": "A. Lee"},
    )

    assert merges_of(find(told).merges) == {"c2": "c1", "c3": "c1"}


@pytest.mark.parametrize("other", ["Peter Schmidt", None])
def test_a_telephone_alone_joins_only_where_the_names_agree(other: str | None) -> None:
    phone = "+49 30 1234568"
    same = contacts(
        {"phone": phone, "name": "Anna Schmidt"}, {"phone": phone, "name": "A. Schmidt"}
    )
    household = contacts({"phone": phone, "name": "Anna Schmidt"}, {"phone": phone, "name": other})

    assert merges_of(find(same).merges) == {"c2": "c1"}
    assert find(household).merges.is_empty()
    assert _reasons(find(household).suspects) == [("phone_alone", ["c1", "c2"])]


def test_one_mailbox_and_names_that_contradict_are_told_and_not_merged() -> None:
    told = contacts(
        {"email": "a@x.com", "name": "Anna Lee"}, {"email": "a@x.com", "name": "Bo Dee"}
    )

    found = find(told)

    assert found.merges.is_empty()
    assert _reasons(found.suspects) == [("names_differ", ["c1", "c2"])]


def test_a_nickname_contradicts_only_in_another_account() -> None:
    rows = [{"email": "r@x.com", "name": "Bob"}, {"email": "r@x.com", "name": "Robert Smith"}]
    apart = [{**row, "account_id": f"a{number}"} for number, row in enumerate(rows)]

    assert merges_of(find(contacts(*rows)).merges) == {"c2": "c1"}
    assert find(contacts(*apart)).merges.is_empty()


def test_a_name_that_nobody_knows_contradicts_nobody_at_the_same_mailbox() -> None:
    told = contacts(
        {"email": "a@x.com", "account_id": "one", "name": "Anna Lee"},
        {"email": "a@x.com", "account_id": "two"},
    )

    assert merges_of(find(told).merges) == {"c2": "c1"}


def test_an_offices_mailbox_joins_nobody() -> None:
    told = contacts(*[{"email": "info@x.com", "name": "Anna Lee"}] * 2)
    assert find(told).merges.is_empty()


def test_a_key_of_more_contacts_than_one_person_has_joins_nobody_and_is_told() -> None:
    few = contacts(*[{"email": "a@x.com"}] * HOLDERS)
    many = contacts(*[{"email": "a@x.com"}] * (HOLDERS + 1))

    assert find(few).merges.height == HOLDERS - 1
    assert find(many).merges.is_empty()
    assert _reasons(find(many).suspects) == [("crowded", [f"c{n + 1}" for n in range(HOLDERS + 1)])]


def test_a_chain_whose_ends_contradict_is_told_and_not_merged() -> None:
    told = contacts(
        {"email": "a@x.com", "name": "Anna Lee"},
        {"email": "a@x.com", "phone": "+49 30 1234568", "name": "A. Lee"},
        {"phone": "+49 30 1234568", "email": "b@x.com", "name": "A Lee"},
        {"email": "b@x.com", "name": "Adam Lee"},
    )

    found = find(told)

    assert found.merges.is_empty()
    assert _reasons(found.suspects) == [("chain", ["c1", "c2", "c3", "c4"])]


def test_a_chain_longer_than_a_person_has_contacts_is_told_and_not_merged() -> None:
    rows = [
        {
            "email": f"{number // 2}@x.com",
            "phone": f"+49 30 55{(number + 1) // 2:05d}",
            "name": "Anna Bell",
        }
        for number in range(MEMBERS + 1)
    ]

    found = find(contacts(*rows))

    assert found.merges.is_empty()
    assert [reason for reason, _ in _reasons(found.suspects)] == ["too_many"]
    assert find(contacts(*rows[:MEMBERS])).merges.height == MEMBERS - 1


def test_whoever_joins_a_person_joins_its_survivor_and_what_stands_is_not_found_again() -> None:
    told = contacts({"email": "a@x.com"}, {"email": "b@x.com"}, {"email": "a@x.com"})
    stands = _survivors(c1="c2")  # by hand: nothing they share says so

    assert merges_of(find(told, stands).merges) == {"c3": "c2"}
    assert find(told, _survivors(c1="c2", c3="c2")).merges.is_empty()


def test_what_somebody_took_apart_is_not_found_again() -> None:
    told = contacts({"email": "a@x.com"}, {"email": "a@x.com"})

    found = find(told, apart=_survivors(c2="c1"))

    assert found.merges.is_empty()
    assert _reasons(found.suspects) == [("kept_apart", ["c1", "c2"])]


def test_nobody_is_found_among_nobody() -> None:
    assert find(contacts()).merges.is_empty()


ROW = st.fixed_dictionaries(
    {
        "email": st.sampled_from(
            [None, "a@x.com", "A+b@x.com", "b@x.com", "c@x.com", "info@x.com"]
        ),
        "phone": st.sampled_from([None, "+49 30 1234568", "0049301234568", "+49 40 7654329"]),
        "name": st.sampled_from([None, "Anna Lee", "A. Lee", "Bo Dee", "Bo Lee"]),
        "account_id": st.sampled_from([None, "one", "two"]),
    }
)


@settings(deadline=None, max_examples=60)
@given(rows=st.lists(ROW, min_size=1, max_size=9), data=st.data())
def test_the_order_of_the_contacts_changes_nothing_and_a_second_search_finds_nothing_new(
    rows: list[dict[str, str | None]], data: st.DataObject
) -> None:
    told = contacts(*rows)
    order = data.draw(st.permutations(range(told.height)))

    found, shuffled = find(told), find(told[order])

    assert found.merges.equals(shuffled.merges)
    assert found.suspects.equals(shuffled.suspects)
    assert not set(found.merges["contact_id"]) & set(found.merges["survivor_id"])
    assert find(told, found.merges.select(list(SURVIVORS))).merges.is_empty()
