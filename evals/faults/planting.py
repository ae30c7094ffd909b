"""How a protection is taken out of this process: the name that the product looks up is replaced.

A process that was planted in stays so: plant in a fork. A name that is gone raises, so that no bug
is ever thought to be planted that is not.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from types import SimpleNamespace
from typing import Any, Final, cast

import polars as pl
from sqlmodel import Session, col, func, select, update

from app.relay import budgets, door, handing, lost
from app.relay import relay as passing
from app.relay.delivered import Delivered
from app.relay.door import Judged, Seen
from app.relay.shift import Shift
from domain.packet import Packet
from domain.permit import Permit, Sheet
from domain.run import Pins
from graph import approving, committing, cycle, minting, settling
from graph import permits as gate
from graph.minting import Judgement
from graph.permits import FRESH, Facts, Message, Refused
from graph.tower import Tower
from tools.connectors import guarded
from tools.connectors.guarded import Guarded
from tools.connectors.protocols import Delivery, Receipt, delivery_of
from tools.ledger import (
    approvals,
    doormark,
    effects,
    leases,
    moves,
    packets,
    reservations,
    reviews,
    voting,
)
from tools.ledger.approvals import Terms
from tools.ledger.models import EffectRow, ReviewRow, VoteRow
from tools.ledger.moves import Hand

REPLACED: Final[list[str]] = []
"""What was replaced in this process, by its full name."""


def _replace(where: Any, name: str, new: Any) -> None:
    """Raises AttributeError where there is nothing of that name to replace."""
    if not hasattr(where, name):
        raise AttributeError(f"There is no {where.__name__}.{name} any more: plant the bug anew.")
    setattr(where, name, new)
    REPLACED.append(f"{where.__name__}.{name}")


# --- Claiming, the lease and the door


def claim_of_anything() -> None:
    _no_gate()
    _replace(moves, "claim", _claim)


def _claim(session: Session, ids: Sequence[str], hand: Hand, _: str = "intent") -> list[str]:
    """As `moves.claim`, without a look at the state it leaves."""
    session.connection().execute(
        update(EffectRow)
        .where(col(EffectRow.effect_id).in_(ids))
        .values(
            state="sending",
            at=hand.at,
            provider=hand.provider,
            fence=hand.fence,
            attempts=EffectRow.attempts + 1,
            not_before=None,
            first_sent_at=func.coalesce(col(EffectRow.first_sent_at), hand.at),
        )
    )
    effects.note(session, dict.fromkeys(ids, "sending"), hand.at)
    return list(ids)


def _no_gate() -> None:
    """Every effect gets a permit, whatever the record says."""

    def mint(facts: Facts, message: Message) -> Permit | Refused:
        needed = facts.no_consent is None and facts.consent != "granted"
        return gate.mint(
            Facts(
                lease=True,
                effect="waiting",
                door="clear",
                payload="as_decided",
                pause="none",
                approval="not_asked",
                consent=facts.consent,
                no_consent="class_exempt" if needed else facts.no_consent,
                policy="in_force",
                clock="fresh",
            ),
            message,
        )

    _replace(minting, "mint", mint)


def _no_guard() -> None:
    """Connectors take what comes."""
    _replace(guarded, "against", lambda *_: None)


def no_lease() -> None:
    _no_guard()  # else a permit that ran out while its process slept stops it
    _replace(leases, "holds", lambda *_: True)
    _replace(leases, "_may_live", lambda _: False)
    _replace(leases, "check", lambda *_: None)


def no_door() -> None:
    _no_gate()
    _replace(passing, "judge", _clear_all)


def _clear_all(tower: Tower, batch: pl.DataFrame, _: pl.DataFrame) -> Judged:
    with tower.ledger.read() as session:
        mark = doormark.mark(session)
    ids = frozenset(batch.get_column("effect_id"))
    terms = approving.terms_now(tower)
    seen = Seen(mark, Judgement(tower.clock.now(), ids, tower.loaded.hash, terms))
    return Judged(dict.fromkeys(ids, ("clear", "deadline_passed")), seen)


def no_mark() -> None:
    _no_gate()
    _replace(Seen, "holds", lambda seen, _, now: abs(now - seen.said.at) <= FRESH)


def no_hash() -> None:
    _no_gate()
    _no_guard()
    _replace(door, "_altered", lambda batch: pl.Series([None] * batch.height, dtype=pl.String))


# --- Lost answers


def blind_again() -> None:
    _record = handing.record

    def record(
        shift: Shift, provider: Guarded, rows: pl.DataFrame, receipts: Sequence[Receipt]
    ) -> Delivered:
        terms = provider.terms.model_copy(update={"lookup": True})
        return _record(shift, cast(Guarded, SimpleNamespace(terms=terms)), rows, receipts)

    _replace(handing, "record", record)


def no_look_up() -> None:
    _replace(lost, "_looked_up", lambda _, __, batch: (batch, Delivered()))


def silent_is_dead() -> None:
    _no_guard()  # as above
    _replace(lost, "_may_ask", lambda *_: pl.lit(True))


def fresh_keys() -> None:
    _record = handing.record

    def record(
        shift: Shift, provider: Guarded, rows: pl.DataFrame, receipts: Sequence[Receipt]
    ) -> Delivered:
        ours = [one.model_copy(update={"key": one.key.split("#")[0]}) for one in receipts]
        return _record(shift, provider, rows, ours)

    _no_guard()
    _replace(handing, "delivery_of", _with_a_fresh_key)
    _replace(handing, "record", record)


def _with_a_fresh_key(row: dict[str, Any], at: Any) -> Delivery:
    """The first attempt's key is the effect's id; each further one has a number at its end."""
    said, before = delivery_of(row, at), row["attempts"]
    return said.model_copy(update={"key": f"{said.key}#{before}"}) if before else said


def nobody_adopts() -> None:
    _replace(lost, "adopt", lambda _: Delivered())


def lost_is_failed() -> None:
    _coded = handing.coded

    def coded(one: Receipt) -> Receipt:
        known = one.model_copy(update={"state": "failed"}) if one.state == "unknown" else one
        return _coded(known)

    _replace(handing, "coded", coded)


def put_off_is_new() -> None:
    def states_after(_: Session, results: Sequence[Any]) -> dict[str, str]:
        return {one.key: "intent" if one.state == "later" else one.state for one in results}

    _replace(moves, "_states_after", states_after)


def one_for_all() -> None:
    _record = handing.record

    def record(
        shift: Shift, provider: Guarded, rows: pl.DataFrame, receipts: Sequence[Receipt]
    ) -> Delivered:
        if any(one.state == "accepted" for one in receipts):
            receipts = [one.model_copy(update={"state": "accepted"}) for one in receipts]
        return _record(shift, provider, rows, receipts)

    _replace(handing, "record", record)


# --- Budgets


def over_others() -> None:
    _replace(passing, "set_budget", _set_over_others)
    _replace(budgets, "set_budget", _set_over_others)


def _set_over_others(
    shift: Shift, provider: Guarded, row: pl.DataFrame, seen: Seen, since: str = "intent"
) -> Delivered | None:
    act = partial(budgets._set, provider.budget(row.item(0, "campaign_id")))
    return handing.hand_over(shift, provider, row, seen, since, act)


def budget_steps() -> None:
    _no_guard()
    _replace(budgets, "_set", _move_by_a_step)
    _replace(lost, "look_into_budget", _set_again)


def _move_by_a_step(
    shown: int | None, shift: Shift, provider: Guarded, row: pl.DataFrame, sheet: Sheet
) -> list[Receipt]:
    """What the platform shows, and the step that was decided on top of it."""
    change = packets.newest(shift.tower.ledger, row.item(0, "packet_id")).budget
    assert change is not None
    before = change.spend_now if shown is None else shown
    amount = before + change.spend_new - change.spend_now
    row = row.with_columns(amount=pl.lit(amount))
    return handing.deliver_all(shift, provider, row, sheet)


def _set_again(
    shift: Shift, provider: Guarded, row: pl.DataFrame, judged: Judged
) -> Delivered | None:
    shown = provider.budget(row.item(0, "campaign_id"))
    act = partial(_move_by_a_step, shown)
    return handing.hand_over(shift, provider, row, judged.seen, "unknown", act)


# --- Reviews


def late_words() -> None:
    _replace(voting, "_too_late", lambda *_: None)
    _replace(voting, "_compare_and_set", _set_state)


def _set_state(session: Session, review: ReviewRow, state: str) -> bool:
    review.state = state
    session.add(review)
    return True


def old_votes() -> None:
    _replace(reviews, "votes_of", _votes_on_any_version)
    _replace(approvals, "_approvers", _approvers_of_any_version)


def _votes_on_any_version(session: Session, review: ReviewRow) -> list[tuple[str, str]]:
    wanted = select(VoteRow).where(VoteRow.packet_id == review.packet_id).order_by(col(VoteRow.at))
    return [(one.person_id, one.verdict) for one in session.exec(wanted)]


def _approvers_of_any_version(session: Session, review: ReviewRow) -> list[str]:
    votes = _votes_on_any_version(session, review)
    return sorted({person for person, verdict in votes if verdict == "approve"})


def editor_approves() -> None:
    _not_allowed = voting._not_allowed

    def allowed(packet: Packet, *rest: Any) -> Any:
        return _not_allowed(packet.model_copy(update={"edited_by": ()}), *rest)

    _replace(voting, "_not_allowed", allowed)


def roles_once() -> None:
    _terms_now = approving.terms_now

    def terms_now(tower: Tower) -> Terms:
        return replace(_terms_now(tower), roles=None)

    _replace(door, "terms_now", terms_now)
    _replace(settling, "terms_now", terms_now)


# --- The record


def sent_frees() -> None:
    _replace(reservations, "spend", reservations.free)


def intents_apart() -> None:
    left: list[tuple[Any, ...]] = []
    _commit, _effects = committing.commit, committing._effects

    def commit(tower: Tower, pins: Pins) -> None:
        _commit(tower, pins)
        with tower.write() as session:
            for rest in left:
                _effects(session, *rest)

    _replace(committing, "_effects", lambda _, *rest: left.append(rest))
    _replace(cycle, "commit", commit)


def no_audit() -> None:
    _replace(moves, "note", lambda *_, **__: None)
