"""What `clearance.toml` may say of objectives: one, or several with their weights."""

from pathlib import Path

import pytest

from domain.errors import ConfigurationError
from domain.toml import read_record
from tools.workspace_config import WorkspaceConfig

TINY = (Path(__file__).parents[2] / "evals" / "faults" / "clearance.toml").read_text()
START, END = TINY.index("[objective]"), TINY.index("[cycle]")
ALONE = TINY[START:END]
LEADS = ALONE.replace("[objective]", "[[objectives]]").strip()
SALES = (
    LEADS.replace('"mql"', '"purchase"').replace('"lead"', '"sale"').replace("40000", "90000")
    + "\nweight = 2\n"
)


def config(*said: str, more: str = "") -> WorkspaceConfig:
    text = TINY[:START] + "\n".join(said) + "\n" + TINY[END:] + more
    return read_record(WorkspaceConfig, text, "clearance.toml")


def refused(*said: str, more: str = "") -> str:
    with pytest.raises(ConfigurationError) as error:
        config(*said, more=more)
    return str(error.value)


def test_one_objective_stands_alone_and_counts_once() -> None:
    said = config(ALONE)

    assert said.objectives == (said.objective,)
    assert (said.objective.outcome, said.objective.weight) == ("mql", 1.0)


def test_the_first_of_several_leads_and_each_has_the_weight_it_declares() -> None:
    said = config(LEADS, SALES)

    assert said.objective.outcome == "mql"
    assert [(one.outcome, one.weight) for one in said.objectives] == [("mql", 1), ("purchase", 2)]


def test_one_objective_says_the_same_in_either_form() -> None:
    assert config(LEADS).objectives == config(ALONE).objectives


def test_both_forms_are_refused_with_what_to_do_about_it() -> None:
    said = refused(ALONE, SALES)

    assert "both [objective] and [[objectives]] stand in the file" in said
    assert "move [objective] among the [[objectives]]" in said


def test_a_file_without_an_objective_is_refused() -> None:
    assert "neither [objective] nor [[objectives]] stands in the file" in refused()


def test_an_outcome_that_stands_twice_is_refused_by_name() -> None:
    said = refused(LEADS, SALES, LEADS)

    assert "each outcome is one objective at most, and 'mql' is that of several" in said


@pytest.mark.parametrize("weight", ["0", "0.0", "-1", "nan", "inf", "1e300", '"2"', "true"])
def test_a_weight_that_is_not_a_positive_number_is_refused_by_its_line(weight: str) -> None:
    said = refused(LEADS, SALES.replace("weight = 2", f"weight = {weight}"))

    line = said.split("line ")[1].split(":")[0]
    assert "weight" in said
    lines = (TINY[:START] + LEADS + "\n" + SALES).split("\n")
    assert lines[int(line) - 1].startswith("weight")


@pytest.mark.parametrize("place", [0, 1])
def test_an_objective_in_another_currency_is_refused(place: int) -> None:
    both = [LEADS, SALES]
    both[place] = both[place].replace('"USD"', '"EUR"')

    said = refused(*both)

    assert "the workspace counts in USD" in said
    assert "in EUR" in said


def test_a_lone_objective_in_another_currency_is_refused() -> None:
    assert "the workspace counts in USD" in refused(ALONE.replace('"USD"', '"EUR"'))


PRIOR = """
[[priors]]
channel = "email"
outcome = "{outcome}"
share_of_propensity = 0.0
flat = 0.01
relative_se = 0.5
basis = "declared for a test"
"""


def test_a_prior_may_be_of_one_of_the_objectives() -> None:
    said = config(LEADS, SALES, more=PRIOR.format(outcome="purchase"))

    assert said.priors[-1].outcome == "purchase"


def test_a_prior_of_what_is_no_objective_is_refused() -> None:
    said = refused(LEADS, SALES, more=PRIOR.format(outcome="visit"))

    assert "is of 'visit', and the objectives are mql, purchase" in said


@pytest.mark.parametrize("outcome", ["click", "open"])
def test_attention_is_an_objective_only_where_somebody_acknowledges_that_it_misleads(
    outcome: str,
) -> None:
    attention = ALONE.replace('"mql"', f'"{outcome}"').strip()
    known = config(attention + "\nacknowledge_engagement = true\n")

    assert f"{outcome}s are attention, not success" in refused(attention)
    assert "acknowledge_engagement = true" in refused(attention + '\npurpose = "engagement"\n')
    assert known.objective.outcome == outcome


def test_engagement_as_a_purpose_must_be_acknowledged_whatever_the_outcome() -> None:
    engaged = ALONE.strip() + '\npurpose = "engagement"\n'

    assert "engagement is attention, not success" in refused(engaged)
    assert config(engaged + "acknowledge_engagement = true\n").objective.purpose == "engagement"


@pytest.mark.parametrize("purpose", ["conversion", "revenue", "pipeline", "lifetime_value"])
def test_the_purpose_of_clicks_is_engagement_and_no_other(purpose: str) -> None:
    clicks = ALONE.replace('"mql"', '"click"').strip() + "\nacknowledge_engagement = true\n"

    assert f"and '{purpose}' is declared" in refused(f'{clicks}purpose = "{purpose}"\n')


@pytest.mark.parametrize("purpose", ["conversion", "revenue", "pipeline", "lifetime_value"])
def test_an_objective_says_what_it_is_for(purpose: str) -> None:
    assert config(f'{ALONE.strip()}\npurpose = "{purpose}"\n').objective.purpose == purpose


def test_a_purpose_nobody_knows_is_refused() -> None:
    assert "purpose" in refused(f'{ALONE.strip()}\npurpose = "fame"\n')


@pytest.mark.parametrize(
    ("key", "purposes"),
    [
        ("worth_days = 90", ("pipeline", "lifetime_value")),
        ("margin = 0.4", ("revenue", "lifetime_value")),
    ],
)
def test_margin_and_days_of_worth_are_refused_where_they_would_count_for_nothing(
    key: str, purposes: tuple[str, ...]
) -> None:
    for purpose in ("conversion", "revenue", "pipeline", "lifetime_value"):
        said = f'{ALONE.strip()}\npurpose = "{purpose}"\n{key}\n'
        if purpose in purposes:
            assert config(said).objective.purpose == purpose
        else:
            assert f"`{key.split()[0]}` is for the purposes" in refused(said)


@pytest.mark.parametrize("key", ["worth_days = 6", "margin = 0.0", "margin = 1.5"])
def test_days_of_worth_and_margin_have_bounds(key: str) -> None:
    assert key.split()[0] in refused(f'{ALONE.strip()}\npurpose = "lifetime_value"\n{key}\n')


def test_an_objective_that_says_no_purpose_is_hashed_as_it_ever_was() -> None:
    said = config(ALONE).objective.model_dump()

    assert not {"purpose", "worth_days", "margin"} & set(said)
