"""What we did, as touches: sends that were accepted, and people left alone to measure them."""

import polars as pl

from domain.names import OWN_SOURCE
from tools.warehouse.observing import NOTHING


def own_touches(accepted: pl.DataFrame, observed_share: float) -> pl.DataFrame:
    """Touches of accepted effects (ledger columns); touch_id is the effect's id.

    observed_share: probability that such a contact was not held out, logged as propensity.
    """
    return _touches(accepted, pl.col("treatment"), observed_share)


def ghost_touches(withheld: pl.DataFrame, holdout_share: float) -> pl.DataFrame:
    """Control rows of withheld effects: left alone with the holdout's probability."""
    return _touches(withheld, pl.lit(NOTHING), holdout_share)


def _touches(effects: pl.DataFrame, treatment: pl.Expr, propensity: float) -> pl.DataFrame:
    return effects.select(
        touch_id="effect_id",
        contact_id="contact_id",
        account_id="account_id",
        channel="channel",
        treatment_id=treatment,
        **{"class": "action_class"},
        at="slot_at",
        propensity=pl.lit(propensity),
        source=pl.lit(OWN_SOURCE),
    )
