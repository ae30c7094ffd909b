"""What the measure of scale measures: whole predictions, by the code that a run uses."""

from evals.prediction_scale import PARTS, scale
from evals.prediction_worlds import big_world
from tools.prediction import predicting


def test_a_small_world_is_predicted_for_each_contact_and_treatment_and_measured() -> None:
    told = scale(400, 4_000, seed=3)

    assert told["predictions"] == 400 * told["treatments"]
    assert told["treatments"] == 10
    assert told["seconds"] > 0.0
    assert set(told["seconds_by_part"]) == {name for name, _, _ in PARTS}
    assert 0.0 < told["single_ms_median"] <= told["single_ms_p99"]
    assert told["peak_mb"] >= told["mb_before"]


def test_what_is_timed_is_put_back() -> None:
    before = predicting.learn_encoding
    scale(200, 800, seed=3)
    assert predicting.learn_encoding is before


def test_the_same_seed_makes_the_same_world() -> None:
    one, other = big_world(300, 3_000, 5), big_world(300, 3_000, 5)
    assert one.observations.equals(other.observations)
    assert one.touches.equals(other.touches)
    assert one.outcomes.equals(other.outcomes)
