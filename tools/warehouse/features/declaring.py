"""Features as people declare them: name, rows, SQL, window, meaning, category, purposes."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Final, Literal, get_args

from pydantic import Field

from domain.canonical import digest
from domain.errors import ConfigurationError
from domain.record import Record
from domain.special import Personal, category_of
from domain.toml import read_record, refused
from tools.warehouse.features.expressions import Expression, read_expression
from tools.warehouse.features.relations import RELATIONS

Purpose = Literal["marketing", "measurement", "service"]
PURPOSES: Final[tuple[Purpose, ...]] = get_args(Purpose)
BUILTIN: Final = Path(__file__).with_name("builtin.toml")


class Declaration(Record):
    """One feature of a contact at an instant."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,60}$")]
    rows: str
    """Kind of the rows that it is made of."""
    sql: str
    """What is made of them: `tools.warehouse.features.expressions`."""
    days: Annotated[int, Field(ge=1, le=3650)] | None = None
    """Only rows of the so many days before the instant; left out: of all time."""
    delay_hours: Annotated[int, Field(ge=0, le=24 * 90)] = 0
    """How late such rows come in: so long after they happened they count for nobody, neither in
    training nor in a run."""
    meaning: Annotated[str, Field(min_length=8, max_length=300)]
    personal: Personal
    """Whether it holds a special category of personal data."""
    purposes: Annotated[tuple[Purpose, ...], Field(min_length=1)]
    """What it may be used for, and for nothing else."""


class _File(Record):
    features: tuple[Declaration, ...] = ()


@dataclass(frozen=True)
class Feature:
    """A declaration that was checked."""

    declared: Declaration
    expression: Expression
    built_in: bool

    @property
    def name(self) -> str:
        return self.declared.name

    @property
    def category(self) -> str | None:
        """The special category that it holds; None: none."""
        return category_of(self.name, {self.name: self.declared.personal})

    def serves(self, purpose: Purpose) -> bool:
        """Whether a model may see it for the purpose: no special category ever serves one."""
        return purpose in self.declared.purposes and self.category is None


def read_features(text: str, place: str, built_in: bool = False) -> tuple[Feature, ...]:
    """The features of a TOML text. Raises ConfigurationError with file, line and one sentence."""
    file = read_record(_File, text, place)
    _expect_once(file, text, place)
    return tuple(
        _checked(one, number, text, place, built_in) for number, one in enumerate(file.features)
    )


def all_features(own: Path) -> tuple[Feature, ...]:
    """The built-in ones, then those of the workspace's own file, if there is one. Raises
    ConfigurationError where a name is used twice, or a declaration is off."""
    text = own.read_text() if own.exists() else ""
    found = read_features(text, str(own))
    taken = {one.name for one in built_in()}
    for number, one in enumerate(found):
        if one.name in taken:
            said = f"`{one.name}` is built in: give it another name."
            raise refused(text, str(own), ("features", number, "name"), said)
    return (*built_in(), *found)


@cache
def built_in() -> tuple[Feature, ...]:
    """Those that come with the product."""
    return read_features(BUILTIN.read_text(), BUILTIN.name, built_in=True)


def chosen(
    features: Sequence[Feature], names: Sequence[str], purpose: Purpose
) -> tuple[Feature, ...]:
    """The named ones, in that order. Raises ConfigurationError where one is not declared, or may
    not be used for the purpose."""
    known = {one.name: one for one in features}
    for name in names:
        if name not in known:
            raise ConfigurationError(
                f"There is no feature `{name}`.", "`clearance features list` tells those there are."
            )
        if not known[name].serves(purpose):
            raise ConfigurationError(f"The feature `{name}` {_why_not(known[name], purpose)}.")
    return tuple(known[name] for name in dict.fromkeys(names))


def set_hash(features: Sequence[Feature]) -> str:
    """Of what they calculate: another where any of them gives something else."""
    said = [
        {name: getattr(one.declared, name) for name in ("name", "rows", "sql", "days")}
        | {"delay_hours": one.declared.delay_hours, "source": RELATIONS[one.declared.rows].source}
        for one in features
    ]
    return digest(said)


def _why_not(one: Feature, purpose: Purpose) -> str:
    if one.category is not None:
        return f"holds {one.category}, which no model sees"
    return f"is declared for {', '.join(one.declared.purposes)}, not for {purpose}"


def _expect_once(file: _File, text: str, place: str) -> None:
    names = [one.name for one in file.features]
    for number, name in enumerate(names):
        if name in names[:number]:
            said = f"`{name}` is declared twice."
            raise refused(text, place, ("features", number, "name"), said)


def _checked(one: Declaration, number: int, text: str, place: str, built_in: bool) -> Feature:
    if one.rows not in RELATIONS:
        said = f"`{one.rows}` are no rows of features; there are {', '.join(RELATIONS)}."
        raise refused(text, place, ("features", number, "rows"), said)
    _expect_room(one, number, text, place)
    try:
        expression = read_expression(one.sql, RELATIONS[one.rows].known)
    except ConfigurationError as error:
        raise refused(text, place, ("features", number, "sql"), error.message) from None
    return Feature(one, expression, built_in)


def _expect_room(one: Declaration, number: int, text: str, place: str) -> None:
    if one.days is not None and one.delay_hours >= one.days * 24:
        said = f"`{one.name}` counts rows of {one.days} days, of which none has come in by then."
        raise refused(text, place, ("features", number, "delay_hours"), said)
