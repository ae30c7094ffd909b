"""The judge of the real data: what is judged is never learned from."""

import numpy as np
import polars as pl

from evals.scoring import judge, leaking
from evals.scoring_data import by_number


def contacts(flipped: bool = False) -> pl.DataFrame:
    draws = np.random.default_rng(7)
    count = 3000
    told = draws.normal(size=count)
    answered = draws.random(count) < 1 / (1 + np.exp(1.0 - told))
    frame = pl.DataFrame(
        {
            "contact": np.arange(count, dtype=np.uint32),
            "contact_id": [f"R{i}" for i in range(count)],
            "attr_told": told,
            "attr_pages": told + draws.normal(size=count),
            "attr_color": draws.choice(["red", "blue"], count).tolist(),
            "answered": answered,
        }
    )
    held = pl.Series(by_number(frame))
    return frame.with_columns(answered=pl.col("answered") ^ held) if flipped else frame


def test_answers_of_judged_rows_change_nothing_of_what_is_said_of_them() -> None:
    frame = contacts()
    learned = ~by_number(frame)

    first, second = judge(frame, learned), judge(contacts(flipped=True), learned)

    assert np.array_equal(first.logits, second.logits)
    assert np.array_equal(first.reference, second.reference)


def test_a_row_that_was_learned_from_would_be_noticed() -> None:
    frame = contacts()
    everyone = np.ones(frame.height, dtype=np.bool_)

    first, second = judge(frame, everyone), judge(contacts(flipped=True), everyone)

    assert not np.array_equal(first.logits, second.logits)


def test_a_leaking_column_let_in_is_noticed() -> None:
    frame = contacts()
    told_after = pl.when("answered").then(pl.lit("paid")).otherwise(pl.lit("lost"))

    found = leaking(frame.with_columns(attr_x=told_after))

    assert leaking(frame) == ()
    assert [one.column for one in found] == ["attr_x"]
