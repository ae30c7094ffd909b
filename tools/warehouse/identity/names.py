"""Whether what two contacts are called can be one person's name."""

from typing import Final

import polars as pl

TITLES: Final = (
    *("mr", "mrs", "ms", "miss", "mx", "sir", "dr", "prof", "professor", "ing", "dipl"),
    *("herr", "frau", "mme", "mlle", "sr", "sra", "srta", "sig", "jr", "phd", "mba"),
)


def words(column: str = "name") -> pl.Expr:
    """The words of a name, each once, in any case and without accents and titles; null where
    nothing is known."""
    text = pl.col(column).str.normalize("NFKD").str.replace_all(r"\p{M}", "").str.to_lowercase()
    apart = text.str.replace_all(r"['\u2019]", "").str.extract_all(r"\p{L}+")
    kept = apart.list.set_difference(pl.lit(list(TITLES), dtype=pl.List(pl.String)))
    return pl.when(kept.list.len() > 0).then(kept)


def agree(one: str, other: str) -> pl.Expr:
    """Whether both can be written for one name: the same words, one with more of them, or one with
    the beginning of a word for it (`A. Schmidt` or `An Schmidt` for `Anna Schmidt`). Anna and Peter
    Schmidt can not; null where either name is not known."""
    left = pl.col(one).list.set_difference(other)
    right = pl.col(other).list.set_difference(one)
    whole = (left.list.len() == 0) | (right.list.len() == 0)
    single = (left.list.len() == 1) & (right.list.len() == 1)
    first, second = left.list.first(), right.list.first()
    begins = first.str.starts_with(second) | second.str.starts_with(first)
    shared = pl.col(one).list.set_intersection(other).list.eval(pl.element().str.len_chars())
    like = (shared.list.max() > 1).fill_null(False) & (whole | (single & begins).fill_null(False))
    return pl.when(pl.col(one).is_not_null() & pl.col(other).is_not_null()).then(like)
