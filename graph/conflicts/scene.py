"""The scene: what a run holds once it has chosen, in which its conflicts are looked for."""

from dataclasses import dataclass, field
from typing import Final

import polars as pl

from domain.tables import INSTANT

TRIGGERS: Final = pl.Schema({"contact": pl.UInt32(), "treatment_id": pl.String(), "at": INSTANT})


def untriggered() -> pl.DataFrame:
    return pl.DataFrame(schema=TRIGGERS)


@dataclass(frozen=True)
class Scene:
    """One run's proposals with what became of them; all frames are whole."""

    placed: pl.DataFrame
    """CANDIDATES with chosen, ghost, reason, winner, resource (null where findings kept the
    candidate out of the choice) and the contact's facts: deal_id, deal_stage, touches_28d."""
    triggers: pl.DataFrame = field(default_factory=untriggered)
    """contact, treatment_id, at: the instant that started what asks for the treatment."""
