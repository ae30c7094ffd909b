"""Findings: what was expected of the data, what was found, and what follows from it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal, get_args

import polars as pl

from domain.names import Channel
from domain.objective import Objective
from domain.record import Record

Area = Literal["contact behaviour", "account signals", "CRM feedback", "consent"]
Dimension = Literal["completeness", "accuracy", "accessibility"]
AREAS: Final[tuple[Area, ...]] = get_args(Area)
DIMENSIONS: Final[tuple[Dimension, ...]] = get_args(Dimension)
EXAMPLES: Final = 5
"""Rows named by id beside a finding."""
GRADES: Final = ((0.001, "A"), (0.01, "B"), (0.05, "C"), (0.2, "D"))
"""Up to which share of rows that a finding is about which grade is given; beyond: F."""


class Finding(Record):
    """A gap: so many rows of so many are not as they should be."""

    area: Area
    dimension: Dimension
    check: str
    """What was looked at: `touches.contact_id unknown`."""
    found: int
    of: int
    words: str
    """What was expected and what was found, in one sentence."""
    forbids: str
    """What the house does not do with such rows, or what agents may not conclude from them."""
    do: str
    examples: tuple[str, ...] = ()

    @property
    def share(self) -> float:
        return self.found / self.of if self.of else 0.0

    @property
    def grade(self) -> str:
        return next((grade for most, grade in GRADES if self.share <= most), "F")


@dataclass(frozen=True)
class Data:
    """What is audited, as of `at`. tables: every kind's rows as declared in `kinds.KINDS`.
    consents: statements that stand (contact_id, channel, state). observations: OBSERVATIONS at
    `at`, attributes as attr_NAME. channels: those the workspace uses. objective: the leading one of
    the objectives. of_people: tables as a run reads them, where contacts were merged."""

    tables: Mapping[str, pl.DataFrame]
    consents: pl.DataFrame
    observations: pl.DataFrame
    channels: tuple[Channel, ...]
    objectives: tuple[Objective, ...]
    at: datetime
    of_people: Mapping[str, pl.DataFrame] = field(default_factory=dict)

    @property
    def objective(self) -> Objective:
        return self.objectives[0]


@dataclass(frozen=True)
class Check:
    """One check's words; `of_rows` fills in the numbers."""

    area: Area
    dimension: Dimension
    check: str
    words: str
    """With {found}, {of} and {share}."""
    forbids: str
    do: str

    def of_rows(self, wrong: pl.Series, of: int) -> tuple[Finding, ...]:
        """A finding of the rows named in `wrong` (ids), of so many; none where there is none."""
        return self.counted(wrong.len(), of, wrong.cast(pl.String).drop_nulls().sort())

    def counted(self, found: int, of: int, names: pl.Series | None = None) -> tuple[Finding, ...]:
        """A finding of so many rows of so many; none where none is wrong."""
        if found == 0:
            return ()
        shown = () if names is None else tuple(names.head(EXAMPLES).to_list())
        said = self.words.format(found=f"{found:,}", of=f"{of:,}", share=f"{found / of:.1%}")
        return (
            Finding(
                area=self.area,
                dimension=self.dimension,
                check=self.check,
                found=found,
                of=of,
                words=said,
                forbids=self.forbids,
                do=self.do,
                examples=shown,
            ),
        )
