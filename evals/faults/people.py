"""People of a fault run: reviewers who click, and outsiders whose acts strike at a fault point."""

import logging
import random
from contextvars import Context
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl
from sqlmodel import case, update

from app import review_desk
from app.compose import House, compose
from domain.errors import ClearanceError
from evals.faults import judge
from evals.faults.company import REVIEWERS
from evals.faults.judge_ledger import read_lines
from evals.faults.plans import Plan
from evals.faults.world import BUDGETS
from tools.ledger import audit, consents, controls, doormark, effects, moves, packets, reviews
from tools.ledger.bulk import table_of
from tools.ledger.database import Ledger
from tools.ledger.models import EffectRow
from tools.ledger.moves import Told

log = logging.getLogger(__name__)
VERDICTS = ("approve", "reject", "edit", "leave")
WEIGHTS = (62, 14, 16, 8)


def click(house: House, plan: Plan, process: int) -> None:
    """Reviewers look at what waits, and say their word; another process's reviewers may say
    another, at the same time."""
    for shown in review_desk.waiting(house):
        packet, version = shown["packet_id"], shown["version"]
        rng = random.Random(f"click {plan.name} {process} {packet} {version}")
        verdict = rng.choices(VERDICTS, WEIGHTS)[0]
        if verdict == "edit" and version == 1:
            _edit(house, packet, rng)
        elif verdict in ("approve", "reject"):
            _say(house, packet, version, verdict, rng)


def _say(house: House, packet: str, version: int, verdict: str, rng: random.Random) -> None:
    """As many as are asked say the same; now and then a click comes twice, or too late for the
    version it was meant for."""
    for person in rng.sample(REVIEWERS, len(REVIEWERS)):
        shown = version - 1 if version > 1 and rng.random() < 0.1 else version
        for _ in range(2 if rng.random() < 0.15 else 1):
            review_desk.decide(house, packet, verdict, person, shown)
        if not any(one["packet_id"] == packet for one in review_desk.waiting(house)):
            return


def _edit(house: House, packet: str, rng: random.Random) -> None:
    page = review_desk.page(house, packet)
    drop, spend = _change(page, rng)
    try:
        review_desk.edit_packet(house, packet, rng.choice(REVIEWERS), drop, None, None, spend)
    except ClearanceError as refused:
        log.info("edit refused: %s", refused)


def _change(page: dict[str, Any], rng: random.Random) -> tuple[list[str] | None, str | None]:
    budget = page["packet"]["budget"]
    if budget is None:
        return [rng.choice(page["items"])["contact_id"]], None
    moved = budget["spend_now"] + (budget["spend_new"] - budget["spend_now"]) // 2
    return None, f"{moved / 100:.2f}"


@dataclass(frozen=True)
class Outsiders:
    """What happens outside at a fault point, in a connection of its own. False where the ledger
    is held just then: it happens at the next point instead."""

    house: House
    ledger: Ledger
    plan: Plan
    judge: str = ""
    """The URL of the platforms that somebody sets a budget in."""

    def act(self, what: str) -> bool:
        rng = random.Random(f"act {self.plan.name} {what}")
        try:
            return bool(getattr(self, f"_{what}")(rng))
        except ClearanceError as held:
            log.info("%s could not happen: %s", what, held)
            return False

    def _withdraw(self, rng: random.Random) -> bool:
        who, at = self._somebody(rng), self.house.tower.clock.now()
        with self.ledger.write() as session:
            consents.withdraw(session, who, "email", "marketing", at, "unsubscribe link")
        return True

    def _suppress(self, rng: random.Random) -> bool:
        who, at = self._somebody(rng), self.house.tower.clock.now()
        with self.ledger.write() as session:
            consents.suppress(session, who, at, "asked to be forgotten", "mail to support")
        return True

    def _pause(self, rng: random.Random) -> bool:
        scope, name = rng.choice((("channel", "email"), ("agent", "ads"), ("campaign", "launch")))
        with self.ledger.write() as session:
            at = self.house.tower.clock.now()
            controls.pause(session, scope, name, "olga", "a fault run's", at)
        return True

    def _role_loss(self, rng: random.Random) -> bool:
        """A reviewer leaves: first the list of people, then the mark by which the door knows that
        what it judged may not hold any more."""
        who = rng.choice(REVIEWERS)
        file = self.house.tower.workspace.warehouse_folder / "people.parquet"
        left = pl.read_parquet(file).filter(pl.col("person_id") != who)
        part = file.with_suffix(".part")
        left.write_parquet(part)
        with self.ledger.write() as session:
            part.replace(file)
            doormark.raise_mark(session)
            at = self.house.tower.clock.now()
            audit.append(session, at, "olga", "role_lost", who, {"role": "reviewer"})
        return True

    def _edit(self, rng: random.Random) -> bool:
        waiting = review_desk.waiting(self.elsewhere)
        if waiting:
            self._edit_one(rng.choice(waiting)["packet_id"], rng)
        return bool(waiting)

    def _edit_one(self, packet_id: str, rng: random.Random) -> None:
        """In a context of its own: this process may be in the middle of a graph's step."""
        Context().run(_edit, self.elsewhere, packet_id, rng)

    @cached_property
    def elsewhere(self) -> House:
        """The same workspace, opened by somebody else: this process may be in a write."""
        tower = self.house.tower
        return compose(tower.workspace, tower.config, self.ledger, tower.clock)

    def _budget_elsewhere(self, rng: random.Random) -> bool:
        """Somebody sets a budget in the platform itself; in a whole cycle before or after the run
        planned, so that nothing could be said of who overwrote whom: there nobody does."""
        if not self.plan.whole_cycle:
            judge.control(
                self.judge, {"budgets": {rng.choice(sorted(BUDGETS)): rng.randrange(10**6)}}
            )
        return True

    def _edit_all(self, rng: random.Random) -> bool:
        waiting = review_desk.waiting(self.elsewhere)
        for shown in waiting:
            self._edit_one(shown["packet_id"], rng)
        return bool(waiting)

    def _edit_voted(self, rng: random.Random) -> bool:
        """What one of two has approved already; none yet: at the next point."""
        voted = [one for one in review_desk.waiting(self.elsewhere) if one["approvals"]]
        for shown in voted:
            self._edit_one(shown["packet_id"], rng)
        return bool(voted)

    def _reject_late(self, rng: random.Random) -> bool:
        """Somebody who still looks at an approved packet rejects it, after something of it has
        happened. Nothing of that kind yet: at the next point."""
        happened = effects.in_states(self.ledger, ("accepted",)).get_column("packet_id").unique()
        decided = [one for one in happened.sort() if reviews.find(self.ledger, one) is not None]
        for packet in decided:
            version = packets.newest(self.ledger, packet).version
            person = rng.choice(REVIEWERS)
            review_desk.decide(self.elsewhere, packet, "reject", person, version)
        return bool(decided)

    def _resolve(self, _: random.Random) -> bool:
        """Somebody who looked at the provider says truly what became of what nobody heard of
        again. Nothing of that kind yet: at the next point."""
        lost = effects.lost(self.ledger, self.house.tower.clock.now()).get_column("effect_id")
        if not lost.is_empty():
            acted = {line["key"] for line in read_lines(self._judge_file(), "act")}
            with self.ledger.write() as session:
                for key in lost:
                    told = Told(key, "accepted" if key in acted else "failed")
                    moves.tell(session, told, "rita", self.house.tower.clock.now())
        return not lost.is_empty()

    def _judge_file(self) -> Path:
        return self.house.tower.workspace.folder.parent / "judge.jsonl"

    def _tamper(self, _: random.Random) -> bool:
        """Somebody alters what is to happen, in the ledger itself: one mail becomes the other, and
        each budget twice as large. Nothing there yet: at the next point."""
        effect = table_of(EffectRow)
        other = case((effect.c.treatment == "spring_mail", "launch_mail"), else_="spring_mail")
        mails = update(effect).where(effect.c.channel == "email").values(treatment=other)
        budgets = update(effect).where(effect.c.amount.is_not(None))
        with self.ledger.write() as session:
            altered = [
                session.connection().execute(change.where(effect.c.state == "intent")).rowcount
                for change in (mails, budgets.values(amount=effect.c.amount * 2))
            ]
        return any(altered)

    def _somebody(self, rng: random.Random) -> str:
        return f"c{rng.randrange(14):02d}"


def lift_pauses(house: House) -> None:
    """An operator lifts every pause."""
    at = house.tower.clock.now()
    for scope, name in controls.active(house.tower.ledger).iter_rows():
        with house.tower.ledger.write() as session:
            controls.resume(session, scope, name, "olga", at)
