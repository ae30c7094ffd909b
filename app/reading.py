"""Reading a run: status, conflicts, proposals and limits, for the commands and the chat."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

import polars as pl

from app.effect_desk import troubles
from app.quarter_pacing import pacing
from app.review_desk import waiting
from app.running import report
from app.storage_watch import in_keys
from app.turns import at_work
from domain.errors import RefusedError, StorageError
from graph.committing import filed
from graph.conflicts.types import TYPES
from policies.limit import Limit
from tools.ledger import controls, runs

if TYPE_CHECKING:
    from app.compose import House


def newest_run(house: "House", run_id: str | None) -> str:
    """The run that was named, or the newest. Raises RefusedError where none has finished."""
    if run_id is not None:
        return runs.read(house.tower.ledger, run_id).run_id
    latest = runs.latest(house.tower.ledger)
    if latest is None:
        raise _none_finished(runs.unfinished(house.tower.ledger))
    return latest.run_id


def _none_finished(left: list[str]) -> RefusedError:
    if not left:
        return RefusedError("This workspace has had no run yet.", "Start one: `clearance run`.")
    return RefusedError(
        f"No run has finished yet; {left[0]} is unfinished.",
        f"Finish it: `clearance run`. Or close it: `clearance give-up {left[0]} --reason WHY`.",
    )


def status(house: "House", run_id: str | None, halt: StorageError | None = None) -> dict[str, Any]:
    """The run's report with what is paused, what halts the house, what troubles deliveries, which
    questions are overdue, how quarter budgets are paced, which runs are unfinished, which slots
    since then did not run, and what the clock says."""
    data = report(house, newest_run(house, run_id))
    since = datetime.fromisoformat(data["at"])
    left_out = [one for one in runs.not_run(house.tower.ledger) if one.at >= since]
    paused = controls.active(house.tower.ledger)
    return {
        **data,
        "now": house.tower.clock.now().isoformat(),
        "reviews_overdue": [
            {"packet_id": one["packet_id"], "asked": one["asked"], "expires_at": one["expires_at"]}
            for one in waiting(house)
            if one["overdue"]
        ],
        "paused": paused.select("scope", "name").to_dicts(),
        "halted": in_keys(halt),
        "troubles": troubles(house),
        "quarter_budgets": pacing(house),
        "unfinished": _unfinished(house),
        "not_run": [
            {
                "run_id": one.run_id,
                "schedule": one.schedule,
                "slot": one.slot,
                "state": one.state,
                "reason": one.reason,
            }
            for one in left_out
        ],
    }


def _unfinished(house: "House") -> list[dict[str, Any]]:
    """The oldest first: that is the one which a process with the turn is at."""
    ledger, working = house.tower.ledger, at_work(house)
    rows = [runs.read(ledger, one) for one in runs.unfinished(ledger)]
    return [
        {
            "run_id": row.run_id,
            "schedule": row.schedule,
            "slot": row.slot,
            "since": row.at.isoformat(),
            "going": working and place == 0,
        }
        for place, row in enumerate(rows)
    ]


def conflicts(house: "House", run_id: str | None) -> dict[str, Any]:
    """Conflicts by type: how many, how many people, the value that gave way."""
    run = newest_run(house, run_id)
    rows = house.tower.folder(run).read("conflicts")
    by_type = (
        rows.group_by("type")
        .agg(
            count=pl.len(),
            people=pl.col("contact").drop_nulls().n_unique()
            + pl.col("people").filter(pl.col("contact").is_null()).sum(),
            stake=pl.col("stake").sum(),
        )
        .sort("stake", "type", descending=[True, False])
    )
    return {
        "run_id": run,
        "currency": house.tower.config.currency,
        "conflicts": [
            {
                "type": row["type"],
                "name": TYPES[row["type"]][0],
                "resolution": TYPES[row["type"]][1],
                "count": row["count"],
                "people": row["people"],
                "stake": round(row["stake"], 2),
            }
            for row in by_type.iter_rows(named=True)
        ],
    }


def proposals(house: "House", run_id: str | None) -> dict[str, Any]:
    run = newest_run(house, run_id)
    return {
        "run_id": run,
        "currency": house.tower.config.currency,
        "proposals": [one.model_dump(mode="json") for one in filed(house.tower, run)],
    }


def limits(house: "House") -> dict[str, Any]:
    """Every limit of the policy with its owner, reason and date."""
    policy = house.tower.loaded.policy
    rows = []
    for field in type(policy).model_fields:
        value = getattr(policy, field)
        many = value if isinstance(value, tuple) else (value,)
        rows += [_limit(field, one) for one in many if isinstance(one, Limit)]
    return {
        "name": policy.name,
        "version": policy.version,
        "hash": house.tower.loaded.hash,
        "limits": rows,
    }


def _limit(field: str, limit: Limit) -> dict[str, Any]:
    said = limit.model_dump(mode="json")
    about = {key: said.pop(key) for key in ("owner", "reason", "since")}
    about["last_review"] = said.pop("reviewed") or about["since"]
    name = said.pop("name", None) or said.get("pool") or ""
    return {"limit": f"{field} {name}".strip(), "says": said, **about}
