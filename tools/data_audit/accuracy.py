"""Accuracy: rows that contradict one another, or the clock."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

import polars as pl

from tools.data_audit.findings import Area, Check, Data, Finding
from tools.warehouse.identity.keys import keys_of_contacts
from tools.warehouse.observing import NOTHING

REFERENCES: Final[tuple[tuple[str, str, str, str, str, Area, str], ...]] = (
    ("touches", "touch_id", "contact_id", "contacts", "contact_id", "contact behaviour",
     "they count for nobody's cap and teach nothing"),
    ("touches", "touch_id", "treatment_id", "treatments", "treatment_id", "contact behaviour",
     "no treatment of the programme learns from them"),
    ("outcomes", "outcome_id", "contact_id", "contacts", "contact_id", "contact behaviour",
     "they are nobody's answer"),
    ("outcomes", "outcome_id", "touch_id", "touches", "touch_id", "contact behaviour",
     "they follow no touch"),
    ("events", "event_id", "contact_id", "contacts", "contact_id", "contact behaviour",
     "they are about nobody"),
    ("spend", "campaign_id", "campaign_id", "campaigns", "campaign_id", "contact behaviour",
     "no budget of the programme is planned by them"),
    ("contacts", "contact_id", "account_id", "accounts", "account_id", "account signals",
     "their account has no owner and no tier: nobody is asked about it"),
    ("events", "event_id", "account_id", "accounts", "account_id", "account signals",
     "they are about no account"),
    ("deals", "deal_id", "account_id", "accounts", "account_id", "CRM feedback",
     "they hold marketing back for nobody"),
    ("deals", "deal_id", "contact_id", "contacts", "contact_id", "CRM feedback",
     "nobody is called about them"),
    ("deal_stages", "deal_id", "deal_id", "deals", "deal_id", "CRM feedback",
     "they are stages of no deal"),
)  # fmt: skip
"""kind, id, column, kind it points at, its key, area, what an orphan means."""
DATES_ONLY: Final = 0.9
"""Share of a kind's rows at 00:00:00 from which their instants are dates."""
LEAST_ROWS: Final = 50
"""Rows from which a kind's instants say how they were kept."""


def inaccurate(data: Data) -> tuple[Finding, ...]:
    """Orphan keys, duplicates, and what no clock can have shown."""
    return (*_orphans(data), *_duplicates(data), *_clocks(data), *_dates(data))


def _orphans(data: Data) -> Iterator[Finding]:
    for kind, key, column, target, other, area, forbids in REFERENCES:
        rows = data.tables[kind].filter(pl.col(column).is_not_null())
        if column == "treatment_id":
            rows = rows.filter(pl.col(column) != NOTHING)
        known = data.tables[target].select(pl.col(other).alias(column))
        yield from Check(
            area,
            "accuracy",
            f"{kind}.{column} unknown",
            f"Expected {column} of {kind} among {target}; {{found}} of {{of}} ({{share}}) are not.",
            forbids,
            f"Import the {target} they name, or correct {column}.",
        ).of_rows(rows.join(known, on=column, how="anti").get_column(key), rows.height)


def _duplicates(data: Data) -> tuple[Finding, ...]:
    contacts, touches = data.tables["contacts"], data.tables["touches"]
    keys = keys_of_contacts(contacts)
    first = pl.col("contact_id") != pl.col("contact_id").min().over("kind", "key")
    again = keys.filter(first).get_column("contact_id").unique()
    same = ["contact_id", "channel", "treatment_id", "at"]
    told = touches.filter(pl.col("contact_id").is_not_null())
    twice = told.filter(pl.col("touch_id") != pl.col("touch_id").min().over(same))
    people = Check(
        "contact behaviour",
        "accuracy",
        "contacts sharing a mailbox or telephone",
        "Expected one contact for each mailbox and telephone; {found} of {of} contacts ({share}) "
        "have one that an earlier contact has.",
        "until they are merged, caps count each of them apart; refusals count for all who share",
        "See `clearance identity find`, and merge who is one person.",
    )
    copies = Check(
        "contact behaviour",
        "accuracy",
        "touches told twice",
        "Expected each touch once; {found} of {of} ({share}) repeat another's contact, channel, "
        "treatment and instant.",
        "caps count them twice, so that people are touched less than the policy allows",
        "Give a touch one id in every file.",
    )
    return (
        *people.of_rows(again, contacts.height),
        *copies.of_rows(twice.get_column("touch_id"), told.height),
    )


TIMED: Final[dict[tuple[str, str, str], Area]] = {
    ("contacts", "contact_id", "created_at"): "contact behaviour",
    ("touches", "touch_id", "at"): "contact behaviour",
    ("outcomes", "outcome_id", "at"): "contact behaviour",
    ("events", "event_id", "at"): "contact behaviour",
    ("deals", "deal_id", "opened_at"): "CRM feedback",
    ("deal_stages", "deal_id", "at"): "CRM feedback",
}


def _clocks(data: Data) -> Iterator[Finding]:
    for (kind, key, column), area in TIMED.items():
        rows = data.tables[kind]
        yield from Check(
            area,
            "accuracy",
            f"{kind}.{column} in the future",
            f"Expected {column} of {kind} before now; {{found}} of {{of}} ({{share}}) are ahead.",
            "nothing that lies ahead is seen by any run until its instant has come",
            "Look at the clock and the time zone of the tool they come from.",
        ).of_rows(rows.filter(pl.col(column) > data.at).get_column(key), rows.height)
    yield from _out_of_order(data)


def _out_of_order(data: Data) -> Iterator[Finding]:
    touches, deals = data.tables["touches"], data.tables["deals"]
    answered = data.tables["outcomes"].join(touches.select("touch_id", sent="at"), on="touch_id")
    early = answered.filter(pl.col("at") < pl.col("sent")).get_column("outcome_id")
    yield from Check(
        "contact behaviour",
        "accuracy",
        "outcomes before their touch",
        "Expected an outcome after its touch; {found} of {of} ({share}) came before it.",
        "they are no answer to it: no model counts them",
        "Look at the clocks and the time zones of both tools.",
    ).of_rows(early, answered.height)
    closed = deals.filter(pl.col("closed_at").is_not_null())
    wrong = closed.filter(pl.col("closed_at") < pl.col("opened_at")).get_column("deal_id")
    yield from Check(
        "CRM feedback",
        "accuracy",
        "deals closed before they opened",
        "Expected a deal to close after it opened; {found} of {of} ({share}) did not.",
        "they were open at no instant, and hold nothing back",
        "Correct opened_at or closed_at.",
    ).of_rows(wrong, closed.height)


def _dates(data: Data) -> Iterator[Finding]:
    """Instants that are dates: the hour is unknown, and midnight is not when people act."""
    for (kind, key, column), area in TIMED.items():
        rows = data.tables[kind]
        at = rows.get_column(column)
        midnight = rows.filter(at.dt.truncate("1d") == at)
        if kind == "contacts" or rows.height < LEAST_ROWS:
            continue
        if midnight.height < DATES_ONLY * rows.height:
            continue
        yield from Check(
            area,
            "accuracy",
            f"{kind}.{column} are dates",
            f"Expected instants of {kind}; {{found}} of {{of}} ({{share}}) are at midnight UTC.",
            "send times are not learned from them, and windows of hours count them up to a day off",
            "Export instants with their time zone.",
        ).of_rows(midnight.get_column(key), rows.height)


def late_answers(data: Data) -> tuple[Finding, ...]:
    """Outcomes of the leading objective that came later than its horizon counts."""
    horizon = timedelta(days=data.objective.horizon_days)
    outcomes = data.tables["outcomes"].filter(pl.col("kind") == data.objective.outcome)
    sent = data.tables["touches"].select("touch_id", sent="at")
    delays = outcomes.join(sent, on="touch_id").filter(pl.col("at") >= pl.col("sent"))
    late = delays.filter(pl.col("at") - pl.col("sent") > horizon).get_column("outcome_id")
    return Check(
        "contact behaviour",
        "accessibility",
        "answers after the horizon",
        f"Expected a {data.objective.noun} within {data.objective.horizon_days} days of its touch; "
        "{found} of {of} ({share}) came later.",
        "they count for nothing: the touch is taken for unanswered",
        "Declare a longer horizon_days of the objective.",
    ).of_rows(late, delays.height)
