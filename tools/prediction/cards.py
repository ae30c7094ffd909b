"""Model cards: what a figure rests on, how well the model did on people it never saw."""

from domain.names import Evidence
from domain.record import Record


class Metric(Record):
    """One figure on evaluation contacts, with its standard error and what it says."""

    name: str
    value: float
    se: float
    words: str


class ModelCard(Record):
    """What stands behind the predictions of one treatment, for one objective."""

    model: str
    """Version: hash of data, features and parameters; or the name of the prior."""
    treatment_id: str
    channel: str
    outcome: str | None = None
    """The objective's; None: of a run that had one objective and did not say which."""
    weight: float = 1.0
    """Declared weight of the objective."""
    evidence: Evidence
    touches: int
    """Past touches of this treatment on training contacts."""
    controls: int
    """Training contacts left alone by chance on this channel, as touches."""
    outcomes: int
    """Outcomes that followed either."""
    average_effect: float
    average_effect_se: float
    confirmed_spread: float
    """Share of the predicted differences between contacts that randomised rows confirm."""
    worth: float
    """Value of one outcome, minor units, without the weight."""
    metrics: tuple[Metric, ...]
    words: str
