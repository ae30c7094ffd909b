"""Conflicts with a fact: a cap used up, an open deal, a complaint, a customer, a leak."""

import polars as pl

from domain.reasons import BIT
from graph.conflicts.scene import Scene
from graph.conflicts.sides import best_of, gave_way, without_taken


def cap_used_up(scene: Scene) -> pl.DataFrame:
    """1: touches by any tool have used up the cap."""
    return _held(scene, "cap_reached", 1, pl.lit("touches by any tool have used up the cap"))


def deal_open(scene: Scene) -> pl.DataFrame:
    """6: the policy holds marketing while the account's deal stands where it does."""
    deal = pl.concat_str(
        pl.lit("deal "), pl.col("deal_id"), pl.lit(" is at "), "deal_stage", ignore_nulls=True
    )
    return _held(scene, "deal_hold", 6, deal)


def complaint_open(scene: Scene) -> pl.DataFrame:
    """8: the contact waits for an answer to a complaint."""
    return _held(scene, "open_complaint", 8, pl.lit("the contact has an open complaint"))


def customer_chased(scene: Scene) -> pl.DataFrame:
    """11: paid retargeting of somebody who has bought."""
    return _held(scene, "existing_customer", 11, pl.lit("the contact is a customer already"))


def holdout_leaked(scene: Scene) -> pl.DataFrame:
    """17: another tool touched a holdout contact, who no longer measures being left alone."""
    leaked = scene.placed.filter(pl.col("ghost") & (pl.col("touches_28d") > 0))
    return gave_way(best_of(leaked), 17, "another tool touched this holdout contact")


def _held(scene: Scene, code: str, number: int, fact: pl.Expr) -> pl.DataFrame:
    """Options that a fact of the other side holds back."""
    held = scene.placed.filter((pl.col("findings") & BIT[code]) != 0)
    return gave_way(best_of(without_taken(held, scene.placed)), number, fact)
