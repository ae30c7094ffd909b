"""What of clearance.toml makes candidates worth more or less: the hour, and whom a touch loses."""

from collections.abc import Sequence
from typing import Annotated, Final, Self

from pydantic import Field, model_validator

from domain.fatigue import Losses
from domain.record import Record

SAME: Final = {"unsubscribed": "unsubscribe", "complained": "complaint"}
"""The objective's outcome that each loss would count a second time."""


class SendTimeConfig(Record):
    """Without the key every slot counts alike, but for what waiting costs."""

    use: bool = False
    """Whether candidates count by the hour and weekday where the contact lives."""


class FatigueConfig(Record):
    """`[fatigue]`: minor units of the workspace's currency that are lost beyond what objectives
    count, by one unsubscribe and by one complaint. None: that one is not priced.

    There is no loss for an ignored touch: it gains nothing already, and how a further touch of a
    run wears off is the policy's `run.fatigue`.
    """

    unsubscribed: Annotated[int, Field(ge=0)] | None = None
    complained: Annotated[int, Field(ge=0)] | None = None

    @model_validator(mode="after")
    def _something_declared(self) -> Self:
        if self.unsubscribed is None and self.complained is None:
            raise ValueError(
                "expected what an unsubscribe or a complaint loses, in minor units, and found "
                "neither: declare `unsubscribed` or `complained`, or leave [fatigue] out"
            )
        return self

    @property
    def losses(self) -> Losses:
        return Losses(unsubscribed=self.unsubscribed, complained=self.complained)


def expect_counted_once(fatigue: FatigueConfig, outcomes: Sequence[str]) -> None:
    """Raises ValueError where a loss is of an outcome that an objective counts."""
    for name, outcome in SAME.items():
        if getattr(fatigue, name) is not None and outcome in outcomes:
            raise ValueError(
                f"`{name}` prices what the objective of outcome {outcome!r} counts already: "
                "keep one of the two, so that it is not counted twice"
            )
