"""Putting a policy in force: who may, what it is compared with, and from when it holds."""

from collections.abc import Callable

import pytest

from app.compose import House
from app.policy_desk import activate, compared, history, propose, rollback
from app.relay.door import judge
from domain.errors import RefusedError
from evals.faults.world import SCHEDULE
from graph.approving import terms_now
from graph.gate import contacts_at
from graph.opening import of_run, open_run, pins_of
from graph.tower import Tower
from policies.loading import hash_of
from tests.relay.conftest import Post
from tests.reviews.worlds import lines
from tools.ledger import effects, policies
from tools.ledger.approvals import Terms
from tools.ledger.verify import verify

Build = Callable[..., Post]
TIGHTER = ("at_most = 6\n", "at_most = 0\n")
"""Nobody of an account gets an e-mail or a call."""
LOOSER = ("at_most = 6\n", "at_most = 7\n")
QUIET = ("start = 21:00:00\n", "start = 09:00:00\n")
"""Quiet all day: no e-mail goes out at START, when it is nine in New York and three in Berlin."""


def edit(house: House, change: tuple[str, str]) -> None:
    """Somebody writes into policy.toml."""
    file = house.tower.workspace.policy_file
    text = file.read_text()
    assert change[0] in text
    file.write_text(text.replace(*change, 1))


def put(house: House, change: tuple[str, str], by: str = "rita", other: str = "ravi") -> int:
    """Edit, propose and activate; the version."""
    edit(house, change)
    wanted = propose(house, None, by)
    said = activate(house, wanted["proposal_id"], other)
    assert said["accepted"], said
    number: int = said["version"]
    return number


def test_the_first_run_puts_the_file_in_force_as_version_1(house: House) -> None:
    open_run(house.tower, SCHEDULE, "one")

    (first,) = history(house)["versions"]
    assert (first["version"], first["direction"]) == (1, "first")
    assert first["hash"] == house.tower.loaded.hash


def test_what_stands_in_the_file_counts_for_nothing_until_it_is_activated(house: House) -> None:
    open_run(house.tower, SCHEDULE, "one")
    before = house.tower.loaded.hash

    edit(house, TIGHTER)

    assert house.tower.loaded.hash == before
    assert compared(house, None)["direction"] == "tighter"


def test_a_file_changed_without_activation_stops_runs_with_one_sentence(house: House) -> None:
    open_run(house.tower, SCHEDULE, "one")
    edit(house, TIGHTER)

    with pytest.raises(RefusedError) as refused:
        open_run(house.tower, SCHEDULE, "two")

    assert refused.value.message == (
        "No run is opened: policy.toml says something else than the policy in force, version 1."
    )
    put(house, ("at_most = 0\n", "at_most = 1\n"))
    assert open_run(house.tower, SCHEDULE, "two")


def test_a_file_that_can_not_be_read_stops_runs_and_nothing_else(post: Build) -> None:
    at = post()
    open_run(at.tower, SCHEDULE, "one")
    (key,) = at.intend("c00")
    at.tower.workspace.policy_file.write_text("no policy")

    with pytest.raises(RefusedError, match="line 1: not valid TOML"):
        open_run(at.tower, SCHEDULE, "two")
    at.deliver()

    assert at.row(key)["state"] == "accepted"


def test_a_remark_or_a_review_stops_nothing(house: House) -> None:
    open_run(house.tower, SCHEDULE, "one")
    edit(house, ('reason = "An account has a limit."', 'reason = "An account has a limit."\n# why'))

    assert open_run(house.tower, SCHEDULE, "two")


def test_one_person_activates_what_only_tightens(house: House) -> None:
    open_run(house.tower, SCHEDULE, "one")
    assert put(house, TIGHTER, by="rita", other="rita") == 2
    assert lines(house.tower.ledger, "policy_activated")[-1][0] == "rita"


def test_what_loosens_anything_needs_somebody_else_than_who_proposed_it(house: House) -> None:
    open_run(house.tower, SCHEDULE, "one")
    edit(house, LOOSER)
    wanted = propose(house, None, "rita")["proposal_id"]

    mine = activate(house, wanted, "rita")

    assert (mine["accepted"], mine["reason"]) == (False, "needs_another_person")
    assert history(house)["versions"][0]["version"] == 1
    assert activate(house, wanted, "ravi")["accepted"]


def test_proposed_again_by_somebody_else_it_still_needs_a_second_person(house: House) -> None:
    open_run(house.tower, SCHEDULE, "one")
    edit(house, LOOSER)
    propose(house, None, "rita")

    mine = propose(house, None, "ravi")["proposal_id"]

    assert activate(house, mine, "ravi")["reason"] == "needs_another_person"


def test_a_proposal_compared_with_an_older_version_is_refused(house: House) -> None:
    open_run(house.tower, SCHEDULE, "one")
    edit(house, LOOSER)
    old = propose(house, None, "rita")["proposal_id"]
    put(house, ("at_most = 7\n", "at_most = 5\n"))

    late = activate(house, old, "ravi")

    assert (late["accepted"], late["reason"]) == (False, "compared_with_another")
    assert history(house)["waiting"] == []


def test_a_proposal_is_activated_once(house: House) -> None:
    open_run(house.tower, SCHEDULE, "one")
    edit(house, TIGHTER)
    wanted = propose(house, None, "rita")["proposal_id"]
    assert activate(house, wanted, "ravi")["accepted"]

    assert activate(house, wanted, "rosa")["reason"] == "in_force_already"
    assert activate(house, "pp-none", "rosa")["reason"] == "unknown"


def test_who_is_no_reviewer_neither_proposes_nor_activates(house: House) -> None:
    with pytest.raises(RefusedError, match="is no reviewer"):
        propose(house, None, "nobody")
    with pytest.raises(RefusedError, match="is no reviewer"):
        activate(house, "pp-any", "nobody")


def test_going_back_is_a_proposal_like_any_other(house: House) -> None:
    open_run(house.tower, SCHEDULE, "one")
    first = house.tower.loaded.hash
    put(house, TIGHTER)

    back = rollback(house, 1, "rita")

    assert back["direction"] == "looser"
    assert activate(house, back["proposal_id"], "rita")["reason"] == "needs_another_person"
    said = activate(house, back["proposal_id"], "ravi")
    assert said["version"] == 3
    assert house.tower.loaded.hash == first
    kept = house.tower.workspace.folder / "policy.before-version-3.toml"
    assert "at_most = 0\n" in kept.read_text()
    assert open_run(house.tower, SCHEDULE, "two")


def test_there_is_no_going_back_to_what_never_was(house: House) -> None:
    with pytest.raises(RefusedError, match="no version 7"):
        rollback(house, 7, "rita")


def test_a_run_goes_on_under_the_policy_it_was_opened_under(house: House) -> None:
    run_id = open_run(house.tower, SCHEDULE, "one")
    before = house.tower.loaded

    put(house, TIGHTER)

    assert of_run(house.tower, run_id).loaded.hash == before.hash
    assert hash_of(house.tower.loaded.policy) != before.hash


def test_a_program_that_hashes_the_same_text_otherwise_goes_on_under_the_same_version(
    house: House,
) -> None:
    """As one does that knows a section more, whose default is part of what is hashed."""
    with house.tower.ledger.write() as session:
        house.tower.policies.first(session).hash = "as an older program had it"

    run_id = open_run(house.tower, SCHEDULE, "one")

    assert pins_of(house.tower, run_id).policy_hash == "as an older program had it"
    assert of_run(house.tower, run_id).loaded == house.tower.loaded
    edit(house, TIGHTER)
    with pytest.raises(RefusedError, match="something else than the policy in force"):
        open_run(house.tower, SCHEDULE, "two")


def test_the_first_run_is_pinned_to_the_file_as_it_is_then(house: House) -> None:
    before = house.tower.loaded.hash
    edit(house, TIGHTER)

    run_id = open_run(house.tower, SCHEDULE, "one")

    (first,) = history(house)["versions"]
    assert pins_of(house.tower, run_id).policy_hash == first["hash"] != before


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"text": "nothing"}, "policy 2 is not what was activated."),
        ({"activated_by": "rosa"}, "policy 2 is not what was activated."),
        ({"proposed_by": "ravi"}, "policy 2 loosens, and ravi put it in force alone."),
        ({"version": 9}, "policy 2 is gone."),
    ],
)
def test_a_version_that_was_altered_is_found(
    house: House, change: dict[str, object], told: str
) -> None:
    open_run(house.tower, SCHEDULE, "one")
    put(house, LOOSER)
    with house.tower.ledger.write() as session:
        assert policies.altered(session) == []
        for name, said in change.items():
            setattr(policies.in_force(session), name, said)

    (found,) = (
        one
        for one in verify(house.tower.ledger, house.tower.workspace.runs_folder)
        if one.check.startswith("Every policy")
    )

    assert not found.ok
    assert told in found.detail


def test_every_step_stands_in_the_audit_which_verifies(house: House) -> None:
    open_run(house.tower, SCHEDULE, "one")
    put(house, TIGHTER)

    assert lines(house.tower.ledger, "policy_proposed")[0][0] == "rita"
    assert [one[1] for one in lines(house.tower.ledger, "policy_activated")] == [
        "policy 1",
        "policy 2",
    ]
    found = verify(house.tower.ledger, house.tower.workspace.runs_folder)
    assert all(one.ok for one in found), found


def test_W2_quiet_hours_that_are_activated_bind_the_next_decision_and_what_is_queued(
    post: Build, house: House
) -> None:
    at = post()
    open_run(at.tower, SCHEDULE, "one")
    (key,) = at.intend("c01")
    put(house, QUIET)

    at.deliver()

    assert at.twin.calls == []
    assert at.row(key)["state"] == "intent"


def test_W2_what_was_judged_before_the_edit_is_judged_again_before_it_goes(
    post: Build, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The edit comes into force between judging and handing over, in the same pass."""
    at = post()
    open_run(at.tower, SCHEDULE, "one")
    (key,) = at.intend("c01")
    rows = effects.in_states(at.tower.ledger, ("intent",))
    assert judge(at.tower, rows, lambda: contacts_at(at.tower, at.clock.at)).of("clear")
    edits = iter([QUIET])

    def strike(point: str, _: str) -> None:
        if point == "relay.judged":
            for change in edits:
                put(house, change)

    monkeypatch.setattr("tools.faultpoints.strike", strike)
    at.deliver()

    assert at.twin.calls == []
    assert at.row(key)["state"] == "intent"


def test_W2_what_is_judged_while_an_edit_comes_into_force_does_not_say_it_was_judged_under_it(
    post: Build, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The door's mark is not the only thing in the way: the gate compares policies, too."""
    at = post()
    open_run(at.tower, SCHEDULE, "one")
    at.intend("c01")
    before = at.tower.loaded.hash
    rows = effects.in_states(at.tower.ledger, ("intent",))
    contacts = contacts_at(at.tower, at.clock.at)

    def edited_meanwhile(tower: Tower) -> Terms:
        put(house, QUIET)
        return terms_now(tower)

    monkeypatch.setattr("app.relay.door.terms_now", edited_meanwhile)
    judged = judge(at.tower, rows, lambda: contacts)

    assert judged.of("clear")
    assert judged.seen.said.policy_hash == before != at.tower.loaded.hash


def test_W20_an_edit_reaches_everything_that_was_not_handed_over_yet(
    post: Build, house: House
) -> None:
    at = post()
    open_run(at.tower, SCHEDULE, "one")
    keys = at.intend("c00", "c02", "c04")
    put(house, TIGHTER)

    at.deliver()

    assert at.twin.calls == []
    assert {at.row(key)["reason"] for key in keys} == {"cap_reached"}
