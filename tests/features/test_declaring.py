"""What may be declared as a feature, and what is refused, with its line and one sentence."""

from pathlib import Path

import pytest

from domain.errors import ConfigurationError
from tools.warehouse.features.declaring import (
    PURPOSES,
    all_features,
    built_in,
    chosen,
    read_features,
    set_hash,
)

GOOD = {
    "name": '"calls"',
    "rows": '"touches"',
    "sql": "\"count(*) filter (where channel = 'call')\"",
    "meaning": '"calls of all time"',
    "personal": '"ordinary"',
    "purposes": '["marketing"]',
}


def told(**other: str) -> str:
    """A file with one feature; the line of a key is its place in GOOD and two."""
    said = {**GOOD, **other}
    return "\n".join(["[[features]]", *(f"{key} = {value}" for key, value in said.items())])


def written(folder: Path, text: str) -> Path:
    file = folder / "features.toml"
    file.write_text(text)
    return file


def test_a_workspace_adds_its_own_to_those_that_are_built_in(tmp_path: Path) -> None:
    own = all_features(written(tmp_path, told()))

    assert [one.name for one in own] == [*(one.name for one in built_in()), "calls"]
    assert all_features(tmp_path / "none.toml") == built_in()


def test_the_built_in_ones_cover_what_a_contact_did_and_got() -> None:
    names = [one.name for one in built_in()]

    assert len(names) == len(set(names)) >= 20
    assert {"tenure_days", "first_channel", "clicks_7d", "opens_90d", "purchase_mean"} <= {*names}
    assert all(one.category is None for one in built_in())


@pytest.mark.parametrize(
    ("key", "value", "why"),
    [
        ("name", '"Calls!"', "String should match"),
        ("name", '"purchases"', "built in"),
        ("rows", '"consents"', "no rows of features"),
        ("days", "0", "greater than or equal to 1"),
        ("delay_hours", "-1", "greater than or equal to 0"),
        ("personal", '"secret"', "'special' or 'ordinary'"),
        ("purposes", "[]", "at least 1"),
        ("purposes", '["profit"]', "Input should be"),
        ("meaning", '"x"', "at least 8"),
        ("window", "28", "not a known key"),
    ],
)
def test_what_is_off_is_told_with_file_line_and_key(
    tmp_path: Path, key: str, value: str, why: str
) -> None:
    text = told(**{key: value})
    line = next(n for n, said in enumerate(text.split("\n"), 1) if said.startswith(f"{key} ="))

    with pytest.raises(ConfigurationError, match=why) as refused:
        all_features(written(tmp_path, text))

    assert f"features.toml, line {line}: " in refused.value.message
    assert refused.value.message.count("\n") == 0


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        ("", "empty"),
        ("1", "counts, adds up or picks nothing"),
        ("channel", "counts, adds up or picks nothing"),
        ("count(*) + cost", "outside of any aggregate"),
        ("count(*) from touches", "can't be read"),
        ("count(*); drop table points", "can't be read"),
        ("(select count(*) from outcomes)", "not allowed"),
        ("count(*) filter (where channel in (select kind from outcomes))", "not allowed"),
        ("count(*) filter (where exists (select 1 from outcomes))", "not allowed"),
        ("sum(cost) over ()", "not allowed"),
        ("count(*) filter (where p.as_of > 0)", "not allowed"),
        ("max(p.as_of)", "not allowed"),
        ("max(as_of)", "no column `as_of`"),
        ("max(at)", "no column `at`"),
        ("count(*) filter (where chanel = 'email')", "did you mean `channel`"),
        ("count(*) filter (where days_ago < 7)", "said by `days`"),
        ("sum(days_ago)", "said by `days`"),
        ("max(days_ago + 1)", "said by `days`"),
        ("sum(getenv('HOME'))", "not allowed"),
        ("sum(random())", "not allowed"),
        ("count(distinct now())", "not allowed"),
        ("any_value(channel)", "picks nothing"),
        ("first(channel order by cost)", "not pick a column|not allowed"),
        ("first(cost + 1)", "does not pick a column"),
        ("min(cost, 3)", "not allowed"),
        ("count(cost, channel)", "not allowed|can't be read"),
        ("count(distinct cost, channel)", "does not count one column"),
        ("sum(distinct cost)", "not allowed"),
        ("sum(max(cost))", "not allowed"),
        ("max(channel)", "no whole number"),
        ("sum(cost / 2)", "not allowed"),
        ("sum(cost * 0.5)", "no whole number"),
        ("count(*) filter (where channel > 'a')", "puts texts in order"),
        ("count(*) filter (where channel = 3)", "does not fit"),
        ("count(*) filter (where cost)", "neither true nor false"),
        ("count(*) filter (where channel like 'a\\\\%')", "backslash"),
        ("first(channel) || 'x'", "not allowed"),
        ("coalesce(first(channel), count(*))", "of words and of numbers"),
        ("coalesce(count(*), 'none')", "no number"),
        ("first(channel) + 1", "calculates with a word"),
        ("case when count(*) > 1 then 1 end", "not allowed"),
        ("count(*) > 1", "not allowed"),
        ("+".join(["count(*)"] * 150), "more than 200 parts"),
        ("(" * 900 + "count(*)" + ")" * 900, "nested too deeply|characters|parts"),
        ("count(*) + " + "1" * 2000, "2,000 are allowed"),
    ],
)
def test_sql_that_says_more_than_a_feature_may_is_refused(
    tmp_path: Path, sql: str, why: str
) -> None:
    text = told(sql=f'"{sql}"')

    with pytest.raises(ConfigurationError, match=why) as refused:
        all_features(written(tmp_path, text))

    assert "features.toml, line 4: This is no feature: " in refused.value.message


def test_a_name_is_declared_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="line 9: `calls` is declared twice"):
        all_features(written(tmp_path, f"{told()}\n{told()}"))


def test_rows_that_come_in_after_their_window_would_never_count(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"line 9: .*of which none has come in"):
        all_features(written(tmp_path, told(days="2", delay_hours="48")))


def test_a_feature_serves_the_purposes_it_is_declared_for_and_no_other() -> None:
    calls = read_features(told(), "features.toml")

    assert chosen(calls, ["calls"], "marketing") == calls
    with pytest.raises(ConfigurationError, match="declared for marketing, not for measurement"):
        chosen(calls, ["calls"], "measurement")
    with pytest.raises(ConfigurationError, match="no feature `call`"):
        chosen(calls, ["call"], "marketing")


@pytest.mark.parametrize("purpose", PURPOSES)
def test_a_special_category_serves_no_purpose(purpose: str) -> None:
    said = told(personal='"special"', purposes=str(list(PURPOSES)).replace("'", '"'))
    held = read_features(said, "features.toml")

    with pytest.raises(ConfigurationError, match="special, which no model sees"):
        chosen(held, ["calls"], purpose)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "other", [{"days": "7"}, {"delay_hours": "1"}, {"sql": '"count(*)"'}, {"name": '"phoned"'}]
)
def test_what_is_kept_of_a_set_is_worth_nothing_to_another(other: dict[str, str]) -> None:
    one, another = (read_features(text, "f") for text in (told(), told(**other)))
    worded = read_features(told(meaning='"said in other words"'), "f")

    assert set_hash(one) != set_hash(another)
    assert set_hash(one) == set_hash(worded)
