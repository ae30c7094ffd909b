"""A version: one fit of one model, with what it was made of and how well it did."""

from datetime import datetime
from typing import Literal

from domain.record import Record
from tools.prediction.cards import Metric, ModelCard
from tools.prediction.family import Family

Figure = Literal["selection rate", "true positive rate"]
State = Literal["challenger", "champion", "retired", "rolled back"]


class Bin(Record):
    """Evaluation touches of like predicted chance: mean prediction, share that answered."""

    predicted: float
    observed: float
    rows: int


class Version(Record):
    """What is known of a fit, whatever becomes of it."""

    version_id: str
    """Hash of name, family and what it was fitted on: the same fit is the same version."""
    name: str
    """`OUTCOME/CHANNEL/TREATMENT`."""
    family: Family
    model: str
    window_from: datetime | None
    """First and last instant of its training touches; None: there were none."""
    window_to: datetime | None
    rows: int
    """Training touches that speak for it."""
    outcomes: int
    features: tuple[str, ...]
    features_hash: str
    metrics: tuple[Metric, ...]
    """On evaluation contacts only."""
    calibration: tuple[Bin, ...]
    """At most ten groups of equal size, by predicted chance, on evaluation contacts."""
    card: ModelCard


class Paired(Record):
    """One metric of both on the same evaluation rows; `difference` is the challenger's minus the
    champion's, `se` its paired standard error (rows of one contact move together)."""

    name: str
    champion: float
    challenger: float
    difference: float
    se: float


class Shift(Record):
    """Population stability index between training rows and all contacts of the run."""

    feature: str
    index: float


class GroupGap(Record):
    """Largest less smallest figure over the groups of an attribute that are large enough."""

    attribute: str
    figure: Figure
    gap: float
    champion_gap: float
    groups: dict[str, float]
    """The challenger's figure of each group that was compared."""


class Compared(Record):
    """Champion and challenger side by side in one run."""

    against: str
    """The champion's version."""
    run_id: str
    at: datetime
    rows: int
    """Evaluation touches that both were judged on."""
    outcomes: int
    metrics: tuple[Paired, ...]
    shifts: tuple[Shift, ...]
    """The score's, and the features' that moved most."""
    gaps: tuple[GroupGap, ...]
    groups_said: str
    """Which groups were compared, or why none."""
