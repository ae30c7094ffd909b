"""Intervals against truths that are known: a few made-up worlds of each kind, fitted afresh."""

from collections.abc import Callable

import numpy as np
import pytest

from evals.effect_worlds import FEW_ROWS, held_in
from evals.truths import content_world, deal_world, fatigue_world

WORLDS = 8


@pytest.mark.parametrize("world", [content_world, fatigue_world, deal_world])
def test_ninety_per_cent_intervals_hold_about_nine_truths_of_ten(
    world: Callable[[int], dict[str, float]],
) -> None:
    held = [world(seed) for seed in range(WORLDS)]

    for kind in held[0]:
        share = float(np.mean([one[kind] for one in held]))
        assert 0.75 < share < 0.995, kind


def test_of_few_rows_too_they_hold_most_contacts_own_effects() -> None:
    shares = [held_in("nonlinear", FEW_ROWS, seed).contacts for seed in range(WORLDS)]

    assert 0.75 < float(np.mean(shares)) < 0.995
