"""A run from end to end: finish what is unfinished, decide, lay before people, deliver, learn."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from langchain_core.runnables import RunnableConfig

from app import feedback_desk
from app.relay import Delivered
from app.turns import Turn, turn_of
from domain.errors import UnpricedError
from graph.cycle import CycleState
from graph.opening import of_run, open_run, pins_of, slot_name
from graph.setting import timeout_of
from graph.standing import standing, tally, total
from graph.watching import watched_by_agent
from tools import faultpoints
from tools.clock import stopwatch
from tools.ledger import packets, reviews, runs, timeouts

if TYPE_CHECKING:
    from app.compose import House

Progress = Callable[[str], None]
STEPS = {
    "observe": "looking at contacts, deals and past touches",
    "predict": "learning what each treatment causes",
    "judge_grid": "judging every contact, channel and hour",
    "ask_email": "hearing the email agent",
    "ask_sales": "hearing the sales agent",
    "ask_ads": "hearing the ads agent",
    "judge_candidates": "judging the proposals",
    "arbitrate": "arbitrating",
    "triage": "sorting choices into packets",
    "commit_run": "writing the ledger",
}


@dataclass(frozen=True)
class Ran:
    run_id: str
    resumed: bool
    delivered: Delivered
    seconds: dict[str, float]


def run(house: "House", schedule: str, slot: str | None, progress: Progress) -> Ran:
    """Finish the oldest unfinished run if there is one, else open the run of (schedule, slot).

    slot: the scheduled instant's name; None: now. A run that exists is not decided again; one
    whose time is over is closed instead of finished.
    Raises BusyError where another process runs one, FencedError where one took over.
    """
    started = stopwatch()
    with turn_of(house) as turn:
        left = _left(turn, progress)
        wanted = slot or slot_name(house.tower.clock.now())
        run_id = left[0] if left else _opened(house, turn, schedule, wanted)
        seconds = _steps(house, turn, run_id, progress)
    return _ran(house, run_id, bool(left), seconds, started, progress)


def run_slot(house: "House", schedule: str, slot: str, progress: Progress) -> Ran:
    """Finish what is unfinished, then run this very slot, all in one turn; otherwise as `run`."""
    started = stopwatch()
    with turn_of(house) as turn:
        _finish_left(house, turn, progress)
        run_id = _opened(house, turn, schedule, slot)
        seconds = _steps(house, turn, run_id, progress)
    return _ran(house, run_id, False, seconds, started, progress)


def finish(house: "House", progress: Progress) -> int:
    """Finish runs that were broken off, or close those whose time is over; how many were finished.

    Raises BusyError where another process runs one, FencedError where one took over.
    """
    if not runs.unfinished(house.tower.ledger):
        return 0
    with turn_of(house) as turn:
        left = _finish_left(house, turn, progress)
    attend(house)
    return len(left)


def _finish_left(house: "House", turn: Turn, progress: Progress) -> list[str]:
    left = _left(turn, progress)
    for run_id in left:
        _steps(house, turn, run_id, progress)
    return left


def _left(turn: Turn, progress: Progress) -> list[str]:
    """Unfinished runs, oldest first, after those are closed whose slots have all passed: what they
    saw is old, and the next run proposes afresh."""
    tower = turn.tower
    now = tower.clock.now()
    left = runs.unfinished(tower.ledger)
    stale = [one for one in left if pins_of(tower, one).at + tower.horizon <= now]
    for run_id in stale:
        _close(turn, run_id, "It was left unfinished, and its slots have passed.")
        progress(f"closed {run_id}, whose slots have passed")
    return [one for one in left if one not in stale]


def _close(turn: Turn, run_id: str, reason: str) -> None:
    tower = turn.tower
    with tower.write() as session:
        runs.expire(session, run_id, tower.clock.now(), reason)
    faultpoints.reach("run.expired", run_id)


def _opened(house: "House", turn: Turn, schedule: str, slot: str) -> str:
    house.relay.look()
    return open_run(turn.tower, schedule, slot)


def _ran(
    house: "House",
    run_id: str,
    resumed: bool,
    seconds: dict[str, float],
    started: float,
    progress: Progress,
) -> Ran:
    """Lay before people and deliver what a run decided."""
    attend(house)
    delivered = deliver(house, progress)
    seconds["deliver"] = stopwatch() - started - sum(seconds.values())
    seconds["total"] = stopwatch() - started
    return Ran(run_id, resumed, delivered, {k: round(v, 3) for k, v in seconds.items()})


def decide(house: "House", run_id: str, progress: Progress) -> dict[str, float]:
    """Run the cycle's graph to its end, from wherever it stopped. Seconds by step. A run that the
    ledger holds whole is not decided again, whatever became of its thread.

    Raises BusyError where another process runs one, FencedError where one took over.
    """
    if runs.read(house.tower.ledger, run_id).state == "done":
        return {}
    with turn_of(house) as turn:
        return _steps(house, turn, run_id, progress)


def _steps(house: "House", turn: Turn, run_id: str, progress: Progress) -> dict[str, float]:
    if runs.read(turn.tower.ledger, run_id).state != "open":
        return {}
    config: RunnableConfig = {"configurable": {"thread_id": run_id}}
    begun = house.cycle.get_state(config)
    if not begun.tasks and begun.created_at is not None:
        return {}
    start = None if begun.tasks else CycleState(run_id=run_id)
    seconds: dict[str, float] = {}
    try:
        _stream(house, turn, run_id, start, progress, seconds)
    except UnpricedError as unpriced:
        # It would fail at every try, and every later run waits for it. Nothing of it was chosen.
        _close(turn, run_id, f"No price since it was opened. {unpriced}")
        progress(f"closed {run_id}, whose outcomes have no price any more")
    return seconds


def _stream(
    house: "House",
    turn: Turn,
    run_id: str,
    start: CycleState | None,
    progress: Progress,
    seconds: dict[str, float],
) -> None:
    """Run the graph's steps, noting in `seconds` how long each took."""
    config: RunnableConfig = {"configurable": {"thread_id": run_id}}
    last = stopwatch()
    for step in house.cycle.stream(
        start,
        config,
        context=of_run(turn.tower, run_id),
        durability="sync",
        stream_mode="updates",
    ):
        turn.renew()
        for name in step:
            seconds[name] = seconds.get(name, 0.0) + stopwatch() - last
            last = stopwatch()
            progress(STEPS.get(name, name))


def attend(house: "House") -> int:
    """Open the threads of packets that wait, pass on or expire what nobody answered, note what is
    overdue, settle what was decided.

    Safe after a death at any point: each step looks at the ledger and does what is left. Returns
    how many expired.
    """
    tower = house.tower
    rule = timeout_of(tower.loaded.policy)
    with tower.ledger.write() as session:
        expired = timeouts.close_due(session, tower.clock.now(), rule).expired
        timeouts.remind(session, tower.clock.now(), rule)
    for packet_id in reviews.unopened(tower.ledger):
        house.threads.open(packet_id)
        faultpoints.reach("review.opened", packet_id)
    for packet_id in sorted({*expired, *reviews.unsettled(tower.ledger)}):
        house.threads.wake(packet_id, {"kind": "decided"})
    return len(expired)


def deliver(house: "House", progress: Progress) -> Delivered:
    """Deliver what is due, then bring home what came of it. What providers told meanwhile of
    effects in our hands is matched now that their answers are recorded."""
    delivered = house.relay.deliver_due(progress)
    feedback_desk.match(house.tower)
    house.learner.learn()
    return delivered


def report(house: "House", run_id: str) -> dict[str, Any]:
    """How a run's proposals stand now, in the documented keys of `clearance run --json`."""
    tower = house.tower
    row = runs.read(tower.ledger, run_id)
    summary = runs.summary_of(row)
    rows = standing(tower, run_id)
    by_agent = tally(rows)
    return {
        "run_id": run_id,
        "schedule": row.schedule,
        "slot": row.slot,
        "at": row.at.isoformat(),
        "state": row.state,
        "contacts": summary.contacts,
        **total(by_agent).counts(),
        "by_agent": {agent: one.counts() for agent, one in by_agent.items()},
        "reasons": _reasons(rows),
        "packets": summary.packets,
        "watched": watched_by_agent(tower.folder(run_id)),
        "conflicts": summary.conflicts,
        "value": round(summary.value, 2),
        "bound": round(summary.bound, 2),
        "gap": round(summary.gap, 8),
        "currency": tower.config.currency,
        "reviews_pending": len(packets.waiting(tower.ledger)),
    }


def _reasons(rows: Any) -> dict[str, dict[str, int]]:
    counts: dict[str, dict[str, int]] = {}
    for fate, reason, count in (
        rows.group_by("fate", "reason").len().sort("fate", "reason").iter_rows()
    ):
        counts.setdefault(fate, {})[reason] = count
    return counts
