"""Who decides in runs: the champion that was pinned, whoever challenges."""

from dataclasses import replace

import pytest

from app.compose import House
from app.model_desk import challenge, listing, shown
from graph.seeing import foresee
from tests.registry.worlds import cards, run


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


def test_a_workspace_declares_its_challengers_too(house: House) -> None:
    config = house.tower.config
    models = config.models.model_copy(update={"challengers": ("trees",)})
    tower = replace(house.tower, config=config.model_copy(update={"models": models}))
    run(replace(house, tower=tower), "one")
    assert {one["family"] for one in listing(house)["versions"]} == {"stack", "trees"}
