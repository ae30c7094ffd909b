"""`verify` counts what a person got, whichever of its contacts got it."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import cast

import polars as pl
import pytest

from app.caps_kept import beyond_caps
from app.compose import House
from app.measuring import verify_record
from evals.faults.world import START
from tests.identity.merging import HOUR, merge, split
from tests.policies.worlds import cap
from tests.relay.conftest import Post
from tests.relay.test_late_touches import ONE_A_DAY, intended
from tests.reviews.worlds import with_policy
from tools.ledger.exporting import effects

Build = Callable[..., Post]
CHECK = "No contact was touched beyond a cap"


@pytest.fixture
def free(post: Build) -> Post:
    """A relay that holds to no cap."""
    plain = post()
    return Post(with_policy(plain.tower, **ONE_A_DAY | {"caps": ()}), plain.clock, plain.twin)


def delivered(at: Post) -> None:
    """One e-mail each to c00 and c03, an hour apart."""
    for key, contact, hours in (("effect-1", "c00", 1), ("effect-2", "c03", 2)):
        intended(at, key, START + hours * HOUR, contact)
        at.deliver(later=hours * HOUR)
    assert set(at.states().values()) == {"accepted"}


def told(at: Post, calendar: bool = False) -> str:
    """What verify says of caps under a policy of one a day."""
    limit = cap("day", "email", at_most=1, calendar="day") if calendar else ONE_A_DAY["caps"][0]
    house = SimpleNamespace(tower=with_policy(at.tower, caps=(limit,)))
    (found,) = (one for one in verify_record(cast(House, house))["checks"] if one["check"] == CHECK)
    return str(found["detail"])


@pytest.mark.parametrize("calendar", [False, True])
def test_two_contacts_of_a_person_beyond_its_cap_are_found(free: Post, calendar: bool) -> None:
    merge(free.tower, "c00", "c03")
    delivered(free)

    assert told(free, calendar) == "c00 exceeds day"


@pytest.mark.parametrize("of_class", ["marketing", "transactional"])
def test_what_does_not_sell_is_beyond_no_cap(free: Post, of_class: str) -> None:
    merge(free.tower, "c00", "c03")
    delivered(free)
    tower = with_policy(free.tower, caps=ONE_A_DAY["caps"])
    accepted = effects(tower.ledger).with_columns(pl.lit(of_class).alias("class"))

    found = beyond_caps(tower, accepted)

    assert found == (["c00 exceeds day"] if of_class == "marketing" else [])


def test_two_contacts_who_are_two_people_are_not(free: Post) -> None:
    delivered(free)

    assert "exceeds" not in told(free)


def test_what_went_before_the_merge_broke_nothing(free: Post) -> None:
    delivered(free)
    free.clock.at += HOUR
    merge(free.tower, "c00", "c03")

    assert "exceeds" not in told(free)


def test_what_goes_after_the_merge_is_counted_with_what_went_before(free: Post) -> None:
    intended(free, "effect-1", START + HOUR, "c00")
    free.deliver(later=HOUR)
    merge(free.tower, "c00", "c03")
    intended(free, "effect-2", START + 2 * HOUR, "c03")
    free.deliver(later=HOUR)

    assert told(free) == "c00 exceeds day"


def test_a_merge_that_was_taken_back_counts_no_more(free: Post) -> None:
    merge(free.tower, "c00", "c03")
    delivered(free)
    split(free.tower, "c03")

    assert "exceeds" not in told(free)
