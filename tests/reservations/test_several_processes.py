"""Three processes reserve at once, on either engine: exact, and seen to be."""

import pytest

from evals.faults.reserving import (
    CONTACTS,
    PER_CONTACT,
    POOL,
    Engine,
    asks,
    judge,
    limits,
    reserve_at_once,
)
from tools.ledger import reservations
from tools.ledger.database import Ledger
from tools.ledger.reservations import hold, hold_within


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_three_processes_at_once_hold_exactly_what_fits(engine: Engine) -> None:
    found = reserve_at_once(engine, rounds=4)

    assert (found.exceeded, found.wrongly_refused) == (0, 0)
    assert found.held == 4 * min(POOL, CONTACTS * PER_CONTACT)


def test_reserving_without_counting_is_noticed(ledger: Ledger) -> None:
    with ledger.write() as session:
        for process in range(2):
            hold(session, asks(0, process).drop("unit"), "run")

    assert judge(ledger, "any", rounds=1, seconds=0.0).exceeded == 1


def test_refusing_what_fits_is_noticed(ledger: Ledger) -> None:
    with ledger.write() as session:
        hold_within(session, asks(0, 0), limits(0), "run")
        reservations.free(session, ["0-0-3"])

    assert judge(ledger, "any", rounds=1, seconds=0.0).wrongly_refused == 1
