"""Explaining: why a contact got, or did not get, what was proposed. Reading only."""

from typing import TYPE_CHECKING, Any

import polars as pl

from app.reading import newest_run
from domain.errors import RefusedError
from domain.reasons import SENTENCES, findings_of
from graph.choosing import PlanRecord
from graph.standing import standing
from tools.ledger import runs

if TYPE_CHECKING:
    from app.compose import House

SHOWN = 12


def explain(house: "House", subject: str, run_id: str | None = None) -> dict[str, Any]:
    """Receipts of a decision's id, or of every proposal for a contact (by id or e-mail).

    Raises RefusedError where the run proposed nothing about the subject.
    """
    run, rows = _find(house, subject, run_id)
    told = [_receipt(row, rows) for row in rows.iter_rows(named=True)]
    plan = house.tower.folder(run).read_records("plan", PlanRecord)[0]
    return {
        "run_id": run,
        "subject": subject,
        "currency": house.tower.config.currency,
        "receipts": told[:SHOWN],
        "more": max(0, len(told) - SHOWN),
        "prices": {name: round(price, 4) for name, price in plan.prices.items() if price > 0},
    }


def _find(house: "House", subject: str, run_id: str | None) -> tuple[str, pl.DataFrame]:
    """The newest run that decided about the subject, and its rows, best first."""
    contact = _contact_of(house, subject)
    wanted = [newest_run(house, run_id)]
    if run_id is None:
        wanted = [one.run_id for one in reversed(runs.every(house.tower.ledger)) if one.summary]
    for run in wanted:
        rows = standing(house.tower, run)
        found = rows.filter((pl.col("decision_id") == subject) | (pl.col("contact_id") == contact))
        if not found.is_empty():
            fates = {"executed": 0, "scheduled": 1, "waiting": 2, "withheld": 3}
            order = pl.col("fate").replace_strict(fates, default=4, return_dtype=pl.Int8)
            best = found.sort(order, -pl.col("value"), "candidate")
            return run, best.unique(["treatment_id", "fate"], keep="first", maintain_order=True)
    raise RefusedError(
        f"No run proposed anything about {subject!r}.",
        "Name a contact's id, its e-mail, or a decision's id from `clearance export decisions`.",
    )


def _contact_of(house: "House", subject: str) -> str:
    contacts = house.tower.warehouse.table("contacts")
    found = contacts.filter(pl.col("email").str.to_lowercase() == subject.lower())
    return subject if found.is_empty() else str(found.item(0, "contact_id"))


def _receipt(row: dict[str, Any], rows: pl.DataFrame) -> dict[str, Any]:
    winner = rows.filter(pl.col("candidate") == row["winner"]) if row["winner"] else None
    beaten_by = None
    if winner is not None and not winner.is_empty():
        beaten_by = winner.select("agent", "treatment_id", "value").row(0, named=True)
    return {
        "decision_id": row["decision_id"],
        "agent": row["agent"],
        "contact_id": row["contact_id"],
        "channel": row["channel"],
        "treatment_id": row["treatment_id"],
        "slot_at": None if row["slot_at"] is None else row["slot_at"].isoformat(),
        "fate": row["fate"],
        "reason": row["reason"],
        "sentence": SENTENCES.get(row["reason"], row["reason"]),
        "findings": list(findings_of(row["findings"] or 0)),
        "value": _rounded(row["value"]),
        "low": _rounded(row["value"] - 1.96 * row["value_se"]),
        "high": _rounded(row["value"] + 1.96 * row["value_se"]),
        "evidence": row["evidence"],
        "cost": row["cost"],
        "price": _rounded(row["price"]),
        "propensity": row["propensity"],
        "winner": beaten_by,
        "flips_with": _flip(row, beaten_by),
        "packet_id": row["packet_id"],
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)


def _flip(row: dict[str, Any], winner: dict[str, Any] | None) -> str | None:
    """What would have let it win, as far as the stored numbers say; not solved again."""
    if row["fate"] == "refused" and row["findings"]:
        return f"this fact: {SENTENCES[findings_of(row['findings'])[0]]}"
    if row["fate"] != "lost":
        return None
    if row["reason"] == "nothing":
        return f"{-row['value']:.0f} minor units more value"
    if row["reason"] == "priced_out":
        short = max((row["price"] or 0.0) - row["value"], 0.0)
        return f"{short:.0f} minor units more value, or room in the limits it uses"
    if winner is not None:
        return f"{max(winner['value'] - row['value'], 0.0):.0f} minor units more value"
    return None
