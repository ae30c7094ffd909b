"""Judging ahead: what comes next is judged together, and at its turn an effect only asks whether
that still holds.

Judging is made for whole tables: one effect alone takes nearly as long as hundreds. So who asks
about few has the next ones judged with them, each at its own slot. At its turn an effect is clear
where nothing that the door looks at has changed since, its contact got nothing meanwhile and the
judgement is still fresh; whatever was not clear, or came since, is judged anew.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import polars as pl

from app.relay.door import Judged
from graph.permits import FRESH
from graph.tower import Tower
from tools.ledger import doormark, effects
from tools.ledger.given import handed_since

TOGETHER = 500
"""Effects judged at once where fewer are asked about."""

Anew = Callable[[pl.DataFrame], Judged]


@dataclass
class Ahead:
    """What the door said last, of the effects that were asked about and of those behind them."""

    _said: list[Judged] = field(default_factory=list)
    """The newest judgement alone: two that know nothing of each other could share the same room."""

    def judge(self, tower: Tower, batch: pl.DataFrame, queue: pl.DataFrame, anew: Anew) -> Judged:
        """Judge effects (ROW's columns). queue: others that wait behind them, in turn."""
        ids = batch.get_column("effect_id").to_list()
        if not any(_holds(tower, one, batch, ids) for one in self._said):
            self._said = [anew(_together(tower, batch, queue))]
        return self._said[0].only(ids)


def _holds(tower: Tower, known: Judged, batch: pl.DataFrame, ids: list[str]) -> bool:
    """Whether all of these were found clear, that is still so, and none of their people was handed
    anything else since: it was scheduled when this was judged, and what went counts for more. A
    clock that was set back tells nothing of what holds."""
    now, at = tower.clock.now(), known.seen.said.at
    if at > now or not known.seen.said.clear.issuperset(ids):
        return False
    people = known.persons_of(batch.get_column("contact_id").drop_nulls().to_list())
    with tower.ledger.read() as session:
        same = known.seen.holds(doormark.mark(session), now)
        return same and not handed_since(session, tower.ledger, people, ids, at)


def _together(tower: Tower, batch: pl.DataFrame, queue: pl.DataFrame) -> pl.DataFrame:
    """The batch, then the queue, then what falls due while a judgement is fresh; no more than are
    judged together, and the whole batch in any case."""
    most = max(TOGETHER, batch.height)
    rows = pl.concat([batch, queue.head(most - batch.height)])
    if rows.height == most:
        return rows
    soon = effects.soon(tower.ledger, tower.clock.now() + FRESH, most)
    return pl.concat([rows, soon]).unique("effect_id", maintain_order=True).head(most)
