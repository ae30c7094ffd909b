"""`clearance.toml`: every key that a workspace's configuration may have."""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from domain.canonical import digest
from domain.names import ActionClass, AgentName, Channel
from domain.objective import Objective, Prior, each_once, in_currency
from domain.record import Record
from tools.concert_config import FatigueConfig, SendTimeConfig, expect_counted_once
from tools.models_config import ModelsConfig
from tools.provider_config import ProviderConfig, no_channel_twice
from tools.retention_config import RetentionConfig
from tools.sender_config import SenderConfig


class CycleConfig(Record):
    """How far ahead one run plans: `slots` delivery times, `slot_hours` apart, from its instant."""

    slots: Annotated[int, Field(ge=1, le=48)]
    slot_hours: Annotated[int, Field(ge=1, le=24)]
    decay_per_day: Annotated[float, Field(ge=0, lt=1)]
    """Share of a touch's value lost by each day it waits."""
    seed: int


class Schedule(Record):
    name: str
    cron: str
    """Five fields, in the workspace's zone."""
    overlap: Literal["skip", "queue"] = "skip"
    """A slot that comes while a run is going: recorded and left out, or run right after."""
    misfire: Literal["latest", "skip"] = "latest"
    """Slots missed while nothing ran: the newest runs if it is no later than the grace, or none."""
    grace_minutes: Annotated[int, Field(ge=1, le=60 * 24 * 7)] = 60
    """How late a missed slot may still run: a laptop that slept through the morning catches up."""


class ChannelConfig(Record):
    channel: Channel
    agent: AgentName
    classes: tuple[ActionClass, ...]
    """Action classes the agent uses on it; the grid has a cell for each."""
    cost: int
    """Minor units of one touch where its treatment names no cost."""
    pool: str | None = None
    """Budget pool that pays for it."""


class AudienceConfig(Record):
    """A paid audience: a campaign that follows people, who is in it by which rule of thumb."""

    campaign_id: str
    treatment_id: str
    note: str


class AdsConfig(Record):
    """How the ad account is read."""

    pool: str
    """Budget pool that pays the campaigns."""
    incremental_share: Annotated[float, Field(gt=0, le=1)]
    """Declared share of the revenue that follows spend which the spend caused: no fit of past
    weeks proves it; a lift test would."""
    margin: Annotated[float, Field(gt=0, le=1)]
    """Share of revenue that is value to us."""


class FeaturesConfig(Record):
    """What models may know of what contacts did; nothing unless somebody names it."""

    use: tuple[str, ...] = ()
    """Features by name, built in or of features.toml, each declared for marketing."""


class WorkspaceConfig(Record):
    """`clearance.toml`, whole. Unknown keys are refused; secrets never live here."""

    name: str
    sample: Literal["company", "store", "bank"] | None = None
    note: str
    """What people must know of this data: made up, simulated, licence."""
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    timezone: str
    """Zone of schedules and of spoken times."""
    clock: Literal["system", "sample"]
    single: Objective | None = Field(default=None, alias="objective")
    """`[objective]`: the only one."""
    several: tuple[Objective, ...] = Field(default=(), alias="objectives", validate_default=True)
    """`[[objectives]]`, the leading one first. A file has one of the two forms."""
    cycle: CycleConfig
    channels: tuple[ChannelConfig, ...]
    purchase_makes_customer: bool
    """Whether a contact who bought is a customer whom paid retargeting leaves alone; false for a
    list on which everybody bought before."""
    audiences: tuple[AudienceConfig, ...]
    ads: AdsConfig
    priors: tuple[Prior, ...]
    schedules: tuple[Schedule, ...]
    ledger_url: str | None = None
    """SQLAlchemy URL; None: `ledger.sqlite` in the workspace."""
    providers: tuple[ProviderConfig, ...] = ()
    """Who really delivers; the sandbox delivers on every channel that none of them has."""
    sender: SenderConfig | None = None
    """What commercial emails say of who writes; None: none of them goes out."""
    models: ModelsConfig = ModelsConfig()
    """Which families of models challenge, and what a promotion must pass."""
    retention: RetentionConfig = RetentionConfig()
    """How long contacts and logs are kept; by default all of them, for ever."""
    features: FeaturesConfig = FeaturesConfig()
    """Which features models use beside the contacts' attributes."""
    send_time: SendTimeConfig = SendTimeConfig()
    """Whether the hour and the weekday count."""
    fatigue: FatigueConfig | None = None
    """What whom a touch loses is worth; None: what a touch risks is no part of its value."""

    @field_validator("single")
    @classmethod
    def _in_currency(cls, said: Objective | None, info: ValidationInfo) -> Objective | None:
        if said is not None and "currency" in info.data:
            in_currency((said,), info.data["currency"])
        return said

    @field_validator("several")
    @classmethod
    def _one_form(cls, said: tuple[Objective, ...], info: ValidationInfo) -> tuple[Objective, ...]:
        if "single" in info.data:
            expect_one_form(info.data["single"], said)
        each_once(said)
        if "currency" in info.data:
            in_currency(said, info.data["currency"])
        return said

    @field_validator("priors")
    @classmethod
    def _of_objectives(cls, priors: tuple[Prior, ...], info: ValidationInfo) -> tuple[Prior, ...]:
        if "single" in info.data and "several" in info.data:
            known = [one.outcome for one in info.data["several"] or (info.data["single"],)]
            expect_known(priors, known)
        return priors

    @field_validator("fatigue")
    @classmethod
    def _once(cls, said: FatigueConfig | None, info: ValidationInfo) -> FatigueConfig | None:
        if said is not None and "single" in info.data and "several" in info.data:
            counted = info.data["several"] or (info.data["single"],)
            expect_counted_once(said, [one.outcome for one in counted])
        return said

    @field_validator("providers")
    @classmethod
    def _one_each(cls, providers: tuple[ProviderConfig, ...]) -> tuple[ProviderConfig, ...]:
        no_channel_twice(providers)
        return providers

    @property
    def objectives(self) -> tuple[Objective, ...]:
        """What counts, in either form; at least one."""
        return self.several if self.single is None else (self.single,)

    @property
    def objective(self) -> Objective:
        """The leading one: what sentences name, and what ad spend is fitted for."""
        return self.objectives[0]

    @property
    def hash(self) -> str:
        return digest(self)


def expect_one_form(single: Objective | None, several: Sequence[Objective]) -> None:
    """Raises ValueError where both forms stand, or neither."""
    if single is not None and several:
        raise ValueError(
            "both [objective] and [[objectives]] stand in the file, and one of them is expected: "
            "move [objective] among the [[objectives]], first if it is to lead"
        )
    if single is None and not several:
        raise ValueError(
            "neither [objective] nor [[objectives]] stands in the file: declare one [objective], "
            "or several [[objectives]] with their weights"
        )


def expect_known(priors: Sequence[Prior], outcomes: Sequence[str]) -> None:
    """Raises ValueError where a prior is of an outcome that is no objective's."""
    for one in priors:
        if one.outcome is not None and one.outcome not in outcomes:
            raise ValueError(
                f"the prior of channel {one.channel} is of {one.outcome!r}, and the objectives "
                f"are {', '.join(outcomes)}: name one of them, or leave `outcome` out for the first"
            )
