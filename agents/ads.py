"""The ads agent: who is in a paid audience, and what each campaign may spend."""

from typing import Final

import polars as pl

from agents.ads_rules import AdsStrategist
from agents.audiences import members
from agents.building import AgentGraph, build_agent
from agents.desk import Desk, Strategist
from agents.slots import at_best_slots, candidates
from domain.names import MARKETING_PURPOSE

EXCLUSION: Final = ":exclude"
"""Ending of the treatment that takes a person out of an audience."""
SUPPRESSION_PURPOSE: Final = "suppression"


def include(audience: pl.DataFrame) -> pl.DataFrame:
    """Keep each member in its audience: worth what seeing the ad causes, less what it costs.

    audience: `members`. What a platform reports as conversions is not what it caused: the value
    comes from measured or declared effects only.
    """
    return audience.with_columns(
        purpose=pl.lit(MARKETING_PURPOSE), **{"class": pl.lit("marketing")}
    )


def exclude(audience: pl.DataFrame) -> pl.DataFrame:
    """Take customers out of the audience: worth the cost it saves, which is known.

    audience: `members`. Excluding somebody reaches nobody and asks no consent: it is how a no is
    honoured. So its purpose is suppression, not marketing, and its class transactional: caps,
    quiet hours and holdouts are not made for it. It happens at once, whatever it saves later.
    """
    return audience.filter("is_customer").with_columns(
        treatment_id=pl.concat_str("treatment_id", pl.lit(EXCLUSION)),
        gain=pl.col("cost").cast(pl.Float64),
        value_se=pl.lit(0.0),
        cost=pl.lit(0, dtype=pl.Int64),
        evidence=pl.lit("measured"),
        purpose=pl.lit(SUPPRESSION_PURPOSE),
        **{"class": pl.lit("transactional")},
    )


def propose(desk: Desk) -> None:
    """File who stays, who leaves, and the campaigns that ask for money."""
    audience = members(desk)
    placed = at_best_slots(pl.concat([include(audience), exclude(audience)]), desk)
    desk.folder.write_records("budgets_ads", desk.curves)
    desk.folder.write("candidates_ads", candidates(placed, desk, "ads"))


def build(strategist: Strategist | None = None) -> AgentGraph:
    """The agent's graph; strategist: the documented rules where none is given."""
    return build_agent("ads", strategist or AdsStrategist(), propose)
