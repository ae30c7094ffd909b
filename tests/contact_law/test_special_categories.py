"""L8: what the law calls special of a person is never what they are chosen by."""

from typing import Any, Literal

import polars as pl
import pytest

from domain.special import category_of
from policies.account_limits import Attribute, Segment
from policies.schema import Policy
from policies.sense import problems
from tests.policies.worlds import SAID, sample_policy
from tools.prediction.features import encode

SPECIAL = (
    "health",
    "has_disability",
    "religion",
    "politicalParty",
    "sexual_orientation",
    "Ethnicity",
    "trade_union",
    "dna_test",
    "biometric_hash",
)
PLAIN = ("age", "job", "membership", "trace_id", "third_party", "marital", "city", "embrace")


def observed(*names: str) -> pl.DataFrame:
    """Three contacts, two of them to learn from, who differ in each of these attributes."""
    columns = {f"attr_{name}": [0, 1, 0] for name in names}
    return pl.DataFrame({**columns, "evaluation": [False, False, True]})


def choosing_by(name: str, personal: Literal["special", "ordinary"] | None = None) -> Policy:
    """A policy with a segment of those who have the attribute."""
    column: dict[str, Any] = {"name": name, "kind": "number", "personal": personal}
    segment = Segment(name="chosen", where=f"coalesce(attr_{name}, 0) = 1", **SAID)
    return sample_policy(attributes=(Attribute(**column),), segments=(segment,))


@pytest.mark.parametrize("name", SPECIAL)
def test_L8_an_attribute_that_is_named_like_a_special_category_is_no_feature(name: str) -> None:
    found = encode(observed(name, "age"))

    assert found.names == ("attr_age",)
    assert f"Left out, as special categories of personal data: attr_{name}." in found.words


@pytest.mark.parametrize("name", PLAIN)
def test_L8_ordinary_attributes_stay_features(name: str) -> None:
    assert encode(observed(name)).names == (f"attr_{name}",)
    assert encode(observed(name)).words == ""


def test_L8_what_the_policy_declares_special_is_no_feature_whatever_its_name() -> None:
    assert encode(observed("code_7"), {"code_7": "special"}).names == ()
    assert encode(observed("code_7"), {"code_7": None}).names == ("attr_code_7",)


def test_L8_a_score_that_is_only_called_like_one_may_be_declared_ordinary() -> None:
    assert encode(observed("health_score")).names == ()
    assert encode(observed("health_score"), {"health_score": "ordinary"}).names == (
        "attr_health_score",
    )
    assert category_of("health_score", {"health_score": "ordinary"}) is None


@pytest.mark.parametrize(
    ("policy", "what"),
    [
        (choosing_by("religion"), "religion or belief"),
        (choosing_by("code_7", "special"), "a category declared special"),
    ],
)
def test_L8_a_segment_that_asks_for_one_is_refused_with_a_sentence(
    policy: Policy, what: str
) -> None:
    (problem,) = problems(policy)

    assert problem.key == ("segments", 0, "where")
    assert f"which holds {what}: nobody is chosen by that." in problem.said


def test_L8_a_segment_of_ordinary_attributes_is_read() -> None:
    assert list(problems(choosing_by("age"))) == []
    assert list(problems(choosing_by("health_score", "ordinary"))) == []
