"""Handing over: claim under the fence, call with no transaction open, record what was said."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, get_args

import polars as pl
from sqlmodel import Session

from app.relay.delivered import Delivered, counted
from app.relay.door import Seen
from app.relay.pacing import backoff, settled_at, waits_after
from app.relay.shift import Shift
from domain.permit import Refusal, Sheet
from domain.reasons import SENTENCES
from graph.minting import mint_all
from tools import faultpoints
from tools.connectors.guarded import Guarded
from tools.connectors.protocols import Delivery, Receipt, Terms, delivery_of
from tools.ledger import doormark, moves, permits, providers
from tools.ledger.moves import Hand
from tools.unsubscribing import is_commercial

REFUSALS = get_args(Refusal)
"""Reasons of the guard: the provider was not asked."""

Call = Callable[[Shift, Guarded, pl.DataFrame, Sheet], list[Receipt]]
"""The act outside, under the rows' permits: one receipt for each row, in order."""


def by_provider(shift: Shift, rows: pl.DataFrame) -> Iterator[tuple[Guarded, pl.DataFrame]]:
    """Rows by who delivers on their channel, in the order of the rows."""
    for (channel,), part in rows.group_by("channel", maintain_order=True):
        yield shift.doors.provider(str(channel)), part


def deliver_all(shift: Shift, provider: Guarded, rows: pl.DataFrame, sheet: Sheet) -> list[Receipt]:
    """Hand touches over, one receipt each."""
    now = shift.now()
    batch = [_signed(shift, delivery_of(row, now), row) for row in rows.iter_rows(named=True)]
    return provider.deliver(batch, sheet)


def _signed(shift: Shift, one: Delivery, row: Mapping[str, Any]) -> Delivery:
    """A commercial email with what it says of its sender, and its own unsubscribe link."""
    if shift.imprint is None or not is_commercial(one.channel, row["action_class"]):
        return one
    key = row["effect_id"]
    said = {"headers": shift.imprint.headers(key), "footer": shift.imprint.footer(key)}
    return one.model_copy(update=said)


def hand_over(
    shift: Shift,
    provider: Guarded,
    rows: pl.DataFrame,
    seen: Seen,
    since: str = "intent",
    call: Call = deliver_all,
) -> Delivered | None:
    """Hand over judged effects that get a permit, as many as the provider's pace allows; the others
    wait. None where what the door looks at changed since it was seen: judge again."""
    shift.renew()
    sheet = _claim(shift, provider, rows, seen, since)
    if sheet is None:
        return None
    faultpoints.reach("relay.claimed")
    taken = rows.filter(pl.col("effect_id").is_in(list(sheet.bodies)))
    done = Delivered(waiting=rows.height - taken.height)
    if taken.is_empty():
        return done
    receipts = call(shift, provider, taken, sheet)
    faultpoints.reach("relay.sent")
    return done + record(shift, provider, taken, receipts)


def _claim(
    shift: Shift, provider: Guarded, rows: pl.DataFrame, seen: Seen, since: str
) -> Sheet | None:
    """The permits of the effects now in hand: as many as the provider's pace lets go."""
    at, terms = shift.now(), provider.terms
    with shift.write() as session:
        if not seen.holds(doormark.mark(session), at):
            return None
        asked = rows.head(providers.take(session, terms, rows.height, at))
        minted = mint_all(session, shift.tower, shift.lease, asked, seen.said, since, at)
        _refuse(session, asked, minted.refused, at)
        hand = Hand(terms.provider, shift.lease.fence, at)
        won = set(moves.claim(session, list(minted.permits), hand, since))
        bodies = {key: permit.body for key, permit in minted.permits.items() if key in won}
        sheet = Sheet(shift.signer.sign(list(bodies.values())), bodies)
        if bodies:
            permits.record(session, sheet, at)
        return sheet


def _refuse(session: Session, rows: pl.DataFrame, refused: Mapping[str, str], at: datetime) -> None:
    """Those that the gate gives no permit wait a while, and are judged anew."""
    permits.refuse(session, refused, at)
    waits = dict(rows.select("effect_id", "waits").iter_rows())
    moves.put_off(session, {key: at + backoff(waits[key]) for key in refused})


def record(
    shift: Shift, provider: Guarded, rows: pl.DataFrame, receipts: Sequence[Receipt]
) -> Delivered:
    """Record the answers of effects in hand; what nobody can look up or repeat is parked, and so
    is what was refused after a lost answer. (A budget can always be read.)"""
    at, terms = shift.now(), provider.terms
    unsure = _unsure(rows, receipts, terms, shift.lease.unproven)
    said = [_lost(one) if one.key in unsure else coded(one) for one in receipts]
    touches = set(rows.filter(pl.col("amount").is_null()).get_column("effect_id"))
    lost = [one.key for one in said if one.state == "unknown" and one.key in touches]
    parked = [one for one in lost if not terms.lookup and (one in unsure or not terms.keys)]
    again = dict.fromkeys(unsure, settled_at(terms, at))
    with shift.write() as session:
        moves.record(session, said, again | waits_after(receipts, rows, terms, at), at)
        moves.park(session, dict.fromkeys(parked, "unknown_result"), at)
        asked = [one for one in receipts if one.reason not in REFUSALS]
        providers.note(session, terms, asked, at)
    faultpoints.reach("relay.recorded")
    return counted(one.state for one in said) + Delivered(parked=len(parked))


def _unsure(
    rows: pl.DataFrame, receipts: Sequence[Receipt], terms: Terms, unproven: int
) -> set[str]:
    """Touches that were refused now, after an earlier answer was lost. That it will not do this
    says nothing of the first call, unless a look-up that had settled found nothing of that one."""
    if "looked_at" not in rows.columns:
        return set()
    settles = timedelta(seconds=terms.settles_seconds)
    young = pl.lit(not terms.lookup) | (pl.col("at") + settles > pl.col("looked_at"))
    running = pl.col("fence").fill_null(0) <= unproven
    doubtful = rows.filter(pl.col("amount").is_null() & (young | running))
    refused = {one.key for one in receipts if one.state == "failed"}
    return refused & set(doubtful.get_column("effect_id"))


def _lost(one: Receipt) -> Receipt:
    return one.model_copy(update={"state": "unknown", "reason": "unknown_result"})


def coded(one: Receipt) -> Receipt:
    """The receipt with its reason as one of the house's codes."""
    if one.state == "accepted" or one.reason in SENTENCES:
        return one
    codes = {"failed": "provider_refused", "unknown": "reconciling"}
    put_off = "not_reached" if one.unreachable else "asked_to_wait"
    return one.model_copy(update={"reason": codes.get(one.state, put_off)})


def batches(provider: Guarded, rows: pl.DataFrame) -> Iterator[pl.DataFrame]:
    return rows.iter_slices(max(provider.terms.batch, 1))
