"""What the hour does to a proposal, read from its run's tables as the agents read them."""

from typing import Any

import polars as pl

from graph.tower import Tower
from tools.prediction.local_time import with_local_time
from tools.prediction.timing import interval, with_multiplier


def times_of(tower: Tower, run_id: str, row: dict[str, Any]) -> list[dict[str, Any]]:
    """outcome, multiplier, low, high (90%), evidence, support (the channel's past touches),
    own_support (the contact's at these hours), model, local (its clock, or null) and sentence,
    for each objective; nothing where the run fitted no send times for the row's channel."""
    folder = tower.folder(run_id)
    if row["contact"] is None or not folder.has("send_times"):
        return []
    every, own = folder.read("send_times"), folder.read("own_send_times")
    places = every.filter(channel=row["channel"], slot=row["slot"])
    asked = _placed(folder.read("observations"), row)
    zone = asked.get_column("timezone").item()
    told = places.filter(pl.col("timezone").eq_missing(pl.lit(zone, dtype=pl.String)))
    return [
        _told(with_multiplier(asked, told.filter(outcome=one), own.filter(outcome=one)), facts)
        for facts in told.sort("outcome").to_dicts()
        for one in [facts["outcome"]]
    ]


def _placed(observations: pl.DataFrame, row: dict[str, Any]) -> pl.DataFrame:
    return (
        observations.filter(contact=row["contact"])
        .select("contact", "timezone")
        .with_columns(
            channel=pl.lit(row["channel"]),
            slot=pl.lit(row["slot"], dtype=pl.Int8),
            slot_at=pl.lit(row["slot_at"]),
        )
    )


def _told(asked: pl.DataFrame, facts: dict[str, Any]) -> dict[str, Any]:
    one = asked.row(0, named=True)
    low, high = interval(one["times"], one["times_se"])
    zone = one["timezone"]
    known = with_local_time(asked, "slot_at").get_column("local_hour").item() is not None
    said = {
        "outcome": facts["outcome"],
        "multiplier": one["times"],
        "low": low,
        "high": high,
        "evidence": facts["evidence"],
        "support": facts["support"],
        "own_support": one["own_support"],
        "model": facts["model"],
        "local": _clock(asked, zone) if known else None,
    }
    return {**said, "sentence": _sentence(said)}


def _clock(asked: pl.DataFrame, zone: str) -> str:
    local = asked.get_column("slot_at").dt.convert_time_zone(zone)
    return str(local.dt.strftime("%H:%M").item())


def _sentence(told: dict[str, Any]) -> str:
    """Why this slot, in words."""
    when = "at an hour nobody knows" if told["local"] is None else f"{told['local']} local"
    if told["evidence"] == "prior":
        return f"{when}: the hour was not measured here, so every time counts alike"
    own = f", {told['own_support']:.0f} of them its own then" if told["own_support"] else ""
    return (
        f"{when}: {told['multiplier']:.2f} times as likely to answer as at any time "
        f"(90%: {told['low']:.2f} to {told['high']:.2f}), from {told['support']:.0f} touches{own}"
    )
