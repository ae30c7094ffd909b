"""Living the timelines: all of one hour in one table, through the judge, the counting of facts and
the fitting of reservations that the product decides with, at the asking and again at the door."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import polars as pl

from domain.reasons import findings_of
from evals.timelines.drawing import HOUR, INSTANT, STEPS, Drawn
from evals.timelines.rules import Rules
from evals.timelines.ruling import Bug, policy_of, without
from graph.facts import IGNORED, Sources, assemble
from graph.ignoring import ignored
from graph.limits_at_commit import dated, windows_of
from graph.reserving import COUNTED_CLASSES
from policies.judging import counted_by, judge
from policies.schema import Policy
from tools.ledger.fitting import refused

TOUCHES: Final[dict[str, Any]] = {
    "contact_id": pl.String,
    "account_id": pl.String,
    "channel": pl.String,
    "at": INSTANT,
    "decision_id": pl.String,
    "agent": pl.String,
    "theme": pl.String,
}


@dataclass
class Lived:
    """What came of it. sent: contact_id, account_id, channel, class, at, agent, theme, in the order
    they went.

    refused: asks by reason (an ask may have several). bound: how often each named limit stood
    against an ask.
    """

    sent: pl.DataFrame
    asked: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    bound: Counter[str] = field(default_factory=Counter)


def live(drawn: Drawn, rules: Rules, bug: Bug | None = None) -> Lived:
    """All timelines from their first hour to their last."""
    policy = without(policy_of(rules), bug)
    asks = drawn.asks.partition_by("step", as_dict=True)
    none = drawn.asks.clear()
    known = _Known(drawn)
    waiting, sent = none, [_told(none)]
    lived = Lived(sent[0], asked=drawn.asks.height)
    for step in range(STEPS):
        now = drawn.began + step * HOUR
        opened = _ask(asks.get((step,), none), known, policy, now, lived, bug)
        waiting = pl.concat([waiting, opened])
        due = waiting.filter(pl.col("due") == step)
        waiting = waiting.filter(pl.col("due") > step)
        goes = due if bug in ("door", "reserving") else _door(due, known, policy, now, lived)
        known.went(goes)
        sent.append(_told(goes))
    lived.sent = pl.concat(sent)
    return lived


class _Known:
    """What is known at an instant, and what our own choices hold."""

    def __init__(self, drawn: Drawn) -> None:
        self._said = drawn.said.sort("at")
        self._others = drawn.others.select(*TOUCHES)
        self._replies = drawn.replies
        self._held = pl.DataFrame(schema=TOUCHES)
        self._sold = self._others.select("contact_id", "account_id", "channel", "at")
        self.people = drawn.people.select(
            "contact_id",
            "country",
            "timezone",
            is_customer=pl.lit(False),
            open_complaint=pl.lit(False),
            deal_stage=pl.lit(None, dtype=pl.String),
        )

    def hold(self, choices: pl.DataFrame) -> None:
        counted = choices.filter(pl.col("class").is_in(COUNTED_CLASSES))
        self._held = pl.concat([self._held, counted.select(*TOUCHES)])

    def went(self, choices: pl.DataFrame) -> None:
        sold = choices.filter(pl.col("class") == "marketing").select(self._sold.columns)
        self._sold = pl.concat([self._sold, sold])

    def free(self, choices: pl.DataFrame) -> None:
        self._held = self._held.join(choices, on="decision_id", how="anti")

    def touches(self, now: datetime) -> pl.DataFrame:
        near = self._held.filter(pl.col("at") > now - timedelta(days=8))
        return pl.concat([near, self._others.filter(pl.col("at") <= now)])

    def sources(self, now: datetime, policy: Policy) -> Sources:
        said = self._said.filter(pl.col("at") <= now)
        no = pl.DataFrame(schema={"contact_id": pl.String})
        return Sources(
            contacts=self.people,
            consents=said.filter(pl.col("channel").is_not_null())
            .group_by("contact_id", "channel", maintain_order=True)
            .last()
            .with_columns(purpose=pl.lit("marketing")),
            objections=said.filter(pl.col("state") == "objected").select("contact_id").unique(),
            suppressions=no,
            touches=self.touches(now),
            replies=self._replies.filter(pl.col("at") <= now),
            ignored=self._ignored(now, policy),
            pauses=pl.DataFrame(schema={"scope": pl.String, "name": pl.String}),
        )

    def _ignored(self, now: datetime, policy: Policy) -> pl.DataFrame:
        sold = self._sold.filter(pl.col("at") <= now)
        answered = self._replies.filter(pl.col("at") <= now)
        pauses = [ignored(rule, sold, answered) for rule in policy.ignore_pauses]
        return pl.concat([pl.DataFrame(schema=IGNORED), *pauses])


def _ask(
    asked: pl.DataFrame,
    known: _Known,
    policy: Policy,
    now: datetime,
    lived: Lived,
    bug: Bug | None,
) -> pl.DataFrame:
    """What of the hour's asks is open and still fits with the others of the same hour."""
    cells = asked.with_columns(
        purpose=pl.lit("marketing"), decision_id=pl.col("ask").cast(pl.String)
    )
    opened = _judged(cells, known, policy, now, lived)
    if bug != "reserving":
        opened = _fitting(opened, known, now, policy, lived)
    known.hold(opened)
    return opened.select(asked.columns)


def _judged(
    cells: pl.DataFrame, known: _Known, policy: Policy, now: datetime, lived: Lived
) -> pl.DataFrame:
    """The cells with nothing against them; the others are counted by reason and limit."""
    if cells.is_empty():
        return cells
    facts = assemble(cells, known.sources(now, policy), policy)
    bits = judge(facts, policy, now)
    for number, count in bits.value_counts().iter_rows():
        lived.refused.update(dict.fromkeys(findings_of(number), count))
    for name, stands in _bounds(policy):
        lived.bound[name] += int(facts.select(stands.fill_null(False).sum()).item())
    return cells.filter(bits == 0)


def _bounds(policy: Policy) -> Iterator[tuple[str, pl.Expr]]:
    for cap in policy.caps:
        full = pl.col(f"used_{cap.name}") >= cap.at_most
        yield f"cap {cap.name}", counted_by(cap) & full
    for rule in policy.spacing:
        sells = pl.col("class") == "marketing"
        yield f"spacing {rule.name}", sells & pl.col(f"near_{rule.name}")


def _fitting(
    opened: pl.DataFrame, known: _Known, now: datetime, policy: Policy, lived: Lived
) -> pl.DataFrame:
    """As a run's choices are held: in turn, each against what is taken and those before it."""
    ours = opened.with_row_index("unit").filter(pl.col("class").is_in(COUNTED_CLASSES))
    asks = _resources(ours).with_columns(unit=ours.get_column("unit").cast(pl.Int64))
    dates = dated(policy, known.people)
    both = (asks, _resources(known.touches(now)))
    asks, taken = (one if dates is None else dates(one) for one in both)
    out = refused(asks, taken, windows_of(policy))
    lived.refused["taken_meanwhile"] += int(out.sum())
    turned_away = pl.Series(out.nonzero()[0], dtype=pl.UInt32).implode()
    return opened.with_row_index("unit").filter(~pl.col("unit").is_in(turned_away)).drop("unit")


def _resources(touches: pl.DataFrame) -> pl.DataFrame:
    return touches.select(
        "account_id",
        "at",
        "agent",
        "theme",
        resource=pl.concat_str(pl.lit("touch:"), "channel"),
        holder="contact_id",
        amount=pl.lit(1.0),
    )


def _door(
    due: pl.DataFrame, known: _Known, policy: Policy, now: datetime, lived: Lived
) -> pl.DataFrame:
    """What may still go at its hour; the rest frees what it held."""
    cells = due.with_columns(purpose=pl.lit("marketing"), decision_id=pl.col("ask").cast(pl.String))
    goes = _judged(cells, known, policy, now, lived)
    known.free(cells.join(goes, on="decision_id", how="anti"))
    return goes


def _told(goes: pl.DataFrame) -> pl.DataFrame:
    return goes.select("contact_id", "account_id", "channel", "class", "at", "agent", "theme")
