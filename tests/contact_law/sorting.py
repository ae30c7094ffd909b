"""Choices that a policy sorts into packets: cleared, or laid before a person."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import polars as pl

from domain.packet import Packet
from domain.tables import CANDIDATES, OBSERVATIONS
from graph.thresholds import Setting
from graph.triage import flag, pack, packet_ids
from policies.schema import Policy
from policies.treatments import significant
from tests.policies.worlds import NOON

NO_SIDES = pl.DataFrame(
    schema={"packet_id": pl.String, "conflict": pl.String, "agent": pl.String}
    | {"count": pl.Int64, "stake": pl.Float64}
)


def packets(
    policy: Policy,
    channel: str = "email",
    countries: tuple[str | None, ...] = ("GB",),
    known: Mapping[str, Any] | None = None,
    **marks: bool,
) -> list[Packet]:
    """A small, sure choice for people of these countries, of a treatment with these marks, as the
    policy sorts it. known: what else is known of each of them."""
    row: dict[str, Any] = {
        **dict.fromkeys(CANDIDATES.columns),
        "agent": "email",
        **{"channel": channel, "campaign_id": "spring", "treatment_id": "offer"},
        **{"class": "marketing", "purpose": "marketing", "slot": 0, "slot_at": NOON},
        **{"value": 5.0, "value_se": 0.5, "evidence": "measured", "cost": 0, "minutes": 0.0},
        "findings": 0,
    }
    rows = [
        {**row, "candidate": place, "contact": place, "contact_id": f"c{place}"}
        for place in range(len(countries))
    ]
    chosen = CANDIDATES.conform(pl.DataFrame(rows, schema=CANDIDATES.schema))
    nobody = dict.fromkeys(OBSERVATIONS.columns)
    living = [
        {**nobody, **(known or {}), "contact": n, "country": one} for n, one in enumerate(countries)
    ]
    people = pl.DataFrame(living, schema=OBSERVATIONS.schema)
    treatments = pl.DataFrame([{"treatment_id": "offer", **marks}])
    flagged = flag(chosen, people, {"offer"}, policy, significant(treatments))
    placed = packet_ids(flagged.with_columns(decision_id="contact_id"), "r1")
    at = NOON - timedelta(hours=1)
    return list(pack(placed, Setting("r1", at, "USD", policy, "hash", {}), NO_SIDES))
