"""Several processes reserve at once: what is held is exact, on SQLite and on Postgres.

Each round, every process asks for the same scarce things at the same moment. Whatever the order,
no limit may be exceeded, and nothing may be refused that still fits at the end: what was held is
never given back here, so a refusal must still be right then.
"""

import json
import multiprocessing
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import polars as pl
import typer

from evals.faults.postgres import drop, postgres_url
from tools.ledger.database import INSTANT, Ledger
from tools.ledger.fitting import Limit, Span, Window
from tools.ledger.reservations import hold_within

Engine = Literal["sqlite", "postgres"]
AT: Final = datetime(2026, 3, 2, 9, tzinfo=UTC)
WEEK: Final = timedelta(days=7)
PROCESSES: Final = 3
ASKS: Final = 40
"""Decisions of one process in a round."""
CONTACTS: Final = 25
PER_CONTACT: Final = 2
POOL: Final = 35
"""Fewer than the contacts' caps let through, and far fewer than are asked for."""


@dataclass(frozen=True)
class Reserved:
    """What came of it. `exceeded`, `wrongly_refused`: rounds in which something was wrong."""

    engine: str
    processes: int
    rounds: int
    asked: int
    held: int
    exceeded: int
    wrongly_refused: int
    seconds: float


def limits(turn: int) -> tuple[Limit, ...]:
    """Of one round: a pool, and two touches a week for each contact."""
    channel = f"touch:email{turn}"
    return (
        Span(f"pool:{turn}", float(POOL), AT - WEEK, AT + WEEK),
        Window("contact", (channel,), (channel,), float(PER_CONTACT), WEEK),
    )


def asks(turn: int, process: int) -> pl.DataFrame:
    """One process's asks of a round, as `hold_within` takes them: a touch and its cost go whole."""
    rows = [
        {
            "decision_id": f"{turn}-{process}-{ask}",
            "packet_id": f"pk-{turn}-{process}",
            "account_id": None,
            "resource": resource,
            "holder": holder,
            "amount": 1.0,
            "at": AT,
            "unit": ask,
        }
        for ask in range(ASKS)
        for resource, holder in (
            (f"touch:email{turn}", f"c{(ask * 7 + process) % CONTACTS}"),
            (f"pool:{turn}", ""),
        )
    ]
    return pl.DataFrame(rows, schema_overrides={"account_id": pl.String, "at": INSTANT})


def work(url: str, process: int, rounds: int, barrier: Barrier) -> None:
    """One process: in every round it asks at the same moment as the others."""
    ledger = Ledger(url)
    for turn in range(rounds):
        rows, found = asks(turn, process), limits(turn)
        barrier.wait()
        with ledger.write() as session:
            hold_within(session, rows, found, f"run-{process}")
    ledger.engine.dispose()


def compete(url: str, rounds: int) -> float:
    """All processes, to their end; seconds from their common start. Raises RuntimeError where one
    failed."""
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(PROCESSES + 1)
    team = [
        context.Process(target=_begin, args=(url, one, rounds, barrier)) for one in range(PROCESSES)
    ]
    for one in team:
        one.start()
    barrier.wait()
    began = time.perf_counter()
    for _ in range(rounds):
        barrier.wait()
    for one in team:
        one.join()
    if any(one.exitcode for one in team):
        raise RuntimeError("A process that reserved failed: its error is above.")
    return time.perf_counter() - began


def _begin(url: str, process: int, rounds: int, barrier: Barrier) -> None:
    """Come to the start with everything imported."""
    barrier.wait()
    work(url, process, rounds, barrier)


def judge(ledger: Ledger, engine: str, rounds: int, seconds: float) -> Reserved:
    """Compare what is held with what was asked, by the limits' own definition."""
    rows = ledger.frame(
        "SELECT decision_id, resource, holder FROM reservation WHERE state = 'held'",
        {"decision_id": pl.String, "resource": pl.String, "holder": pl.String},
    )
    used = Counter(rows.select("resource", "holder").iter_rows())
    held = set(rows.get_column("decision_id"))
    exceeded = sum(_exceeded(used, turn) for turn in range(rounds))
    wrong = sum(_wrongly_refused(used, held, turn) for turn in range(rounds))
    asked = rounds * PROCESSES * ASKS
    return Reserved(engine, PROCESSES, rounds, asked, len(held), exceeded, wrong, seconds)


def _exceeded(used: Counter[Any], turn: int) -> bool:
    touches = [count for (what, _), count in used.items() if what == f"touch:email{turn}"]
    return used[(f"pool:{turn}", "")] > POOL or max(touches, default=0) > PER_CONTACT


def _wrongly_refused(used: Counter[Any], held: set[str], turn: int) -> bool:
    if used[(f"pool:{turn}", "")] >= POOL:
        return False
    every = pl.concat([asks(turn, process) for process in range(PROCESSES)])
    refused = every.filter(~pl.col("decision_id").is_in(list(held)))
    touches = refused.filter(pl.col("resource").str.starts_with("touch:"))
    return any(
        used[(what, holder)] < PER_CONTACT
        for what, holder in touches.select("resource", "holder").iter_rows()
    )


@contextmanager
def _place(engine: Engine) -> Iterator[str]:
    if engine == "postgres":
        url = postgres_url()
        yield url
        drop(url)
        return
    with tempfile.TemporaryDirectory() as folder:
        yield f"sqlite:///{Path(folder) / 'ledger.sqlite'}"


def reserve_at_once(engine: Engine, rounds: int) -> Reserved:
    """Rounds of three processes on a new ledger, judged."""
    with _place(engine) as url:
        ledger = Ledger(url)
        ledger.create()
        seconds = compete(url, rounds)
        found = judge(ledger, engine, rounds, seconds)
        ledger.engine.dispose()
    return found


def main(
    engine: Annotated[
        list[str] | None, typer.Option(help="sqlite, postgres; default: both")
    ] = None,
    rounds: Annotated[int, typer.Option(help="Rounds on each engine.")] = 200,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Three processes reserve at once, round after round; exits 1 where anything was inexact."""
    engines: Sequence[str] = engine or ("sqlite", "postgres")
    found = [reserve_at_once(one, rounds) for one in engines]  # type: ignore[arg-type]
    for one in found:
        said = f"{one.engine}: {one.held} of {one.asked} held in {one.rounds} rounds, "
        sys.stdout.write("" if as_json else f"{said}{one.seconds:.1f} s\n")
    if as_json:
        sys.stdout.write(json.dumps([asdict(one) for one in found], indent=2) + "\n")
    if any(one.exceeded or one.wrongly_refused for one in found):
        raise typer.Exit(1)


if __name__ == "__main__":
    typer.run(main)
