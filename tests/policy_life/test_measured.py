"""The measurement of an edit: the record says that nothing went out under what held before."""

from pathlib import Path

from evals.policy_edit import measure


def test_nothing_is_taken_in_hand_under_the_old_policy_after_the_edit(tmp_path: Path) -> None:
    found = measure(1_000, tmp_path / "workspace")

    assert found.queued >= 1_000
    assert found.late == 0
    assert found.handed_over_before > 0
