"""Caps of some agents or themes: they limit and count these, and what nobody knows whose it is."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.compose import open_house
from domain.reasons import BIT, findings_of
from graph.facts import Sources, assemble, remaining
from graph.replaying import replay_run
from graph.reserving import reservations_of
from graph.themes import theme_findings
from policies.judging import judge
from policies.loading import Loaded, hash_of
from policies.named import of_cells
from policies.schema import Policy
from tests.app.worlds import copy_of, ran
from tests.graph_facts.company import cells_of, sources_of, touch
from tests.policies.worlds import NOON, cap, sample_policy
from tools.ledger import reservations, runs

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


def chosen(workspace: Path, folder: Path, *caps: Any) -> pl.DataFrame:
    """DECISIONS that went through, of the newest run decided again with these caps beside."""
    house = open_house(workspace)
    loaded = house.tower.loaded
    policy = loaded.policy.model_copy(update={"caps": (*loaded.policy.caps, *caps)})
    run_id = runs.every(house.tower.ledger)[0].run_id
    again = replay_run(house.tower, run_id, Loaded(policy, hash_of(policy)), folder)
    decisions = again.folder.read("decisions")
    return decisions.filter(pl.col("fate").is_in(["scheduled", "waiting"]))


def test_a_run_under_a_cap_of_nothing_of_a_theme_has_the_other_themes_left(
    company: Path, tmp_path: Path
) -> None:
    before = chosen(company, tmp_path / "before")
    theme = before["theme"].drop_nulls().value_counts(sort=True)["theme"][0]
    after = chosen(
        company, tmp_path / "after", cap("rest", *EVERY, "sms", at_most=0, themes=(theme,))
    )

    marketing = after.filter(pl.col("class") == "marketing")
    assert marketing.filter(pl.col("theme").is_null() | (pl.col("theme") == theme)).is_empty()
    assert marketing.filter(pl.col("theme") != theme).height > 0


def test_a_reservation_says_whose_touch_it_is_and_of_which_theme(
    company: Path, tmp_path: Path
) -> None:
    house = open_house(company)
    ours = reservations.touch_log(house.tower.ledger)
    run_id = runs.every(house.tower.ledger)[0].run_id
    decided = house.tower.folder(run_id).read("decisions")

    both = ours.join(decided, on="decision_id", suffix="_decided")
    assert not both.is_empty()
    assert both["agent"].equals(both["agent_decided"].alias("agent"), null_equal=True)
    assert both["theme"].equals(both["theme_decided"].alias("theme"), null_equal=True)
    assert reservations_of(decided)["agent"].null_count() < decided.height
