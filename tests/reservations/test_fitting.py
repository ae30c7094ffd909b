"""What fits the limits: first come first served, whole or not at all, exact in every window."""

from datetime import timedelta

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.reservations.worlds import (
    EMAILS,
    START,
    WEEK,
    ask,
    asks,
    one_by_one,
    per_account,
    per_contact,
    pool,
)
from tools.ledger.fitting import Limit, Side, Window, refused
from tools.ledger.reservations import TAKEN_ROWS

NOTHING = pl.DataFrame(schema=TAKEN_ROWS)


def out(rows: pl.DataFrame, *limits: Limit, beside: pl.DataFrame = NOTHING) -> list[int]:
    return [int(unit) for unit in refused(rows, beside, limits).nonzero()[0]]


def test_the_one_that_stands_first_takes_the_last_place() -> None:
    rows = asks(ask("a", 1, holder="ann"), ask("b", 0, holder="ann"))

    assert out(rows, per_contact(1)) == [1]


def test_a_place_that_the_first_can_not_take_goes_to_the_next() -> None:
    rows = asks(
        ask("a", 0, "pool:messages", amount=8.0),
        ask("b", 1, "pool:messages", amount=5.0),
        ask("c", 2, "pool:messages", amount=2.0),
    )

    assert out(rows, pool(10)) == [1]


def test_a_bundle_goes_whole_or_not_at_all_and_leaves_its_place_to_others() -> None:
    rows = asks(
        ask("a1", 0, holder="ann", account="acme"),
        ask("a2", 0, "pool:messages", amount=11.0),
        ask("b", 1, holder="bob", account="acme"),
    )

    assert out(rows, pool(10), per_account(1)) == [0]


def test_the_parts_of_one_bundle_count_against_one_another() -> None:
    rows = asks(ask("a1", 0, holder="ann"), ask("a2", 0, holder="ann", hours=1))

    assert out(rows, per_contact(1)) == [0]
    assert out(rows, per_contact(2)) == []


def test_a_window_ends_where_it_says() -> None:
    apart = WEEK / timedelta(hours=1)
    near = asks(ask("a", 0, holder="ann"), ask("b", 1, holder="ann", hours=apart - 0.001))
    far = asks(ask("a", 0, holder="ann"), ask("b", 1, holder="ann", hours=apart))

    assert out(near, per_contact(1)) == [1]
    assert out(far, per_contact(1)) == []


def test_an_ask_without_an_account_is_under_no_account_s_limit() -> None:
    rows = asks(ask("a", 0, holder="ann"), ask("b", 1, holder="bob"))

    assert out(rows, per_account(1)) == []


def test_a_limit_of_an_agent_counts_its_touches_and_those_of_unknown_ones() -> None:
    rule = Window("contact", EMAILS, EMAILS, 1, WEEK, agents=("email",))
    first = asks(ask("a", 0, holder="ann", agent="email"))

    def second(agent: str | None) -> list[int]:
        return out(first.vstack(asks(ask("b", 1, holder="ann", agent=agent))), rule)

    assert [second("email"), second("sales"), second(None)] == [[1], [], [1]]


def test_a_limit_of_a_theme_counts_what_is_taken_of_it_and_of_none_known() -> None:
    rule = Window("contact", EMAILS, EMAILS, 1, WEEK, themes=("care",))
    rows = asks(ask("a", 0, holder="ann", theme="care"))

    def beside(theme: str | None) -> list[int]:
        there = asks(ask("x", 0, holder="ann", theme=theme)).select(*TAKEN_ROWS)
        return out(rows, rule, beside=there)

    assert [beside("care"), beside("sale"), beside(None)] == [[0], [], [0]]
    assert out(asks(ask("a", 0, holder="ann", theme="sale")), rule, beside=rows) == []


def test_channels_that_must_lie_apart_close_one_another() -> None:
    day = timedelta(days=1)
    apart = (
        Window("contact", ("touch:call",), EMAILS, 0, day),
        Window("contact", EMAILS, ("touch:call",), 0, day),
    )
    mail, call = ask("a", 0, holder="ann"), ask("b", 1, "touch:call", holder="ann", hours=23)

    assert out(asks(mail, call), *apart) == [1]
    assert out(asks(mail, {**call, "holder": "bob"}), *apart) == []
    assert out(asks(mail, {**call, "at": START + day}), *apart) == []


def test_what_is_taken_already_counts_with_what_is_asked() -> None:
    beside = asks(ask("x", 0, holder="ann", hours=-1)).select(*TAKEN_ROWS)
    rows = asks(ask("a", 0, holder="ann"), ask("b", 1, holder="bob"))

    assert out(rows, per_contact(1), beside=beside) == [0]


def test_a_long_queue_before_a_small_pool_is_settled_at_once() -> None:
    rows = asks(*(ask(f"d{i}", i, "pool:messages", amount=1.0 + i % 7) for i in range(20_000)))

    fits = set(range(20_000)) - set(out(rows, pool(50)))

    assert sum(1.0 + i % 7 for i in fits) == 50


PEOPLE = st.sampled_from(["ann", "bob"])
ROWS = st.lists(
    st.tuples(
        st.integers(0, 6),
        st.sampled_from(["touch:email", "touch:call", "pool:messages"]),
        PEOPLE,
        st.sampled_from([None, "acme"]),
        st.integers(1, 4),
        st.integers(0, 400),
    ),
    max_size=14,
)


def rows_of(drawn: list[tuple[int, str, str, str | None, int, int]]) -> pl.DataFrame:
    return asks(
        *(
            ask(f"d{i}", unit, resource, who, account, float(amount), float(hours))
            for i, (unit, resource, who, account, amount, hours) in enumerate(drawn)
        )
    )


@settings(max_examples=60, deadline=None)
@given(drawn=ROWS, there=ROWS, places=st.integers(1, 6))
def test_whole_tables_say_what_one_by_one_says(
    drawn: list[tuple[int, str, str, str | None, int, int]],
    there: list[tuple[int, str, str, str | None, int, int]],
    places: int,
) -> None:
    both = ("touch:email", "touch:call")
    limits: list[Limit] = [
        per_contact(places),
        Window("account", both, both, places + 2, timedelta(days=3)),
        Window("contact", ("touch:call",), EMAILS, 0, timedelta(hours=30)),
        pool(3 * places),
        Window("contact", both, both, places, timedelta(hours=26), calendar="day"),
    ]
    agree(drawn, there, limits)


@settings(max_examples=60, deadline=None)
@given(drawn=ROWS, there=ROWS, side=st.sampled_from(["before", "after"]))
def test_windows_that_look_one_way_say_so_too(
    drawn: list[tuple[int, str, str, str | None, int, int]],
    there: list[tuple[int, str, str, str | None, int, int]],
    side: Side,
) -> None:
    agree(
        drawn,
        there,
        [Window("contact", EMAILS, ("touch:call",), 0, timedelta(hours=150), side=side)],
    )


def agree(
    drawn: list[tuple[int, str, str, str | None, int, int]],
    there: list[tuple[int, str, str, str | None, int, int]],
    limits: list[Limit],
) -> None:
    rows, beside = rows_of(drawn), rows_of(there).select(*TAKEN_ROWS)
    numbers = {unit: i for i, unit in enumerate(sorted(set(rows["unit"])))}
    rows = rows.with_columns(pl.col("unit").replace_strict(numbers, return_dtype=pl.Int64))

    told = out(in_utc(rows), *limits, beside=in_utc(beside))
    assert told == one_by_one(rows, beside, limits)


def in_utc(rows: pl.DataFrame) -> pl.DataFrame:
    day = pl.col("at").dt.date()
    return rows.with_columns(first_day=day, last_day=day)


def test_a_limit_of_a_day_counts_that_day_alone_and_every_day_nobody_knows() -> None:
    rule = Window("contact", EMAILS, EMAILS, 1, timedelta(hours=26), calendar="day")
    rows = asks(ask("a", 0, holder="ann", hours=14), ask("b", 1, holder="ann", hours=16))

    assert out(in_utc(rows), rule) == []
    assert out(rows, rule) == [1]
    assert out(in_utc(rows.with_columns(pl.col("at") - timedelta(hours=4))), rule) == [1]
