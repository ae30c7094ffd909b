"""Measured lift, and the record checked against itself and against the policy."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from app.caps_kept import beyond_caps
from app.erasing import unsettled
from domain.errors import UsageError
from domain.names import MARKETING_PURPOSE
from graph.people import by_person
from policies.quarters import bounds
from policies.schema import Policy
from tools.ledger import identities, permits
from tools.ledger.exporting import effects
from tools.ledger.verify import Finding, verify
from tools.measurement.lift import lift
from tools.permit_keys import keys_in
from tools.proving import MESSAGES, PERMITS, unproven

if TYPE_CHECKING:
    from app.compose import House


def lift_report(house: "House") -> dict[str, Any]:
    """Lift of every treatment with a control group, on each objective's outcome; a sentence for
    those without one. objective and horizon_days are the leading one's."""
    config = house.tower.config
    rows = _lift_by_objective(house)
    measured = rows.filter(pl.col("lift").is_not_null())
    silent = rows.filter(pl.col("lift").is_null() & (pl.col("measure") == "answered"))
    return {
        "objective": config.objective.outcome,
        "horizon_days": config.objective.horizon_days,
        "objectives": [
            one.model_dump(include={"outcome", "horizon_days", "weight"})
            for one in config.objectives
        ],
        "currency": config.currency,
        "lift": measured.to_dicts(),
        "not_measured": silent.select("treatment_id", "channel", "outcome", "said").to_dicts(),
        "note": config.note,
    }


def _lift_by_objective(house: "House") -> pl.DataFrame:
    """Rows of `lift` with outcome and horizon_days, objective by objective. Money bought within
    a horizon is the same whatever the outcome: it stands once for each horizon."""
    tower = house.tower
    names = ("touches", "outcomes", "treatments")
    now = tower.clock.now()
    people = by_person(tower, now)
    touches, outcomes, treatments = (people.table(name) for name in names)
    frames = []
    seen: set[int] = set()
    for one in tower.config.objectives:
        found = lift(touches, outcomes, treatments, one.outcome, one.horizon_days, now)
        if one.horizon_days in seen:
            found = found.filter(pl.col("measure") == "answered")
        seen.add(one.horizon_days)
        frames.append(
            found.with_columns(outcome=pl.lit(one.outcome), horizon_days=pl.lit(one.horizon_days))
        )
    return pl.concat(frames)


def verify_record(house: "House") -> dict[str, Any]:
    """Every check of the record and of the policy's promises."""
    tower = house.tower
    checks = (
        *verify(tower.ledger, tower.workspace.runs_folder),
        _finding("No contact was touched beyond a cap", beyond_caps(tower, _accepted(house))),
        _holdout(house),
        _budgets(house),
        _finding("Every erasure is done", unsettled(tower)),
        _merges(house),
        _permits(house),
    )
    return {
        "ok": all(check.ok for check in checks),
        "checks": [check.model_dump() for check in checks],
    }


def _merges(house: "House") -> Finding:
    with house.tower.ledger.read() as session:
        found = list(identities.problems(session))
    return _finding("Every merge of contacts stands as its newest audit line says", found)


def _permits(house: "House") -> Finding:
    """Each message is proven by a permit that a key of permits.pub signed."""
    tower = house.tower
    with tower.ledger.read() as session:
        since = permits.since(session)
    handed = permits.messages(tower.ledger, since)
    file = tower.workspace.permit_keys_file
    keys = keys_in(file) if file.exists() else {}
    said = f"Each of {handed.height:,} messages handed over under permits has one that proves it"
    return _finding(said, unproven(handed, permits.frame(tower.ledger), keys))


def verify_export(messages: Path, proofs: Path, keys: Path) -> dict[str, Any]:
    """The same from exports alone: `effects` and `permits`, and public keys from elsewhere."""
    handed = _read(messages, MESSAGES).filter(pl.col("last_sent_at").is_not_null())
    said = f"Each of {handed.height:,} messages in the export has a permit that proves it"
    check = _finding(said, unproven(handed, _read(proofs, PERMITS), keys_in(keys)))
    return {"ok": check.ok, "checks": [check.model_dump()]}


def _read(file: Path, columns: Mapping[str, Any]) -> pl.DataFrame:
    """The columns of an exported Parquet file. Raises UsageError by name where one is missing."""
    try:
        return pl.read_parquet(file, columns=list(columns)).cast(dict(columns))  # type: ignore[arg-type]
    except (OSError, pl.exceptions.PolarsError) as error:
        raise UsageError(
            f"{file} is no export of these columns: {str(error).splitlines()[0]}.",
            f"Expected Parquet with {', '.join(columns)}: `clearance export`.",
        ) from None


def _accepted(house: "House") -> pl.DataFrame:
    return effects(house.tower.ledger).filter(
        (pl.col("state") == "accepted") & pl.col("contact_id").is_not_null()
    )


def _holdout(house: "House") -> Finding:
    from graph.gate import contacts_at

    held = contacts_at(house.tower, house.tower.clock.now()).filter("holdout")
    wrong = (
        _accepted(house)
        .filter((pl.col("class") == "marketing") & (pl.col("purpose") == MARKETING_PURPOSE))
        .join(held.select("contact_id"), on="contact_id", how="semi")
    )
    problems = [f"{who} is held out" for who in wrong["contact_id"].unique().sort()]
    return _finding("Nobody in the holdout was touched", problems)


def _budgets(house: "House") -> Finding:
    """Money held or spent by touches in any window of a pool's length never exceeds its limit."""
    rows = house.tower.ledger.frame(
        "SELECT resource, amount, at FROM reservation "
        "WHERE resource LIKE 'pool:%' AND state IN ('held', 'spent')",
        {"resource": pl.String, "amount": pl.Float64, "at": pl.Datetime("us", "UTC")},
    )
    problems = []
    for budget in house.tower.loaded.policy.budgets:
        own = rows.filter(pl.col("resource") == f"pool:{budget.pool}").sort("at")
        sums = own.rolling("at", period=f"{budget.window_days}d").agg(pl.col("amount").sum())
        over = sums.filter(pl.col("amount") > budget.at_most).get_column("amount").to_list()
        problems += [f"pool {budget.pool} holds {held:.0f} of {budget.at_most}" for held in over]
    problems += _over_quarters(house.tower.loaded.policy, rows)
    return _finding("No budget pool is held or spent beyond its limit", problems)


def _over_quarters(policy: Policy, rows: pl.DataFrame) -> list[str]:
    found = []
    for one in policy.quarter_budgets:
        start, end = bounds(one.quarter)
        inside = pl.col("at").is_between(start, end, closed="left")
        own = rows.filter(inside & (pl.col("resource") == f"pool:{one.pool}"))
        held = float(own.get_column("amount").sum())
        if held > one.at_most:
            found.append(f"pool {one.pool} holds {held:.0f} of {one.at_most} in {one.quarter}")
    return found


def _finding(check: str, problems: list[str]) -> Finding:
    return Finding(check=check, ok=not problems, detail="; ".join(problems[:3]))
