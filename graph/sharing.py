"""Shared addresses: one mailbox or number of several contacts, and what any of them refused.

A household's telephone rings for all of it, and a switchboard for a whole company: a no that was
said of a number or an address holds for everybody who has it.
"""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final

import polars as pl

from graph.facts import SHARED_REFUSALS
from tools.erasure.identity import normal
from tools.parquet import read_table
from tools.warehouse.store import Warehouse

ADDRESSED: Final = (("email", ("email",)), ("phone", ("call", "sms")))
"""Columns of a contact by which several may be reached at once, and the channels that use them."""
ADDRESSES: Final = pl.Schema(
    {"contact_id": pl.String(), "channel": pl.String(), "address": pl.String()}
)


def shared_addresses(warehouse: Warehouse) -> pl.DataFrame:
    """ADDRESSES that more than one contact has."""
    file = warehouse.folder / "contacts.parquet"
    if not file.exists():
        return pl.DataFrame(schema=ADDRESSES)
    told = file.stat()
    return _shared(file, (told.st_mtime_ns, told.st_size, told.st_ino))


@lru_cache(maxsize=4)
def _shared(file: Path, _: tuple[int, int, int]) -> pl.DataFrame:
    """Looked for once for each version of the file: the door asks at every judging."""
    return shared_among(read_table(file, ["contact_id", "email", "phone"]))


def shared_among(people: pl.DataFrame) -> pl.DataFrame:
    """ADDRESSES that more than one of the people (contact_id, email, phone) has, however written.
    What is no address (`n/a`, `-`) is nobody's, so that it joins no strangers."""
    parts = [pl.DataFrame(schema=ADDRESSES)]
    for column, channels in ADDRESSED:
        given = people.select("contact_id", address=normal(column)).filter(_is_one(column))
        several = given.filter(pl.col("contact_id").n_unique().over("address") > 1).unique()
        parts += [
            several.select("contact_id", pl.lit(one).alias("channel"), "address")
            for one in channels
        ]
    return pl.concat(parts)


def _is_one(column: str) -> pl.Expr:
    address = pl.col("address")
    return address.str.contains("@") if column == "email" else address.str.len_chars() >= 5


def addresses_of(addresses: pl.DataFrame, contact_ids: Sequence[str] | None) -> pl.DataFrame:
    """Of the ADDRESSES those that any of the contacts has; None: all."""
    if contact_ids is None:
        return addresses
    theirs = addresses.filter(pl.col("contact_id").is_in(list(contact_ids)))
    return addresses.join(theirs, on=["channel", "address"], how="semi")


def with_sharers(addresses: pl.DataFrame, contact_ids: Sequence[str]) -> list[str]:
    """The contacts, and whoever shares an address with any of them."""
    return sorted({*contact_ids, *addresses.get_column("contact_id")})


def shared_refusals(
    addresses: pl.DataFrame, stand: pl.DataFrame, suppressions: pl.DataFrame
) -> pl.DataFrame:
    """SHARED_REFUSALS: what anybody at an address refused, for everybody who has it.

    A withdrawal is of its channel and purpose; an objection and a suppression close each channel
    of the address, whatever the purpose.
    """
    withdrawn = stand.filter(pl.col("state") == "withdrawn")
    objected = stand.filter(pl.col("state") == "objected")
    said = pl.concat(
        [
            addresses.join(
                withdrawn.select("contact_id", "channel", "purpose"), on=["contact_id", "channel"]
            ),
            *(
                addresses.join(people.select("contact_id").unique(), on="contact_id").with_columns(
                    purpose=pl.lit(None, dtype=pl.String)
                )
                for people in (objected, suppressions)
            ),
        ]
    ).select("channel", "address", "purpose")
    held = addresses.join(said.unique(), on=["channel", "address"])
    return held.select(list(SHARED_REFUSALS)).unique()
