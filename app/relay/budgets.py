"""Budgets: set to absolute amounts, compared with what was seen before, and read back.

A second setting of the same amount is no act; a platform that shows an old value for a while is
read again, never written again; what somebody changed meanwhile is left alone.
"""

from datetime import datetime, timedelta
from functools import partial

import polars as pl
from tenacity import Retrying, retry_if_result, stop_after_attempt, wait_exponential

from app.relay.delivered import Delivered
from app.relay.door import Judged, Seen
from app.relay.handing import deliver_all, hand_over
from app.relay.pacing import backoff, settled_at
from app.relay.shift import Shift
from domain.errors import ProviderError
from domain.permit import Sheet
from tools import faultpoints
from tools.connectors.guarded import Guarded
from tools.connectors.protocols import Receipt
from tools.ledger import budgets_seen, moves

LOOKS = 3
"""Times a budget that is not what we set is read again at once."""
SOON = timedelta(seconds=1)
PATIENCE = 2
"""Times a budget that is not what we saw is put off before it counts as changed."""


def set_budget(
    shift: Shift, provider: Guarded, row: pl.DataFrame, seen_door: Seen, since: str = "intent"
) -> Delivered | None:
    """Set one campaign's budget (a row of effects); None where the door must judge again."""
    campaign, seen = row.item(0, "campaign_id"), row.item(0, "seen_amount")
    amount, waits = row.item(0, "amount"), row.item(0, "waits")
    try:
        shown = provider.budget(campaign)
    except ProviderError:
        return _put_off(shift, row, shift.now() + backoff(waits))
    faultpoints.reach("relay.budget_read")
    if shown in (amount, seen) or seen is None or shown is None:
        return hand_over(shift, provider, row, seen_door, since, partial(_set, shown))
    if waits < PATIENCE:
        soon = shift.now() + max(timedelta(seconds=provider.terms.settles_seconds), SOON)
        return _put_off(shift, row, soon)
    return hand_over(shift, provider, row, seen_door, since, partial(_leave, shown))


def _put_off(shift: Shift, row: pl.DataFrame, until: datetime) -> Delivered:
    with shift.write() as session:
        moves.put_off(session, {row.item(0, "effect_id"): until})
    return Delivered(waiting=1)


def _set(
    shown: int | None, shift: Shift, provider: Guarded, row: pl.DataFrame, sheet: Sheet
) -> list[Receipt]:
    """The act: nothing where the platform shows the amount already, else set and read back."""
    key, amount = row.item(0, "effect_id"), row.item(0, "amount")
    if shown == amount:
        return [_receipt(key, "accepted", None)]
    receipts = deliver_all(shift, provider, row, sheet)
    if receipts[0].state != "accepted":
        return receipts
    if _read_back(provider, row.item(0, "campaign_id"), amount) != amount:
        return [_receipt(key, "unknown", "reconciling")]
    see(shift, row, amount)
    return receipts


def _leave(shown: int, shift: Shift, _: Guarded, row: pl.DataFrame, __: Sheet) -> list[Receipt]:
    """No act: somebody else set the budget meanwhile, and what they set is seen now."""
    see(shift, row, shown)
    return [_receipt(row.item(0, "effect_id"), "failed", "changed_elsewhere")]


def look_into_budget(
    shift: Shift, provider: Guarded, row: pl.DataFrame, judged: Judged
) -> Delivered | None:
    """A budget whose answer was lost: the platform is read. It shows our amount: done. It still
    shows what was there before, after it settled: set once more, if the door allows it now.
    Anything else: a person."""
    key, amount, seen = (row.item(0, name) for name in ("effect_id", "amount", "seen_amount"))
    settled = settled_at(provider.terms, row.item(0, "at"))
    looked = shift.now()
    try:
        shown = provider.budget(row.item(0, "campaign_id"))
    except ProviderError:
        return _put_off(shift, row, shift.now() + backoff(row.item(0, "waits")))
    if shown == amount:
        with shift.write() as session:
            moves.settle_lost(session, [_receipt(key, "accepted", None)], shift.now())
        see(shift, row, amount)
        return Delivered(accepted=1)
    if shown == seen and judged.of("stop"):
        if settled > looked:
            return _put_off(shift, row, settled)
        if (row.item(0, "fence") or 0) <= shift.lease.unproven:
            with shift.write() as session:
                moves.park(session, judged.of("stop"), shift.now())
            return Delivered(parked=1)
        with shift.write() as session:
            moves.skip(session, judged.of("stop"), shift.now(), since="unknown")
        return Delivered(skipped=1)
    if shown == seen and judged.of("clear") and row.item(0, "attempts") <= 1:
        return set_budget(shift, provider, row, judged.seen, "unknown")
    why = "unknown_result" if shown in (None, seen) else "changed_elsewhere"
    with shift.write() as session:
        moves.park(session, {key: why}, shift.now())
    return Delivered(parked=1)


def see(shift: Shift, row: pl.DataFrame, amount: int) -> None:
    """Keep what the platform of the row's campaign shows."""
    with shift.write() as session:
        budgets_seen.see(session, row.item(0, "campaign_id"), amount, shift.now())


def _read_back(provider: Guarded, campaign_id: str, amount: int) -> int | None:
    """What the platform shows, read up to LOOKS times while it shows something else. None also
    where it can't be read."""
    again = Retrying(
        retry=retry_if_result(lambda shown: shown != amount),
        stop=stop_after_attempt(LOOKS),
        wait=wait_exponential(multiplier=0.02, max=0.5),
        retry_error_callback=lambda state: state.outcome.result() if state.outcome else None,
    )
    try:
        shown: int | None = again(provider.budget, campaign_id)
    except ProviderError:
        return None
    return shown


def _receipt(key: str, state: str, reason: str | None) -> Receipt:
    return Receipt.model_validate(
        {"key": key, "state": state, "reason": reason, "provider_ref": None}
    )
