"""Exposures: least and most of a theme, to a segment and by a channel, in a run."""

from typing import Any

import polars as pl
import pytest

from app.compose import House
from app.pricing import price_list
from graph.choosing import choose
from graph.exposures import called, exposure_limits, exposure_uses
from graph.opening import pins_of
from graph.what_if import changed, limits_of
from policies.account_limits import Attribute, Segment
from policies.money_limits import Exposure
from policies.schema import Policy
from policies.sense import problems
from tests.known_failures.test_money import under
from tests.known_failures.worlds import run
from tests.policies.worlds import SAID, sample_policy

CUSTOMERS = Segment.model_validate({**SAID, "name": "customers", "where": "is_customer"})


def exposure(**what: Any) -> Exposure:
    return Exposure.model_validate({**SAID, "name": "one", **what})


def policy_with(*rules: Exposure) -> Policy:
    return sample_policy(exposures=rules, segments=(CUSTOMERS,))


def candidates() -> pl.DataFrame:
    """An e-mail and a call of each of three contacts, the e-mails of the theme care, the calls of
    the theme trial."""
    channels = ["email", "call"] * 3
    return pl.DataFrame(
        {
            "candidate": range(6),
            "contact": [0, 0, 1, 1, 2, 2],
            "channel": channels,
            "class": "marketing",
            "theme": ["care" if one == "email" else "trial" for one in channels],
        },
        schema_overrides={"contact": pl.UInt32},
    )


def people() -> pl.DataFrame:
    """A customer, one who is none, and one of whom it is not known."""
    return pl.DataFrame(
        {"contact": [0, 1, 2], "is_customer": [True, False, None]},
        schema_overrides={"contact": pl.UInt32},
    )


def counted(rule: Exposure, **instead: Any) -> dict[str, list[int]]:
    """By resource, the candidates that count. instead: columns of theirs as they are said here."""
    said = candidates().with_columns(**instead)
    uses = pl.concat(exposure_uses(said, people(), policy_with(rule)))
    by = uses.group_by("resource").agg(pl.col("candidate").sort())
    return dict(by.iter_rows())


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        ({"theme": "care"}, [0, 2, 4]),
        ({"channel": "call"}, [1, 3, 5]),
        ({"theme": "care", "channel": "call"}, []),
    ],
)
def test_all_that_is_named_must_match(named: dict[str, Any], expected: list[int]) -> None:
    assert counted(exposure(**named, at_most=1)).get("maximum:one", []) == expected


def test_who_may_be_in_the_segment_counts_for_the_maximum_and_not_for_the_minimum() -> None:
    both = exposure(segment="customers", channel="email", at_least=1, ceiling=5.0, at_most=2)

    assert counted(both) == {"exposure:one": [0], "maximum:one": [0, 4]}


def test_what_has_no_theme_counts_for_a_themes_maximum_and_not_for_its_minimum() -> None:
    both = exposure(theme="care", at_least=1, ceiling=5.0, at_most=2)
    unthemed = pl.when(pl.col("candidate") < 2).then(pl.lit(None)).otherwise("theme")

    assert counted(both, theme=unthemed) == {"exposure:one": [2, 4], "maximum:one": [0, 1, 2, 4]}


def test_who_leaves_an_audience_is_sent_nothing_and_counts_for_no_exposure() -> None:
    both = exposure(channel="ads", at_least=1, ceiling=5.0, at_most=2)
    leaving = pl.when(pl.col("candidate") < 2).then(pl.lit("transactional")).otherwise("class")
    ads = {"channel": pl.lit("ads"), "class": leaving}

    assert counted(both, **ads) == {"exposure:one": [2, 3, 4, 5], "maximum:one": [2, 3, 4, 5]}


def test_a_minimum_has_a_price_and_a_maximum_has_none() -> None:
    both = exposure(theme="care", at_least=1, ceiling=5.0, at_most=2)
    least, most = exposure_limits(policy_with(both))

    assert (least.at_least, least.at_most, least.ceiling) == (1.0, None, 5.0)
    assert (most.at_least, most.at_most, most.ceiling) == (None, 2.0, None)


def test_an_exposure_is_called_by_all_that_it_names() -> None:
    whole = exposure(theme="care", channel="email", segment="customers", at_most=1)

    assert called(whole) == "care by email to customers"
    assert called(exposure(channel="sms", at_most=1)) == "touches by sms"


def test_both_sides_can_be_asked_about_by_name() -> None:
    policy = policy_with(exposure(theme="care", at_least=1, ceiling=5.0, at_most=2))
    asked = {name: value for name, value in limits_of(policy).items() if name.endswith(" one")}
    (other,) = changed(policy, "maximum one", 7).exposures

    assert asked == {"exposure one": 1.0, "maximum one": 2.0}
    assert (other.at_least, other.at_most) == (1, 7)
    assert list(problems(policy)) == []


def with_most(house: House, at_most: int | None, **named: Any) -> House:
    """The policy lets a run choose no more than so many of what is named."""
    rules = () if at_most is None else (exposure(**named, at_most=at_most),)
    policy = house.tower.loaded.policy
    segments = (*policy.segments, CUSTOMERS)
    return under(house, policy.model_copy(update={"exposures": rules, "segments": segments}))


def mailed(house: House, run_id: str) -> pl.DataFrame:
    """The e-mails that the run chooses under the house's policy."""
    choices, _ = choose(house.tower, pins_of(house.tower, run_id))
    candidates = house.tower.folder(run_id).read("candidates")
    chosen = choices.filter("chosen").join(candidates, on="candidate", how="inner")
    return chosen.filter(pl.col("channel") == "email")


def test_a_run_chooses_no_more_than_the_maximum_though_more_would_be_worth_it(
    house: House,
) -> None:
    run_id = run(with_most(house, None), "one")
    free = mailed(with_most(house, None), run_id).height
    capped = with_most(house, 3, channel="email")

    assert free > 3
    assert mailed(capped, run_id).height == 3


def test_a_maximum_holds_for_those_whose_segment_is_not_known(house: House) -> None:
    where = "attr_age < 18 or attr_age is not null"
    aged = Segment.model_validate({**SAID, "name": "customers", "where": where})
    change = {"attributes": (Attribute(name="age", kind="number"),), "segments": (aged,)}
    capped = with_most(house, 0, segment="customers", channel="email")
    unknown = under(house, capped.tower.loaded.policy.model_copy(update=change))
    run_id = run(with_most(house, None), "one")

    assert mailed(with_most(house, None), run_id).height > 0
    assert mailed(unknown, run_id).height == 0


def test_the_price_list_shows_what_a_maximum_costs(house: House) -> None:
    capped = with_most(house, 3, channel="email")
    shown = {one["limit"]: one for one in price_list(capped, run(capped, "one"))["prices"]}

    assert shown["maximum one"]["cost"] > 0
    assert shown["maximum one"]["owner"] == SAID["owner"]
