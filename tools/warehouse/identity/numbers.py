"""Telephone numbers in the one form in which they are compared: +, calling code, number.

A number that could be read in two ways is no key: it joins nobody.
"""

from typing import Final

import polars as pl

from tools.warehouse.identity.calling import CODE, DIALLING, DROPS_ZERO

LEAST, MOST = 8, 15
"""Digits of an international number, its calling code among them (E.164)."""
EXTENSION: Final = r"(?i)\s*(?:;?\s*ext?\.?=?|x|durchwahl|#)\s*:?\s*(\d{1,6})\s*$"
"""What is dialled behind a switchboard's number."""
RULES: Final = pl.DataFrame(
    [(home, one.code, one.trunk, one.least, one.most) for home, one in DIALLING.items()],
    schema=["home", "code", "trunk", "least", "most"],
    orient="row",
)


def with_number(contacts: pl.DataFrame) -> pl.DataFrame:
    """The rows (phone, country) with `number`, null where it is none or could be two.

    A number that does not begin with its calling code (+49, 0049) is one of the contact's country,
    and none where that is not known. An extension stays part of it, since it is another telephone.
    """
    split = contacts.with_columns(
        home=pl.col("country").str.strip_chars().str.to_uppercase(),
        _said=pl.col("phone").str.normalize("NFKC").str.strip_chars().str.replace(r"^tel:", ""),
    ).with_columns(
        _extension=pl.col("_said").str.extract(EXTENSION),
        _said=pl.col("_said").str.replace(EXTENSION, ""),
    )
    ruled = split.join(RULES, on="home", how="left", maintain_order="left")
    told = ruled.with_columns(_digits=pl.col("_said").str.replace_all(r"[^0-9]", ""))
    read = told.with_columns(_whole=pl.coalesce(_international(), _national()))
    kept = read.with_columns(number=_named())
    return kept.select(*contacts.columns, "number")


def _readable() -> pl.Expr:
    """No letters, no second number."""
    return pl.col("_said").str.contains(r"^\+?[0-9()\s./\u2010-\u2015-]+$")


def _international() -> pl.Expr:
    """Digits with their calling code, of a number that says it."""
    digits, in_america = pl.col("_digits"), (pl.col("code") == "1").fill_null(False)
    prefix = pl.when(in_america).then(pl.lit("^011")).otherwise(pl.lit("^00"))
    dialled = digits.str.contains(prefix) & ~digits.str.contains("^000")
    said = (
        pl.when(pl.col("_said").str.starts_with("+"))
        .then(digits)
        .when(dialled)
        .then(digits.str.replace(r"^(011|00)", ""))
    )
    code = said.str.extract(CODE)
    rest = said.str.replace(CODE, "")
    dropped = pl.when(code.is_in(DROPS_ZERO)).then(rest.str.replace("^0", "")).otherwise(rest)
    return pl.concat_str(code, dropped)


def _national() -> pl.Expr:
    """The same of a number of the contact's country; null where nobody knows how it is written."""
    digits, trunk = pl.col("_digits"), pl.col("trunk")
    american = (pl.col("code") == "1") & (digits.str.len_chars() == 10)
    begins = digits.str.starts_with(trunk) | american
    cut = digits.str.slice(trunk.str.len_chars())
    rest = pl.when(american | (trunk == "")).then(digits).otherwise(cut)
    fits = rest.str.len_chars().is_between("least", "most") & ~pl.col("_said").str.contains(r"^\+")
    return pl.when(begins & fits & ~digits.str.contains("^00")).then(pl.concat_str("code", rest))


def _named() -> pl.Expr:
    whole, extension = pl.col("_whole"), pl.col("_extension")
    fits = whole.str.len_chars().is_between(LEAST, MOST)
    made_up = whole.str.contains(r"(0{7}|1{7}|9{7}|1234567)$")
    written = pl.concat_str(pl.lit("+"), whole, pl.concat_str(pl.lit(";"), extension).fill_null(""))
    return pl.when(_readable() & fits & ~made_up).then(written)
