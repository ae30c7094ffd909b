"""What went before stops the door, or opens it: separations and prerequisites, judged anew."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import polars as pl
import pytest

from domain.payload import payload_hashes
from evals.faults.world import START
from graph.in_force import InForce
from graph.orders import given_at
from tests.feedback.conftest import Desk
from tests.ledger_storage import worlds
from tests.policies.test_orders import prerequisite, separation
from tests.relay.conftest import KEYED
from tests.relay.twin import does_the_first
from tools.ledger import effects, reservations

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
Ruled = Callable[..., Desk]
LAUNCH_AND_SPRING = {
    "first_themes": (),
    "first_treatments": ("launch_mail",),
    "other_treatments": ("spring_mail",),
}


@pytest.fixture
def ruled(desk: Callable[..., Desk], monkeypatch: pytest.MonkeyPatch) -> Ruled:
    """A desk under a policy without caps, with these rules."""

    def build(**rules: Any) -> Desk:
        at = desk()
        loaded = at.house.tower.loaded
        policy = loaded.policy.model_copy(update={"caps": (), **rules})
        monkeypatch.setattr(InForce, "now", lambda _: replace(loaded, policy=policy))
        return at

    return build


def intend(at: Desk, key: str, campaign: str, later: timedelta = timedelta()) -> None:
    """A mail of the campaign to c05, so much later."""
    change = {
        "contact_id": "c05",
        "campaign_id": campaign,
        "treatment": f"{campaign}_mail",
        "slot_at": START + later,
        "local_day": (START + later).date().isoformat(),
    }
    rows = worlds.intents(key, **change)
    rows = rows.with_columns(payload_hash=payload_hashes(rows))
    with at.house.tower.ledger.write() as session:
        effects.insert_intents(session, rows, at.post.clock.at)


def became(at: Desk, key: str) -> str:
    row = at.post.row(key)
    return row["state"] if row["state"] == "accepted" else str(row["reason"])


def test_without_rules_both_go(ruled: Ruled) -> None:
    at = ruled()
    intend(at, "a", "launch")
    intend(at, "b", "spring")

    at.deliver()

    assert (became(at, "a"), became(at, "b")) == ("accepted", "accepted")


def test_of_two_that_are_due_together_the_second_is_stopped(ruled: Ruled) -> None:
    at = ruled(separations=(separation(**LAUNCH_AND_SPRING),))
    intend(at, "a", "launch")
    intend(at, "b", "spring")

    at.deliver()

    assert (became(at, "a"), became(at, "b")) == ("accepted", "kept_apart")


def test_what_went_keeps_the_other_away_for_its_days_and_no_longer(ruled: Ruled) -> None:
    at = ruled(separations=(separation(**LAUNCH_AND_SPRING),))
    intend(at, "a", "launch")
    intend(at, "b", "spring", DAY)
    intend(at, "c", "spring", 5 * DAY)

    for _ in range(5):
        at.deliver(DAY)

    assert became(at, "a") == "accepted"
    assert became(at, "b") == "kept_apart"
    assert became(at, "c") == "accepted"


def test_without_either_order_what_goes_first_harms_nothing(ruled: Ruled) -> None:
    at = ruled(separations=(separation(**LAUNCH_AND_SPRING, either_order=False),))
    intend(at, "a", "spring")
    intend(at, "b", "launch", HOUR)

    at.deliver()
    at.deliver(HOUR)

    assert (became(at, "a"), became(at, "b")) == ("accepted", "accepted")


def test_what_overtook_an_effect_that_was_judged_ahead_keeps_it_away(ruled: Ruled) -> None:
    """Spring may go before launch, not after it; put off, it was found clear before launch
    went."""
    at = ruled(separations=(separation(**LAUNCH_AND_SPRING, either_order=False),))
    at.post.twin.terms = KEYED.model_copy(update={"batch": 1})
    at.post.twin.modes = [does_the_first(0)]
    intend(at, "a", "spring")
    intend(at, "b", "launch", timedelta(minutes=1))

    at.deliver(HOUR)
    at.deliver(timedelta(seconds=31))

    assert at.post.twin.calls == [["a"], ["b"]]
    assert (became(at, "a"), became(at, "b")) == ("kept_apart", "accepted")


def sends(at: Desk, contact: str) -> str:
    (key,) = at.post.intend(contact)
    at.deliver()
    return became(at, key)


def test_what_another_tool_sent_counts_on_both_sides(ruled: Ruled) -> None:
    """c00 was called by another tool 40 days ago, and nobody else was."""
    called = {"first_themes": (), "first_treatments": ("call_deal",)}
    apart = separation(**called, other_treatments=("spring_mail",), days=60)
    taught = prerequisite(**called, then_treatments=("spring_mail",), within_days=60)

    assert sends(ruled(separations=(apart,)), "c00") == "kept_apart"
    assert sends(ruled(separations=(apart,)), "c01") == "accepted"
    assert sends(ruled(prerequisites=(taught,)), "c02") == "first_missing"


def test_who_got_the_first_gets_the_second(ruled: Ruled) -> None:
    called = {"first_themes": (), "first_treatments": ("call_deal",)}
    taught = prerequisite(**called, then_treatments=("spring_mail",), within_days=60)

    assert sends(ruled(prerequisites=(taught,)), "c00") == "accepted"


def test_a_first_of_ours_counts_once_it_went(ruled: Ruled) -> None:
    rule = prerequisite(first_treatments=("launch_mail",), then_treatments=("spring_mail",))
    at = ruled(prerequisites=(rule,))
    intend(at, "a", "launch")
    intend(at, "b", "spring")
    intend(at, "c", "spring", 2 * DAY)

    at.deliver()
    at.deliver(2 * DAY)

    assert became(at, "a") == "accepted"
    assert became(at, "b") == "first_missing"
    assert became(at, "c") == "accepted"


def test_what_waits_for_a_person_counts_for_the_next_run_and_not_at_the_door(ruled: Ruled) -> None:
    at = ruled(separations=(separation(**LAUNCH_AND_SPRING),))
    row = worlds.holds("w").with_columns(
        resource=pl.lit("treatment:launch_mail"), holder=pl.lit("c05")
    )
    with at.house.tower.ledger.write() as session:
        reservations.hold(session, row, "r0")
    tower = at.house.tower

    run = given_at(tower, START).filter(pl.col("contact_id") == "c05")
    door = given_at(tower, START, ["c05"], door=True)

    assert run.select("decision_id", "treatment_id", "state").rows() == [
        ("w", "launch_mail", "waiting")
    ]
    assert door.is_empty()
