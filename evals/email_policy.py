"""Is choosing each customer's e-mail by the model worth at least the best single e-mail?"""

from typing import Final

import polars as pl

from domain.objective import Objective
from evals.figure import Figure, aimed, shown
from evals.real_data import Experiment, read_experiment
from tools.keys import shares_of
from tools.measurement.answers import NOTHING, answers
from tools.measurement.offline import difference, policy_value
from tools.prediction.predicting import predict

VISITS: Final = Objective(
    outcome="visit", horizon_days=14, worth=None, currency="USD", noun="visit"
)
EVALUATION_SHARE: Final = 0.3


def email_policy() -> tuple[Figure, ...]:
    """Figures on two sets of held-out rows: the product's evaluation contacts, and every row whose
    number in the file ends in 0, 1 or 2."""
    experiment = read_experiment()
    product = pl.Series(
        shares_of(experiment.contacts, ["contact_id"], prefix="evaluation") < EVALUATION_SHARE
    )
    by_number = experiment.contacts.get_column("contact") % 10 < 3
    return (
        *_judge(experiment, product, "evaluation"),
        *_judge(experiment, by_number, "row_number"),
    )


def _judge(experiment: Experiment, held_out: pl.Series, name: str) -> tuple[Figure, ...]:
    contacts = experiment.contacts.with_columns(evaluation=held_out)
    forecast = predict(
        contacts,
        experiment.touches,
        experiment.outcomes,
        experiment.treatments,
        (VISITS,),
        (),
        experiment.judged_at,
    )
    held = contacts.filter("evaluation").select("contact", "contact_id")
    logged = (
        answers(
            experiment.touches,
            experiment.outcomes,
            VISITS.outcome,
            VISITS.horizon_days,
            experiment.judged_at,
        )
        .join(held, on="contact_id")
        .with_columns(reward=pl.col("answered").cast(pl.Float64))
    )
    arms = {
        arm: held.select("contact_id", treatment_id=pl.lit(arm))
        for arm in ("mens_email", "womens_email", NOTHING)
    }
    values = {arm: policy_value(choices, logged) for arm, choices in arms.items()}
    best = max(values, key=lambda arm: values[arm].ips)
    chosen = choices_of(forecast.predictions, held)
    found, gain = policy_value(chosen, logged), difference(chosen, arms[best], logged)
    rows = f"{found.rows} held-out rows ({name})"
    share = float((chosen.get_column("treatment_id") != best).to_numpy().mean())
    return (
        *(
            shown(f"visits_{arm}_{name}", f"visits per customer, all {arm}", one.ips, one.ips_se)
            for arm, one in values.items()
        ),
        shown(
            f"visits_model_{name}", f"visits per customer, model, {rows}", found.ips, found.ips_se
        ),
        shown(f"share_not_{best}_{name}", f"customers for whom it chose other than {best}", share),
        aimed(
            f"visits_gain_{name}",
            f"model minus all {best}, inverse propensity, paired",
            gain.ips,
            gain.ips_se,
            0.0,
            within_errors=1.0,
        ),
        shown(
            f"visits_gain_normalised_{name}",
            f"model minus all {best}, self-normalised, paired",
            gain.snips,
            gain.snips_se,
        ),
    )


def choices_of(predictions: pl.DataFrame, contacts: pl.DataFrame) -> pl.DataFrame:
    """contact_id and treatment_id per row of `contacts` (contact, contact_id): the largest
    positive effect, else `nothing`."""
    best = (
        predictions.filter(pl.col("effect") > 0.0)
        .sort(["effect", "treatment_id"], descending=[True, False])
        .unique("contact", keep="first", maintain_order=True)
        .select("contact", "treatment_id")
    )
    return contacts.join(best, on="contact", how="left", maintain_order="left").select(
        "contact_id", pl.col("treatment_id").fill_null(NOTHING)
    )
