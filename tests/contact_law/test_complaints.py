"""What providers tell of people who complain, and of mailboxes that are no more."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.feedback.conftest import Desk, event
from tools.ledger import consents


def suppressed(at: Desk) -> list[str]:
    return consents.suppressed(at.house.tower.ledger).get_column("contact_id").to_list()


def test_who_complains_is_suppressed_whether_or_not_the_message_is_known(
    desk: Callable[..., Desk],
) -> None:
    at = desk()
    waiting, _ = at.post.intend("c00", "c01")

    at.tell(event("complained", None, "one", contact_id="c00", channel="email"))
    at.deliver()

    assert suppressed(at) == ["c00"]
    assert at.post.row(waiting)["reason"] == "erased_or_suppressed"
    assert at.is_sound()


def test_who_was_erased_and_complains_stays_erased(desk: Callable[..., Desk]) -> None:
    at = desk()
    ledger = at.house.tower.ledger
    with ledger.write() as session:
        consents.suppress(session, "c00", at.post.clock.at, "erased", "erased")

    at.tell(event("complained", None, "one", contact_id="c00", channel="email"))

    reasons = ledger.frame("SELECT reason FROM suppression", {"reason": str})
    assert reasons.item() == "erased"


@pytest.mark.parametrize(("permanent", "state"), [(True, "withdrawn"), (False, "granted")])
def test_a_mailbox_that_is_no_more_gets_nothing_again_and_a_full_one_does(
    desk: Callable[..., Desk], permanent: bool, state: str
) -> None:
    at = desk()
    (key,) = at.post.intend("c00")
    at.deliver()
    at.post.clock.at += timedelta(minutes=1)

    at.tell(event("bounced", key, permanent=permanent))

    assert (at.consent("c00"), at.consent("c00", "call")) == (state, "granted")
    assert suppressed(at) == []
    assert at.is_sound()
