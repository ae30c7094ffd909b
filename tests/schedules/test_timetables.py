"""What becomes of a slot: it runs once, or is recorded with the reason why not."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from app import running
from app.compose import House
from app.cron import slots_of
from app.reading import status
from app.serving import HouseWork
from app.timetable import Timetable
from app.turns import Turn, turn_of
from domain.errors import RefusedError
from evals.faults.world import START
from graph.opening import open_run, slot_name
from tests.ledger_storage.worlds import holds
from tests.schedules.conftest import Hands, lines_of, rows_of
from tools.ledger import reservations, runs
from tools.workspace_config import Schedule

Process = Callable[[str], House]
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
TEN = Schedule(name="often", cron="*/10 * * * *")
DAILY = Schedule(name="daily", cron="0 9 * * *")


@dataclass(frozen=True)
class Slow(HouseWork):
    """Work whose runs take as long as a test says, and decide nothing."""

    clock: Hands = field(default_factory=Hands)
    takes: list[timedelta] = field(default_factory=list)

    def run(self, schedule: str, slot: datetime) -> None:
        with turn_of(self.house) as turn:
            open_run(turn.tower, schedule, slot_name(slot))
        self.clock.pass_(self.takes.pop(0) if self.takes else timedelta())


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Runs that were decided, in order; nothing is computed."""
    decided: list[str] = []

    def note(house: House, turn: Turn, run_id: str, progress: Any) -> dict[str, float]:
        decided.append(run_id)
        return {}

    monkeypatch.setattr(running, "_steps", note)
    return decided


def table(house: House, schedule: Schedule, hands: Hands, *takes: timedelta) -> Timetable:
    """A scheduler's timetable, started now."""
    work = Slow(house, clock=hands, takes=list(takes))
    return Timetable(schedule, slots_of(schedule.cron, ZoneInfo("UTC")), work, hands)


def stands(house: House) -> list[tuple[str, str]]:
    """(slot's time, state) of what is recorded, by slot."""
    rows = sorted(rows_of(house), key=lambda row: row.slot)
    return [(row.slot[8:16], row.state) for row in rows]


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


def test_F33_of_two_schedulers_one_runs_a_slot_and_the_other_idles(
    process: Process, hands: Hands
) -> None:
    hands.at = at(2, 8)
    first, second = (table(process(name), DAILY, hands) for name in ("ann", "bob"))
    hands.at = at(2, 9)

    with turn_of(process("eve")):
        second.attend()
        assert stands(process("sue")) == []
    first.attend()
    second.attend()

    assert stands(process("sue")) == [("02T09:00", "open")]


def test_F33_a_slot_that_waited_while_a_run_was_only_beginning_is_not_lost(
    process: Process, hands: Hands
) -> None:
    """The other took its turn and died before it opened the run."""
    hands.at = at(2, 8)
    second = table(process("bob"), DAILY, hands)
    hands.at = at(2, 9)
    with turn_of(process("ann")):
        second.attend()

    hands.pass_(timedelta(minutes=1))
    second.attend()

    assert stands(process("sue")) == [("02T09:00", "open")]


def test_F35_a_slot_that_comes_while_a_run_is_going_is_skipped_and_recorded(
    process: Process, hands: Hands
) -> None:
    hands.at = at(2, 9, 5)
    one = table(process("ann"), TEN, hands, timedelta(minutes=25))
    hands.at = at(2, 9, 10)

    one.attend()

    assert stands(process("sue")) == [("02T09:10", "open"), ("02T09:30", "skipped")]
    skipped = next(row for row in rows_of(process("sue")) if row.state == "skipped")
    assert skipped.reason is not None
    assert skipped.reason.startswith("2 slots came from 2026-03-02T09:20:00+00:00 to ")
    assert "was going (overlap = skip)" in skipped.reason
    (line,) = lines_of(process("sue"), "slot_skipped")
    assert '"slots":2' in line.payload


def test_F35_a_queued_slot_runs_right_after_however_long_the_run_took(
    process: Process, hands: Hands
) -> None:
    hands.at = at(2, 9, 5)
    queued = TEN.model_copy(update={"overlap": "queue"})
    one = table(process("ann"), queued, hands, 25 * HOUR / 60, timedelta(minutes=2))
    hands.at = at(2, 9, 10)

    one.attend()

    assert stands(process("sue")) == [
        ("02T09:10", "open"),
        ("02T09:20", "skipped"),
        ("02T09:30", "open"),
    ]


def test_F35_a_slot_that_comes_while_a_manual_run_is_going_is_skipped_by_the_same_rule(
    process: Process, hands: Hands
) -> None:
    hands.at = at(2, 9, 5)
    one = table(process("ann"), TEN, hands)
    hands.at = at(2, 9, 7)
    with turn_of(process("bob")) as turn:
        open_run(turn.tower, "manual", slot_name(hands.now()))
        hands.at = at(2, 9, 10)
        one.attend()

    hands.at = at(2, 9, 11)
    one.attend()

    assert stands(process("sue")) == [("02T09:07", "open"), ("02T09:10", "skipped")]


def test_F38_slots_missed_in_three_days_collapse_to_one_run(process: Process, hands: Hands) -> None:
    hands.at = at(2, 9)
    table(process("ann"), DAILY, hands)
    running.open_run(process("ann").tower, "daily", slot_name(at(2, 9)))
    hands.at = at(5, 9, 30)

    table(process("ann"), DAILY, hands).attend()

    assert stands(process("sue")) == [
        ("02T09:00", "open"),
        ("04T09:00", "skipped"),
        ("05T09:00", "open"),
    ]
    assert '"slots":2' in lines_of(process("sue"), "slot_skipped")[0].payload


def test_F38_slots_missed_longer_ago_than_the_grace_run_no_more_and_are_told_of(
    process: Process, hands: Hands
) -> None:
    running.open_run(process("ann").tower, "daily", slot_name(at(2, 9)))
    hands.at = at(5, 14)

    table(process("ann"), DAILY, hands).attend()
    table(process("ann"), DAILY, hands).attend()

    assert stands(process("sue")) == [("02T09:00", "open"), ("05T09:00", "skipped")]
    reason = rows_of(process("sue"))[-1].reason
    assert reason is not None
    assert reason.startswith("3 slots came from 2026-03-03T09:00:00+00:00 to 2026-03-05T09:00:00")


def test_F38_with_misfire_skip_a_missed_slot_never_runs_late(
    process: Process, hands: Hands
) -> None:
    running.open_run(process("ann").tower, "daily", slot_name(at(2, 9)))
    hands.at = at(3, 9, 30)

    strict = DAILY.model_copy(update={"misfire": "skip"})
    table(process("ann"), strict, hands).attend()

    assert stands(process("sue")) == [("02T09:00", "open"), ("03T09:00", "skipped")]


def test_F38_where_no_slot_was_ever_recorded_nothing_was_missed(
    process: Process, hands: Hands
) -> None:
    hands.at = at(2, 9, 30)

    table(process("ann"), DAILY, hands).attend()

    assert stands(process("sue")) == []


def test_F38_a_run_left_unfinished_until_its_slots_passed_is_closed_and_the_next_is_fresh(
    process: Process, hands: Hands, steps: list[str]
) -> None:
    house = process("ann")
    old = running.open_run(house.tower, "morning", "2026-03-02T14:00:00+00:00")
    with house.tower.ledger.write() as session:
        held = holds("d1").with_columns(packet_id=pl.lit("p1"))
        reservations.hold(session, held, old)
    hands.pass_(3 * DAY)

    ran = running.run(house, "morning", None, lambda _: None)

    closed, fresh = rows_of(house)
    assert (closed.run_id, closed.state) == (old, "expired")
    assert closed.reason == "It was left unfinished, and its slots have passed."
    assert [line.subject for line in lines_of(house, "run_expired")] == [old]
    assert reservations.touch_log(house.tower.ledger).is_empty()
    assert (ran.run_id, ran.resumed, steps) == (fresh.run_id, False, [fresh.run_id])


def test_F38_a_run_that_was_closed_is_never_decided_again(process: Process, hands: Hands) -> None:
    house = process("ann")
    old = running.open_run(house.tower, "morning", "2026-03-02T14:00:00+00:00")
    with house.tower.ledger.write() as session:
        runs.expire(session, old, hands.at, "Too old.")

    assert running.decide(house, old, lambda _: None) == {}
    with pytest.raises(RefusedError, match="is expired: Too old"):
        running.report(house, old)


def test_F38_a_run_whose_slots_still_come_is_finished(
    process: Process, hands: Hands, steps: list[str]
) -> None:
    house = process("ann")
    old = running.open_run(house.tower, "morning", "2026-03-02T14:00:00+00:00")
    hands.pass_(HOUR)

    ran = running.run(house, "manual", None, lambda _: None)

    assert (ran.run_id, ran.resumed, steps) == (old, True, [old])


def test_a_schedulers_slot_runs_after_what_was_left_unfinished(
    process: Process, hands: Hands, steps: list[str]
) -> None:
    house = process("ann")
    old = running.open_run(house.tower, "manual", slot_name(START))
    hands.pass_(HOUR)

    HouseWork(house).run("morning", hands.at)

    assert steps == [old, runs.id_of("morning", slot_name(hands.at))]


def test_status_tells_which_slots_did_not_run_since(process: Process, hands: Hands) -> None:
    house = process("ann")
    running.run(house, "often", slot_name(START), lambda _: None)
    hands.pass_(timedelta(minutes=90))
    table(house, TEN.model_copy(update={"misfire": "skip"}), hands).attend()
    hands.pass_(timedelta(minutes=19))

    told: list[dict[str, Any]] = status(house, None)["not_run"]

    assert [(one["schedule"], one["state"]) for one in told] == [("often", "skipped")]


def test_F40_a_run_that_the_storage_broke_off_is_finished_at_the_next_tick(
    process: Process, hands: Hands, steps: list[str]
) -> None:
    """Its slot is recorded, so that no timetable comes back to it before the next day."""
    house, hands.at = process("ann"), at(2, 9)
    run_id = open_run(house.tower, DAILY.name, slot_name(at(2, 9)))

    HouseWork(house).finish()

    assert steps == [run_id]


def test_F38_a_run_that_was_broken_off_is_closed_at_a_tick_where_its_slots_have_passed(
    process: Process, hands: Hands, steps: list[str]
) -> None:
    house, hands.at = process("ann"), at(2, 9)
    open_run(house.tower, DAILY.name, slot_name(at(2, 9)))
    hands.at = at(5, 10)

    HouseWork(house).finish()

    assert (steps, stands(house)) == ([], [("02T09:00", "expired")])


def test_F33_a_run_that_another_process_is_at_is_left_to_it(
    process: Process, hands: Hands, steps: list[str]
) -> None:
    house, hands.at = process("ann"), at(2, 9)
    open_run(house.tower, DAILY.name, slot_name(at(2, 9)))

    with turn_of(process("bob")):
        HouseWork(house).finish()

    assert steps == []
