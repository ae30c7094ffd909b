"""The made-up company's past: touches drawn by chance, what came of them, and another tool's."""

from datetime import datetime

import numpy as np
import polars as pl

from app.samples.company_programme import SEQUENCES
from app.samples.real_rates import call_rates, visit_rates
from app.samples.writing import MADE_UP, instants

WORKS = {
    "nurture_1": "strong",
    "nurture_2": "mild",
    "nurture_3": "strong",
    "nurture_4": "mild",
    "onboarding_1": "mild",
    "onboarding_2": "mild",
    "onboarding_3": "mild",
    "case_study_mail": "strong",
    "nothing": "nothing",
}
"""How each treatment works: as the strong e-mail of the real experiment, the mild one, or none."""
MOMENTS_WEEKS = (22, 16, 10)
UNSUBSCRIBES = 0.002
WEARING = {"nurture_4": 0.014}
JOBS = {
    "marketing": "management",
    "sales": "entrepreneur",
    "finance": "admin.",
    "operations": "services",
    "engineering": "technician",
}
"""Whose yes to a call stands for whose: a made-up mapping onto the real jobs."""
RETARGETING_ADDS = 0.005
CONVERSATIONS = ("call_deal", "task_follow_up")
"""They move deals, not leads."""
UNTRIED = ("spring_offer_mail", "autumn_offer_mail")


def history(
    contacts: pl.DataFrame,
    frames: dict[str, pl.DataFrame],
    start: datetime,
    draws: np.random.Generator,
) -> tuple[dict[str, pl.DataFrame], pl.DataFrame]:
    """Touches and outcomes to import, and the response table that the sandbox draws from."""
    mails, answers = _mails(contacts, start, draws)
    calls, yeses = _calls(contacts, frames["deals"], start, draws)
    touches = pl.concat([mails, calls, _other_tool(contacts, start, draws)], how="diagonal")
    outcomes = pl.concat([answers, yeses], how="diagonal").with_columns(source=pl.lit(MADE_UP))
    return {"touches": touches, "outcomes": outcomes}, response_table()


def _rates(
    treatments: pl.Series, relationships: pl.Series
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    rates = visit_rates()
    pairs = zip(treatments.to_list(), relationships.to_list(), strict=True)
    return np.array([rates[WORKS[treatment], relation] for treatment, relation in pairs])


def _mails(
    contacts: pl.DataFrame, start: datetime, draws: np.random.Generator
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Three moments at which every contact got one of nine treatments by chance, `nothing` among
    them; so each touch has propensity 1/9."""
    arms = sorted(WORKS)
    frames, answers = [], []
    for weeks in MOMENTS_WEEKS:
        given = pl.Series([arms[i] for i in draws.integers(0, len(arms), contacts.height)])
        hours = -168.0 * weeks + draws.uniform(0, 8, contacts.height)
        touch = pl.DataFrame(
            {
                "touch_id": [f"T{weeks:02d}-{name}" for name in contacts["contact_id"]],
                "contact_id": contacts["contact_id"],
                "treatment_id": given,
                "at": instants(start, hours),
            }
        ).with_columns(
            channel=pl.lit("email"),
            propensity=pl.lit(1 / len(arms)),
            source=pl.lit(MADE_UP),
            **{"class": pl.lit("marketing")},
        )
        frames.append(touch)
        became = draws.random(contacts.height) < _rates(given, contacts["relationship"])
        weary = given.replace_strict(WEARING, default=UNSUBSCRIBES, return_dtype=pl.Float64)
        left = (draws.random(contacts.height) < weary.to_numpy()) & (given != "nothing").to_numpy()
        for kind, who in (("mql", became), ("unsubscribe", left)):
            rows = touch.filter(pl.Series(who)).select("touch_id", "contact_id")
            later = instants(start, hours[who] + draws.uniform(1, 200, int(who.sum())))
            answers.append(rows.with_columns(kind=pl.lit(kind), at=later))
    return pl.concat(frames), pl.concat(answers)


def _calls(
    contacts: pl.DataFrame, deals: pl.DataFrame, start: datetime, draws: np.random.Generator
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """1,600 past calls to people without a deal, chosen by the SDRs: nobody knows by what rule."""
    free = contacts.join(deals.select("account_id"), on="account_id", how="anti")
    called = free.sample(1600, seed=11)
    hours = -24.0 * draws.uniform(30, 180, called.height)
    touches = called.select("contact_id").with_columns(
        touch_id=pl.concat_str(pl.lit("K-"), "contact_id"),
        at=instants(start, hours),
        channel=pl.lit("call"),
        treatment_id=pl.lit("call_intro"),
        source=pl.lit(MADE_UP),
        **{"class": pl.lit("marketing")},
    )
    rates = call_rates()
    yes = np.array([rates[JOBS[one]] for one in called["function"]])
    won = draws.random(called.height) < yes
    answers = touches.filter(pl.Series(won)).select("touch_id", "contact_id")
    later = instants(start, hours[won] + draws.uniform(1, 120, int(won.sum())))
    return touches, answers.with_columns(kind=pl.lit("mql"), at=later)


def _other_tool(
    contacts: pl.DataFrame, start: datetime, draws: np.random.Generator
) -> pl.DataFrame:
    """E-mails another tool sent in the last days: they count for every cap."""
    frames = []
    for wave, share in enumerate((0.12, 0.06, 0.04)):
        who = contacts.filter(pl.Series(draws.random(contacts.height) < share))
        frames.append(
            who.select("contact_id").with_columns(
                touch_id=pl.concat_str(pl.lit(f"O{wave}-"), "contact_id"),
                at=instants(start, -24.0 * draws.uniform(0.5, 6.5, who.height)),
                channel=pl.lit("email"),
                treatment_id=pl.lit("webinar_invite"),
                source=pl.lit("other_esp"),
                **{"class": pl.lit("marketing")},
            )
        )
    return pl.concat(frames)


def response_table() -> pl.DataFrame:
    """treatment, segment, kind, probability, value of the company's own truth.

    A call and an ad add to what people do anyway: a call half the real share of yes, as the prior
    says; an ad about what the prior says.
    """
    rates = visit_rates()
    relations = ("new", "established")
    leads = [
        (treatment, relation, "mql", rates[works, relation], 0.0)
        for treatment, works in WORKS.items()
        for relation in relations
    ]
    leads += [
        (treatment, relation, "mql", rates["mild", relation], 0.0)
        for treatment in UNTRIED
        for relation in relations
    ]
    mean_yes = sum(call_rates()[job] for job in JOBS.values()) / len(JOBS)
    adding = {
        "call_intro": mean_yes / 2,
        "retarget_ad": RETARGETING_ADDS,
        **dict.fromkeys(CONVERSATIONS, 0.0),
    }
    leads += [
        (treatment, relation, "mql", rates["nothing", relation] + more, 0.0)
        for treatment, more in adding.items()
        for relation in relations
    ]
    leads += [
        (treatment, relation, "unsubscribe", WEARING.get(treatment, UNSUBSCRIBES), 0.0)
        for treatments in (*SEQUENCES.values(), ("case_study_mail", *UNTRIED))
        for treatment in treatments
        for relation in relations
    ]
    schema = ("treatment", "segment", "kind", "probability", "value")
    return pl.DataFrame(leads, schema=schema, orient="row")
