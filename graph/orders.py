"""What contacts were given or are to be given, for the rules that ask in which order."""

from collections.abc import Sequence
from datetime import datetime

import polars as pl

from domain.names import OWN_SOURCE
from domain.tables import FINDINGS, GIVEN
from graph.people import asked_of, survivors_at
from graph.tower import Tower
from policies.orders import asks_history, judge_orders, named
from tools.ledger import given as ledger_given
from tools.warehouse.identity.people import as_person
from tools.warehouse.observing import real_touches


def given_at(
    tower: Tower,
    at: datetime,
    contact_ids: Sequence[str] | None = None,
    door: bool = False,
) -> pl.DataFrame:
    """GIVEN of the treatments that the policy's rules are about, by person; without rules nothing
    is read.

    contact_ids: only these people; None: everybody. door: without what waits for a person, who may
    say no: at the door only what went or is scheduled counts.
    """
    policy = tower.loaded.policy
    if not asks_history(policy):
        return GIVEN.empty()
    about = sorted(named(policy, tower.warehouse.table("treatments")))
    survivors = survivors_at(tower, at)
    asked = asked_of(survivors, contact_ids)
    live = ledger_given.given(tower.ledger, asked)
    columns = [*GIVEN.columns]
    known = [live.select(columns), _of_others(tower, at, asked).select(columns)]
    if not door:
        held = ledger_given.waiting(tower.ledger).join(live, on="decision_id", how="anti")
        known.append(held.with_columns(state=pl.lit("waiting")).select(columns))
    of_rules = pl.concat(known).filter(pl.col("treatment_id").is_in(about))
    return as_person(of_rules, survivors)


def orders_now(tower: Tower, rows: pl.DataFrame, at: datetime) -> pl.Series:
    """Findings at the door against DECISIONS rows by what else their contacts got."""
    ids = rows.get_column("contact_id").unique().to_list()
    return order_findings(tower, rows, given_at(tower, at, ids, door=True), at)


def order_findings(
    tower: Tower, rows: pl.DataFrame, given: pl.DataFrame, at: datetime
) -> pl.Series:
    """Findings against rows by these GIVEN; a policy that asks nothing of them finds nothing."""
    if not asks_history(tower.loaded.policy):
        return pl.zeros(rows.height, FINDINGS, eager=True).alias("bits")
    treatments = tower.warehouse.table("treatments").select("treatment_id", "theme")
    return judge_orders(rows, given, treatments, tower.loaded.policy, at)


def _of_others(tower: Tower, at: datetime, contact_ids: Sequence[str] | None) -> pl.DataFrame:
    """What other tools sent by then, where its treatment is known."""
    theirs = real_touches(tower.warehouse).filter(
        pl.col("source").ne_missing(OWN_SOURCE)
        & pl.col("contact_id").is_not_null()
        & pl.col("treatment_id").is_not_null()
        & (pl.col("at") <= at)
    )
    if contact_ids is not None:
        theirs = theirs.filter(pl.col("contact_id").is_in(list(contact_ids)))
    none = pl.lit(None, dtype=pl.String)
    return theirs.with_columns(decision_id=none, state=pl.lit("accepted"))
