"""Reservations: exact whoever holds, spends and frees, in whatever order, on either engine."""

from collections.abc import Callable

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlmodel import Session

from tests.reservations.worlds import (
    ask,
    asks,
    one_by_one,
    per_account,
    per_contact,
    pool,
    taken,
)
from tools.ledger.database import Ledger
from tools.ledger.fitting import Limit
from tools.ledger.reservations import free, free_packet, hold_within, spend


def hold(ledger: Ledger, rows: pl.DataFrame, *limits: Limit, run: str = "run") -> set[int]:
    with ledger.write() as session:
        return set(hold_within(session, rows, limits, run))


def test_what_fits_is_held_and_what_does_not_is_named(ledger: Ledger) -> None:
    rows = asks(ask("a", 0, holder="ann"), ask("b", 1, holder="ann"), ask("c", 2, holder="bob"))

    assert hold(ledger, rows, per_contact(1)) == {1}
    assert taken(ledger)["decision_id"].to_list() == ["a", "c"]


def test_a_second_run_finds_what_the_first_left(ledger: Ledger) -> None:
    first = asks(ask("a", 0, "pool:messages", amount=7.0))
    second = asks(
        ask("b", 0, "pool:messages", amount=4.0), ask("c", 1, "pool:messages", amount=3.0)
    )

    assert hold(ledger, first, pool(10), run="one") == set()
    assert hold(ledger, second, pool(10), run="two") == {0}
    assert taken(ledger)["amount"].sum() == 10


def test_what_was_sent_counts_as_what_is_scheduled(ledger: Ledger) -> None:
    hold(ledger, asks(ask("a", 0, holder="ann")), per_contact(1))
    with ledger.write() as session:
        spend(session, ["a"])

    assert hold(ledger, asks(ask("b", 0, holder="ann", hours=1)), per_contact(1)) == {0}


def test_what_is_freed_is_given_back_exactly_and_once(ledger: Ledger) -> None:
    hold(ledger, asks(ask("a", 0, "pool:messages", amount=6.0)), pool(10))
    hold(ledger, asks(ask("b", 0, "pool:messages", amount=4.0)), pool(10))
    with ledger.write() as session:
        free(session, ["a"])
        free(session, ["a"])

    rows = asks(ask("c", 0, "pool:messages", amount=6.0), ask("d", 1, "pool:messages"))
    assert hold(ledger, rows, pool(10)) == {1}


def test_a_packet_that_is_dropped_frees_what_waits_and_not_what_was_sent(ledger: Ledger) -> None:
    hold(ledger, asks(ask("a", 0, holder="ann"), ask("b", 1, holder="bob")), per_contact(1))
    with ledger.write() as session:
        spend(session, ["a"])
        assert free_packet(session, "pk") == 1
        assert free_packet(session, "pk") == 0

    assert taken(ledger)["decision_id"].to_list() == ["a"]


def test_holding_again_changes_nothing_and_is_refused_nothing(ledger: Ledger) -> None:
    rows = asks(ask("a", 0, holder="ann"))

    assert hold(ledger, rows, per_contact(1)) == hold(ledger, rows, per_contact(1)) == set()
    assert taken(ledger).height == 1


def test_touches_of_other_tools_take_of_the_caps_too(ledger: Ledger) -> None:
    rows = asks(ask("a", 0, holder="ann"), ask("b", 1, holder="bob"))
    theirs = asks(ask("x", 0, holder="ann", hours=-2)).drop("decision_id", "packet_id", "unit")

    with ledger.write() as session:
        assert hold_within(session, rows, [per_contact(1)], "run", theirs) == {0}


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["hold", "hold", "spend", "free"]),
        st.integers(0, 2),
        st.integers(1, 3),
        st.sampled_from(["ann", "bob"]),
    ),
    max_size=12,
)


@settings(max_examples=30, deadline=None)
@given(steps=STEPS)
def test_in_any_order_of_several_runs_exactly_what_fits_is_held(
    steps: list[tuple[str, int, int, str]],
) -> None:
    """A run is refused just where the definition says, by what is held or spent at that moment:
    so no cap is exceeded, and what is freed is there again to the last unit."""
    ledger = Ledger("sqlite://")
    ledger.create()
    limits: list[Limit] = [per_contact(2), per_account(3), pool(6)]
    live: dict[str, pl.DataFrame] = {}
    held: dict[int, list[str]] = {0: [], 1: [], 2: []}
    for number, (what, run, amount, who) in enumerate(steps):
        key = f"d{number}"
        rows = asks(
            ask(key, 0, holder=who, account="acme", hours=number),
            ask(key, 0, "pool:messages", amount=float(amount)),
        )
        if what == "hold":
            there = pl.concat([asks(), *live.values()]).drop("unit")
            expected = one_by_one(rows, there, limits)
            assert sorted(hold(ledger, rows, *limits, run=f"r{run}")) == expected
            if not expected:
                live[key] = rows
                held[run].append(key)
        elif what == "spend":
            change(ledger, spend, held[run][:amount])
        else:
            gone, held[run] = held[run][:amount], held[run][amount:]
            change(ledger, free, gone)
            live = {one: rows for one, rows in live.items() if one not in gone}
    assert set(taken(ledger)["decision_id"]) == set(live)


def change(ledger: Ledger, what: Callable[[Session, list[str]], None], ids: list[str]) -> None:
    with ledger.write() as session:
        what(session, ids)
