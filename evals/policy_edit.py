"""`python -m evals.policy_edit`: how soon an edit of the policy holds, with many effects queued.

A relay delivers; quiet hours for the whole day are activated while it does, by another connection.
What counts is read from the record: which messages were taken in hand before the line that tells of
the activation, and that none was under the old policy after it.
"""

import argparse
import json
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import Any

from sqlmodel import col, select

from app.compose import House
from app.policy_desk import activate, history, propose
from app.relay.door import judge
from domain.permit import Permit
from evals.faults.crowd import intend, names_of, plant_crowd
from evals.faults.world import START, open_at
from graph.gate import contacts_at
from tools.ledger import effects, permits
from tools.ledger.models import AuditRow
from tools.ledger.policies import ACTIVATED

QUIET = ("start = 21:00:00", "start = 09:00:00")
"""No e-mail at any hour: what is queued then waits."""


HANDED_OVER = ("accepted", "failed", "sending", "unknown")
"""States of what was taken in hand, whatever came of it: a message that bounced went out, too."""
AHEAD = 6_000
"""Effects before those that are to wait: what the relay takes in hand until the edit is made."""


class Running:
    """A clock that begins at START and goes on as the machine's does."""

    def __init__(self) -> None:
        self.began = time.perf_counter()

    def now(self) -> datetime:
        return START + timedelta(seconds=time.perf_counter() - self.began)


@dataclass(frozen=True)
class Edited:
    """queued: effects that waited at the edit. Seconds since the transaction of the edit began:
    until the door of another process said of a message what the new policy says; until the last
    message under the old one was taken in hand; until every effect that was left had been judged
    under the new one. late: messages that were taken in hand after the activation in the order of
    the record, which must be none: the new policy lets none go."""

    queued: int
    handed_over_before: int
    next_decision: float
    last_under_the_old: float
    all_judged_anew: float
    late: int


def measure(queued: int, folder: Path) -> Edited:
    """Queue, deliver, edit in the middle of it, and see."""
    names = names_of(queued + AHEAD)
    ledger = plant_crowd(folder, queued + AHEAD)
    intend(ledger, names)
    clock = Running()
    relaying, editing = (open_at(folder, clock) for _ in range(2))
    with ledger.write() as session:
        editing.tower.policies.first(session)
    wanted = _propose(editing)
    delivering = Thread(target=relaying.relay.deliver_due, args=(lambda _: None,))
    delivering.start()
    _wait_for_some(editing, delivering)
    waiting = _waiting(editing)
    if waiting < queued:
        raise RuntimeError(f"Expected {queued} effects that wait, found {waiting}: run it again.")
    new = activate(editing, wanted, "ravi")["hash"]
    _expect_judged_under(new, relaying)
    decided = clock.now()
    delivering.join()
    return _found(editing, waiting, new, decided, clock.now())


def _expect_judged_under(new: str, house: House) -> None:
    """The door of the process that delivers, asked about one message that waits."""
    one = effects.in_states(house.tower.ledger, ("intent",)).tail(1)
    judged = judge(house.tower, one, lambda: contacts_at(house.tower, house.tower.clock.now()))
    if judged.seen.said.policy_hash != new or judged.of("clear"):
        raise RuntimeError("The other process does not judge under the edit.")


def _found(house: House, waiting: int, new: str, decided: datetime, judged: datetime) -> Edited:
    begun: datetime = history(house)["versions"][0]["at"]
    kept = [Permit.model_validate_json(one.body) for one in permits.every(house.tower.ledger)]
    old = {one.effect_id for one in kept if one.policy_hash != new}
    sent = effects.in_states(house.tower.ledger, HANDED_OVER)
    last = sent.get_column("first_sent_at").max()
    if sent.height != len(old) or not isinstance(last, datetime):
        raise RuntimeError(f"Expected what was sent under the old policy, found {sent.height}.")
    return Edited(
        queued=waiting,
        handed_over_before=sent.height,
        next_decision=_seconds(decided - begun),
        last_under_the_old=max(0.0, _seconds(last - begun)),
        all_judged_anew=_seconds(judged - begun),
        late=len(_taken_after_the_edit(house)),
    )


def _taken_after_the_edit(house: House) -> set[str]:
    """Effects that a line after that of the activation says were taken in hand. Lines are in the
    order of their transactions, whatever the clocks said."""
    with house.tower.ledger.read() as session:
        lines = [
            (one.kind, json.loads(one.payload))
            for one in session.exec(select(AuditRow).order_by(col(AuditRow.seq)))
            if one.kind in (ACTIVATED, "effects")
        ]
    edited = max(place for place, (kind, _) in enumerate(lines) if kind == ACTIVATED)
    after = [said["states"] for _, said in lines[edited + 1 :]]
    return {key for states in after for key, state in states.items() if state == "sending"}


def _propose(house: House) -> str:
    file = house.tower.workspace.policy_file
    file.write_text(file.read_text().replace(*QUIET, 1))
    proposal: str = propose(house, None, "rita")["proposal_id"]
    return proposal


def _wait_for_some(house: House, delivering: Thread) -> None:
    """Until the relay is in the middle of it. Raises RuntimeError where it ended before."""
    while not effects.counts(house.tower.ledger).get("accepted"):
        if not delivering.is_alive():
            raise RuntimeError("The relay ended before anything was accepted.")
        time.sleep(0.005)


def _waiting(house: House) -> int:
    return effects.in_states(house.tower.ledger, ("intent",)).height


def _seconds(took: timedelta) -> float:
    return round(took.total_seconds(), 4)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m evals.policy_edit", description=__doc__)
    parser.add_argument("--queued", type=int, default=10_000, help="effects that wait at least")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--json", action="store_true", help="the figures as JSON")
    asked = parser.parse_args()
    found: list[dict[str, Any]] = []
    for turn in range(asked.repeats):
        with tempfile.TemporaryDirectory() as folder:
            found.append(vars(measure(asked.queued, Path(folder) / "workspace")))
        sys.stderr.write(f"{turn + 1} of {asked.repeats} measured\n")
    sys.stdout.write(_shown(found, asked.json))
    return int(any(one["late"] for one in found))


def _shown(found: list[dict[str, Any]], as_json: bool) -> str:
    if as_json:
        return json.dumps(found, indent=1) + "\n"
    return "".join(
        f"{one['queued']:,} queued: next decision after {one['next_decision']:.3f} s, last message "
        f"under the old policy after {one['last_under_the_old']:.3f} s, all judged anew after "
        f"{one['all_judged_anew']:.2f} s, {one['late']} late\n"
        for one in found
    )


if __name__ == "__main__":
    raise SystemExit(main())
