"""Handing over: claim under the fence, call with no transaction open, record what was said."""

from collections.abc import Callable, Iterator, Sequence

import polars as pl

from app.relay.delivered import Delivered, counted
from app.relay.door import Seen
from app.relay.pacing import waits_after
from app.relay.shift import Shift
from domain.reasons import SENTENCES
from tools import faultpoints
from tools.connectors.protocols import Provider, Receipt, delivery_of
from tools.ledger import doormark, moves, providers
from tools.ledger.moves import Hand

Call = Callable[[Shift, Provider, pl.DataFrame], list[Receipt]]
"""The act outside: one receipt for each row, in order."""


def by_provider(shift: Shift, rows: pl.DataFrame) -> Iterator[tuple[Provider, pl.DataFrame]]:
    """Rows by who delivers on their channel, in the order of the rows."""
    for (channel,), part in rows.group_by("channel", maintain_order=True):
        yield shift.doors.provider(str(channel)), part


def deliver_all(shift: Shift, provider: Provider, rows: pl.DataFrame) -> list[Receipt]:
    """Hand touches over, one receipt each."""
    now = shift.now()
    return provider.deliver([delivery_of(row, now) for row in rows.iter_rows(named=True)])


def hand_over(
    shift: Shift,
    provider: Provider,
    rows: pl.DataFrame,
    seen: Seen,
    since: str = "intent",
    call: Call = deliver_all,
) -> Delivered | None:
    """Hand over judged effects, as many as the provider's pace allows; the others wait. None where
    what the door looks at changed since it was seen: judge again."""
    shift.renew()
    won = _claim(shift, provider, rows, seen, since)
    if won is None:
        return None
    faultpoints.reach("relay.claimed")
    taken = rows.filter(pl.col("effect_id").is_in(won))
    done = Delivered(waiting=rows.height - taken.height)
    if taken.is_empty():
        return done
    receipts = call(shift, provider, taken)
    faultpoints.reach("relay.sent")
    return done + record(shift, provider, taken, receipts)


def _claim(
    shift: Shift, provider: Provider, rows: pl.DataFrame, seen: Seen, since: str
) -> list[str] | None:
    """The effects now in hand: as many as the provider's pace lets go."""
    at, terms = shift.now(), provider.terms
    ids = rows.get_column("effect_id").to_list()
    with shift.write() as session:
        if not seen.holds(doormark.mark(session), at):
            return None
        count = providers.take(session, terms, len(ids), at)
        hand = Hand(terms.provider, shift.lease.fence, at)
        return moves.claim(session, ids[:count], hand, since)


def record(
    shift: Shift, provider: Provider, rows: pl.DataFrame, receipts: Sequence[Receipt]
) -> Delivered:
    """Record the answers of effects in hand; what nobody can look up or repeat is parked. (A
    budget can always be read.)"""
    at, terms = shift.now(), provider.terms
    said = [coded(one) for one in receipts]
    touches = set(rows.filter(pl.col("amount").is_null()).get_column("effect_id"))
    lost = [one.key for one in said if one.state == "unknown" and one.key in touches]
    parked = [] if terms.keys or terms.lookup else lost
    with shift.write() as session:
        moves.record(session, said, waits_after(receipts, rows, terms, at), at)
        moves.park(session, dict.fromkeys(parked, "unknown_result"), at)
        providers.note(session, terms, receipts, at)
    faultpoints.reach("relay.recorded")
    return counted(one.state for one in said) + Delivered(parked=len(parked))


def coded(one: Receipt) -> Receipt:
    """The receipt with its reason as one of the house's codes."""
    if one.state == "accepted" or one.reason in SENTENCES:
        return one
    codes = {"failed": "provider_refused", "unknown": "reconciling"}
    put_off = "not_reached" if one.unreachable else "asked_to_wait"
    return one.model_copy(update={"reason": codes.get(one.state, put_off)})


def batches(provider: Provider, rows: pl.DataFrame) -> Iterator[pl.DataFrame]:
    return rows.iter_slices(max(provider.terms.batch, 1))
