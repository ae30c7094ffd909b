"""The short cut for pairs finds what listing every set finds."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.arbitration.compiled import Masks
from graph.arbitration.pairs import is_plain
from graph.arbitration.problem import CapLimit, ResourceLimit
from graph.arbitration.sets import list_sets, scratch, worth_of
from graph.arbitration.solving import field_of
from graph.arbitration.ties import ties_of
from tests.arbitration.worlds import candidate, problem_of


@settings(max_examples=150)
@given(st.integers(0, 100_000), st.sampled_from([1.0, 0.8, 0.3]), st.integers(1, 2))
def test_best_and_runner_up_are_the_two_best_of_all_sets(
    seed: int, tired: float, most: int
) -> None:
    draw = np.random.default_rng(seed)
    count = int(draw.integers(1, 9))
    rows = [candidate(n, 1, float(draw.normal(2, 5)), offer=f"o{n % 3}") for n in range(count)]
    problem = problem_of(
        rows,
        [(n, "calls", float(draw.integers(1, 4))) for n in range(count)],
        caps=(CapLimit(name="few", per="contact", at_most=most),),
        exclusions=(("offer", "o0", "offer", "o1"),),
        fatigue=(1.0, tired),
        resources=(ResourceLimit(name="calls", at_most=2.0),),
    )
    whole = field_of(problem)
    part = whole.parts[0]
    rates = whole.rates(np.array([float(draw.uniform(0, 3))]))
    found = ties_of(part, rates, np.zeros((1, 0)), None)
    masks, gained = np.zeros(300, dtype=np.uint64), np.zeros(300)
    sets = list_sets(part.table, 0, masks, gained, scratch())
    net = [gained[n] - _charge(part.table.value, rates, part, masks[n]) for n in range(sets)]
    ranked = sorted(net, reverse=True)
    assert is_plain(part.table)
    assert found.regret[0] == pytest.approx(
        ranked[0] - ranked[1] if len(ranked) > 1 else np.inf, abs=1e-9
    )
    best = net[masks[:sets].tolist().index(found.best.tolist()[0])]
    assert best == pytest.approx(ranked[0], abs=1e-9)
    assert worth_of(part.table, 0, found.best[0]) >= best


def _charge(_value: object, rates: np.ndarray, part: object, mask: np.uint64) -> float:
    table = part.table  # type: ignore[attr-defined]
    bits: Masks = np.array([mask], dtype=np.uint64)
    return float(
        sum(
            rates[table.use_group[u]] * table.use_amount[u]
            for u in range(len(table.use_of))
            if (int(bits[0]) >> int(table.use_of[u])) & 1
        )
    )
