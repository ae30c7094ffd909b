"""At the door: every effect is judged once more, with what is known when it goes out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import polars as pl

from app.relay import letters
from app.relay.crowded import crowded
from domain.payload import payload_hashes
from domain.periods import LATEST
from domain.reasons import BIT, findings_of
from domain.tables import FINDINGS
from graph.approving import terms_now
from graph.facts import HOLDER
from graph.gate import findings_now, pause_bits
from graph.minting import Judgement
from graph.people import survivors_at
from graph.permits import FRESH
from graph.tower import Tower
from policies.schema import Policy
from tools.ledger import approvals, doormark
from tools.ledger.approvals import Terms
from tools.warehouse.identity.people import as_person, persons

PASSING = BIT["quiet_hours"] | BIT["paused"]
"""Findings that pass by themselves: the effect waits for its deadline."""
HARD = sum(BIT.values()) & ~PASSING


@dataclass(frozen=True)
class Seen:
    """The door as it was when something was judged: its mark, and what was said then."""

    mark: int
    said: Judgement

    def holds(self, mark: int, now: datetime) -> bool:
        """Whether it is still so: nothing changed, and too little time passed for quiet hours or
        caps to say otherwise (a machine may have slept in between)."""
        return mark == self.mark and abs(now - self.said.at) <= FRESH


@dataclass(frozen=True)
class Judged:
    """By effect_id its verdict (clear | stop | wait | expire) and the reason, and the door as it
    was seen before anything was read."""

    verdicts: Mapping[str, tuple[str, str]]
    seen: Seen
    persons: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """contact -> the contacts of its person, for those who have several."""

    def of(self, verdict: str) -> dict[str, str]:
        """effect_id -> reason of the effects with this verdict."""
        return {key: why for key, (found, why) in self.verdicts.items() if found == verdict}

    def only(self, ids: Sequence[str]) -> "Judged":
        """What was said of these effects."""
        return Judged({key: self.verdicts[key] for key in ids}, self.seen, self.persons)

    def persons_of(self, contact_ids: Sequence[str]) -> list[str]:
        """These contacts with everybody who is one person with any of them."""
        return sorted({one for key in contact_ids for one in self.persons.get(key, (key,))})


def judge(tower: Tower, batch: pl.DataFrame, known: Callable[[], pl.DataFrame]) -> Judged:
    """Judge effects (ROW's columns) as of now. What changes after the mark was read makes the
    claim fail, and the batch is judged again."""
    with tower.ledger.read() as session:
        mark = doormark.mark(session)
    contacts = known()
    tower = tower.under_one_policy()
    now, terms = tower.clock.now(), terms_now(tower)
    stopped = pl.coalesce("altered", "void", "found", "unsent")
    held = pl.coalesce("passing", "slowed").is_not_null()
    late = pl.col("slot_at") + LATEST < now
    judged = (
        batch.with_columns(altered=_altered(batch))
        .join(_void(tower, batch, terms), on="packet_id", how="left", maintain_order="left")
        .join(_found(tower, batch, contacts), on="effect_id", how="left", maintain_order="left")
        .with_columns(void=pl.when(pl.col("undoes").is_null()).then("void"))
        .with_columns(unsent=letters.refused(tower), slowed=letters.slowed(tower, batch, now))
        .select(
            "effect_id",
            verdict=pl.when(stopped.is_not_null())
            .then(pl.lit("stop"))
            .when(late)
            .then(pl.lit("expire"))
            .when(held)
            .then(pl.lit("wait"))
            .otherwise(pl.lit("clear")),
            reason=pl.coalesce(stopped, "passing", "slowed", pl.lit("deadline_passed")),
        )
    )
    survivors = survivors_at(tower, now)
    people = as_person(batch, survivors)
    judged = _in_turn(judged, people, tower.loaded.policy, now)
    clear = judged.filter(pl.col("verdict") == "clear").get_column("effect_id")
    said = Judgement(now, frozenset(clear), tower.loaded.hash, terms)
    verdicts = {key: (found, why) for key, found, why in judged.iter_rows()}
    return Judged(verdicts, Seen(mark, said), persons(survivors, people.get_column("contact_id")))


def _in_turn(
    judged: pl.DataFrame, batch: pl.DataFrame, policy: Policy, now: datetime
) -> pl.DataFrame:
    """effect_id, verdict, reason: what is clear but for another message to the person waits.
    batch: by person."""
    clear = judged.filter(pl.col("verdict") == "clear").select("effect_id")
    holders = sorted({HOLDER[cap.per] for cap in policy.caps} | {"contact_id"})
    behind = crowded(batch.join(clear, on="effect_id", how="semi"), now, holders)
    waits = pl.col("effect_id").is_in(behind)
    return judged.with_columns(
        verdict=pl.when(waits).then(pl.lit("wait")).otherwise("verdict"),
        reason=pl.when(waits).then(pl.lit("another_first")).otherwise("reason"),
    )


def _altered(batch: pl.DataFrame) -> pl.Series:
    """The reason against effects that are not what was decided: their payload's hash differs."""
    same = batch.get_column("payload_hash") == payload_hashes(batch)
    return batch.select(
        pl.when(pl.Series(same).fill_null(False)).then(None).otherwise(pl.lit("payload_altered"))
    ).to_series()


def _void(tower: Tower, batch: pl.DataFrame, terms: Terms) -> pl.DataFrame:
    """packet_id, void: the reason against packets whose approval does not hold any more."""
    ids = batch.get_column("packet_id").unique().sort().to_list()
    stand = approvals.standing(tower.ledger, ids, terms)
    why = pl.when(~pl.col("stands")).then(pl.lit("approval_void"))
    return stand.select("packet_id", void=why)


def _found(tower: Tower, batch: pl.DataFrame, contacts: pl.DataFrame) -> pl.DataFrame:
    """effect_id, found (the guardrail that stops it), passing (the one that lets it wait). A
    budget is held by pauses only: its own limits were kept when it was chosen, and it is set to an
    absolute amount."""
    rows = batch.with_columns(
        decision_id="effect_id", treatment_id="treatment", **{"class": "action_class"}
    )
    touches = rows.filter(pl.col("contact_id").is_not_null())
    budgets = rows.filter(pl.col("contact_id").is_null())
    judged = pl.concat(
        [
            touches.select("effect_id", bits=findings_now(tower, touches, contacts)),
            budgets.select("effect_id", bits=pause_bits(tower, budgets)),
        ]
    )
    kinds = judged.get_column("bits").unique().to_list()
    named = pl.col("bits").replace_strict(kinds, [_first(bits) for bits in kinds])
    hard = (pl.col("bits") & pl.lit(HARD, dtype=FINDINGS)) != 0
    return judged.select(
        "effect_id",
        found=pl.when(hard).then(named),
        passing=pl.when(~hard).then(named),
    )


def _first(bits: int) -> str | None:
    """The reason to name: what stops comes before what only lets wait."""
    found = findings_of(bits & HARD or bits)
    return found[0] if found else None
