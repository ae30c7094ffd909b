"""How an effect moves: intent -> sending -> accepted | failed | unknown; or skipped, or expired.

Every move is a compare-and-set on the state it leaves, with one audit line for all that moved; what
a limit gave is spent or freed in the same transaction. docs/decisions/effects.md says which move
answers which trouble.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import BindParameter, Integer, bindparam, case, or_
from sqlmodel import Session, col, func, select, update

from domain.errors import IntegrityError
from tools.ledger import reservations
from tools.ledger.bulk import chunks, table_of
from tools.ledger.effects import note
from tools.ledger.models import EffectRow

WAITING = ("intent", "unknown")
"""States in which an effect may be stopped: it is not in anybody's hands."""


class Result(Protocol):
    """A provider's answer about one effect: accepted, failed, unknown or later."""

    @property
    def key(self) -> str: ...
    @property
    def state(self) -> str: ...
    @property
    def reason(self) -> str | None: ...
    @property
    def provider_ref(self) -> str | None: ...


@dataclass(frozen=True)
class Hand:
    """Who hands over, to whom, when, under which fence."""

    provider: str
    fence: int
    at: datetime


def claim(session: Session, ids: Sequence[str], hand: Hand, since: str = "intent") -> list[str]:
    """Take effects in hand, out of `intent` or (to hand over once more) `unknown`; the ids this
    process really won."""
    won: list[str] = []
    again = col(EffectRow.attempts) > 0  # else nobody acted
    first = case((again, col(EffectRow.first_sent_at)))
    oldest = case((again, func.coalesce(col(EffectRow.fence), 0)), else_=hand.fence)
    for part in chunks(ids):
        changed = session.connection().execute(
            update(EffectRow)
            .where(
                col(EffectRow.effect_id).in_(part),
                col(EffectRow.state) == since,
                col(EffectRow.parked).is_(False),
            )
            .values(
                state="sending",
                at=hand.at,
                provider=hand.provider,
                fence=oldest,
                attempts=EffectRow.attempts + 1,
                not_before=None,
                first_sent_at=func.coalesce(first, hand.at),
                last_sent_at=hand.at,
            )
            .returning(col(EffectRow.effect_id))
        )
        won += changed.scalars().all()
    note(session, dict.fromkeys(won, "sending"), hand.at)
    return won


def record(
    session: Session, results: Sequence[Result], waits: Mapping[str, datetime], at: datetime
) -> None:
    """Record what the provider answered of effects in hand. `waits`: when those that are unknown
    or were put off may be touched again. Raises IntegrityError for one that was not in hand."""
    _answer(session, results, waits, "sending", at)


def settle_lost(session: Session, results: Sequence[Result], at: datetime) -> None:
    """Record what became of unknown effects, found by look-up; what was settled meanwhile, by a
    person or by the provider's own word, stays."""
    _settle(session, results, "unknown", at, "relay")


def settle_told(
    session: Session, results: Sequence[Result], since: str, at: datetime, provider: str
) -> None:
    """Record what a provider told by itself of effects that it was handed."""
    _settle(session, results, since, at, provider)


def _settle(
    session: Session, results: Sequence[Result], since: str, at: datetime, actor: str
) -> None:
    still = set(_still(session, [one.key for one in results], since))
    _answer(session, [one for one in results if one.key in still], {}, since, at, actor)


@dataclass(frozen=True)
class Told:
    """A person's word, or the provider's own, about an effect whose answer was lost."""

    key: str
    state: str
    reason: str | None = "told_by_person"
    provider_ref: str | None = None


def tell(session: Session, told: Told, person: str, at: datetime) -> str:
    """A person says what became of an unknown effect; the state it was in. Anything but `unknown`
    stays as it is."""
    wanted = select(EffectRow.state).where(EffectRow.effect_id == told.key).with_for_update()
    state = session.exec(wanted).one()
    if state == "unknown":
        _answer(session, [told], {}, "unknown", at, person)
    return state


def _answer(
    session: Session,
    results: Sequence[Result],
    waits: Mapping[str, datetime],
    since: str,
    at: datetime,
    actor: str = "relay",
) -> None:
    states = _states_after(session, results)
    moves = [
        {
            "key": one.key,
            "to_state": states[one.key],
            "why": one.reason,
            "ref": one.provider_ref,
            "when": at,
            "until": waits.get(one.key),
            "undone": 1 if one.state == "later" else 0,
        }
        for one in results
    ]
    _move(session, moves, since)
    why = {one.key: one.reason for one in results if one.reason}
    note(session, states, at, actor, why)
    went = [one.key for one in results if one.state in ("accepted", "unknown")]
    reservations.spend(session, went)
    reservations.free(session, [one.key for one in results if one.state == "failed"])


def _states_after(session: Session, results: Sequence[Result]) -> dict[str, str]:
    """What was put off waits as before: an intent, or still unknown where the answer to an earlier
    attempt was lost. That nothing was done this time says nothing of that one."""
    put_off = [one.key for one in results if one.state == "later"]
    lost: set[str] = set()
    for part in chunks(put_off):
        wanted = select(EffectRow.effect_id).where(
            col(EffectRow.effect_id).in_(part), col(EffectRow.attempts) > 1
        )
        lost |= set(session.exec(wanted))
    again = {key: "unknown" if key in lost else "intent" for key in put_off}
    return {one.key: one.state for one in results} | again


def orphan(
    session: Session, ids: Sequence[str], parked: bool, until: datetime | None, at: datetime
) -> None:
    """Effects a relay that is no more left in `sending`: their answer is lost. `until`: when they
    may be looked into; parked: only a person may say."""
    reason = "unknown_result" if parked else "reconciling"
    for part in chunks(ids):
        session.connection().execute(
            update(EffectRow)
            .where(col(EffectRow.effect_id).in_(part), col(EffectRow.state) == "sending")
            .values(state="unknown", reason=reason, parked=parked, not_before=until, at=at)
        )
    note(session, dict.fromkeys(ids, "unknown"), at, why=dict.fromkeys(ids, reason))
    reservations.spend(session, ids)


def park(session: Session, reasons: Mapping[str, str], at: datetime) -> None:
    """Leave effects that are still unknown to a person, each with the reason; they are never sent
    again by themselves."""
    still = _still(session, list(reasons), "unknown")
    table = table_of(EffectRow)
    statement = (
        update(table)
        .where(table.c.effect_id == bindparam("key"), table.c.state == "unknown")
        .values(parked=True, not_before=None, reason=bindparam("why"))
    )
    if still:
        rows = [{"key": key, "why": reasons[key]} for key in still]
        session.connection().execute(statement, rows)
        why = {key: reasons[key] for key in still}
        note(session, dict.fromkeys(still, "unknown"), at, why=why)


def put_off(session: Session, waits: Mapping[str, datetime]) -> None:
    """Touch these no earlier than that; their states stay."""
    table = table_of(EffectRow)
    statement = (
        update(table)
        .where(
            table.c.effect_id == bindparam("key"),
            or_(*(table.c.state == state for state in WAITING)),
        )
        .values(not_before=bindparam("until"), waits=table.c.waits + 1)
    )
    if waits:
        rows = [{"key": key, "until": until} for key, until in waits.items()]
        session.connection().execute(statement, rows)


def skip(session: Session, reasons: Mapping[str, str], at: datetime, since: str = "intent") -> None:
    """Stop effects at the door, each with its reason; what they held is free."""
    _leave(session, reasons, "skipped", at, since)


def expire(session: Session, ids: Sequence[str], at: datetime, since: str = "intent") -> None:
    """Give up effects whose deadline has passed."""
    _leave(session, dict.fromkeys(ids, "deadline_passed"), "expired", at, since)


def _leave(session: Session, said: Mapping[str, str], state: str, at: datetime, since: str) -> None:
    """What was settled meanwhile, by a person or by the provider's own word, stays."""
    reasons = {key: said[key] for key in _still(session, list(said), since)}
    moves = [
        {
            "key": key,
            "to_state": state,
            "why": why,
            "ref": None,
            "when": at,
            "until": None,
            "undone": 0,
        }
        for key, why in reasons.items()
    ]
    _move(session, moves, since)
    note(session, dict.fromkeys(reasons, state), at, why=reasons)
    reservations.free(session, list(reasons))


def _move(session: Session, moves: list[dict[str, Any]], since: str) -> None:
    """`undone`: what the provider did nothing of is no attempt, and waited once more."""
    if not moves:
        return
    _expect(session, [move["key"] for move in moves], since)
    table = table_of(EffectRow)
    undone: BindParameter[int] = bindparam("undone", type_=Integer)
    statement = (
        update(table)
        .where(table.c.effect_id == bindparam("key"), table.c.state == since)
        .values(
            state=bindparam("to_state"),
            reason=bindparam("why"),
            provider_ref=bindparam("ref"),
            at=bindparam("when"),
            not_before=bindparam("until"),
            attempts=table.c.attempts - undone,
            waits=(table.c.waits + 1) * undone,
            parked=False,
        )
    )
    session.connection().execute(statement, moves)


def _expect(session: Session, ids: Sequence[str], state: str) -> None:
    """All of these effects are in the state, or the record contradicts itself."""
    found = len(_still(session, ids, state))
    if found != len(set(ids)):
        raise IntegrityError(
            f"Expected {len(set(ids))} effects in {state}, found {found}.",
            "Another process moved them: look with `clearance verify`.",
        )


def _still(session: Session, ids: Sequence[str], state: str) -> list[str]:
    """Those of the effects that are in the state, as this transaction sees it."""
    found: list[str] = []
    for part in chunks(ids):
        wanted = select(EffectRow.effect_id).where(
            col(EffectRow.effect_id).in_(part), col(EffectRow.state) == state
        )
        found += session.exec(wanted)
    return found
