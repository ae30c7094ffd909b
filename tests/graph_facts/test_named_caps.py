"""Caps of some agents or themes: they limit and count these, and what nobody knows whose it is."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.compose import open_house
from domain.reasons import BIT, findings_of
from graph.facts import Sources, assemble, remaining
from graph.gate import contacts_at, findings_now
from graph.in_force import Fixed
from graph.replaying import replay_run
from graph.themes import theme_findings
from graph.tower import Tower
from policies.judging import judge
from policies.loading import Loaded, hash_of
from policies.named import of_cells
from policies.schema import Policy
from policies.touch_limits import Cap
from tests.app.worlds import copy_of, ran
from tests.graph_facts.company import cells_of, sources_of, touch
from tests.policies.worlds import NOON, cap, sample_policy
from tools.ledger import reservations, runs
from tools.runs import RunFolder

EVERY = ("email", "call", "ads")


def policy_of(at_most: int = 1, **named: Any) -> Policy:
    caps = (cap("named", *EVERY, at_most=at_most, **named),)
    return sample_policy(caps=caps, quiet_hours=(), spacing=())


def seen(policy: Policy, touches: list[dict[str, Any]], **cell: Any) -> tuple[str, ...]:
    facts = assemble(cells_of(cell), sources_with(touches), policy)
    return findings_of(int(judge(facts, policy, NOON)[0]))


def sources_with(touches: list[dict[str, Any]]) -> Sources:
    plain = sources_of(
        touches=[{k: v for k, v in one.items() if k not in NAMES} for one in touches]
    )
    told = pl.DataFrame(
        [{name: one.get(name) for name in NAMES} for one in touches],
        schema=dict.fromkeys(NAMES, pl.String),
    )
    return replace(plain, touches=plain.touches.hstack(told))


NAMES = ("agent", "theme")
BEFORE = NOON - timedelta(hours=1)


def test_a_cap_of_an_agent_counts_its_touches_and_those_of_unknown_ones() -> None:
    policy = policy_of(agents=("email",))

    def after(agent: str | None) -> tuple[str, ...]:
        return seen(policy, [touch(BEFORE, agent=agent)])

    assert [after("email"), after("sales"), after(None)] == [("cap_reached",), (), ("cap_reached",)]


def test_a_cap_of_an_agent_limits_that_agent_alone() -> None:
    policy = policy_of(agents=("email",))

    assert seen(policy, [touch(BEFORE, agent="email")], agent="sales") == ()


def test_touches_of_a_source_that_tells_no_agents_count_for_every_cap() -> None:
    policy = policy_of(agents=("email",))
    facts = assemble(cells_of({}), sources_of(touches=[touch(BEFORE)]), policy)

    assert facts["used_named"].to_list() == [1]


def test_a_cap_of_a_theme_counts_and_limits_it_and_what_is_of_no_known_theme() -> None:
    policy = policy_of(themes=("care",))

    def after(was: str | None, now: str | None) -> tuple[str, ...]:
        return seen(policy, [touch(BEFORE, theme=was)], theme=now)

    assert after("care", "care") == after(None, "care") == after("care", None) == ("cap_reached",)
    assert after("sale", "care") == after("care", "sale") == after(None, "sale") == ()


def test_a_message_that_says_nothing_of_its_theme_is_limited() -> None:
    policy = policy_of(themes=("care",))

    assert seen(policy, [touch(BEFORE, theme="care")]) == ("cap_reached",)


def test_the_grid_leaves_themes_to_the_candidates_and_they_are_judged_there() -> None:
    policy = policy_of(themes=("care",))
    facts = assemble(cells_of({}), sources_with([touch(BEFORE, theme="care")]), policy)
    asked = pl.DataFrame({"theme": ["care", "sale", None]}).join(
        facts.select("contact_id", "agent", "channel", "class", slot_at="at"), how="cross"
    )

    assert judge(facts, of_cells(policy), NOON).to_list() == [0]
    found = theme_findings(asked, facts, policy).to_list()
    assert found == [BIT["cap_reached"], 0, BIT["cap_reached"]]


def test_a_candidate_whose_cell_nobody_counted_is_closed() -> None:
    policy = policy_of(themes=("care",))
    facts = assemble(cells_of({}), sources_with([]), policy)
    asked = facts.select(
        "agent", "channel", "class", contact_id=pl.lit("joe"), slot_at="at", theme=pl.lit("care")
    )

    bits = theme_findings(asked, facts, policy)
    assert set(findings_of(int(bits[0]))) == {"cap_reached", "fact_missing"}


def left(policy: Policy, touches: list[dict[str, Any]]) -> list[int]:
    facts = assemble(
        cells_of({}, {"at": BEFORE + 2 * (NOON - BEFORE)}), sources_with(touches), policy
    )
    findings = judge(facts, of_cells(policy), NOON)
    return remaining(facts, findings, policy)["remaining"].to_list()


def test_what_a_run_may_take_of_a_theme_s_cap_is_what_the_theme_left() -> None:
    policy = policy_of(themes=("care",), at_most=2)

    assert left(policy, [touch(BEFORE, theme="care")]) == [1]
    assert left(policy, [touch(BEFORE, theme="sale")]) == [2]
    assert left(policy, [touch(BEFORE, theme=None)] * 2) == [0]


WORDS = st.sampled_from(["email", "sales", None])
THEMES = st.sampled_from(["care", "sale", None])


@settings(deadline=None, max_examples=50)
@given(st.lists(st.tuples(st.integers(-30, 30), WORDS, THEMES), max_size=8), WORDS, THEMES)
def test_a_cap_of_fewer_names_never_holds_more_than_the_cap_of_all(
    drawn: list[tuple[int, str | None, str | None]], agent: str | None, theme: str | None
) -> None:
    touches = [
        touch(NOON + timedelta(hours=hours), agent=whose, theme=what)
        for hours, whose, what in drawn
    ]
    agents = () if agent is None else (agent,)
    themes = () if theme is None else (theme,)
    facts = assemble(cells_of({}), sources_with(touches), policy_of(agents=agents, themes=themes))
    counted = [
        hours
        for hours, whose, what in drawn
        if abs(hours) < 24
        and (not agents or whose in (None, agent))
        and (not themes or what in (None, theme))
    ]
    assert facts["used_named"].to_list() == [len(counted)]


@pytest.fixture(scope="module")
def company() -> Path:
    return copy_of(ran("company"))


def decided_again(workspace: Path, folder: Path, *caps: Cap) -> RunFolder:
    """The workspace's newest run decided again, with these caps beside."""
    house = open_house(workspace)
    run_id = runs.every(house.tower.ledger)[0].run_id
    return replay_run(house.tower, run_id, with_caps(house.tower, *caps), folder).folder


def with_caps(tower: Tower, *caps: Cap) -> Loaded:
    policy = tower.loaded.policy
    other = policy.model_copy(update={"caps": (*policy.caps, *caps)})
    return Loaded(other, hash_of(other))


def chosen(folder: RunFolder) -> pl.DataFrame:
    """DECISIONS that the run makes of what sells."""
    going = pl.col("fate").is_in(["scheduled", "waiting"]) & (pl.col("class") == "marketing")
    return folder.read("decisions").filter(going)


def most_common_theme(workspace: Path, folder: Path) -> str:
    themes = chosen(decided_again(workspace, folder))["theme"].drop_nulls()
    return str(themes.value_counts(sort=True)["theme"][0])


def test_a_run_under_a_cap_of_nothing_of_a_theme_has_the_other_themes_left(
    company: Path, tmp_path: Path
) -> None:
    theme = most_common_theme(company, tmp_path / "before")
    nothing = cap("rest", *EVERY, "sms", at_most=0, themes=(theme,))
    after = decided_again(company, tmp_path / "after", nothing)

    marketing = chosen(after)
    ours = pl.col("theme").is_null() | (pl.col("theme") == theme)
    assert marketing.filter(ours).is_empty()
    assert not marketing.filter(pl.col("theme") != theme).is_empty()
    asked = after.read("candidates").filter(pl.col("channel").is_in(EVERY))
    closed = (pl.col("findings") & BIT["cap_reached"]) != 0
    assert asked.filter(ours & (pl.col("class") == "marketing") & ~closed).is_empty()


def test_two_choices_of_one_run_keep_an_agent_s_cap_and_other_agents_feel_nothing(
    company: Path, tmp_path: Path
) -> None:
    free = chosen(decided_again(company, tmp_path / "before"))
    one = cap("one_a_week", *EVERY, at_most=1, hours=168, per="account", agents=("email",))
    capped = chosen(decided_again(company, tmp_path / "after", one))

    def most(rows: pl.DataFrame, agent: str) -> int:
        theirs = rows.filter((pl.col("agent") == agent) & pl.col("account_id").is_not_null())
        return int(theirs["account_id"].value_counts()["count"].max() or 0)  # type: ignore[arg-type]

    assert most(free, "email") > 1
    assert most(capped, "email") == 1
    assert most(capped, "sales") > 1


def test_a_run_keeps_a_cap_of_the_day_where_each_contact_lives(
    company: Path, tmp_path: Path
) -> None:
    day = cap("date", *EVERY, at_most=1, hours=None, calendar="day")
    folder = decided_again(company, tmp_path / "after", day)
    zones = dict(folder.read("observations").select("contact_id", "timezone").iter_rows())
    ours = chosen(folder).filter(pl.col("channel").is_in(EVERY))
    seen = folder.read("touches_seen").filter(pl.col("channel").is_in(EVERY))

    def days(who: pl.Series, at: pl.Series) -> list[tuple[str, str]]:
        return [
            (one, f"{when.astimezone(ZoneInfo(zones[one])):%F}")
            for one, when in zip(who, at, strict=True)
            if zones.get(one)
        ]

    given = days(ours["contact_id"], ours["slot_at"])
    assert len(given) > 100
    assert len({*given}) == len(given)
    assert {*given}.isdisjoint(days(seen["contact_id"], seen["at"]))


def test_the_door_knows_the_theme_of_what_goes_out(company: Path, tmp_path: Path) -> None:
    theme = most_common_theme(company, tmp_path / "before")
    tower = open_house(company).tower
    rows = chosen(tower.folder(runs.every(tower.ledger)[0].run_id))
    nothing = cap("rest", *EVERY, at_most=0, themes=(theme,))
    strict = replace(tower, policies=Fixed(with_caps(tower, nothing)))

    found = findings_now(strict, rows.drop("theme"), contacts_at(tower, tower.clock.now()))

    reached = rows.filter((found & BIT["cap_reached"]) != 0)["theme"].unique().to_list()
    assert theme in reached
    assert {*reached} <= {theme, None}


def test_a_reservation_says_whose_touch_it_is_and_of_which_theme(company: Path) -> None:
    tower = open_house(company).tower
    decided = tower.folder(runs.every(tower.ledger)[0].run_id).read("decisions")

    both = reservations.touch_log(tower.ledger).join(decided, on="decision_id", suffix="_decided")
    assert not both.is_empty()
    assert both["agent"].to_list() == both["agent_decided"].to_list()
    assert both["theme"].to_list() == both["theme_decided"].to_list()
