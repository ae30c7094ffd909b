"""Small worlds for the agents: a desk over few contacts, every cell open unless it is closed."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from agents.building import AgentGraph
from agents.desk import Desk, Programme
from domain.curve import HillCurve
from domain.names import AGENTS, AgentName
from domain.objective import Objective, Prior
from domain.proposal import BudgetCandidate, ProgrammeProposal
from domain.tables import FINDINGS, GRID, INSTANT, OBSERVATIONS, PREDICTIONS, SLOTS
from tools.runs import RunFolder
from tools.workspace_config import AudienceConfig, ChannelConfig, CycleConfig

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
SLOTS_IN_RUN, SLOT_HOURS = 8, 3
WORTH = 1000.0
VISITS = Objective(outcome="visit", horizon_days=14, worth=1000, currency="USD", noun="visit")
Row = dict[str, Any]

CHANNELS = (
    ChannelConfig(channel="email", agent="email", classes=("marketing",), cost=1, pool="messages"),
    ChannelConfig(channel="sms", agent="email", classes=("marketing",), cost=1, pool="messages"),
    ChannelConfig(channel="call", agent="sales", classes=("marketing", "one_to_one"), cost=0),
    ChannelConfig(channel="task", agent="sales", classes=("one_to_one",), cost=0),
    ChannelConfig(
        channel="ads", agent="ads", classes=("marketing", "transactional"), cost=8, pool="media"
    ),
)
DEAL_PRIOR = Prior(
    channel="call",
    treatment_id="call_deal",
    share_of_propensity=0.0,
    flat=0.01,
    relative_se=0.5,
    basis="what the account executives say",
)
CONTACT: Row = {
    "account_id": None,
    "country": "GB",
    "timezone": "Europe/London",
    "tier": None,
    "is_customer": False,
    "open_complaint": False,
    "deal_id": None,
    "deal_stage": None,
    "deal_amount": None,
    "sdr": None,
    "ae": None,
    "touched_at_email": None,
    "touched_at_call": None,
    "touches_28d": 0,
    "evaluation": False,
    "holdout": False,
}
SCHEMAS: dict[str, dict[str, Any]] = {
    "treatments": {
        "treatment_id": pl.String,
        "channel": pl.String,
        "campaign_id": pl.String,
        "offer": pl.String,
        "theme": pl.String,
        "class": pl.String,
        "approval": pl.String,
        "approved_until": INSTANT,
        "cost": pl.Int64,
    },
    "campaigns": {"campaign_id": pl.String},
    "sequences": {
        "sequence_id": pl.String,
        "step": pl.Int64,
        "channel": pl.String,
        "treatment_id": pl.String,
        "wait_hours": pl.Int64,
    },
    "enrolments": {
        "contact_id": pl.String,
        "sequence_id": pl.String,
        "step": pl.Int64,
        "state": pl.String,
        "entered_at": INSTANT,
        "next_at": INSTANT,
    },
    "people": {"person_id": pl.String, "role": pl.String, "minutes_per_day": pl.Float64},
    "deals": {"deal_id": pl.String, "contact_id": pl.String},
    "members": {"contact_id": pl.String, "campaign_id": pl.String},
    "sent": {
        "treatment_id": pl.String,
        "sent": pl.UInt32,
        "unsubscribed": pl.UInt32,
        "complained": pl.UInt32,
    },
    "touched": {"contact_id": pl.String, "treatment_id": pl.String, "at": INSTANT},
}


def treatment(name: str, channel: str = "email", **changes: Any) -> Row:
    plain = {
        "campaign_id": "spring",
        "offer": None,
        "theme": None,
        "class": "marketing",
        "approval": "approved",
        "approved_until": None,
        "cost": None,
    }
    return {"treatment_id": name, "channel": channel, **plain, **changes}


def foreseen(contact: int, treatment_id: str, effect: float = 0.1, **changes: Any) -> Row:
    """One PREDICTIONS row; a contact does without it with 0.2 what the objective asks."""
    plain = {
        "channel": "email",
        "outcome": "visit",
        "weight": 1.0,
        "base": 0.2,
        "effect_se": 0.01,
        "worth": WORTH,
        "evidence": "measured",
        "support": 500.0,
        "model": "a model",
    }
    return {"contact": contact, "treatment_id": treatment_id, "effect": effect, **plain, **changes}


def enrolled(contact_id: str, step: int, hours: float | None, **changes: Any) -> Row:
    """An enrolment in `nurture` whose step is due so many hours from NOON."""
    plain = {"sequence_id": "nurture", "state": "active", "entered_at": NOON - timedelta(days=9)}
    next_at = None if hours is None else NOON + timedelta(hours=hours)
    return {"contact_id": contact_id, "step": step, "next_at": next_at, **plain, **changes}


def sequence(*treatments: str, wait_hours: int = 96) -> list[Row]:
    """`nurture`: these treatments by e-mail, each so long after the one before."""
    return [
        {
            "sequence_id": "nurture",
            "step": step,
            "channel": "email",
            "treatment_id": name,
            "wait_hours": wait_hours,
        }
        for step, name in enumerate(treatments, start=1)
    ]


def curve(campaign_id: str, spend_now: int, **changes: Any) -> BudgetCandidate:
    """value = 400,000 s / (100,000 + s): the next unit returns one where 100,000 are spent."""
    plain: Row = {
        "platform": "search",
        "pool": "media",
        "curve": HillCurve(scale=400_000.0, half=100_000.0, shape=1.0),
        "value_se": 5000.0,
        "evidence": "measured",
        "model": "hill-joint",
    }
    return BudgetCandidate(campaign_id=campaign_id, spend_now=spend_now, **{**plain, **changes})


def desk_in(
    path: Path,
    contacts: Sequence[Row] = ({"contact_id": "ada"},),
    predictions: Sequence[Row] = (),
    closed: Sequence[Row] = (),
    programme: Mapping[str, Sequence[Row]] | None = None,
    **changes: Any,
) -> Desk:
    """A desk over a new run folder.

    closed: what cells to close, each by some of contact, channel, class, slot. programme: rows of
    the Programme's frames by name. changes: fields of the desk.
    """
    folder = RunFolder(path)
    slots = _slots()
    people = [{"contact": i, **CONTACT, **row} for i, row in enumerate(contacts)]
    observations = pl.DataFrame(people, schema=OBSERVATIONS.schema)
    channels = changes.get("channels", CHANNELS)
    folder.write("observations", observations)
    folder.write("slots", slots)
    folder.write("predictions", pl.DataFrame(predictions, schema=PREDICTIONS.schema))
    folder.write("grid", _grid(observations, slots, channels, closed))
    desk = Desk(
        folder=folder,
        run_id="run",
        at=NOON,
        objectives=changes.pop("objectives", (VISITS,)),
        cycle=CycleConfig(slots=SLOTS_IN_RUN, slot_hours=SLOT_HOURS, decay_per_day=0.1, seed=1),
        channels=channels,
        audiences=(AudienceConfig(campaign_id="follow", treatment_id="follow_ad", note="visited"),),
        priors=(DEAL_PRIOR,),
        programme=_programme(programme or {}),
        curves=(),
        call_minutes=10.0,
        task_minutes=5.0,
        budget_step=0.2,
    )
    return replace(desk, **changes)


def _programme(rows: Mapping[str, Sequence[Row]]) -> Programme:
    return Programme(
        **{
            name: pl.DataFrame(rows.get(name, ()), schema=schema)
            for name, schema in SCHEMAS.items()
        }
    )


def _slots() -> pl.DataFrame:
    instants = [NOON + timedelta(hours=SLOT_HOURS * i) for i in range(SLOTS_IN_RUN)]
    return SLOTS.conform(pl.DataFrame({"slot": range(SLOTS_IN_RUN), "slot_at": instants}))


def _grid(
    observations: pl.DataFrame,
    slots: pl.DataFrame,
    channels: Sequence[ChannelConfig],
    closed: Sequence[Row],
) -> pl.DataFrame:
    kinds = [(one.channel, kind) for one in channels for kind in one.classes]
    cells = (
        observations.select("contact")
        .join(pl.DataFrame(kinds, schema=["channel", "class"], orient="row"), how="cross")
        .join(slots.select("slot"), how="cross")
        .filter((pl.col("channel") != "ads") | (pl.col("slot") == 0))
    )
    shut = pl.lit(False)
    for row in closed:
        shut = shut | pl.all_horizontal([pl.col(name) == value for name, value in row.items()])
    return GRID.conform(
        cells.with_columns(findings=pl.when(shut).then(1).otherwise(0).cast(FINDINGS))
    )


def asked(graph: AgentGraph, desk: Desk) -> pl.DataFrame:
    """What the agent filed: its CANDIDATES."""
    graph.invoke({"run_id": desk.run_id}, context=desk)
    name = next(one for one in AGENTS if desk.folder.has(f"candidates_{one}"))
    return desk.folder.read(f"candidates_{name}")


def filed(desk: Desk, agent: AgentName) -> tuple[ProgrammeProposal, ...]:
    return desk.folder.read_records(f"proposals_{agent}", ProgrammeProposal)


def names(rows: pl.DataFrame) -> set[str]:
    return set(rows.get_column("treatment_id"))


def slots_of(rows: pl.DataFrame, treatment_id: str) -> list[int]:
    return rows.filter(pl.col("treatment_id") == treatment_id).get_column("slot").to_list()


def said(rule: Callable[[Desk], Iterator[ProgrammeProposal]], desk: Desk) -> list[tuple[str, str]]:
    """Kind and subject of what a rule files; each with a figure, an instant and the rule's name."""
    proposals = list(rule(desk))
    assert all(one.evidence and one.at == NOON for one in proposals)
    assert all(one.rule == getattr(rule, "__name__", "") for one in proposals)
    return [(one.kind, one.subject) for one in proposals]
