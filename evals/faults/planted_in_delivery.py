"""Bugs of what goes out, each to be planted in a fork: a protection of the door, the relay's turn,
a lost answer or a budget is gone.
"""

from collections.abc import Sequence
from functools import partial
from types import SimpleNamespace
from typing import Any, cast

import polars as pl
from sqlmodel import Session, col, func, update

from app.relay import budgets, door, handing, lost
from app.relay import relay as passing
from app.relay.delivered import Delivered
from app.relay.door import Judged, Seen
from app.relay.shift import Shift
from domain.permit import Permit, Sheet
from evals.faults.planting import replace_name
from graph import approving, minting
from graph import permits as gate
from graph.minting import Judgement
from graph.permits import FRESH, Facts, Message, Refused
from graph.tower import Tower
from tools.connectors import guarded
from tools.connectors.guarded import Guarded
from tools.connectors.protocols import Delivery, Receipt, delivery_of
from tools.ledger import doormark, effects, leases, moves, packets
from tools.ledger.models import EffectRow
from tools.ledger.moves import Hand

# --- Claiming, the lease and the door


def claim_of_anything() -> None:
    _no_gate()
    replace_name(moves, "claim", _claim)


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

    replace_name(minting, "mint", mint)


def _no_guard() -> None:
    """Connectors take what comes."""
    replace_name(guarded, "against", lambda *_: None)


def no_lease() -> None:
    _no_guard()  # else a permit that ran out while its process slept stops it
    replace_name(leases, "holds", lambda *_: True)
    replace_name(leases, "_may_live", lambda _: False)
    replace_name(leases, "check", lambda *_: None)


def no_door() -> None:
    _no_gate()
    replace_name(passing, "judge", _clear_all)


def _clear_all(tower: Tower, batch: pl.DataFrame, _: pl.DataFrame) -> Judged:
    with tower.ledger.read() as session:
        mark = doormark.mark(session)
    ids = frozenset(batch.get_column("effect_id"))
    terms = approving.terms_now(tower)
    seen = Seen(mark, Judgement(tower.clock.now(), ids, tower.loaded.hash, terms))
    return Judged(dict.fromkeys(ids, ("clear", "deadline_passed")), seen)


def no_mark() -> None:
    _no_gate()
    replace_name(Seen, "holds", lambda seen, _, now: abs(now - seen.said.at) <= FRESH)


def no_hash() -> None:
    _no_gate()
    _no_guard()
    replace_name(door, "_altered", lambda batch: pl.Series([None] * batch.height, dtype=pl.String))


# --- Lost answers


def blind_again() -> None:
    _record = handing.record

    def record(
        shift: Shift, provider: Guarded, rows: pl.DataFrame, receipts: Sequence[Receipt]
    ) -> Delivered:
        terms = provider.terms.model_copy(update={"lookup": True})
        return _record(shift, cast(Guarded, SimpleNamespace(terms=terms)), rows, receipts)

    replace_name(handing, "record", record)


def no_look_up() -> None:
    replace_name(lost, "_looked_up", lambda _, __, batch: (batch, Delivered()))


def silent_is_dead() -> None:
    _no_guard()  # as above
    replace_name(lost, "_may_ask", lambda *_: pl.lit(True))


def fresh_keys() -> None:
    _record = handing.record

    def record(
        shift: Shift, provider: Guarded, rows: pl.DataFrame, receipts: Sequence[Receipt]
    ) -> Delivered:
        ours = [one.model_copy(update={"key": one.key.split("#")[0]}) for one in receipts]
        return _record(shift, provider, rows, ours)

    _no_guard()
    replace_name(handing, "delivery_of", _with_a_fresh_key)
    replace_name(handing, "record", record)


def _with_a_fresh_key(row: dict[str, Any], at: Any) -> Delivery:
    """The first attempt's key is the effect's id; each further one has a number at its end."""
    said, before = delivery_of(row, at), row["attempts"]
    return said.model_copy(update={"key": f"{said.key}#{before}"}) if before else said


def nobody_adopts() -> None:
    replace_name(lost, "adopt", lambda _: Delivered())


def lost_is_failed() -> None:
    _coded = handing.coded

    def coded(one: Receipt) -> Receipt:
        known = one.model_copy(update={"state": "failed"}) if one.state == "unknown" else one
        return _coded(known)

    replace_name(handing, "coded", coded)


def put_off_is_new() -> None:
    def states_after(_: Session, results: Sequence[Any]) -> dict[str, str]:
        return {one.key: "intent" if one.state == "later" else one.state for one in results}

    replace_name(moves, "_states_after", states_after)


def one_for_all() -> None:
    _record = handing.record

    def record(
        shift: Shift, provider: Guarded, rows: pl.DataFrame, receipts: Sequence[Receipt]
    ) -> Delivered:
        if any(one.state == "accepted" for one in receipts):
            receipts = [one.model_copy(update={"state": "accepted"}) for one in receipts]
        return _record(shift, provider, rows, receipts)

    replace_name(handing, "record", record)


# --- Budgets


def over_others() -> None:
    replace_name(passing, "set_budget", _set_over_others)
    replace_name(budgets, "set_budget", _set_over_others)


def _set_over_others(
    shift: Shift, provider: Guarded, row: pl.DataFrame, seen: Seen, since: str = "intent"
) -> Delivered | None:
    act = partial(budgets._set, provider.budget(row.item(0, "campaign_id")))
    return handing.hand_over(shift, provider, row, seen, since, act)


def budget_steps() -> None:
    _no_guard()
    replace_name(budgets, "_set", _move_by_a_step)
    replace_name(lost, "look_into_budget", _set_again)


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
