"""Open Bandit's logs as the product sees them: who was shown which item, with what odds."""

import gzip
import io
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from domain.errors import DataError
from domain.tables import INSTANT
from evals.real_data import first_of
from tools.prediction.propensity import Floats

CAMPAIGNS: Final = ("all", "men", "women")
THEME: Final = "item_feature_1"
"""The item's coarsest category, fixed before anything was fitted."""
KNOWN_BEFORE: Final = ("position", *(f"user_feature_{i}" for i in range(4)))


@dataclass(frozen=True)
class Log:
    """Rows in time's order; `item` is the row number in `items` (treatment_id, theme)."""

    items: pl.DataFrame
    item: npt.NDArray[np.intp]
    propensity: Floats
    clicked: npt.NDArray[np.bool_]
    told: pl.DataFrame
    """attr_*, and `touched_at`."""

    @property
    def ended_at(self) -> datetime:
        newest: datetime = self.told.get_column("touched_at").to_list()[-1]
        return newest

    def contacts(self, evaluation: npt.NDArray[np.bool_]) -> pl.DataFrame:
        """A contact per row, which is all the log says: nobody is known again."""
        return self.told.drop("touched_at").with_columns(evaluation=pl.Series(evaluation))

    def rows(self) -> pl.DataFrame:
        """contact, treatment_id, touched_at, answered."""
        return self.told.select("touched_at").with_columns(
            contact=pl.int_range(pl.len()),
            treatment_id=self.items.get_column("treatment_id").gather(self.item),
            answered=pl.Series(self.clicked),
        )


def read_log(policy: str, campaign: str) -> Log:
    """The log that `policy` (random, bts) made in `campaign`. Raises DataError where no copy is
    found, where a row names no known item, or has no propensity in (0, 1]."""
    log = _frame(f"{policy}_{campaign}_{campaign}.csv.gz").sort("timestamp", maintain_order=True)
    items = _items(_frame(f"{policy}_{campaign}_item_context.csv"))
    named = log.select(treatment_id=_name(pl.col("item_id"))).join(
        items.with_row_index("row"), on="treatment_id", how="left", maintain_order="left"
    )
    odds = log.get_column("propensity_score")
    if named.get_column("row").null_count() or not odds.is_between(0, 1, closed="right").all():
        raise DataError(
            f"Expected each row of {policy}_{campaign} to name an item and a propensity in (0, 1].",
            "Take the logs and item features of one release.",
        )
    return Log(
        items,
        named.get_column("row").to_numpy().astype(np.intp),
        odds.to_numpy(),
        log.get_column("click").to_numpy() == 1,
        log.select(
            pl.col("timestamp").str.to_datetime(time_zone="UTC").cast(INSTANT).alias("touched_at"),
            *(pl.format("v{}", name).alias(f"attr_{name}") for name in KNOWN_BEFORE),
        ),
    )


def _items(raw: pl.DataFrame) -> pl.DataFrame:
    return raw.select(treatment_id=_name(pl.col("item_id")), theme=THEME).sort("treatment_id")


def _name(item: pl.Expr) -> pl.Expr:
    return pl.format("item-{}", item.cast(pl.String).str.zfill(3))


def _frame(name: str) -> pl.DataFrame:
    read = gzip.decompress if name.endswith(".gz") else bytes
    return pl.read_csv(io.BytesIO(first_of({f"open_bandit/{name}": read})))
