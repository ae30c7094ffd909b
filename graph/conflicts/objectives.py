"""Conflicts between objectives: what a declared minimum takes from the value of what is chosen."""

from collections.abc import Iterator

import polars as pl

from domain.money import format_minor
from domain.tables import CONFLICTS
from graph.conflicts.scene import Scene, minimum_of
from graph.conflicts.sides import gave_way, lost_for
from graph.exposures import called, counts

ALONE = "leaving the contact alone"


def competing(scene: Scene) -> pl.DataFrame:
    """27: a touch was chosen for the price of a minimum, though by value alone another,
    or none, was better for the contact.

    By value alone: net of all prices but that of the minimum. Contacts that drew by chance are no
    case of it. Stake: how much better, minor units.
    """
    return pl.concat([CONFLICTS.empty(), *_by_rule(scene)])


def _by_rule(scene: Scene) -> Iterator[pl.DataFrame]:
    drew = scene.placed.filter(pl.col("reason") == "explored").select("contact")
    placed = scene.placed.join(drew, on="contact", how="anti", maintain_order="left")
    for rule in scene.policy.exposures:
        credit = scene.outcome.prices.get(minimum_of(rule), 0.0)
        if credit > 0:
            extra = pl.when(counts(rule)).then(credit).otherwise(0.0)
            rows = placed.with_columns(net=pl.col("value") - pl.col("price") - extra)
            favoured = rows.filter(pl.col("chosen") & counts(rule))
            fact = (
                f"the minimum {rule.name} adds {format_minor(credit, scene.currency)} to a touch "
                f"of {called(rule)}, at most {format_minor(rule.ceiling or 0, scene.currency)}"
            )
            yield from _dearer(rows, favoured, fact)


def _dearer(rows: pl.DataFrame, favoured: pl.DataFrame, fact: str) -> Iterator[pl.DataFrame]:
    """What would have been chosen instead: the best of what each kept out, or no touch."""
    chosen = favoured.select(winner="candidate", favoured="net")
    better = (
        lost_for(rows, "outranked")
        .join(chosen, on="winner", how="inner", maintain_order="left")
        .with_columns(loss=pl.col("net") - pl.max_horizontal("favoured", pl.lit(0.0)))
        .filter(pl.col("loss") > 0)
        .sort("loss", "candidate", descending=[True, False])
        .unique("winner", keep="first", maintain_order=True)
        .with_columns(stake=pl.col("net") - pl.col("favoured"))
    )
    yield gave_way(better, 27, fact, "stake")
    needless = favoured.filter(pl.col("net") < 0).join(
        better.select(candidate="winner"), on="candidate", how="anti", maintain_order="left"
    )
    alone = needless.with_columns(winner="candidate", stake=-pl.col("net"))
    yield gave_way(alone, 27, fact, "stake").with_columns(
        candidate=pl.lit(None, dtype=pl.UInt32), subject=pl.lit(ALONE)
    )
