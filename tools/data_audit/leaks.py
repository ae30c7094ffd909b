"""Leakage suspects: attributes that may have been written down after the outcome."""

from typing import Final

import numpy as np
import polars as pl

from tools.data_audit.findings import Data, Finding
from tools.keys import shares_of
from tools.prediction.features import ATTRIBUTE_PREFIX, encode
from tools.prediction.leakage import Suspect, suspects
from tools.prediction.training import folds_of

MOST_CONTACTS: Final = 20_000
"""Contacts looked at, drawn by a hash of their ids: what leaks shows in these."""
LEAST_OF_EACH: Final = 50
"""Contacts who answered, and who did not, below which nothing can be told."""


def leaking(data: Data) -> tuple[Suspect, ...] | None:
    """Attributes suspected to tell the leading outcome; None: too few answers to tell."""
    drawn = _drawn(data.observations)
    kind = data.objective.outcome
    answers = data.tables["outcomes"].filter((pl.col("kind") == kind) & (pl.col("at") <= data.at))
    who = answers.get_column("contact_id").drop_nulls().unique()
    answered = drawn.get_column("contact_id").is_in(who.implode()).to_numpy()
    if min(int(answered.sum()), int((~answered).sum())) < LEAST_OF_EACH:
        return None
    features = encode(drawn)
    if not features.names:
        return ()
    return suspects(features, np.asarray(answered), folds_of(drawn).to_numpy())


def _drawn(observations: pl.DataFrame) -> pl.DataFrame:
    attributes = [name for name in observations.columns if name.startswith(ATTRIBUTE_PREFIX)]
    known = observations.select("contact_id", *attributes).with_columns(evaluation=pl.lit(False))
    if known.height <= MOST_CONTACTS:
        return known
    shares = pl.Series(shares_of(known, ["contact_id"], prefix="data audit"))
    return known.filter(shares < MOST_CONTACTS / known.height)


def leakage_findings(data: Data, found: tuple[Suspect, ...]) -> tuple[Finding, ...]:
    """Each suspected attribute as a finding about all contacts: it spoils every row it is in."""
    return tuple(_finding(data, one) for one in found)


def _finding(data: Data, suspect: Suspect) -> Finding:
    name = suspect.column.removeprefix(ATTRIBUTE_PREFIX)
    filled = data.observations.get_column(suspect.column)
    return Finding(
        area="contact behaviour",
        dimension="accuracy",
        check=f"contacts.{name} may leak",
        found=filled.len() - filled.null_count(),
        of=filled.len(),
        words=(
            f"Expected attributes known before the {data.objective.noun}; {name} alone ranks who "
            f"answers with an area of {suspect.area:.2f}: {suspect.words}"
        ),
        forbids=(
            "nothing by itself: models use it until it is left out, and what they say is then too "
            "good to be true"
        ),
        do=f"Say when {name} is known; leave it out of the import where that is after the outcome.",
    )
