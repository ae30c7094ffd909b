"""More than two people, and some of them of certain roles, where the policy asks for them."""

from collections.abc import Callable

import polars as pl
import pytest

from app import alike_desk, review_desk
from app.compose import House
from domain.packet import OWNER, Packet, Trigger
from evals.faults.world import START
from graph.approving import terms_now
from graph.settling import settle
from graph.thresholds import approval_asked, at_stake, disposed
from graph.tower import Tower
from policies.review_limits import QuorumStep
from tests.ledger_storage import worlds
from tests.policies.worlds import SAID
from tests.relay.conftest import Post
from tests.reviews.worlds import ask, ask_budget, leaves, say, standing, under
from tools.ledger import approvals, effects

Build = Callable[..., Post]
CSM = (("csm",),)


def step(from_value: int, people: int, *roles: str) -> QuorumStep:
    said = {**SAID, "from_value": from_value, "people": people, "roles": roles}
    return QuorumStep.model_validate(said)


def joins(tower: Tower, person: str, role: str) -> None:
    """The person has this role too."""
    file = tower.workspace.warehouse_folder / "people.parquet"
    people = pl.read_parquet(file)
    known = people.filter(pl.col("person_id") == person)
    row = (known if known.height else people).head(1)
    row = row.with_columns(person_id=pl.lit(person), role=pl.lit(role))
    pl.concat([people, row.cast(dict(people.schema))]).write_parquet(file)


def intended(tower: Tower) -> int:
    return effects.in_states(tower.ledger, ("intent",)).height


def clicks(house: House, *people: str) -> list[str]:
    """What each was told, in turn; whose word did not count is told no."""
    said = [review_desk.decide(house, "p1", "approve", person, None) for person in people]
    return [("yes: " if one["accepted"] else "no: ") + one["sentence"] for one in said]


def test_a_packet_asks_for_the_people_of_the_steps_that_it_reaches(tower: Tower) -> None:
    packet = worlds.packet()
    stake = int(at_stake(packet)) + 1
    policy = under(tower, four_eyes_above=10**9).loaded.policy

    def asks(*steps: QuorumStep) -> dict[str, object]:
        review = policy.review.model_copy(update={"quorum": steps})
        return approval_asked(packet, policy.model_copy(update={"review": review}))

    assert asks() == {"approvals_needed": 1, "approver_roles": ()}
    assert asks(step(stake, 3)) == asks()
    assert asks(step(0, 3, "csm")) == {"approvals_needed": 3, "approver_roles": CSM}
    assert asks(step(0, 3), step(1, 4))["approvals_needed"] == 4


def test_an_owner_who_is_asked_first_takes_no_place_of_a_role(tower: Tower) -> None:
    policy = under(tower, four_eyes_above=10**9, quorum=(step(0, 1, "csm"),)).loaded.policy
    owner = Trigger(rule=f"{OWNER}anna", sentence="It reaches accounts of anna's.")

    asked = disposed(worlds.packet(), (owner,), policy)

    assert (asked.approvals_needed, asked.approver_roles) == (2, CSM)


def test_two_approvals_do_not_clear_what_needs_three(house: House) -> None:
    ask_budget(house.tower, 3)

    told = clicks(house, "rita", "ravi", "ravi")

    assert [one.split(":")[0] for one in told] == ["yes", "yes", "yes"]
    assert "needs 2 more approvals, by others" in told[0]
    assert "needs one more approval, by somebody else" in told[1]
    assert (standing(house.tower.ledger).state, intended(house.tower)) == ("pending", 0)

    assert clicks(house, "rosa") == ["yes: p1 is approved."]
    assert intended(house.tower) == 1


def test_a_policy_that_now_asks_for_three_voids_the_approval_of_two(post: Build) -> None:
    at = post()
    approved(at.tower, ask_budget(at.tower, 2), "rita", "ravi")

    settle(under(at.tower, quorum=(step(0, 3),)), "p1")

    found = standing(at.tower.ledger)
    assert (found.state, found.reason, intended(at.tower)) == ("void", "more_needed", 0)


def test_a_policy_that_now_asks_for_three_stops_at_the_door_what_two_approved(
    post: Build,
) -> None:
    at = post()
    approved(at.tower, ask(at.tower.ledger, needed=2), "rita", "ravi")
    first, *_ = at.intend("c00")

    Post(under(at.tower, quorum=(step(0, 3),)), at.clock, at.twin).deliver()

    assert at.twin.calls == []
    assert (at.row(first)["state"], at.row(first)["reason"]) == ("skipped", "approval_void")


def test_the_last_approval_is_kept_for_whom_the_policy_asks_for(house: House) -> None:
    asks_csm(house.tower)
    joins(house.tower, "rosa", "csm")

    told = clicks(house, "rita", "ravi")

    assert told[0].startswith("yes: ")
    assert told[1] == (
        "no: p1 needs the approval of somebody who is csm: what is left is for them to say."
    )
    assert clicks(house, "rosa") == ["yes: p1 is approved."]
    assert intended(house.tower) == 1
    assert review_desk.page(house, "p1")["packet"]["approver_roles"] == [["csm"]]


def test_it_does_not_matter_who_of_them_comes_first(house: House) -> None:
    asks_csm(house.tower)
    joins(house.tower, "rosa", "csm")

    assert [one[:3] for one in clicks(house, "rosa", "rita")] == ["yes", "yes"]
    assert intended(house.tower) == 1


def test_one_word_on_many_keeps_the_last_approval_too(house: House) -> None:
    asks_csm(house.tower, needed=1)
    shown = alike_desk.decide_alike(house, "p1", "approve", "rita", None, None)

    said = alike_desk.decide_alike(house, "p1", "approve", "rita", shown["mark"], None)

    assert not said["accepted"]
    assert "somebody who is csm" in said["sentence"]


def test_a_rejection_waits_for_nobody(house: House) -> None:
    asks_csm(house.tower, needed=1)

    assert review_desk.decide(house, "p1", "reject", "rita", None)["accepted"]


@pytest.mark.parametrize(("role", "reason"), [("csm", None), ("sdr", "role_needed")])
def test_a_role_that_the_policy_asks_for_since_must_be_among_who_approved(
    tower: Tower, role: str, reason: str | None
) -> None:
    approved(tower, ask_budget(tower), "rita")
    joins(tower, "rita", role)
    ruled = under(tower, quorum=(step(0, 1, "csm"),))

    assert against(ruled) == reason


def test_a_role_that_the_policy_asked_for_and_that_was_lost_since_voids_or_not(
    tower: Tower,
) -> None:
    joins(tower, "rosa", "csm")
    approved(tower, asks_csm(tower, needed=1), "rosa")
    assert against(tower) is None

    leaves(tower, "rosa")
    joins(tower, "rosa", "reviewer")

    assert against(tower) == "role_needed"
    lenient = under(tower, void_on_role_loss=False, quorum=(step(0, 1, "csm"),))
    assert against(lenient) is None


def approved(tower: Tower, packet: Packet, *people: str) -> None:
    for person in people:
        assert say(tower.ledger, packet, person, at=START).kind in ("decided", "recorded")


def asks_csm(tower: Tower, needed: int = 2) -> Packet:
    return ask_budget(tower, needed, approver_roles=CSM)


def against(tower: Tower) -> str | None:
    with tower.ledger.read() as session:
        return approvals.against(session, "p1", terms_now(tower))
