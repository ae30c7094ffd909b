"""Who decides is changed by people alone: promoted by two after every check, or rolled back."""

import json
from pathlib import Path

import pytest
from sqlmodel import col, select

from app.compose import House
from app.model_desk import challenge, promote, roll_back
from domain.errors import IntegrityError, RefusedError, UsageError
from graph.modelling import artefacts_of
from graph.opening import open_run, pins_of
from graph.seeing import foresee, see_contacts
from tests.registry.fits import gap, paired
from tests.registry.worlds import SCHEDULE, cards, rival, run, states
from tools.ledger import model_versions
from tools.ledger.models import AuditRow
from tools.ledger.verify import verify


def test_only_a_reviewer_may_change_who_decides_and_only_among_real_families(house: House) -> None:
    for ask in (
        lambda: challenge(house, "line", "nobody"),
        lambda: promote(house, "mv-1", "nobody"),
        lambda: roll_back(house, "visit/email/offer", None, "nobody"),
    ):
        with pytest.raises(RefusedError, match="no reviewer"):
            ask()
    with pytest.raises(UsageError, match="stack, line, trees, rate"):
        challenge(house, "oracle", "rita")
    with pytest.raises(RefusedError, match="no version mv-1"):
        promote(house, "mv-1", "rita")


def test_a_promotion_takes_two_people_and_binds_the_next_run_alone(house: House) -> None:
    version_id, name = rival(house)
    earlier = open_run(house.tower, SCHEDULE, "opened before")
    assert promote(house, version_id, "rita")["state"] == "proposed"
    again = promote(house, version_id, "rita")
    assert (again["accepted"], again["reason"]) == (False, "needs_another_person")
    assert states(house, name)[version_id] == "challenger"

    assert promote(house, version_id, "ravi")["state"] == "champion"

    pinned = {one.name: one for one in run(house, "two").models}
    assert (pinned[name].version_id, pinned[name].family) == (version_id, "line")
    assert {one.family for one in pinned.values()} == {"line", "stack"}
    old = {one.name: one for one in pins_of(house.tower, earlier).models}
    assert old[name].family == "stack"


def test_a_run_pinned_before_a_promotion_decides_by_its_own_and_takes_no_place(
    house: House,
) -> None:
    version_id, name = rival(house)
    earlier = pins_of(house.tower, open_run(house.tower, SCHEDULE, "opened before"))
    promote(house, version_id, "rita")
    promote(house, version_id, "ravi")
    before = states(house, name)

    see_contacts(house.tower, earlier)
    foresee(house.tower, earlier)

    assert states(house, name)[version_id] == "champion"
    assert states(house, name) == before
    assert "line" not in {one.family for one in earlier.models}


CHECKED = [
    ({"rows": 0}, "evidence: touches"),
    (
        {"metrics": (paired("log_loss", 0.0, 0.1), paired("calibration_error", 0.0, 0.1, 0.2))},
        "calibration",
    ),
    ({"metrics": (paired("log_loss", 0.2, 0.1), paired("calibration_error", 0.0, 0.1))}, "loss"),
    ({"shifts": ()}, "drift"),
    ({"gaps": (gap("selection rate", 0.9),)}, "fairness"),
]


@pytest.mark.parametrize(("change", "check"), CHECKED)
def test_a_failed_check_refuses_a_promotion_with_its_figure_and_bound(
    house: House, change: dict[str, object], check: str
) -> None:
    version_id, name = rival(house, **change)
    for person in ("rita", "ravi"):
        said = promote(house, version_id, person)
        assert (said["accepted"], said["reason"]) == (False, "checks")
        assert f"Refused by {check}" in said["sentence"]
        failed = [one for one in said["checks"] if not one["ok"]]
        for one in failed:
            assert one["figure"] is None or f"{one['figure']:.4g}" in said["sentence"]
    assert states(house, name)[version_id] == "challenger"


def test_checks_are_made_again_for_the_second_person(house: House) -> None:
    version_id, name = rival(house)
    promote(house, version_id, "rita")
    with house.tower.ledger.write() as session:
        row = model_versions.find(session, version_id)
        assert row is not None
        row.compared = json.dumps({**json.loads(row.compared or "{}"), "rows": 3})
        session.add(row)
    assert promote(house, version_id, "ravi")["reason"] == "checks"
    assert states(house, name)[version_id] == "challenger"


def test_what_was_compared_with_another_champion_is_not_promoted(house: House) -> None:
    version_id, _ = rival(house, against="mv-elsewhere")
    assert promote(house, version_id, "rita")["reason"] == "compared_with_another"


def test_a_rollback_brings_the_version_back_as_it_was_fitted(house: House) -> None:
    first = run(house, "zero")
    version_id, name = rival(house)
    promote(house, version_id, "rita")
    promote(house, version_id, "ravi")
    run(house, "two")

    said = roll_back(house, name, None, "rita")

    assert said["accepted"], said
    pins = run(house, "three")
    pinned = {one.name: one for one in pins.models}[name]
    assert (pinned.version_id, pinned.held, pinned.family) == (said["version_id"], True, "stack")
    assert states(house, name)[version_id] == "rolled back"
    then = house.tower.folder(first.run_id).hash_of("predictions")
    assert house.tower.folder(pins.run_id).hash_of("predictions") == then
    assert "Held as it was fitted" in cards(house, pins)[name].words


def test_a_rollback_names_one_that_decided_before_or_is_refused(house: House) -> None:
    version_id, name = rival(house)
    assert roll_back(house, name, None, "rita")["reason"] == "no_earlier"
    assert roll_back(house, name, version_id, "rita")["reason"] == "no_earlier"
    assert roll_back(house, name, "mv-none", "rita")["reason"] == "unknown"
    assert roll_back(house, "nothing/at/all", None, "rita")["reason"] == "no_champion"


def altered(file: Path) -> None:
    whole = bytearray(file.read_bytes())
    whole[-1] ^= 1
    file.write_bytes(bytes(whole))


def test_a_rollback_to_a_file_that_is_not_ours_changes_nothing(house: House) -> None:
    version_id, name = rival(house)
    promote(house, version_id, "rita")
    promote(house, version_id, "ravi")
    before = states(house, name)
    for one in before:
        altered(artefacts_of(house.tower).file(one))
    with pytest.raises(IntegrityError, match="was not opened"):
        roll_back(house, name, None, "rita")
    assert states(house, name) == before


def test_a_run_whose_held_version_was_altered_stops_and_decides_by_no_other(house: House) -> None:
    version_id, name = rival(house)
    promote(house, version_id, "rita")
    promote(house, version_id, "ravi")
    said = roll_back(house, name, None, "rita")
    altered(artefacts_of(house.tower).file(said["version_id"]))
    with pytest.raises(IntegrityError, match="was not opened"):
        run(house, "two")


def test_every_change_of_who_decides_stands_in_the_audit(house: House) -> None:
    version_id, name = rival(house)
    promote(house, version_id, "rita")
    promote(house, version_id, "ravi")
    roll_back(house, name, None, "rosa")
    with house.tower.ledger.read() as session:
        wanted = select(AuditRow.kind).where(col(AuditRow.kind).startswith("model"))
        kinds = session.exec(wanted.order_by(col(AuditRow.seq))).all()
    assert kinds == [
        "model_challengers",
        "models_filed",
        "model_proposed",
        "model_promoted",
        "model_rolled_back",
    ]
    found = {one.check: one.ok for one in verify(house.tower.ledger, house.tower.workspace.folder)}
    assert found["The audit chain is whole"]
