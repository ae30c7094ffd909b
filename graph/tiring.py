"""What a run's touches may lose: fitted once, from contacts that models learn from."""

import polars as pl

from domain.model_tables import RECENT_TOUCHES, TOUCH_LOSSES
from domain.run import Pins
from graph.tower import Tower
from tools.prediction.tiring import price_touches, recent_touches
from tools.warehouse.store import Warehouse


def keep_touch_losses(tower: Tower, pins: Pins, people: Warehouse) -> None:
    """Write what one more touch loses; nothing where clearance.toml declares no loss."""
    declared = tower.config.fatigue
    if declared is None:
        return
    folder = tower.folder(pins.run_id)
    observations, touches = folder.read("observations"), people.table("touches")
    taught = observations.filter(~pl.col("evaluation")).select("contact_id")
    folder.once(RECENT_TOUCHES, lambda: recent_touches(touches, observations, pins.at))
    folder.once(
        TOUCH_LOSSES,
        lambda: price_touches(
            touches.join(taught, on="contact_id", how="semi"),
            people.table("outcomes"),
            declared.losses,
            pins.at,
        ),
    )
