"""Each bad policy is refused with its file, the line and one sentence."""

import re
from pathlib import Path

import pytest

from domain.errors import ConfigurationError
from policies.loading import load
from tests.policies.bad_policies import BAD, SAMPLES, Bad

LONGEST = 400
"""Characters of a sentence that a person still reads; the condition's own hint is the longest."""


def refusal(file: Path) -> str:
    with pytest.raises(ConfigurationError) as caught:
        load(file)
    return caught.value.message


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: bad.name.replace(" ", "_"))
def test_a_bad_policy_is_refused_with_file_line_and_one_sentence(bad: Bad, tmp_path: Path) -> None:
    file = tmp_path / "policy.toml"
    file.write_bytes(bad.file)

    said = refusal(file).removeprefix(f"{file}, line {bad.line}: ")

    assert str(file) not in said, f"expected line {bad.line}: {said}"
    assert bad.said in said
    assert said.endswith(".")
    assert len(said) <= LONGEST
    assert said.isprintable()


def test_there_are_at_least_fifty_of_them_and_no_two_alike() -> None:
    assert len({bad.file for bad in BAD}) == len({bad.name for bad in BAD}) == len(BAD) >= 50


def test_a_folder_in_the_place_of_the_policy_is_refused_in_the_same_words(tmp_path: Path) -> None:
    assert re.fullmatch(rf"{re.escape(str(tmp_path))}, line 1: .+\.", refusal(tmp_path))


@pytest.mark.parametrize("file", sorted(SAMPLES.glob("*.policy.toml")), ids=lambda f: f.name)
def test_the_samples_that_they_are_made_from_are_not_refused(file: Path) -> None:
    assert load(file).policy.caps
