"""Runs: one per schedule and slot, and the hashes of what they wrote."""

from sqlmodel import Session, col, select

from domain.errors import RefusedError
from domain.run import Pins, RunSummary
from tools.ledger.database import Ledger
from tools.ledger.models import RunRow, RunTableRow


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
    if row.summary is None:
        raise RefusedError(f"Run {row.run_id} is unfinished.", "Finish it: `clearance run`.")
    return RunSummary.model_validate_json(row.summary)


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
