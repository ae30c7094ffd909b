"""The keys of contacts: what says, taken by itself, that two of them may be one person."""

from typing import Final

import polars as pl

from tools.warehouse.identity.addresses import ascii_domains, is_role, mailbox, plain
from tools.warehouse.identity.numbers import with_number

KNOWN: Final = pl.Schema(
    {
        "contact_id": pl.String(),
        "account_id": pl.String(),
        "name": pl.String(),
        "email": pl.String(),
        "phone": pl.String(),
        "country": pl.String(),
        "created_at": pl.Datetime("us", "UTC"),
    }
)
"""What is looked at of a contact."""
KEYS: Final = pl.Schema({"contact_id": pl.String(), "kind": pl.String(), "key": pl.String()})
"""kind: email or phone; key: its normal form. Once each."""


def keys_of_contacts(contacts: pl.DataFrame) -> pl.DataFrame:
    """KEYS of the contacts (KNOWN): mailboxes that are no office's, and numbers that can be read in
    one way only."""
    read = ascii_domains(contacts.select("contact_id", email=plain("email")).drop_nulls("email"))
    emails = read.filter(~is_role("email")).select(
        "contact_id", kind=pl.lit("email"), key=mailbox("email")
    )
    told = contacts.select("contact_id", "phone", "country").drop_nulls("phone")
    numbers = with_number(told)
    phones = numbers.select("contact_id", kind=pl.lit("phone"), key="number")
    return pl.concat([emails, phones]).drop_nulls("key").unique(maintain_order=True)
