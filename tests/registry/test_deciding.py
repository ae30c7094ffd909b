"""Who decides in runs: the champion that was pinned, whoever challenges, promotes or rolls back."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError as Twice
from sqlmodel import col, select

from app.compose import House
from app.model_desk import challenge, listing, promote, roll_back, shown
from domain.errors import IntegrityError, RefusedError, UsageError
from domain.run import Pins
from graph.modelling import artefacts_of
from graph.opening import open_run, pins_of
from graph.seeing import foresee, see_contacts
from tests.registry.fits import NOON, compared, gap, paired
from tools.ledger import model_versions
from tools.ledger.database import Ledger
from tools.ledger.model_rows import ModelVersionRow
from tools.ledger.models import AuditRow
from tools.ledger.verify import verify
from tools.prediction.cards import ModelCard

SCHEDULE = "morning"


def run(house: House, slot: str) -> Pins:
    """A run as far as its predictions."""
    pins = pins_of(house.tower, open_run(house.tower, SCHEDULE, slot))
    see_contacts(house.tower, pins)
    foresee(house.tower, pins)
    return pins


def cards(house: House, pins: Pins) -> dict[str, ModelCard]:
    found = house.tower.folder(pins.run_id).read_records("model_cards", ModelCard)
    return {f"{one.outcome}/{one.channel}/{one.treatment_id}": one for one in found}


def states(house: House, name: str) -> dict[str, str]:
    with house.tower.ledger.read() as session:
        return {one.version_id: one.state for one in model_versions.listed(session, name)}


def rival(house: House, **change: object) -> tuple[str, str]:
    """A challenger `line` of some name after a run, whose comparison says what is wanted; its
    version and name."""
    challenge(house, "line", "rita")
    pins = run(house, "one")
    rows = [one for one in listing(house)["versions"] if one["state"] == "challenger"]
    version_id, name = rows[0]["version_id"], rows[0]["name"]
    with house.tower.ledger.write() as session:
        now = model_versions.champion(session, name)
        assert now is not None
        said = compared(**{"against": now.version_id, "run_id": pins.run_id, **change})
        session.execute(
            update(ModelVersionRow)
            .where(col(ModelVersionRow.version_id) == version_id)
            .values(compared=said.model_dump_json())
        )
    return version_id, name


def test_the_first_run_files_each_fit_as_the_champion_of_its_name(house: House) -> None:
    pins = run(house, "one")
    rows = listing(house)["versions"]
    assert {one["name"] for one in rows} == cards(house, pins).keys()
    assert {(one["state"], one["family"], one["file"]) for one in rows} == {
        ("champion", "stack", "kept")
    }
    said = shown(house, rows[0]["version_id"])
    assert said["card"]["treatment_id"] in said["name"]
    assert {"window_from", "window_to", "metrics", "calibration", "features_hash"} <= said.keys()


def test_a_run_that_died_before_its_predictions_files_the_same_again(house: House) -> None:
    pins = run(house, "one")
    before = listing(house, every=True)
    (house.tower.folder(pins.run_id).path / "predictions.parquet").unlink()
    foresee(house.tower, pins)
    assert listing(house, every=True) == before


def test_without_a_challenger_no_other_family_is_fitted(house: House) -> None:
    run(house, "one")
    assert {one["family"] for one in listing(house, every=True)["versions"]} == {"stack"}
    assert listing(house)["challenging"] == []


@pytest.mark.parametrize("family", ["line", "xlearner", "drlearner"])
def test_a_challenger_is_judged_beside_the_champion_and_changes_no_decision(
    house: House, family: str
) -> None:
    before = house.tower.folder(run(house, "one").run_id).hash_of("predictions")
    challenge(house, family, "rita")
    pins = run(house, "two")
    assert house.tower.folder(pins.run_id).hash_of("predictions") == before
    found = [one for one in listing(house)["versions"] if one["state"] == "challenger"]
    assert {one["family"] for one in found} == {family}
    assert {one["name"] for one in found} == cards(house, pins).keys()
    said = shown(house, found[0]["version_id"])["compared"]
    assert said["against"] in {
        one["version_id"] for one in listing(house)["versions"] if one["state"] == "champion"
    }


def test_a_family_challenges_no_more_once_it_is_stopped(house: House) -> None:
    challenge(house, "line", "rita")
    assert challenge(house, "line", "rita", stop=True)["challenging"] == []
    run(house, "one")
    assert {one["family"] for one in listing(house)["versions"]} == {"stack"}


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


def row(version_id: str, **change: object) -> ModelVersionRow:
    plain: dict[str, object] = {
        "version_id": version_id,
        "name": "visit/email/offer",
        "family": "stack",
        "state": "challenger",
        "run_id": "run-1",
        "at": NOON,
        "rows": 10,
        "features_hash": "f",
        "said": "{}",
        "said_hash": "s",
        "artefact_hash": "a",
        "changed_by": "run-1",
        "changed_at": NOON,
    }
    return ModelVersionRow(**{**plain, **change})


def test_a_name_never_has_two_champions(ledger: Ledger) -> None:
    with ledger.write() as session:
        session.add(row("a", state="champion"))
    with ledger.write() as session, pytest.raises(Twice), session.begin_nested():
        session.add(row("b", state="champion"))


Step = tuple[str, str]
STEPS = st.lists(
    st.tuples(st.sampled_from(["file", "challenge", "promote", "back"]), st.sampled_from("abcd")),
    max_size=12,
)


@settings(max_examples=25)
@given(STEPS)
def test_whatever_is_done_one_version_decides_once_one_did(
    steps: list[Step],
) -> None:
    ledger = Ledger("sqlite://")
    ledger.create()
    began = False
    for what, version_id in steps:
        with ledger.write() as session:
            now = model_versions.champion(session, "visit/email/offer")
            against = now.version_id if now else ""
            one = row(version_id, family="line" if version_id in "cd" else "stack")
            match what:
                case "file":
                    model_versions.file_champion(session, one, against or None)
                    began = True
                case "challenge":
                    model_versions.file_challenger(session, one)
                case "promote":
                    for person in ("rita", "ravi"):
                        model_versions.promote(session, version_id, person, NOON, against)
                case "back":
                    model_versions.roll_back(session, "visit/email/offer", None, "rita", NOON)
        with ledger.read() as session:
            rows = model_versions.listed(session)
            assert sum(one.state == "champion" for one in rows) == int(began)
            reigns = [one.reigned for one in rows if one.reigned]
            assert len(set(reigns)) == len(reigns)
    ledger.engine.dispose()


def test_a_version_of_another_run_keeps_its_place_among_the_champions(ledger: Ledger) -> None:
    with ledger.write() as session:
        model_versions.file_champion(session, row("a"), None)
        assert model_versions.file_champion(session, row("b"), "elsewhere") == "retired"
        now = model_versions.champion(session, "visit/email/offer")
        assert now is not None
        assert now.version_id == "a"


def test_a_workspace_declares_its_challengers_too(house: House) -> None:
    config = house.tower.config
    models = config.models.model_copy(update={"challengers": ("trees",)})
    tower = replace(house.tower, config=config.model_copy(update={"models": models}))
    run(replace(house, tower=tower), "one")
    assert {one["family"] for one in listing(house)["versions"]} == {"stack", "trees"}
