"""Conditions of segments: what marketing people write, and nothing that SQL could do besides."""

from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import ConfigurationError
from domain.expressions import LONGEST
from policies.conditions import Field, read_condition

FIELDS = {
    "country": Field(pl.String, empty=True),
    "tier": Field(pl.String, empty=False),
    "touches_28d": Field(pl.UInt32, empty=False),
    "is_customer": Field(pl.Boolean, empty=False),
    "attr_age": Field(pl.Float64, empty=True),
}


def people(**columns: list[Any]) -> pl.DataFrame:
    return pl.DataFrame(columns, schema={name: FIELDS[name].dtype for name in columns})


def held(text: str, **columns: list[Any]) -> list[bool | None]:
    return read_condition(text, FIELDS).holds(people(**columns)).to_list()


@pytest.mark.parametrize(
    ("text", "columns", "wanted"),
    [
        ("tier = 'vip'", {"tier": ["vip", "standard"]}, [True, False]),
        ("tier in ('vip', 'key')", {"tier": ["key", "x"]}, [True, False]),
        ("touches_28d between 2 and 4", {"touches_28d": [1, 2, 4, 5]}, [False, True, True, False]),
        (
            "not is_customer and touches_28d > 3",
            {"is_customer": [False, True, False], "touches_28d": [4, 4, 3]},
            [True, False, False],
        ),
        (
            "attr_age is null or attr_age < 18",
            {"attr_age": [None, 17.0, 18.0]},
            [True, True, False],
        ),
        (
            "lower(coalesce(country, '')) like 'd%'",
            {"country": ["DE", None, "FR"]},
            [True, False, False],
        ),
        ("touches_28d * 2 + 1 >= 7", {"touches_28d": [2, 3]}, [False, True]),
        ("tier = 'vip'", {"tier": ["VIP"]}, [False]),
    ],
)
def test_a_condition_holds_for_whom_it_says(
    text: str, columns: dict[str, list[Any]], wanted: list[bool]
) -> None:
    assert held(text, **columns) == wanted


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=20)))
def test_any_text_between_quotes_is_that_text_and_never_a_part_of_the_condition(
    texts: list[str],
) -> None:
    for text in texts:
        quoted = text.replace("'", "''")

        assert held(f"tier = '{quoted}'", tier=[text, f"{text}x"]) == [True, False]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "it is empty"),
        ("tier = ", "can't be read"),
        ("tier = 'vip'; drop table effect", "can't be read"),
        ("tier = (select 'vip')", "is not allowed"),
        ("tier in (select tier from accounts)", "is not allowed"),
        ("exists (select 1)", "is not allowed"),
        ("getenv('HOME') = 'x'", "is not allowed"),
        ("read_csv('/etc/passwd') is null", "is not allowed"),
        ("random() < 0.5", "is not allowed"),
        ("now() > '2026-01-01'", "is not allowed"),
        ("cast(tier as int) = 1", "is not allowed"),
        ("tier ~ '(a+)+$'", "is not allowed"),
        ("case when is_customer then true else false end", "is not allowed"),
        ("sum(touches_28d) over () > 3", "is not allowed"),
        ("contacts.tier = 'vip'", "is not allowed"),
        ("* is null", "is not allowed"),
        ("tier = ?", "is not allowed"),
        ("tier = :who", "is not allowed"),
        ("tier = $1", "is not allowed"),
        ("tier = @who", "is not allowed"),
        ("tier || 'x' = 'vipx'", "is not allowed"),
        ("tiers = 'vip'", "did you mean `tier`?"),
        ("password = 'x'", "there is no column `password`"),
        ("1 = 1", "names no column"),
        ("true", "names no column"),
        ("touches_28d", "it gives UInt32"),
        ("tier > 3", "does not fit its columns"),
        ("touches_28d = 'many'", "does not fit its columns"),
        ("attr_age < 18", "may be empty"),
        ("country <> 'DE' and tier is not null", "`country` may be empty"),
        ("(" * 900 + "is_customer" + ")" * 900, "no condition"),
        ("tier = '" + "x" * LONGEST + "'", "characters"),
        (" or ".join(["is_customer"] * 110), "parts"),
    ],
)
def test_what_is_no_condition_is_refused_with_one_sentence(text: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match="This is no condition") as refused:
        read_condition(text, FIELDS)

    assert said in str(refused.value)
    assert "\x1b" not in str(refused.value)
    assert "\n" not in refused.value.message


def test_a_remark_in_a_condition_changes_nothing() -> None:
    plain = read_condition("tier = 'vip'", FIELDS)

    assert read_condition("tier /* of the account */ = 'vip' -- always", FIELDS) == plain
