"""Learning: what we sent and what came of it go back into the warehouse, for the next run."""

from dataclasses import dataclass

import polars as pl

from domain.names import MARKETING_PURPOSE
from graph.erased import erased_hashes, key_of
from graph.tower import Tower
from tools.connectors.protocols import Doors
from tools.erasure.identity import TOKEN, known_again, nameless
from tools.ledger import consents, doormark, effects
from tools.warehouse.learning import ghost_touches, own_touches


@dataclass(frozen=True)
class Learner:
    tower: Tower
    doors: Doors

    def learn(self) -> int:
        """Bring home touches, ghosts and outcomes; the number of outcomes that were new.

        Everything is keyed by the effect's id, so that learning twice changes nothing.
        """
        ledger, warehouse = self.tower.ledger, self.tower.warehouse
        now = self.tower.clock.now()
        known = pl.col("contact_id").is_not_null() & ~pl.col("contact_id").str.starts_with(TOKEN)
        reached = known & (pl.col("action_class") != "transactional")
        accepted = effects.in_states(ledger, ("accepted",)).filter(reached)
        withheld = effects.in_states(ledger, ("skipped",)).filter(
            known & (pl.col("reason") == "holdout") & (pl.col("slot_at") <= now)
        )
        share = self.tower.loaded.policy.holdout.share
        warehouse.merge("touches", own_touches(accepted, 1 - share))
        warehouse.merge("touches", ghost_touches(withheld, share))
        self.doors.register_ghosts(withheld)
        outcomes = self._of_the_known(self.doors.outcomes_until(now))
        self._honour(outcomes)
        merged = warehouse.merge("outcomes", outcomes)
        if merged.added or merged.changed:
            with ledger.write() as session:
                doormark.raise_mark(session)
        return merged.added

    def _of_the_known(self, outcomes: pl.DataFrame) -> pl.DataFrame:
        """A provider may still tell of an erased person: nothing of it comes in again."""
        hashes = erased_hashes(self.tower)
        people = nameless(outcomes.get_column("contact_id"))
        gone = known_again(key_of(self.tower), people, hashes) if hashes else ()
        who = pl.col("contact_id")
        erased = who.is_in(sorted(gone)) | who.str.starts_with(TOKEN)
        return outcomes.filter(~erased.fill_null(False))

    def _honour(self, outcomes: pl.DataFrame) -> None:
        """An unsubscribe or a complaint withdraws consent, in force for the next delivery."""
        gone = outcomes.filter(pl.col("kind").is_in(["unsubscribe", "complaint"]))
        if gone.is_empty():
            return
        rows = gone.select(
            "contact_id",
            channel=pl.lit("email"),
            purpose=pl.lit(MARKETING_PURPOSE),
            state=pl.lit("withdrawn"),
            basis=pl.lit("the contact's own act"),
            text_version=pl.lit(None, dtype=pl.String),
            source="source",
            external_id="outcome_id",
            at="at",
            expires_at=pl.lit(None, dtype=pl.Datetime("us", "UTC")),
        )
        with self.tower.ledger.write() as session:
            consents.record_told(session, rows, self.tower.clock.now(), "learner")
