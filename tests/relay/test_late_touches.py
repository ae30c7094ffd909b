"""Late touches: caps and spacing count from when a touch went, not from when it was to go."""

from collections.abc import Callable
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import cast

import polars as pl
import pytest

from app.compose import House
from app.measuring import verify_record
from domain.payload import payload_hashes
from domain.reasons import findings_of
from evals.faults.world import START
from graph.gate import contacts_at, findings_now
from tests.ledger_storage import worlds
from tests.policies.worlds import cap, spacing
from tests.relay.conftest import Post
from tests.reviews.worlds import with_policy
from tools.ledger import effects, reservations

Build = Callable[..., Post]
LATE = timedelta(hours=12)
ONE_A_DAY = {"caps": (cap("day", "email", at_most=1),), "quiet_hours": (), "spacing": ()}
A_DAY_APART = {"caps": (), "quiet_hours": (), "spacing": (spacing("apart", "call", "email", 24),)}


def mailed(at: Post, later: timedelta) -> None:
    """An e-mail to c00 that was to go at START, and goes so much later."""
    (key,) = at.intend("c00")
    rows = worlds.holds(key).with_columns(holder=pl.lit("c00"), at=pl.lit(START))
    with at.tower.ledger.write() as session:
        reservations.hold(session, rows, "r1")
    at.deliver(later)
    assert at.states() == {key: "accepted"}


def against(at: Post, channel: str, slot: datetime) -> tuple[str, ...]:
    """What stands against another touch of c00 then, as far as touches before it go."""
    change = {"channel": channel, "treatment": "spring_mail", "slot_at": slot}
    rows = worlds.intents("next", **change).with_columns(
        contact_id=pl.lit("c00"),
        decision_id="effect_id",
        treatment_id="treatment",
        **{"class": "action_class"},
    )
    bits = findings_now(at.tower, rows, contacts_at(at.tower, at.clock.now()))
    found = findings_of(bits.item())
    return tuple(one for one in found if one in ("cap_reached", "spacing"))


@pytest.mark.parametrize(
    ("limits", "channel", "reason"),
    [(ONE_A_DAY, "email", "cap_reached"), (A_DAY_APART, "call", "spacing")],
)
def test_what_went_late_is_counted_from_when_it_went(
    post: Build, limits: dict[str, object], channel: str, reason: str
) -> None:
    plain = post()
    at = Post(with_policy(plain.tower, **limits), plain.clock, plain.twin)
    mailed(at, LATE)

    a_day_after_its_slot = START + timedelta(hours=24)
    a_day_after_it_went = START + LATE + timedelta(hours=24)
    assert against(at, channel, a_day_after_its_slot) == (reason,)
    assert against(at, channel, a_day_after_it_went - timedelta(seconds=1)) == (reason,)
    assert against(at, channel, a_day_after_it_went) == ()


def test_what_went_soon_after_its_slot_is_counted_at_its_slot(post: Build) -> None:
    """Else every daily message would go a little later than the one before, and then not at all."""
    plain = post()
    at = Post(with_policy(plain.tower, **ONE_A_DAY), plain.clock, plain.twin)
    mailed(at, timedelta(minutes=5))

    assert against(at, "email", START + timedelta(hours=24)) == ()
    assert against(at, "email", START + timedelta(hours=23)) == ("cap_reached",)


@pytest.mark.parametrize("at_once", [1, 2])
def test_who_comes_back_after_a_night_does_not_send_two_in_one_breath(
    post: Build, at_once: int
) -> None:
    """Due 23 and 12 hours ago, so more than eight hours apart by their slots, but not by when
    they go; once the first went, the second one finds its cap used."""
    plain = post(batch=at_once)
    eight = (cap("eight", "email", at_most=1, hours=8),)
    at = Post(with_policy(plain.tower, **ONE_A_DAY | {"caps": eight}), plain.clock, plain.twin)
    first, second = (intended(at, key, START + timedelta(hours=h)) for key, h in DUE.items())

    at.deliver(timedelta(hours=24))
    at.deliver(timedelta(minutes=1))

    assert [call for calls in at.twin.calls for call in calls] == [first]
    assert at.row(second)["reason"] == "cap_reached"


DUE = {"effect-1": 1, "effect-2": 12}


def intended(at: Post, key: str, slot: datetime, contact: str = "c00") -> str:
    """An e-mail to the contact with its reservation."""
    slots = {"slot_at": slot, "local_day": slot.date().isoformat() + key}
    rows = worlds.intents(key, treatment="spring_mail", **slots)
    rows = rows.with_columns(contact_id=pl.lit(contact))
    rows = rows.with_columns(payload_hash=payload_hashes(rows))
    held = worlds.holds(key).with_columns(holder=pl.lit(contact), at=pl.lit(slot))
    with at.tower.ledger.write() as session:
        effects.insert_intents(session, rows, START)
        reservations.hold(session, held, "r1")
    return key


def test_the_record_is_checked_by_when_late_touches_went(post: Build) -> None:
    """Delivered while no cap stood: the check finds what broke the cap that stands now, by when
    each went, and not by slots that lay further apart."""
    plain = post()
    free = Post(with_policy(plain.tower, **ONE_A_DAY | {"caps": ()}), plain.clock, plain.twin)
    for key, hours, later in (("effect-1", 1, 13), ("effect-2", 26, 14)):
        intended(free, key, START + timedelta(hours=hours))
        free.deliver(timedelta(hours=later))

    found = verify_record(cast(House, SimpleNamespace(tower=with_policy(plain.tower, **ONE_A_DAY))))

    told = {one["check"]: one for one in found["checks"]}
    assert told["No contact was touched beyond a cap"]["detail"] == "c00 exceeds day"
