"""Runs: one per schedule and slot, and the hashes of what they wrote."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from domain.canonical import digest
from domain.errors import RefusedError
from domain.run import Pins, RunSummary
from tools.ledger import audit, reservations
from tools.ledger.database import Ledger
from tools.ledger.models import RunRow, RunTableRow

NOT_RUN = ("skipped", "expired")
UTC_SLOT = "____-__-__T__:__:__+00:00"
"""How a scheduler names slots, for LIKE."""


def id_of(schedule: str, slot: str) -> str:
    return f"run-{digest([schedule, slot])[:12]}"


def open_run(session: Session, pins: Pins) -> None:
    """Note a run before anything of it is computed; (schedule, slot) is unique."""
    session.add(
        RunRow(
            run_id=pins.run_id,
            schedule=pins.schedule,
            slot=pins.slot,
            state="open",
            at=pins.at,
            pins=pins.model_dump_json(),
        )
    )


def find(session: Session, run_id: str) -> RunRow | None:
    return session.get(RunRow, run_id)


def get(session: Session, run_id: str) -> RunRow:
    """The run. Raises RefusedError where there is none of that id."""
    row = session.get(RunRow, run_id)
    if row is None:
        raise RefusedError(f"There is no run {run_id}.", "See the newest: `clearance status`.")
    return row


def read(ledger: Ledger, run_id: str) -> RunRow:
    with ledger.read() as session:
        row = get(session, run_id)
        session.expunge(row)
        return row


def finish(session: Session, run_id: str, summary: RunSummary) -> None:
    row = get(session, run_id)
    row.state = "done"
    row.summary = summary.model_dump_json()
    session.add(row)


def summary_of(row: RunRow) -> RunSummary:
    """What a finished run was. Raises RefusedError where it has not finished."""
    if row.state in NOT_RUN:
        raise RefusedError(
            f"Run {row.run_id} of {row.schedule}, slot {row.slot}, is {row.state}: {row.reason}",
            "See the newest: `clearance status`.",
        )
    if row.summary is None:
        raise RefusedError(f"Run {row.run_id} is unfinished.", "Finish it: `clearance run`.")
    return RunSummary.model_validate_json(row.summary)


def skip(
    session: Session, schedule: str, slot: str, at: datetime, reason: str, said: Mapping[str, Any]
) -> bool:
    """Record that the slot will not run, and why; false where it is recorded already, run or not.

    said: what the audit line tells besides.
    """
    run_id = id_of(schedule, slot)
    if find(session, run_id) is not None:
        return False
    row = RunRow(
        run_id=run_id,
        schedule=schedule,
        slot=slot,
        state="skipped",
        at=at,
        pins="",
        reason=reason,
    )
    session.add(row)
    told = {"schedule": schedule, "slot": slot, "reason": reason, **said}
    audit.append(session, at, "scheduler", "slot_skipped", run_id, told)
    return True


def expire(
    session: Session, run_id: str, at: datetime, reason: str, by: str = "meta-agent"
) -> None:
    """Close an unfinished run: what it held is freed, and nobody finishes it any more."""
    row = get(session, run_id)
    if row.state != "open":
        return
    row.state, row.reason = "expired", reason
    session.add(row)
    freed = reservations.free_run(session, run_id)
    said = {"reason": reason, "reservations_freed": freed}
    audit.append(session, at, by, "run_expired", run_id, said)


def newest_slot(ledger: Ledger, schedule: str, until: str) -> str | None:
    """The newest slot of the schedule that is recorded, run or not, up to that one."""
    with ledger.read() as session:
        wanted = select(RunRow.slot).where(
            RunRow.schedule == schedule, RunRow.slot <= until, col(RunRow.slot).like(UTC_SLOT)
        )
        return session.exec(wanted.order_by(col(RunRow.slot).desc()).limit(1)).first()


def not_run(ledger: Ledger, newest: int = 5) -> list[RunRow]:
    """Slots that were skipped and runs that expired, the newest first."""
    with ledger.read() as session:
        wanted = select(RunRow).where(col(RunRow.state).in_(NOT_RUN))
        rows = list(session.exec(wanted.order_by(col(RunRow.at).desc()).limit(newest)))
        session.expunge_all()
        return rows


def unfinished(ledger: Ledger) -> list[str]:
    """Runs that were opened and never committed, oldest first."""
    with ledger.read() as session:
        wanted = select(RunRow.run_id).where(RunRow.state == "open").order_by(col(RunRow.at))
        return list(session.exec(wanted))


def latest(ledger: Ledger) -> RunRow | None:
    """The newest finished run."""
    with ledger.read() as session:
        wanted = select(RunRow).where(RunRow.state == "done").order_by(col(RunRow.at).desc())
        row = session.exec(wanted.limit(1)).first()
        if row is not None:
            session.expunge(row)
        return row


def every(ledger: Ledger) -> list[RunRow]:
    """All runs, oldest first."""
    with ledger.read() as session:
        rows = list(session.exec(select(RunRow).order_by(col(RunRow.at))))
        session.expunge_all()
        return rows


def record_table(session: Session, run_id: str, name: str, sha256: str) -> None:
    """Keep the hash of a table that the run wrote."""
    session.merge(RunTableRow(run_id=run_id, name=name, sha256=sha256))


def tables(session: Session) -> list[RunTableRow]:
    return list(session.exec(select(RunTableRow)))
