"""Replays: the odds of what accounts and the repair make of the draws, by doing it again."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
import pytest

from graph.arbitration.draws import draws_of, seeds_of
from graph.arbitration.files import write_plan
from graph.arbitration.plan import Plan
from graph.arbitration.problem import CapLimit, Exploration, Problem, ResourceLimit
from graph.arbitration.replaying import propensities, replayed
from graph.arbitration.solving import drafted, solve
from tests.arbitration.worlds import candidate, problem_of

CONTACTS, REPLAYS, SEEDS = 30, 1_500, 2_000


def crowd(by_account: bool, replays: int = REPLAYS, seed: int = 4) -> Problem:
    """Thirty people with three e-mails each, two of them at most, and money for half of them."""
    random = np.random.default_rng(5)
    rows = [
        candidate(3 * i + j, i, random.integers(5, 40), treatment=f"email_{j}", account=i // 3)
        for i in range(CONTACTS)
        for j in range(3)
    ]
    caps = [CapLimit(name="touches", per="contact", at_most=2)]
    if by_account:
        caps.append(CapLimit(name="account_week", per="account", at_most=3))
    return problem_of(
        rows,
        [(row["candidate"], "money", float(random.integers(1, 6))) for row in rows],
        caps=tuple(caps),
        fatigue=(1.0, 0.7),
        resources=(ResourceLimit(name="money", at_most=60.0),),
        exploration=Exploration(share=0.3, temperature=8.0, seed=seed, replays=replays),
    )


def frequencies(plan: Plan) -> npt.NDArray[np.float64]:
    """How often each contact ends with the set it has in the plan, over seeds of our own."""
    found, rule = plan.solution, plan.problem.limits.exploration
    assert rule is not None
    assert found.dual is not None
    hits = np.zeros(CONTACTS)
    for seed in range(50_000, 50_000 + SEEDS):
        other = rule.model_copy(update={"seed": seed})
        draft, _ = drafted(found.draft.field, other, found.dual)
        hits += draft.masks[0] == found.draft.masks[0]
    return hits / SEEDS


def off_by(odds: npt.NDArray[np.float64], seen: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """In standard errors of the two frequencies' difference."""
    spread = np.maximum(seen * (1 - seen), 1 / SEEDS) * (1 / SEEDS + 1 / REPLAYS)
    return np.asarray((odds - seen) / np.sqrt(spread))


@pytest.mark.parametrize("by_account", [False, True])
def test_estimated_odds_are_those_with_which_it_happens(
    by_account: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("graph.arbitration.polishing.is_small", lambda draft: False)
    monkeypatch.setattr("graph.arbitration.polishing.FEW_ENOUGH", 0)
    plan = solve(crowd(by_account))
    found, rule = plan.solution, plan.problem.limits.exploration
    seen = frequencies(plan)

    odds, simulated = propensities(rule, found.draft, found.best, found.drawn, found.replays)
    none = replayed(None, found.draft.masks, lambda _: (found.draft, found.drawn))
    formula, _ = propensities(rule, found.draft, found.best, found.drawn, none)

    assert simulated.sum() > 15
    assert not np.isnan(odds).any()
    assert np.abs(off_by(odds, seen)).max() < 4
    assert (off_by(odds, seen) ** 2).sum() < 60  # the 99.9th percentile of chi-square for 30
    # the neighbour: what the draws alone would say is far off, so there was something to estimate
    assert np.nanmax(np.abs(off_by(formula, seen))) > 10


def test_without_replays_the_odds_of_a_moved_set_are_unknown_and_nothing_is_simulated() -> None:
    plan = solve(crowd(by_account=True, replays=0))

    moved = plan.solution.draft.masks[0] != plan.solution.drawn.own[0]
    assert moved.any()
    of_moved = plan.part.unpack(moved[plan.part.owner])
    assert np.isnan(plan.propensity[of_moved]).all()
    assert not np.isnan(plan.propensity[~of_moved & plan.chosen]).any()
    assert not plan.simulated.any()


def test_a_set_that_no_replay_gave_again_has_unknown_odds() -> None:
    again = solve(crowd(by_account=True, replays=1))

    tally = again.solution.replays[0]
    moved = again.solution.draft.masks[0] != again.solution.drawn.own[0]
    never = moved & (tally.hits_choosing + tally.hits_drawing == 0)
    rows = again.part.unpack(never[again.part.owner]) & again.chosen
    assert rows.any()
    assert np.isnan(again.propensity[rows]).all()
    assert again.simulated[rows].all()


def test_replays_change_no_choice_and_no_price() -> None:
    without, with_some = solve(crowd(True, replays=0)), solve(crowd(True, replays=20))

    assert (without.chosen == with_some.chosen).all()
    assert without.prices == with_some.prices
    assert without.bound == with_some.bound


def test_prices_do_not_depend_on_the_seed_and_the_choice_does() -> None:
    one, other = solve(crowd(True, replays=0, seed=1)), solve(crowd(True, replays=0, seed=2))

    assert one.prices == other.prices
    assert (one.chosen != other.chosen).any()


def test_the_answer_says_which_odds_were_simulated(tmp_path: Path) -> None:
    problem = crowd(by_account=True, replays=40)
    plan = solve(problem)

    write_plan(problem, plan, tmp_path)

    answer = pl.read_parquet(tmp_path / "chosen.parquet")
    assert answer.columns == ["candidate", "propensity", "simulated"]
    assert answer.get_column("simulated").to_list() == plan.simulated[plan.chosen].tolist()
    assert answer.get_column("simulated").any()


def test_one_seed_stands_for_many_that_differ() -> None:
    seeds = seeds_of(7, 10_000)

    assert len(set(seeds)) == 10_000
    assert seeds[:10] == seeds_of(7, 10)
    assert not set(seeds) & set(seeds_of(8, 10_000))
    first = np.array([draws_of(np.arange(1), seed, 1)[0] for seed in seeds])
    assert abs(np.corrcoef(first[1:], first[:-1])[0, 1]) < 0.03
