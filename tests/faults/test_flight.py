"""A relay killed in flight, small: each effect happens once, or is parked where nobody can know."""

from tests.faults.fresh import said


def test_each_effect_of_a_crowd_happens_once_though_the_relay_is_killed() -> None:
    found = said(
        "evals.faults.measured",
        "flight",
        "--engine",
        "sqlite",
        "--people",
        "900",
        "--provider",
        "lookup",
        "--kills",
        "2",
        "--json",
    )[0]

    assert found["kills"] == 2
    assert found["acts"] == {"1": 900}
    assert (found["lost"], found["unlike"], found["parked"]) == (0, 0, 0)
