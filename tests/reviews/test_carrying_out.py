"""An approval is judged again when it is carried out, and once more at the door."""

from collections.abc import Callable

import pytest

from app import review_desk
from app.compose import House
from domain.packet import Packet
from evals.faults.world import BUDGETS, START
from graph.settling import settle
from graph.tower import Tower
from tests.relay.conftest import Post
from tests.relay.twin import Twin
from tests.reviews.worlds import (
    ask,
    ask_budget,
    edited,
    leaves,
    lines,
    say,
    standing,
    under,
    with_policy,
)
from tools.ledger import consents, effects, packets, reservations

Build = Callable[..., Post]


def approve(tower: Tower, packet: Packet, *people: str) -> None:
    for person in people:
        assert say(tower.ledger, packet, person, at=START).kind in ("decided", "recorded")


def intended(tower: Tower) -> list[int]:
    """Amounts of the budgets that are to be set."""
    return effects.in_states(tower.ledger, ("intent",)).get_column("amount").to_list()


def is_free(tower: Tower) -> bool:
    return reservations.touch_log(tower.ledger).is_empty()


def test_an_approval_whose_approver_is_still_a_reviewer_is_carried_out(tower: Tower) -> None:
    approve(tower, ask_budget(tower), "rita")

    settle(tower, "p1")
    settle(tower, "p1")

    assert intended(tower) == [101_000]
    assert (standing(tower.ledger).state, standing(tower.ledger).settled) == ("approved", True)
    assert len(lines(tower.ledger, "review_settled")) == 1


@pytest.mark.parametrize(("needed", "people"), [(1, ("rita",)), (2, ("ravi", "rita"))])
def test_F30_a_role_that_was_lost_before_it_is_carried_out_voids_the_approval(
    tower: Tower, needed: int, people: tuple[str, ...]
) -> None:
    approve(tower, ask_budget(tower, needed), *people)
    leaves(tower, "rita")

    settle(tower, "p1")

    found = standing(tower.ledger)
    assert (found.state, found.reason, found.settled) == ("void", "role_lost", True)
    assert intended(tower) == []
    assert is_free(tower)
    said = {"state": "void", "reason": "role_lost"}
    assert lines(tower.ledger, "review_voided") == [("meta-agent", "p1", said)]


def test_F30_the_policy_may_let_the_word_of_who_left_stand(post: Build) -> None:
    at = post()
    lenient = under(at.tower, void_on_role_loss=False)
    approve(lenient, ask_budget(lenient), "rita")
    leaves(lenient, "rita")
    settle(lenient, "p1")
    assert intended(lenient) == [101_000]

    relay = Post(lenient, at.clock, Twin(at.twin.terms, budgets=dict(BUDGETS)))
    relay.deliver()

    assert relay.twin.budgets["search_ads"] == 101_000


def test_F30_a_rejection_by_who_left_since_stands(tower: Tower) -> None:
    packet = ask_budget(tower)
    say(tower.ledger, packet, "rita", "reject", at=START)
    leaves(tower, "rita")

    settle(tower, "p1")

    assert standing(tower.ledger).state == "rejected"
    assert intended(tower) == []


def test_F30_a_role_lost_after_it_was_carried_out_stops_the_effect_at_the_door(
    post: Build,
) -> None:
    at = post()
    approve(at.tower, ask(at.tower.ledger), "rita")
    (key,) = at.intend("c00")
    leaves(at.tower, "rita")

    at.deliver()

    assert at.twin.calls == []
    assert (at.row(key)["state"], at.row(key)["reason"]) == ("skipped", "approval_void")


def test_F30_who_clicks_and_who_looks_are_told_that_it_is_void(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask_budget(house.tower)

    def roles(_: House, person: str) -> tuple[str, ...]:
        leaves(house.tower, person)  # between the look at the role and the carrying out
        return ("reviewer",)

    monkeypatch.setattr(review_desk, "roles_of", roles)
    said = review_desk.decide(house, "p1", "approve", "rita", None)
    again = review_desk.decide(house, "p1", "approve", "rita", None)

    assert not said["accepted"]
    assert said["sentence"] == again["sentence"]
    assert "void: who approved it may not approve any more" in said["sentence"]
    (told,) = review_desk.listing(house)["void"]
    assert (told["packet_id"], told["reason"], told["by"]) == ("p1", "role_lost", ["rita"])
    assert review_desk.page(house, "p1")["review"]["state"] == "void"


def test_F28_who_read_the_version_before_an_edit_does_not_settle_the_one_after_it(
    tower: Tower, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = ask_budget(tower)
    approve(tower, edited(tower.ledger, first, "rosa", START), "rita")

    with monkeypatch.context() as patch:
        patch.setattr(packets, "newest", lambda *_: first)
        settle(tower, "p1")
    assert (standing(tower.ledger).state, standing(tower.ledger).settled) == ("approved", False)

    settle(tower, "p1")
    assert standing(tower.ledger).settled
    assert len(intended(tower)) == 1


def test_F29_consent_withdrawn_after_the_approval_stops_the_effect(post: Build) -> None:
    at = post()
    approve(at.tower, ask(at.tower.ledger), "rita")
    first, second = at.intend("c00", "c01")
    with at.tower.ledger.write() as session:
        consents.withdraw(session, "c00", "email", "marketing", at.clock.at, "unsubscribe link")

    at.deliver()

    assert at.twin.calls == [[second]]
    assert (at.row(first)["state"], at.row(first)["reason"]) == ("skipped", "consent_withdrawn")


def test_F29_a_limit_that_got_stricter_after_the_approval_stops_the_effect(post: Build) -> None:
    at = post()
    approve(at.tower, ask(at.tower.ledger), "rita")
    (key,) = at.intend("c00")
    rule = at.tower.loaded.policy.consent.model_copy(update={"strict_after_days": 30})
    stricter = Post(with_policy(at.tower, consent=rule), at.clock, at.twin)

    stricter.deliver()

    assert at.twin.calls == []
    assert (at.row(key)["state"], at.row(key)["reason"]) == ("skipped", "consent_expired")


def test_F29_a_policy_that_now_asks_for_two_people_voids_one_persons_approval(
    post: Build,
) -> None:
    at = post()
    approve(at.tower, ask_budget(at.tower), "rita")
    settle(under(at.tower, four_eyes_above=1), "p1")
    assert (standing(at.tower.ledger).state, intended(at.tower)) == ("void", [])
    assert standing(at.tower.ledger).reason == "more_needed"

    approve(at.tower, ask(at.tower.ledger, "p2", value=50.0), "rita")
    (key,) = at.intend("c00", packet_id="p2")
    Post(under(at.tower, four_eyes_above=1), at.clock, at.twin).deliver()
    assert (at.row(key)["state"], at.row(key)["reason"]) == ("skipped", "approval_void")


def test_F29_a_policy_that_got_milder_sends_nothing_more_than_was_approved(tower: Tower) -> None:
    approve(under(tower, four_eyes_above=1), ask_budget(tower, needed=2), "rita")

    settle(under(tower, four_eyes_above=10**9), "p1")

    assert standing(tower.ledger).state == "pending"
    assert intended(tower) == []
