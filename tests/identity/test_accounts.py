"""The account graph: told by a company's domain, never by a free mailbox, and never assigned."""

import polars as pl

from tests.identity.worlds import contacts
from tools.warehouse.identity.accounts import maybe_one, parents, suggested

ACME = [{"account_id": "acme", "email": f"{name}@acme.example"} for name in ("ann", "bob")]


def test_a_contact_without_an_account_is_told_beside_the_one_that_has_its_domain() -> None:
    told = suggested(contacts(*ACME, {"email": "Eve@ACME.example"}, {"email": "x@other.example"}))

    assert told.rows() == [("c3", "acme", "acme.example")]


def test_a_free_mailbox_says_nothing_of_an_employer() -> None:
    free = [{"account_id": "acme", "email": f"{name}@gmail.com"} for name in ("ann", "bob")]

    assert suggested(contacts(*free, {"email": "eve@googlemail.com"})).is_empty()


def test_a_domain_of_several_accounts_or_of_one_contact_only_suggests_none() -> None:
    other = [{"account_id": "blue", "email": f"{name}@acme.example"} for name in ("cat", "dan")]
    who = {"email": "eve@acme.example"}

    assert suggested(contacts(*ACME[:1], who)).is_empty()
    assert suggested(contacts(*ACME, *other, who)).is_empty()
    assert maybe_one(contacts(*ACME, *other)).rows() == [("acme.example", ["acme", "blue"])]


def test_a_parent_is_one_that_a_column_names_and_that_is_known() -> None:
    told = {"account_id": ["a", "b", "c", "d"], "parent_id": [None, "a", "c", "gone"]}

    assert parents(pl.DataFrame(told)).rows() == [("b", "a")]
    assert parents(pl.DataFrame(told).drop("parent_id")).is_empty()
