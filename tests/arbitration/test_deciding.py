"""One contact at a time gets what whole tables give it at the same prices."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.deciding_bench import bench_deciding
from domain.errors import DataError
from graph.arbitration.deciding import Decider
from graph.arbitration.problem import CapLimit, ResourceLimit
from graph.arbitration.solving import respond, solve
from tests.arbitration.worlds import candidate, problem_of

ROWS = [candidate(1, 7, 9.0), candidate(2, 7, 5.0), candidate(3, 8, 4.0)]
CAP = (CapLimit(name="one a week", per="contact", at_most=1),)


def test_a_contact_gets_its_best_set_with_the_margin_to_the_next() -> None:
    found = Decider(problem_of(ROWS, caps=CAP), {}).decide(7)
    assert found.chosen == (1,)
    assert found.runner_up == (2,)
    assert found.worth == pytest.approx(9.0)
    assert found.margin == pytest.approx(4.0)


def test_a_price_changes_what_a_contact_gets() -> None:
    problem = problem_of(
        ROWS, [(1, "calls", 1.0)], caps=CAP, resources=(ResourceLimit(name="calls", at_most=1.0),)
    )
    found = Decider(problem, {"calls": 6.0}).decide(7)
    assert found.chosen == (2,)
    assert found.worth == pytest.approx(5.0)


def test_a_contact_without_candidates_is_named() -> None:
    with pytest.raises(DataError, match="Contact 99 has no candidates here"):
        Decider(problem_of(ROWS), {}).decide(99)


def test_an_accounts_price_is_charged_per_touch() -> None:
    rows = [candidate(1, 7, 9.0, account=3), candidate(2, 8, 5.0, account=3)]
    caps = (CapLimit(name="account", per="account", at_most=1),)
    decider = Decider(problem_of(rows, caps=caps), {"account:3": 6.0})
    assert decider.decide(7).chosen == (1,)
    assert decider.decide(7).worth == pytest.approx(3.0)
    assert decider.decide(8).chosen == ()


@settings(max_examples=40)
@given(st.integers(0, 10_000), st.floats(0.0, 20.0))
def test_one_at_a_time_equals_whole_tables_at_any_prices(seed: int, price: float) -> None:
    draw = np.random.default_rng(seed)
    rows = [
        candidate(n, int(draw.integers(0, 6)), float(draw.normal(5, 6)), offer=f"o{n % 3}")
        for n in range(25)
    ]
    problem = problem_of(
        rows,
        [(n, "calls", float(draw.integers(1, 3))) for n in range(25)],
        caps=(CapLimit(name="few", per="contact", at_most=int(draw.integers(1, 4))),),
        exclusions=(("offer", "o0", "offer", "o1"),),
        fatigue=(1.0, 0.7),
        resources=(ResourceLimit(name="calls", at_most=9.0),),
    )
    whole = respond(problem, {"calls": price})
    decider = Decider(problem, {"calls": price})
    contacts = problem.candidates.get_column("contact").unique().to_list()
    chosen = {number for contact in contacts for number in decider.decide(contact).chosen}
    expected = problem.candidates.filter(whole.chosen).get_column("candidate").to_list()
    assert chosen == set(expected)
    worth = sum(decider.decide(contact).worth for contact in contacts)
    charges = price * float(_used(problem, chosen))
    assert worth == pytest.approx(whole.value - charges, abs=1e-6)


def _used(problem: object, chosen: set[int]) -> float:
    uses = problem.uses  # type: ignore[attr-defined]
    return sum(row["amount"] for row in uses.to_dicts() if row["candidate"] in chosen)


def test_the_bench_decides_as_whole_tables_do_at_a_solved_runs_prices() -> None:
    found = bench_deciding(500, 10, 1)
    assert found["decided_otherwise_than_whole_tables"] == 0
    assert found["contacts"] == 500


def test_deciding_changes_nothing() -> None:
    problem = problem_of(ROWS, caps=CAP)
    before = solve(problem)
    decider = Decider(problem, before.prices)
    assert decider.decide(7) == decider.decide(7)
    assert (solve(problem).chosen == before.chosen).all()
