"""`Record`: the frozen, closed base of every fact that a person reads or decides."""

from pydantic import BaseModel, ConfigDict


class Record(BaseModel):
    """A fact. Frozen, strict about types, and it refuses fields it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)
