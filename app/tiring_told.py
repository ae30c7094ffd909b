"""What one more touch may lose, read from its run's tables as the agents read them."""

from typing import Any

import polars as pl

from domain.money import format_minor
from graph.tower import Tower
from tools.prediction.fatigue import STEPS, step_of
from tools.prediction.fatigue_cost import LEAVING

ANSWERS = {"unsubscribed": "an unsubscribe", "complained": "a complaint"}


def tiring_of(tower: Tower, run_id: str, row: dict[str, Any]) -> dict[str, Any] | None:
    """touches_7d and touches_28d (the contact's, before the run), the chances (outcome: chance,
    low, high; 90%), loss with loss_low and loss_high (minor units), evidence, support, model and
    sentence; None where the run priced nothing of the row's channel."""
    folder = tower.folder(run_id)
    if row["contact"] is None or not folder.has("touch_losses"):
        return None
    recent = folder.read("recent_touches").filter(contact=row["contact"])
    counts = {name: int(recent.get_column(name).sum()) for name in STEPS}
    told = _at(folder.read("touch_losses"), row["channel"], counts)
    return None if told is None else _told(told, counts, tower.config.currency)


def _at(losses: pl.DataFrame, channel: str, counts: dict[str, int]) -> dict[str, Any] | None:
    steps = pl.DataFrame({name: [count] for name, count in counts.items()})
    placed = steps.with_columns(step_of(name).alias(name) for name in STEPS)
    found = losses.filter(channel=channel).join(placed, on=list(STEPS), how="semi")
    return None if found.is_empty() else found.row(0, named=True)


def _told(losses: dict[str, Any], counts: dict[str, int], currency: str) -> dict[str, Any]:
    chances = {
        one: {
            "chance": losses[one],
            "low": losses[f"{one}_low"],
            "high": losses[f"{one}_high"],
        }
        for one in LEAVING
    }
    kept = ("loss", "loss_low", "loss_high", "evidence", "support", "model")
    said = {**counts, "chances": chances, **{name: losses[name] for name in kept}}
    return {**said, "sentence": _sentence(said, currency)}


def _sentence(told: dict[str, Any], currency: str) -> str:
    """What the touch may lose, in words."""
    risks = " and ".join(
        f"{ANSWERS[name]} in {one['chance']:.2%} (90%: {one['low']:.2%} to {one['high']:.2%})"
        for name, one in told["chances"].items()
    )
    rests = "as declared" if told["evidence"] == "measured" else "as declared, by a prior chance"
    return (
        f"one more touch after {told['touches_7d']} in 7 days and {told['touches_28d']} in 28 "
        f"meets {risks}: it costs {format_minor(told['loss'], currency)}, {rests}"
    )
