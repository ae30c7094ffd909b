"""Conflicts between candidates of one contact, and between everybody's for what all share."""

import polars as pl

from graph.conflicts.scene import Scene
from graph.conflicts.sides import gave_way, lost_for

HUMAN_CLASSES = ("mandatory", "inbound_response", "one_to_one")


def beaten(scene: Scene) -> pl.DataFrame:
    """1, 5, 9: outranked by the contact's chosen candidate, by class, by offer, or by the cap."""
    rows = scene.placed.join(
        scene.placed.select(winner="candidate", winner_class="class", winner_offer="offer"),
        on="winner",
        how="left",
        maintain_order="left",
    )
    lost = lost_for(rows, "outranked", "cap_reached")
    number = (
        pl.when(pl.col("winner_class").is_in(HUMAN_CLASSES) & (pl.col("class") == "marketing"))
        .then(5)
        .when(pl.col("winner_offer").is_not_null() & (pl.col("offer") != pl.col("winner_offer")))
        .then(9)
        .otherwise(1)
    )
    fact = pl.when(pl.col("winner").is_null()).then(pl.lit("no cap leaves it room in this run"))
    return gave_way(lost, number, fact)


def priced_out(scene: Scene) -> pl.DataFrame:
    """10: worth something, but less than what it uses brings to others; the fact is the limit."""
    return gave_way(lost_for(scene.placed, "priced_out"), 10, pl.col("resource"))


def explored(scene: Scene) -> pl.DataFrame:
    """15: the contact drew by chance, so that its best known action stays back."""
    return gave_way(lost_for(scene.placed, "explored"), 15)
