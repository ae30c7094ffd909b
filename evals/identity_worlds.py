"""Contacts of whom it is known who is the same person: duplicates planted in every form, and people
who share a telephone or a mailbox and are not one."""

from typing import Final

import numpy as np
import polars as pl

from tools.warehouse.identity.keys import KNOWN

TWICE: Final = 0.12
"""Share of contacts that are planted as another form of one before them."""
FORMS: Final = {
    "mailbox in other case": 0.25,
    "mailbox with a plus": 0.15,
    "telephone in another form": 0.2,
    "telephone, name shortened": 0.1,
    "telephone, name unknown": 0.05,
    "both, name shortened": 0.15,
    "nothing in common": 0.1,
}
"""Of the planted, how they are like the one before. Who has nothing in common can't be found."""
SHARED: Final = {"household's telephone": 0.03, "couple's mailbox": 0.002, "office": 0.05}
"""Share of contacts who are another person than one before them, and have this of it."""
SYLLABLES: Final = tuple(
    consonant + vowel for consonant in ("b", "d", "f", "h", "k", "l", "m", "n") for vowel in "aeo"
)
DOMAINS: Final = (
    "mail.example",
    "gmail.com",
    "post.example",
    "firm.example",
    "b\u00fccher.example",
)


def world(contacts: int, seed: int) -> pl.DataFrame:
    """KNOWN of so many contacts, `person` (who each is) and `planted` (how, or empty)."""
    draw = np.random.default_rng(seed)
    fresh = _people(contacts, draw)
    kinds = [*FORMS, *SHARED, ""]
    shares = [*(TWICE * share for share in FORMS.values()), *SHARED.values()]
    planted = draw.choice(kinds, contacts, p=[*shares, 1 - sum(shares)])
    planted[: contacts // 10] = ""
    of = draw.integers(0, max(1, contacts // 10), contacts)
    told = fresh.with_columns(planted=pl.Series(planted), of=pl.Series(of, dtype=pl.Int64))
    like = fresh.select(
        pl.col("person").alias("of"), *(pl.col(one).alias(f"like_{one}") for one in LIKE)
    )
    both = told.join(like, on="of", maintain_order="left")
    return both.with_columns(**_formed()).select(*KNOWN, "person", "planted")


LIKE: Final = ("name", "email", "phone", "country", "given", "family", "national")


def _people(contacts: int, draw: np.random.Generator) -> pl.DataFrame:
    """People of whom each is somebody else."""
    given, family = (_words(count, parts) for count, parts in ((400, 2), (8_000, 3)))
    number = pl.int_range(contacts, dtype=pl.Int64, eager=True)
    rows = pl.DataFrame(
        {
            "person": number,
            "given": pl.Series(given)[draw.integers(0, len(given), contacts)],
            "family": pl.Series(family)[draw.integers(0, len(family), contacts)],
            "domain": draw.choice(DOMAINS, contacts),
            "country": draw.choice(["DE", "GB", "US", "ES"], contacts, p=[0.4, 0.2, 0.3, 0.1]),
            "account": draw.integers(0, max(1, contacts // 8), contacts),
            "named": draw.random(contacts) < 0.9,
            "minutes": draw.integers(0, 1_000_000, contacts),
        }
    )
    return rows.with_columns(
        contact_id=pl.format("c{}", "person"),
        account_id=pl.format("a{}", "account"),
        name=pl.when("named").then(pl.format("{} {}", "given", "family")),
        email=pl.format("{}.{}{}@{}", "given", "family", "person", "domain"),
        national=(pl.col("person") * 7 + 20_000_000).cast(pl.String).str.zfill(8),
        created_at=pl.datetime(2024, 1, 1, time_zone="UTC") + pl.duration(minutes="minutes"),
    ).with_columns(phone=_written("national", "country"))


def _words(count: int, parts: int) -> list[str]:
    """Distinct made-up names."""
    base = len(SYLLABLES)
    return [
        "".join(SYLLABLES[(number * 7 + 3) // base**part % base] for part in range(parts)).title()
        + SYLLABLES[number % base][0]
        for number in range(count)
    ]


def _written(national: str, country: str) -> pl.Expr:
    """With calling code, as many digits as the country has."""
    return (
        pl.when(pl.col(country) == "DE")
        .then(pl.format("+49 (0)30 {}", national))
        .when(pl.col(country) == "GB")
        .then(pl.format("+44 20 {}", national))
        .when(pl.col(country) == "US")
        .then(pl.format("+1 (21{}", pl.col(national)))
        .otherwise(pl.format("+34 6{}", national))
    )


def _at_home(national: str, country: str) -> pl.Expr:
    """The same without calling code, as it is dialled there."""
    return (
        pl.when(pl.col(country) == "DE")
        .then(pl.format("030/{}", national))
        .when(pl.col(country) == "GB")
        .then(pl.format("020-{}", national))
        .when(pl.col(country) == "US")
        .then(pl.format("21{}", pl.col(national)))
        .otherwise(pl.format("6{}", national))
    )


def _formed() -> dict[str, pl.Expr]:
    """Each column as the planted form has it."""
    planted = pl.col("planted")
    case, plus = planted == "mailbox in other case", planted == "mailbox with a plus"
    both = planted == "both, name shortened"
    phone = planted.str.starts_with("telephone") | both
    household, couple = planted == "household's telephone", planted == "couple's mailbox"
    office, shorter = planted == "office", planted.str.ends_with("name shortened")
    marked = pl.col("like_email").str.replace("@", "+shop@")
    same = planted.is_in(list(FORMS))
    short = pl.format("{}. {}", pl.col("like_given").str.slice(0, 1), "like_family")
    kin = pl.format("{} {}", "given", "like_family")
    return {
        "person": pl.when(same).then("of").otherwise("person"),
        "name": pl.when(household | couple)
        .then(kin)
        .when(shorter)
        .then(short)
        .when(planted == "telephone, name unknown")
        .then(None)
        .when(same)
        .then("like_name")
        .otherwise("name"),
        "email": pl.when(case)
        .then(pl.col("like_email").str.to_uppercase())
        .when(plus | both)
        .then(marked)
        .when(couple)
        .then("like_email")
        .when(office)
        .then(pl.format("info@office{}.example", pl.col("of") // 40))
        .otherwise("email"),
        "phone": pl.when(phone)
        .then(_at_home("like_national", "like_country"))
        .when(household)
        .then("like_phone")
        .when(office)
        .then(pl.format("+49 30 7{}", (pl.col("of") // 40).cast(pl.String).str.zfill(7)))
        .otherwise("phone"),
        "country": pl.when(phone).then("like_country").otherwise("country"),
    }
