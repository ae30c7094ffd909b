"""Bundles: treatments that reach a contact together, in one slot, or not at all."""

import polars as pl

from domain.reasons import BIT
from domain.tables import BUNDLES, FINDINGS
from tools.runs import RunFolder
from tools.warehouse.store import Warehouse


def bundles_of(warehouse: Warehouse) -> pl.DataFrame:
    """BUNDLES as the programme has them."""
    treatments = warehouse.table("treatments")
    if "bundle" not in treatments.columns:  # imported before there were bundles
        return BUNDLES.empty()
    return BUNDLES.conform(treatments.filter(pl.col("bundle").is_not_null()))


def bundles_in(folder: RunFolder) -> pl.DataFrame:
    """BUNDLES as the run saw them."""
    return folder.read(BUNDLES.name) if folder.has(BUNDLES.name) else BUNDLES.empty()


def torn(candidates: pl.DataFrame, bundles: pl.DataFrame) -> pl.Series:
    """Findings (bits) of candidates that nothing else closes, of whose bundle another part is
    closed for the contact in that slot, or was not asked for."""
    if bundles.is_empty():
        return pl.zeros(candidates.height, dtype=FINDINGS, eager=True)
    parts = bundles.with_columns(parts=pl.len().over("bundle"))
    rows = candidates.join(parts, on="treatment_id", how="left", maintain_order="left")
    going = pl.col("treatment_id").filter(pl.col("findings") == 0).n_unique()
    apart = (
        pl.col("bundle").is_not_null()
        & (pl.col("findings") == 0)
        & (going.over("contact", "slot", "bundle") < pl.col("parts"))
    )
    bit = pl.lit(BIT["torn_bundle"], dtype=FINDINGS)
    return rows.select(pl.when(apart).then(bit).otherwise(pl.lit(0, dtype=FINDINGS))).to_series()


def in_slots(candidates: pl.DataFrame, bundles: pl.DataFrame) -> pl.DataFrame:
    """The candidates with their bundle in their slot, by name; null where one stands alone."""
    named = candidates.join(bundles, on="treatment_id", how="left", maintain_order="left")
    return named.with_columns(bundle=pl.format("{} in slot {}", "bundle", "slot"))
