"""`clearance policy check`: remarks by line, and which limits can't hold together in a real run."""

from pathlib import Path

from tests.app.commands import clearance
from tests.app.worlds import ran


def changed(folder: Path, before: str, after: str) -> Path:
    text = (ran("company") / "policy.toml").read_text()
    assert before in text
    file = folder / "next.toml"
    file.write_text(text.replace(before, after))
    return file


def test_a_remark_stands_with_its_line(tmp_path: Path) -> None:
    file = changed(tmp_path, "at_most = 14\nwindow_hours = 168", "at_most = 14\nwindow_hours = 120")

    said = clearance("policy", "check", str(file), "--json", workspace=ran("company")).json

    (only,) = said["remarks"]
    assert file.read_text().splitlines()[only["line"] - 1] == "window_hours = 120"
    assert "account_week is called by the week and holds in any 120 hours" in only["says"]


APART = """
[[separations]]
name = "one_thing"
first_themes = ["offer"]
other_treatments = ["case_studies_mail"]
owner = "lifecycle lead"
reason = "A story does not go with a price."
since = 2026-01-01

[budget_step]
"""


def test_a_name_that_nothing_in_the_programme_bears_is_told_by_line(tmp_path: Path) -> None:
    file = changed(tmp_path, "[budget_step]\n", APART)

    said = clearance("policy", "check", str(file), "--json", workspace=ran("company")).json

    (only,) = said["remarks"]
    assert "case_studies_mail" in file.read_text().splitlines()[only["line"] - 1]
    assert "one_thing names case_studies_mail" in only["says"]


def test_the_policy_of_a_sample_gets_no_remark() -> None:
    said = clearance("policy", "check", "--json", workspace=ran("company")).json

    assert said["remarks"] == []
    assert "certificate" not in said


def test_a_minimum_that_no_run_can_meet_is_told_with_what_would_have_to_give_way(
    tmp_path: Path,
) -> None:
    file = changed(tmp_path, "at_least = 60\n", "at_least = 60000\n")

    said = clearance("policy", "check", str(file), "--clashes", workspace=ran("company"))

    assert said.code == 0, said.error
    told = " ".join(said.out.split())
    assert "onboarding_floor (at least 60,000)" in told
    assert "Lower minimum of exposure:onboarding_floor from 60,000 to" in told


def test_limits_that_can_hold_together_are_said_to(tmp_path: Path) -> None:
    said = clearance("policy", "check", "--clashes", "--json", workspace=ran("company")).json

    assert said["certificate"]["settled"] == "none"
