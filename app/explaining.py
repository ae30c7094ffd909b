"""Explaining: why a contact got, or did not get, what was proposed, and what would turn it.

Reading only, but for one record beside the run: what solving it again confirmed.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from app.concert_told import times_of
from app.flip_words import confirmation_data, flip_sentence
from app.objective_shares import factors, foreseen, shares
from app.reading import newest_run
from app.tiring_told import tiring_of
from domain.errors import RefusedError
from domain.reasons import SENTENCES, findings_of
from graph.choosing import PlanRecord
from graph.flips import confirmed, recorded
from graph.opening import pins_of
from graph.people import survivors_at
from graph.standing import standing
from graph.watching import would_choose
from tools.ledger import runs

if TYPE_CHECKING:
    from app.compose import House

SHOWN = 12


def explain(
    house: "House", subject: str, run_id: str | None = None, confirm: bool = True
) -> dict[str, Any]:
    """Receipts of a decision's id, or of every proposal for a contact (by id or e-mail).

    A decision's smallest change is confirmed by solving its run again, and recorded beside the
    run; a contact's receipts show what earlier questions recorded. confirm: whether to solve.
    Raises RefusedError where the run proposed nothing about the subject.
    """
    found = _find(house, subject, run_id)
    if confirm and found.by_decision:
        one = found.rows.row(0, named=True)
        confirmed(house.tower, found.run, one["decision_id"], one["candidate"])
    told = [_receipt(house, found, row) for row in found.rows.head(SHOWN).iter_rows(named=True)]
    plan = house.tower.folder(found.run).read_records("plan", PlanRecord)[0]
    return {
        "run_id": found.run,
        "subject": subject,
        "stands_under": found.stands_under,
        "currency": house.tower.config.currency,
        "receipts": told,
        "more": max(0, found.rows.height - SHOWN),
        "prices": {name: round(price, 4) for name, price in plan.prices.items() if price > 0},
    }


@dataclass(frozen=True)
class _Found:
    """The run that decided about the subject, the rows about it, and all of the run's."""

    run: str
    rows: pl.DataFrame
    every: pl.DataFrame
    by_decision: bool
    stands_under: str | None
    """The contact that stood for the subject in that run, where it was merged with others."""


def _find(house: "House", subject: str, run_id: str | None) -> _Found:
    """The newest run that decided about the subject, and its rows, best first."""
    contact = _contact_of(house, subject)
    wanted = [newest_run(house, run_id)]
    if run_id is None:
        wanted = [one.run_id for one in reversed(runs.every(house.tower.ledger)) if one.summary]
    for run in wanted:
        every = standing(house.tower, run)
        decided = every.filter(pl.col("decision_id") == subject)
        person = _person_of(house, contact, run)
        rows = every.filter(pl.col("contact_id") == person) if decided.is_empty() else decided
        if not rows.is_empty():
            under = None if person == contact else person
            return _Found(run, _best_first(rows), every, not decided.is_empty(), under)
    raise RefusedError(
        f"No run proposed anything about {subject!r}.",
        "Name a contact's id, its e-mail, or a decision's id from `clearance export decisions`.",
    )


def _best_first(rows: pl.DataFrame) -> pl.DataFrame:
    """One row per treatment and fate."""
    fates = {"executed": 0, "scheduled": 1, "waiting": 2, "withheld": 3}
    order = pl.col("fate").replace_strict(fates, default=4, return_dtype=pl.Int8)
    best = rows.sort(order, -pl.col("value"), "candidate")
    return best.unique(["treatment_id", "fate"], keep="first", maintain_order=True)


def _contact_of(house: "House", subject: str) -> str:
    contacts = house.tower.warehouse.table("contacts")
    found = contacts.filter(pl.col("email").str.to_lowercase() == subject.lower())
    return subject if found.is_empty() else str(found.item(0, "contact_id"))


def _person_of(house: "House", contact: str, run: str) -> str:
    """Who stood for the contact when the run was held."""
    survivors = survivors_at(house.tower, pins_of(house.tower, run).at)
    found = survivors.filter(pl.col("contact_id") == contact)
    return contact if found.is_empty() else str(found.item(0, "survivor_id"))


def _receipt(house: "House", found: _Found, row: dict[str, Any]) -> dict[str, Any]:
    beaten_by = _winner(found, row)
    told = recorded(house.tower, found.run, row["decision_id"])
    known = foreseen(house.tower, found.run, row)
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
        "factors": factors(known),
        "objectives": shares(house.tower, found.run, row, known),
        "times": times_of(house.tower, found.run, row),
        "tiring": tiring_of(house.tower, found.run, row),
        "cost": row["cost"],
        "price": _rounded(row["price"]),
        "worth": _rounded(row.get("worth")),
        "declared": row.get("declared"),
        "would_choose": would_choose(house.tower.folder(found.run), row),
        "propensity": row["propensity"],
        "winner": beaten_by,
        "flips_with": _flip(row, beaten_by) if told is None else flip_sentence(told),
        "confirmation": None if told is None else confirmation_data(told),
        "packet_id": row["packet_id"],
    }


def _winner(found: _Found, row: dict[str, Any]) -> dict[str, Any] | None:
    if row["winner"] is None:
        return None
    rows = found.every.filter(pl.col("candidate") == row["winner"])
    kept = [one for one in ("worth",) if one in rows.columns]
    return rows.select("decision_id", "agent", "treatment_id", "value", *kept).row(0, named=True)


def _counted(row: dict[str, Any]) -> float:
    """What it counted as in the arbitration; older runs kept no other than its value."""
    worth = row.get("worth")
    return float(row["value"] if worth is None else worth)


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
        short = max((row["price"] or 0.0) - _counted(row), 0.0)
        return f"{short:.0f} minor units more {_what(row)}, or room in the limits it uses"
    if winner is not None:
        return f"{max(_counted(winner) - _counted(row), 0.0):.0f} minor units more {_what(row)}"
    return None


def _what(row: dict[str, Any]) -> str:
    return "value as it is counted" if row.get("declared") else "value"
