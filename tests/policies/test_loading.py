"""A policy that is incomplete, misspelt or senseless stops the start with one sentence."""

from datetime import time
from pathlib import Path
from typing import Any

import pytest

from domain.errors import ConfigurationError
from policies.consent_limits import ConsentRule
from policies.loading import hash_of, load
from policies.sense import problems
from policies.touch_limits import RunLimits
from tests.policies.worlds import PLAIN, SAID, cap, quiet, sample_policy, spacing

SAMPLES = Path(__file__).parents[2] / "app" / "samples"
TEXT = (SAMPLES / "company.policy.toml").read_text(encoding="utf-8")


def refusal(tmp_path: Path, text: str) -> str:
    file = tmp_path / "policy.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        load(file)
    return str(caught.value)


@pytest.mark.parametrize("file", sorted(SAMPLES.glob("*.policy.toml")), ids=lambda f: f.name)
def test_the_policies_of_the_samples_load(file: Path) -> None:
    loaded = load(file)

    assert loaded.policy.caps
    assert len(loaded.hash) == 64


def test_each_limit_of_the_file_arrives_as_its_type(tmp_path: Path) -> None:
    file = tmp_path / "policy.toml"
    file.write_text(TEXT.replace("call_minutes = 15.0", "call_minutes = 15"), encoding="utf-8")

    policy = load(file).policy

    assert policy.quiet_hours[0].start == time(21)
    assert policy.capacity.call_minutes == 15.0
    assert policy.consent.since.year == 2025


def test_where_there_is_no_policy_nothing_starts(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="There is no policy at"):
        load(tmp_path / "policy.toml")


@pytest.mark.parametrize(
    ("written", "instead", "said"),
    [
        ("at_most = 3\n", "", "`caps.0.at_most` is missing"),
        ("max_step = 0.3", "max_steps = 0.3", "`budget_step.max_steps` is not a known key"),
        ('[holdout]\nstudy = "always_on"\n', "[holdout]\n", "`holdout.study` is missing"),
        ("expires_hours = 24", "expires_hours = 24\ncolour = 1", "`review.colour` is not a known"),
        ("at_most = 3\n", 'at_most = "3"\n', "`caps.0.at_most`: Input should be a valid integer"),
        ("at_most = 3\n", "at_most = -1\n", "`caps.0.at_most`: Input should be greater"),
        ("share = 0.05", "share = 1.5", "`holdout.share`: Input should be less than or equal"),
        ("share = 0.05", "share = nan", "`holdout.share`: Input should be a finite number"),
        ("window_hours = 168", "window_hours = 0", "`caps.0.window_hours`: Input should be great"),
        ("start = 21:00:00", 'start = "21:00"', "`quiet_hours.0.start`: Input should be a valid"),
        ('channels = ["email", "call", "ads"]', 'channels = ["mail"]', "`consent.channels.0`"),
        ('owner = "privacy officer"\n', "", "`consent.owner` is missing"),
        ("since = 2025-05-25\n", "", "`consent.since` is missing"),
        ('reason = "Nobody is marketed to', 'because = "Nobody is', "`consent.because` is not a"),
        ("[deal_hold]", "[deal_hold", "not valid TOML"),
    ],
)
def test_what_is_missing_unknown_or_off_is_named_by_file_and_key(
    tmp_path: Path, written: str, instead: str, said: str
) -> None:
    assert written in TEXT

    message = refusal(tmp_path, TEXT.replace(written, instead, 1))

    assert str(tmp_path / "policy.toml") in message
    assert said in message


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "policy.toml"
    file.write_bytes(b'name = "caf\xe9"')

    with pytest.raises(ConfigurationError, match=r"not text in UTF-8: .* at byte 11"):
        load(file)


def run_limits(touches: int, *fatigue: float) -> RunLimits:
    return RunLimits(touches_per_contact=touches, fatigue=fatigue, **SAID)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"caps": (cap("day", "email"), cap("day", "call"))}, "`caps` names day 2 times"),
        (
            {"spacing": (spacing("a", "call", "email", 3), spacing("a", "email", "call", 4))},
            "`spacing` names a 2 times",
        ),
        ({"agents": ("email", "email")}, "`agents` names email 2 times"),
        (
            {"quiet_hours": (quiet(time(21), time(8), "email"), quiet(time(1), time(2), "email"))},
            "`quiet_hours` names email more than once",
        ),
        ({"quiet_hours": (quiet(time(8), time(8), "email"),)}, "end at 08:00:00, as they start"),
        ({"spacing": (spacing("a", "call", "call", 3),)}, "names call on both sides"),
        ({"caps": (cap("day", "email", "call"), cap("none"))}, "`caps` none names no channel"),
        ({"caps": (cap("day", "email"),)}, "no cap per contact covers call"),
        (
            {"caps": (cap("day", "email"), cap("team", "call", per="account"))},
            "no cap per contact covers call",
        ),
        ({"run": run_limits(1)}, "has 0 factors for 1 touches"),
        ({"run": run_limits(1, 0.9)}, "must begin with 1.0"),
        ({"run": run_limits(2, 1.0, 0.5, 0.6)}, "must not rise"),
        ({"run": run_limits(3, 1.0, 0.5)}, "has 2 factors for 3 touches"),
    ],
)
def test_what_contradicts_itself_or_limits_nothing_is_told(
    changes: dict[str, Any], said: str
) -> None:
    told = list(problems(sample_policy(**changes)))

    assert len(told) == 1
    assert said in told[0].said


def test_a_sensible_policy_has_no_problems() -> None:
    assert list(problems(sample_policy())) == []
    assert list(problems(sample_policy(run=run_limits(2, 1.0, 1.0)))) == []


def test_a_senseless_file_is_refused_when_it_is_loaded(tmp_path: Path) -> None:
    message = refusal(tmp_path, TEXT.replace("fatigue = [1.0, 0.7]", "fatigue = [0.7, 1.0]"))

    assert "`run.fatigue` must begin with 1.0" in message


def test_the_hash_follows_what_the_policy_says_and_not_how_it_is_written(tmp_path: Path) -> None:
    told, retold, changed = (tmp_path / f"{name}.toml" for name in "abc")
    told.write_text(TEXT, encoding="utf-8")
    retold.write_text(f"# another remark\n\n{TEXT}", encoding="utf-8")
    changed.write_text(TEXT.replace("at_most = 3\n", "at_most = 4\n", 1), encoding="utf-8")

    assert load(told).hash == load(retold).hash
    assert load(told).hash != load(changed).hash


def test_a_longer_strictness_is_another_policy() -> None:
    rule = ConsentRule(channels=("email",), exempt_classes=PLAIN, strict_after_days=90, **SAID)

    assert hash_of(sample_policy(consent=rule)) != hash_of(sample_policy())
