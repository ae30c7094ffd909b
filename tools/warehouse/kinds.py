"""The kinds of data a workspace takes in."""

from typing import Final

import polars as pl

from domain.names import (
    ACTION_CLASSES,
    CHANNELS,
    CONSENT_STATES,
    OUTCOME_KINDS,
    PERSON_ROLES,
)
from tools.warehouse.shapes import INSTANT, Field, Kind

TEXT, WHOLE, NUMBER, FLAG = pl.String, pl.Int64, pl.Float64, pl.Boolean
COMMON: Final = {
    "source": Field(TEXT, "tool or list the row comes from"),
    "external_id": Field(TEXT, "the row's id there"),
}
WHOM: Final = ("contact_id", "account_id", "anonymous_id")


def _kind(
    name: str,
    fields: dict[str, Field],
    key: tuple[str, ...],
    attributes: bool = False,
    person: tuple[str, ...] = (),
) -> Kind:
    money = {"currency": Field(TEXT, "ISO 4217; the workspace's where empty")}
    has_money = any(one.money for one in fields.values())
    common = {**(money if has_money else {}), **COMMON}
    missing = {one: said for one, said in common.items() if one not in fields}
    return Kind(name, {**fields, **missing}, key, attributes, person)


KINDS: Final[dict[str, Kind]] = {
    kind.name: kind
    for kind in (
        _kind(
            "contacts",
            {
                "contact_id": Field(TEXT, "the contact", required=True),
                "account_id": Field(TEXT, "its account"),
                "name": Field(TEXT, "what they are called"),
                "email": Field(TEXT, "address"),
                "phone": Field(TEXT, "number, with country code"),
                "country": Field(TEXT, "ISO 3166 alpha-2"),
                "timezone": Field(TEXT, "IANA zone, such as Europe/Berlin"),
                "created_at": Field(INSTANT, "when the contact became known", required=True),
                "source": Field(TEXT, COMMON["source"].meaning, origin=True),
                "basis": Field(TEXT, "how the address was got", origin=True),
            },
            ("contact_id",),
            attributes=True,
        ),
        _kind(
            "accounts",
            {
                "account_id": Field(TEXT, "the account", required=True),
                "name": Field(TEXT, "what people call it"),
                "owner": Field(TEXT, "person who answers for it"),
                "tier": Field(TEXT, "such as vip"),
                "sdr": Field(TEXT, "person who calls it first"),
                "ae": Field(TEXT, "person who owns its deals"),
                "csm": Field(TEXT, "person who looks after it as a customer"),
            },
            ("account_id",),
            attributes=True,
        ),
        _kind(
            "people",
            {
                "person_id": Field(TEXT, "the person", required=True),
                "role": Field(TEXT, "what they do", required=True, among=PERSON_ROLES),
                "name": Field(TEXT, "what they are called"),
                "accounts": Field(TEXT, "their accounts, separated by ;"),
                "territory": Field(TEXT, "or their territory"),
                "minutes_per_day": Field(NUMBER, "minutes a day for calls and tasks"),
            },
            ("person_id", "role"),
        ),
        _kind(
            "consents",
            {
                "contact_id": Field(TEXT, "who said it", required=True),
                "channel": Field(TEXT, "for which channel", required=True, among=CHANNELS),
                "purpose": Field(TEXT, "for which purpose", required=True),
                "state": Field(TEXT, "what was said", required=True, among=CONSENT_STATES),
                "source": Field(TEXT, COMMON["source"].meaning, required=True, origin=True),
                "basis": Field(TEXT, "how it was given; see above", origin=True),
                "text_version": Field(TEXT, "version of the text that was agreed to"),
                "at": Field(INSTANT, "when it was said", required=True),
                "expires_at": Field(INSTANT, "when it ends by itself"),
            },
            ("contact_id", "channel", "purpose", "state", "at"),
        ),
        _kind(
            "do_not_call",
            {
                "phone": Field(TEXT, "number the registry lists, with country code", required=True),
                "country": Field(TEXT, "whose registry: ISO 3166 alpha-2", required=True),
                "at": Field(INSTANT, "when the registry was copied", required=True),
            },
            ("phone", "country"),
        ),
        _kind(
            "spam_rates",
            {
                "domain": Field(TEXT, "sending domain", required=True),
                "provider": Field(TEXT, "mailbox provider that tells it", required=True),
                "date": Field(INSTANT, "first instant of its day", required=True),
                "rate": Field(NUMBER, "share of delivered mail called spam", required=True),
            },
            ("domain", "provider", "date"),
        ),
        _kind(
            "campaigns",
            {
                "campaign_id": Field(TEXT, "the campaign", required=True),
                "name": Field(TEXT, "what people call it"),
                "channel": Field(TEXT, "its channel", among=CHANNELS),
                "objective": Field(TEXT, "what it is for"),
                "priority": Field(NUMBER, "weight among campaigns"),
                "starts_at": Field(INSTANT, "first instant"),
                "ends_at": Field(INSTANT, "end"),
                "blackout": Field(TEXT, "days it rests: 2026-03-05/2026-03-07;..."),
            },
            ("campaign_id",),
        ),
        _kind(
            "budgets",
            {
                "pool": Field(TEXT, "the pool", required=True),
                "period_start": Field(INSTANT, "first instant", required=True),
                "period_end": Field(INSTANT, "end", required=True),
                "planned": Field(WHOLE, "planned", required=True, money=True),
                "committed": Field(WHOLE, "committed already", money=True),
                "floor": Field(WHOLE, "least that must be spent", money=True),
            },
            ("pool", "period_start"),
        ),
        _kind(
            "treatments",
            {
                "treatment_id": Field(TEXT, "the treatment", required=True),
                "channel": Field(TEXT, "its channel", required=True, among=CHANNELS),
                "campaign_id": Field(TEXT, "its campaign", required=True),
                "offer": Field(TEXT, "exclusive offer it carries"),
                "theme": Field(TEXT, "its theme"),
                "bundle": Field(TEXT, "bundle whose treatments go together or not at all"),
                "class": Field(TEXT, "action class", required=True, among=ACTION_CLASSES),
                "approval": Field(TEXT, "approved, or why not", required=True),
                "approved_until": Field(INSTANT, "when the approval ends"),
                "cost": Field(WHOLE, "direct cost of one touch", money=True),
                "synthetic": Field(FLAG, "words, images or sound are made by AI as it goes out"),
                "disclosure": Field(TEXT, "the sentence or mark in it that says so"),
                "significant": Field(FLAG, "decides a price, a credit or the like for a person"),
            },
            ("treatment_id",),
        ),
        _kind(
            "sequences",
            {
                "sequence_id": Field(TEXT, "the sequence", required=True),
                "step": Field(WHOLE, "number of the step, from 1", required=True),
                "channel": Field(TEXT, "its channel", required=True, among=CHANNELS),
                "treatment_id": Field(TEXT, "what it does", required=True),
                "wait_hours": Field(WHOLE, "hours after the step before", required=True),
            },
            ("sequence_id", "step"),
        ),
        _kind(
            "enrolments",
            {
                "contact_id": Field(TEXT, "who is enrolled", required=True),
                "sequence_id": Field(TEXT, "in which sequence", required=True),
                "step": Field(WHOLE, "next step", required=True),
                "state": Field(TEXT, "active, held, done or exited", required=True),
                "entered_at": Field(INSTANT, "when they entered", required=True),
                "next_at": Field(INSTANT, "when the next step is due"),
            },
            ("contact_id", "sequence_id"),
        ),
        _kind(
            "touches",
            {
                "touch_id": Field(TEXT, "the touch", required=True),
                "contact_id": Field(TEXT, "who was touched"),
                "account_id": Field(TEXT, "or which account"),
                "anonymous_id": Field(TEXT, "or who, not yet known"),
                "channel": Field(TEXT, "by which channel", required=True, among=CHANNELS),
                "treatment_id": Field(TEXT, "with what; `nothing`: left alone by chance"),
                "class": Field(TEXT, "action class", among=ACTION_CLASSES),
                "at": Field(INSTANT, "when", required=True),
                "cost": Field(WHOLE, "direct cost", money=True),
                "propensity": Field(NUMBER, "probability with which it was chosen, in (0, 1]"),
            },
            ("touch_id",),
            person=WHOM,
        ),
        _kind(
            "outcomes",
            {
                "outcome_id": Field(TEXT, "the outcome; derived from the row where empty"),
                "contact_id": Field(TEXT, "who acted"),
                "account_id": Field(TEXT, "or which account"),
                "anonymous_id": Field(TEXT, "or who, not yet known"),
                "touch_id": Field(TEXT, "touch it answers, where known"),
                "kind": Field(TEXT, "what they did", required=True, among=OUTCOME_KINDS),
                "value": Field(WHOLE, "money it brought", money=True),
                "at": Field(INSTANT, "when", required=True),
            },
            ("outcome_id",),
            person=WHOM,
        ),
        _kind(
            "spend",
            {
                "campaign_id": Field(TEXT, "the campaign", required=True),
                "platform": Field(TEXT, "where it runs", required=True),
                "date": Field(INSTANT, "first instant of the period", required=True),
                "spend": Field(WHOLE, "money spent", required=True, money=True),
                "impressions": Field(NUMBER, "as the platform reports"),
                "clicks": Field(NUMBER, "as the platform reports"),
                "conversions": Field(NUMBER, "as the platform reports; not incremental"),
                "revenue": Field(WHOLE, "as the platform reports; not incremental", money=True),
            },
            ("campaign_id", "platform", "date"),
        ),
        _kind(
            "lift_tests",
            {
                "test_id": Field(TEXT, "the test", required=True),
                "campaign_id": Field(TEXT, "the campaign whose spend was tested", required=True),
                "platform": Field(TEXT, "where it runs", required=True),
                "starts_at": Field(INSTANT, "first instant of the test", required=True),
                "ends_at": Field(INSTANT, "its end", required=True),
                "spend_change": Field(
                    WHOLE,
                    "spend of the whole test that was there for it; below 0: held back",
                    required=True,
                    money=True,
                ),
                "incremental": Field(
                    WHOLE,
                    "what that change brought by the end of the test, against a group without it",
                    required=True,
                    money=True,
                ),
                "standard_error": Field(
                    WHOLE, "standard error of `incremental`", required=True, money=True
                ),
            },
            ("test_id",),
        ),
        _kind(
            "deals",
            {
                "deal_id": Field(TEXT, "the deal", required=True),
                "account_id": Field(TEXT, "whose", required=True),
                "contact_id": Field(TEXT, "with whom"),
                "amount": Field(WHOLE, "what it is worth", money=True),
                "owner": Field(TEXT, "person who owns it"),
                "opened_at": Field(INSTANT, "when it opened", required=True),
                "closed_at": Field(INSTANT, "when it closed; empty: open"),
                "won": Field(FLAG, "whether it was won"),
            },
            ("deal_id",),
        ),
        _kind(
            "deal_stages",
            {
                "deal_id": Field(TEXT, "the deal", required=True),
                "stage": Field(TEXT, "stage it reached", required=True),
                "at": Field(INSTANT, "when", required=True),
            },
            ("deal_id", "stage", "at"),
        ),
        _kind(
            "events",
            {
                "event_id": Field(TEXT, "the event; derived from the row where empty"),
                "kind": Field(TEXT, "what happened", required=True),
                "at": Field(INSTANT, "when", required=True),
                "contact_id": Field(TEXT, "to whom"),
                "account_id": Field(TEXT, "or to which account"),
                "anonymous_id": Field(TEXT, "or to whom, not yet known"),
                "subject": Field(TEXT, "campaign, audience or ticket it is about"),
                "value": Field(WHOLE, "money it is about", money=True),
            },
            ("event_id",),
        ),
    )
}
