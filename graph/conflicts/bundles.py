"""Conflicts about bundles: part of one is allowed, and part is not."""

import polars as pl

from domain.reasons import BIT, SENTENCES
from graph.conflicts.scene import Scene
from graph.conflicts.sides import best_of, first_finding, gave_way, without_taken

NOT_ASKED = "nobody asked for it in that slot"


def torn(scene: Scene) -> pl.DataFrame:
    """25: what could go stays back, since another part of its bundle may not go to the contact."""
    apart = scene.placed.filter(pl.col("findings") == BIT["torn_bundle"]).join(
        scene.bundles, on="treatment_id", how="left", maintain_order="left"
    )
    back = best_of(without_taken(apart, scene.placed)).join(
        _lacking(scene, apart), on=["contact", "slot", "bundle"], how="left", maintain_order="left"
    )
    return gave_way(back, 25, pl.format("bundle {}: not {}, {}", "bundle", "lacking", "why"))


def _lacking(scene: Scene, apart: pl.DataFrame) -> pl.DataFrame:
    """contact, slot, bundle, lacking, why: the first part by name that may not go."""
    asked = scene.placed.select("contact", "slot", "treatment_id", "findings")
    keys = ["contact", "slot", "bundle"]
    return (
        apart.select(keys)
        .unique()
        .join(scene.bundles, on="bundle")
        .join(asked, on=["contact", "slot", "treatment_id"], how="left")
        .filter(pl.col("findings").is_null() | ~pl.col("findings").is_in([0, BIT["torn_bundle"]]))
        .sort(*keys, "treatment_id")
        .unique(keys, keep="first", maintain_order=True)
        .select(*keys, lacking="treatment_id", why=_said())
    )


def _said() -> pl.Expr:
    return first_finding().replace_strict(SENTENCES, default=NOT_ASKED, return_dtype=pl.String)
