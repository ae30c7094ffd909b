"""Limits of consent and contact law: who may be reached at all, and what a no reaches."""

from datetime import date
from typing import Annotated

from pydantic import Field

from domain.names import ActionClass, Channel
from policies.limit import Count, Country, Days, Limit, Share, Words


class ConsentRule(Limit):
    """Consent by channel and purpose; classes listed as exempt need none."""

    channels: tuple[Channel, ...]
    """Channels on which marketing needs a granted, unexpired consent record."""
    exempt_classes: tuple[ActionClass, ...]
    strict_after_days: Days | None = None
    """A grant older than this counts as expired; None: only its own expiry counts."""


class SoftOptIn(Limit):
    """Where an address that was got in a sale or its negotiation may be written to without having
    been asked; elsewhere it may not, and where a country is not known neither."""

    countries: tuple[Country, ...]
    channels: tuple[Channel, ...]
    """Those on which each message offers refusal."""
    purposes: tuple[Words, ...]
    """Those that are about own products similar to what was sold."""


class InferredConsent(Limit):
    """Where and how long a consent may be inferred from what somebody has to do with us; elsewhere
    it may not, and where a country is not known neither."""

    countries: tuple[Country, ...]
    channels: tuple[Channel, ...]
    purposes: tuple[Words, ...]
    for_days: Days
    """How long after the statement it counts."""


class WrittenConsent(Limit):
    """Where marketing needs a consent that was given in writing; an unknown country counts as one
    of these."""

    owner: Words = "law"
    reason: Words = "47 CFR 64.1200(a): marketing texts need prior express written consent."
    since: date = date(2013, 10, 16)
    countries: tuple[Country, ...] = ("US",)
    channels: tuple[Channel, ...] = ("sms",)
    """And `call`, where calls are automated or play a recording."""


class DoNotCall(Limit):
    """Where numbers are looked up in a registry before marketing reaches them; an unknown country
    counts as one of these."""

    countries: tuple[Country, ...]
    channels: tuple[Channel, ...] = ("call", "sms")
    copy_days: Days = 31
    """How old the registry's copy may be; in an older one, nothing is known."""


class WrongSend(Limit):
    """What one message that should not have gone out costs in damages; it counts as at stake."""

    channels: tuple[Channel, ...]
    countries: tuple[Country, ...]
    """An unknown country counts as one of these."""
    damages: Count
    """Minor units for each message."""
    share: Share = 1.0
    """How many of a packet's messages are taken to be wrong; 1.0: all of them, the worst case."""


class Revocation(Limit):
    """How far a stop by text or telephone reaches. It has defaults, since a law sets them."""

    owner: Annotated[str, Field(min_length=1)] = "law"
    reason: Annotated[str, Field(min_length=1)] = "One stop ends all calls and texts."
    since: date = date(2025, 4, 11)
    all_calls_and_texts_from: date = date(2025, 4, 11)
    """From this day (UTC) on a stop on one of them ends calls and texts for every purpose. The law
    asks for it from 2027-01-31; we do not wait."""
