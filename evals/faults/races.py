"""Races of three reviewers: `python -m evals.faults.races [--engine sqlite] [--races 1000]`.

Three processes, one packet per race, all three speak at the same moment, some approve and some
reject. Each race must have one winner, both losers must be told exactly who won and with what, and
the ledger must say the same. Exit code 1 where any race deviates.
"""

import json
import multiprocessing
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import typer
from sqlmodel import select

from domain.packet import Packet
from evals.faults.postgres import drop, postgres_url
from tools.ledger import audit, packets, reviews, voting
from tools.ledger.database import Ledger
from tools.ledger.models import ReviewRow, VoteRow
from tools.ledger.words import Said

Engine = Literal["sqlite", "postgres"]
PEOPLE: Final = ("rita", "ravi", "rosa")
AT: Final = datetime(2026, 3, 2, 12, tzinfo=UTC)
PATIENCE: Final = 120.0
"""Seconds to wait for a process that says nothing."""
BECAME: Final = {"approve": "approved", "reject": "rejected"}


@dataclass(frozen=True)
class Answer:
    """What one person was told in one race."""

    race: int
    person: str
    verdict: str
    kind: str
    state: str
    by: tuple[str, ...]


@dataclass(frozen=True)
class Raced:
    """What the races of one engine came to. won: races by what the winner said; deviations: of any
    kind, in words."""

    engine: str
    races: int
    one_winner: int
    losers_told: int
    won: dict[str, int]
    seconds: float
    deviations: tuple[str, ...]


def packet_of(race: int) -> Packet:
    """A small packet that asks one person."""
    return Packet(
        packet_id=f"pk-{race:06d}",
        version=1,
        run_id="races",
        kind="touches",
        disposition="escalated",
        title="A race",
        agent="email",
        channel="email",
        campaign_id="spring",
        treatments=("spring_mail",),
        contacts=1,
        accounts=1,
        decisions_hash=str(race),
        value=1.0,
        value_se=0.1,
        cost=0,
        currency="USD",
        first_at=AT,
        last_at=AT,
        evidence_prior_share=0.0,
        triggers=(),
        other_sides=(),
        budget=None,
        approvals_needed=1,
        policy_hash="none",
        proposed_by="agent:email",
    )


def verdict_of(race: int, person: str) -> str:
    """What the person says in this race: drawn, the same every time."""
    return random.Random(f"{race} {person}").choice(("approve", "reject"))


def ask(ledger: Ledger, races: int) -> None:
    with ledger.write() as session:
        for packet in map(packet_of, range(races)):
            packets.save(session, packet, AT)
            reviews.open_review(session, packet, AT, AT + timedelta(hours=24))


def speak(url: str, person: str, races: int, barrier: Barrier) -> list[Answer]:
    """One reviewer, who in every race speaks at the same moment as the others."""
    ledger, told = Ledger(url), []
    for race in range(races):
        packet, verdict = packet_of(race), verdict_of(race, person)
        barrier.wait()
        said = _decide(ledger, packet, person, verdict)
        told.append(
            Answer(
                race,
                person,
                verdict,
                said.kind,
                getattr(said, "state", ""),
                tuple(getattr(said, "by", ())),
            )
        )
    ledger.engine.dispose()
    return told


def _decide(ledger: Ledger, packet: Packet, person: str, verdict: str) -> Said:
    with ledger.write() as session:
        return voting.decide(
            session,
            packet_id=packet.packet_id,
            version=packet.version,
            payload_hash=packet.payload_hash,
            person_id=person,
            roles=("reviewer",),
            verdict=verdict,
            at=AT,
        )


def race(url: str, races: int) -> tuple[list[Answer], float]:
    """All three processes through all races: what each was told, and seconds from the common start.
    Raises BrokenBarrierError or Empty where one failed."""
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(len(PEOPLE) + 1, timeout=PATIENCE)
    answers = context.Queue()
    team = [
        context.Process(target=_begin, args=(url, one, races, barrier, answers), daemon=True)
        for one in PEOPLE
    ]
    for one in team:
        one.start()
    barrier.wait()
    began = time.perf_counter()
    for _ in range(races):
        barrier.wait()
    told = [answer for _ in team for answer in answers.get(timeout=PATIENCE)]
    seconds = time.perf_counter() - began
    for one in team:
        one.join()
    return told, seconds


def _begin(url: str, person: str, races: int, barrier: Barrier, answers: "Queue[Any]") -> None:
    """Come to the start with everything imported. An error ends the races for all."""
    try:
        barrier.wait()
        answers.put(speak(url, person, races, barrier))
    except BaseException:
        barrier.abort()
        raise


def judge(ledger: Ledger, engine: str, races: int, told: list[Answer], seconds: float) -> Raced:
    """Compare what people were told with each other and with what the ledger says."""
    by_race: list[list[Answer]] = [[] for _ in range(races)]
    for answer in told:
        by_race[answer.race].append(answer)
    states, votes = _kept(ledger)
    won, one_winner, losers_told, deviations = {"approve": 0, "reject": 0}, 0, 0, []
    for number, answers in enumerate(by_race):
        winners = [one for one in answers if one.kind == "decided"]
        if len(winners) != 1 or len(answers) != len(PEOPLE):
            deviations.append(f"Race {number}: {len(winners)} winners of {len(answers)} answers.")
            continue
        winner = winners[0]
        one_winner += 1
        won[winner.verdict] += 1
        wrong = [one for one in answers if one is not winner and not _told(one, winner)]
        losers_told += len(answers) - 1 - len(wrong)
        deviations += [f"Race {number}: {winner.person} won, and {one} was told." for one in wrong]
        packet = packet_of(number).packet_id
        if (states[packet], votes.get(packet)) != (
            BECAME[winner.verdict],
            [(winner.person, winner.verdict)],
        ):
            deviations.append(f"Race {number}: the ledger has {states[packet]}, {votes[packet]}.")
    with ledger.read() as session:
        deviations += [str(one) for one in audit.verify_chain(session)]
    return Raced(engine, races, one_winner, losers_told, won, round(seconds, 2), tuple(deviations))


def _told(loser: Answer, winner: Answer) -> bool:
    """Whether the loser was told exactly who won, and what."""
    said = (loser.kind, loser.state, loser.by)
    return said == ("already_decided", BECAME[winner.verdict], (winner.person,))


def _kept(ledger: Ledger) -> tuple[dict[str, str], dict[str, list[tuple[str, str]]]]:
    """State and votes of every packet, as the ledger has them."""
    votes: dict[str, list[tuple[str, str]]] = {}
    with ledger.read() as session:
        states = dict(session.exec(select(ReviewRow.packet_id, ReviewRow.state)).all())
        for row in session.exec(select(VoteRow)):
            votes.setdefault(row.packet_id, []).append((row.person_id, row.verdict))
    return states, votes


@contextmanager
def _place(engine: Engine) -> Iterator[str]:
    if engine == "postgres":
        url = postgres_url()
        yield url
        drop(url)
        return
    with tempfile.TemporaryDirectory() as folder:
        yield f"sqlite:///{Path(folder) / 'ledger.sqlite'}"


def races_on(engine: Engine, races: int) -> Raced:
    """So many races on a new ledger, judged."""
    with _place(engine) as url:
        ledger = Ledger(url)
        ledger.create()
        ask(ledger, races)
        found = judge(ledger, engine, races, *race(url, races))
        ledger.engine.dispose()
    return found


def main(
    engine: Annotated[
        list[str] | None, typer.Option(help="sqlite, postgres; default: both")
    ] = None,
    races: Annotated[int, typer.Option(help="Races on each engine.")] = 1000,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Three reviewers from three processes speak at once; exits 1 where a race deviates."""
    engines: Sequence[str] = engine or ("sqlite", "postgres")
    found = [races_on(one, races) for one in engines]  # type: ignore[arg-type]
    if as_json:
        sys.stdout.write(json.dumps([asdict(one) for one in found], indent=2) + "\n")
    else:
        for one in found:
            sys.stdout.write("\n".join([_line(one), *one.deviations]) + "\n")
    if any(one.deviations for one in found):
        raise typer.Exit(1)


def _line(one: Raced) -> str:
    return (
        f"{one.engine}: {one.one_winner} of {one.races} races with one winner "
        f"({one.won['approve']} approved, {one.won['reject']} rejected), {one.losers_told} of "
        f"{one.races * (len(PEOPLE) - 1)} losers told exactly who, {one.seconds:.1f} s"
    )


if __name__ == "__main__":
    typer.run(main)
