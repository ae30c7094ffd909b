"""Keyed hashes of who a person is, so that an erased one stays suppressed and nothing else is kept.

An HMAC with the workspace's own key: without the key, not even somebody who guesses an address can
tell whether it is on the list. Before it stand four digits of a keyed MD5, by which a million
contacts are sifted in one go; only those few that agree in them are looked at closely.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import Final

import polars as pl

from tools.keys import keys_of
from tools.seals import seal

KINDS: Final = ("contact_id", "email", "phone")
"""By what a person is known again."""
TOKEN: Final = "erased-"
"""What stands in the place of an erased contact's id begins with it."""
SIFTED: Final = 4
"""Hexadecimal digits that sift."""


def normal(kind: str) -> pl.Expr:
    """The column `kind` as it is compared: an address in any case and with spaces around it is the
    same address, a number is its digits. Null where nothing is left."""
    text = pl.col(kind).str.normalize("NFKC").str.strip_chars()
    if kind == "email":
        text = text.str.to_lowercase()
    if kind == "phone":
        text = text.str.replace_all(r"[^0-9]", "").str.replace(r"^00", "")
    return pl.when(text != "").then(text)


def hashes_of(key: bytes, kind: str, said: Sequence[str]) -> list[str]:
    """Keyed hashes of the texts that say who one person is, each once."""
    given = pl.DataFrame({kind: list(said)}, schema={kind: pl.String})
    plain = given.select(said=normal(kind)).drop_nulls().unique().sort("said")
    sifts = _sifts(key, kind, plain)
    return [sift + seal(key, kind, one) for sift, one in zip(sifts, plain["said"], strict=True)]


def known_again(key: bytes, people: pl.DataFrame, hashes: Collection[str]) -> frozenset[str]:
    """contact_id of those people (contact_id, email, phone) of whom any hash is on the list."""
    if not hashes or people.is_empty():
        return frozenset()
    return frozenset(one for kind in KINDS for one in _known_by(key, people, kind, hashes))


def nameless(contact_ids: pl.Series) -> pl.DataFrame:
    """People of whom nothing but the id is known, once each."""
    nothing = pl.lit(None, dtype=pl.String)
    people = contact_ids.drop_nulls().unique().alias("contact_id").to_frame()
    return people.with_columns(email=nothing, phone=nothing)


def _known_by(
    key: bytes, people: pl.DataFrame, kind: str, hashes: Collection[str]
) -> Iterator[str]:
    given = people.select("contact_id", said=normal(kind)).drop_nulls("said")
    sifted = given.with_columns(sift=_sifts(key, kind, given.select("said")))
    near = sifted.filter(pl.col("sift").is_in(sorted({one[:SIFTED] for one in hashes})))
    for contact_id, said, sift in near.iter_rows():
        if sift + seal(key, kind, said) in hashes:
            yield contact_id


def _sifts(key: bytes, kind: str, said: pl.DataFrame) -> pl.Series:
    return keys_of(said, ["said"], seal(key, "sift", kind)).str.slice(0, SIFTED)


def token_of(key: bytes, contact_id: str) -> str:
    """What stands for the contact from now on; the same whenever it is erased again."""
    return TOKEN + seal(key, "token", contact_id)[:20]
