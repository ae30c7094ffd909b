"""The objective: which outcome counts, within what horizon, and what one of it is worth."""

from domain.names import OutcomeKind
from domain.record import Record


class Objective(Record):
    """`worth` in minor units; None means the mean purchase value that follows such an outcome."""

    outcome: OutcomeKind
    horizon_days: int
    worth: int | None = None
    currency: str
    noun: str
    """What people call one such outcome, in the singular: visit, lead, deposit."""


class Prior(Record):
    """A declared belief where nothing was measured: effect as a share of the propensity, or flat.

    effect = share_of_propensity * propensity + flat; effect_se = relative_se * |effect|.
    """

    channel: str
    treatment_id: str | None = None
    """None: for every treatment of the channel that has no evidence of its own."""
    share_of_propensity: float
    flat: float
    relative_se: float
    basis: str
    """Where the belief comes from, in one sentence."""
