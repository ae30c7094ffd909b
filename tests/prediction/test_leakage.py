"""Columns known only after the outcome come out by what they tell; honest causes stay."""

import numpy as np
import polars as pl
import pytest

from tools.prediction.features import encode
from tools.prediction.leakage import Suspect, suspects
from tools.prediction.training import FOLDS

COUNT = 4000


class World:
    """Contacts with an honest cause `attr_visits` and `attr_city`, which tells nothing."""

    def __init__(self, seed: int = 3) -> None:
        self.draws = np.random.default_rng(seed)
        visits = self.draws.normal(size=COUNT)
        self.answered = self.draws.random(COUNT) < 1 / (1 + np.exp(1.0 - 1.2 * visits))
        self.frame = pl.DataFrame(
            {
                "contact_id": [f"c{i}" for i in range(COUNT)],
                "evaluation": False,
                "attr_visits": visits,
                "attr_pages": visits + self.draws.normal(size=COUNT),
                "attr_city": self.draws.choice(["Pune", "Delhi", "Goa"], COUNT).tolist(),
            }
        )
        self.folds = self.draws.integers(0, FOLDS, COUNT).astype(np.int8)

    def found(self, **columns: list[object]) -> tuple[Suspect, ...]:
        frame = self.frame.with_columns(pl.Series(name, values) for name, values in columns.items())
        return suspects(encode(frame), self.answered, self.folds)


def test_an_honest_strong_cause_is_not_suspected() -> None:
    assert World().found() == ()


def test_a_note_whose_values_settle_the_outcome_is_named_whatever_it_is_called() -> None:
    world = World()
    noted = world.draws.random(COUNT) < 0.5
    note = np.where(noted, np.where(world.answered, "will pay", "wrong number"), "open")

    (found,) = world.found(attr_x17=note.tolist())

    assert (found.column, found.proof) == ("attr_x17", "settles")
    assert "settle the outcome" in found.words


def test_what_is_filled_in_for_one_outcome_alone_is_named_by_its_absence() -> None:
    world = World()
    kept = world.answered & (world.draws.random(COUNT) < 0.3)
    noise = world.draws.normal(size=COUNT)
    column = [float(d) if k else None for d, k in zip(noise, kept, strict=True)]

    (found,) = world.found(attr_x18=column)

    assert (found.column, found.proof) == ("attr_x18", "recorded_after")


def test_a_number_that_alone_outranks_all_others_together_is_named() -> None:
    world = World()
    duration = np.exp(world.draws.normal(size=COUNT) + 1.3 * world.answered)

    (found,) = world.found(attr_x19=duration.tolist())

    assert (found.column, found.proof) == ("attr_x19", "outranks")


def test_a_telling_name_is_proof_only_where_the_column_tells_of_the_outcome() -> None:
    world = World()
    told = world.draws.random(COUNT) < np.where(world.answered, 0.6, 0.45)

    idle = world.found(attr_last_color=world.draws.choice(["red", "blue"], COUNT).tolist())
    (found,) = world.found(attr_last_step=np.where(told, "sms", "mail").tolist())

    assert idle == ()
    assert (found.column, found.proof) == ("attr_last_step", "named")


@pytest.mark.parametrize("seed", range(5))
def test_with_outcomes_drawn_by_chance_nothing_is_suspected(seed: int) -> None:
    world = World()
    world.answered = np.random.default_rng(seed).permutation(world.answered)

    assert world.found(attr_score=world.draws.normal(size=COUNT).tolist()) == ()
