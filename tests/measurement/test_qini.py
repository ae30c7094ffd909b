"""The Qini area: what ranking by effect brings over ranking by chance."""

import numpy as np
import pytest

from tools.measurement.qini import rank

COUNT = 40_000


def experiment() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A known effect per row, who was treated, who answered."""
    draws = np.random.default_rng(8)
    effect = draws.uniform(0.0, 0.2, COUNT)
    treated = draws.random(COUNT) < 0.5
    return effect, treated, draws.random(COUNT) < 0.1 + treated * effect


def test_ranking_by_the_true_effect_reaches_the_area_it_must() -> None:
    effect, treated, answered = experiment()

    found = rank(effect, treated, answered).qini()

    assert found == pytest.approx(0.2 / 12, abs=0.004)  # the integral of 0.2 (k - k^2 / 2) - k / 10


def test_ranking_the_wrong_way_round_loses_what_the_right_way_gains() -> None:
    effect, treated, answered = experiment()

    assert rank(-effect, treated, answered).qini() < -0.01


def test_ranking_by_chance_gains_nothing() -> None:
    _, treated, answered = experiment()
    chance = np.random.default_rng(3).random(COUNT)

    assert rank(chance, treated, answered).qini() == pytest.approx(0.0, abs=0.005)


def test_a_row_that_counts_twice_is_a_row_that_stands_there_twice() -> None:
    effect, treated, answered = (one[:500] for one in experiment())
    weight = np.random.default_rng(4).integers(0, 3, 500)

    twice = np.repeat(np.arange(500), weight)
    said = rank(effect, treated, answered).qini(weight.astype(float))
    stood = rank(effect[twice], treated[twice], answered[twice]).qini()

    assert said == pytest.approx(stood, abs=2e-3)
