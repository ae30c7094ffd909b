"""Content affinity: shrunk to themes, drawn with exact odds, and never without a share."""

from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import DataError
from tools.measurement.off_policy import OffPolicy, gain_over, judged, wins
from tools.prediction.content import Affinity, fit_content
from tools.prediction.content_draws import draw, odds
from tools.prediction.context import Context

AT = datetime(2026, 9, 1, tzinfo=UTC)
NAMES = ("taste",)
GOOD, BAD = "good", "bad"


def programme(new: int = 1, old: int = 3) -> pl.DataFrame:
    """Treatments of a good and a bad theme; of each, `new` are only ever seen by the programme."""
    rows = [
        (f"{theme}-{kind}-{i}", theme)
        for theme in (BAD, GOOD)
        for kind, count in (("new", new), ("old", old))
        for i in range(count)
    ]
    return pl.DataFrame(rows, schema=["treatment_id", "theme"], orient="row")


def people(count: int, seed: int) -> Context:
    return Context(NAMES, np.random.default_rng(seed).choice([-1.0, 1.0], (count, 1)))


def past(
    count: int, seed: int, *, good: float = 0.2, bad: float = 0.05, taste: float = 0.0
) -> tuple[pl.DataFrame, Context]:
    """Touches by chance with old treatments; `taste`: how much more (log odds) those of taste +1
    answer the good theme, and those of -1 the bad."""
    draws = np.random.default_rng(seed)
    context = people(count, seed + 10_000)
    old = programme().filter(pl.col("treatment_id").str.contains("old"))
    told = old[draws.integers(0, old.height, count)]
    is_good = (told.get_column("theme") == GOOD).to_numpy()
    level = np.where(is_good, good, bad)
    tilt = taste * context.matrix[:, 0] * np.where(is_good, 1.0, -1.0)
    chance = 1.0 / (1.0 + np.exp(-(np.log(level / (1.0 - level)) + tilt)))
    rows = told.select("treatment_id").with_columns(
        contact=pl.int_range(pl.len()),
        touched_at=pl.lit(AT, pl.Datetime("us", "UTC")),
        answered=pl.Series(draws.random(count) < chance),
    )
    return rows, context


def fitted(count: int = 4000, seed: int = 1, **world: float) -> Affinity:
    rows, context = past(count, seed, **world)
    return fit_content(rows, context, programme(), AT)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 40), st.floats(0.001, 0.125))
def test_odds_sum_to_one_and_none_is_below_the_floor(seed: int, count: int, floor: float) -> None:
    affinity = fitted(600, seed % 5)

    found = odds(affinity, people(count, seed), f"run-{seed}", floor=floor)

    assert found.sum(axis=1) == pytest.approx(np.ones(count))
    assert found.min() >= floor


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_what_may_not_go_to_somebody_is_never_drawn_for_them(seed: int) -> None:
    affinity = fitted(600)
    allowed = np.random.default_rng(seed).random((30, affinity.treatments.height)) < 0.4
    allowed[0] = False

    found = odds(affinity, people(30, seed), "run", floor=0.02, allowed=allowed)

    assert (found[~allowed] == 0.0).all()
    assert (found[allowed] >= 0.02).all()
    assert found.sum(axis=1) == pytest.approx(allowed.any(axis=1).astype(float))


def test_a_contact_that_may_get_nothing_is_drawn_nothing() -> None:
    affinity = fitted(600)
    allowed = np.ones((3, affinity.treatments.height), np.bool_)
    allowed[1] = False
    contacts = pl.DataFrame({"contact_id": ["A", "B", "C"]})

    found = draw(affinity, contacts, people(3, 1), "run", floor=0.02, allowed=allowed)

    assert found.get_column("contact_id").to_list() == ["A", "C"]


def test_the_same_run_draws_the_same_bytes_and_another_run_others() -> None:
    rows, context = past(2000, 3)
    contacts = pl.DataFrame({"contact_id": [f"C{i}" for i in range(2000)]})

    first, again, other = (
        draw(fit_content(rows, context, programme(), AT), contacts, context, run, floor=0.02)
        for run in ("one", "one", "two")
    )

    assert first.write_csv() == again.write_csv()
    assert first.write_csv() != other.write_csv()


def test_draws_come_as_often_as_their_odds_say() -> None:
    affinity, context = fitted(4000), people(20_000, 7)
    contacts = pl.DataFrame({"contact_id": [f"C{i}" for i in range(20_000)]})

    told = odds(affinity, context, "run", floor=0.02)
    found = draw(affinity, contacts, context, "run", floor=0.02)

    names = affinity.treatments.get_column("treatment_id").to_list()
    seen = np.array([(found.get_column("treatment_id") == name).sum() for name in names])
    spread = np.sqrt((told * (1.0 - told)).sum(axis=0))
    assert (np.abs(seen - told.sum(axis=0)) <= 4.0 * spread).all()
    where = [names.index(one) for one in found.get_column("treatment_id")]
    assert found.get_column("propensity").to_numpy() == pytest.approx(told[range(20_000), where])


def test_a_new_treatment_of_a_good_theme_starts_above_one_of_a_bad_theme() -> None:
    table = fitted().chances(Context(NAMES, np.zeros((1, 1))))

    good = table.row(by_predicate=pl.col("treatment_id") == "good-new-0", named=True)
    bad = table.row(by_predicate=pl.col("treatment_id") == "bad-new-0", named=True)
    old = table.row(by_predicate=pl.col("treatment_id") == "good-old-0", named=True)

    assert good["chance"] > bad["high"]
    assert good["high"] - good["low"] > 2.0 * (old["high"] - old["low"])
    assert (good["support"], good["evidence"], old["evidence"]) == (0.0, "prior", "measured")


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 1000))
def test_more_evidence_narrows_every_interval(seed: int) -> None:
    few, many = fitted(500, seed), fitted(8000, seed)
    at = Context(NAMES, np.zeros((1, 1)))

    old = few.treatments.get_column("treatment_id").str.contains("old").to_numpy()

    assert (many.log_odds(at)[1] < few.log_odds(at)[1])[0, old].all()


def test_below_the_least_evidence_all_treatments_count_alike_and_it_says_so() -> None:
    affinity = fitted(150)

    table = affinity.chances(Context(NAMES, np.zeros((1, 1))))

    assert affinity.evidence == "prior"
    assert affinity.model == "prior:alike"
    assert "200 and 20 are needed" in affinity.words
    assert table.get_column("chance").n_unique() == 1


def gain(affinity: Affinity, seed: int, count: int, **world: float) -> OffPolicy:
    """What the draws would have earned over an equal chance for each, on rows they never saw."""
    rows, context = past(count, seed, **world)
    names = affinity.treatments.get_column("treatment_id").to_list()
    old = np.array(["old" in name for name in names])
    allowed = np.tile(old, (rows.height, 1))
    logged = np.array([names.index(one) for one in rows.get_column("treatment_id")])
    reward = rows.get_column("answered").to_numpy().astype(np.float64)
    equal = np.full(rows.height, 1.0 / old.sum())
    drawn = odds(affinity, context, "run", floor=0.02, allowed=allowed)
    model = affinity.chances(context).get_column("chance").to_numpy().reshape(drawn.shape)
    return gain_over(
        judged(drawn, logged, equal, reward, model),
        judged(allowed / old.sum(), logged, equal, reward, model),
    )


def test_who_likes_what_is_learned_and_the_off_policy_estimate_shows_it() -> None:
    world = {"taste": 0.8, "good": 0.1, "bad": 0.1}

    found = gain(fitted(6000, 1, **world), 99, 6000, **world)

    assert wins(found)


def test_where_all_are_alike_no_win_is_claimed() -> None:
    world = {"good": 0.1, "bad": 0.1}

    claimed = [wins(gain(fitted(1000, i, **world), 500 + i, 1000, **world)) for i in range(6)]

    assert sum(claimed) <= 1


def test_a_log_without_a_propensity_is_refused() -> None:
    with pytest.raises(DataError, match="each with a propensity"):
        judged(np.ones((1, 1)), np.array([0]), np.array([0.0]), np.array([1.0]))


@pytest.mark.parametrize("floor", [0.0, -0.1, 0.2])
def test_a_floor_that_cannot_hold_is_refused(floor: float) -> None:
    with pytest.raises(DataError, match="Expected a floor above 0 and at most 1/8"):
        odds(fitted(600), people(2, 1), "run", floor=floor)


def test_features_other_than_those_fitted_are_refused() -> None:
    with pytest.raises(DataError, match="Expected the features taste, found age"):
        fitted(600).chances(Context(("age",), np.zeros((1, 1))))


def test_no_treatment_and_the_same_twice_are_refused() -> None:
    rows, context = past(300, 1)
    for wrong in (programme().head(0), pl.concat([programme(), programme()])):
        with pytest.raises(DataError, match="each treatment once"):
            fit_content(rows, context, wrong, AT)


def test_touches_after_the_instant_teach_nothing() -> None:
    rows, context = past(4000, 1)
    late = rows.with_columns(touched_at=pl.lit(datetime(2026, 9, 2, tzinfo=UTC)))

    affinity = fit_content(late, context, programme(), AT)

    assert affinity.evidence == "prior"
