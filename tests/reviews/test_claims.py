"""A packet in somebody's hands: others may reject it, and the claim lapses by itself."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from app import review_desk
from app.compose import House
from domain.errors import RefusedError
from tests.ledger_storage.test_both_engines import together
from tests.reviews.worlds import HOUR, LATER, NOON, ask, ask_budget, edited, lines, say, standing
from tools.ledger import claims
from tools.ledger.claims import Claimed
from tools.ledger.database import Ledger
from tools.ledger.words import AlreadyDecided, Decided, Expired, Held, NotAllowed, Recorded

HALF = NOON + timedelta(minutes=30)


def take(ledger: Ledger, person: str, at: datetime = NOON, **more: Any) -> Any:
    plain = {"packet_id": "p1", "roles": ["reviewer"], "until": at + timedelta(minutes=30)}
    with ledger.write() as session:
        return claims.claim(session, person_id=person, at=at, **{**plain, **more})


def test_others_are_told_who_has_it_and_until_when(ledger: Ledger) -> None:
    packet = ask(ledger)
    assert take(ledger, "ada") == Claimed(by="ada", until=HALF)

    held = Held(by="ada", until=HALF)
    assert [take(ledger, "bob"), say(ledger, packet, "bob")] == [held, held]
    with pytest.raises(RefusedError, match="ada has packet p1 in hand"):
        edited(ledger, packet, "bob")
    assert say(ledger, packet, "ada") == Decided(state="approved")
    assert lines(ledger, "review_claimed")[0][:2] == ("ada", "p1")


def test_a_claim_never_holds_back_a_rejection(ledger: Ledger) -> None:
    packet = ask(ledger)
    take(ledger, "ada")

    assert say(ledger, packet, "bob", "reject") == Decided(state="rejected")
    assert standing(ledger).claimed_by is None


def test_a_claim_lapses_by_itself_and_is_renewed_by_its_holder(ledger: Ledger) -> None:
    packet = ask(ledger)
    take(ledger, "ada")
    assert take(ledger, "ada", NOON + HOUR / 4) == Claimed(by="ada", until=HALF + HOUR / 4)
    assert isinstance(take(ledger, "bob", HALF), Held)

    assert take(ledger, "bob", NOON + HOUR) == Claimed(by="bob", until=HALF + HOUR)
    assert say(ledger, packet, "eve", at=NOON + 2 * HOUR) == Decided(state="approved")


def test_of_two_who_claim_at_once_one_has_it(ledger: Ledger) -> None:
    ask(ledger)
    told: list[Any] = []

    together([lambda who=who: told.append(take(ledger, who)) for who in ("ada", "bob", "eve")])

    (won,) = [one for one in told if isinstance(one, Claimed)]
    assert [one for one in told if one != won] == [Held(by=won.by, until=HALF)] * 2


def test_a_claim_ends_with_its_holders_word(ledger: Ledger) -> None:
    packet = ask(ledger, needed=2)
    take(ledger, "ada")

    assert say(ledger, packet, "ada") == Recorded()
    assert say(ledger, packet, "bob") == Decided(state="approved")


def test_what_is_decided_expired_or_none_of_ones_business_can_not_be_claimed(
    ledger: Ledger,
) -> None:
    packet = ask(ledger)
    assert isinstance(take(ledger, "mallory", roles=["operator"]), NotAllowed)
    assert take(ledger, "ada", LATER) == Expired()
    say(ledger, packet, "bob")
    decided = AlreadyDecided(state="approved", by=("bob",), same=False)
    assert take(ledger, "ada") == decided


def test_the_list_shows_who_has_it(house: House) -> None:
    ask_budget(house.tower)

    said = review_desk.claim(house, "p1", "rita")
    again = review_desk.claim(house, "p1", "ravi")

    assert said["accepted"]
    assert not again["accepted"]
    assert f"rita has p1 in hand until {said['until']}" in again["sentence"]
    (row,) = review_desk.waiting(house)
    assert (row["claimed_by"], row["claimed_until"]) == ("rita", said["until"])
