"""`clearance audit-data` as somebody at a terminal runs it."""

from pathlib import Path

import polars as pl
import pytest

from evals.faults.world import START, open_at, plant
from tests.app.commands import clearance
from tools.clock import FrozenClock
from tools.ledger.meta import set_sample_now


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A company with one touch of nobody who is known."""
    plant(tmp_path / "fresh", None)
    tower = open_at(tmp_path / "fresh", FrozenClock(START)).tower
    orphan = {"touch_id": "x", "contact_id": "nobody", "channel": "email", "at": START}
    tower.warehouse.merge("touches", pl.DataFrame([{**orphan, "treatment_id": "spring_mail"}]))
    set_sample_now(tower.ledger, START)
    tower.ledger.engine.dispose()
    return tmp_path / "fresh"


def test_the_audit_tells_the_orphan_in_json_and_on_the_page(workspace: Path) -> None:
    said = clearance("audit-data", "--json", workspace=workspace)
    page = clearance("audit-data", "--all", workspace=workspace)
    orphan = next(
        one for one in said.json["findings"] if one["check"] == "touches.contact_id unknown"
    )

    assert (said.code, page.code) == (0, 0), "findings are a result, no failure"
    assert (orphan["found"], orphan["examples"]) == (1, ["x"])
    assert "touches.contact_id unknown" in page.out
    assert max(map(len, page.out.splitlines())) <= 100
    assert said.json["leakage"]["looked"] is False
    (objective,) = said.json["objectives"]
    assert (objective["outcome"], objective["purpose"], objective["borne"]) == (
        "mql",
        "conversion",
        True,
    )
    assert "Objective mql, for conversion: the data bear it." in page.out


def test_the_audit_is_written_as_a_page_and_a_place_that_cannot_be_written_is_told(
    workspace: Path, tmp_path: Path
) -> None:
    file = tmp_path / "audit.html"
    said = clearance("audit-data", "--json", "--html", str(file), workspace=workspace)
    nowhere = tmp_path / "none" / "audit.html"
    refused = clearance("audit-data", "--html", str(nowhere), workspace=workspace)

    assert (said.code, said.json["html"]) == (0, str(file))
    assert "touches.contact_id unknown" in file.read_text()
    assert refused.code == 1
    assert "--html FILE" in refused.error
