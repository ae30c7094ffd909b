"""The fault harness, a sample of it: nothing is violated, and every point in the code is known."""

from evals.faults import points
from tests.faults.fresh import said


def test_a_sample_of_seeded_fault_runs_violates_nothing() -> None:
    found = said("evals.faults", "--engine", "sqlite", "--runs", "4", "--jobs", "2", "--json")

    assert found["runs"] == 4
    assert found["violations"] == []


def test_every_name_of_a_fault_point_is_found_by_reading_the_code() -> None:
    found = points.names()

    assert {"relay.claimed", "relay.sent", "run.committing", "ledger.committed"} <= set(found)
    assert all("." in name for name in found)
