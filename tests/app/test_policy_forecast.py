"""The measurement of forecasts: what it asks about exists, and it tells what came out otherwise."""

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from app.compose import open_house
from app.policy_differences import Chosen, chosen_in
from app.samples.writing import TOML
from domain.tables import FINDINGS
from evals.policy_forecast import differences, equal, other_policy
from policies.loading import read
from tests.app.worlds import ran
from tools.ledger import runs

STORE = (TOML / "store.policy.toml").read_text()


def test_the_policy_it_asks_about_is_whole_and_another() -> None:
    before, after = read(STORE, "store").policy, read(other_policy(STORE), "other").policy

    changed = {
        name for name in type(before).model_fields if getattr(before, name) != getattr(after, name)
    }
    assert changed == {"caps", "quiet_hours", "budgets", "budget_step", "holdout"}


def test_a_sample_that_says_other_things_by_now_is_no_measurement() -> None:
    with pytest.raises(ValueError, match="does not say"):
        other_policy(STORE.replace("end = 08:00:00", "end = 07:30:00"))


@pytest.fixture(scope="module")
def company() -> Chosen:

    tower = open_house(ran("company")).tower
    run_id = runs.every(tower.ledger)[0].run_id
    return chosen_in(tower.folder(run_id), tower.loaded.policy)


def test_a_run_is_its_own_forecast(company: Chosen) -> None:
    assert equal(differences(company, company))


def test_one_touch_or_one_cent_otherwise_is_told(company: Chosen) -> None:
    less = replace(company, touches=company.touches.head(company.touches.height - 1))
    channel = company.touches["channel"][-1]

    found = differences(less, company)

    assert not equal(found)
    assert (found["only_forecast"], found["only_real"], found["volume"][channel]) == (0, 1, -1)
    assert not equal(differences(replace(company, value=company.value + 0.01), company))


def test_a_table_that_differs_is_named(company: Chosen, tmp_path: Path) -> None:
    folder = replace(company.folder, path=tmp_path / "run")
    for name in company.folder.names():
        folder.write(name, company.folder.read(name))
    other = folder.read("grid").with_columns(findings=pl.lit(0, dtype=FINDINGS))
    (folder.path / "grid.parquet").unlink()
    folder.write("grid", other)

    found = differences(replace(company, folder=folder), company)

    assert found["tables"] == ["grid"]
    assert not equal(found)
