"""Limits by who somebody is: the account's deal and owner, customers, segments, categories."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from domain.names import Channel
from domain.record import Record
from domain.special import Personal
from policies.limit import Limit, Name, Share, Words


class DealException(Limit):
    """What goes out though a deal's stage holds marketing, by name."""

    name: Name
    stages: tuple[str, ...]
    channels: tuple[Channel, ...]
    themes: tuple[Words, ...] = ()
    treatments: tuple[Words, ...] = ()
    """What carries one of the themes or is one of the treatments goes out."""
    expires: date | None = None
    """The first day (UTC) on which it lets nothing through any more; None: it stands until it is
    changed."""


class DealHold(Limit):
    """Stages of an open deal at which marketing to the account's contacts waits."""

    stages: tuple[str, ...]
    channels: tuple[Channel, ...]
    expires: date | None = None
    """The first day (UTC) on which it holds nothing any more; None: it stands until it is
    changed."""
    exceptions: tuple[DealException, ...] = ()


class AccountOwner(Limit):
    """Whose an account is: nobody else calls its people or writes to them in their own name. The
    first rule that is for an account says who; where it names nobody, nobody does."""

    name: Name
    role: Literal["sdr", "ae", "csm"]
    accounts: Literal["open_deals", "customers", "all"]
    stages: tuple[str, ...] = ()
    """Of the open deal; none named: every stage."""


class Hold(Limit):
    """A plain hold: the fact alone closes these channels for marketing."""

    channels: tuple[Channel, ...]


class Attribute(Record):
    """A column of the contacts that an import brought, as conditions may name it: `attr_` and its
    name. A value that is not of its kind counts as empty."""

    name: Name
    kind: Literal["number", "text"]
    personal: Personal | None = None
    """`special`: of health, religion, politics, orientation, ethnicity, a union, genes or the body;
    nobody is chosen by it. `ordinary`: it is none, though it is called like one. None: its name
    decides."""


class Segment(Limit):
    """People named by a condition, so that business people can use the name."""

    name: Name
    where: str
    """A condition of `policies.conditions`, over `policies.segments.FIELDS` and the attributes."""


class SegmentHold(Limit):
    """A segment that marketing on these channels does not reach."""

    segment: str
    channels: tuple[Channel, ...]


class Parity(Limit):
    """A campaign that reaches a category of people much more seldom than everybody else is held."""

    name: Name
    attribute: str
    """What tells categories apart: a column that conditions may name, or a declared attribute as
    `attr_NAME`. Who has none is a category too."""
    at_least: Share
    """Share of everybody else's rate of being reached that no category may lie below, where that
    is beyond chance."""
    people: Annotated[int, Field(ge=1)] = 30
    """Categories with fewer people open to the campaign are not told apart from chance."""
