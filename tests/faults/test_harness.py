"""The fault harness, a sample of it: nothing is violated, what is missing is noticed, and every
point in the code is known."""

from typing import Any

import pytest

from evals.faults import points
from tests.faults.fresh import said

PLANTED = ("no_audit", "sent_frees")


@pytest.fixture(scope="module")
def sample() -> Any:
    """Four seeded runs, and two planted bugs: what the harness says of them."""
    runs = ("--engine", "sqlite", "--runs", "4", "--jobs", "2", "--json")
    return said("evals.faults", *runs, "--bugs", *PLANTED)


def test_a_sample_of_seeded_fault_runs_violates_nothing(sample: Any) -> None:
    assert sample["runs"] >= 4
    assert sample["violations"] == []


def test_an_audit_line_that_is_missing_and_what_was_sent_and_freed_are_noticed(sample: Any) -> None:
    noticed = {one["bug"]: one["invariant"] for one in sample["bugs"]}

    assert noticed == {"no_audit": "I6", "sent_frees": "I4"}


def test_every_name_of_a_fault_point_is_found_by_reading_the_code() -> None:
    found = points.names()

    assert {"relay.claimed", "relay.sent", "run.committing", "ledger.committed"} <= set(found)
    assert all("." in name for name in found)
