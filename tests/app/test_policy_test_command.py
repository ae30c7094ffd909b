"""`clearance policy test`: cases say what a policy must answer, and which answer was another."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from app.cli.root import cli
from app.policy_cases import findings
from app.samples import SAMPLES
from domain.errors import ConfigurationError
from policies.cases import load_cases
from policies.loading import load

FILES = Path(__file__).parents[2] / "app" / "samples"
CASE = """
[contact]
country = "DE"
timezone = "Europe/Berlin"
is_customer = false
open_complaint = false

[consent]
state = "granted"
at = 2025-11-03T15:00:00Z

[[cases]]
name = "a call a day after an e-mail"
at = 2026-01-13T11:00:00Z
agent = "sales"
channel = "call"
touches = [{ channel = "email", at = 2026-01-12T11:30:00Z }]
"""
DENIED = CASE + 'expect = "deny"\nreasons = ["spacing"]\n'


def tried(folder: Path, cases: str, policy: str, *words: str) -> Result:
    (folder / "policy.toml").write_text(policy)
    (folder / "policy.cases.toml").write_text(cases)
    return CliRunner().invoke(
        cli, ["policy", "test", "--policy", str(folder / "policy.toml"), *words]
    )


def company(**changes: str) -> str:
    text = (FILES / "company.policy.toml").read_text()
    for before, after in changes.items():
        old = before.replace("_is_", " = ")
        assert old in text
        text = text.replace(old, after)
    return text


@pytest.mark.parametrize("sample", SAMPLES)
def test_the_cases_that_come_with_a_sample_hold_of_its_policy(sample: str) -> None:
    policy = load(FILES / f"{sample}.policy.toml").policy
    cases = load_cases(FILES / f"{sample}.policy.cases.toml")

    wrong = [one.name for one in cases.cases if set(findings(one, cases, policy)) ^ {*one.reasons}]

    assert len(cases.cases) >= 5
    assert wrong == []


def test_a_case_that_holds_ends_with_exit_code_0(tmp_path: Path) -> None:
    result = tried(tmp_path, DENIED, company(), "--json")

    said = json.loads(result.stdout)
    assert (result.exit_code, said["cases"], said["passed"], said["failures"]) == (0, 1, 1, [])


def test_a_policy_that_answers_otherwise_is_told_in_one_line(tmp_path: Path) -> None:
    result = tried(tmp_path, DENIED, company(hours_is_24="hours = 23"))

    assert result.exit_code == 1
    assert result.stdout.splitlines()[0] == (
        "a call a day after an e-mail: expected deny: spacing; found allow"
    )


def test_a_reason_too_many_is_another_answer(tmp_path: Path) -> None:
    late = DENIED.replace("13T11:00", "13T17:30").replace("12T11:30", "12T18:00")

    said = json.loads(tried(tmp_path, late, company(), "--json").stdout)

    assert said["failures"] == [
        {
            "case": "a call a day after an e-mail",
            "expected": "deny: spacing",
            "found": "deny: quiet_hours, spacing",
        }
    ]


def test_what_a_case_does_not_say_of_a_contact_is_not_known(tmp_path: Path) -> None:
    silent = DENIED.replace("open_complaint = false\n", "")

    said = json.loads(tried(tmp_path, silent, company(), "--json").stdout)

    assert said["failures"][0]["found"] == "deny: fact_missing, open_complaint, spacing"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (CASE + 'expect = "deny"\n', "expects to be denied; say for which `reasons`"),
        (CASE + 'expect = "allow"\nreasons = ["spacing"]\n', "has reasons against it"),
        (CASE + 'expect = "deny"\nreasons = ["spaceing"]\n', "spaceing is no reason"),
        (CASE + 'expects = "deny"\n', "`cases.0.expects` is not a known key"),
        (DENIED.replace("13T11:00:00Z", "13T11:00:00"), "`cases.0.at`"),
    ],
)
def test_a_case_that_says_nothing_testable_is_refused_with_its_line(
    tmp_path: Path, text: str, problem: str
) -> None:
    file = tmp_path / "policy.cases.toml"
    file.write_text(text)

    with pytest.raises(ConfigurationError, match=r"line \d+") as caught:
        load_cases(file)

    assert problem in str(caught.value)


def test_the_schema_is_written_where_it_is_asked_for(tmp_path: Path) -> None:
    file = tmp_path / "policy.schema.json"

    result = CliRunner().invoke(cli, ["policy", "schema", "--out", str(file)])

    assert result.exit_code == 0
    assert json.loads(file.read_text())["title"] == "A policy of Clearance"


HISTORY = """
[[ignore_pauses]]
name = "silence"
channels = ["email"]
after = 2
within_days = 30
pause_days = 60
owner = "lifecycle lead"
reason = "Silence is an answer."
since = 2026-01-01

[[separations]]
name = "calm"
first_themes = ["price"]
other_treatments = ["guide"]
days = 40
owner = "lifecycle lead"
reason = "One thing at a time."
since = 2026-01-01

[[prerequisites]]
name = "taught"
then_themes = ["price"]
first_treatments = ["guide"]
owner = "lifecycle lead"
reason = "Who knows nothing of it is offered nothing."
since = 2026-01-01
"""
MAILED = (
    CASE.partition("[[cases]]")[0]
    + """
[[cases]]
name = "a mail after others"
at = 2026-01-30T11:00:00Z
channel = "email"
"""
)


@pytest.mark.parametrize(
    ("said", "reasons"),
    [
        ("touches = [{ON_12}, {ON_16}]", ["ignored"]),
        ("touches = [{ON_12}, {ON_16}]\nreacted_at = [2026-01-20T00:00:00Z]", []),
        ("touches = [{ON_12}, {ON_16, colleague = true}]", []),
        ('treatment = "guide"\ntouches = [{ON_12, theme = "price"}]', ["kept_apart"]),
        ('treatment = "guide"\ntouches = [{ON_12, treatment = "other"}]', []),
        ('theme = "price"', ["first_missing"]),
        ('theme = "price"\ntouches = [{ON_12, treatment = "guide"}]', ["kept_apart"]),
    ],
)
def test_a_case_may_say_what_went_before_and_what_came_of_it(
    tmp_path: Path, said: str, reasons: list[str]
) -> None:
    for day in (12, 16):
        touch = f'channel = "email", at = 2026-01-{day}T11:30:00Z'
        said = said.replace(f"ON_{day}", touch)
    ends = f'expect = "deny"\nreasons = {reasons}\n' if reasons else 'expect = "allow"\n'

    result = tried(tmp_path, f"{MAILED}{said}\n{ends}", company() + HISTORY, "--json")

    assert json.loads(result.stdout)["failures"] == []


CAPS = """
[[caps]]
name = "news"
per = "contact"
channels = ["email"]
at_most = 1
calendar = "month"
agents = ["email"]
themes = ["price"]
exempt_classes = ["mandatory", "transactional"]
owner = "lifecycle lead"
reason = "Once a month is news."
since = 2026-01-01
"""


@pytest.mark.parametrize(
    ("said", "reasons"),
    [
        ('touches = [{ON_12, theme = "price"}]', ["cap_reached"]),
        ('touches = [{ON_12, agent = "email"}]', ["cap_reached"]),
        ('touches = [{ON_12, theme = "care"}]', []),
        ('touches = [{ON_12, agent = "sales"}]', []),
    ],
)
def test_a_case_may_say_whose_touch_it_was_and_of_which_theme(
    tmp_path: Path, said: str, reasons: list[str]
) -> None:
    touch = said.replace("ON_12", 'channel = "email", at = 2026-01-12T11:30:00Z')
    ends = f'expect = "deny"\nreasons = {reasons}\n' if reasons else 'expect = "allow"\n'
    case = f'{MAILED}theme = "price"\n{touch}\n{ends}'

    assert json.loads(tried(tmp_path, case, company() + CAPS, "--json").stdout)["failures"] == []
