"""Whom does an e-mail change? The product's effects on the real experiment against references."""

from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from evals.email_policy import VISITS, choices_of
from evals.figure import Figure, aimed, shown
from evals.paired import bootstrap_se, reference_chance
from evals.real_data import Experiment, read_experiment
from evals.scoring_data import by_number
from tools.measurement.answers import NOTHING, answers
from tools.measurement.offline import difference, policy_value
from tools.measurement.qini import Ranked, rank
from tools.prediction.features import Features, encode
from tools.prediction.learners import LEARNERS, Comparison, cross_fitted
from tools.prediction.predicting import predict
from tools.prediction.propensity import Floats
from tools.prediction.training import folds_of

TARGETS: Final = {"mens_email": 0.0024, "womens_email": 0.0070}
SPEND_TARGET: Final = 1.32
CENTS: Final = 100.0


def uplift_figures() -> tuple[Figure, ...]:
    """Qini, spend and visits of the product's forecast on rows that end in 0, 1 or 2."""
    experiment = read_experiment()
    contacts = experiment.contacts.with_columns(evaluation=by_number(experiment.contacts))
    forecast = predict(
        contacts,
        experiment.touches,
        experiment.outcomes,
        experiment.treatments,
        (VISITS,),
        (),
        experiment.judged_at,
    )
    rows = _answers(experiment, contacts)
    features = encode(contacts)
    reference = _reference(features, rows)
    held = rows.filter("evaluation")
    chosen = choices_of(forecast.predictions, held.select("contact", "contact_id"))
    ours = {
        arm: forecast.predictions.filter(treatment_id=arm).sort("contact")["effect"].to_numpy()
        for arm in TARGETS
    }
    return (
        *(_qini(arm, held, ours[arm], reference[arm]) for arm in TARGETS),
        *_spend(held, chosen, reference),
        *_visits(held, chosen),
        *_learners(features, rows.filter(~pl.col("evaluation"))),
    )


def _answers(experiment: Experiment, contacts: pl.DataFrame) -> pl.DataFrame:
    """One row per contact, in order: contact, arm, whether it visited, cents spent."""
    return (
        answers(
            experiment.touches,
            experiment.outcomes,
            VISITS.outcome,
            VISITS.horizon_days,
            experiment.judged_at,
        )
        .join(contacts.select("contact", "contact_id", "evaluation"), on="contact_id")
        .sort("contact")
    )


def _reference(features: Features, rows: pl.DataFrame) -> dict[str, Floats]:
    """Effects per contact of the references' kind of T-learner."""
    learned = ~rows.get_column("evaluation").to_numpy()
    arm = rows.get_column("treatment_id").to_numpy()
    said = {
        one: reference_chance(
            features.matrix,
            features.categorical,
            rows.get_column("answered").to_numpy(),
            learned & (arm == one),
        )
        for one in (*TARGETS, NOTHING)
    }
    return {one: said[one] - said[NOTHING] for one in TARGETS}


def _qini(arm: str, held: pl.DataFrame, ours: Floats, reference: Floats) -> Figure:
    of_arm = held.filter(pl.col("treatment_id").is_in([arm, NOTHING]))
    number = of_arm.get_column("contact").to_numpy()
    treated = (of_arm.get_column("treatment_id") == arm).to_numpy()
    reward = of_arm.get_column("answered").to_numpy().astype(np.float64)
    first, second = (rank(one[number], treated, reward) for one in (ours, reference))
    value, target = first.qini(), TARGETS[arm]
    words = (
        f"Qini of visits, {arm}; {value - target:+.4f} of its target; refitted reference "
        f"{second.qini():.4f}"
    )
    se = _gap_se(first, second)
    return aimed(f"qini_{arm}", words, value, se, target, within_errors=1.0)


def _choices(held: pl.DataFrame, effects: dict[str, Floats]) -> pl.DataFrame:
    number = held.get_column("contact").to_numpy()
    columns = np.column_stack([np.zeros(len(number)), *(one[number] for one in effects.values())])
    names = np.array([NOTHING, *effects], dtype=object)
    chosen = pl.Series("treatment_id", names[columns.argmax(axis=1)], dtype=pl.String)
    return held.select("contact_id").with_columns(chosen)


def _spend(
    held: pl.DataFrame, chosen: pl.DataFrame, reference: dict[str, Floats]
) -> tuple[Figure, ...]:
    """Spend per customer where each gets the e-mail with the largest effect on visits."""
    logged = held.with_columns(reward=pl.col("value") / CENTS)
    found = policy_value(chosen, logged)
    beside = _choices(held, reference)
    paired = difference(chosen, beside, logged)
    words = (
        f"spend per customer under the arm of the largest effect; {found.snips - SPEND_TARGET:+.3f}"
        f" of its target; refitted reference {policy_value(beside, logged).snips:.3f}; its own "
        f"standard error {found.snips_se:.3f}"
    )
    return (
        aimed("spend_model", words, found.snips, paired.snips_se, SPEND_TARGET, within_errors=1.0),
    )


def _visits(held: pl.DataFrame, chosen: pl.DataFrame) -> tuple[Figure, ...]:
    """Whether targeting beats one e-mail for all, in words that follow the interval."""
    logged = held.with_columns(reward=pl.col("answered").cast(pl.Float64))
    everyone = held.select("contact_id", treatment_id=pl.lit("mens_email"))
    gain = difference(chosen, everyone, logged)
    beats = gain.snips > 1.96 * gain.snips_se
    said = "targeting beats mens-to-all" if beats else "targeting does not beat mens-to-all"
    words = f"visits per customer, model minus mens-to-all, paired: {said}"
    return (shown("visits_gain", words, gain.snips, gain.snips_se),)


def _learners(features: Features, rows: pl.DataFrame) -> tuple[Figure, ...]:
    """T, X and DR compared on training rows alone, cross-fitted: what chooses the default."""
    return tuple(one for arm in TARGETS for one in _compared(arm, features, rows))


def _compared(arm: str, features: Features, rows: pl.DataFrame) -> tuple[Figure, ...]:
    arms = rows.filter(pl.col("treatment_id").is_in([arm, NOTHING]))
    number = arms.get_column("contact").to_numpy()
    compared = Comparison(
        features.matrix[number],
        features.categorical,
        (arms.get_column("treatment_id") == arm).to_numpy(),
        arms.get_column("answered").to_numpy(),
        np.full(arms.height, 0.5),
        folds_of(arms).to_numpy(),
    )
    reward = compared.answered.astype(np.float64)
    ranks = {one: rank(cross_fitted(one, compared), compared.treated, reward) for one in LEARNERS}
    plain = shown(
        f"learner_t_{arm}",
        f"cross-fitted Qini on training rows, {arm}, T-learner",
        ranks["t"].qini(),
    )
    gains = tuple(
        shown(
            f"learner_{one}_{arm}",
            f"the same of the {one.upper()}-learner minus the T-learner's, paired",
            ranks[one].qini() - ranks["t"].qini(),
            _gap_se(ranks[one], ranks["t"]),
        )
        for one in LEARNERS
        if one != "t"
    )
    return (plain, *gains)


def _gap_se(first: Ranked, second: Ranked) -> float:
    """Paired bootstrap error of the first's Qini minus the second's."""
    count = len(first.order)

    def gap(drawn: npt.NDArray[np.intp]) -> float:
        weight = np.bincount(drawn, minlength=count).astype(np.float64)
        return first.qini(weight) - second.qini(weight)

    return bootstrap_se(gap, count)
