"""`clearance policy what-if`: past runs under another policy, as they would really have been."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from app import running
from app.compose import open_house
from app.policy_differences import chosen_in
from app.policy_what_if import what_if
from domain.errors import RefusedError
from domain.tables import INSTANT
from graph.opening import open_run
from graph.replaying import replay_run
from policies.loading import load
from tests.app.commands import clearance
from tests.app.worlds import contents, copy_of, fresh, ran, ran_again
from tests.reviews.worlds import with_policy
from tools.ledger import runs

CHANGES = (
    ('channels = ["email"]\nat_most = 3\n', 'channels = ["email"]\nat_most = 1\n'),
    ("window_hours = 168", "window_hours = 500"),
    ("end = 08:00:00", "end = 10:00:00"),
    ("share_of_minutes = 0.6", "share_of_minutes = 0.3"),
    ("max_step = 0.3", "max_step = 0.1"),
    ('study = "always_on"', 'study = "another"'),
)

REGISTRY = """
[[do_not_call]]
countries = ["DE", "GB", "US", "FR", "CA", "AU"]
channels = ["call"]
owner = "legal"
reason = "The registry is asked before a number is called."
since = 2026-01-01
"""
SILENCE = """
[[ignore_pauses]]
name = "silence"
channels = ["email", "sms"]
after = 2
within_days = 30
pause_days = 60
owner = "lifecycle lead"
reason = "Silence is an answer."
since = 2026-01-01
"""
ORDERS = """
[[separations]]
name = "one_thing"
first_themes = ["offer"]
other_treatments = ["case_study_mail"]
days = 90
owner = "lifecycle lead"
reason = "A story does not go with a price."
since = 2026-01-01

[[prerequisites]]
name = "taught"
then_themes = ["offer"]
first_themes = ["education", "onboarding", "proof"]
within_days = 120
owner = "lifecycle lead"
reason = "Who knows nothing of it is offered nothing."
since = 2026-01-01
"""
COUNTRIES = ("DE", "GB", "US", "FR", "CA", "AU")


def quiet(_: str) -> None:
    return None


def next_policy(workspace: Path, folder: Path) -> Path:
    """The workspace's policy with other caps, windows, hours, minutes, steps and holdout, a pause
    after ignored touches, and things that are kept apart or in order."""
    text = (workspace / "policy.toml").read_text()
    for before, after in CHANGES:
        assert before in text
        text = text.replace(before, after)
    file = folder / "next.toml"
    file.write_text(text + SILENCE + ORDERS)
    return file


@pytest.fixture(scope="module")
def twice() -> Path:
    """A workspace of the company that ran, lived a day, and ran again."""
    return copy_of(ran_again("company"))


def test_a_forecast_is_what_the_run_then_really_decides(tmp_path: Path) -> None:
    before = copy_of(ran("company"))
    file = next_policy(before, tmp_path)
    tower = open_house(before).tower
    row = runs.every(tower.ledger)[0]
    loaded = load(file)

    forecast = replay_run(tower, row.run_id, loaded, tmp_path / "apart")

    house = open_house(copy_of(fresh("company")))
    policy = {name: getattr(loaded.policy, name) for name in type(loaded.policy).model_fields}
    under = replace(house, tower=with_policy(house.tower, **policy))
    run_id = open_run(under.tower, row.schedule, row.slot)
    running.decide(under, run_id, quiet)
    real = chosen_in(under.tower.folder(run_id), loaded.policy)
    found = chosen_in(forecast.folder, loaded.policy)
    assert run_id == row.run_id
    assert real.folder.read("grid").equals(found.folder.read("grid"))
    assert real.touches.equals(found.touches)
    assert (real.value, real.volume) == (found.value, found.volume)
    assert real.touches.height > 100
    reasons = set(real.folder.read("decisions").get_column("reason"))
    assert {"kept_apart", "first_missing"} <= reasons
    assert _both(real.touches, "spring_offer_mail", "case_study_mail") == 0
    was = chosen_in(tower.folder(run_id), loaded.policy).touches
    assert _both(was, "spring_offer_mail", "case_study_mail") > 100
    assert not real.touches.equals(was)


def _both(touches: pl.DataFrame, one: str, other: str) -> int:
    """How many contacts were to get both treatments."""
    got = touches.group_by("contact_id").agg(pl.col("treatment_id"))
    each = pl.col("treatment_id")
    return got.filter(each.list.contains(one) & each.list.contains(other)).height


def test_under_their_own_policy_runs_come_out_as_they_were(twice: Path) -> None:
    house = open_house(twice)

    said = what_if(house, twice / "policy.toml", 10, quiet)

    assert [one["drift"] for one in said["runs"]] == [[], []]
    assert all(one["touches"]["lost"] == one["touches"]["gained"] == 0 for one in said["runs"])
    assert said["all"]["value"]["change"] == 0.0
    assert _moved(said["all"]) == []
    assert said["all"]["starved"] == {"contacts": 0, "themes": [], "agents": [], "campaigns": []}


def _moved(said: Any, way: str = "") -> list[str]:
    """Places where before and after differ."""
    if not isinstance(said, dict):
        return []
    if "before" in said and said["before"] != said["after"]:
        return [way]
    return [line for key, one in said.items() for line in _moved(one, f"{way}.{key}")]


def test_another_policy_changes_value_volume_and_reasons(twice: Path, tmp_path: Path) -> None:
    said = clearance(
        "policy", "what-if", str(next_policy(twice, tmp_path)), "--json", workspace=twice
    ).json

    value = said["all"]["value"]
    assert len(said["runs"]) == 2
    assert value["low"] < value["change"] < value["high"]
    assert value["change"] < 0
    assert said["all"]["volume"]["email"]["after"] < said["all"]["volume"]["email"]["before"]
    assert (
        said["all"]["reasons"]["quiet_hours"]["after"]
        > (said["all"]["reasons"]["quiet_hours"]["before"])
    )
    assert said["all"]["reasons"]["ignored"]["after"] > 0
    drift = " ".join(said["runs"][0]["drift"])
    assert "ignored_silence" in drift
    assert "what contacts were given before" in drift
    assert said["all"]["starved"]["contacts"] > 0


def test_a_rule_that_asks_a_registry_nobody_asked_before_finds_it_and_says_so(
    twice: Path, tmp_path: Path
) -> None:
    folder = copy_of(twice)
    house = open_house(folder)
    contacts = house.tower.warehouse.table("contacts").with_columns(phone=pl.lit("+49301234567"))
    house.tower.warehouse.replace("contacts", contacts)
    rows = [("+4930999999", code, runs.every(house.tower.ledger)[0].at) for code in COUNTRIES]
    schema = {"phone": pl.String, "country": pl.String, "at": INSTANT}
    house.tower.warehouse.merge("do_not_call", pl.DataFrame(rows, schema=schema, orient="row"))
    file = tmp_path / "next.toml"
    file.write_text((folder / "policy.toml").read_text() + REGISTRY)

    said = what_if(house, file, 1, quiet)

    assert "do_not_call" not in said["all"]["reasons"]
    assert "do_not_call" in said["runs"][0]["drift"][0]
    assert said["all"]["by_agent"]["sales"]["after"] > 0


def test_an_agent_that_may_not_act_any_more_starves_and_is_named(
    twice: Path, tmp_path: Path
) -> None:
    file = tmp_path / "next.toml"
    text = (twice / "policy.toml").read_text()
    file.write_text(text.replace('["email", "ads", "sales"]', '["email", "ads"]'))

    said = what_if(open_house(twice), file, 1, quiet)

    assert said["all"]["starved"]["agents"] == ["sales"]
    assert said["all"]["by_agent"]["sales"]["after"] == 0


def test_asking_writes_nothing(twice: Path, tmp_path: Path) -> None:
    file, before = next_policy(twice, tmp_path), contents(twice)

    what_if(open_house(twice), file, 2, quiet)

    assert contents(twice) == before


def test_a_run_whose_tables_are_gone_is_left_out_and_named(twice: Path) -> None:
    folder = copy_of(twice)
    house = open_house(folder)
    first = runs.every(house.tower.ledger)[0].run_id
    (house.tower.folder(first).path / "facts.parquet").unlink()

    said = what_if(house, folder / "policy.toml", 2, quiet)

    assert [one["run_id"] for one in said["left_out"]] == [first]
    assert "facts" in said["left_out"][0]["why"]
    assert len(said["runs"]) == 1


def test_where_nothing_ran_there_is_nothing_to_ask_about() -> None:
    folder = copy_of(fresh("company"))

    with pytest.raises(RefusedError, match="No run has finished yet"):
        what_if(open_house(folder), folder / "policy.toml", 10, quiet)
