"""Lost answers: what a dead relay left in hand, and what no provider's answer came back for.

First it all becomes `unknown`; then each unknown effect is looked into as its provider's terms
allow: docs/decisions/effects.md has the table.
"""

from collections.abc import Callable
from datetime import timedelta

import polars as pl

from app.relay.budgets import look_into_budget
from app.relay.delivered import Delivered, counted
from app.relay.door import Judged
from app.relay.handing import batches, by_provider, coded, hand_over
from app.relay.pacing import backoff, settled_at
from app.relay.shift import Shift
from domain.errors import ProviderError
from graph.permits import LIFETIME
from tools import faultpoints
from tools.connectors.guarded import Guarded
from tools.connectors.protocols import Terms
from tools.ledger import effects, moves

ATTEMPTS_WITH_KEY = 6
ATTEMPTS_WITHOUT = 2
"""Hand-overs in all: the second only after a look-up found nothing of the first."""

Judge = Callable[[pl.DataFrame], Judged]


def adopt(shift: Shift) -> Delivered:
    """Effects that a relay which is no more left in hand: their answers are lost."""
    done = Delivered()
    for provider, rows in by_provider(shift, effects.handed_over(shift.tower.ledger)):
        ended = pl.col("fence").fill_null(0) > shift.lease.unproven
        hopeless = ~_may_ask(provider.terms, ended)
        for parked, part in ((True, rows.filter(hopeless)), (False, rows.filter(~hopeless))):
            if not part.is_empty():
                done += _orphan(shift, provider.terms, part, parked)
    return done


def _may_ask(terms: Terms, ended: pl.Expr) -> pl.Expr:
    """A key makes it safe to ask again, and a budget is set to an absolute amount. Else the first
    call must surely have ended, or it may still come after a look-up found nothing."""
    budget = pl.col("amount").is_not_null()
    return pl.lit(True) if terms.keys else budget | (ended & pl.lit(terms.lookup))


def _orphan(shift: Shift, terms: Terms, rows: pl.DataFrame, parked: bool) -> Delivered:
    now = shift.now()
    until = None if parked or terms.keys else settled_at(terms, now)
    ids = rows.get_column("effect_id").to_list()
    with shift.write() as session:
        moves.orphan(session, ids, parked, until, now)
    faultpoints.reach("relay.adopted")
    return Delivered(parked=len(ids) if parked else 0)


def look_into(shift: Shift, judge: Judge) -> Delivered:
    """Find out what became of unknown effects whose time has come, and finish them."""
    done = Delivered()
    rows = effects.lost(shift.tower.ledger, shift.now())
    budget = pl.col("amount").is_not_null()
    for provider, part in by_provider(shift, rows.filter(~budget)):
        for batch in batches(provider, part):
            done += _look_into_batch(shift, provider, batch, judge)
    for provider, part in by_provider(shift, rows.filter(budget)):
        for row in part.iter_slices(1):
            done += _look_into_budget(shift, provider, row, judge)
    return done


def _look_into_batch(
    shift: Shift, provider: Guarded, batch: pl.DataFrame, judge: Judge
) -> Delivered:
    batch = batch.with_columns(looked_at=pl.lit(shift.now()))  # the look-up says nothing of later
    missing, done = batch, Delivered()
    if provider.terms.lookup:
        try:
            missing, done = _looked_up(shift, provider, batch)
        except ProviderError:
            return _put_off(shift, batch)
    return done if missing.is_empty() else done + _unfound(shift, provider, missing, judge)


def _looked_up(
    shift: Shift, provider: Guarded, batch: pl.DataFrame
) -> tuple[pl.DataFrame, Delivered]:
    """Record what the provider knows; those it knows nothing of, and counts."""
    shift.renew()
    found = provider.lookup(batch.get_column("effect_id").to_list())
    faultpoints.reach("relay.looked_up")
    final = [coded(found[key]) for key in sorted(found) if found[key].state in FINAL]
    with shift.write() as session:
        moves.settle_lost(session, final, shift.now())
    known = [one.key for one in final]
    return batch.filter(~pl.col("effect_id").is_in(known)), counted(one.state for one in final)


FINAL = ("accepted", "failed")


def _unfound(shift: Shift, provider: Guarded, rows: pl.DataFrame, judge: Judge) -> Delivered:
    """Effects that no look-up found: handed over once more where the terms allow it, else parked;
    judged first, since what was allowed then may not be now."""
    terms, now = provider.terms, shift.now()
    forgotten = pl.lit(False)
    if terms.keys and terms.key_hours is not None:
        forgotten = pl.col("first_sent_at") + timedelta(hours=terms.key_hours) <= now + LIFETIME * 2
    most = ATTEMPTS_WITH_KEY if terms.keys else ATTEMPTS_WITHOUT
    spent = pl.col("attempts") >= most
    why = (
        pl.when(forgotten).then(pl.lit("key_forgotten")).when(spent).then(pl.lit("unknown_result"))
    )
    marked = rows.with_columns(why=why)
    done = _park(shift, marked.filter(pl.col("why").is_not_null()))
    open_ones = rows.filter(marked.get_column("why").is_null())
    return done if open_ones.is_empty() else done + _again(shift, provider, open_ones, judge)


def _again(shift: Shift, provider: Guarded, rows: pl.DataFrame, judge: Judge) -> Delivered:
    judged = judge(rows)
    clear = rows.filter(pl.col("effect_id").is_in(list(judged.of("clear"))))
    done = _close(shift, provider.terms, rows, judged)
    if clear.is_empty():
        return done
    sent = hand_over(shift, provider, clear, judged.seen, since="unknown")
    return done + (sent or Delivered(waiting=clear.height))


def _close(shift: Shift, terms: Terms, rows: pl.DataFrame, judged: Judged) -> Delivered:
    """Those the door holds back now. That nothing was done is known only where a look-up has
    settled and the call ended; then they end like any intent, else only a person can say."""
    now = shift.now()
    stop, late, wait = judged.of("stop"), judged.of("expire"), judged.of("wait")
    waits = dict(rows.select("effect_id", "waits").iter_rows())
    soon = {key: now + backoff(waits[key]) for key in wait}
    if terms.lookup:
        held = rows.filter(pl.col("effect_id").is_in([*stop, *late]))
        seen = held.select("effect_id", "at", "looked_at").iter_rows()
        settled = ((key, settled_at(terms, at), looked) for key, at, looked in seen)
        soon |= {key: at for key, at, looked in settled if at > looked}
    why = {**stop, **dict.fromkeys(late, "deadline_passed")}
    closed = {key: said for key, said in why.items() if key not in soon}
    ended = _ended(shift, terms, rows) if terms.lookup else frozenset[str]()
    stopped = {key: said for key, said in closed.items() if key in ended and key in stop}
    expired = [key for key in closed if key in ended and key in late]
    parked = {key: said for key, said in closed.items() if key not in ended}
    with shift.write() as session:
        moves.put_off(session, soon)
        moves.skip(session, stopped, now, since="unknown")
        moves.expire(session, expired, now, since="unknown")
        moves.park(session, parked, now)
    done = Delivered(skipped=len(stopped), expired=len(expired))
    return done + Delivered(parked=len(parked), waiting=len(soon))


def _ended(shift: Shift, terms: Terms, rows: pl.DataFrame) -> frozenset[str]:
    """Effects whose last call surely ended: a look-up that finds nothing then says that nothing
    was done. (Without keys, what may still be called was parked when it was adopted.)"""
    ended = pl.lit(not terms.keys) | (pl.col("fence").fill_null(0) > shift.lease.unproven)
    return frozenset(rows.filter(ended).get_column("effect_id"))


def _look_into_budget(
    shift: Shift, provider: Guarded, row: pl.DataFrame, judge: Judge
) -> Delivered:
    judged = judge(row)
    if judged.of("wait"):
        return _put_off(shift, row)
    done = look_into_budget(shift, provider, row, judged)
    return done or Delivered(waiting=1)


def _put_off(shift: Shift, rows: pl.DataFrame) -> Delivered:
    now = shift.now()
    waits = dict(rows.select("effect_id", "waits").iter_rows())
    with shift.write() as session:
        moves.put_off(session, {key: now + backoff(times) for key, times in waits.items()})
    return Delivered(waiting=rows.height)


def _park(shift: Shift, rows: pl.DataFrame) -> Delivered:
    if rows.is_empty():
        return Delivered()
    with shift.write() as session:
        moves.park(session, dict(rows.select("effect_id", "why").iter_rows()), shift.now())
    return Delivered(parked=rows.height)
