"""Completeness: what is not there, and should be."""

from typing import Any, Final

import polars as pl

from tools.data_audit.findings import Area, Check, Data, Finding
from tools.prediction.deal_stays import over_without_a_day
from tools.prediction.features import ATTRIBUTE_PREFIX
from tools.warehouse.observing import NOTHING

HELD: Final[dict[str, Area]] = {
    "contacts": "contact behaviour",
    "touches": "contact behaviour",
    "outcomes": "contact behaviour",
    "accounts": "account signals",
    "deals": "CRM feedback",
    "deal_stages": "CRM feedback",
}
"""Kinds without a row of which an area can't be judged by what is in it."""
WITHOUT: Final = {
    "contacts": "nobody is there to be touched",
    "touches": "nothing is known of what was sent before: caps count from today on, and every "
    "effect rests on a declared belief",
    "outcomes": "no effect of any touch can be learned: every value rests on a declared belief",
    "accounts": "account rules and sales outreach have nobody to speak of",
    "deals": "no deal holds marketing back, and sales outreach knows of none",
    "deal_stages": "marketing waits at every open deal where the policy holds stages",
}
EXPECTED: Final[dict[tuple[str, str, str], tuple[Area, str]]] = {
    ("contacts", "contact_id", "email"): (
        "contact behaviour",
        "the mailing tool must know their address by the contact's id: there is none to give",
    ),
    ("contacts", "contact_id", "timezone"): (
        "contact behaviour",
        "quiet hours are judged by the strictest zone their country may mean",
    ),
    ("contacts", "contact_id", "country"): (
        "contact behaviour",
        "whatever a country's law may ask for is asked for",
    ),
    ("contacts", "contact_id", "account_id"): (
        "account signals",
        "no account rule holds for them, and no deal of theirs is known",
    ),
    ("touches", "touch_id", "treatment_id"): (
        "contact behaviour",
        "no model learns from them; they count against caps",
    ),
    ("touches", "touch_id", "propensity"): (
        "contact behaviour",
        "no effect is learned from them: whether chance chose them is unknown",
    ),
    ("deals", "deal_id", "amount"): ("CRM feedback", "they are worth nothing to any plan"),
    ("deals", "deal_id", "owner"): (
        "CRM feedback",
        "a reviewer is asked where their owner should be",
    ),
}
"""(kind, id, column that should be filled) -> area, and what an empty one means."""


def missing(data: Data) -> tuple[Finding, ...]:
    """Kinds without a row, empty cells, deals without a stage, closed deals without an end."""
    return (*_empty_kinds(data), *_empty_cells(data), *_deals(data))


def _empty_kinds(data: Data) -> list[Finding]:
    return [
        one
        for kind, area in HELD.items()
        for one in Check(
            area,
            "completeness",
            f"{kind} empty",
            f"Expected {kind}, and not one row came in.",
            WITHOUT[kind],
            f"Import them: `clearance import {kind} FILE`.",
        ).counted(int(data.tables[kind].is_empty()), 1)
    ]


def _empty_cells(data: Data) -> list[Finding]:
    found: list[Finding] = []
    for (kind, key, column), (area, forbids) in EXPECTED.items():
        rows = data.tables[kind]
        check = Check(
            area,
            "completeness",
            f"{kind}.{column} empty",
            f"Expected {column} of every row of {kind}; {{found}} of {{of}} ({{share}}) have none.",
            forbids,
            f"Import {kind} again with {column} filled.",
        )
        found += check.of_rows(rows.filter(_blank(column)).get_column(key), rows.height)
    return found


def _blank(column: str) -> pl.Expr:
    return pl.col(column).cast(pl.String).str.strip_chars().fill_null("") == ""


def emptiness(data: Data) -> list[dict[str, Any]]:
    """How many rows have nothing in each column that is looked at, in each attribute of contacts,
    and contacts without a statement on each channel. Keys: kind, column, empty, of; kinds without
    a row are left out."""
    cells = [
        (kind, column, data.tables[kind].select(_blank(column))) for kind, _, column in EXPECTED
    ]
    attributes = [name for name in data.observations.columns if name.startswith(ATTRIBUTE_PREFIX)]
    cells += [
        ("contacts", name.removeprefix(ATTRIBUTE_PREFIX), data.observations.select(_blank(name)))
        for name in attributes
    ]
    cells += [("consents", channel, _unstated(data, channel)) for channel in data.channels]
    return [
        {"kind": kind, "column": column, "empty": int(empty.to_series().sum()), "of": empty.height}
        for kind, column, empty in cells
        if empty.height
    ]


def _unstated(data: Data, channel: str) -> pl.DataFrame:
    stated = data.consents.filter(pl.col("channel") == channel).get_column("contact_id")
    return data.tables["contacts"].select(~pl.col("contact_id").is_in(stated.implode()))


def _deals(data: Data) -> tuple[Finding, ...]:
    deals, stages = data.tables["deals"], data.tables["deal_stages"]
    unstaged = deals.filter(pl.col("closed_at").is_null()).join(stages, on="deal_id", how="anti")
    unended = deals.filter(pl.col("closed_at").is_not_null() & pl.col("won").is_null())
    over = over_without_a_day(deals, stages, data.at)
    no_day = Check(
        "CRM feedback",
        "completeness",
        "deals.closed_at empty though over",
        "Expected of every deal that is won, or whose newest stage closes it, when it closed; "
        "{found} of {of} ({share}) do not say.",
        "they teach nothing of the chance to win and count as no open deal, for an objective's "
        "pipeline neither",
        "Import deals again with closed_at filled.",
    )
    no_stage = Check(
        "CRM feedback",
        "completeness",
        "deals without a stage",
        "Expected a stage of every open deal; {found} of {of} ({share}) have none.",
        "marketing to their accounts waits where the policy holds stages: it may be at one of them",
        "Import deal_stages.",
    )
    no_end = Check(
        "CRM feedback",
        "completeness",
        "deals.won empty",
        "Expected of every closed deal whether it was won; {found} of {of} ({share}) do not say.",
        "they teach nothing of the chance to win, and make nobody a customer",
        "Import deals again with won filled.",
    )
    return (
        *no_stage.of_rows(unstaged.get_column("deal_id"), deals.height),
        *no_end.of_rows(unended.get_column("deal_id"), deals.height),
        *no_day.of_rows(over, deals.height),
    )


def uncontrolled(data: Data) -> tuple[Finding, ...]:
    """Channels on which nobody was ever left alone by chance."""
    touches = data.tables["touches"].filter(pl.col("treatment_id").is_not_null())
    controls = touches.filter(pl.col("treatment_id") == NOTHING).get_column("channel").unique()
    alone = touches.filter(~pl.col("channel").is_in(controls.implode()))
    return Check(
        "contact behaviour",
        "completeness",
        "channels without a control group",
        "Expected people left alone by chance on every channel; {found} of {of} touches ({share}) "
        "are on channels without any.",
        "what these channels cause is not learned: their values rest on declared beliefs",
        "Keep a holdout, and import who was left alone as touches of the treatment `nothing`.",
    ).counted(alone.height, touches.height, alone.get_column("channel").unique().sort())


def consented(data: Data) -> tuple[Finding, ...]:
    """Contacts of whom no statement stands, by channel."""
    contacts = data.tables["contacts"].select("contact_id")
    found: list[Finding] = []
    for channel in data.channels:
        stated = data.consents.filter(pl.col("channel") == channel)
        unknown = contacts.join(stated, on="contact_id", how="anti").get_column("contact_id")
        found += Check(
            "consent",
            "completeness",
            f"consent unknown: {channel}",
            f"Expected a statement of every contact on {channel}; {{found}} of {{of}} ({{share}}) "
            "made none.",
            f"nothing that needs consent reaches them by {channel}: an unknown consent is none",
            "Import consents, with the text that was agreed to.",
        ).of_rows(unknown, contacts.height)
    return tuple(found)
