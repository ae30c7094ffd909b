"""`[models]` of clearance.toml: which families challenge, and what a promotion must pass."""

from typing import Annotated

from pydantic import Field

from domain.record import Record
from tools.prediction.family import Family

Share = Annotated[float, Field(ge=0, le=1)]


class ModelsConfig(Record):
    """The bounds are this house's defaults; a workspace that knows better declares its own."""

    challengers: tuple[Family, ...] = ()
    """Fitted beside the champion in each run, which takes that much longer; none decides."""
    groups: tuple[str, ...] = ()
    """Attributes, such as `country`, by whose values a promotion compares how people fare."""
    calibration_error: Share = 0.05
    """Largest expected calibration error on evaluation contacts."""
    stability_index: Annotated[float, Field(ge=0)] = 0.25
    """Largest population stability index of score and features since training; 0.25 is what credit
    scoring calls a large shift."""
    selection_gap: Share = 0.2
    true_positive_gap: Share = 0.2
    least_rows: Annotated[int, Field(ge=1)] = 200
    """Evaluation touches that a promotion needs."""
    least_outcomes: Annotated[int, Field(ge=1)] = 20
