"""Cases of a policy, `policy.cases.toml`: facts and a clock in, what is expected out."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from domain.errors import ConfigurationError
from domain.names import ActionClass, AgentName, Channel, ConsentState
from domain.reasons import BIT
from domain.record import Record
from domain.toml import read_record, refused

CASES_FILE = "policy.cases.toml"


class KnownContact(Record):
    """Standing facts of a contact. What a case does not say is not known, and closes what needs it;
    no stage is no deal, no account no account's cap."""

    account_id: str | None = None
    country: str | None = None
    timezone: str | None = None
    tier: str | None = None
    is_customer: bool | None = None
    open_complaint: bool | None = None
    deal_stage: str | None = None
    deal_amount: int | None = None
    touches_28d: int | None = None
    attributes: dict[str, int | float | str] = Field(default_factory=dict)


class Statement(Record):
    """A statement of consent for the message's own channel and purpose."""

    state: ConsentState
    at: AwareDatetime
    expires_at: AwareDatetime | None = None
    basis: str | None = None


class PastTouch(Record):
    """A touch of any tool, or one of ours that is scheduled already."""

    channel: Channel
    at: AwareDatetime
    colleague: bool = False
    """It reached another contact of the same account."""
    agent: AgentName | None = None
    """Whose it was; None: nobody knows, as of another tool's."""
    treatment: str | None = None
    theme: str | None = None


class Case(Record):
    """One message, judged at one instant."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    at: AwareDatetime
    """When it is judged."""
    slot: AwareDatetime | None = None
    """When it would be delivered; None: at once."""
    agent: AgentName = "email"
    channel: Channel
    action_class: Annotated[ActionClass, Field(alias="class")] = "marketing"
    purpose: str = "marketing"
    treatment: str | None = None
    theme: str | None = None
    """What goes out; what no case names, no exception to a deal hold lets through."""
    contact: KnownContact = KnownContact()
    """What differs from the file's usual contact."""
    consent: Statement | Literal["none"] | None = None
    """None: the file's usual statement."""
    suppressed: bool = False
    objected: bool = False
    paused: bool = False
    do_not_call: bool | None = None
    """What a registry's copy of today says of the number; None: there is none."""
    touches: tuple[PastTouch, ...] = ()
    reacted_at: tuple[AwareDatetime, ...] = ()
    """When the contact clicked, visited, answered or bought."""
    expect: Literal["allow", "deny"]
    reasons: tuple[str, ...] = ()
    """Every finding against it, in any order."""


class Cases(Record):
    """A file of cases. `contact` and `consent` hold for each that says nothing else."""

    contact: KnownContact = KnownContact()
    consent: Statement | None = None
    cases: Annotated[tuple[Case, ...], Field(min_length=1)]


def load_cases(path: Path) -> Cases:
    """The cases of the file. Raises ConfigurationError naming file, line and key."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise ConfigurationError(
            f"There are no cases to be read at {path}.",
            "Name a file with `--cases FILE`; docs/policy.md shows one.",
        ) from None
    cases = read_record(Cases, text, str(path))
    for place, case in enumerate(cases.cases):
        if problem := _problem(case):
            raise refused(text, str(path), ("cases", place, "reasons"), problem)
    return cases


def _problem(case: Case) -> str | None:
    """A case that can't come true, or says less than it seems to."""
    unknown = [code for code in case.reasons if code not in BIT]
    if unknown:
        return f"`reasons` of {case.name!r}: {unknown[0]} is no reason; see domain/reasons.py."
    if case.expect == "allow" and case.reasons:
        return f"{case.name!r} expects to be allowed, and has reasons against it."
    if case.expect == "deny" and not case.reasons:
        return f"{case.name!r} expects to be denied; say for which `reasons`."
    return None
