"""F24 and F25 from three processes: every race has one winner, and the losers know who."""

from dataclasses import replace

import pytest

from evals.faults.races import Answer, Engine, ask, judge, packet_of, races_on
from tests.reviews.worlds import say
from tools.ledger.database import Ledger


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_F25_of_three_processes_at_once_one_wins_and_the_losers_know_who(engine: Engine) -> None:
    found = races_on(engine, races=20)

    assert found.deviations == ()
    assert (found.one_winner, found.losers_told) == (20, 40)
    assert min(found.won.values()) > 0


def test_a_loser_who_is_told_nobody_or_somebody_else_is_noticed(ledger: Ledger) -> None:
    ask(ledger, races=1)
    say(ledger, packet_of(0), "rita")
    lost = Answer(0, "ravi", "reject", "already_decided", "approved", ("rita",))
    told = [
        Answer(0, "rita", "approve", "decided", "approved", ()),
        lost,
        replace(lost, person="rosa"),
    ]

    assert judge(ledger, "any", 1, told, 0.0).deviations == ()
    for wrong in (
        replace(lost, by=()),
        replace(lost, by=("rosa",)),
        replace(lost, state="rejected"),
        replace(lost, kind="decided", by=()),
    ):
        assert len(judge(ledger, "any", 1, [told[0], wrong, told[2]], 0.0).deviations) == 1
