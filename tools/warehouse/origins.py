"""Lists that nobody may write to: scraped, harvested, bought or rented ones."""

from typing import Final

import polars as pl

NOT_OURS: Final = "was scraped, harvested or bought; nobody on it is contacted"
TAKEN: Final = r"\b(scrape[dr]?|scrapers|scraping|harvest(ed|er|ing)|crawled|crawler)\b"
"""Words for taking addresses from where they were not given to us. The word `harvest` alone is
left out: a tool and a season are called so."""
BOUGHT: Final = (
    r"\b(bought|purchased|rented)( in)? (list|lists|lead|leads|contact|contacts|data|database|"
    r"address|addresses|email|emails)\b|^(bought|purchased|rented)$"
)
"""A list that was bought; not that somebody bought something."""


def not_ours(said: pl.Expr) -> pl.Expr:
    """Whether the text says so, in any case and with any signs between its words."""
    plain = said.cast(pl.String).str.to_lowercase().str.replace_all(r"[^a-z0-9]+", " ")
    words = plain.str.strip_chars()
    return words.str.contains(TAKEN) | words.str.contains(BOUGHT)
