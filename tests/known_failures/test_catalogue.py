"""Every known failure of other products and every rule of contact law has a test named after it."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
LISTED = [*(f"W{number}" for number in range(1, 23)), *(f"L{number}" for number in range(1, 33))]


def _tested() -> set[str]:
    texts = (file.read_text() for file in (ROOT / "tests").rglob("test_*.py"))
    return {
        f"{kind}{n}" for text in texts for kind, n in re.findall(r"def test_([WL])(\d+)_", text)
    }


def test_every_known_failure_and_every_rule_of_contact_law_has_a_test_named_after_it() -> None:
    assert sorted(set(LISTED) - _tested()) == []


def test_no_test_is_named_after_a_failure_or_a_rule_that_is_not_listed() -> None:
    assert sorted(_tested() - set(LISTED)) == []
